import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.exceptions import (
    InvalidChecksum,
    InvalidComponent,
    InvalidFormat,
    InvalidLength,
)

from odoo.addons.pharma_gsp.tools import national_drug_code

bodies = st.from_regex("869[0-9]{10}", fullmatch=True)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param("86904879000126", id="TV-12"),
        pytest.param("8690-4879-000126", id="hyphens"),
        pytest.param("８６９０４８７９０００１２６", id="full-width"),
        pytest.param(" 86904879 000126\n", id="blanks"),
    ],
)
def test_valid_codes_are_compacted(raw):
    assert national_drug_code.validate(raw) == "86904879000126"
    assert national_drug_code.is_valid(raw)


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        pytest.param("86904879000127", InvalidChecksum, id="TV-12 last digit"),
        pytest.param("69012345678923", InvalidComponent, id="not 869"),
        pytest.param("8690487900012", InvalidLength, id="13 digits"),
        pytest.param("869048790001266", InvalidLength, id="15 digits"),
        pytest.param("8690487900012O", InvalidFormat, id="letter O"),
        pytest.param("8690487900012٦", InvalidFormat, id="Arabic digit"),
        pytest.param("8690487900012😀", InvalidFormat, id="emoji"),
        pytest.param("", InvalidLength, id="empty"),
        pytest.param(None, InvalidLength, id="none"),
    ],
)
def test_what_is_wrong_is_named(raw, error):
    with pytest.raises(error):
        national_drug_code.validate(raw)
    assert not national_drug_code.is_valid(raw)


@pytest.mark.parametrize(
    ("body", "error"),
    [("869048790001", InvalidLength), ("869048790001²", InvalidFormat)],
)
def test_no_check_digit_for_a_malformed_body(body, error):
    with pytest.raises(error):
        national_drug_code.calc_check_digit(body)


@given(bodies)
def test_calculated_check_digit_validates(body):
    number = body + national_drug_code.calc_check_digit(body)
    assert national_drug_code.validate(number) == number
    assert national_drug_code.calc_check_digit(number) == number[-1]


@given(bodies)
def test_the_sum_is_the_one_of_the_rule(body):
    digits = [int(digit) for digit in body]
    total = 3 * sum(digits[0::2]) + sum(digits[1::2])
    assert national_drug_code.calc_check_digit(body) == str((10 - total % 10) % 10)


@given(st.text() | st.text("0123456789", min_size=14, max_size=14))
def test_arbitrary_text_raises_nothing_but_value_errors(raw):
    compact = national_drug_code.compact(raw)
    assert national_drug_code.compact(compact) == compact
    try:
        assert national_drug_code.validate(raw) == compact
    except ValueError:
        assert not national_drug_code.is_valid(raw)
