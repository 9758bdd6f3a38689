"""The clocks and sums of a recall, to the second (OB-40, TV-60)."""

from datetime import datetime, timedelta

import pytest

from odoo.addons.pharma_lot_expiry.tools import recall

T0 = datetime(2026, 3, 2, 2, 0)  # 10:00 in China
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("minutes", "due"),
    [
        (10, datetime(2026, 3, 2, 2, 10)),
        (60, datetime(2026, 3, 2, 3, 0)),
        (24 * 60, datetime(2026, 3, 3, 2, 0)),
        (72 * 60, datetime(2026, 3, 5, 2, 0)),
    ],
)
def test_a_deadline_is_met_at_its_second_and_missed_the_next(minutes, due):
    assert recall.deadline(T0, minutes) == due
    assert recall.clock_state(due, due, T0) == "met"
    assert recall.clock_state(due, due + SECOND, T0) == "late"
    assert recall.clock_state(due, None, due) == "running"
    assert recall.clock_state(due, None, due + SECOND) == "overdue"


@pytest.mark.parametrize(
    ("after", "level"),
    [
        (timedelta(0), 0),
        (SECOND, 1),
        (timedelta(hours=4), 1),
        (timedelta(hours=4) + SECOND, 2),
        (timedelta(days=9), 2),
    ],
)
def test_overdue_customers_climb_two_steps(after, level):
    assert recall.escalation_level(T0, T0 + after, 4) == level


def test_progress_reports_follow_each_other():
    assert recall.next_report_due(T0, 1, None) == T0 + timedelta(days=1)
    last = T0 + timedelta(hours=30)
    assert recall.next_report_due(T0, 3, last) == last + timedelta(days=3)


@pytest.mark.parametrize(
    ("due", "recovered", "used", "rate", "left"),
    [
        (40, 25, 10, 0.875, 5),
        (40, 40, 0, 1.0, 0),
        (40, 41, 0, 1.025, -1),
        (0, 0, 0, None, 0),
        (0.3, 0.1, 0.2, pytest.approx(1.0), 0),
    ],
)
def test_effectiveness_and_balance(due, recovered, used, rate, left):
    assert recall.effectiveness(due, recovered, used) == rate
    assert recall.balance(due, recovered, used) == left


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ((10, False, False, False, 0, 0), "pending"),
        ((10, True, False, False, 0, 0), "notified"),
        ((10, True, True, False, 0, 0), "read"),
        ((10, True, True, True, 0, 4), "replied"),
        ((10, True, True, True, 6, 4), "recovered"),
        ((10, True, True, True, 5.5, 4), "replied"),
        # Goods back without a word: the customer still owes an answer.
        ((10, True, False, False, 10, 0), "notified"),
        ((0, True, True, True, 0, 0), "replied"),
    ],
)
def test_how_far_a_customer_is(facts, state):
    assert recall.customer_state(*facts) == state


@pytest.mark.parametrize(
    ("text", "quantity"),
    [("", 0), (None, 0), ("0", 0), ("8", 8), (" 7.5 ", 7.5), ("８", 8), ("+3", 3)],
)
def test_quantities_as_typed(text, quantity):
    assert recall.parse_quantity(text, 8) == quantity


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("eight", "text"),
        ("8盒", "text"),
        ("1,000", "text"),
        ("NaN", "text"),
        ("Infinity", "text"),
        ("1e1", "text"),
        ("0" * 400, "text"),
        ("-1", "negative"),
        ("-0.001", "negative"),
        ("8.000001", "more"),
        ("9", "more"),
    ],
)
def test_quantities_that_can_not_be(text, kind):
    with pytest.raises(recall.BadQuantity) as caught:
        recall.parse_quantity(text, 8)
    assert caught.value.kind == kind


def test_a_reply_accounts_for_everything():
    assert recall.adds_up(8, 5, 3, 0)
    assert not recall.adds_up(8, 5, 2, 0)
    assert not recall.adds_up(8, 5, 3, 1)


def test_codes_are_split_once():
    assert recall.split_codes(" 1\n2，3,2\n\n") == ["1", "2", "3"]


def test_allocation_takes_no_more_than_there_is():
    assert recall.allocate(9, [("a", 3), ("b", 4)]) == [("a", 3), ("b", 4)]
    assert recall.allocate(0, [("a", 3)]) == []


def test_only_the_token_that_was_sent_opens_and_only_in_time():
    token, end = recall.new_token(), T0
    stored = recall.token_hash(token)
    assert token not in stored
    assert recall.fits(token, stored, end, T0)
    assert not recall.fits(token, stored, end, T0 + SECOND)
    assert not recall.fits(recall.new_token(), stored, end, T0)
    assert not recall.fits("", recall.token_hash(""), end, T0)
    assert not recall.fits(token, "", end, T0)
    assert not recall.fits(token, stored, None, T0)


def test_closed_is_the_end():
    assert recall.NEXT_STATES["closed"] == set()
    assert "closed" not in recall.NEXT_STATES["draft"]
