from . import controllers, exceptions, models, wizards
from .hooks import post_init_hook
