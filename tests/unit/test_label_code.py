from datetime import date

import pytest

from odoo.addons.pharma_lot_expiry.tools import label_code

DAY = date(2027, 5, 31)
GTIN = "6901234567892"


@pytest.mark.parametrize(
    ("gtin", "lot", "text"),
    [
        (GTIN, "A-17", "01069012345678921727053110A-17"),
        (GTIN, "9" * 20, "0106901234567892172705311099999999999999999999"),
        (GTIN, "9" * 21, None),
        (GTIN, "批号", None),
        (GTIN, "A 1", None),
        (GTIN, "", None),
        ("6901234567890", "A", None),
    ],
)
def test_what_gs1_can_say(gtin, lot, text):
    assert label_code.gs1_text(gtin, DAY, lot) == text


def test_words_of_a_data_matrix_as_the_standard_counts_them():
    """ISO 16022 annex: «123456» is 142 164 186; GS1 puts FNC1 before.

    The fifth word as a pad: 149 × 5 mod 253 + 1 + 129, less 254.
    """
    assert label_code._ascii_words("123456") == [232, 142, 164, 186]
    assert label_code._padded([142, 164, 186], 5) == [142, 164, 186, 129, 115]


def test_data_matrix_has_its_finder_on_all_four_sides():
    rows = label_code.data_matrix("01069012345678921727053110A-17")
    side = len(rows)
    assert side == 18
    assert all(row[0] for row in rows)
    assert all(rows[-1])
    assert rows[0] == [1, 0] * (side // 2)
    assert [row[-1] for row in rows] == [0, 1] * (side // 2)


def test_known_data_matrix_of_the_standard():
    """The correction words of «123456» in 10 × 10 are 114 25 5 88 102."""
    square = label_code._Square(10, [142, 164, 186], 5)
    assert square._get_reed_solomon_code([142, 164, 186], 5) == [114, 25, 5, 88, 102]


def test_too_long_a_text_is_refused():
    with pytest.raises(ValueError, match="words"):
        label_code.data_matrix("A" * 44)
