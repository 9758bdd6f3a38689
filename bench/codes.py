"""How fast trace codes come in and go out, against PostgreSQL's bare COPY.

A maker's file of cases of ten middle packs of ten boxes is read, checked and announced;
the goods are received (the cases scanned in bulk, the receipt validated, gate and all);
a ninth is shipped. The yardstick is COPY of the very same rows into a table with the
same columns, checks and indexes, before and after, in the same run; what COPY does into
a bare table, without any index, is told beside it.

Prints one JSON object: codes, codes_per_s, copy_per_s, ratio, bare_copy_per_s, and the
seconds of each part.
"""

import argparse
import base64
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from odoo import SUPERUSER_ID, api
from odoo.fields import Command
from odoo.modules.registry import Registry
from odoo.sql_db import close_all
from odoo.tools import config

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from world import SCOPES, license_world, prepare_paper  # noqa: E402

import databases  # noqa: E402  (the project's scripts are not a package)

DATABASE = "bench_codes"
BOX, MIDDLE, CASE = "8300001", "8300002", "8300003"
# A case, its ten middle packs and their hundred boxes.
CODES_A_CASE, BOXES_A_CASE = 111, 100
COPY_ROUNDS = 3


def environment(cr):
    return api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})


def build(env):
    """A drug with three packaging levels, and whom to buy it of and sell it to."""
    drug = env["product.template"].create(
        {
            "name": "Bench drug",
            "type": "consu",
            "is_storable": True,
            "taxes_id": False,
            "supplier_taxes_id": False,
        }
    )
    supplier, buyer = env["res.partner"].create(
        [{"name": name, "is_company": True} for name in ("Bench maker", "Bench buyer")]
    )
    license_world(env, drug, buyer)
    license_supplier(env, supplier)
    env["pharma.pack.level"].create(
        [
            {
                "product_tmpl_id": drug.id,
                "level": level,
                "identification_code": code,
                "quantity": quantity,
            }
            for level, code, quantity in (
                ("box", BOX, 1),
                ("middle", MIDDLE, 10),
                ("case", CASE, 100),
            )
        ]
    )
    receiver = env["res.users"].create(
        {
            "name": "Bench receiver",
            "login": "bench_receiver",
            "group_ids": [
                Command.set([env.ref("pharma_gsp.pharma_gsp_group_receiver").id])
            ],
        }
    )
    env.cr.commit()
    return drug.product_variant_id.id, supplier.id, buyer.id, receiver.id


def license_supplier(env, supplier):
    scopes = env["pharma.scope"].search([("code", "in", SCOPES)])
    supplier.write(
        {
            "pharma_supplier_kind_id": env.ref(
                "pharma_gsp.pharma_partner_kind_wholesaler"
            ).id,
            "uscc": "91350100M000100Y43",
        }
    )
    dossier = env["pharma.dossier"].create(
        {
            "kind": "supplier",
            "partner_id": supplier.id,
            "scope_ids": [Command.set(scopes.ids)],
        }
    )
    person = env["pharma.person"].create(
        {"name": "Seller", "partner_id": supplier.id, "role": "sales"}
    )
    types = env["pharma.document.type"]
    papers = [
        (types.browse(rule.id), "partner_id", supplier)
        for rule in dossier._required_rules()
    ]
    papers += [
        (types.browse(rule.id), "person_id", person)
        for rule in types._required_of_person()
    ]
    env["pharma.document"].create(
        [prepare_paper(env, *paper, scopes) for paper in papers]
    )._verify()
    dossier._activate()


