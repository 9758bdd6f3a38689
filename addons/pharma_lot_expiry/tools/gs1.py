"""GS1 element strings as scanners send them: GS1-128, DataMatrix, QR (FA-57).

What an application identifier may hold comes from ``stdnum``'s table of the registered
ones. The reading is ours, since ``stdnum.gs1_128`` lets pass what must be rejected
(TV-23, TV-24): it cuts a value at its greatest length, forgives an identifier that
comes twice, takes digits for a number and asks for no companion.

>>> scan = parse("]d201069012345678921727053110A2405B\\x1d21X9K7")
>>> scan.gtin, str(scan.expiry), scan.lot, scan.serial
('06901234567892', '2027-05-31', 'A2405B', 'X9K7')
"""

import re
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cache, lru_cache
from pathlib import Path

from stdnum import ean, numdb

from odoo.addons.pharma_gsp.tools.text import to_half_width

FNC1 = "\x1d"
SYMBOLOGIES = ("]C1", "]d2", "]Q3", "]e0")
# FNC1 counts as a blank to ``str.strip``, which would eat a leading or trailing one.
BLANKS = " \t\r\n"
DATES = ("11", "12", "13", "15", "16", "17")
CHECKED = ("00", "01", "02", "03")
# What a lot or serial number may have swallowed where no FNC1 ends it.
SWALLOWED = ("10", "11", "17", "21")

_CHARACTERS = {
    "N": "[0-9]",
    "X": '[!-"%-?A-Z_a-z]',
    "Y": "[#\\-/0-9A-Z]",
    "Z": "[-_=0-9A-Za-z]",
}
# Parts of a format: N6, X..20, N3+X..27, N13[+N..12], N18+[N1..N2], N6+[-].
_PART = re.compile(r"(\[?)\+?(\[?)(?:(-)|([NXYZ])(\.\.)?(\d+)(?:\.\.N(\d+))?)\]?")
_BRACKETED = re.compile(r"\(([0-9]{2,4})\)")


class Gs1Error(ValueError):
    """The text is no valid element string; ``kind`` says why, ``ai`` where."""

    kind = "invalid"

    def __init__(self, text, ai=""):
        super().__init__(f"{self.kind} ({ai}): {text!r}")
        self.text = text
        self.ai = ai


class EmptyText(Gs1Error):
    kind = "empty"


class UnknownIdentifier(Gs1Error):
    kind = "unknown_ai"


class BadValue(Gs1Error):
    """Too short, too long, or of characters that may not stand there."""

    kind = "length"


class BadDate(Gs1Error):
    kind = "date"


class DuplicateIdentifier(Gs1Error):
    kind = "duplicate"


class WrongCheckDigit(Gs1Error):
    kind = "check_digit"


class MissingCompanion(Gs1Error):
    """A serial number without (01), a lot without (01) or (02)."""

    kind = "companion"


class SwappedDates(Gs1Error):
    kind = "dates"


@dataclass(frozen=True)
class Scan:
    """What one element string says; ``raw`` has every value as it was scanned.

    ``gtin`` is that of the goods: (01), or (02) on a logistic label.
    ``is_ambiguous``: the lot may have swallowed what follows, since no FNC1 ends it
    (TV-23). Ask the person with the pack in hand; nothing is guessed here.
    """

    gtin: str | None = None
    sscc: str | None = None
    lot: str | None = None
    serial: str | None = None
    expiry: date | None = None
    production: date | None = None
    raw: dict[str, str] = field(default_factory=dict, hash=False)
    is_ambiguous: bool = False


def parse(text: str | None, today: date | None = None) -> Scan:
    """Read a whole element string, also in its printed form with brackets.

    >>> parse("(01)06901234567892(17)280200").expiry
    datetime.date(2028, 2, 29)

    :param today: the day the century of a two-digit year is told by
    :raise Gs1Error: for anything invalid; no part of it is used then
    """
    bare = to_half_width(text or "").strip(BLANKS)
    if bare.startswith(SYMBOLOGIES):
        bare = bare[3:]
    body = bare.removeprefix(FNC1)
    if not body:
        raise EmptyText(text)
    raw = {}
    for ai, value in _bracketed(body) if body.startswith("(") else _elements(body):
        if ai in raw:
            raise DuplicateIdentifier(text, ai)
        _check_value(ai, value)
        raw[ai] = value
    return _scan(raw, body, (today or date.today()).year)


def is_valid(text: str | None) -> bool:
    """Whether ``parse`` reads it.

    >>> is_valid("0106901234567893")
    False
    """
    try:
        return bool(parse(text))
    except Gs1Error:
        return False


def has_brackets(value: str) -> bool:
    """Whether a value would be taken for several in the printed form.

    >>> has_brackets("A(10)B"), has_brackets("A(B")
    (True, False)
    """
    return any(_definition(mark[1]) for mark in _BRACKETED.finditer(value))


def encode(raw: dict[str, str], *, brackets: bool = False) -> str:
    """The element string of these values, FNC1 where one is needed.

    >>> encode({"01": "06901234567892", "21": "X9K7"}, brackets=True)
    '(01)06901234567892(21)X9K7'
    """
    if brackets:
        return "".join(f"({ai}){value}" for ai, value in raw.items())
    parts = [
        f"{ai}{value}{FNC1 if _definition(ai)[1] else ''}" for ai, value in raw.items()
    ]
    return "".join(parts).removesuffix(FNC1)


