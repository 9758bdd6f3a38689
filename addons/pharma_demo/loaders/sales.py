"""Six months of selling: orders, deliveries, invoices, receipts of money."""

from dataclasses import dataclass
from datetime import date, timedelta

from odoo.fields import Command

from .trade import (
    covered_rows,
    date_transfers,
    pay,
    steady_rows,
    traded_rows,
    validate,
    working_days,
)

WEIGHTS = {
    "HOSPITAL": 10,
    "CHAIN_HQ": 9,
    "WHOLESALER": 7,
    "PHARMACY": 4,
    "CLINIC": 3,
    "CDC": 3,
    "MAKER": 2,
    "RESEARCH": 1,
}
LINE_MONEY = {"HOSPITAL": 6000, "CHAIN_HQ": 5000, "WHOLESALER": 9000, "MAKER": 8000}
DISCOUNTS = {"HOSPITAL": 1.0, "CHAIN_HQ": 0.97, "WHOLESALER": 0.95}
# Those we stopped selling to, or who stopped buying, and when.
LAST_DAYS = {"B011": -15, "B037": -40, "B014": -10, "B028": -12}
NEVER = {"B016", "B024", "B026", "B040", "B049", "B052", "B057", "B060"}
# Approved these days: they have no past, only a first order or none.
NEW = {"B027", "B048", "B053", "B059"}
# No order of these is confirmed before QA has decided on their credit code.
UNDECIDED_CODES = {"B025", "B036", "B039"}
OLD_ORDERS = 180
# Orders of the last days: each is somebody's work. Buyers with papers that end soon
# come first, so that the Stop List shows what is at stake.
OPEN = (
    (
        "deliver",
        "B043 B020 B010 B035 B044 B005 B001 B041 B002 B029 B045 B017 B031 B003 B021 "
        "B004 B022",
    ),
    ("part", "B041 B010 B046 B002"),
    ("wait", "B043 B001"),
    ("invoice", "B001 B042 B043 B017 B029 B006 B012"),
    ("draft_invoice", "B002 B041 B045 B033 B023"),
    ("sent", "B001 B041 B017 B029 B046"),
    ("draft", "B003 B004 B030 B032 B042 B048 B053 B058 B009 B013 B044 B018"),
    ("cancel", "B008 B012 B022 B034 B041 B047 B038 B019"),
)
CONFIRMED = {"done", "deliver", "part", "invoice", "draft_invoice"}
DELIVERED = {"done", "invoice", "draft_invoice"}
SECOND_WAREHOUSE_CITIES = {"襄阳市", "十堰市", "荆门市"}
PORTAL_BUYERS = {"B001", "B017", "B029", "B041"}
PAID_SHARE = 0.9


@dataclass(frozen=True)
class Plan:
    day: date
    buyer: str
    outcome: str


def load(world):
    dice = world.random("sales")
    plans = _plans(world, dice)
    orders = _create(world, plans, dice)
    seller = world.users["seller"]
    _select(orders, plans, {"sent"}).write({"state": "sent"})
    _select(orders, plans, {"cancel"}).with_user(seller).action_cancel()
    _select(orders, plans, CONFIRMED).with_user(seller).action_confirm()
    date_orders(world, plans, orders)
    deliver(world, plans, orders, dice)
    invoice(world, plans, orders, dice)


def _plans(world, dice):
    codes = [
        row["code"]
        for row in world.buyers
        for _ in range(WEIGHTS[row["kind"]])
        if row["code"] not in NEVER | NEW | UNDECIDED_CODES
    ]
    plans = []
    for day in working_days(world, -182, -9, OLD_ORDERS, dice):
        code = dice.choice(codes)
        while day > world.day(LAST_DAYS.get(code, 0)):
            code = dice.choice(codes)
        plans.append(Plan(day, code, "done"))
    for outcome, buyers in OPEN:
        oldest = -40 if outcome == "cancel" else -8 if "invoice" in outcome else -4
        plans += [
            Plan(
                world.day(dice.randint(oldest, 0 if oldest == -4 else -3)),
                code,
                outcome,
            )
            for code in buyers.split()
        ]
    return sorted(plans, key=lambda plan: plan.day)


