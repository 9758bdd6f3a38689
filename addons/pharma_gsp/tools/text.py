"""Making typed, scanned and pasted text comparable."""

import re

# FF01..FF5E are the full-width twins of ASCII 21..7E, 3000 is the wide space.
_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " "}
_UPPER = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}
# Space of any kind, and the invisible marks that copying from a web page brings along.
_BLANKS = re.compile(r"[\s\u200b\u2060\ufeff]+")

HYPHENS = "-\u2010\u2011\u2012\u2013\u2014\u2212"


def to_half_width(text: str) -> str:
    """Full-width letters, digits and signs as ASCII; all else stays as it is.

    NFKC would also rewrite units, circled digits and ligatures, which are text.

    >>> to_half_width("Ｈ２０２１（１）　㎎😀")
    'H2021(1) ㎎😀'
    """
    return text.translate(_HALF_WIDTH)


def compact(text: str | None, separators: str = "") -> str:
    """Half-width, without blanks and ``separators``, ASCII letters in upper case.

    Only ASCII is raised: ``str.upper`` would turn ſ into a valid S.

    >>> compact(" 国药准字 ｈ2021－0039 ", HYPHENS)
    '国药准字H20210039'
    """
    bare = _BLANKS.sub("", to_half_width(text or ""))
    return bare.translate(_UPPER | dict.fromkeys(map(ord, separators)))


def is_ascii_digits(text: str) -> bool:
    """``str.isdigit`` would let Arabic and superscript digits pass.

    >>> is_ascii_digits("0123"), is_ascii_digits("٣"), is_ascii_digits("")
    (True, False, False)
    """
    return text.isascii() and text.isdigit()
