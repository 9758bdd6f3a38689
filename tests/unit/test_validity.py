from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.pharma_gsp.tools import validity

TIERS = (180, 90, 60, 30, 15, 7, 1)
LAST = date(2026, 6, 30)


@pytest.mark.parametrize(
    ("moment", "expired"),
    [
        pytest.param(datetime(2026, 6, 30, 15, 59), False, id="TV-28 23:59 in China"),
        pytest.param(datetime(2026, 6, 30, 16, 0), True, id="TV-28 00:00 in China"),
    ],
)
def test_a_licence_is_good_through_its_last_day_in_china(moment, expired):
    assert validity.is_expired(LAST, validity.china_day(moment)) is expired


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 6, 30, 16, tzinfo=timezone.utc), date(2026, 7, 1)),
        (datetime(2026, 6, 30, 23, 59, tzinfo=validity.CHINA), date(2026, 6, 30)),
        (
            datetime(2026, 6, 30, 12, tzinfo=timezone(timedelta(hours=-7))),
            date(2026, 7, 1),
        ),
        (datetime(2025, 12, 31, 16), date(2026, 1, 1)),
        (datetime(2028, 2, 28, 16), date(2028, 2, 29)),
    ],
)
def test_the_day_is_the_one_in_china(moment, day):
    assert validity.china_day(moment) == day


@pytest.mark.parametrize(
    ("day", "left", "status"),
    [
        (date(2026, 5, 30), 31, "valid"),
        (date(2026, 5, 31), 30, "due"),
        (date(2026, 6, 30), 0, "due"),
        (date(2026, 7, 1), -1, "expired"),
    ],
)
def test_status_follows_the_days_left(day, left, status):
    assert validity.days_left(LAST, day) == left
    assert validity.status(LAST, day, due_days=30) == status


@pytest.mark.parametrize("valid_to", [None, False])
def test_long_term_never_ends(valid_to):
    assert validity.is_expired(valid_to, date.max) is False
    assert validity.days_left(valid_to, date.max) is None
    assert validity.status(valid_to, date.max, due_days=30) == "valid"
    assert not validity.is_reminder_due(None, TIERS, None)


@pytest.mark.parametrize(
    ("left", "tier"),
    [
        (181, None),
        (180, 180),
        (91, 180),
        (30, 30),
        (29, 30),
        (2, 7),
        (1, 1),
        (0, 1),
        (-1, None),
        (None, None),
    ],
)
def test_the_tier_is_the_smallest_that_holds_the_days(left, tier):
    assert validity.reminder_tier(left, TIERS) == tier


def test_tiers_come_in_any_order_or_not_at_all():
    assert validity.reminder_tier(29, {7, 30, 180, 15}) == 30
    assert validity.reminder_tier(29, ()) is None


@pytest.mark.parametrize(
    ("left", "last_tier", "is_due"),
    [
        pytest.param(30, None, True, id="TV-30 thirty days left"),
        pytest.param(30, 30, False, id="TV-30 not again the same day"),
        pytest.param(16, 30, False, id="nor later in the tier"),
        pytest.param(15, 30, True, id="a smaller tier"),
        pytest.param(5, 30, True, id="a tier skipped while the job stood still"),
        pytest.param(30, 15, False, id="never back up"),
        pytest.param(200, None, False, id="too early"),
        pytest.param(-1, 1, False, id="over"),
    ],
)
def test_a_reminder_is_due_once_per_tier(left, last_tier, is_due):
    assert validity.is_reminder_due(left, TIERS, last_tier) is is_due


@given(st.dates(), st.dates(), st.integers(0, 365))
def test_expired_days_and_status_agree(valid_to, day, due_days):
    is_expired = validity.is_expired(valid_to, day)
    assert is_expired == (validity.days_left(valid_to, day) < 0)
    assert is_expired == (validity.status(valid_to, day, due_days) == "expired")


@given(st.integers(0, 400), st.sets(st.integers(1, 365)))
def test_a_daily_job_reminds_once_per_tier(first, tiers):
    last_tier, reminded = None, []
    for left in range(first, -2, -1):
        if validity.is_reminder_due(left, tiers, last_tier):
            last_tier = validity.reminder_tier(left, tiers)
            reminded.append(last_tier)
    above = {tier for tier in tiers if tier >= first}
    passed = {tier for tier in tiers if tier < first} | (
        {min(above)} if above else set()
    )
    assert reminded == sorted(passed, reverse=True)
