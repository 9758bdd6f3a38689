"""Bill types, pre-flight and back-off of the trace platform (FA-51..56)."""

from datetime import datetime, timedelta

import pytest

from odoo.addons.pharma_lot_expiry.tools.trace_bill import (
    LONGEST_WAIT,
    Bill,
    Code,
    Movement,
    Problem,
    Rule,
    bill_type,
    concerns,
    next_try,
    physic_type,
    problems,
)

NOW = datetime(2026, 5, 1, 4, 0)
GOOD = "81234567890123456789"
HEAD = {
    "type_code": "201",
    "moment": NOW,
    "own_id": "own",
    "from_id": "us",
    "to_id": "them",
}
RULES = [
    Rule("211", "internal", "supplier", reason="recall"),
    Rule("202", "internal", "supplier"),
    Rule("102", "supplier", "internal", is_return=False),
    Rule("205", "internal", "inventory", reason="destroy"),
    Rule("214", "internal", "inventory"),
    Rule("113", "", "internal"),
]


def kinds(codes=None, **head):
    codes = [Code(GOOD)] if codes is None else codes
    return {p.kind for p in problems(Bill(**{**HEAD, **head}), codes, NOW)}


@pytest.mark.parametrize(
    ("movement", "code"),
    [
        (Movement("supplier", "internal"), "102"),
        (Movement("supplier", "internal", is_return=True), "113"),
        (Movement("internal", "supplier"), "202"),
        (Movement("internal", "supplier", reason="recall"), "211"),
        (Movement("internal", "supplier", reason="scrap"), "202"),
        (Movement("internal", "inventory"), "214"),
        (Movement("internal", "inventory", reason="destroy"), "205"),
        (Movement("production", "internal"), "113"),
        (Movement("internal", "production"), None),
    ],
)
def test_first_rule_that_matches_gives_the_type(movement, code):
    assert bill_type(movement, RULES) == code


def test_order_of_the_rules_decides():
    movement = Movement("internal", "supplier", reason="recall")
    assert bill_type(movement, RULES[1:] + RULES[:1]) == "202"


@pytest.mark.parametrize(
    ("movement", "told"),
    [
        (Movement("internal", "internal"), False),
        (Movement("transit", "transit"), False),
        (Movement("internal", "customer"), True),
        (Movement("supplier", "customer"), True),
    ],
)
def test_moves_inside_are_not_reported(movement, told):
    assert concerns(movement) is told


def test_a_sound_bill_has_no_problem():
    assert kinds() == set()


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        ({"type_code": None}, "type"),
        ({"own_id": ""}, "own_id"),
        ({"from_id": ""}, "from_id"),
        ({"to_id": ""}, "to_id"),
        ({"moment": None}, "future"),
        ({"moment": NOW + timedelta(minutes=11)}, "future"),
    ],
)
def test_what_is_wrong_with_the_head_is_found(head, kind):
    assert kinds(**head) == {kind}


@pytest.mark.parametrize("minutes", [-60 * 24 * 400, 0, 10])
def test_clocks_may_differ_a_little(minutes):
    assert kinds(moment=NOW + timedelta(minutes=minutes)) == set()


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (Code(GOOD[:-1]), "length"),
        (Code(GOOD + "1"), "length"),
        (Code(""), "length"),
        (Code(GOOD[:-1] + "A"), "length"),
        (Code("８" + GOOD[1:]), "length"),
        (Code("x" * 51, kind="gs1"), "length"),
        (Code(GOOD, is_mapped=False, fits=False), "unmapped"),
        (Code(GOOD, fits=False), "lot"),
        (Code(GOOD, is_void=True), "void"),
    ],
)
def test_what_is_wrong_with_one_code_is_found(code, kind):
    found = problems(Bill(**HEAD), [code], NOW)
    assert found == [Problem(kind, (code.code,))]
    assert found[0].is_blocking


def test_codes_of_other_systems_have_up_to_fifty_characters():
    assert kinds([Code("x" * 50, kind="gs1"), Code("abc", kind="other")]) == set()


def test_no_codes_is_a_problem_of_its_own():
    assert kinds([]) == {"no_codes"}


def test_a_code_twice_is_named_once():
    found = problems(Bill(**HEAD), [Code(GOOD), Code(GOOD)], NOW)
    assert found == [Problem("duplicate", (GOOD,))]


def test_a_pack_beside_its_case_is_found_however_deep():
    pallet = "81111111111111111111"
    inside = Code(GOOD, parents=frozenset({"82222222222222222222", pallet}))
    found = problems(Bill(**HEAD), [inside, Code(pallet)], NOW)
    assert found == [Problem("family", (GOOD,))]


def test_a_pack_whose_case_is_not_in_the_bill_may_go():
    assert kinds([Code(GOOD, parents=frozenset({"82222222222222222222"}))]) == set()


def test_special_drugs_are_told_but_hold_nothing_back():
    """FA-51: 89 is a class for uploading, not a test of validity."""
    special = "89" + GOOD[2:]
    found = problems(Bill(**HEAD), [Code(special), Code(GOOD)], NOW)
    assert found == [Problem("special", (special,))]
    assert not found[0].is_blocking
    assert physic_type([GOOD]) == 3
    assert physic_type([GOOD, special]) == 2


def test_all_problems_are_told_at_once():
    codes = [Code("1"), Code(GOOD), Code(GOOD)]
    assert kinds(codes, to_id="", own_id="") == {
        "length",
        "duplicate",
        "to_id",
        "own_id",
    }


def test_waits_double_up_to_the_longest():
    waits = [next_try(n, NOW, 0) - NOW for n in range(1, 12)]
    assert [w.total_seconds() for w in waits[:4]] == [60, 120, 240, 480]
    assert max(waits) == LONGEST_WAIT == waits[-1]


def test_jitter_spreads_by_up_to_half():
    waits = {next_try(3, NOW, jitter / 10) - NOW for jitter in range(10)}
    assert len(waits) == 10
    assert min(waits) == timedelta(minutes=4)
    assert max(waits) < timedelta(minutes=6)


def test_ten_thousand_tries_do_not_overflow():
    assert next_try(10_000, NOW, 0) - NOW == LONGEST_WAIT


def test_a_hundred_thousand_codes_are_judged_in_a_second():
    codes = [Code(f"8{serial:019d}") for serial in range(100_000)]
    began = datetime.now()
    assert problems(Bill(**HEAD), codes, NOW) == []
    assert datetime.now() - began < timedelta(seconds=1)
