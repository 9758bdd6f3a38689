"""How long it takes to follow the busiest of 20,000 lots both ways.

One database with 2,000,000 done move lines (receipts, deliveries, returns, transfers
between two warehouses, losses) in 400,000 transfers over 20,000 lots and 3,000
customers, a fixed seed, written by SQL together with the moves, transfers and stock
that Odoo's own report reads. The lots' sizes are skewed; the one with the most lines is
traced. Our flow table is filled by the add-on's own statement.

Three ways are timed alternately in one run, each in a transaction of its own with an
empty cache: ours is the method the screen calls, access checks and stock included; the
floor is its bare indexed query; Odoo's is ``stock.traceability.report`` as its screen
opens it on the lot, which lists the lot's movements in both directions. It is stopped
after a limit; then odoo_ms is that limit and odoo_finished is false.

Prints one JSON object: move_lines, customers_found, ours_ms_p50, ours_ms_p95, odoo_ms,
sql_floor_ms and what they were computed from.
"""

import argparse
import json
import signal
import statistics
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from odoo import SUPERUSER_ID, api
from odoo.fields import Command
from odoo.modules.registry import Registry
from odoo.sql_db import close_all
from odoo.tools import SQL, config

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

import databases  # noqa: E402  (the project's scripts are not a package)

DATABASE = "bench_trace"
LINES_PER_PICKING = 5
PRODUCTS = 200
SUPPLIERS = 50
# Tables of a throwaway database: their links are right by making, so none is checked.
UNCHECKED = ("stock_picking", "stock_move", "stock_move_line", "stock_quant")
OURS_PER_ODOO = 10


class OutOfTime(Exception):
    pass


def environment(cr, uid=SUPERUSER_ID):
    return api.Environment(cr, uid, {"tracking_disable": True})


def build_seed(env):
    """One of everything through the real documents, to be multiplied by SQL."""
    products = env["product.product"].create(
        [
            {
                "name": f"Bench drug {number}",
                "is_storable": True,
                "tracking": "lot",
                "pharma_controlled": False,
            }
            for number in range(PRODUCTS)
        ]
    )
    partner = env["res.partner"].create({"name": "Bench partner", "is_company": True})
    warehouse = env["stock.warehouse"].search([], limit=1)
    second = env["stock.warehouse"].create({"name": "Second", "code": "BT2"})
    lot = env["stock.lot"].create({"name": "seed", "product_id": products[0].id})
    picking = env["stock.picking"].create(
        {
            "partner_id": partner.id,
            "picking_type_id": warehouse.in_type_id.id,
            "location_id": env.ref("stock.stock_location_suppliers").id,
            "location_dest_id": warehouse.lot_stock_id.id,
        }
    )
    move = env["stock.move"].create(
        {
            "product_id": products[0].id,
            "product_uom": products[0].uom_id.id,
            "product_uom_qty": 1,
            "picking_id": picking.id,
            "location_id": picking.location_id.id,
            "location_dest_id": picking.location_dest_id.id,
        }
    )
    picking.action_confirm()
    line = {"product_id": products[0].id, "quantity": 1, "lot_id": lot.id}
    move.move_line_ids = [Command.clear(), Command.create(line)]
    move.picked = True
    picking.button_validate()
    env.flush_all()
    return {
        "products": products.ids,
        "partner": partner.id,
        "lot": lot.id,
        "picking": picking.id,
        "move": move.id,
        "line": move.move_line_ids.id,
        "quant": env["stock.quant"].search([("lot_id", "=", lot.id)], limit=1).id,
        "supplier": picking.location_id.id,
        "customer": env.ref("stock.stock_location_customers").id,
        "loss": products[0].property_stock_inventory.id,
        "stock": warehouse.lot_stock_id.id,
        "second": second.lot_stock_id.id,
        "in": warehouse.in_type_id.id,
        "out": warehouse.out_type_id.id,
        "internal": warehouse.int_type_id.id,
    }


