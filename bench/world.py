"""A licensed world for benchmarks: products on stock, buyers, a seller.

Used with and without the suite's own papers, so that two databases hold the same.
"""

import time
from datetime import datetime, timedelta

from odoo import api
from odoo.fields import Command

LINES = 5
PRODUCTS = 200
BUYERS = 40
SCOPES = ("CHEM", "CPM", "BIO", "COLD")
NUMBERS = {"uscc": "91350100M000100Y43"}


def build_world(env, is_suite, lots=1, count=PRODUCTS):
    """Products on stock and buyers; in the suite, with their files in force.

    :param lots: of each product, each ending on another day
    :param count: of products
    """
    products = env["product.template"].create(
        [
            {
                "name": f"Bench drug {number}",
                "type": "consu",
                "is_storable": True,
                "tracking": "lot",
                "use_expiration_date": True,
                "categ_id": fefo_category(env).id,
                "list_price": 10 + number % 90,
            }
            for number in range(count)
        ]
    )
    buyers = env["res.partner"].create(
        [
            {"name": f"Bench hospital {number}", "is_company": True}
            for number in range(BUYERS)
        ]
    )
    fill_shelves(env, products.product_variant_id, lots)
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


def fefo_category(env):
    """First expired, first out, which stock Odoo needs to be told."""
    name = "Bench drugs"
    return env["product.category"].search([("name", "=", name)]) or env[
        "product.category"
    ].create(
        {
            "name": name,
            "removal_strategy_id": env.ref("product_expiry.removal_fefo").id,
        }
    )


def fill_shelves(env, products, lots):
    """100,000 of each product, in lots that end from two years on, a day apart."""
    location = env["stock.warehouse"].search([], limit=1).lot_stock_id
    end = datetime.now() + timedelta(days=730)
    made = env["stock.lot"].create(
        [
            {
                "name": f"L{product.id}-{number}",
                "product_id": product.id,
                "expiration_date": end + timedelta(days=number),
            }
            for product in products
            for number in range(lots)
        ]
    )
    for lot in made:
        env["stock.quant"]._update_available_quantity(
            lot.product_id, location, 100000 // lots, lot_id=lot
        )


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
