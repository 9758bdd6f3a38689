"""What the audit trail costs, and how fast it is sealed and verified.

* Create and confirm sale orders of five lines, with and without the trail, alternating
  in one run, warm, each in a transaction of its own that is rolled back after the last
  write was flushed. "Without" is the same suite with the triggers taken off and the
  note of the session switched off.
* Write one field of 50,000 vendor prices by the ORM, with and without.
* Seal and verify a trail of 1,000,000 entries of the size such orders leave.

Prints one JSON object: ratio_confirm, ratio_bulk, seal_rows_per_s, verify_rows_per_s,
and what they were computed from.
"""

import argparse
import json
import random
import statistics
import sys
import time
from pathlib import Path

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.sql_db import close_all
from odoo.tools import SQL, config

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from world import build_world, confirm_one  # noqa: E402

import databases  # noqa: E402  (the project's scripts are not a package)

WARM_UP = 10
BULK_ROUNDS = 5


def environment(cr):
    return api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})


def open_side(database, *, is_recorded):
    """The registry and world of one side; without the trail its hooks do nothing."""
    registry = Registry(database)
    with registry.cursor() as cr:
        world = build_world(environment(cr), is_suite=True)
        if not is_recorded:
            environment(cr)["pharma.audit.table"]._drop_triggers()
    if not is_recorded:
        registry["base"]._audit_introduce = lambda self: None
    return registry, world


def measure_confirm(sides, orders, seed=7):
    """Medians in milliseconds per order and side."""
    results = {name: [] for name in sides}
    rng = {name: random.Random(seed) for name in sides}
    for number in range(orders + WARM_UP):
        for name, (registry, world) in sides.items():
            elapsed, _queries = confirm_one(registry, world, rng[name])
            if number >= WARM_UP:
                results[name].append(elapsed)
    return {name: statistics.median(values) for name, values in results.items()}


def create_prices(registry, count):
    """Copies of one vendor price, by SQL: making them isn't what is measured."""
    with registry.cursor() as cr:
        env = environment(cr)
        template = env["product.supplierinfo"].create(
            {
                "partner_id": env.company.partner_id.id,
                "product_tmpl_id": env["product.template"].search([], limit=1).id,
            }
        )
        columns = [
            name
            for name, field in template._fields.items()
            if field.store and field.column_type and name != "id"
        ]
        names = SQL(", ").join(map(SQL.identifier, columns))
        cr.execute(
            SQL(
                "INSERT INTO product_supplierinfo (%s)"
                " SELECT %s FROM product_supplierinfo CROSS JOIN generate_series(1, %s)"
                " WHERE id = %s RETURNING id",
                names,
                names,
                count,
                template.id,
            )
        )
        return [number for (number,) in cr.fetchall()]


def write_all(registry, ids, value):
    """Milliseconds to write and flush one field of all rows."""
    with registry.cursor() as cr:
        prices = environment(cr)["product.supplierinfo"].browse(ids)
        started = time.perf_counter()
        prices.write({"delay": value})
        prices.env.flush_all()
        elapsed = (time.perf_counter() - started) * 1000
        cr.rollback()
    return elapsed


def measure_bulk(sides, rows):
    ids = {
        name: create_prices(registry, rows)
        for name, (registry, _world) in sides.items()
    }
    results = {name: [] for name in sides}
    for number in range(BULK_ROUNDS + 1):
        for name, (registry, _world) in sides.items():
            elapsed = write_all(registry, ids[name], number + 2)
            if number:
                results[name].append(elapsed)
    return {name: statistics.median(values) for name, values in results.items()}


def fill_trail(registry, count):
    """Entries as the orders above leave them: one changed line of an order each."""
    with registry.cursor() as cr:
        cr.execute(
            """INSERT INTO pharma_audit_entry (user_id, origin, source, table_name,
                   res_model, res_id, related_model, related_id, operation, company_id,
                   changes)
               SELECT 2 + n %% 30, 'web', '10.0.0.' || n %% 250, 'sale_order_line',
                      'sale.order.line', n, 'sale.order', n / 5, 'update', 1,
                      jsonb_build_object(
                          'qty_delivered', jsonb_build_array(0, n %% 97),
                          'qty_to_invoice', jsonb_build_array(n %% 89, 0),
                          'untaxed_amount_to_invoice',
                          jsonb_build_array(n %% 1000 * 1.5, 0),
                          'name', jsonb_build_array('阿莫西林', '阿莫西林 0.25g'))
                 FROM generate_series(1, %s) n""",
            (count,),
        )
    with registry.cursor() as cr:
        cr.execute("SELECT count(*) FROM pharma_audit_entry")
        return cr.fetchone()[0]


def seal_all(registry):
    """Seconds to seal everything, a transaction for each batch as the job does."""
    started = time.perf_counter()
    more = True
    while more:
        with registry.cursor() as cr:
            more = environment(cr)["pharma.audit.seal"]._seal_batch()
    return time.perf_counter() - started


def verify_all(registry):
    with registry.cursor() as cr:
        proof = environment(cr)["pharma.audit.verification"].create([{}])
        started = time.perf_counter()
        proof._verify()
        elapsed = time.perf_counter() - started
        if proof.state != "intact":
            raise SystemExit(f"the trail is not intact: {proof.problem}")
        return elapsed, proof.entry_count


def measure(orders, rows, entries):
    sides = {
        "without": open_side("bench_without", is_recorded=False),
        "with": open_side("bench_with", is_recorded=True),
    }
    confirm = measure_confirm(sides, orders)
    bulk = measure_bulk(sides, rows)
    registry = sides["with"][0]
    total = fill_trail(registry, entries)
    sealing = seal_all(registry)
    verifying, verified = verify_all(registry)
    return {
        "ratio_confirm": round(confirm["with"] / confirm["without"], 3),
        "ratio_bulk": round(bulk["with"] / bulk["without"], 3),
        "seal_rows_per_s": round(total / sealing),
        "verify_rows_per_s": round(verified / verifying),
        "orders": orders,
        "confirm_ms_with": round(confirm["with"], 2),
        "confirm_ms_without": round(confirm["without"], 2),
        "bulk_rows": rows,
        "bulk_ms_with": round(bulk["with"], 1),
        "bulk_ms_without": round(bulk["without"], 1),
        "entries": verified,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orders", type=int, default=100)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--entries", type=int, default=1_000_000)
    options = parser.parse_args()
    names = ("bench_without", "bench_with")
    for name in names:
        databases.clone("suite", name)
    try:
        config.parse_config(["-c", str(ROOT / "odoo.conf")], setup_logging=False)
        print(json.dumps(measure(options.orders, options.rows, options.entries)))
    finally:
        close_all()
        for name in names:
            databases.drop(name)


if __name__ == "__main__":
    main()