def aggregation_file(cases):
    """The maker's file, largest packs first."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?><Document><Events><Event>',
        f'<Relation productCode="{BOX}" cascade="1:10:100">',
        '<Batch batchNo="BENCH1" madeDate="2026-01-01" validateDate="2028-12-31">',
    ]
    for case in range(cases):
        top = f"{CASE}{case:013}"
        lines.append(f'<Code curCode="{top}" packLayer="3" flag="0"/>')
        for m in range(case * 10, case * 10 + 10):
            middle = f"{MIDDLE}{m:013}"
            lines.append(
                f'<Code curCode="{middle}" packLayer="2" parentCode="{top}" flag="0"/>'
            )
            lines += [
                f'<Code curCode="{BOX}{box:013}" packLayer="1" parentCode="{middle}"'
                ' flag="0"/>'
                for box in range(m * 10, m * 10 + 10)
            ]
    return "\n".join([*lines, "</Batch></Relation></Event></Events></Document>"])


def announce(registry, cases, receiver):
    """Seconds to read, check and keep the file."""
    content = base64.b64encode(aggregation_file(cases).encode())
    with registry.cursor() as cr:
        upload = environment(cr)["pharma.trace.import"].create({"file": content})
        upload_id = upload.id
    started = time.perf_counter()
    with registry.cursor() as cr:
        upload = api.Environment(cr, receiver, {})["pharma.trace.import"].browse(
            upload_id
        )
        upload.action_import()
        cr.commit()
        elapsed = time.perf_counter() - started
        if upload.state != "done":
            raise SystemExit(upload.file_problem or upload.problem_ids[0].sentence)
    return elapsed


def order(registry, model, product, partner, boxes):
    """The id of the transfer of a confirmed order."""
    quantity = "product_qty" if model == "purchase.order" else "product_uom_qty"
    with registry.cursor() as cr:
        env = environment(cr)
        record = env[model].create(
            {
                "partner_id": partner,
                "order_line": [
                    Command.create({"product_id": product, quantity: boxes})
                ],
            }
        )
        button = "button_confirm" if model == "purchase.order" else "action_confirm"
        getattr(record, button)()
        picking = record.picking_ids
        lot = env["stock.lot"].search([("product_id", "=", product)])
        picking.move_ids.quantity = boxes
        picking.move_line_ids.lot_id = lot
        cr.commit()
        return picking.id, lot.id


def move(registry, picking_id, product, lot, cases):
    """Seconds to scan these cases for a transfer and to validate it."""
    started = time.perf_counter()
    with registry.cursor() as cr:
        env = environment(cr)
        picking = env["stock.picking"].browse(picking_id)
        rows = [(f"{CASE}{case:013}", product, lot) for case in cases]
        env["pharma.trace.code"]._intake(picking, rows)
        picking.move_ids.picked = True
        picking.button_validate()
        cr.commit()
        elapsed = time.perf_counter() - started
        if picking.state != "done":
            raise SystemExit(f"the transfer is {picking.state}")
    return elapsed


def copy_seconds(registry, rows, like="INCLUDING ALL"):
    """Seconds of COPY of the rows into a table like ours."""
    rows.seek(0)
    with registry.cursor() as cr:
        cr.execute(f"CREATE TABLE bench_copy (LIKE pharma_trace_code {like})")
        started = time.perf_counter()
        cr.copy_expert("COPY bench_copy FROM STDIN", rows)
        cr.commit()
        elapsed = time.perf_counter() - started
        cr.execute("DROP TABLE bench_copy")
        cr.commit()
    return elapsed


def measure(codes):
    registry = Registry(DATABASE)
    cases = max(codes // CODES_A_CASE, 10)
    shipped = max(cases // 9, 1)
    with registry.cursor() as cr:
        product, supplier, buyer, receiver = build(environment(cr))
    seconds = {"announce": announce(registry, cases, receiver)}
    receipt = order(registry, "purchase.order", product, supplier, cases * BOXES_A_CASE)
    with tempfile.TemporaryFile() as rows:
        with registry.cursor() as cr:
            cr.copy_expert("COPY pharma_trace_code TO STDOUT", rows)
        copies = [copy_seconds(registry, rows) for _round in range(COPY_ROUNDS)]
        seconds["receive"] = move(
            registry, receipt[0], product, receipt[1], range(cases)
        )
        delivery = order(registry, "sale.order", product, buyer, shipped * BOXES_A_CASE)
        seconds["ship"] = move(
            registry, delivery[0], product, delivery[1], range(shipped)
        )
        copies += [copy_seconds(registry, rows) for _round in range(COPY_ROUNDS)]
        bare = [copy_seconds(registry, rows, "") for _round in range(COPY_ROUNDS)]
    check(registry, cases, shipped)
    total = cases * CODES_A_CASE
    copy = total / statistics.median(copies)
    ours = total / sum(seconds.values())
    return {
        "codes": total,
        "codes_per_s": round(ours),
        "copy_per_s": round(copy),
        "ratio": round(ours / copy, 3),
        "bare_copy_per_s": round(total / statistics.median(bare)),
        "shipped_codes": shipped * CODES_A_CASE,
        **{f"{part}_s": round(value, 2) for part, value in seconds.items()},
        "copy_s": [round(value, 2) for value in copies],
    }


def check(registry, cases, shipped):
    """What was measured did happen: every box is where it should be."""
    with registry.cursor() as cr:
        codes = environment(cr)["pharma.trace.code"]
        out = codes.search_count([("level", "=", "box"), ("state", "=", "out")])
        here = codes.search_count([("level", "=", "box"), ("state", "=", "in_stock")])
    expected = shipped * BOXES_A_CASE, (cases - shipped) * BOXES_A_CASE
    if (out, here) != expected:
        raise SystemExit(f"boxes out and here: {out}, {here}; expected {expected}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--codes", type=int, default=int(os.environ.get("CODES", 1_000_000))
    )
    options = parser.parse_args()
    databases.clone("suite", DATABASE)
    try:
        config.parse_config(["-c", str(ROOT / "odoo.conf")], setup_logging=False)
        print(json.dumps(measure(options.codes)))
    finally:
        close_all()
        databases.drop(DATABASE)


if __name__ == "__main__":
    main()
