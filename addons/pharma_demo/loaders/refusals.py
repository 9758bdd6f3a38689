"""What the gate refused in the past weeks, asked of the real gate on documents kept.

The documents stay as drafts, so that anybody can press Confirm and see it happen.
"""

from datetime import timedelta

from odoo.fields import Command

from .dossiers import product_states
from .trade import steady_rows, traded_rows

# Buyer, products by scopes ("" = plain; "draft" = without approval), the values that
# make it illegal, times refused. The first stay as quotations, others were given up.
SALES = (
    ("B042", ("", ""), {"to_warehouse": True}, 3),
    ("B029", ("CHEM NARC", ""), {}, 2),
    ("B030", ("BIO INSULIN COLD", ""), {}, 3),
    ("B037", ("", ""), {}, 4),
    ("B011", ("", "CHEM COLD"), {}, 3),
    ("B007", ("CHEM NARC",), {}, 2),
    ("B014", ("", ""), {}, 2),
    ("B039", ("", ""), {}, 2),
    ("B050", ("VAC COLD",), {}, 1),
    ("B017", ("CHEM EPH",), {"pharma_settlement": "cash"}, 2),
    ("B003", ("CHEM NARC",), {"pharma_delivery_mode": "pickup"}, 1),
    ("B001", ("CHEM PSY2", ""), {"pharma_channel": "portal"}, 2),
    ("B024", ("", ""), {}, 1),
    ("B002", ("draft", ""), {}, 2),
    ("B001", ("CHEM RAD",), {}, 1),
    ("B019", ("BIO COLD",), {}, 1),
)
KEPT_SALES = 9
PURCHASES = (
    ("S02", ("BIO BLOOD COLD", "BIO COLD"), 4),
    ("S04", ("CHEM",), 2),
    ("S05", ("CHEM",), 1),
    ("S03", ("SLICE",), 2),
    ("S13", ("DEV2 COLD",), 1),
    ("S09", ("CHEM",), 1),
    ("S15", ("CHEM RAD",), 1),
)
KEPT_PURCHASES = 4
DOORS = ("web",) * 7 + ("rpc", "import")
HORIZON = 45


def load(world):
    dice = world.random("refusals")
    rows = _rows_by_scopes(world)
    _refuse_sales(world, rows, dice)
    _refuse_purchases(world, rows, dice)
    _refuse_payment(world, dice)
    _refuse_invoice(world, rows, dice)


def _rows_by_scopes(world):
    rows, states = {}, product_states(world)
    traded = {row["code"] for row in steady_rows(world, traded_rows(world))}
    for row in world.catalogue:
        if row["code"] in traded or "VAC" in row["scopes"] or "RAD" in row["scopes"]:
            rows.setdefault(row["scopes"], []).append(row)
        elif row["scopes"] == "CHEM" and states[row["code"]] == "draft":
            rows.setdefault("draft", []).append(row)
    rows[""] = rows["CHEM"]
    return rows


def _pick(rows, wanted, dice):
    """One product for each wish, none twice."""
    chosen = {}
    for scopes in wanted:
        row = dice.choice(rows[scopes])
        while row["code"] in chosen:
            row = dice.choice(rows[scopes])
        chosen[row["code"]] = row
    return list(chosen.values())


def _record(world, login, findings, times, dice, doors=DOORS):
    """Events of several vain attempts, as the gate writes them, on past days.

    :return: the moment of the first attempt
    """
    findings = [finding for finding in findings if finding.severity != "warn"]
    gate = world.model("pharma.gate", login)
    moments = sorted(
        world.moment(
            world.day(-dice.randint(1, HORIZON)),
            dice.randint(9, 17),
            dice.randint(0, 59),
        )
        for _attempt in range(times)
    )
    for moment in moments:
        for values in gate._prepare_event_values(findings, "refused", {}):
            values.update(date=moment, door=dice.choice(doors))
            for _command, _id, line in values["line_ids"]:
                line["date"] = moment
            world.env["pharma.gate.event"].create(values)
    return moments[0]


def _refuse_sales(world, rows, dice):
    orders = world.model("sale.order", "seller").create(
        [
            _prepare_sale(world, code, _pick(rows, wanted, dice), dict(values), dice)
            for code, wanted, values, _times in SALES
        ]
    )
    asked = {}
    for order, (_code, _wanted, values, times) in zip(orders, SALES, strict=True):
        is_online = values.get("pharma_channel") == "portal"
        login, doors = ("hospital", ("portal",)) if is_online else ("seller", DOORS)
        findings = order._gate_findings("sale_confirm")
        first = _record(world, login, findings, times, dice, doors)
        asked[order.id] = first - timedelta(minutes=20)
    orders[KEPT_SALES:].action_cancel()
    world.backdate(orders, date_order=asked, create_date=asked)


def _prepare_sale(world, code, rows, values, dice):
    buyer = world.partners[code]
    address = buyer.child_ids.filtered(lambda c: c.type == "delivery")
    ship_to = address if values.pop("to_warehouse", False) else buyer
    return {
        "partner_id": buyer.id,
        "partner_shipping_id": ship_to.id,
        "user_id": world.users["seller"].id,
        "warehouse_id": world.warehouses["WH1"].id,
        **values,
        "order_line": [
            Command.create(
                {
                    "product_id": world.products[row["code"]].id,
                    "product_uom_qty": dice.randint(1, 12) * 5,
                    "price_unit": float(row["list_price"]),
                }
            )
            for row in rows
        ],
    }


def _refuse_purchases(world, rows, dice):
    orders = world.model("purchase.order", "purchaser").create(
        [
            {
                "partner_id": world.partners[code].id,
                "user_id": world.users["purchaser"].id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": world.products[row["code"]].id,
                            "product_qty": dice.randint(2, 20) * 10,
                            "price_unit": float(row["cost"]),
                        }
                    )
                    for row in _pick(rows, wanted, dice)
                ],
            }
            for code, wanted, _times in PURCHASES
        ]
    )
    asked = {}
    for order, (_code, _wanted, times) in zip(orders, PURCHASES, strict=True):
        findings = order._gate_findings("purchase_confirm")
        first = _record(world, "purchaser", findings, times, dice)
        asked[order.id] = first - timedelta(minutes=20)
    orders[KEPT_PURCHASES:].button_cancel()
    world.backdate(orders, date_order=asked, create_date=asked)


def _refuse_payment(world, dice):
    """Money to an account nobody has confirmed (CS-33, TV-71)."""
    supplier = world.partners["S08"]
    account = supplier.bank_ids.filtered(lambda bank: not bank.pharma_is_verified)[:1]
    payment = world.model("account.payment", "finance").create(
        {
            "payment_type": "outbound",
            "partner_type": "supplier",
            "partner_id": supplier.id,
            "partner_bank_id": account.id,
            "amount": 86500.0,
            "memo": "供应商来函：收款账户变更",
        }
    )
    _record(world, "finance", payment._gate_findings("payment"), 2, dice)


def _refuse_invoice(world, rows, dice):
    """An invoice without any order behind it (CS-30)."""
    row = _pick(rows, ("",), dice)[0]
    invoice = world.model("account.move", "finance").create(
        {
            "move_type": "out_invoice",
            "partner_id": world.partners["B041"].id,
            "invoice_date": world.today,
            "ref": "手工补开发票",
            "invoice_line_ids": [
                Command.create(
                    {
                        "product_id": world.products[row["code"]].id,
                        "quantity": 10,
                        "price_unit": float(row["list_price"]),
                    }
                )
            ],
        }
    )
    _record(world, "finance", invoice._gate_findings("customer_invoice"), 1, dice)
