import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.exceptions import InvalidChecksum, InvalidFormat, InvalidLength

from odoo.addons.pharma_gsp.tools import uscc

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
bodies = st.builds(
    "".join,
    st.tuples(
        st.text(ALPHABET, min_size=2, max_size=2),
        st.text("0123456789", min_size=6, max_size=6),
        st.text(ALPHABET, min_size=9, max_size=9),
    ),
)


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        pytest.param("91350100M000100Y43", "91350100M000100Y43", id="TV-01"),
        pytest.param("91110000101623741K", "91110000101623741K", id="TV-02 letter"),
        pytest.param("911101066976941872", "911101066976941872", id="TV-02 digit"),
        pytest.param("91420100MA0000226Y", "91420100MA0000226Y", id="TV-05 C18 = Y"),
        pytest.param("91420100MA00003490", "91420100MA00003490", id="TV-05 C18 = 0"),
        pytest.param("91350100m000100y43", "91350100M000100Y43", id="TV-06 lower case"),
        pytest.param("91350100M000100Y43 ", "91350100M000100Y43", id="TV-06 blank"),
        pytest.param("91350100-M000100Y-43", "91350100M000100Y43", id="hyphens"),
        pytest.param(
            "９１３５０１００Ｍ０００１００Ｙ４３",
            "91350100M000100Y43",
            id="full-width",
        ),
    ],
)
def test_valid_codes_are_compacted(raw, number):
    assert uscc.validate(raw) == number
    assert uscc.is_valid(raw)
    assert uscc.is_format_valid(raw)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param("91350100M000100Y44", "3", id="TV-03"),
        pytest.param("91350211M0000XUF46", "R", id="TV-04 registered all the same"),
    ],
)
def test_wrong_check_digit_is_left_to_qa(raw, expected):
    with pytest.raises(InvalidChecksum):
        uscc.validate(raw)
    assert uscc.is_format_valid(raw)
    assert not uscc.is_valid(raw)
    assert uscc.calc_check_digit(raw) == expected


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        pytest.param("9135010OM000100Y43", InvalidFormat, id="TV-06 letter O"),
        pytest.param("91350100M000100Y4", InvalidLength, id="TV-06 17 characters"),
        pytest.param("91350100M000100Y433", InvalidLength, id="19 characters"),
        pytest.param("91350100I000100Y43", InvalidFormat, id="letter I"),
        pytest.param("91350100S000100Y43", InvalidFormat, id="letter S"),
        pytest.param("913501A0M000100Y43", InvalidFormat, id="letter in the area"),
        pytest.param("9١350100M000100Y43", InvalidFormat, id="Arabic digit"),
        pytest.param("91350100M000100Y4😀", InvalidFormat, id="emoji"),
        pytest.param("91350100ſ000100Y43", InvalidFormat, id="long s is not S"),
        pytest.param("", InvalidLength, id="empty"),
        pytest.param(None, InvalidLength, id="none"),
    ],
)
def test_wrong_format_is_refused(raw, error):
    with pytest.raises(error):
        uscc.validate(raw)
    assert not uscc.is_format_valid(raw)
    assert not uscc.is_valid(raw)
    assert not uscc.organisation_code_warns(raw)


@pytest.mark.parametrize("start", ["A1", "N2", "Y1", "12", "52"])
def test_authorities_beyond_the_market_bureau_are_known(start):
    body = f"{start}110000M000100Y4"
    assert uscc.is_valid(body + uscc.calc_check_digit(body))


@pytest.mark.parametrize("body", ["", "9135", "9135010OM000100Y4", "😀" * 17])
def test_no_check_digit_for_a_malformed_body(body):
    with pytest.raises(InvalidFormat):
        uscc.calc_check_digit(body)


@pytest.mark.parametrize(
    ("number", "warns"),
    [
        ("91350100M000100Y43", False),
        ("91110000600037341L", False),
        ("91350100M000100Y53", True),
        ("911100000000000090", True),
        ("9111000000000006X0", False),
    ],
)
def test_organisation_code_warns(number, warns):
    assert uscc.organisation_code_warns(number) is warns


@given(bodies)
def test_calculated_check_digit_validates(body):
    number = body + uscc.calc_check_digit(body)
    assert uscc.validate(number) == number


@given(bodies, st.integers(0, 16), st.sampled_from(ALPHABET))
def test_any_single_wrong_character_is_noticed(body, position, other):
    number = body + uscc.calc_check_digit(body)
    wrong = number[:position] + other + number[position + 1 :]
    assert uscc.is_valid(wrong) == (wrong == number)


@given(st.text() | st.text(ALPHABET, min_size=18, max_size=18))
def test_arbitrary_text_raises_nothing_but_value_errors(raw):
    uscc.organisation_code_warns(raw)
    uscc.is_format_valid(raw)
    try:
        assert uscc.validate(raw) == uscc.compact(raw)
    except ValueError:
        assert not uscc.is_valid(raw)


@given(st.text())
def test_compact_is_idempotent(raw):
    assert uscc.compact(uscc.compact(raw)) == uscc.compact(raw)
