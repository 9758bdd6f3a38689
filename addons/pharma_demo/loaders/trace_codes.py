"""Trace codes: files of makers, cases received and opened, packs shipped."""

import base64

from .deals import Deal, lot_values, order, quiet_rows, receive, sell
from .sales import deliver, invoice

SUPPLIER = "S08"
CASE, MIDDLE = 100, 10
# Identification codes of box, middle pack and case of three drugs.
IDENTIFIERS = (
    ("8385793", "8385794", "8385795"),
    ("8412206", "8412207", "8412208"),
    ("8120451", "8120452", "8120453"),
)
LEVELS = (("box", 1), ("middle", MIDDLE), ("case", CASE))
STRANGE = ("8777001", "8777002", "8777003")
# Who got packs of the first drug, how many days ago and how many.
CUSTOMERS = (
    ("B001", 30, 60),
    ("B041", 29, 120),
    ("B017", 28, 10),
    ("B029", 27, 20),
    ("B002", 26, 50),
    ("B003", 24, 40),
    ("B005", 22, 40),
    ("B006", 20, 30),
    ("B010", 17, 30),
    ("B020", 14, 20),
    ("B031", 12, 20),
    ("B035", 9, 30),
    ("B043", 7, 60),
    ("B045", 5, 100),
    ("B001", 3, 40),
)
RECEIVED = -34
EXPIRY_DAYS = 620


def load(world):
    dice = world.random("trace codes")
    rows = dice.sample(quiet_rows(world, SUPPLIER), 3)
    _describe_packs(world, rows)
    lots = [_announce(world, row, n, dice) for n, row in enumerate(rows)]
    _refuse_files(world)
    _receive_cases(world, rows, lots)
    world.coded = {"rows": rows, "lots": lots}
    world.coded["orders"] = _ship(world, rows[0], lots[0], dice)
    _ship_whole_cases(world, rows[1], lots[1], dice)
    _scan_in_vain(world, rows[1], lots[1], dice)
    _map_codes(world)


def number(identifier, serial):
    """A trace code: seven digits of the pack, thirteen of its own."""
    return f"{identifier}{serial:013d}"


def _describe_packs(world, rows):
    world.model("pharma.pack.level", "qa").create(
        [
            {
                "product_tmpl_id": world.products[row["code"]].product_tmpl_id.id,
                "level": level,
                "identification_code": identifier,
                "quantity": quantity,
            }
            for row, identifiers in zip(rows, IDENTIFIERS, strict=True)
            for identifier, (level, quantity) in zip(identifiers, LEVELS, strict=True)
        ]
    )


def _code(code, layer, parent=None):
    inside = f' parentCode="{parent}"' if parent else ""
    return f'<Code curCode="{code}" packLayer="{layer}"{inside} flag="0"/>'


def case_xml(identifiers, serial):
    """One case of ten middle packs of ten boxes, the largest first."""
    box, middle, case = identifiers
    top = number(case, serial)
    yield _code(top, 3)
    for m in range(serial * MIDDLE, (serial + 1) * MIDDLE):
        bundle = number(middle, m)
        yield _code(bundle, 2, top)
        for b in range(m * MIDDLE, (m + 1) * MIDDLE):
            yield _code(number(box, b), 1, bundle)


def document_xml(identifier, lot, codes):
    """The file as the platform hands it to distributors; ``lot``: values of one."""
    body = "\n".join(codes)
    return (
        '<?xml version="1.0" encoding="UTF-8"?><Document License=""><Events>'
        f'<Event name="RelationCreate"><Relation productCode="{identifier}">\n'
        f'<Batch batchNo="{lot["name"]}" madeDate="{lot["production_date"]}" '
        f'validateDate="{lot["expiry_date"]}">\n{body}\n'
        "</Batch></Relation></Event></Events></Document>"
    )


def _upload(world, name, text, offset):
    moment = world.moment(world.day(offset), 10, 5)
    upload = world.model("pharma.trace.import", "receiver").create(
        {
            "filename": name,
            "file": base64.b64encode(text.encode()),
            "partner_id": world.partners[SUPPLIER].id,
        }
    )
    with world.at(moment):
        upload.action_import()
    world.backdate(upload, create_date={upload.id: moment})
    return upload.with_env(world.env)


def _announce(world, row, index, dice):
    """The file comes before the goods: ten cases of the first drug, three of others."""
    values = lot_values(world, row, world.day(EXPIRY_DAYS - 90 * index), dice)
    identifiers = IDENTIFIERS[index]
    codes = [
        line
        for serial in range(1, (11, 5, 3)[index])
        for line in case_xml(identifiers, serial)
    ]
    upload = _upload(
        world,
        f"关联关系_{values['name']}.xml",
        document_xml(identifiers[0], values, codes),
        (RECEIVED - 1, RECEIVED - 1, -1)[index],
    )
    if upload.state != "done":
        raise RuntimeError(upload.problem_ids.mapped("sentence"))
    return world.env["stock.lot"].search(
        [("name", "=", values["name"]), ("product_id", "=", values["product_id"])]
    )