def multiply(cr, table, seed_id, overrides, source):
    """Copies of a row for each row ``g`` of a source, some columns set by SQL.

    :return: the id of the first copy less that of the source's first number (1)
    """
    cr.execute(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_name = %s AND column_name != 'id' AND is_generated = 'NEVER'",
        (table,),
    )
    names = [name for (name,) in cr.fetchall()]
    cr.execute(SQL("SELECT max(id) FROM %s", SQL.identifier(table)))
    offset = cr.fetchone()[0] or 0
    values = [overrides.get(name) or SQL.identifier("seed", name) for name in names]
    cr.execute(
        SQL(
            "INSERT INTO %(table)s (id, %(names)s)"
            " SELECT %(offset)s + g.n, %(values)s FROM %(table)s seed, %(source)s"
            " WHERE seed.id = %(seed)s",
            table=SQL.identifier(table),
            names=SQL(", ").join(map(SQL.identifier, names)),
            offset=offset,
            values=SQL(", ").join(values),
            source=source,
            seed=seed_id,
        )
    )
    return offset


def uncheck(cr):
    """No link is checked, and nothing is cleaned up while others are timed."""
    for table in (*UNCHECKED, "pharma_lot_flow"):
        cr.execute(
            SQL(
                "ALTER TABLE %s SET (autovacuum_enabled = off)",
                SQL.identifier(table),
            )
        )
    cr.execute(
        """SELECT conrelid::regclass::text, conname FROM pg_constraint
            WHERE contype = 'f' AND conrelid::regclass::text = ANY(%s)""",
        (list(UNCHECKED),),
    )
    for table, name in cr.fetchall():
        cr.execute(
            SQL(
                "ALTER TABLE %s DROP CONSTRAINT %s",
                SQL.identifier(table),
                SQL.identifier(name),
            )
        )


def plan_lines(cr, seed, lines, lots, customers):
    """A table of what is to be written: which lot, whose, from where to where."""
    cr.execute("SELECT setseed(0.42)")
    cr.execute(
        SQL(
            """CREATE UNLOGGED TABLE bench_line AS
               WITH picking AS (
                   SELECT p, (random() * (%(customers)s - 1))::int AS customer,
                          CASE WHEN p * %(per)s < %(lots)s THEN 'receipt'
                               WHEN random() < 0.01 THEN 'receipt'
                               WHEN random() < 0.04 THEN 'customer_return'
                               WHEN random() < 0.02 THEN 'transfer'
                               WHEN random() < 0.01 THEN 'loss'
                               ELSE 'delivery' END AS kind
                     FROM generate_series(0, %(pickings)s - 1) p
               )
               SELECT row_number() OVER () AS n, p, customer, kind,
                      CASE WHEN p * %(per)s < %(lots)s THEN p * %(per)s + i
                           ELSE floor(power(random(), 2) * %(lots)s)::int END AS lot,
                      CASE WHEN kind = 'receipt' THEN 100000
                           ELSE 1 + floor(random() * 5) END AS quantity
                 FROM picking, generate_series(0, %(per)s - 1) i""",
            customers=customers,
            per=LINES_PER_PICKING,
            lots=lots,
            pickings=lines // LINES_PER_PICKING,
        )
    )
    cr.execute("ANALYZE bench_line")


def by_kind(**values):
    """SQL that gives a value by the kind of a line."""
    cases = SQL(" ").join(
        SQL("WHEN %s THEN %s", kind, value) for kind, value in values.items()
    )
    return SQL("CASE g.kind %s END", cases)


