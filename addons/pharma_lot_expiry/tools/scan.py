"""What a scanner typed, and which line of a transfer it belongs to.

A scanner is a keyboard: what arrives may be a code, half of one, two of them run
together, or noise. Nothing is padded, cut or guessed here (TV-13..15); what a code
means is read by ``trace_code`` and ``gs1`` afterwards.

>>> classify("83857930000879766660")
Scan(kind='code', text='83857930000879766660', packs=1, reason='', record_id=None)
>>> classify("5*L:42")
Scan(kind='lot', text='L:42', packs=5, reason='', record_id=42)
>>> classify("838579300008797666601").reason
'long'
"""

import re
import unicodedata
from dataclasses import dataclass, replace

from stdnum import ean

from . import gs1

# Between fields of a GS1 element string (FNC1), and how scanners spell it.
GS = "\x1d"
GS_SPELLINGS = ("Alt029", "<GS>", "{GS}", "[GS]", "\\x1d", "\u241d", "^]")
# FA-57: data carriers that hold GS1 data, and other ones whose mark is cut off.
GS1_CARRIERS = ("]C1", "]d2", "]Q3", "]e0", "]J1")
OTHER_CARRIERS = re.compile(r"\][A-Za-z][0-9]")

CODE_LENGTH = 20
GTIN_LENGTHS = (8, 12, 13, 14)
# The two halves of a trace code (FA-50).
HALVES = (7, 13)
MOST_CHARACTERS = 500
MOST_PACKS = 9999
# Letters that are mistaken for digits when somebody types a code (TV-15).
LOOKALIKES = str.maketrans("OoQDIlSBZ", "000011582")
ENOUGH_DIGITS = 16

_PACKS = re.compile(r"(\d{1,4})\s*[*×]\s*(.*)", re.DOTALL)
_LABEL = re.compile(r"([LP]):\s*(\S.*)", re.IGNORECASE)
_DIGITS = re.compile(r"[0-9][0-9\s_.\-\u2010-\u2015]*")
_HUMAN_READABLE = re.compile(r"\(\d{2,4}\)")
_UNMARKED = re.compile(r"0[12]\d{14}(?:1[0-7]|2[01]|30|37|91|\d{2}).*", re.DOTALL)


@dataclass(frozen=True)
class Scan:
    """One scan by its look.

    ``kind``: code (20 digits), gs1, gtin, lot and location (our own labels), text
    (a name or number to look for) or bad; ``packs``: how often it counts;
    ``reason``: of a bad one why, of a text what it may have been meant as;
    ``record_id``: what our own label names.
    """

    kind: str
    text: str
    packs: int = 1
    reason: str = ""
    record_id: int | None = None


def clean(raw: str) -> str:
    """The text without what scanners and input methods add, FNC1 as ``\\x1d``.

    >>> clean("\\x02８３８５７９３－０００\\r\\n")
    '8385793-000'
    """
    text = raw or ""
    for spelling in GS_SPELLINGS:
        text = text.replace(spelling, GS)
    text = unicodedata.normalize("NFKC", text)
    kept = (char for char in text if char == GS or unicodedata.category(char)[0] != "C")
    return "".join(kept).strip(" \t\u3000")


def is_gtin(digits: str) -> bool:
    """Whether these are an EAN-8, UPC, EAN-13 or GTIN-14 with its check digit."""
    return len(digits) in GTIN_LENGTHS and ean.is_valid(digits)


def classify(raw: str) -> Scan:
    """What kind of scan this is, by its look alone. Never raises."""
    text = clean(raw)
    packs = 1
    if found := _PACKS.fullmatch(text):
        packs, text = int(found[1]), found[2].strip()
    if not 1 <= packs <= MOST_PACKS:
        return Scan("bad", text, reason="packs")
    return replace(_classify(text), packs=packs)


def lot_key(name: str | None) -> str:
    """Lot numbers that differ by blanks or case are one (TV-19 compares by this).

    >>> lot_key(" a2405 b ")
    'A2405B'
    """
    return "".join(clean(name).split()).upper()


def _classify(text):
    if not any(map(str.isalnum, text)):
        return Scan("bad", text, reason="noise" if text else "empty")
    if len(text) > MOST_CHARACTERS or "\ufffd" in text:
        return Scan("bad", text[:MOST_CHARACTERS], reason="noise")
    carrier = text[:3]
    if any(mark in text[1:] for mark in GS1_CARRIERS):
        return Scan("bad", text, reason="two")
    if carrier in GS1_CARRIERS or _is_element_string(text):
        return Scan("gs1", text)
    if OTHER_CARRIERS.match(text):
        text = text[3:].strip()
    if not text:
        return Scan("bad", text, reason="empty")
    if found := _LABEL.fullmatch(text):
        return _our_label(text, found[1].upper(), found[2].strip())
    if _DIGITS.fullmatch(text):
        return _digits(text, re.sub(r"[^0-9]", "", text))
    return _words(text)


