"""TV-21..27 and FA-57: what a GS1 code says, or that it says nothing."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import ean

from odoo.addons.pharma_lot_expiry.tools import gs1

GS = "\x1d"
GTIN = "06901234567892"
TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    "text",
    [
        f"]d201{GTIN}1727053110A2405B{GS}21X9K7",
        f"]d2{GS}01{GTIN}1727053110A2405B{GS}21X9K7",
        f"]C1{GS}21X9K7{GS}17270531{GS}10A2405B{GS}01{GTIN}",
        f"]Q301{GTIN}21X9K7{GS}10A2405B{GS}17270531\r\n",
        f"]e001{GTIN}10A2405B{GS}1727053121X9K7{GS}",
        f"(01){GTIN}(17)270531(10)A2405B(21)X9K7",
        f"（01）{GTIN} (17)270531 (10)A2405B (21)X9K7",
    ],
    ids=["TV-21", "FNC1 first", "any order", "QR", "trailing FNC1", "printed", "wide"],
)
def test_four_values_in_any_form_and_order(text):
    scan = gs1.parse(text)
    assert (scan.gtin, scan.expiry, scan.lot, scan.serial) == (
        GTIN,
        date(2027, 5, 31),
        "A2405B",
        "X9K7",
    )
    assert not scan.is_ambiguous
    assert scan.raw == {"01": GTIN, "17": "270531", "10": "A2405B", "21": "X9K7"}


def test_other_order_without_serial():
    """TV-25"""
    scan = gs1.parse(f"]C1{GS}01{GTIN}10A2405B{GS}17270531")
    assert (scan.gtin, scan.lot, scan.serial) == (GTIN, "A2405B", None)
    assert scan.expiry == date(2027, 5, 31)


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("270200", date(2027, 2, 28)),  # TV-22
        ("280200", date(2028, 2, 29)),  # TV-22
        ("761124", date(2076, 11, 24)),
        ("770101", date(1977, 1, 1)),
        ("990131", date(1999, 1, 31)),
        ("000131", date(2000, 1, 31)),
    ],
)
def test_day_zero_and_century(value, day):
    """FA-57: more than fifty years off is of the other century."""
    assert gs1.parse(f"01{GTIN}17{value}", TODAY).expiry == day


def test_lot_that_swallowed_the_serial_is_told_not_guessed():
    """TV-23"""
    scan = gs1.parse(f"]d201{GTIN}1727053110A2405B21X9K7")
    assert (scan.lot, scan.serial, scan.is_ambiguous) == ("A2405B21X9K7", None, True)


@pytest.mark.parametrize(
    ("tail", "is_ambiguous"),
    [
        ("10A2405B", False),
        ("10A21", False),  # nothing after the 21
        ("10A2405B17270531", True),
        ("10A2405B17271331", False),  # month 13 is no date
        (f"10A2405B21X9{GS}17270531", False),  # FNC1 is used: values end where it says
        ("1727053121X9K710A2405B", True),
        ("21X9K717270531", True),
        ("21110501", False),
    ],
)
def test_doubt_only_where_something_may_hide(tail, is_ambiguous):
    assert gs1.parse(f"01{GTIN}{tail}").is_ambiguous is is_ambiguous


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"{GTIN[:-1]}3", "check_digit"),
        (f"{GTIN}17271301", "date"),
        (f"{GTIN}17270230", "date"),
        (f"{GTIN}10{'A' * 21}", "length"),
        (f"{GTIN}99INTERNAL", "unknown_ai"),
        (f"{GTIN}0512", "unknown_ai"),
        (f"{GTIN}1727053", "length"),
        (f"{GTIN}10", "length"),
        (f"{GTIN}10A{GS}{GS}17270531", "unknown_ai"),
        (f"{GTIN}10A{GS}10B", "duplicate"),
        (f"{GTIN}10批号", "length"),
        (f"{GTIN}1127053117250601", "dates"),  # TV-26, swapped
    ],
)
def test_whole_string_is_rejected(text, kind):
    """TV-24, TV-26"""
    with pytest.raises(gs1.Gs1Error) as caught:
        gs1.parse(f"01{text}")
    assert caught.value.kind == kind
    assert not gs1.is_valid(f"01{text}")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("21X9K7", "companion"),  # TV-24
        ("10A2405B", "companion"),  # TV-24
        (f"02{GTIN}{'37'}10{GS}21X9K7", "companion"),
        ("", "empty"),
        (None, "empty"),
        (f"]d2{GS}", "empty"),
        ("]E06901234567892", "unknown_ai"),
        ("hello", "unknown_ai"),
        ("(01)", "length"),
        ("()", "unknown_ai"),
        ("٠١٠٦٩٠١٢٣٤٥٦٧٨٩٢", "unknown_ai"),
    ],
)
def test_what_is_no_element_string(text, kind):
    with pytest.raises(gs1.Gs1Error) as caught:
        gs1.parse(text)
    assert caught.value.kind == kind


def test_lot_of_goods_inside_a_logistic_unit():
    scan = gs1.parse(f"02{GTIN}3710{GS}10A2405B")
    assert (scan.gtin, scan.lot, scan.raw["37"]) == (GTIN, "A2405B", "10")


def test_sscc():
    """TV-27"""
    assert gs1.parse("00069012345000000011").sscc == "069012345000000011"
    with pytest.raises(gs1.WrongCheckDigit):
        gs1.parse("00069012345000000016")


def test_production_before_expiry():
    """TV-26"""
    scan = gs1.parse("1125060117270531")
    assert (scan.production, scan.expiry) == (date(2025, 6, 1), date(2027, 5, 31))


def test_result_is_frozen():
    with pytest.raises(AttributeError):
        gs1.parse(f"01{GTIN}").lot = "B"


CHARACTERS = st.sampled_from(
    "!\"%&'*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
)
VALUE = st.text(CHARACTERS, min_size=1, max_size=20)
DAY = st.dates(date(1977, 1, 1), date(2075, 12, 31))


@st.composite
def elements(draw):
    body = draw(st.integers(0, 10**13 - 1)).__format__("013")
    raw = {"01": body + ean.calc_check_digit(body)}
    made, expiry = sorted([draw(DAY), draw(DAY)])
    raw |= {"11": f"{made:%y%m%d}", "17": f"{expiry:%y%m%d}"}
    raw |= {"10": draw(VALUE), "21": draw(VALUE)}
    order = draw(st.permutations([*raw]))
    return {ai: raw[ai] for ai in order}


@given(elements(), st.sampled_from([*gs1.SYMBOLOGIES, ""]))
def test_what_is_encoded_is_read_again(raw, symbology):
    assert gs1.parse(symbology + gs1.encode(raw), TODAY).raw == raw
    assert gs1.parse(gs1.encode(raw, brackets=True), TODAY).raw == raw


NOISE = st.text(st.sampled_from(f"0123456789{GS}()]dC12e0QABab -ｘ１药\n"), max_size=60)


@given(st.one_of(st.text(max_size=60), NOISE, NOISE.map(lambda t: f"01{GTIN}{t}")))
def test_noise_never_crashes(text):
    try:
        scan = gs1.parse(text, TODAY)
    except gs1.Gs1Error as error:
        assert error.kind
    else:
        assert scan.raw
