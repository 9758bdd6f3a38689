from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric
from stdnum.exceptions import (
    InvalidChecksum,
    InvalidComponent,
    InvalidFormat,
    InvalidLength,
)

from odoo.addons.pharma_gsp.tools import id_card


def with_check_digit(body):
    return body + ric.calc_check_digit(body + "0")


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param("11010519491231002X", id="TV-07"),
        pytest.param("11010519491231002x", id="lower case"),
        pytest.param("110105 19491231 002X", id="blanks"),
        pytest.param("110105-19491231-002X", id="hyphens"),
        pytest.param("１１０１０５１９４９１２３１００２Ｘ", id="full-width"),
    ],
)
def test_valid_numbers_are_compacted(raw):
    assert id_card.validate(raw) == "11010519491231002X"
    assert id_card.is_valid(raw)


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        pytest.param("110105194912310021", InvalidChecksum, id="TV-07 last digit"),
        pytest.param("110105491231002", InvalidLength, id="15 digits of old"),
        pytest.param("11010519491231X02X", InvalidFormat, id="X inside"),
        pytest.param("11010519491231002A", InvalidFormat, id="letter A"),
        pytest.param("1101051949123100٢X", InvalidFormat, id="Arabic digit"),
        pytest.param("11010519491231002😀", InvalidFormat, id="emoji"),
        pytest.param("", InvalidLength, id="empty"),
        pytest.param(None, InvalidLength, id="none"),
        pytest.param(
            with_check_digit("11010519490230002"), InvalidComponent, id="30 February"
        ),
        pytest.param(
            with_check_digit("11010500001231002"), InvalidComponent, id="year 0"
        ),
        pytest.param(
            with_check_digit("11010518491231002"), InvalidComponent, id="1849"
        ),
        pytest.param(
            with_check_digit("99010519491231002"), InvalidComponent, id="no province"
        ),
    ],
)
def test_what_is_wrong_is_named(raw, error):
    with pytest.raises(error):
        id_card.validate(raw)
    assert not id_card.is_valid(raw)


def test_a_number_given_after_the_county_was_renamed_is_valid():
    number = with_check_digit("44030619700101001")
    assert id_card.is_valid(number)
    assert not ric.is_valid(number)


@pytest.mark.parametrize("area", ["710000", "810000", "820000", "830000"])
def test_residence_permits_of_the_outer_regions_are_valid(area):
    assert id_card.is_valid(with_check_digit(f"{area}19800101001"))


@pytest.mark.parametrize(
    ("day", "expected"),
    [(date(2026, 6, 30), True), (date(2026, 6, 29), False), (None, True)],
)
def test_nobody_is_born_after_the_day(day, expected):
    number = with_check_digit("11010520260630001")
    assert id_card.is_valid(number, day) is expected


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        pytest.param("11010519491231002X", "*" * 14 + "002X", id="TV-73"),
        pytest.param("12345", "*2345", id="five"),
        pytest.param("002X", "****", id="nothing left to hide"),
        pytest.param("", "", id="empty"),
        pytest.param(None, "", id="none"),
    ],
)
def test_mask_shows_the_last_four(number, masked):
    assert id_card.mask(number) == masked


@given(st.text())
def test_mask_keeps_the_length_and_hides_the_rest(raw):
    masked = id_card.mask(raw)
    assert len(masked) == len(raw)
    assert set(masked[:-4]) <= {"*"}


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)), st.integers(0, 999))
def test_calculated_check_digit_validates(birth, order):
    number = with_check_digit(f"110105{birth:%Y%m%d}{order:03}")
    assert id_card.validate(number) == number


@given(st.text() | st.from_regex("[0-9]{17}[0-9Xx]", fullmatch=True))
def test_arbitrary_text_raises_nothing_but_value_errors(raw):
    compact = id_card.compact(raw)
    assert id_card.compact(compact) == compact
    try:
        assert id_card.validate(raw) == compact
    except ValueError:
        assert not id_card.is_valid(raw)