def generate(cr, seed, lines, lots, customers):
    uncheck(cr)
    plan_lines(cr, seed, lines, lots, customers)
    numbers = SQL("generate_series(1, %s) AS g(n)", customers + SUPPLIERS)
    partner = multiply(
        cr,
        "res_partner",
        seed["partner"],
        {
            "name": SQL("'Customer ' || g.n"),
            "complete_name": SQL("'Customer ' || g.n"),
            "commercial_partner_id": SQL(
                "(SELECT max(id) FROM res_partner) + g.n"  # the copy itself
            ),
        },
        numbers,
    )
    lot = multiply(
        cr,
        "stock_lot",
        seed["lot"],
        {
            "name": SQL("'L' || lpad(g.n::text, 6, '0')"),
            "product_id": SQL("(%s::int[])[1 + g.n %% %s]", seed["products"], PRODUCTS),
        },
        SQL("generate_series(1, %s) AS g(n)", lots),
    )
    source = by_kind(
        receipt=seed["supplier"],
        customer_return=seed["customer"],
        transfer=seed["stock"],
        loss=seed["stock"],
        delivery=seed["stock"],
    )
    target = by_kind(
        receipt=seed["stock"],
        customer_return=seed["stock"],
        transfer=seed["second"],
        loss=seed["loss"],
        delivery=seed["customer"],
    )
    party = SQL(
        "CASE g.kind"
        " WHEN 'receipt' THEN %(first)s + 1 + %(customers)s + g.p %% %(many)s"
        " WHEN 'delivery' THEN %(first)s + 1 + g.customer"
        " WHEN 'customer_return' THEN %(first)s + 1 + g.customer END",
        first=partner,
        customers=customers,
        many=SUPPLIERS,
    )
    moment = SQL("timestamp '2024-01-01' + g.p * interval '2 minutes'")
    places = {"location_id": source, "location_dest_id": target}
    picking = multiply(
        cr,
        "stock_picking",
        seed["picking"],
        {
            "name": SQL("'BT/' || lpad(g.n::text, 8, '0')"),
            "partner_id": party,
            "picking_type_id": by_kind(
                receipt=seed["in"],
                customer_return=seed["in"],
                transfer=seed["internal"],
                loss=seed["internal"],
                delivery=seed["out"],
            ),
            "date_done": moment,
            **places,
        },
        SQL(
            "(SELECT p + 1 AS n, p, customer, kind FROM bench_line"
            " GROUP BY p, customer, kind) AS g"
        ),
    )
    common = {
        "product_id": SQL(
            "(%s::int[])[1 + (g.lot + 1) %% %s]", seed["products"], PRODUCTS
        ),
        "picking_id": SQL("%s + 1 + g.p", picking),
        "date": moment,
        "quantity": SQL("g.quantity"),
        **places,
    }
    rows = SQL("bench_line AS g")
    move = multiply(
        cr,
        "stock_move",
        seed["move"],
        {
            **common,
            "product_uom_qty": SQL("g.quantity"),
            "product_qty": SQL("g.quantity"),
            "partner_id": party,
        },
        rows,
    )
    multiply(
        cr,
        "stock_move_line",
        seed["line"],
        {
            **common,
            "move_id": SQL("%s + g.n", move),
            "lot_id": SQL("%s + 1 + g.lot", lot),
            "quantity_product_uom": SQL("g.quantity"),
        },
        rows,
    )
    multiply(
        cr,
        "stock_quant",
        seed["quant"],
        {
            "product_id": SQL("g.product_id"),
            "lot_id": SQL("g.lot_id"),
            "location_id": SQL("g.place"),
            "quantity": SQL("g.quantity"),
        },
        SQL(
            """(SELECT row_number() OVER () AS n, product_id, lot_id, place,
                       sum(q) AS quantity
                  FROM (SELECT product_id, lot_id, location_dest_id AS place,
                               quantity AS q FROM stock_move_line WHERE lot_id > %(lot)s
                         UNION ALL
                        SELECT product_id, lot_id, location_id, -quantity
                          FROM stock_move_line WHERE lot_id > %(lot)s) steps
              GROUP BY product_id, lot_id, place) AS g""",
            lot=lot,
        ),
    )


def prepare(registry, lines, lots, customers):
    """Fill the database; returns the busiest lot and how long the flow table took."""
    with registry.cursor() as cr:
        env = environment(cr)
        env["pharma.audit.table"]._drop_triggers()
        seed = build_seed(env)
        generate(cr, seed, lines, lots, customers)
        started = time.perf_counter()
        env["pharma.lot.flow"]._backfill()
        filling = time.perf_counter() - started
        cr.execute("DROP TABLE bench_line")
    with registry.cursor() as cr:
        cr.execute("ANALYZE")
        cr.execute(
            "SELECT lot_id FROM stock_move_line GROUP BY lot_id"
            " ORDER BY count(*) DESC, lot_id LIMIT 1"
        )
        return cr.fetchone()[0], filling


