"""Unified social credit code, 统一社会信用代码 (FA-40, GB 32100-2015).

``stdnum.cn.uscc`` wants eight leading digits. The standard also gives codes whose
first two places hold letters (A military, N farmers' co-operatives, Y others), so the
format is tested here and only the check digit is borrowed.

A wrong format is refused; a wrong check digit is QA's decision, because registered
codes that fail it exist (TV-04): use `is_format_valid` and `is_valid` side by side.

>>> validate(" 91350100m000100y43 ")
'91350100M000100Y43'
>>> calc_check_digit("91350100M000100Y4")
'3'
>>> is_format_valid("91350211M0000XUF46"), is_valid("91350211M0000XUF46")
(True, False)
"""

import re

from stdnum.cn import uscc as _stdnum
from stdnum.exceptions import (
    InvalidChecksum,
    InvalidFormat,
    InvalidLength,
    ValidationError,
)

from . import text

_CHARACTER = "[0-9A-HJ-NPQRTUWXY]"
_FORMAT = re.compile(f"{_CHARACTER}{{2}}[0-9]{{6}}{_CHARACTER}{{10}}")
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def compact(number: str | None) -> str:
    """Upper case, half-width, without blanks and hyphens."""
    return text.compact(number, text.HYPHENS)


def calc_check_digit(number: str) -> str:
    """The 18th place, from the first 17."""
    number = compact(number)[:17]
    if not _FORMAT.fullmatch(number + "0"):
        raise InvalidFormat()
    return _stdnum.calc_check_digit(number)


def _check_format(number: str) -> None:
    if len(number) != 18:
        raise InvalidLength()
    if not _FORMAT.fullmatch(number):
        raise InvalidFormat()


def validate(number: str | None) -> str:
    """The compact code, or the `ValidationError` that says what is wrong."""
    number = compact(number)
    _check_format(number)
    if number[-1] != calc_check_digit(number):
        raise InvalidChecksum()
    return number


def is_valid(number: str | None) -> bool:
    try:
        return bool(validate(number))
    except ValidationError:
        return False


def is_format_valid(number: str | None) -> bool:
    """Whether the code is well-formed, whatever its check digit (TV-03, TV-06)."""
    return bool(_FORMAT.fullmatch(compact(number)))


def _organisation_check_digit(code: str) -> str:
    """Ninth place of an organisation code (GB 11714).

    >>> _organisation_check_digit("M000100Y")
    '4'
    """
    values = (int(character, 36) for character in code)
    total = sum(
        weight * value
        for weight, value in zip(_ORGANISATION_WEIGHTS, values, strict=True)
    )
    return "0123456789X"[-total % 11]


def organisation_code_warns(number: str | None) -> bool:
    """Whether places 9 to 17 fail their own check digit: a warning, never more.

    A malformed code holds no organisation code, so there is nothing to warn about.

    >>> organisation_code_warns("91350100M000100Y43")
    False
    """
    number = compact(number)
    if not _FORMAT.fullmatch(number):
        return False
    return _organisation_check_digit(number[8:16]) != number[16]
