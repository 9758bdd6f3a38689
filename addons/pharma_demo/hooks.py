import logging
from time import monotonic

from .loaders import TOPICS
from .loaders.world import World

_logger = logging.getLogger(__name__)

LOADED = "pharma_demo.loaded_on"


def post_init_hook(env):
    """Build the demo company, once; a second call changes nothing."""
    params = env["ir.config_parameter"].sudo()
    if params.get_param(LOADED):
        _logger.info("the demo company is there already")
        return
    world = World(env)
    for topic in TOPICS:
        started = monotonic()
        topic.load(world)
        world.env.flush_all()
        name = topic.__name__.rpartition(".")[2]
        _logger.info("demo %s: %.1f s", name, monotonic() - started)
    params.set_param(LOADED, world.today)
