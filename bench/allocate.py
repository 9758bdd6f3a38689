"""What allocation costs: confirm and reserve orders, stock Odoo against the suite.

Products with 1, 20 and 200 lots each, ending on different days, in both databases.
Orders of five lines are created, confirmed and reserved by a seller, alternating
between the two in one run, warm, each in a transaction of its own that is rolled back
after the last write was flushed. Stock Odoo reserves first expired, first out too.

Prints one JSON object: orders, and for each number of lots stock_N_ms, ours_N_ms
(medians per order), ratio_N, queries_stock_N, queries_ours_N.
"""

import argparse
import json
import random
import statistics
import sys
from pathlib import Path

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.sql_db import close_all
from odoo.tools import config

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from world import build_world, confirm_one  # noqa: E402

import databases  # noqa: E402  (the project's scripts are not a package)

SIZES = (1, 20, 200)
PRODUCTS = 30
WARM_UP = 8


def measure(lots, orders, seed=7):
    """Alternate between both databases; medians for products with so many lots."""
    sides, results, rng = {}, {}, {}
    for name, layer in (("stock", "base"), ("ours", "suite")):
        database = f"bench_{name}_{lots}"
        databases.clone(layer, database)
        registry = Registry(database)
        with registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})
            world = build_world(env, name == "ours", lots=lots, count=PRODUCTS)
        databases.query("VACUUM ANALYZE", database=database)
        sides[name] = (registry, world)
        results[name], rng[name] = [], random.Random(seed)
    for number in range(orders + WARM_UP):
        for name, (registry, world) in sides.items():
            result = confirm_one(registry, world, rng[name])
            if number >= WARM_UP:
                results[name].append(result)
    return summary(lots, results)


def summary(lots, results):
    found = {}
    for name, rows in results.items():
        found[f"{name}_{lots}_ms"] = round(statistics.median(ms for ms, _q in rows), 2)
        found[f"queries_{name}_{lots}"] = round(
            statistics.mean(count for _ms, count in rows), 1
        )
    ratio = found[f"ours_{lots}_ms"] / found[f"stock_{lots}_ms"]
    return {**found, f"ratio_{lots}": round(ratio, 3)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orders", type=int, default=100)
    arguments = parser.parse_args()
    config.parse_config(["-c", str(ROOT / "odoo.conf")], setup_logging=False)
    found = {"orders": arguments.orders}
    try:
        for lots in SIZES:
            found |= measure(lots, arguments.orders)
    finally:
        close_all()
        for lots in SIZES:
            for name in ("stock", "ours"):
                databases.drop(f"bench_{name}_{lots}")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