@cache
def _registered():
    """``stdnum``'s table of application identifiers.

    ``numdb.get`` asks the package's loader, which Odoo replaces by one that can't
    answer; hence ``stdnum.gs1_128`` doesn't even import there.
    """
    path = Path(numdb.__file__).with_name("gs1_ai.dat")
    with path.open(encoding="utf-8") as table:
        return numdb.read(table)


@lru_cache(maxsize=4096)
def _definition(ai: str) -> tuple[re.Pattern, bool, int] | None:
    """(pattern of the value, whether FNC1 ends it, greatest length) of an AI."""
    # 90 to 99 are what a company makes of them: nothing we could read.
    if ai.startswith("9"):
        return None
    found = _registered().info(ai)
    if len(found) != 1 or found[0][0] != ai or not found[0][1]:
        return None
    properties = found[0][1]
    pattern, longest = "", 0
    for part in _PART.finditer(properties["format"]):
        bracket, inner, hyphen, kind, is_open, size, upper = part.groups()
        most = int(upper or size or 1)
        least = "1" if is_open or upper else most
        one = "-" if hyphen else f"{_CHARACTERS[kind]}{{{least},{most}}}"
        pattern += f"(?:{one})?" if bracket or inner else one
        longest += most
    return re.compile(pattern), bool(properties.get("fnc1")), longest


def _bracketed(body: str) -> Iterable[tuple[str, str]]:
    """Elements of the form printed for people: (01)…(17)…"""
    marks = [m for m in _BRACKETED.finditer(body) if _definition(m[1])]
    if not marks or marks[0].start():
        raise UnknownIdentifier(body)
    ends = [mark.start() for mark in marks[1:]] + [len(body)]
    for mark, end in zip(marks, ends, strict=True):
        yield mark[1], body[mark.end() : end].strip(BLANKS)


def _elements(body: str) -> Iterable[tuple[str, str]]:
    """Elements of what a scanner sends, FNC1 after those of open length."""
    position = 0
    while position < len(body):
        ai = next(
            (
                body[position : position + size]
                for size in (2, 3, 4)
                if _definition(body[position : position + size])
            ),
            None,
        )
        if not ai:
            raise UnknownIdentifier(body, body[position : position + 2])
        _pattern, is_open, longest = _definition(ai)
        start = position + len(ai)
        end = body.find(FNC1, start) if is_open else start + longest
        end = len(body) if end < 0 else min(end, len(body))
        yield ai, body[start:end]
        # One after a value of fixed length is superfluous, but printed by many.
        position = end + body.startswith(FNC1, end)


def _check_value(ai: str, value: str) -> None:
    if not _definition(ai)[0].fullmatch(value):
        raise BadValue(value, ai)
    if ai in CHECKED and ean.calc_check_digit(value[:-1]) != value[-1]:
        raise WrongCheckDigit(value, ai)


def _scan(raw: dict[str, str], body: str, year: int) -> Scan:
    dates = {ai: _date(ai, raw[ai], year) for ai in DATES if ai in raw}
    if "21" in raw and "01" not in raw:
        raise MissingCompanion(body, "21")
    if "10" in raw and not raw.keys() & {"01", "02"}:
        raise MissingCompanion(body, "10")
    if "11" in dates and "17" in dates and dates["11"] > dates["17"]:
        raise SwappedDates(body, "11")
    return Scan(
        gtin=raw.get("01", raw.get("02")),
        sscc=raw.get("00"),
        lot=raw.get("10"),
        serial=raw.get("21"),
        expiry=dates.get("17"),
        production=dates.get("11"),
        raw=raw,
        is_ambiguous=_is_ambiguous(raw, body, year),
    )


def _date(ai: str, value: str, year: int) -> date:
    """YYMMDD; day 00 is the month's last, the nearer century counts (TV-22)."""
    two_digits, month, day = int(value[:2]), int(value[2:4]), int(value[4:])
    full = year - year % 100 + two_digits
    if full - year > 50:
        full -= 100
    elif full - year < -49:
        full += 100
    try:
        return date(full, month, day or monthrange(full, month)[1])
    except ValueError as error:
        raise BadDate(value, ai) from error


def _is_ambiguous(raw: dict[str, str], body: str, year: int) -> bool:
    """Whether the last value might hold further elements (TV-23).

    A label that uses FNC1 anywhere, or brackets, knows where its values end. Many a
    serial number has a 10 in it; that it begins a lot is likely only where a label
    tells an expiry, which goes with a lot.
    """
    last = list(raw)[-1]
    seen = {*raw, "10"} if last == "21" and "17" not in raw else {*raw}
    if FNC1 in body or body.startswith("(") or last not in ("10", "21"):
        return False
    value = raw[last]
    return any(_is_tail(value[start:], seen, year) for start in range(1, len(value)))


def _is_tail(text: str, seen: Iterable[str], year: int) -> bool:
    """Whether a text reads as further elements of the common kinds."""
    ai, rest = text[:2], text[2:]
    if ai not in SWALLOWED or ai in seen or not rest:
        return False
    if ai not in DATES:
        return True
    if not re.match("[0-9]{6}", rest):
        return False
    try:
        _date(ai, rest[:6], year)
    except BadDate:
        return False
    return not rest[6:] or _is_tail(rest[6:], {*seen, ai}, year)
