"""What the gate costs: create and confirm sale orders, stock Odoo against the suite.

Both databases hold the same products, buyers and stock; in the suite each product and
buyer has its approved first-approval file with every paper. Orders of five lines are
created and confirmed by a seller, alternating between the two in one run, warm, each in
a transaction of its own that is rolled back after the last write was flushed.

Prints one JSON object: orders, stock_ms and suite_ms (medians per order), ratio,
queries_stock, queries_suite (per order).
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


def measure(stock_db, suite_db, orders, seed=7):
    """Alternate between both databases, after a warm-up of ten orders each."""
    sides = {}
    for name, database in (("stock", stock_db), ("suite", suite_db)):
        registry = Registry(database)
        with registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})
            sides[name] = (registry, build_world(env, name == "suite"))
    results = {name: [] for name in sides}
    rng = {name: random.Random(seed) for name in sides}
    for number in range(orders + 10):
        for name, (registry, world) in sides.items():
            result = confirm_one(registry, world, rng[name])
            if number >= 10:
                results[name].append(result)
    medians = {
        name: statistics.median(ms for ms, _queries in rows)
        for name, rows in results.items()
    }
    queries = {
        name: round(statistics.mean(count for _ms, count in rows), 1)
        for name, rows in results.items()
    }
    return {
        "orders": orders,
        "stock_ms": round(medians["stock"], 2),
        "suite_ms": round(medians["suite"], 2),
        "ratio": round(medians["suite"] / medians["stock"], 3),
        "queries_stock": queries["stock"],
        "queries_suite": queries["suite"],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orders", type=int, default=200)
    arguments = parser.parse_args()
    databases.clone("base", "bench_stock")
    databases.clone("suite", "bench_suite")
    try:
        config.parse_config(["-c", str(ROOT / "odoo.conf")], setup_logging=False)
        print(json.dumps(measure("bench_stock", "bench_suite", arguments.orders)))
    finally:
        close_all()
        databases.drop("bench_stock")
        databases.drop("bench_suite")


if __name__ == "__main__":
    main()