def _refuse_files(world):
    """A pack listed twice, one in no case of the file; a file cut off; new packs."""
    box, middle, case = IDENTIFIERS[1]
    lot = {
        "name": "2510A7",
        "production_date": world.day(-60),
        "expiry_date": world.day(600),
    }
    top, bundle = number(case, 90), number(middle, 900)
    codes = [
        _code(top, 3),
        _code(bundle, 2, top),
        _code(number(box, 9000), 1, bundle),
        _code(number(box, 9000), 1, bundle),
        _code(number(box, 9001), 1, number(middle, 901)),
    ]
    text = document_xml(box, lot, codes)
    _upload(world, "关联关系_2510A7.xml", text, -8)
    _upload(world, "关联关系_2510A7_补发.xml", text[:-60], -7)
    strange = [_code(number(identifier, 1), 1) for identifier in STRANGE[:2]]
    _upload(world, "关联关系_新品.xml", document_xml(box, lot, strange), -2)


def scan(world, login, picking, texts):
    """Scan packs for a transfer as its worker; what is refused is answered, too."""
    picking = world.acting(login, picking)
    return [
        picking.action_scan_code(text, f"demo-{picking.id}-{n}-{text}")
        for n, text in enumerate(texts)
    ]


def must_fit(answers):
    for answer in answers:
        if answer["verdict"] != "ok":
            raise RuntimeError(f"{answer['code']}: {answer['sentence']}")


def _receive_cases(world, rows, lots):
    """Two drugs came as closed cases, scanned by case; the third is on its way."""
    plans = ((rows[0], lots[0], 0, 10), (rows[1], lots[1], 1, 3))
    receipt = order(
        world,
        SUPPLIER,
        [(row, cases * CASE) for row, _lot, _index, cases in plans],
        world.day(RECEIVED - 3),
    )
    for _row, lot, index, cases in plans:
        move = receipt.move_ids.filtered(
            lambda m, lot=lot: m.product_id == lot.product_id
        )
        move.move_line_ids.write(
            {
                "lot_id": lot.id,
                "production_date": lot.production_date,
                "expiry_date": lot.expiry_date,
            }
        )
        case = IDENTIFIERS[index][2]
        texts = [number(case, serial) for serial in range(1, cases + 1)]
        with world.at(world.moment(world.day(RECEIVED), 13, 30)):
            must_fit(scan(world, "receiver", receipt, texts))
    with world.at(world.moment(world.day(RECEIVED), 14)):
        receive(world, receipt, world.day(RECEIVED))


def _ship(world, row, lot, dice):
    """Middle packs out of opened cases to many customers, for six weeks."""
    deals = [
        Deal(code, world.day(-days), ((row, lot, pieces),))
        for code, days, pieces in CUSTOMERS
    ]
    plans, orders = sell(world, deals, dice)
    scans, serial = [], MIDDLE  # the first middle pack of the first case
    for _code, _days, pieces in CUSTOMERS:
        count = pieces // MIDDLE
        texts = [number(IDENTIFIERS[0][1], n) for n in range(serial, serial + count)]
        scans.append(texts)
        serial += count
    _ship_scanned(world, plans, orders, scans, dice)
    world.coded["texts"] = {
        sale.partner_id: texts for sale, texts in zip(orders, scans, strict=True)
    }
    return orders


def _ship_scanned(world, plans, orders, scans, dice):
    """Each delivery is scanned and leaves on its day, as its codes tell."""
    for plan, sale, texts in zip(plans, orders, scans, strict=True):
        with world.at(world.moment(plan.day, 15, sale.id % 60)):
            must_fit(scan(world, "picker", sale.picking_ids, texts))
            deliver(world, [plan], sale, dice)
    invoice(world, plans, orders, dice)


def _ship_whole_cases(world, row, lot, dice):
    """A closed case to a wholesaler, and single boxes to a clinic."""
    deals = [
        Deal("B043", world.day(-6), ((row, lot, CASE),)),
        Deal("B017", world.day(-4), ((row, lot, 3),)),
        Deal("B042", world.day(-4), ((row, lot, 20),)),
    ]
    plans, orders = sell(world, deals, dice)
    box, middle, case = IDENTIFIERS[1]
    scans = (
        [number(case, 1)],
        [number(box, 2 * CASE + n) for n in range(3)],
        [number(middle, 2 * MIDDLE + 1)],  # one bundle of two: the other was missed
    )
    _ship_scanned(world, plans, orders, scans, dice)


def _scan_in_vain(world, row, lot, dice):
    """An open delivery half scanned: a pack sold before, one of nobody's, one twice."""
    other_row, other_lot = world.near_lots[-1]
    deals = [Deal("B045", world.day(-1), ((row, lot, 20), (other_row, other_lot, 12)))]
    _plans, orders = sell(world, deals, dice, "deliver")
    world.coded["open"] = orders.picking_ids
    box, middle, case = IDENTIFIERS[1]
    texts = (
        number(middle, 3 * MIDDLE),
        number(middle, 3 * MIDDLE),
        number(box, 2 * CASE),
        number(case, 1),
        number(STRANGE[2], 7),
        number(IDENTIFIERS[2][0], CASE + 1),
        "69012345",
    )
    scan(world, "picker", orders.picking_ids, texts)


def _map_codes(world):
    """One identification code is mapped, one is none of ours, the others wait."""
    queue = world.env["pharma.code.mapping"].search([], order="identification_code")
    mapped, ignored = (world.acting("qa", entry) for entry in queue[:2])
    _row, lot = world.near_lots[-2]
    mapped.write(
        {
            "product_id": lot.product_id.id,
            "level": "box",
            "note": "新包装，药品标识码已与厂家核对",
        }
    )
    mapped.action_resolve()
    ignored.write({"note": "体外赠品，不在经营目录"})
    ignored.action_ignore()
