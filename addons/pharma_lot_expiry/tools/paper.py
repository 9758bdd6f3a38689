"""Lines and pages of a printed table, decided here and not by the PDF converter.

Debian's wkhtmltopdf repeats no table head, tears rows apart at page ends and can't say
«page 2 of 5». So each text is broken into lines that surely fit, a row is as high as
its longest cell, and pages are filled by counting: what is printed follows.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

# Widths in parts of the font size, rounded up from Noto Sans CJK.
WIDE, LARGE, NORMAL, THIN = 1.0, 0.95, 0.62, 0.36
_LARGE = frozenset("MWmw@%—")
_THIN = frozenset("ijlItf.,:;'|! ()[]-/")
# A line may end after these, beside any Chinese character.
_BREAKS = frozenset(" -/,;，、；。)）")


@dataclass(frozen=True)
class Column:
    """One column of a printed table: its key, what its head says, its width in px."""

    key: str
    label: str
    width: int
    is_number: bool = False


def char_width(char: str) -> float:
    """How wide a character is at most, the font size being 1.

    >>> char_width("药"), char_width("5"), char_width(".")
    (1.0, 0.62, 0.36)
    """
    if unicodedata.east_asian_width(char) in "WFA":
        return WIDE
    if char in _LARGE:
        return LARGE
    if char in _THIN:
        return THIN
    return 0.75 if char.isupper() else NORMAL


def text_width(text: str) -> float:
    """How wide a text is at most, the font size being 1."""
    return sum(map(char_width, text))


def wrap(text: str, width: float) -> list[str]:
    """The lines of a text of which none is wider than ``width`` font sizes.

    Words stay whole where they fit; Chinese breaks anywhere.

    >>> wrap("阿莫西林胶囊", 4), wrap("Sodium Chloride", 8), wrap("", 8)
    (['阿莫西林', '胶囊'], ['Sodium ', 'Chloride'], [''])
    >>> wrap("/1AA", 2)  # what is left after a break may still be too wide
    ['/', '1A', 'A']
    """
    lines, line, used, stop = [], "", 0.0, 0
    for char in text:
        wide = char_width(char)
        while used + wide > width and line:
            cut = stop or len(line)
            lines.append(line[:cut])
            line = line[cut:]
            used, stop = text_width(line), 0
        line += char
        used += wide
        if char in _BREAKS or wide == WIDE:
            stop = len(line)
    return [*lines, line]


def fit(columns: Sequence[Column], total: int) -> list[Column]:
    """The same columns, widened in proportion so that they fill ``total`` px.

    >>> [c.width for c in fit([Column("a", "A", 50), Column("b", "B", 40)], 180)]
    [100, 80]
    """
    asked = sum(column.width for column in columns)
    widened = [
        Column(c.key, c.label, c.width * total // asked, c.is_number) for c in columns
    ]
    rest = total - sum(column.width for column in widened)
    first = widened[0]
    return [
        Column(first.key, first.label, first.width + rest, first.is_number),
        *widened[1:],
    ]


def paginate(heights: Sequence[int], room: int, foot: int) -> list[range]:
    """Which rows stand on which page; the last page keeps room for the foot.

    The foot never stands alone: the last row goes with it.

    >>> paginate([10] * 5, room=30, foot=15)
    [range(0, 3), range(3, 4), range(4, 5)]
    >>> paginate([10] * 4, room=30, foot=15), paginate([], room=30, foot=15)
    ([range(0, 3), range(3, 4)], [range(0, 0)])

    :param heights: of the rows, none above ``room - foot``
    :param room: px for rows on each page
    :param foot: px the foot takes from the last page
    """
    pages, start, used = [], 0, 0
    last = len(heights) - 1
    for index, height in enumerate(heights):
        needed = height + (foot if index == last else 0)
        if used + needed > room and index > start:
            pages.append(range(start, index))
            start, used = index, 0
        used += height
    return [*pages, range(start, len(heights))]
