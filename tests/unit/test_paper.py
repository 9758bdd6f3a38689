import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.pharma_lot_expiry.tools.paper import paginate, text_width, wrap


@given(st.text(st.sampled_from("药品 Ab1-./（）%mW"), max_size=60), st.integers(2, 20))
def test_wrapping_loses_nothing_and_keeps_the_width(text, width):
    lines = wrap(text, width)
    assert "".join(lines) == text
    assert all(text_width(line) <= width for line in lines)


@given(st.lists(st.integers(10, 80), max_size=200))
def test_every_row_stands_on_one_page_that_holds_it(heights):
    room, foot = 400, 150
    pages = paginate(heights, room, foot)
    assert [row for page in pages for row in page] == list(range(len(heights)))
    for page in pages:
        is_last = page is pages[-1]
        used = sum(heights[row] for row in page) + (foot if is_last else 0)
        assert used <= room


@pytest.mark.parametrize("count", [1, 30, 3000])
def test_foot_never_stands_alone(count):
    assert len(paginate([40] * count, 700, 160)[-1]) >= 1
