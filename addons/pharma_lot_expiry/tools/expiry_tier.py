"""Expiry tiers: how near its end a lot is, and what that stops (ST-10, ST-12, CS-22).

A tier reaches from today to a day some months on, or to the end of a share of the
product's registered shelf life begun today. A lot whose last day lies within that reach
has *at most* that much left and is in the tier; exactly six months left is in the
six-month tier, a day more is not. The clock is never read here.

The smallest tier that reaches a lot names it. What a larger one stops stays stopped:
goods don't become saleable again by getting older.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from .expiry import add_months

STOPS_BUYING = "stops_buying"
NEEDS_CONSENT = "needs_consent"
BLOCKS_SALE = "blocks_sale"
SUGGESTS_CLEARANCE = "suggests_clearance"
# {product class: whether a product is of it, by the tier's values and its facts}
CLASSES = {
    "all": lambda values, facts: True,
    "special": lambda values, facts: facts.is_special,
    "storage": lambda values, facts: facts.storage_class in values,
    "scope": lambda values, facts: not values.isdisjoint(facts.scopes),
    "category": lambda values, facts: not values.isdisjoint(facts.categories),
}


@dataclass(frozen=True)
class Facts:
    """What tiers ask of a product, and the last day of one of its lots.

    ``scopes`` and ``categories`` hold the ids of its own and of those above them.
    """

    expiry: date | None = None
    shelf_life_months: int = 0
    storage_class: str | None = None
    is_special: bool = False
    scopes: frozenset = frozenset()
    categories: frozenset = frozenset()


@dataclass(frozen=True)
class Rule:
    """One tier as it counts from ``start`` through ``end``, or on without one.

    ``limit`` is a number of months, or of per cent of the shelf life. ``values`` are
    the storage classes or ids of the product class; unused for "all" and "special".
    """

    id: int
    limit: int
    criterion: str = "months"
    applies_to: str = "all"
    values: frozenset = frozenset()
    effects: frozenset = frozenset()
    start: date = date.min
    end: date | None = None

    def is_in_force(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day <= self.end)

    def is_for(self, facts: Facts) -> bool:
        """Whether the product belongs to the class this tier is for."""
        return CLASSES[self.applies_to](self.values, facts)

    def reach(self, shelf_life_months: int, day: date) -> date | None:
        """The latest last day of use a lot in this tier can have on ``day``.

        >>> Rule(1, 6).reach(24, date(2026, 8, 31))
        datetime.date(2027, 2, 28)
        >>> Rule(1, 25, "share").reach(24, date(2026, 1, 1))
        datetime.date(2026, 7, 2)
        """
        if self.criterion == "months":
            return add_months(day, self.limit)
        if not shelf_life_months:
            return None
        life = (add_months(day, shelf_life_months) - day).days
        return day + timedelta(days=life * self.limit // 100)


class SaleLimits(NamedTuple):
    """The earliest last days of use goods may have to be sold."""

    free: date
    with_consent: date

    def least(self, is_agreed: bool) -> date:
        """The limit for a customer who agreed to so short a life, or didn't."""
        return self.with_consent if is_agreed else self.free


class Tiers:
    """The tiers as they count on one day; each stack is sorted once."""

    def __init__(self, rules: Iterable[Rule], day: date):
        self.day = day
        self._rules = [rule for rule in rules if rule.is_in_force(day)]
        self._stacks = {}

    def stack(self, shelf_life_months: int) -> list:
        """(reach, rule) of each, smallest first; a class's own before one for all."""
        if shelf_life_months not in self._stacks:
            reaching = (
                (rule.reach(shelf_life_months, self.day), rule) for rule in self._rules
            )
            self._stacks[shelf_life_months] = sorted(
                ((reach, rule) for reach, rule in reaching if reach is not None),
                key=lambda pair: (pair[0], pair[1].applies_to == "all", pair[1].id),
            )
        return self._stacks[shelf_life_months]

    def of(self, facts: Facts) -> list[Rule]:
        """Every tier a lot is in, smallest first; none once it has expired.

        >>> tiers = Tiers([Rule(6, 6), Rule(3, 3)], date(2026, 11, 24))
        >>> [rule.id for rule in tiers.of(Facts(date(2027, 5, 24)))]
        [6]
        >>> tiers.of(Facts(date(2027, 5, 25)))
        []
        """
        if facts.expiry is None or facts.expiry < self.day:
            return []
        return [
            rule
            for reach, rule in self.stack(facts.shelf_life_months)
            if facts.expiry <= reach and rule.is_for(facts)
        ]

    def stopping(self, facts: Facts, effect: str) -> Rule | None:
        """The smallest tier that has this effect on a lot, or None."""
        return next((rule for rule in self.of(facts) if effect in rule.effects), None)

    def sale_limits(self, facts: Facts) -> SaleLimits:
        """From which last day of use on lots of a product may be sold.

        >>> rule = Rule(6, 6, effects=frozenset({NEEDS_CONSENT}))
        >>> Tiers([rule], date(2026, 11, 24)).sale_limits(Facts())
        SaleLimits(free=datetime.date(2027, 5, 25), \
with_consent=datetime.date(2026, 11, 24))
        """
        stops = [
            (reach + timedelta(days=1), rule.effects)
            for reach, rule in self.stack(facts.shelf_life_months)
            if rule.is_for(facts)
        ]
        blocked = self._latest(stops, BLOCKS_SALE)
        return SaleLimits(max(blocked, self._latest(stops, NEEDS_CONSENT)), blocked)

    def _latest(self, stops, effect):
        return max((d for d, effects in stops if effect in effects), default=self.day)
