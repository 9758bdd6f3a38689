"""Lets tests import an add-on's tools by the line used in production, without Odoo.

The packages on the way are stubs, so a tool that imports Odoo itself fails here.
"""

import sys
from pathlib import Path
from types import ModuleType

ADDONS = Path(__file__).resolve().parents[2] / "addons"


def stub(name, path=()):
    package = sys.modules[name] = ModuleType(name)
    package.__path__ = [str(part) for part in path]


stub("odoo")
stub("odoo.addons")
for addon in ADDONS.iterdir():
    stub(f"odoo.addons.{addon.name}", [addon])
