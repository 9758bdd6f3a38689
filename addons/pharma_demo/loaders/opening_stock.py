"""What lay on the shelves before the story begins, counted into its zones."""

from .products import SPECIAL_CLASSES, class_of, zone_code
from .trade import is_saleable, lot_dates, lot_name, traded_rows

OPENING_DAY = -200
SECOND_WAREHOUSE_SHARE = 0.3
# What waits in the zones for goods that may not be sold, and why.
ASIDE = (
    ("WH1-BHG", 5, "过期失效，待销毁"),
    ("WH1-TH", 4, "客户退货，待复验"),
    ("WH1-GL", 2, "质量可疑，暂停发货"),
)


def load(world):
    dice = world.random("opening stock")
    rows = traded_rows(world)
    counts = [count for row in rows for count in _shelf_counts(world, row, dice)]
    counts += _aside_counts(rows, dice)
    lots = _create_lots(world, counts, dice)
    _count(world, counts, lots)


def _shelf_counts(world, row, dice):
    """One or two lots in the main warehouse, sometimes one in the second."""
    lots = 1 if dice.random() < 0.55 else 2
    yield from ((row, zone_code("WH1", row), _pieces(row, dice)) for _ in range(lots))
    second = zone_code("WH2", row)
    is_plain = class_of(row) not in SPECIAL_CLASSES and second in world.zones
    if is_plain and dice.random() < SECOND_WAREHOUSE_SHARE:
        yield (row, second, _pieces(row, dice) // 2)


def _pieces(row, dice):
    money = dice.uniform(20000, 60000)
    return max(20, min(3000, int(money / float(row["cost"]) // 10 * 10)))


def _aside_counts(rows, dice):
    plain = [row for row in rows if row["storage_class"] in ("room", "cool")]
    return [
        (row, zone, dice.randint(2, 30))
        for zone, count, _why in ASIDE
        for row in dice.sample(plain, count)
    ]


def _create_lots(world, counts, dice):
    why = {zone: reason for zone, _count, reason in ASIDE}
    used, values = set(), []
    for row, zone, _count in counts:
        share = 1.05 if zone == "WH1-BHG" else None
        arrival = world.day(0 if share else OPENING_DAY + dice.randint(-120, 0))
        made, end = lot_dates(row, arrival, dice, share)
        # Whatever was counted then must be saleable today.
        if not share and not is_saleable(world, end):
            made, end = lot_dates(row, world.today, dice, dice.uniform(0.02, 0.15))
        name = lot_name(row, made, dice)
        while (row["code"], name) in used:
            name = lot_name(row, made, dice)
        used.add((row["code"], name))
        values.append(
            {
                "name": name,
                "product_id": world.products[row["code"]].id,
                "company_id": world.company.id,
                "production_date": made,
                "expiry_date": end,
                "note": f"<p>{why[zone]}</p>" if zone in why else False,
            }
        )
    world.lot_names = used
    return world.env["stock.lot"].create(values)


def _count(world, counts, lots):
    quants = (
        world.model("stock.quant", "admin")
        .with_context(inventory_mode=True)
        .create(
            [
                {
                    "product_id": lot.product_id.id,
                    "location_id": world.zones[zone].id,
                    "lot_id": lot.id,
                    "inventory_quantity": pieces,
                }
                for (_row, zone, pieces), lot in zip(counts, lots, strict=True)
            ]
        )
    )
    opening = world.moment(world.day(OPENING_DAY), 16)
    quants.action_apply_inventory()
    moves = world.env["stock.move"].search([("is_inventory", "=", True)])
    for records in (moves, moves.move_line_ids):
        world.backdate(records, date=dict.fromkeys(records.ids, opening))
    world.env["pharma.lot.flow"]._correct(moves.move_line_ids)
    world.backdate(lots, create_date=dict.fromkeys(lots.ids, opening))
    for (row, zone, pieces), lot in zip(counts, lots, strict=True):
        is_aside = zone in {aside[0] for aside in ASIDE}
        if not is_aside and is_saleable(world, lot.expiry_date):
            key = (zone[:3], row["code"])
            world.stock[key] = world.stock.get(key, 0) + pieces
