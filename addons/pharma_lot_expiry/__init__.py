from . import controllers, from .hooks import post_init_hook, models, report, wizards
from .hooks import post_init_hook
