"""FA-53: the table of what may happen to a code, and what is said otherwise."""

from itertools import product

import pytest

from odoo.addons.pharma_lot_expiry.tools import code_scan, code_state
from odoo.addons.pharma_lot_expiry.tools.code_scan import Facts, decide

LEGAL = {
    (state, step): after
    for step, changes in code_state.TRANSITIONS.items()
    for state, after in changes.items()
}


@pytest.mark.parametrize(
    ("state", "step"), [*product(code_state.STATES, code_state.STEPS)]
)
def test_every_pair_is_legal_or_has_its_obstacle(state, step):
    if (state, step) in LEGAL:
        assert code_state.next_state(state, step) in code_state.STATES
        assert code_state.obstacle(state, step) is None
        return
    with pytest.raises(code_state.IllegalStep) as caught:
        code_state.next_state(state, step)
    assert caught.value.kind == code_state.obstacle(state, step)


@pytest.mark.parametrize(
    ("state", "step"),
    [
        ("in_stock", "receive"),  # a second in
        ("reserved", "receive"),
        ("out", "ship"),  # a second out
        ("returned", "take_back"),
        ("destroyed", "ship"),
        ("recalled", "ship"),
        ("sample", "ship"),
        ("returned", "ship"),
        ("announced", "ship"),
        ("destroyed", "recall"),
    ],
)
def test_what_must_never_happen(state, step):
    with pytest.raises(code_state.IllegalStep):
        code_state.next_state(state, step)


def test_nothing_comes_back_from_destruction():
    assert not [pair for pair in LEGAL if pair[0] == "destroyed"]


def test_every_step_has_its_words_in_epcis():
    assert set(code_state.STEPS) | {"announce", "open", "refuse"} == set(
        code_state.EPCIS
    )
    assert {action for action, _step, _disposition in code_state.EPCIS.values()} == {
        "ADD",
        "OBSERVE",
        "DELETE",
    }


@pytest.mark.parametrize(
    ("facts", "verdict", "reason"),
    [
        (Facts("receive"), "ok", "ok"),
        (Facts("receive", is_here=True), "ignored", "duplicate"),  # TV-16
        (Facts("receive", "in_stock"), "blocked", "already_in"),  # TV-16
        (Facts("receive", is_mapped=False), "blocked", "unmapped"),  # TV-17
        (
            Facts("ship", "in_stock", is_opened=True, children_elsewhere=("1",)),
            "blocked",
            "incomplete",
        ),  # TV-18
        (Facts("ship", "in_stock", is_opened=True), "blocked", "opened"),
        (
            Facts("ship", "in_stock", lot="A2405B", lots=("A2405C",)),
            "blocked",
            "wrong_lot",
        ),  # TV-19
        (Facts("ship", "out"), "blocked", "already_out"),  # TV-20
        (Facts("ship", is_ambiguous=True), "ask", "ambiguous"),  # TV-23
        (Facts("ship"), "blocked", "unknown"),
        (Facts("receive", "out", is_own=False), "ok", "ok"),
        (Facts("ship", "out", is_own=False), "blocked", "already_out"),
        (Facts("ship", "in_stock", lots=("A", "B")), "ask", "which_lot"),
        (Facts("receive", lot="A", lots=("",)), "ok", "ok"),
        (Facts("ship", "in_stock", is_held=True), "blocked", "held"),
        (Facts("move", "in_stock", is_held=True), "ok", "ok"),
        (Facts("receive", is_held=True, is_quarantined=True), "ok", "ok"),
        (Facts("ship", "in_stock", is_expired=True), "blocked", "expired"),
        (Facts("destroy", "in_stock", is_expired=True), "ok", "ok"),
        (
            Facts("take_back", "out", is_customer_wrong=True),
            "blocked",
            "wrong_customer",
        ),
        (Facts(None, "in_stock"), "blocked", "no_step"),
        (Facts("ship", "in_stock", has_line=False), "blocked", "wrong_product"),
        (Facts("ship", "in_stock", is_parent_here=True), "ignored", "parent_here"),
        (Facts("ship", "in_stock", is_child_here=True), "blocked", "child_here"),
        (Facts("ship", "in_stock", is_elsewhere=True), "blocked", "elsewhere"),
    ],
)
def test_first_doubt_is_the_answer(facts, verdict, reason):
    assert decide(facts) == code_scan.Verdict(verdict, reason)
