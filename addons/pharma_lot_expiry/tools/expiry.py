"""When a lot ends, how it is printed, and how long it still lives (FA-46, TV-45..47).

An expiry date names the last day on which the pack may be used, as that day runs in
China. The clock is never read here: the day is an argument.

>>> is_expired(date(2027, 5, 31), date(2027, 5, 31))
False
>>> is_expired(date(2027, 5, 31), date(2027, 6, 1))
True
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

# China keeps one zone without summer time.
CHINA_OFFSET = timedelta(hours=8)
# A pack outlives no pharmacist: later years are misprints or misreadings.
FIRST_YEAR, LAST_YEAR = 1990, 2099
LAST_SECOND = time(23, 59, 59)

_SEPARATED = re.compile(r"(\d{4})[-./年](\d{1,2})(?:[-./月](\d{1,2})日?)?月?")
_SOLID = re.compile(r"(\d{4})(\d{2})(\d{2})?")


class UnreadableDate(ValueError):
    """What is printed can't be a date; ``kind`` says why: format, month, day, year."""

    def __init__(self, text, kind):
        super().__init__(f"{kind}: {text!r}")
        self.text = text
        self.kind = kind


@dataclass(frozen=True)
class PrintedDate:
    """A date as a pack shows it: its day, and whether only a month was printed."""

    day: date
    is_month_only: bool


def is_expired(expiry: date | None, day: date) -> bool:
    """Whether the last day of use is over; no date means that nobody knows."""
    return bool(expiry) and expiry < day


def remaining_days(expiry: date | None, day: date) -> int | None:
    """Days of use left after ``day``: 0 on the last day, negative afterwards.

    >>> remaining_days(date(2027, 5, 31), date(2027, 6, 2))
    -2
    """
    return (expiry - day).days if expiry else None


def add_months(day: date, months: int) -> date:
    """The same day some months on, or the last one of a shorter month.

    >>> add_months(date(2027, 1, 31), 1), add_months(date(2027, 3, 31), -1)
    (datetime.date(2027, 2, 28), datetime.date(2027, 2, 28))
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def has_months_left(expiry: date | None, day: date, months: int) -> bool:
    """Whether at least ``months`` months of use are left on ``day`` (ST-11).

    >>> has_months_left(date(2027, 6, 30), date(2026, 12, 30), 6)
    True
    >>> has_months_left(date(2027, 6, 29), date(2026, 12, 30), 6)
    False
    """
    return bool(expiry) and expiry >= add_months(day, months)


def life_share(production: date | None, expiry: date | None, day: date) -> float | None:
    """The share of the shelf life left on ``day``, 1.0 when just made.

    >>> life_share(date(2025, 1, 1), date(2027, 1, 1), date(2026, 1, 1))
    0.5
    """
    if not production or not expiry or expiry <= production:
        return None
    return (expiry - day) / (expiry - production)


def expected_expiry(production: date, months: int) -> date:
    """The last day of a pack made on a day that lives so many months.

    >>> expected_expiry(date(2025, 6, 1), 24)
    datetime.date(2027, 5, 31)
    """
    return add_months(production, months) - timedelta(days=1)


def fits_shelf_life(production: date, expiry: date, months: int) -> bool:
    """Whether the printed expiry is what the registered shelf life gives (TV-47).

    A day's difference is how makers count; a month's name means its end, so an expiry
    at the end of the expected day's month or of the month before fits too.

    >>> fits_shelf_life(date(2025, 6, 1), date(2027, 5, 31), 24)
    True
    >>> fits_shelf_life(date(2025, 6, 1), date(2027, 6, 30), 24)
    False
    """
    expected = expected_expiry(production, months)
    before = expected.replace(day=1) - timedelta(days=1)
    ends = {month_end(expected), before}
    return abs((expiry - expected).days) <= 1 or expiry in ends


def parse_printed(text: str) -> PrintedDate:
    """Read a date as packs show it, by day or by month only.

    >>> parse_printed("2027年05月"), parse_printed("20270520").day
    (PrintedDate(day=datetime.date(2027, 5, 1), is_month_only=True), \
datetime.date(2027, 5, 20))

    :raise UnreadableDate: for anything that is no date between 1990 and 2099
    """
    bare = "".join((text or "").split())
    found = _SEPARATED.fullmatch(bare) or _SOLID.fullmatch(bare)
    if not found or not bare.isascii() and not set(bare) & set("年月日"):
        raise UnreadableDate(text, "format")
    year, month, day = (int(part) if part else None for part in found.groups())
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise UnreadableDate(text, "year")
    if not 1 <= month <= 12:
        raise UnreadableDate(text, "month")
    try:
        return PrintedDate(date(year, month, day or 1), day is None)
    except ValueError as error:
        raise UnreadableDate(text, "day") from error


def expiry_from_printed(text: str, month_means_previous: bool = False) -> date:
    """The last day of use a printed expiry stands for (FA-46, TV-46).

    >>> expiry_from_printed("2027.05")
    datetime.date(2027, 5, 31)
    >>> expiry_from_printed("2027.05", month_means_previous=True)
    datetime.date(2027, 4, 30)

    :param month_means_previous: a month without day ends with the month before it
    :raise UnreadableDate: as ``parse_printed``
    """
    printed = parse_printed(text)
    if not printed.is_month_only:
        return printed.day
    if month_means_previous:
        return printed.day - timedelta(days=1)
    return month_end(printed.day)


def last_moment(expiry: date | None) -> datetime | None:
    """The last second of use as Odoo stores it (UTC, naive).

    >>> last_moment(date(2027, 5, 31))
    datetime.datetime(2027, 5, 31, 15, 59, 59)
    """
    return datetime.combine(expiry, LAST_SECOND) - CHINA_OFFSET if expiry else None