def _create(world, plans, dice):
    chooser = _Chooser(world, dice)
    values = [prepare_values(world, plan, chooser, dice) for plan in plans]
    return world.model("sale.order", "seller").create(values).with_env(world.env)


def prepare_values(world, plan, chooser, dice):
    row = chooser.buyers[plan.buyer]
    buyer = world.partners[plan.buyer]
    warehouse = "WH2" if row["city"] in SECOND_WAREHOUSE_CITIES else "WH1"
    lines = chooser.lines(row, warehouse, plan)
    scopes = world.env["pharma.scope"].browse(
        {i for line, _qty in lines for i in world.scope_ids(line["scopes"])}
    )
    is_clinic = row["kind"] == "CLINIC"
    is_online = plan.buyer in PORTAL_BUYERS and dice.random() < 0.5
    is_cash = is_clinic and dice.random() < 0.15
    is_pickup = is_clinic and dice.random() < 0.15
    return {
        "partner_id": buyer.id,
        "partner_shipping_id": _ship_to(buyer, row).id,
        "pharma_person_id": world.persons[plan.buyer, "purchase"].id,
        "user_id": world.users["seller"].id,
        "warehouse_id": world.warehouses[warehouse].id,
        "date_order": world.moment(plan.day, dice.randint(8, 17), dice.randint(0, 59)),
        "client_order_ref": f"{plan.buyer}-{plan.day:%y%m%d}",
        "pharma_channel": "portal"
        if is_online and not any(scopes.mapped("is_online_banned"))
        else "desk",
        "pharma_settlement": "cash"
        if is_cash and not any(scopes.mapped("is_cash_banned"))
        else "bank",
        "pharma_delivery_mode": "pickup"
        if is_pickup and not any(scopes.mapped("is_pickup_banned"))
        else "delivery",
        "order_line": [
            Command.create(
                {
                    "product_id": world.products[line["code"]].id,
                    "product_uom_qty": pieces,
                    "price_unit": round(
                        float(line["list_price"]) * DISCOUNTS.get(row["kind"], 0.99), 2
                    ),
                }
            )
            for line, pieces in lines
        ],
    }


def _ship_to(buyer, row):
    """The confirmed warehouse where there is one, else the licensed address itself."""
    if row["ship_to_licensed"] == "1":
        return buyer.child_ids.filtered("is_pharma_address_licensed")[:1] or buyer
    return buyer


