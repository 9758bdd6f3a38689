"""TV-13..15 and FA-50, FA-51: the code on a pack, written one way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.pharma_lot_expiry.tools import trace_code

CODE = "83857930000879766660"
GTIN = "06901234567892"


def test_the_first_seven_digits_name_the_drug():
    """TV-13"""
    parsed = trace_code.parse(CODE)
    assert (parsed.kind, parsed.code) == ("cn20", CODE)
    assert (parsed.drug_id, parsed.serial) == ("8385793", "0000879766660")


@pytest.mark.parametrize(
    "text",
    [
        "8385793-0000879766660",
        " 8385793 0000 8797 6666 0 ",
        "８３８５７９３００００８７９７６６６６０",
        "8385793－0000879766660",
        "8385793\u20130000879766660\r\n",
        "8385793\u30000000879766660",
    ],
)
def test_spaces_hyphens_and_wide_digits(text):
    """TV-14"""
    assert trace_code.parse(text) == trace_code.parse(CODE)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (CODE[:-1], "short"),  # TV-15
        (CODE + "1", "long"),  # TV-15
        (CODE.replace("0", "O", 1), "letter"),  # TV-15
        (CODE.replace("0", "o", 1), "letter"),
        ("l" + CODE[1:], "letter"),
        ("O" + CODE[1:-1], "letter"),
        (CODE * 2, "glued"),
        (CODE * 3, "glued"),
        (f"{CODE} {CODE[::-1]}", "glued"),
        (CODE + CODE[:13], "long"),
        ("6901234567892", "short"),
        ("", "empty"),
        ("  ", "empty"),
        (None, "empty"),
        ("8385793000087976666X", "characters"),
        ("WH/IN/00001", "characters"),
        ("WH-STOCK-A-01-02-03-04", "characters"),
        ("A" * 60, "long"),
        ("https://example.org/8385793000", "characters"),
        ("٨٣٨٥٧٩٣٠٠٠٠٨٧٩٧٦٦٦٦٠", "characters"),
        (f"]d201{GTIN}17270531", "no_serial"),
        (f"]d201{GTIN[:-1]}321X9K7", "gs1"),
        (f"]d201{GTIN}10A2405B21X9K7", "no_serial"),
        (f"(01){GTIN}(21)A(10)B(10)C", "gs1"),
    ],
)
def test_what_is_refused_and_why(text, kind):
    with pytest.raises(trace_code.TraceCodeError) as caught:
        trace_code.parse(text)
    assert caught.value.kind == kind
    assert not trace_code.is_valid(text)


@pytest.mark.parametrize(
    "text",
    [
        f"]d201{GTIN}1727053110A2405B\x1d21X9K7",
        f"01{GTIN}21X9K7",
        f"(01){GTIN}(21)X9K7",
        f"(21)X9K7(01){GTIN}",
    ],
)
def test_gs1_codes_are_one_however_they_are_printed(text):
    parsed = trace_code.parse(text)
    assert (parsed.kind, parsed.code) == ("gs1", f"(01){GTIN}(21)X9K7")
    assert (parsed.drug_id, parsed.serial) == (GTIN, "X9K7")


def test_gs1_code_of_digits_only():
    assert trace_code.parse(f"01{GTIN}21123456").serial == "123456"


def test_sscc_does_not_pass_for_a_code_of_twenty_digits():
    assert trace_code.parse("(00)069012345000000011").kind == "gs1"
    assert trace_code.parse("]C100069012345000000011").kind == "gs1"
    # Without any mark it is what twenty digits are, whatever they begin with (FA-51).
    assert trace_code.parse("00069012345000000011").kind == "cn20"


def test_code_of_another_platform():
    parsed = trace_code.parse("ma.156.m0.100000.12345678")
    assert (parsed.kind, parsed.code) == ("other", "MA.156.M0.100000.12345678")
    assert parsed.drug_id is None


@pytest.mark.parametrize("first", "0123456789")
def test_no_first_digit_is_special_but_89(first):
    """FA-51"""
    parsed = trace_code.parse(first + "9" + CODE[2:])
    assert parsed.is_special is (first == "8")


@given(st.text(st.sampled_from("0123456789"), min_size=20, max_size=20))
def test_every_twenty_digits_come_back(text):
    assert trace_code.validate(text) == text
    assert trace_code.validate(f"{text[:7]}-{text[7:]}") == text


NOISE = st.text(st.sampled_from("0123456789OIlAB-. \x1d()]d2ｘ１药\n"), max_size=60)


@given(st.one_of(st.text(max_size=80), NOISE))
def test_noise_never_crashes_and_what_is_read_is_stable(text):
    try:
        parsed = trace_code.parse(text)
    except trace_code.TraceCodeError as error:
        assert error.kind
    else:
        assert len(parsed.code) <= trace_code.MAX_LENGTH
        assert trace_code.parse(parsed.code) == parsed


@given(
    st.text(
        st.sampled_from("!\"%&'()*+,-./0123456789:;<=>?ABCXYZ_abcxyz"),
        min_size=1,
        max_size=20,
    )
)
def test_gs1_serials_come_back_unchanged(serial):
    try:
        parsed = trace_code.parse(f"]d201{GTIN}21{serial}")
    except trace_code.TraceCodeError as error:
        assert error.kind == "characters" and "(" in serial
    else:
        assert parsed.serial == serial
        assert trace_code.parse(parsed.code) == parsed
