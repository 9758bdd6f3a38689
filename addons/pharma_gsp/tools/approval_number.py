"""Drug approval number, 批准文号 (FA-41).

A number is "valid", for "review" by QA or "invalid". What looks official but is not
in the tables (a new letter group, a year that cannot be) goes to review: the register
itself holds such numbers. What is misspelt or miscounted is invalid.

>>> classify("国药准字 Ｈ20210039")
'valid'
>>> classify("国药准字ZCGD20220003"), classify("国药准字H20990001", year=2026)
('review', 'review')
>>> classify("国药准子H20210039"), classify("国药准字H2021003")
('invalid', 'invalid')
"""

import re

from stdnum.exceptions import InvalidComponent, InvalidFormat, ValidationError

from . import text
from .provinces import PROVINCES

_NUMBER = re.compile("(国药准字)?([A-Z]{1,4})([0-9]{8})")
# H chemical, Z Chinese medicine, S biological; C from Hong Kong, Macao or Taiwan,
# J from overseas. Alone: J imported and repacked, B health drug, T diagnostic,
# F excipient.
_NATIONAL = frozenset(
    [*"JBTF", *(kind + origin for kind in "HZS" for origin in ("", "C", "J"))]
)
# Numbers of import certificates stand alone; B in front means bulk pack.
_CERTIFICATE = frozenset(
    bulk + kind + origin for bulk in ("", "B") for kind in "HZS" for origin in ("", "C")
)
# What import certificates print in front of their number.
_TITLE = re.compile("^(?:进口药品注册证|医药产品注册证|进口注册证|进口药品证)号?[:：]?")
# Before 2002 the first two digits named who approved: ministry, agency, province.
_OLD_PREFIXES = frozenset({"10", "19", *PROVINCES})
_FIRST_NEW_YEAR, _FIRST_AGENCY_YEAR, _LAST_YEAR = 2002, 2000, 2099


def compact(number: str | None) -> str:
    """Upper case, half-width, without blanks and the certificate's title.

    >>> compact("进口药品注册证号：h20140519")
    'H20140519'
    """
    return _TITLE.sub("", text.compact(number))


def _is_year_plausible(letters: str, digits: str, year: int | None) -> bool:
    """Numbers of two letters always carry a year, older ones may name an office."""
    is_new_style = letters[-1] in "CJ" and len(letters) > 1
    if not is_new_style and digits[:2] in _OLD_PREFIXES:
        return True
    first = _FIRST_NEW_YEAR if is_new_style else _FIRST_AGENCY_YEAR
    return first <= int(digits[:4]) <= (year or _LAST_YEAR)


def classify(number: str | None, year: int | None = None) -> str:
    """ "valid", "review" or "invalid"; ``year`` is the current one, if it matters."""
    match = _NUMBER.fullmatch(compact(number))
    if not match:
        return "invalid"
    prefix, letters, digits = match.groups()
    if letters not in (_NATIONAL if prefix else _CERTIFICATE):
        return "review" if prefix else "invalid"
    return "valid" if _is_year_plausible(letters, digits, year) else "review"


def validate(number: str | None, year: int | None = None) -> str:
    """The compact number; `InvalidComponent` where QA may still accept it."""
    status = classify(number, year)
    if status == "invalid":
        raise InvalidFormat()
    if status == "review":
        raise InvalidComponent()
    return compact(number)


def is_valid(number: str | None, year: int | None = None) -> bool:
    try:
        return bool(validate(number, year))
    except ValidationError:
        return False
