"""Numbers of drug licences (FA-42).

Distribution licence, 药品经营许可证: province, class, legal person or not, four digits
of area (the telephone code), five of serial. Production licence, 药品生产许可证:
province, year, serial. Older licences differ, so the answer is "valid" or "review".

>>> classify("琼AA898000001"), classify("琼XA898000001")
('valid', 'review')
>>> read("琼XA898000001").reason
'class'
>>> parse("琼AA898000001").area
'8980'
"""

import re
from dataclasses import dataclass

from stdnum.exceptions import InvalidComponent, InvalidFormat, ValidationError

from . import text
from .provinces import SHORT_NAMES

CLASSES = {
    "A": "wholesale",
    "B": "chain_headquarters",
    "C": "chain_outlet",
    "D": "single_pharmacy",
}
_LEGAL_PERSON = {"A": True, "B": False}
_DISTRIBUTION = re.compile("(.)([A-Z])([A-Z])([0-9]{4})([0-9]{5})")
_PRODUCTION = re.compile("(.)([0-9]{4})([0-9]{4})")
_FIRST_YEAR, _LAST_YEAR = 2000, 2099


@dataclass(frozen=True)
class DistributionLicence:
    """What the number of a distribution licence says."""

    province: str
    class_letter: str
    is_legal_person: bool
    area: str
    serial: str

    @property
    def kind(self) -> str:
        return CLASSES[self.class_letter]


@dataclass(frozen=True)
class Reading:
    """``reason``: "", "format", "province", "class" or "legal_person"."""

    status: str
    reason: str = ""
    licence: DistributionLicence | None = None


def compact(number: str | None) -> str:
    """Upper case, half-width, without blanks and hyphens."""
    return text.compact(number, text.HYPHENS)


def _objection(province: str, class_letter: str, person_letter: str) -> str:
    """The first place that is not in its table."""
    checks = (
        ("province", province in SHORT_NAMES),
        ("class", class_letter in CLASSES),
        ("legal_person", person_letter in _LEGAL_PERSON),
    )
    return next((reason for reason, is_right in checks if not is_right), "")


def read(number: str | None) -> Reading:
    """The number taken apart, or the reason why QA should look at it (TV-11)."""
    match = _DISTRIBUTION.fullmatch(compact(number))
    if not match:
        return Reading("review", "format")
    province, class_letter, person_letter, area, serial = match.groups()
    if reason := _objection(province, class_letter, person_letter):
        return Reading("review", reason)
    is_legal_person = _LEGAL_PERSON[person_letter]
    return Reading(
        "valid",
        licence=DistributionLicence(
            province, class_letter, is_legal_person, area, serial
        ),
    )


def classify(number: str | None) -> str:
    """ "valid" or "review" for the number of a distribution licence."""
    return read(number).status


def parse(number: str | None) -> DistributionLicence:
    """The parts of a number that reads well; `ValidationError` otherwise."""
    reading = read(number)
    if reading.licence:
        return reading.licence
    raise InvalidFormat() if reading.reason == "format" else InvalidComponent()


def validate(number: str | None) -> str:
    parse(number)
    return compact(number)


def is_valid(number: str | None) -> bool:
    try:
        return bool(validate(number))
    except ValidationError:
        return False


def classify_production(number: str | None, year: int | None = None) -> str:
    """ "valid" or "review" for a production licence; ``year`` is the current one.

    >>> classify_production("京20160001"), classify_production("京2016001")
    ('valid', 'review')
    """
    match = _PRODUCTION.fullmatch(compact(number))
    is_right = (
        match
        and match[1] in SHORT_NAMES
        and _FIRST_YEAR <= int(match[2]) <= (year or _LAST_YEAR)
    )
    return "valid" if is_right else "review"