@contextmanager
def time_limit(seconds):
    def stop(signum, frame):
        raise OutOfTime

    previous = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)


def timed(registry, uid, call):
    """(milliseconds, result) in a transaction of its own with an empty cache."""
    with registry.cursor() as cr:
        env = environment(cr, uid)
        started = time.perf_counter()
        result = call(env)
        elapsed = (time.perf_counter() - started) * 1000
        cr.rollback()
    return elapsed, result


def trace_ours(lot_id):
    return lambda env: env["pharma.lot.trace"].action_trace([lot_id])


def trace_floor(lot_id):
    def call(env):
        lot = env["stock.lot"].browse(lot_id)
        query = env["pharma.lot.trace"]._sums_query(lot)
        started = time.perf_counter()
        env.cr.execute(query)
        rows = env.cr.fetchall()
        return (time.perf_counter() - started) * 1000, len(rows)

    return call


def trace_odoo(lot_id):
    context = {"active_id": lot_id, "model": "stock.lot"}
    return lambda env: len(env["stock.traceability.report"].get_main_lines(context))


def run_odoo(registry, uid, lot_id, limit):
    """(milliseconds, lines found, whether it finished)"""
    try:
        with time_limit(limit):
            return *timed(registry, uid, trace_odoo(lot_id)), True
    except OutOfTime:
        return limit * 1000, 0, False


def measure(registry, lot_id, rounds, limit):
    with registry.cursor() as cr:
        uid = environment(cr).ref("base.user_admin").id
    timed(registry, uid, trace_ours(lot_id))  # the pages come from the disk once
    ours, floor, theirs = [], [], []
    for number in range(rounds):
        if number % OURS_PER_ODOO == 0:
            theirs.append(run_odoo(registry, uid, lot_id, limit))
        elapsed, trace = timed(registry, uid, trace_ours(lot_id))
        ours.append(elapsed)
        floor.append(timed(registry, uid, trace_floor(lot_id))[1][0])
    customers = [node for node in trace["nodes"] if node["side"] == "customer"]
    if not trace["balance"]["is_balanced"]:
        raise SystemExit(f"the lot does not balance: {trace['balance']}")
    p50, p95 = statistics.median(ours), statistics.quantiles(ours, n=20)[-1]
    return {
        "customers_found": len(customers),
        "ours_ms_p50": round(p50, 1),
        "ours_ms_p95": round(p95, 1),
        "odoo_ms": round(statistics.median(x[0] for x in theirs)),
        "sql_floor_ms": round(statistics.median(floor), 1),
        "ratio_floor_p50": round(p50 / statistics.median(floor), 2),
        "ratio_floor": round(p95 / statistics.median(floor), 2),
        "odoo_finished": all(x[2] for x in theirs),
        "odoo_lines": theirs[-1][1],
        "lot_movements": sum(edge[4] for edge in trace["edges"]),
        "rounds": rounds,
        "odoo_rounds": len(theirs),
    }


def count(registry, table):
    with registry.cursor() as cr:
        cr.execute(SQL("SELECT count(*) FROM %s", SQL.identifier(table)))
        return cr.fetchone()[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=2_000_000)
    parser.add_argument("--lots", type=int, default=20_000)
    parser.add_argument("--customers", type=int, default=3_000)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--odoo-limit", type=int, default=300, help="seconds")
    options = parser.parse_args()
    databases.clone("suite", DATABASE)
    try:
        config.parse_config(["-c", str(ROOT / "odoo.conf")], setup_logging=False)
        registry = Registry(DATABASE)
        started = time.perf_counter()
        lot_id, filling = prepare(
            registry, options.lines, options.lots, options.customers
        )
        preparing = time.perf_counter() - started
        found = measure(registry, lot_id, options.rounds, options.odoo_limit)
        result = {
            "move_lines": count(registry, "stock_move_line"),
            **found,
            "flow_rows": count(registry, "pharma_lot_flow"),
            "flow_fill_s": round(filling, 1),
            "prepare_s": round(preparing),
            "lots": options.lots,
            "customers": options.customers,
        }
        print(json.dumps(result))
    finally:
        close_all()
        databases.drop(DATABASE)


if __name__ == "__main__":
    main()
