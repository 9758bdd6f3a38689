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
import time
from datetime import timedelta
from pathlib import Path

from odoo import SUPERUSER_ID, api
from odoo.fields import Command
from odoo.modules.registry import Registry
from odoo.sql_db import close_all
from odoo.tools import config

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

import databases  # noqa: E402  (the project's scripts are not a package)

LINES = 5
PRODUCTS = 200
BUYERS = 40
SCOPES = ("CHEM", "CPM", "BIO", "COLD")
NUMBERS = {"uscc": "91350100M000100Y43"}


def build_world(env, is_suite):
    """Products on stock and buyers; in the suite, with their files in force."""
    products = env["product.template"].create(
        [
            {
                "name": f"Bench drug {number}",
                "type": "consu",
                "is_storable": True,
                "list_price": 10 + number % 90,
            }
            for number in range(PRODUCTS)
        ]
    )
    buyers = env["res.partner"].create(
        [
            {"name": f"Bench hospital {number}", "is_company": True}
            for number in range(BUYERS)
        ]
    )
    location = env["stock.warehouse"].search([], limit=1).lot_stock_id
    for product in products.product_variant_id:
        env["stock.quant"]._update_available_quantity(product, location, 100000)
    group = (
        "pharma_gsp.pharma_gsp_group_seller"
        if is_suite
        else ("sales_team.group_sale_salesman_all_leads")
    )
    seller = env["res.users"].create(
        {
            "name": "Bench seller",
            "login": "bench_seller",
            "group_ids": [Command.set([env.ref(group).id])],
        }
    )
    if is_suite:
        license_world(env, products, buyers)
    env.cr.commit()
    return {
        "user": seller.id,
        "products": products.product_variant_id.ids,
        "buyers": buyers.ids,
    }


def license_world(env, products, buyers):
    """Give everybody the papers the law asks for."""
    scopes = env["pharma.scope"].search([("code", "in", SCOPES)])
    hospital = env.ref("pharma_gsp.pharma_partner_kind_hospital")
    for number, product in enumerate(products):
        product.write(
            {
                "generic_name": product.name,
                "dosage_form": "tablet",
                "strength": "0.5 g",
                "pack_spec": "24",
                "mah_id": buyers[0].id,
                "manufacturer_id": buyers[0].id,
                "approval_number": f"国药准字H2021{number:04}",
                "shelf_life_months": 24,
                "storage_text": "room",
                "storage_class": "room",
                "rx_class": "rx",
                "pharma_scope_ids": [Command.set(scopes[number % 3].ids)],
            }
        )
    buyers.write({"pharma_buyer_kind_id": hospital.id, "uscc": NUMBERS["uscc"]})
    dossiers = env["pharma.dossier"].create(
        [{"kind": "product", "product_tmpl_id": product.id} for product in products]
        + [
            {
                "kind": "buyer",
                "partner_id": buyer.id,
                "scope_ids": [Command.set(scopes.ids)],
            }
            for buyer in buyers
        ]
    )
    persons = env["pharma.person"].create(
        [{"name": "Buyer", "partner_id": b.id, "role": "purchase"} for b in buyers]
    )
    types = env["pharma.document.type"]
    own = [
        (types.browse(rule.id), "partner_id", env.company.partner_id)
        for rule in types._rules()
        if rule.is_own and rule.is_mandatory and not rule.any_scope_ids
    ]
    asked = [
        (types.browse(rule.id), field, holder)
        for dossier in dossiers
        for rule in dossier._required_rules()
        for field, holder in [
            ("product_tmpl_id", dossier.product_tmpl_id)
            if dossier.kind == "product"
            else ("partner_id", dossier.partner_id)
        ]
    ]
    of_persons = [
        (types.browse(rule.id), "person_id", person)
        for person in persons
        for rule in types._required_of_person()
    ]
    env["pharma.document"].create(
        [
            prepare_paper(env, doc_type, field, holder, scopes)
            for doc_type, field, holder in own + asked + of_persons
        ]
    )._verify()
    for dossier in dossiers:
        dossier._activate()


def prepare_paper(env, doc_type, field, holder, scopes):
    ends = doc_type.expiry_policy != "none"
    today = env["pharma.document"]._today()
    return {
        "type_id": doc_type.id,
        field: holder.id,
        "number": NUMBERS.get(doc_type.number_format, f"N{holder.id}"),
        "expiry_date": ends and today + timedelta(days=300),
        "scope_ids": [Command.set(scopes.ids if doc_type.carries_scopes else [])],
    }


def confirm_one(registry, world, rng):
    """Create and confirm one order; (milliseconds, queries)."""
    buyer = rng.choice(world["buyers"])
    products = rng.sample(world["products"], LINES)
    with registry.cursor() as cr:
        env = api.Environment(cr, world["user"], {"tracking_disable": True})
        queries, started = cr.sql_log_count, time.perf_counter()
        order = env["sale.order"].create(
            {
                "partner_id": buyer,
                "order_line": [
                    Command.create({"product_id": product, "product_uom_qty": 3})
                    for product in products
                ],
            }
        )
        order.action_confirm()
        env.flush_all()
        elapsed = (time.perf_counter() - started) * 1000
        queries = cr.sql_log_count - queries
        if order.state != "sale":
            raise SystemExit(f"order not confirmed: {order.state}")
        cr.rollback()
    return elapsed, queries


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
