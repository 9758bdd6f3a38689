"""The code on every pack, 药品追溯码 (FA-50, FA-51): what it is, written one way.

Three kinds are known:

* ``cn20``: twenty digits, the first seven of which name product and packaging level;
* ``gs1``: a GS1 element string with GTIN (01) and serial number (21), or with an SSCC
  (00); kept with its brackets, so that an SSCC can't pass for twenty digits;
* ``other``: a code as ISO/IEC 15459 describes it, from another platform: it begins with
  a letter (of the agency that issued it), holds capital letters, digits and points,
  eight digits at least, 16 to 50 characters in all.

Nothing is ever padded, cut or corrected: what doesn't fit is refused with its reason.

>>> parse("8385793-0000 8797 6666 0")
TraceCode(kind='cn20', code='83857930000879766660', drug_id='8385793', \
serial='0000879766660')
"""

import re
from dataclasses import dataclass

from odoo.addons.pharma_gsp.tools.text import HYPHENS, to_half_width
from odoo.addons.pharma_gsp.tools.text import compact as compact_text

from . import gs1

LENGTH = 20
MAX_LENGTH = 50
KINDS = ("cn20", "gs1", "other")

_DIGITS = re.compile("[0-9]+")
_LOOKALIKES = re.compile("[0-9OIL]*[0-9][0-9OIL]*")
_OTHER = re.compile(r"[A-Z][A-Z0-9.]{15,49}")


class TraceCodeError(ValueError):
    """Not a trace code; ``kind`` says why."""

    kind = "invalid"

    def __init__(self, text):
        super().__init__(f"{self.kind}: {text!r}")
        self.text = text


class EmptyCode(TraceCodeError):
    kind = "empty"


class TooShort(TraceCodeError):
    kind = "short"


class TooLong(TraceCodeError):
    kind = "long"


class GluedCodes(TraceCodeError):
    """Two scans or more ran together."""

    kind = "glued"


class LetterInside(TraceCodeError):
    """A letter O, I or L among digits: typed or misread."""

    kind = "letter"


class WrongCharacters(TraceCodeError):
    kind = "characters"


class NotSerialised(TraceCodeError):
    """A GS1 code of a product or lot, not of one pack."""

    kind = "no_serial"


class InvalidGs1(TraceCodeError):
    """A GS1 code that doesn't hold; ``cause`` is the kind of ``gs1.Gs1Error``."""

    kind = "gs1"

    def __init__(self, text, cause):
        super().__init__(text)
        self.cause = cause


@dataclass(frozen=True)
class TraceCode:
    """One code; ``drug_id`` is what product and level are told by, if anything."""

    kind: str
    code: str
    drug_id: str | None = None
    serial: str | None = None

    @property
    def is_special(self) -> bool:
        """Narcotics and the like, as the platform sorts them when uploading (FA-51)."""
        return self.kind == "cn20" and self.code.startswith("89")


def compact(text: str | None) -> str:
    """Half-width, without blanks and hyphens, capital letters (TV-14)."""
    return compact_text(text, HYPHENS)


def parse(text: str | None) -> TraceCode:
    """Tell a code's kind and write it the one way it is stored.

    :raise TraceCodeError: with its ``kind``, for half codes, two glued together, a
        letter O inside and whatever else is no code of one pack (TV-15)
    """
    raw = to_half_width(text or "").strip(gs1.BLANKS)
    if raw.startswith((*gs1.SYMBOLOGIES, "(", gs1.FNC1)) or gs1.FNC1 in raw:
        return _from_gs1(raw)
    bare = compact(raw)
    if not bare:
        raise EmptyCode(text)
    if _DIGITS.fullmatch(bare):
        return _from_digits(bare, raw)
    if _looks_like_gs1(raw):
        return _from_gs1(raw)
    if _LOOKALIKES.fullmatch(bare):
        raise LetterInside(text)
    # Hyphens belong to names of places and documents, not to such codes.
    other = compact_text(raw)
    if len(other) > MAX_LENGTH:
        raise TooLong(text)
    if not _OTHER.fullmatch(other) or sum(map(str.isdigit, other)) < 8:
        raise WrongCharacters(text)
    return TraceCode("other", other)


def validate(text: str | None) -> str:
    """The code as it is stored, or the `TraceCodeError` that says what is wrong."""
    return parse(text).code


def is_valid(text: str | None) -> bool:
    """Whether ``parse`` reads it.

    >>> is_valid("8385793000087976666"), is_valid("83857930000879766660")
    (False, True)
    """
    try:
        return bool(parse(text))
    except TraceCodeError:
        return False


def _from_digits(bare: str, raw: str) -> TraceCode:
    if len(bare) == LENGTH:
        return TraceCode("cn20", bare, bare[:7], bare[7:])
    # A serial of digits makes the whole element string digits.
    if _looks_like_gs1(raw):
        return _from_gs1(raw)
    if len(bare) < LENGTH:
        raise TooShort(raw)
    raise (TooLong if len(bare) % LENGTH else GluedCodes)(raw)


def _looks_like_gs1(raw: str) -> bool:
    """Whether a text without any mark of GS1 reads as GTIN, serial and no doubt."""
    if not raw.startswith("01"):
        return False
    try:
        scan = gs1.parse(raw)
    except gs1.Gs1Error:
        return False
    return bool(scan.serial)


def _from_gs1(raw: str) -> TraceCode:
    try:
        scan = gs1.parse(raw)
    except gs1.Gs1Error as error:
        raise InvalidGs1(raw, error.kind) from error
    if scan.serial:
        # With its brackets it couldn't be told from what follows.
        if gs1.has_brackets(scan.serial):
            raise WrongCharacters(raw)
        values = {"01": scan.raw["01"], "21": scan.serial}
        code = gs1.encode(values, brackets=True)
        return TraceCode("gs1", code, scan.gtin, scan.serial)
    if scan.sscc:
        return TraceCode("gs1", gs1.encode({"00": scan.sscc}, brackets=True))
    raise NotSerialised(raw)
