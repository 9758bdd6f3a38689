"""Lots near their end, expired and held: what the shelf shows and whom it hits."""

from datetime import timedelta

from .deals import Goods, count, quiet_rows
from .trade import is_saleable

# How many days are left of lots counted onto the shelf, for every tier.
DAYS_LEFT = {
    "WH1": (11, 24, 47, 78, 112, 149, 171, 204, 252, 283, 331, 352, 410),
    "WH2": (19, 62, 131, 239, 312),
}
EXPIRED = (("WH1", -1), ("WH1", -9), ("WH2", -4))
COUNTED = -95
HITS = {
    "picker": "拣货时发现同批号两盒包装封口松动，暂停发货，待质量复核。",
    "receiver": "供货方电话通知该批号标签印刷有误，先行停售，等待书面文件。",
}
SHELF_REASON = "冷藏货位温度探头离线 40 分钟，待导出温度记录后评估。"
PRODUCT_REASON = "药监局通告该品种说明书修订，旧版说明书药品暂停发货。"
LIFTED = (
    (
        "keeper",
        "养护发现外箱受潮，待查内包装。",
        "开箱检查 20 盒，内包装完好，复检合格。",
    ),
    (
        "inspector",
        "追溯码扫描异常，疑似非本批。",
        "与供货方核对随货同行单，批号一致，放行。",
    ),
)


def load(world):
    dice = world.random("lots")
    _age_stock(world)
    world.near_lots = _stock_near_end(world, dice)
    near = [lot for _row, lot in world.near_lots]
    _let_reserved_lot_expire(world)
    _hold(world, near)
    _lift(world, near)


def _age_stock(world):
    """Goods lie on the shelf since they came, not since the demo was loaded."""
    arrivals = dict(
        world.env["pharma.lot.flow"]._read_group(
            [("kind", "in", ("receipt", "gain"))], ["lot_id"], ["date:min"]
        )
    )
    quants = world.env["stock.quant"].search(
        [("location_id.usage", "=", "internal"), ("lot_id", "!=", False)]
    )
    world.backdate(quants, in_date={q.id: arrivals.get(q.lot_id) for q in quants})


def _stock_near_end(world, dice):
    """A lot in every tier, in both warehouses, and some that are over.

    :return: [(row, lot)] of those in the main warehouse, by what is left of them
    """
    rows = quiet_rows(world)
    dice.shuffle(rows)
    ends = [(code, days) for code, left in DAYS_LEFT.items() for days in left]
    goods = [
        Goods(rows.pop(), code, dice.randint(3, 40) * 10, world.day(days))
        for code, days in (*ends, *EXPIRED)
    ]
    lots = count(world, goods, COUNTED, dice)
    quants = world.env["stock.quant"].search([("lot_id", "in", lots.ids)])
    counted = world.moment(world.day(COUNTED), 16)
    world.backdate(quants, in_date=dict.fromkeys(quants.ids, counted))
    main = len(DAYS_LEFT["WH1"])
    return [(each.row, lot) for each, lot in zip(goods[:main], lots, strict=False)]


def _reserved(world):
    """Lines reserved for an open delivery from a lot no other delivery waits for."""
    lines = world.env["stock.move.line"].search(
        [
            ("picking_id.picking_type_code", "=", "outgoing"),
            ("state", "in", ("assigned", "partially_available")),
            ("picked", "=", False),
            ("picking_id.backorder_id", "=", False),
        ],
        order="picking_id desc, id",
    )
    lots = lines.grouped("lot_id")
    return lines.filtered(lambda line: len(lots[line.lot_id]) == 1)


def _elsewhere(world, line):
    """What other lots could give instead."""
    quants = world.env["stock.quant"].search(
        [
            ("product_id", "=", line.product_id.id),
            ("lot_id", "!=", line.lot_id.id),
            ("location_id", "child_of", line.picking_id.location_id.id),
        ]
    )
    return sum(
        quant.available_quantity
        for quant in quants
        if is_saleable(world, quant.lot_id.expiry_date)
    )


def _line_to_hit(world, is_replaced):
    """One of another delivery each time, whose goods can be replaced, or can't."""
    hit = world.env["pharma.freed.reservation"].search([]).picking_id
    for line in _reserved(world) - hit.move_line_ids:
        free = _elsewhere(world, line)
        if free >= line.quantity if is_replaced else not free:
            return line
    raise RuntimeError("no open delivery to hit")


def _let_reserved_lot_expire(world):
    """Its last day was yesterday; the night's job reserved another lot (ST-10)."""
    line = _line_to_hit(world, True)
    lot, end = line.lot_id, world.day(-1)
    shift = lot.expiry_date - end
    over = world.moment(end + timedelta(days=1), 0) - timedelta(seconds=1)
    world.backdate(
        lot,
        expiry_date={lot.id: end},
        production_date={lot.id: lot.production_date - shift},
        **{
            name: {lot.id: over}
            for name in ("expiration_date", "use_date", "removal_date", "alert_date")
        },
    )
    quants = lot.quant_ids
    world.backdate(quants, expiry_date=dict.fromkeys(quants.ids, end))
    line.move_id._pharma_replace_bad_lots()


def _hold(world, near):
    """Lots of open orders, one replaced and one not; a shelf; a whole product."""
    replaced = _line_to_hit(world, True).lot_id
    _place_hold(world, "picker", {"kind": "lot", "lot_id": replaced.id}, HITS["picker"])
    short = _line_to_hit(world, False).lot_id
    _place_hold(
        world, "receiver", {"kind": "lot", "lot_id": short.id}, HITS["receiver"]
    )
    shelf = world.model("stock.location", "admin").create(
        {
            "name": "冷藏库 C-03 货位",
            "barcode": "WH1-LC-C03",
            "usage": "internal",
            "location_id": world.zones["WH1-LC"].id,
        }
    )
    world.zones["WH1-LC-C03"] = shelf.with_env(world.env)
    _place_hold(
        world, "keeper", {"kind": "location", "location_id": shelf.id}, SHELF_REASON
    )
    product = near[7].product_id
    _place_hold(
        world, "qa", {"kind": "product", "product_id": product.id}, PRODUCT_REASON
    )


def _place_hold(world, login, subject, reason, days=0):
    hold = world.model("pharma.lot.hold", login).create({**subject, "reason": reason})
    hold = hold.with_env(world.env)
    moment = world.moment(world.day(-days), 9, 20)
    world.backdate(hold, placed_date={hold.id: moment}, create_date={hold.id: moment})
    return hold


def _lift(world, near):
    for index, (login, reason, finding) in enumerate(LIFTED):
        subject = {"kind": "lot", "lot_id": near[index + 9].id}
        hold = _place_hold(world, login, subject, reason, days=30 - 9 * index)
        with world.at(world.moment(world.day(-27 + 9 * index), 15, 40)):
            world.acting("qa", hold).lift(finding)
