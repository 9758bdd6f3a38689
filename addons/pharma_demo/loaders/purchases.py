"""Six months of buying: orders, receipts with lots, bills, payments."""

from dataclasses import dataclass
from datetime import date, timedelta

from odoo.fields import Command

from odoo.addons.pharma_lot_expiry.tools.expiry import expected_expiry

from .trade import (
    covered_rows,
    date_transfers,
    is_buyable,
    is_saleable,
    lot_dates,
    lot_name,
    pay,
    quantity,
    steady_rows,
    traded_rows,
    validate,
    working_days,
)

# How often we order from whom, and the last day we could.
SUPPLIERS = {
    "S08": 18,
    "S10": 9,
    "S07": 6,
    "S12": 7,
    "S01": 6,
    "S11": 6,
    "S06": 3,
    "S13": 3,
}
SUPPLIERS |= {"S02": 3, "S04": 2}
LAST_DAYS = {"S02": -20, "S04": -30}
# Its reagents live a year: of earlier receipts nothing could be bought today (ST-10).
FIRST_DAYS = {"S13": -130}
# Outcome, suppliers and age in days of the orders that are still work for somebody.
OPEN = (
    ("receive", "S08 S01 S07 S10 S11 S06 S08 S12", (-6, -1)),
    ("part", "S08 S10", (-9, -6)),
    ("bill", "S08 S12 S10 S07", (-14, -9)),
    ("draft_bill", "S08 S01 S11 S13", (-12, -8)),
    ("sent", "S08 S08 S10", (-3, 0)),
    ("draft", "S08 S07 S12 S01 S10", (-1, 0)),
    ("cancel", "S08 S11 S13", (-60, -20)),
)
RECEIVED = {"done", "bill", "draft_bill"}
UNCONFIRMED = {"sent", "draft", "cancel"}
OLD_ORDERS = 36
PAY_AFTER_DAYS = 30
PAID_SHARE = 0.93


@dataclass(frozen=True)
class Plan:
    day: date
    supplier: str
    outcome: str


def load(world):
    dice = world.random("purchases")
    plans = _plans(world, dice)
    orders = _create(world, plans, dice)
    _end_requests(world, plans, orders)
    confirmed = _select(orders, plans, lambda p: p.outcome not in UNCONFIRMED)
    world.acting("purchaser", confirmed).button_confirm()
    _date_orders(world, plans, orders)
    _receive(world, plans, orders, dice)
    _bill(world, plans, orders, dice)


def _plans(world, dice):
    plans = []
    codes = [code for code, weight in SUPPLIERS.items() for _ in range(weight)]
    for day in working_days(world, -180, -15, OLD_ORDERS, dice):
        code = dice.choice(codes)
        while not _trades_on(world, code, day):
            code = dice.choice(codes)
        plans.append(Plan(day, code, "done"))
    for outcome, suppliers, ages in OPEN:
        plans += [
            Plan(world.day(dice.randint(*ages)), code, outcome)
            for code in suppliers.split()
        ]
    return sorted(plans, key=lambda plan: plan.day)


def _trades_on(world, code, day):
    first, last = FIRST_DAYS.get(code, -999), LAST_DAYS.get(code, 0)
    return world.day(first) <= day <= world.day(last)


def _create(world, plans, dice):
    rows_of = _rows_by_supplier(world)
    values = []
    for plan in plans:
        is_second = plan.supplier in ("S08", "S10") and dice.random() < 0.15
        warehouse = world.warehouses["WH2" if is_second else "WH1"]
        rows = rows_of[plan.supplier]
        if plan.outcome not in RECEIVED:
            rows = steady_rows(world, rows)
        rows = [row for row in rows if _lives_on(world, row, plan.day)]
        if is_second:
            rows = [row for row in rows if ("WH2", row["code"]) in world.stock]
        rows = dice.sample(rows, min(len(rows), dice.randint(3, 9)))
        values.append(
            {
                "partner_id": world.partners[plan.supplier].id,
                "pharma_person_id": world.persons[plan.supplier, "sales"].id,
                "user_id": world.users["purchaser"].id,
                "picking_type_id": warehouse.in_type_id.id,
                "date_order": world.moment(
                    plan.day, dice.randint(9, 16), dice.randint(0, 59)
                ),
                "order_line": [
                    Command.create(_prepare_line_values(world, plan, row, dice))
                    for row in rows
                ],
            }
        )
    return world.model("purchase.order", "purchaser").create(values).with_env(world.env)


def _lives_on(world, row, day):
    """Whether a lot that was fresh then may still be bought today."""
    return is_buyable(world, expected_expiry(day, int(row["shelf_life_months"])))


def _prepare_line_values(world, plan, row, dice):
    return {
        "product_id": world.products[row["code"]].id,
        "product_qty": quantity(row, dice, dice.uniform(4000, 30000)),
        "price_unit": round(float(row["cost"]) * dice.uniform(0.97, 1.02), 2),
        "date_planned": world.moment(plan.day + timedelta(days=dice.randint(2, 4)), 10),
    }


