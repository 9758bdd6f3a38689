"""What there is to tell a department about lots near their end (ST-10).

A list of everything once a week, and in between only what came to another tier since it
was last told: who hears the same thing every morning stops reading.
"""

from collections.abc import Hashable, Mapping
from datetime import date, timedelta


def is_weekly_due(last: date | None, day: date) -> bool:
    """Whether this week, which begins on Monday, had no list yet.

    >>> is_weekly_due(date(2026, 11, 22), date(2026, 11, 23))  # Sunday, Monday
    True
    >>> is_weekly_due(date(2026, 11, 23), date(2026, 11, 29))
    False
    """
    return last is None or last < day - timedelta(days=day.weekday())


def changed(current: Mapping, told: Mapping) -> set[Hashable]:
    """Lots whose tier isn't what was last told; lots that are gone are no news.

    >>> sorted(changed({1: 6, 2: 3, 3: 6}, {1: 6, 2: 6, 9: 1}))
    [2, 3]
    """
    return {lot for lot, tier in current.items() if told.get(lot) != tier}
