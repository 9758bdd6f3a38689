"""Resident identity card number, 居民身份证号码 (FA-44, GB 11643).

``stdnum.cn.ric`` also asks that the county existed when the person was born. The code
names where the number was given, often decades later, so real cards would be refused:
here only the province is looked up.

>>> validate("11010519491231002x")
'11010519491231002X'
>>> mask("11010519491231002X")
'**************002X'
"""

from datetime import date

from stdnum.cn import ric
from stdnum.exceptions import (
    InvalidChecksum,
    InvalidComponent,
    InvalidFormat,
    InvalidLength,
    ValidationError,
)

from . import text
from .provinces import OUTER_CODES, PROVINCES

_EARLIEST_BIRTH = date(1900, 1, 1)
_SHOWN = 4


def compact(number: str | None) -> str:
    """Upper case, half-width, without blanks and hyphens."""
    return text.compact(number, text.HYPHENS)


def _check_format(number: str) -> None:
    if len(number) != 18:
        raise InvalidLength()
    if not text.is_ascii_digits(number[:-1]) or number[-1] not in "0123456789X":
        raise InvalidFormat()


def _check_birth_date(number: str, day: date | None) -> None:
    birth = ric.get_birth_date(number)
    if birth < _EARLIEST_BIRTH or (day and birth > day):
        raise InvalidComponent()


def validate(number: str | None, day: date | None = None) -> str:
    """The compact number; with ``day`` nobody may be born later than that."""
    number = compact(number)
    _check_format(number)
    if number[-1] != ric.calc_check_digit(number):
        raise InvalidChecksum()
    if number[:2] not in PROVINCES and number[:2] not in OUTER_CODES:
        raise InvalidComponent()
    _check_birth_date(number, day)
    return number


def is_valid(number: str | None, day: date | None = None) -> bool:
    try:
        return bool(validate(number, day))
    except ValidationError:
        return False


def mask(number: str | None) -> str:
    """All but the last four characters as stars, length kept (TV-73).

    Nothing is shown of a text that is too short to hide anything.

    >>> mask("002X")
    '****'
    """
    number = number or ""
    hidden = len(number) - _SHOWN if len(number) > _SHOWN else len(number)
    return "*" * hidden + number[hidden:]
