"""Expiry losses of months, the outbound seal, delivery notes on paper, scans."""

import base64
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from odoo.addons.pharma_lot_expiry.tools.chinese_font import chinese_font

from .deals import Goods, count, quiet_rows

# Lots that expired on the shelf and were written off: warehouse, days ago.
LOSSES = (
    ("WH1", 171),
    ("WH1", 158),
    ("WH2", 140),
    ("WH1", 116),
    ("WH1", 104),
    ("WH1", 83),
    ("WH2", 61),
    ("WH1", 55),
    ("WH1", 34),
    ("WH1", 20),
    ("WH2", 8),
)
COUNTED = -230
SEAL_REASON = "药品出库专用章启用，印模已在质量管理部备案。"
REPRINT_REASON = "客户收货时原单被雨水浸湿，重新打印盖章。"
SEAL_SIZE = 400
RED = (200, 30, 30, 255)


def load(world):
    dice = world.random("reports")
    _write_off(world, dice)
    _file_seal(world)
    _print_notes(world)
    _scan_at_station(world)


def _write_off(world, dice):
    rows = quiet_rows(world)
    dice.shuffle(rows)
    goods = [
        Goods(rows.pop(), code, dice.randint(4, 45), world.day(-days - 3))
        for code, days in LOSSES
    ]
    lots = count(world, goods, COUNTED, dice)
    reason = world.env.ref("pharma_lot_expiry.scrap_reason_expired")
    for (_code, days), lot in zip(LOSSES, lots, strict=True):
        quant = lot.quant_ids.filtered(lambda q: q.location_id.usage == "internal")
        scrap = world.model("stock.scrap", "keeper").create(
            {
                "product_id": lot.product_id.id,
                "lot_id": lot.id,
                "scrap_qty": quant.quantity,
                "location_id": quant.location_id.id,
                "scrap_reason_tag_ids": [(4, reason.id)],
            }
        )
        scrap.do_scrap()
        _date_scrap(
            world, scrap.with_env(world.env), world.moment(world.day(-days), 16)
        )


def _date_scrap(world, scrap, moment):
    moves = scrap.move_ids
    world.backdate(scrap, date_done={scrap.id: moment}, create_date={scrap.id: moment})
    for records in (moves, moves.move_line_ids):
        world.backdate(records, date=dict.fromkeys(records.ids, moment))
    world.env["pharma.lot.flow"]._correct(moves.move_line_ids)


def _file_seal(world):
    world.model("pharma.outbound.seal", "qa").create(
        {
            "seal": base64.b64encode(_draw_seal(world.company.name)),
            "reason": SEAL_REASON,
        }
    ).action_apply()


def _draw_seal(name):
    """A round red seal with a star, its text where this server has a Chinese font."""
    image = Image.new("RGBA", (SEAL_SIZE, SEAL_SIZE), (255, 255, 255, 0))
    page = ImageDraw.Draw(image)
    page.ellipse((8, 8, SEAL_SIZE - 8, SEAL_SIZE - 8), outline=RED, width=10)
    page.regular_polygon((SEAL_SIZE / 2, 190, 46), 3, rotation=0, fill=RED)
    page.regular_polygon((SEAL_SIZE / 2, 190, 46), 3, rotation=180, fill=RED)
    font = chinese_font("bold")
    if font:
        for text, size, y in ((name, 38, 105), ("药品出库专用章", 40, 275)):
            face = ImageFont.truetype(font.path, size, index=font.index)
            page.text((SEAL_SIZE / 2, y), text, font=face, fill=RED, anchor="mm")
    stream = BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def _print_notes(world):
    """Papers of the last deliveries; one was printed again."""
    pickings = world.coded["orders"].picking_ids.filtered(
        lambda picking: picking.picking_type_code == "outgoing"
    )
    deliveries = pickings.sorted("date_done")[-5:]
    world.partners["B001"].pharma_note_prices = True
    for delivery in deliveries:
        with world.at(delivery.date_done):
            world.acting("picker", delivery).action_pharma_delivery_note()
    again = world.model("pharma.delivery.reprint", "picker").create(
        {"picking_ids": [(6, 0, deliveries[-1:].ids)], "reason": REPRINT_REASON}
    )
    again.action_print()


def _scan_at_station(world):
    """The picker is half through a delivery; the keeper counts a shelf."""
    delivery = world.coded["open"]
    good, other = delivery.move_line_ids.lot_id[:2]
    held = world.env["pharma.lot.hold"].search(
        [("state", "=", "active"), ("kind", "=", "lot")], limit=1
    )
    picked = (f"2*{other.name}", held.lot_id.name, "0000", f"3*{other.name}")
    _submit(world, "picker", "pick", picked, delivery)
    zone = world.zones["WH1-RM"]
    counted = (zone.barcode, f"8*{good.name}")
    _submit(world, "keeper", "count", counted)


def _submit(world, login, mode, texts, picking=None):
    now = world.env.cr.now().strftime("%Y-%m-%dT%H:%M:%S")
    world.model("pharma.scan.station", login).submit(
        [
            {
                "uid": f"demo-{mode}-{number:02d}",
                "text": text,
                "mode": mode,
                "picking_id": picking.id if picking else False,
                "at": now,
            }
            for number, text in enumerate(texts)
        ]
    )
