import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.pharma_gsp.tools import text


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("ＡＺａｚ０９", "AZaz09"),
        ("（１；２）", "(1;2)"),
        ("Ａ　Ｂ", "A B"),
        ("㎎①ﬁ½", "㎎①ﬁ½"),
        ("华康😀𠮷👩‍⚕️", "华康😀𠮷👩‍⚕️"),
    ],
)
def test_only_full_width_forms_change(raw, expected):
    assert text.to_half_width(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (None, ""),
        (False, ""),
        ("", ""),
        (" a b\tc\r\n", "ABC"),
        ("\ufeffA\u200bB\u00a0C\u3000D", "ABCD"),
        ("ſßı", "ſßı"),
        ("A-B", "A-B"),
        ("琼😀", "琼😀"),
    ],
)
def test_compact_drops_blanks_and_raises_ascii_only(raw, expected):
    assert text.compact(raw) == expected


@pytest.mark.parametrize("hyphen", ["-", "－", "–", "—", "‑", "−"])
def test_hyphens_go_where_they_separate(hyphen):
    assert text.compact(f"1{hyphen}2", text.HYPHENS) == "12"


@given(st.text())
def test_compact_twice_is_compact_once(raw):
    once = text.compact(raw, text.HYPHENS)
    assert text.compact(once, text.HYPHENS) == once


@given(st.text(st.characters(min_codepoint=0x10000)))
def test_four_byte_characters_stay(raw):
    assert text.compact(raw) == raw


@pytest.mark.parametrize("digits", ["٣", "²", "１", "１2", "", "1a"])
def test_only_ascii_digits_are_digits(digits):
    assert not text.is_ascii_digits(digits)