def _rows_by_supplier(world):
    rows = traded_rows(world)
    return {
        code: covered_rows(
            world,
            world.partners[code],
            [row for row in rows if code in row["supplier_codes"].split()],
        )
        for code in SUPPLIERS
    }


def _select(orders, plans, wanted):
    pairs = zip(orders, plans, strict=True)
    return orders.browse([order.id for order, plan in pairs if wanted(plan)])


def _end_requests(world, plans, orders):
    sent = _select(orders, plans, lambda p: p.outcome == "sent")
    sent.write({"state": "sent"})
    world.acting(
        "purchaser", _select(orders, plans, lambda p: p.outcome == "cancel")
    ).button_cancel()


def _date_orders(world, plans, orders):
    days = {order.id: plan.day for order, plan in zip(orders, plans, strict=True)}
    moments = {i: world.moment(day, 9, i % 60) for i, day in days.items()}
    confirmed = orders.filtered(lambda order: order.state == "purchase")
    approved = {o.id: moments[o.id] + timedelta(minutes=40) for o in confirmed}
    world.backdate(
        orders, date_order=moments, create_date=moments, date_approve=approved
    )


def _receive(world, plans, orders, dice):
    days, full, part = {}, world.env["stock.picking"], world.env["stock.picking"]
    for order, plan in zip(orders, plans, strict=True):
        if plan.outcome in RECEIVED:
            full |= order.picking_ids
        elif plan.outcome == "part":
            part |= order.picking_ids
        arrival = min(plan.day + timedelta(days=dice.randint(2, 4)), world.today)
        days |= dict.fromkeys(order.picking_ids.ids, arrival)
    _type_lots(world, full | part, days, dice)
    for picking in part:
        for move in picking.move_ids[::2]:
            move.move_line_ids.quantity = move.product_uom_qty // 2
    (full | part).move_ids.picked = True
    validate(world.acting("receiver", full | part))
    _date_lots(world, full | part, days)
    date_transfers(world, full | part, days, 14)
    effective = {
        o.id: world.moment(days[o.picking_ids[0].id], 14) for o in full.purchase_id
    }
    world.backdate(full.purchase_id, effective_date=effective)


def _type_lots(world, pickings, days, dice):
    """Lot and dates as printed on the pack, for every line received."""
    rows = {world.products[row["code"]].id: row for row in world.catalogue}
    for move in pickings.move_ids:
        row = rows[move.product_id.id]
        made, end = lot_dates(row, days[move.picking_id.id], dice)
        if not is_buyable(world, end):
            made, end = lot_dates(row, days[move.picking_id.id], dice, 0)
        name = lot_name(row, made, dice)
        while (row["code"], name) in world.lot_names:
            name = lot_name(row, made, dice)
        world.lot_names.add((row["code"], name))
        move.move_line_ids.write(
            {"lot_name": name, "production_date": made, "expiry_date": end}
        )
        warehouse = move.picking_id.picking_type_id.warehouse_id.code
        key = (warehouse, row["code"])
        if is_saleable(world, end):
            world.stock[key] = world.stock.get(key, 0) + move.product_uom_qty // 2


def _date_lots(world, pickings, days):
    lines = pickings.move_ids.move_line_ids.filtered(lambda line: line.state == "done")
    moments = {
        line.lot_id.id: world.moment(days[line.picking_id.id], 14) for line in lines
    }
    world.backdate(lines.lot_id, create_date=moments)


def _bill(world, plans, orders, dice):
    billed = _select(orders, plans, lambda p: p.outcome in ("done", "draft_bill"))
    days, values = {}, []
    for order, plan in zip(orders, plans, strict=True):
        if order in billed:
            days[order] = min(
                plan.day + timedelta(days=dice.randint(4, 8)), world.today
            )
            values.append(
                _prepare_bill(world.acting("finance", order), days[order], dice)
            )
    bills = world.model("account.move", "finance").create(values).with_env(world.env)
    world.backdate(
        bills, create_date={b.id: world.moment(b.invoice_date) for b in bills}
    )
    posted = _select(orders, plans, lambda p: p.outcome == "done").invoice_ids
    world.acting("finance", posted).action_post()
    due = {b.id: b.invoice_date + timedelta(days=PAY_AFTER_DAYS) for b in posted}
    paid = posted.filtered(
        lambda b: due[b.id] <= world.today and dice.random() < PAID_SHARE
    )
    pay(world, paid, due)


def _prepare_bill(order, day, dice):
    """What the button «Create Bill» prepares, for all orders in one go."""
    return {
        **order._prepare_invoice(),
        "invoice_date": day,
        "date": day,
        "ref": f"{dice.randint(24, 26)}42{dice.randrange(10**14):014d}",
        "invoice_line_ids": [
            Command.create({**line._prepare_account_move_line(), "sequence": sequence})
            for sequence, line in enumerate(order.order_line, 10)
        ],
    }
