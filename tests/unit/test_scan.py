"""Classifying what a scanner typed: TV-13..15, TV-21..25 by their look."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.pharma_lot_expiry.tools import scan
from odoo.addons.pharma_lot_expiry.tools.scan import Misplaced, Row, classify, place

CODE = "83857930000879766660"
EAN = "6901234567892"
GS = "\x1d"
ELEMENTS = "0106901234567892" + "17270531" + "10A2405B" + GS + "21X9K7"


@pytest.mark.parametrize(
    ("raw", "kind", "text"),
    [
        (CODE, "code", CODE),
        ("8385793-0000879766660", "code", CODE),
        (" 8385793 0000 8797 66660\r\n", "code", CODE),
        ("８３８５７９３００００８７９７６６６６０", "code", CODE),
        ("\x02" + CODE + "\x03", "code", CODE),
        ("]C0" + CODE, "code", CODE),
        (EAN, "gtin", EAN),
        ("06901234567892", "gtin", "06901234567892"),
        ("96385074", "gtin", "96385074"),
        ("]E0" + EAN, "gtin", EAN),
        (ELEMENTS, "gs1", ELEMENTS),
        ("]d2" + ELEMENTS, "gs1", "]d2" + ELEMENTS),
        ("]C1" + GS + ELEMENTS, "gs1", "]C1" + GS + ELEMENTS),
        (ELEMENTS.replace(GS, "Alt029"), "gs1", ELEMENTS),
        (ELEMENTS.replace(GS, "<GS>"), "gs1", ELEMENTS),
        (ELEMENTS.replace(GS, ""), "gs1", ELEMENTS.replace(GS, "")),
        ("(01)06901234567892(10)A2405B", "gs1", "(01)06901234567892(10)A2405B"),
        ("0106901234567892", "gs1", "0106901234567892"),
        ("]C100069012345000000011", "gs1", "]C100069012345000000011"),
        ("00069012345000000011", "code", "00069012345000000011"),
        ("L:42", "lot", "L:42"),
        ("l: 42", "lot", "l: 42"),
        ("P:7", "location", "P:7"),
        ("P:WH-A-01", "location", "P:WH-A-01"),
        ("WH/OUT/00012", "text", "WH/OUT/00012"),
        ("A2405B", "text", "A2405B"),
        ("231105", "text", "231105"),
    ],
)
def test_each_kind_is_told_by_its_look(raw, kind, text):
    found = classify(raw)
    assert (found.kind, found.text, found.reason) == (kind, text, "")


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("", "empty"),
        ("\x02\r\n", "empty"),
        ("]C0", "empty"),
        ("***---", "noise"),
        ("\ufffdA1", "noise"),
        ("A" * 600, "noise"),
        (CODE[:19], "short"),
        (CODE[:15], "short"),
        (CODE + "1", "long"),
        (CODE + CODE[:12], "long"),
        (CODE + CODE, "two"),
        (CODE * 3, "two"),
        (CODE + EAN, "two"),
        (EAN + EAN, "two"),
        (CODE + " / " + CODE, "two"),
        ("]d2" + ELEMENTS + "]d2" + ELEMENTS, "two"),
        ("8385793O000879766660", "letter"),
        ("https://example.org/x", "address"),
        ("L:abc", "label"),
        ("0*" + CODE, "packs"),
    ],
)
def test_each_kind_of_rubbish_has_a_reason_of_its_own(raw, reason):
    found = classify(raw)
    assert (found.kind, found.reason) == ("bad", reason)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [("8385793", "half"), ("0000879766660", "half"), ("690123456789", "check")],
)
def test_digits_of_no_known_code_may_be_a_number_of_ours(raw, reason):
    """A lot may be called 8385793; only if none is, the hint is told."""
    found = classify(raw)
    assert (found.kind, found.reason) == ("text", reason)


@pytest.mark.parametrize(
    ("raw", "packs", "text"),
    [
        ("5*L:42", 5, "L:42"),
        ("12 * " + EAN, 12, EAN),
        ("3×A2405B", 3, "A2405B"),
        ("A2405B", 1, "A2405B"),
    ],
)
def test_a_number_and_a_star_multiply(raw, packs, text):
    found = classify(raw)
    assert (found.packs, found.text) == (packs, text)


@given(st.text(max_size=80) | st.text("0123456789\x1d]C1d2()LP:*O -", max_size=60))
def test_nothing_crashes_it_and_only_what_is_countable_is_good(raw):
    found = classify(raw)
    assert found.packs >= 1
    assert found.kind == "bad" or any(map(str.isalnum, found.text))
    if found.kind == "code":
        assert len(found.text) == 20
        assert found.text.isdigit()


@given(st.text("0123456789", min_size=20, max_size=20))
def test_twenty_digits_are_never_changed(digits):
    found = classify(digits)
    assert (found.kind, found.text) == ("code", digits)


@given(st.text("0123456789", min_size=1, max_size=60).filter(lambda d: len(d) != 20))
def test_nothing_is_padded_or_cut_to_a_trace_code(digits):
    assert classify(digits).kind != "code"


@pytest.mark.parametrize(
    ("product", "lot", "packs", "kind", "room"),
    [
        ("p", "A", 5, None, 0),
        ("p", "A", 6, "over", 5),
        ("p", "B", 1, "lot", 0),
        ("q", "A", 1, "product", 0),
        ("r", "ANY", 2, None, 0),
        ("r", "ANY", 3, "over", 2),
    ],
)
def test_packs_go_where_they_are_expected(product, lot, packs, kind, room):
    rows = [Row(1, "p", "A", 3), Row(2, "p", "A", 4), Row(3, "r", None, 2)]
    scanned = {("p", "A"): 2}
    if kind is None:
        place(rows, scanned, product, lot, packs)
        return
    with pytest.raises(Misplaced) as caught:
        place(rows, scanned, product, lot, packs)
    assert (caught.value.kind, caught.value.room) == (kind, room)


@given(
    st.lists(st.tuples(st.sampled_from("AB"), st.integers(1, 5)), max_size=5),
    st.lists(st.tuples(st.sampled_from("ABC"), st.integers(1, 4)), max_size=8),
)
def test_what_is_placed_is_all_there(lines, packs_of):
    """No order of scans fills a row above what is expected, or loses a pack."""
    rows = [Row(i, "p", lot, expected) for i, (lot, expected) in enumerate(lines)]
    scanned = {}
    for lot, packs in packs_of:
        try:
            place(rows, scanned, "p", lot, packs)
        except Misplaced:
            continue
        scanned["p", lot] = scanned.get(("p", lot), 0) + packs
    filled = scan.spread(rows, scanned)
    assert all(sum(filled[row.key].values()) <= row.expected for row in rows)
    assert sum(sum(lots.values()) for lots in filled.values()) == sum(scanned.values())


def test_the_examples_in_the_docs_hold():
    assert doctest.testmod(scan).failed == 0
