"""Boundary days through every tier (ST-10): before, of and after, month ends, leaps."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.pharma_lot_expiry.tools.expiry_tier import (
    BLOCKS_SALE,
    NEEDS_CONSENT,
    Facts,
    Rule,
    SaleLimits,
    Tiers,
)

MONTHS = [Rule(n, n) for n in (12, 9, 6, 3, 1)]
DAY = timedelta(days=1)


def tier_of(rules, facts, day):
    return next(iter(Tiers(rules, day).of(facts)), None)


def sale_limits(rules, facts, day):
    return Tiers(rules, day).sale_limits(facts)


def stopped_by(rules, facts, day, effect):
    return Tiers(rules, day).stopping(facts, effect)


@pytest.mark.parametrize(
    ("day", "months", "reach"),
    [
        (date(2026, 11, 24), 6, date(2027, 5, 24)),
        (date(2026, 11, 24), 1, date(2026, 12, 24)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),  # a shorter month ends earlier
        (date(2027, 8, 31), 6, date(2028, 2, 29)),  # … a day later in a leap year
        (date(2027, 8, 29), 6, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2027, 12, 31), 3, date(2028, 3, 31)),
        (date(2026, 12, 31), 1, date(2027, 1, 31)),
    ],
)
def test_a_tier_begins_with_exactly_so_many_months_left(day, months, reach):
    rules = [Rule(months, months)]
    assert tier_of(rules, Facts(reach - DAY), day).id == months
    assert tier_of(rules, Facts(reach), day).id == months
    assert tier_of(rules, Facts(reach + DAY), day) is None


@pytest.mark.parametrize(
    ("expiry", "tier"),
    [
        (date(2027, 11, 25), None),
        (date(2027, 11, 24), 12),
        (date(2027, 8, 24), 9),
        (date(2027, 8, 25), 12),
        (date(2027, 5, 24), 6),
        (date(2027, 5, 25), 9),
        (date(2027, 2, 24), 3),
        (date(2027, 2, 25), 6),
        (date(2026, 12, 24), 1),
        (date(2026, 12, 25), 3),
        (date(2026, 11, 24), 1),  # its last day
        (date(2026, 11, 23), None),  # over: expired is more than any tier
        (None, None),
    ],
)
def test_the_smallest_tier_wins(expiry, tier):
    found = tier_of(MONTHS, Facts(expiry), date(2026, 11, 24))
    assert (found and found.id) == tier


@pytest.mark.parametrize(
    ("facts", "is_for"),
    [
        (Facts(storage_class="cold"), {"all", "storage"}),
        (Facts(storage_class="frozen"), {"all"}),
        (Facts(is_special=True), {"all", "special"}),
        (Facts(scopes=frozenset({1, 7})), {"all", "scope"}),
        (Facts(categories=frozenset({7, 8})), {"all", "category"}),
        (Facts(categories=frozenset({8})), {"all"}),
    ],
)
def test_a_tier_is_for_its_class(facts, is_for):
    values = {"storage": frozenset({"cold"})}
    kinds = ("all", "special", "storage", "scope", "category")
    rules = {
        kind: Rule(1, 1, applies_to=kind, values=values.get(kind, frozenset({7})))
        for kind in kinds
    }
    assert {kind for kind, rule in rules.items() if rule.is_for(facts)} == is_for


def test_of_two_alike_the_one_of_the_class_wins():
    cold = Rule(9, 6, applies_to="storage", values=frozenset({"cold"}))
    facts = Facts(date(2027, 1, 1), storage_class="cold")
    assert tier_of([Rule(1, 6), cold], facts, date(2026, 11, 24)) is cold


@pytest.mark.parametrize(
    ("day", "tier"),
    [
        (date(2025, 12, 31), None),
        (date(2026, 1, 1), 1),
        (date(2026, 3, 31), 1),
        (date(2026, 4, 1), 2),
    ],
)
def test_a_changed_tier_counts_from_its_day_on(day, tier):
    """CS-22: what was decided before stays decided by the old one."""
    rules = [
        Rule(1, 6, start=date(2026, 1, 1), end=date(2026, 3, 31)),
        Rule(2, 6, start=date(2026, 4, 1)),
    ]
    found = tier_of(rules, Facts(day + 30 * DAY), day)
    assert (found and found.id) == tier


def test_a_share_is_of_the_registered_shelf_life():
    rule, day = Rule(1, 50, "share"), date(2026, 1, 1)
    assert rule.reach(12, day) == day + 182 * DAY  # half of 365 days, whole ones
    assert rule.reach(0, day) is None
    assert tier_of([rule], Facts(day, shelf_life_months=0), day) is None


def test_months_and_shares_are_compared_by_how_far_they_reach():
    day = date(2026, 1, 1)
    rules = [Rule(1, 6), Rule(2, 25, "share")]
    near = day + 90 * DAY
    assert tier_of(rules, Facts(near, shelf_life_months=12), day).id == 2
    assert tier_of(rules, Facts(near, shelf_life_months=60), day).id == 1


def test_what_a_larger_tier_stops_stays_stopped():
    six = Rule(6, 6, effects=frozenset({NEEDS_CONSENT}))
    day, facts = date(2026, 11, 24), Facts(date(2026, 12, 1))
    assert tier_of([six, Rule(3, 3)], facts, day).id == 3
    assert stopped_by([six, Rule(3, 3)], facts, day, NEEDS_CONSENT) is six
    assert stopped_by([six, Rule(3, 3)], facts, day, BLOCKS_SALE) is None


def test_sale_limits_without_any_tier_are_today():
    day = date(2026, 11, 24)
    assert sale_limits(MONTHS, Facts(), day) == SaleLimits(day, day)


days = st.dates(date(2000, 1, 1), date(2090, 12, 31))
rules = st.lists(
    st.builds(
        Rule,
        id=st.integers(1, 9),
        limit=st.integers(1, 60),
        criterion=st.sampled_from(["months", "share"]),
        effects=st.frozensets(st.sampled_from([NEEDS_CONSENT, BLOCKS_SALE])),
    ),
    max_size=6,
)


@given(rules, days, st.integers(0, 60), st.integers(0, 2000))
def test_limits_say_what_the_tiers_of_a_lot_say(rules, day, shelf_life, left):
    """What may be reserved is what the gate lets out, whatever the tiers."""
    facts = Facts(day + left * DAY, shelf_life)
    limits = sale_limits(rules, facts, day)
    blocked = stopped_by(rules, facts, day, BLOCKS_SALE)
    asked = stopped_by(rules, facts, day, NEEDS_CONSENT)
    assert (facts.expiry < limits.with_consent) == bool(blocked)
    assert (facts.expiry < limits.free) == bool(blocked or asked)


@given(days, st.integers(1, 60), st.integers(0, 2000))
def test_nobody_leaves_a_tier_by_waiting(day, months, left):
    rule, facts = Rule(1, months), Facts(day + left * DAY)
    if tier_of([rule], facts, day) and left:
        assert tier_of([rule], facts, day + DAY)
