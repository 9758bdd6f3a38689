"""Single deals of the story: goods counted, bought and sold, each of a known lot."""

from dataclasses import dataclass
from datetime import date, timedelta

from odoo.fields import Command

from odoo.addons.pharma_lot_expiry.tools.expiry import add_months, expected_expiry

from .products import SPECIAL_CLASSES, class_of, zone_code
from .sales import Plan, date_orders, prepare_values
from .trade import (
    covered_rows,
    date_transfers,
    lot_name,
    steady_rows,
    traded_rows,
    validate,
)

WHY_THIS_LOT = "客户指定批号，与科室在用批号一致。"


@dataclass(frozen=True)
class Goods:
    """Packs of one lot; ``end`` is about when it expires."""

    row: dict
    warehouse: str
    pieces: int
    end: date
    place: object = None


@dataclass(frozen=True)
class Deal:
    """What a buyer gets on a day: ((row, lot, pieces), …)."""

    buyer: str
    day: date
    lines: tuple
    warehouse: str = "WH1"


def quiet_rows(world, supplier=None, used=()):
    """Plain drugs no open order asks for, so that nobody's work changes.

    :param supplier: whose papers cover them
    :param used: codes of products other topics took already
    """
    open_lines = world.env["sale.order.line"].search(
        [("order_id.state", "in", ("draft", "sent", "sale"))]
    )
    busy = open_lines.filtered(
        lambda line: line.order_id.state != "sale" or line.qty_delivered < 1
    ).product_id
    rows = [
        row
        for row in steady_rows(world, traded_rows(world))
        if row["scopes"] == "CHEM"
        and class_of(row) not in SPECIAL_CLASSES
        and row["storage_class"] in ("room", "cool")
        and int(row["shelf_life_months"]) >= 24
        and row["code"] not in used
        and world.products[row["code"]] not in busy
    ]
    if supplier:
        rows = [row for row in rows if supplier in row["supplier_codes"].split()]
        rows = covered_rows(world, world.partners[supplier], rows)
    return rows


def lot_values(world, row, end, dice):
    """A lot that ends about then and was made as long before as its life is."""
    months = int(row["shelf_life_months"])
    made = add_months(end + timedelta(days=1), -months)
    name = lot_name(row, made, dice)
    while (row["code"], name) in world.lot_names:
        name = lot_name(row, made, dice)
    world.lot_names.add((row["code"], name))
    return {
        "name": name,
        "product_id": world.products[row["code"]].id,
        "company_id": world.company.id,
        "production_date": made,
        "expiry_date": expected_expiry(made, months),
    }


def count(world, goods, offset, dice):
    """Lots found on the shelf at a count so many days ago.

    :return: ``stock.lot``, one for each of ``goods``
    """
    lots = world.env["stock.lot"].create(
        [lot_values(world, each.row, each.end, dice) for each in goods]
    )
    quants = (
        world.model("stock.quant", "admin")
        .with_context(inventory_mode=True)
        .create(
            [
                {
                    "product_id": lot.product_id.id,
                    "location_id": _place(world, each).id,
                    "lot_id": lot.id,
                    "inventory_quantity": each.pieces,
                }
                for each, lot in zip(goods, lots, strict=True)
            ]
        )
    )
    quants.action_apply_inventory()
    _date_count(world, lots, world.moment(world.day(offset), 16))
    return lots


def _place(world, goods):
    return goods.place or world.zones[zone_code(goods.warehouse, goods.row)]


def _date_count(world, lots, moment):
    lines = world.env["stock.move.line"].search(
        [("lot_id", "in", lots.ids), ("move_id.is_inventory", "=", True)]
    )
    for records in (lines.move_id, lines):
        world.backdate(records, date=dict.fromkeys(records.ids, moment))
    world.backdate(lots, create_date=dict.fromkeys(lots.ids, moment))
    world.env["pharma.lot.flow"]._correct(lines)


def order(world, supplier, lines, day):
    """A purchase confirmed and dated; ``lines``: (row, pieces).

    :return: its open receipt
    """
    purchase = world.model("purchase.order", "purchaser").create(
        {
            "partner_id": world.partners[supplier].id,
            "pharma_person_id": world.persons[supplier, "sales"].id,
            "picking_type_id": world.warehouses["WH1"].in_type_id.id,
            "order_line": [
                Command.create(
                    {
                        "product_id": world.products[row["code"]].id,
                        "product_qty": pieces,
                        "price_unit": float(row["cost"]),
                    }
                )
                for row, pieces in lines
            ],
        }
    )
    purchase.button_confirm()
    moment = world.moment(day, 9, purchase.id % 60)
    dates = dict.fromkeys(("date_order", "create_date", "date_approve"), moment)
    purchase = purchase.with_env(world.env)
    world.backdate(purchase, **{k: {purchase.id: v} for k, v in dates.items()})
    return purchase.picking_ids


def receive(world, receipt, day):
    """The receiver validates what has its lots already."""
    receipt.move_ids.picked = True
    validate(world.acting("receiver", receipt))
    date_transfers(world, receipt, {receipt.id: day}, 14)
    moment = world.moment(day, 14)
    purchase = receipt.purchase_id
    world.backdate(purchase, effective_date={purchase.id: moment})


class _Wishes:
    """Stands in for the chooser of goods: what was agreed on."""

    def __init__(self, world, deals):
        self.buyers = {row["code"]: row for row in world.buyers}
        self.deals = iter(deals)

    def lines(self, _row, _warehouse, _plan):
        return [(row, pieces) for row, _lot, pieces in next(self.deals).lines]


def sell(world, deals, dice, outcome="done"):
    """Orders confirmed, dated and reserved from the lots agreed on.

    :return: list of plans, their ``sale.order`` records
    """
    wishes = _Wishes(world, deals)
    plans = [Plan(deal.day, deal.buyer, outcome) for deal in deals]
    values = [prepare_values(world, plan, wishes, dice) for plan in plans]
    for deal, vals in zip(deals, values, strict=True):
        vals["warehouse_id"] = world.warehouses[deal.warehouse].id
        for command, (_row, lot, _pieces) in zip(
            vals["order_line"], deal.lines, strict=True
        ):
            wish = {"pharma_lot_id": lot.id, "pharma_lot_reason": WHY_THIS_LOT}
            command[2].update(wish if lot else {})
    orders = world.model("sale.order", "seller").create(values)
    orders.action_confirm()
    orders = orders.with_env(world.env)
    date_orders(world, plans, orders)
    return plans, orders
