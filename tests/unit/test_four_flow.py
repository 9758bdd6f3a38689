"""CS-30 … CS-33: what is between order, goods, invoice and money."""

import importlib.util
from pathlib import Path

import pytest

from odoo.addons.pharma_gsp.tools.four_flow import (
    OWNERS,
    Tolerances,
    judge,
    lots,
    price_difference,
    quantity_over,
    unknown_lots,
)

# The table lies with the add-on's own tests, whose package needs Odoo.
PATH = (
    Path(__file__).resolve().parents[2] / "addons/pharma_gsp/tests/four_flow_cases.py"
)
spec = importlib.util.spec_from_file_location("four_flow_cases", PATH)
cases = importlib.util.module_from_spec(spec)
spec.loader.exec_module(cases)


def told(gaps):
    return [
        (g.code, g.owner, g.since, round(g.quantity, 4), round(g.amount, 4))
        for g in gaps
    ]


@pytest.mark.parametrize(
    ("values", "today", "status", "gaps"),
    [case[1:] for case in cases.CASES],
    ids=[case[0] for case in cases.CASES],
)
def test_gaps_of_a_line(values, today, status, gaps):
    verdict = judge(cases.facts(values), today, Tolerances())
    assert told(verdict.gaps) == gaps
    assert verdict.status == status


def test_every_kind_of_gap_is_in_the_table():
    seen = {gap[0] for *_rest, gaps in cases.CASES for gap in gaps}
    assert seen == set(OWNERS)


def test_tolerances_of_the_company_are_followed():
    facts = cases.facts(
        {"moved": 9, "uninvoiced_since": cases.march(2)}
        | {"invoiced": 9, "invoiced_untaxed": 46, "invoice_lines": 1}
        | {"invoiced_on": cases.march(5)}
    )
    strict = judge(facts, cases.TODAY, Tolerances())
    wide = judge(facts, cases.TODAY, Tolerances(quantity=1, amount=1))
    assert {g.code for g in strict.gaps} == {"GOODS_MISSING", "PRICE_DIFF"}
    assert wide.status == "matched"


@pytest.mark.parametrize(
    ("days", "status"), [(7, "gap"), (8, "waiting"), (0, "gap"), (30, "waiting")]
)
def test_invoice_may_follow_within_the_days_set(days, status):
    facts = cases.facts({"moved": 10, "uninvoiced_since": cases.march(12)})
    assert judge(facts, cases.TODAY, Tolerances(invoice_days=days)).status == status


@pytest.mark.parametrize(
    ("quantity", "limit", "tolerance", "over"),
    [(10, 10, 0, 0), (10.000001, 10, 0, 0), (10.01, 10, 0, 0.01), (11, 10, 1, 0)],
)
def test_quantity_over_its_limit(quantity, limit, tolerance, over):
    found = quantity_over(quantity, limit, Tolerances(quantity=tolerance))
    assert round(found, 6) == over


@pytest.mark.parametrize(
    ("amount", "lines", "is_off"),
    [(50.01, 1, False), (49.99, 1, False), (50.02, 1, True), (50.02, 2, False)],
)
def test_amount_is_off_beyond_a_cent_a_line(amount, lines, is_off):
    assert bool(price_difference(amount, 50, Tolerances(), lines)) == is_off


@pytest.mark.parametrize(
    ("printed", "numbers"),
    [
        ("", set()),
        (None, set()),
        (" a1 ", {"A1"}),
        ("A1、B2；C3", {"A1", "B2", "C3"}),
        ("A1,\nA1; b2", {"A1", "B2"}),
        ("20260301/2", {"20260301/2"}),
    ],
)
def test_lots_as_printed(printed, numbers):
    assert lots(printed) == numbers


def test_bill_without_lots_contradicts_nothing():
    assert unknown_lots(frozenset(), frozenset("A")) == []
    assert unknown_lots(frozenset("BA"), frozenset()) == ["A", "B"]