class _Chooser:
    """Chooses goods a buyer may receive and the shelf still holds."""

    def __init__(self, world, dice):
        self.world, self.dice = world, dice
        self.buyers = {row["code"]: row for row in world.buyers}
        self.rows = traded_rows(world)
        self.popularity = {row["code"]: dice.paretovariate(1.2) for row in self.rows}
        self.allowed = {}

    def lines(self, row, warehouse, plan):
        if plan.outcome == "wait":
            return self._scarce_lines(row, warehouse)
        rows = [
            r
            for r in self._rows_for(row, plan)
            if self.world.stock.get((warehouse, r["code"]), 0) >= 4
        ]
        count = min(len(rows), round(self.dice.triangular(2, 8, 3)))
        chosen = {}
        while len(chosen) < count:
            weights = [self.popularity[r["code"]] for r in rows]
            pick = self.dice.choices(rows, weights)[0]
            chosen[pick["code"]] = pick
        return [
            (line, self._take(row, warehouse, line, plan)) for line in chosen.values()
        ]

    def _scarce_lines(self, row, warehouse):
        """More than the shelf holds: refused until the next receipt."""
        rows = steady_rows(self.world, self._allowed_rows(row))
        rows = [r for r in rows if r["scopes"] == "CHEM"][:2]
        return [
            (r, self.world.stock.get((warehouse, r["code"]), 0) + 500) for r in rows
        ]

    def _take(self, row, warehouse, line, plan):
        money = LINE_MONEY.get(row["kind"], 900) * self.dice.uniform(0.3, 1.6)
        free = self.world.stock[warehouse, line["code"]]
        pieces = max(
            1, min(int(money / float(line["list_price"])), int(free) // 3, 600)
        )
        if pieces > 20:
            pieces -= pieces % 10
        if plan.outcome in CONFIRMED:
            self.world.stock[warehouse, line["code"]] = free - pieces
        return pieces

    def _rows_for(self, row, plan):
        rows = self._allowed_rows(row)
        return rows if plan.outcome in DELIVERED else steady_rows(self.world, rows)

    def _allowed_rows(self, row):
        code = row["code"]
        if code not in self.allowed:
            partner = self.world.partners[code]
            rows = covered_rows(self.world, partner, self.rows)
            kind = partner.pharma_buyer_kind_id
            banned = {
                s.code
                for s in self.world.scopes.values()
                if kind in s.banned_buyer_kind_ids or s.is_never_sold
            }
            self.allowed[code] = [
                r for r in rows if not banned & set(r["scopes"].split())
            ]
        return self.allowed[code]


def _select(orders, plans, outcomes):
    pairs = zip(orders, plans, strict=True)
    return orders.browse(
        [order.id for order, plan in pairs if plan.outcome in outcomes]
    )


def date_orders(world, plans, orders):
    moments = {
        order.id: world.moment(plan.day, 8 + order.id % 9, order.id * 7 % 60)
        for order, plan in zip(orders, plans, strict=True)
    }
    world.backdate(orders, date_order=moments, create_date=moments)


def deliver(world, plans, orders, dice):
    full = _select(orders, plans, DELIVERED).picking_ids
    part = _select(orders, plans, {"part"}).picking_ids
    for picking in part:
        for move in picking.move_ids[::2]:
            move.quantity = max(1, move.quantity // 2)
    (full | part).move_ids.picked = True
    validate(world.acting("picker", full | part))
    days = {}
    for order, plan in zip(orders, plans, strict=True):
        day = min(plan.day + timedelta(days=dice.randint(0, 2)), world.today)
        days |= dict.fromkeys((order.picking_ids & (full | part)).ids, day)
    date_transfers(world, full | part, days, 15)
    delivered = _select(orders, plans, DELIVERED)
    effective = {o.id: world.moment(days[o.picking_ids[0].id], 15) for o in delivered}
    world.backdate(delivered, effective_date=effective)


def invoice(world, plans, orders, dice):
    """One invoice for each order, on the day after delivery."""
    wanted = _select(orders, plans, {"done", "draft_invoice"})
    invoices = world.acting("finance", wanted)._create_invoices(grouped=True)
    invoices = invoices.with_env(world.env)
    drafts = _select(orders, plans, {"draft_invoice"}).invoice_ids
    days = {}
    for invoice in invoices:
        order = invoice.invoice_line_ids.sale_line_ids.order_id
        days[invoice.id] = min(
            order.effective_date.date() + timedelta(days=1), world.today
        )
    for day, group in invoices.grouped(lambda move: days[move.id]).items():
        group.write({"invoice_date": day})
    posted = invoices - drafts
    world.acting("finance", posted).action_post()
    world.backdate(
        invoices, create_date={i: world.moment(day) for i, day in days.items()}
    )
    _collect(world, posted, dice)


def _collect(world, invoices, dice):
    """Most pay when due, some late, a few not at all."""
    payments = {}
    for invoice in invoices:
        day = invoice.invoice_date_due + timedelta(
            days=dice.choice((-3, 0, 0, 2, 5, 12))
        )
        if day <= world.today and dice.random() < PAID_SHARE:
            payments[invoice.id] = max(day, invoice.invoice_date)
    paid = invoices.browse(payments)
    in_cash = paid.filtered(
        lambda m: (
            "cash"
            in m.invoice_line_ids.sale_line_ids.order_id.mapped("pharma_settlement")
        )
    )
    till = world.env["account.journal"].search(
        [("type", "=", "cash"), ("company_id", "=", world.company.id)], limit=1
    )
    pay(world, paid - in_cash, payments)
    pay(world, in_cash, payments, till)
