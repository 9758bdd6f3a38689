"""What buying and selling share: who may trade what, quantities, lots, dates."""

from datetime import timedelta

from odoo.addons.pharma_lot_expiry.tools.expiry import add_months, expected_expiry

from .dossiers import product_states

# Products whose file was active while the past was made.
TRADED_STATES = {"active", "change", "change_review", "suspended"}
WORKING_DAYS = 5
# Wholesalers ask for nine months, a delivery takes some days.
SALEABLE_MONTHS = 10
BUYABLE_MONTHS = 7


def traded_rows(world):
    """Rows of the catalogue we bought and sold in the last months."""
    states = product_states(world)
    return [
        row
        for row in world.catalogue
        if states.get(row["code"], "active") in TRADED_STATES
    ]


def steady_rows(world, rows):
    """Without products that are stopped at the end of the story."""
    states = product_states(world)
    return [row for row in rows if row["code"] not in states]


def held_scopes(partner):
    """What the papers of a partner and its persons let it trade today."""
    documents = partner.pharma_document_ids.filtered(lambda d: d.state == "verified")
    return documents.scope_ids


def covered_rows(world, partner, rows):
    """Those of ``rows`` whose scopes and flags the partner's papers carry."""
    held, answers = held_scopes(partner), {}
    for row in rows:
        if row["scopes"] not in answers:
            scopes = world.env["pharma.scope"].browse(world.scope_ids(row["scopes"]))
            answers[row["scopes"]] = not any(scopes.missing_from(held))
    return [row for row in rows if answers[row["scopes"]]]


def quantity(row, dice, money):
    """A quantity worth about ``money`` yuan, in round numbers."""
    pieces = max(1, money / float(row["cost"]))
    for step in (100, 50, 10, 5):
        if pieces >= 2 * step:
            return int(pieces // step * step)
    return max(1, int(pieces))


def working_days(world, first, last, count, dice):
    """``count`` days between two offsets from today, more of them lately, in order."""
    days = []
    while len(days) < count:
        day = world.day(
            round(dice.triangular(first, last, last - (last - first) * 0.2))
        )
        if day.weekday() < WORKING_DAYS:
            days.append(day)
    return sorted(days)


def lot_name(row, made, dice):
    """As makers print them: a date with a letter or a serial."""
    style = dice.randrange(4)
    if style == 0:
        return made.strftime("%y%m%d") + dice.choice("ABC")
    if style == 1:
        return made.strftime("%Y%m") + f"{dice.randint(1, 40):02d}"
    if style == 2:
        return (
            dice.choice("ABHKTZ") + made.strftime("%y%m") + f"{dice.randint(1, 99):02d}"
        )
    return made.strftime("%y%m") + f"{dice.randint(1, 999):03d}"


def lot_dates(row, arrival, dice, share=None):
    """Made before the arrival; ends after the shelf life printed on the pack."""
    months = int(row["shelf_life_months"])
    life = timedelta(days=months * 30.4)
    made = arrival - life * (share if share is not None else dice.uniform(0.04, 0.3))
    return made, expected_expiry(made, months)


def is_saleable(world, end):
    """Whether every kind of buyer takes a lot that ends then (ST-11)."""
    return end >= add_months(world.today, SALEABLE_MONTHS)


def is_buyable(world, end):
    """Whether a lot that ends then is in no tier that isn't bought any more (ST-10)."""
    return end >= add_months(world.today, BUYABLE_MONTHS)


def validate(pickings):
    """Validate transfers as the user in hand; a wizard in between is a mistake here."""
    answer = pickings.with_context(skip_backorder=True).button_validate()
    if answer is not True:
        raise RuntimeError(f"transfers wait for {answer.get('res_model')}")


def date_transfers(world, pickings, days, hour):
    """Write when goods really moved; ``days``: {picking id: day}."""
    moments = {i: world.moment(day, hour, i % 60) for i, day in days.items()}
    world.backdate(
        pickings,
        date_done=moments,
        scheduled_date=moments,
        create_date={i: m - timedelta(hours=3) for i, m in moments.items()},
    )
    moves = pickings.move_ids
    world.backdate(moves, date={m.id: moments.get(m.picking_id.id) for m in moves})
    lines = moves.move_line_ids
    world.backdate(
        lines, date={line.id: moments.get(line.picking_id.id) for line in lines}
    )
    world.env["pharma.lot.flow"]._correct(lines)


def pay(world, invoices, days, journal=None):
    """Register payments, one run of finance a week; ``days``: {invoice id: day}."""
    runs = {}
    for invoice in invoices:
        day = days[invoice.id]
        friday = min(day + timedelta(days=(4 - day.weekday()) % 7), world.today)
        runs.setdefault(friday, invoices.browse())
        runs[friday] |= invoice
    for friday in sorted(runs):
        register = world.model("account.payment.register", "finance").with_context(
            active_model="account.move", active_ids=runs[friday].ids
        )
        values = {"payment_date": friday, "group_payment": False}
        if journal:
            values["journal_id"] = journal.id
        register.create(values)._create_payments()
