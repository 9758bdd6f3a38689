"""Many people scan at once: a code counts once, whoever comes first (FA-53).

Ten sessions, one code, twenty times over; and a case against the boxes in it.
"""

from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from odoo_client import Rpc

PEOPLE = 10
ROUNDS = 20
BOX, CASE = "8990001", "8990003"
SERIAL = count(1)


@pytest.fixture(scope="module")
def receipt(rpc):
    return open_receipt(rpc("purchaser"), rpc("receiver"))


@pytest.fixture(scope="module")
def people(server, rpc):
    """Ten sessions of the receiver; a session is used by one thread at a time."""
    return [Rpc(server, "receiver", password="receiver") for _person in range(PEOPLE)]


def open_receipt(purchaser, receiver):
    """A receipt of a drug with two packaging levels, its lot written down."""
    drug = purchaser.create("product.template", name="并发药品", is_storable=True)
    for level, code, quantity in (("box", BOX, 1), ("case", CASE, 20)):
        purchaser.create(
            "pharma.pack.level",
            product_tmpl_id=drug,
            level=level,
            identification_code=code,
            quantity=quantity,
        )
    product = receiver.read("product.template", drug, "product_variant_id")[0]
    (kind,) = receiver.search("stock.picking.type", ("code", "=", "incoming"), limit=1)
    target = receiver.read("stock.picking.type", kind, "default_location_dest_id")[0]
    (source,) = receiver.search("stock.location", ("usage", "=", "supplier"), limit=1)
    places = {"location_id": source, "location_dest_id": target}
    move = {"product_id": product, "product_uom_qty": 500, **places}
    picking = receiver.create(
        "stock.picking", picking_type_id=kind, move_ids=[(0, 0, move)], **places
    )
    prepare(receiver, picking)
    return picking


def scan(person, picking, code):
    uid = f"e2e-{next(SERIAL)}"
    return person("stock.picking", "action_scan_code", [picking], code, uid)


def scan_at_once(people, picking, codes):
    """The answers of people who scan these codes, each one of them, together."""
    with ThreadPoolExecutor(len(people)) as pool:
        return [*pool.map(scan, people, [picking] * len(people), codes, timeout=120)]


@pytest.mark.parametrize("number", range(ROUNDS))
def test_of_ten_scans_of_one_code_one_counts(people, receipt, number):
    code = f"{BOX}{number:013}"
    answers = scan_at_once(people, receipt, [code] * PEOPLE)
    assert sorted(a["reason"] for a in answers) == ["duplicate"] * 9 + ["ok"]
    assert scans_of(people[0], code) == 1


@pytest.mark.parametrize("number", range(5))
def test_of_two_transfers_one_gets_the_code(people, receipt, rpc, number):
    code = f"{BOX}{number + 100:013}"
    second = rpc("receiver")("stock.picking", "copy", [receipt])[0]
    prepare(rpc("receiver"), second)
    with ThreadPoolExecutor(2) as pool:
        answers = [*pool.map(scan, people[:2], [receipt, second], [code] * 2)]
    assert sorted(a["reason"] for a in answers) == ["elsewhere", "ok"]
    assert scans_of(people[0], code) == 1


def prepare(receiver, picking):
    receiver.button("stock.picking", "action_confirm", picking)
    (move_id,) = receiver.search("stock.move", ("picking_id", "=", picking))
    receiver.write("stock.move", move_id, quantity=500)
    lines = receiver.search("stock.move.line", ("picking_id", "=", picking))
    receiver.write("stock.move.line", lines, lot_name="P1", expiry_label="2027-05-31")


def scans_of(person, code):
    return person(
        "pharma.trace.scan",
        "search_count",
        [("code_id.code", "=", code), ("state", "=", "open")],
    )


def test_a_scan_sent_again_and_again_counts_once(people, receipt):
    """What a device with a bad network does."""
    code = f"{BOX}{900:013}"
    with ThreadPoolExecutor(PEOPLE) as pool:
        answers = [
            *pool.map(
                lambda person: person(
                    "stock.picking", "action_scan_code", [receipt], code, "e2e-same"
                ),
                people,
            )
        ]
    assert {a["reason"] for a in answers} == {"ok"}
    assert scans_of(people[0], code) == 1
