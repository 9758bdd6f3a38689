"""What the four-flow board costs as the company grows.

One database with 5,000 open order lines (half purchases, half sales: some not received,
some not billed, the rest billed and unpaid) and a growing pile of closed ones, each
received or delivered, invoiced and paid. The board is opened as the web client does:
its default filter, one page of 80 rows with every column, and the count; then the
graph. The yardstick reads the same open order lines the plain Odoo way, with the
columns a purchase or sale line list shows. Both alternate in one run, warm, in the
hands of a finance user.

Prints one JSON object: open, and for each size closed, board_ms, graph_ms, plain_ms
(medians) and ratio (board against plain).
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

from odoo import SUPERUSER_ID, api
from odoo.fields import Command
from odoo.modules.registry import Registry
from odoo.sql_db import close_all
from odoo.tools import SQL, config

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

import databases  # noqa: E402  (the project's scripts are not a package)

LINES = 5  # a document
OPEN = 5000
SIZES = (0, 50_000, 200_000)
PAGE = 80
COLUMNS = (
    "order_name",
    "partner_id",
    "product_id",
    "ordered",
    "ordered_amount",
    "moved",
    "moved_amount",
    "invoiced",
    "invoiced_amount",
    "paid_quantity",
    "paid_amount",
    "status",
    "gap_code_ids",
    "owner",
    "age_days",
    "amount",
)
PLAIN = {
    "purchase.order.line": (
        "order_id",
        "partner_id",
        "product_id",
        "product_qty",
        "qty_received",
        "qty_invoiced",
        "price_unit",
        "price_subtotal",
    ),
    "sale.order.line": (
        "order_id",
        "order_partner_id",
        "product_id",
        "product_uom_qty",
        "qty_delivered",
        "qty_invoiced",
        "price_unit",
        "price_subtotal",
    ),
}
DEFAULT_FILTER = [("is_closed", "=", False), ("status", "=", "gap")]


def build_seed(env):
    """One order of each side through the real documents, to be multiplied by SQL."""
    product = env["product.template"].create(
        {
            "name": "Bench drug",
            "type": "consu",
            "is_storable": True,
            "pharma_controlled": False,
            "list_price": 10,
            "invoice_policy": "delivery",
            "taxes_id": False,
            "supplier_taxes_id": False,
        }
    )
    partner = env["res.partner"].create({"name": "Bench partner", "is_company": True})
    location = env["stock.warehouse"].search([], limit=1).lot_stock_id
    variant = product.product_variant_id
    env["stock.quant"]._update_available_quantity(variant, location, 1e9)
    values = {"product_id": variant.id, "price_unit": 10}
    purchase = env["purchase.order"].create(
        {
            "partner_id": partner.id,
            "order_line": [
                Command.create({**values, "product_qty": 3}) for _ in range(LINES)
            ],
        }
    )
    sale = env["sale.order"].create(
        {
            "partner_id": partner.id,
            "order_line": [
                Command.create({**values, "product_uom_qty": 3}) for _ in range(LINES)
            ],
        }
    )
    purchase.button_confirm()
    sale.action_confirm()
    for picking in purchase.picking_ids | sale.picking_ids:
        for move in picking.move_ids:
            move.write({"quantity": 3, "picked": True})
        picking.button_validate()
    purchase.action_create_invoice()
    bill, invoice = purchase.invoice_ids, sale._create_invoices()
    bill.write({"invoice_date": "2026-01-05", "ref": "B"})
    invoice.invoice_date = "2026-01-05"
    (bill | invoice).action_post()
    for move in bill | invoice:
        env["account.payment.register"].with_context(
            active_model="account.move", active_ids=move.ids
        ).create({})._create_payments()
    env.flush_all()
    env.cr.commit()
    return purchase, sale


# {table: columns that move with a copy}; what isn't named is shared by all copies.
COPIED = {
    "purchase_order": ("id",),
    "purchase_order_line": ("id", "order_id"),
    "sale_order": ("id",),
    "sale_order_line": ("id", "order_id"),
    "stock_move": ("id", "purchase_line_id", "sale_line_id"),
    "account_move": ("id",),
    "account_move_line": ("id", "move_id", "purchase_line_id"),
    "sale_order_line_invoice_rel": ("invoice_line_id", "order_line_id"),
    "account_payment": ("id", "move_id"),
    "account_move__account_payment": ("invoice_id", "payment_id"),
    "account_partial_reconcile": ("id", "debit_move_id", "credit_move_id"),
}
STRIDE = 1000
ORDERS = [table for table in COPIED if table.endswith(("_order", "_order_line"))]
GOODS = [*ORDERS, "stock_move"]
INVOICES = [
    *GOODS,
    "account_move",
    "account_move_line",
    "sale_order_line_invoice_rel",
]


def columns_of(cr, table):
    cr.execute(
        SQL(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND table_name = %s",
            table,
        )
    )
    return [name for (name,) in cr.fetchall()]


def multiply(cr, tables, first, last, **changes):
    """Copy the documents of the seed ``last - first`` times, ids and references alike.

    ``changes``: {column: SQL} where a copy differs from the seed.
    """
    changes = {
        "name": {"account_move": SQL("row.name || '/' || n")},
        "pharma_flow_closed": {t: SQL("FALSE") for t in COPIED},
        **changes,
    }
    for table in tables:
        names = columns_of(cr, table)
        moved = COPIED[table]
        values = [
            SQL("row.%s + n * %s", SQL.identifier(name), STRIDE)
            if name in moved
            else changes.get(name, {}).get(table, SQL("row.%s", SQL.identifier(name)))
            for name in names
        ]
        cr.execute(
            SQL(
                "INSERT INTO %s (%s) SELECT %s FROM %s row"
                " CROSS JOIN generate_series(%s, %s) n WHERE row.%s < %s",
                SQL.identifier(table),
                SQL(", ").join(map(SQL.identifier, names)),
                SQL(", ").join(values),
                SQL.identifier(table),
                first,
                last - 1,
                SQL.identifier(moved[0]),
                STRIDE,
            )
        )


def unpaid():
    return {
        "amount_residual": {"account_move": SQL("row.amount_total")},
        "payment_state": {"account_move": SQL("'not_paid'")},
    }


def open_lines(cr):
    """A third awaits goods, a third its invoice, a third its money."""
    third = OPEN // (2 * LINES) // 3
    multiply(cr, ORDERS, 1, third)
    multiply(cr, GOODS, third, 2 * third)
    multiply(cr, INVOICES, 2 * third, OPEN // (2 * LINES), **unpaid())
    return OPEN // (2 * LINES)


def closed_lines(cr, first, count):
    last = first + count // (2 * LINES)
    closed = {"pharma_flow_closed": {t: SQL("TRUE") for t in COPIED}}
    multiply(cr, COPIED, first, last, **closed)
    return last


def open_board(env):
    flows = env["pharma.four.flow"]
    specification = {name: {} for name in COLUMNS}
    return flows.web_search_read(DEFAULT_FILTER, specification, limit=PAGE)["length"]


def open_graph(env):
    return env["pharma.four.flow"].formatted_read_group(
        DEFAULT_FILTER, ["code_id", "owner"], ["amount:sum", "__count"]
    )


def read_plain(env):
    """The same open lines without the suite: orders, their quantities and prices."""
    for model, names in PLAIN.items():
        domain = [
            ("order_id.pharma_flow_closed", "=", False),
            ("order_id.state", "in", ("purchase", "sale")),
        ]
        env[model].search(domain).read(names)


def timed(registry, user, work):
    with registry.cursor() as cr:
        env = api.Environment(cr, user, {"lang": "en_US"})
        started = time.perf_counter()
        result = work(env)
        elapsed = (time.perf_counter() - started) * 1000
        cr.rollback()
    return elapsed, result


def measure_size(registry, user, rounds):
    works = {"board": open_board, "graph": open_graph, "plain": read_plain}
    results = {name: [] for name in works}
    for number in range(rounds + 1):
        for name, work in works.items():
            elapsed, result = timed(registry, user, work)
            if number:  # the first is the warm-up
                results[name].append(elapsed)
            if name == "board" and not result:
                raise SystemExit("the board is empty: nothing was measured")
    return {f"{name}_ms": statistics.median(ms) for name, ms in results.items()}


def measure(database, rounds):
    registry = Registry(database)
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})
        build_seed(env)
        finance = env["res.users"].create(
            {
                "name": "Bench finance",
                "login": "bench_finance",
                "group_ids": [
                    Command.set(env.ref("pharma_gsp.pharma_gsp_group_finance").ids)
                ],
            }
        )
        cr.commit()
        copies, closed, sizes = open_lines(cr), 0, []
        for size in SIZES:
            copies = closed_lines(cr, copies, size - closed)
            closed = size
            cr.commit()
            cr.execute("ANALYZE")
            cr.commit()
            found = measure_size(registry, finance.id, rounds)
            sizes.append(
                {
                    "closed": size,
                    **{name: round(ms, 1) for name, ms in found.items()},
                    "ratio": round(found["board_ms"] / found["plain_ms"], 2),
                }
            )
            print(sizes[-1], file=sys.stderr)
    return {"open": OPEN, "rounds": rounds, "sizes": sizes}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    databases.clone("suite", "bench_four_flow")
    try:
        config.parse_config(["-c", str(ROOT / "odoo.conf")], setup_logging=False)
        print(json.dumps(measure("bench_four_flow", arguments.rounds)))
    finally:
        close_all()
        databases.drop("bench_four_flow")


if __name__ == "__main__":
    main()