def _is_element_string(text):
    if GS in text or _HUMAN_READABLE.match(text):
        return True
    if not _UNMARKED.fullmatch(text):
        return False
    if text.isdigit() and len(text) == CODE_LENGTH:
        return False
    # Digits alone may be a trace code with one too many: a product or a date must fit.
    is_dated = len(text) >= 24 and text[16:18] in gs1.DATES
    return not text.isdigit() or is_dated or is_gtin(text[2:16])


def _our_label(text, letter, value):
    is_number = value.isascii() and value.isdigit() and len(value) < 10
    if letter == "P":
        record_id = int(value) if is_number else None
        return Scan("location", text, record_id=record_id)
    if is_number:
        return Scan("lot", text, record_id=int(value))
    return Scan("bad", text, reason="label")


def _digits(text, digits):
    length = len(digits)
    if length == 16 and digits.startswith("01") and is_gtin(digits[2:]):
        return Scan("gs1", digits)
    if length == CODE_LENGTH:
        return Scan("code", digits)
    if is_gtin(digits):
        return Scan("gtin", digits)
    if length > CODE_LENGTH:
        return Scan("bad", digits, reason="two" if _are_two(digits) else "long")
    if length > max(GTIN_LENGTHS):
        return Scan("bad", digits, reason="short")
    if length in HALVES:
        return Scan("text", text, reason="half")
    return Scan("text", text, reason="check" if length in GTIN_LENGTHS else "")


def _words(text):
    bare = re.sub(r"[\s\-]", "", text)
    is_long = len(bare) == CODE_LENGTH and sum(map(str.isdigit, bare)) >= ENOUGH_DIGITS
    if is_long and bare.translate(LOOKALIKES).isdigit():
        return Scan("bad", text, reason="letter")
    if re.match(r"https?://", text, re.IGNORECASE):
        return Scan("bad", text, reason="address")
    if re.search(r"\d{20}[^0-9A-Za-z]+\d{20}", text):
        return Scan("bad", text, reason="two")
    return Scan("text", text)


def _are_two(digits):
    """Whether digits are whole codes run together, as when Enter got lost."""
    length = len(digits)
    if length % CODE_LENGTH == 0:
        return True
    return any(
        (head == CODE_LENGTH or is_gtin(digits[:head]))
        and (length - head == CODE_LENGTH or is_gtin(digits[head:]))
        for head in (*GTIN_LENGTHS, CODE_LENGTH)
    )


# Which line of a transfer a pack is counted on.


@dataclass(frozen=True)
class Row:
    """A line to be scanned: so many packs of a product, of one lot or (None) of any."""

    key: object
    product: object
    lot: str | None
    expected: float


class Misplaced(ValueError):
    """The packs belong on no line; ``kind`` says why: product, lot or over."""

    def __init__(self, kind, rows=(), room=0):
        super().__init__(kind)
        self.kind = kind
        self.rows = rows
        self.room = room


def spread(rows, scanned):
    """How many packs of each row were scanned, filled from the first row on.

    >>> rows = [Row(1, "p", "A", 4), Row(2, "p", "A", 4), Row(3, "p", None, 2)]
    >>> spread(rows, {("p", "A"): 6, ("p", "B"): 1})
    {1: {'A': 4}, 2: {'A': 2}, 3: {'B': 1}}

    :param scanned: {(product, lot key): packs}
    :return: {row key: {lot key: packs}}
    """
    found = {row.key: {} for row in rows}
    for (product, lot), packs in scanned.items():
        for row in _fitting(rows, product, lot):
            taken = min(packs, row.expected - sum(found[row.key].values()))
            if taken > 0:
                found[row.key][lot] = taken
                packs -= taken
    return found


def place(rows, scanned, product, lot, packs):
    """Whether so many more packs of a lot are still expected.

    :param lot: its key, empty for goods without lots
    :raise Misplaced: with the rows that come near
    """
    of_product = [row for row in rows if row.product == product]
    if not of_product:
        raise Misplaced("product")
    fitting = _fitting(of_product, product, lot)
    if not fitting:
        raise Misplaced("lot", of_product)
    filled = spread(rows, scanned)
    room = sum(row.expected - sum(filled[row.key].values()) for row in fitting)
    if packs > room:
        raise Misplaced("over", fitting, max(room, 0))


def _fitting(rows, product, lot):
    """Rows that take the lot, those that name it first."""
    named = [row for row in rows if row.product == product and row.lot == lot]
    any_lot = [row for row in rows if row.product == product and row.lot is None]
    return named + [row for row in any_lot if row not in named]


def splits(text, found):
    """The ways to read an element string whose last field may hold more (TV-23).

    >>> text = "010690123456789217270531" + "10A2405B21X9K7"
    >>> [(each.lot, each.serial) for each in splits(text, gs1.parse(text))]
    [('A2405B21X9K7', None), ('A2405B', 'X9K7')]
    """
    body = clean(text)
    longest = len(list(found.raw.values())[-1])
    ways = [found]
    for cut in range(len(body) - longest + 1, len(body) - 1):
        try:
            way = gs1.parse(body[:cut] + GS + body[cut:])
        except gs1.Gs1Error:
            continue
        added = way.raw.keys() - found.raw.keys()
        if added and added <= set(gs1.SWALLOWED):
            ways.append(way)
    return ways
