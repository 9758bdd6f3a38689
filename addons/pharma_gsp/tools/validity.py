"""When a paper ends and who hears of it (FA-31, FA-46, TV-28, TV-30).

A paper is good through the whole of its last day, as that day runs in China. No end
date means long-term (长期). The clock is never read here: the day is an argument.

>>> last = date(2026, 6, 30)
>>> is_expired(last, date(2026, 6, 30)), is_expired(last, date(2026, 7, 1))
(False, True)
>>> status(last, date(2026, 6, 1), due_days=30)
'due'
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta, timezone

# Fixed: China has had one zone and no summer time since 1992, and time zone data may
# be missing on a server.
CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")


def china_day(moment: datetime) -> date:
    """The date in China at ``moment``; a naive one is UTC, as Odoo stores it.

    >>> china_day(datetime(2026, 6, 30, 15, 59)), china_day(datetime(2026, 6, 30, 16))
    (datetime.date(2026, 6, 30), datetime.date(2026, 7, 1))
    """
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return moment.astimezone(CHINA).date()


def days_left(valid_to: date | None, day: date) -> int | None:
    """0 on the last day, negative afterwards, None for long-term.

    >>> days_left(date(2026, 6, 30), date(2026, 7, 1))
    -1
    """
    return (valid_to - day).days if valid_to else None


def is_expired(valid_to: date | None, day: date) -> bool:
    """Whether the last day is over."""
    return bool(valid_to) and valid_to < day


def status(valid_to: date | None, day: date, due_days: int) -> str:
    """ "expired", "due" from ``due_days`` days before the end, else "valid"."""
    left = days_left(valid_to, day)
    if left is None or left > due_days:
        return "valid"
    return "due" if left >= 0 else "expired"


def reminder_tier(days_left: int | None, tiers: Collection[int]) -> int | None:
    """The smallest tier that still holds ``days_left``; None outside of all.

    >>> reminder_tier(29, (180, 90, 60, 30, 15, 7, 1))
    30
    """
    if days_left is None or days_left < 0:
        return None
    return min((tier for tier in tiers if tier >= days_left), default=None)


def is_reminder_due(
    days_left: int | None, tiers: Collection[int], last_tier: int | None
) -> bool:
    """Whether a smaller tier was entered since the last reminder (None: no reminder).

    >>> [is_reminder_due(left, (30, 15), last_tier=30) for left in (30, 16, 15)]
    [False, False, True]
    """
    tier = reminder_tier(days_left, tiers)
    return tier is not None and (last_tier is None or tier < last_tier)
