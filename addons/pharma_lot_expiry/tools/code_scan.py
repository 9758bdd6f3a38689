"""What to say when a code is scanned for a transfer (FA-52..55, TV-16..20, TV-23).

The facts are gathered elsewhere; here it is decided, in this order, and the first
doubt counts: a code that can't be read or told, one scanned already, one that is not
where it should be, one of other goods, one that may not move.
"""

from dataclasses import dataclass

from . import code_state


@dataclass(frozen=True)
class Facts:
    """One code at one transfer, as the database knows them.

    ``state`` is None for a code never seen. ``lot`` is the number known of the code or
    printed in it, ``lots`` the numbers on the lines it may belong to ("" where none is
    written down yet), ``children_elsewhere`` codes of its content that are not with it.
    """

    step: str | None
    state: str | None = None
    is_own: bool = True
    is_ambiguous: bool = False
    is_mapped: bool = True
    is_here: bool = False
    is_parent_here: bool = False
    is_child_here: bool = False
    is_elsewhere: bool = False
    is_opened: bool = False
    children_elsewhere: tuple[str, ...] = ()
    has_line: bool = True
    lot: str | None = None
    lots: tuple[str, ...] = ()
    is_wrong_date: bool = False
    is_held: bool = False
    is_expired: bool = False
    is_quarantined: bool = False
    is_customer_wrong: bool = False


@dataclass(frozen=True)
class Verdict:
    """``kind`` is ok, ignored, ask or blocked; ``reason`` a word that tells which."""

    kind: str
    reason: str


OK = Verdict("ok", "ok")
# What a receipt may meet for the first time; all else must have come in before.
FIRST_SEEN = frozenset({"receive", "find", "pass_through"})


def decide(facts: Facts) -> Verdict:
    """The first doubt about this code, or that there is none.

    >>> decide(Facts("ship", "out"))
    Verdict(kind='blocked', reason='already_out')
    >>> decide(Facts("receive", "in_stock", is_here=True))
    Verdict(kind='ignored', reason='duplicate')
    """
    for question in (_recognised, _repeated, _whole, _placed, _matching, _free):
        verdict = question(facts)
        if verdict:
            return verdict
    return OK


def _recognised(facts):
    if facts.is_ambiguous:
        return Verdict("ask", "ambiguous")
    if facts.step is None:
        return Verdict("blocked", "no_step")
    if facts.state is None and not facts.is_mapped:
        return Verdict("blocked", "unmapped")
    if facts.state is None and facts.step not in FIRST_SEEN:
        return Verdict("blocked", "unknown")
    return None


def _repeated(facts):
    if facts.is_here:
        return Verdict("ignored", "duplicate")
    if facts.is_parent_here:
        return Verdict("ignored", "parent_here")
    if facts.is_child_here:
        return Verdict("blocked", "child_here")
    if facts.is_elsewhere:
        return Verdict("blocked", "elsewhere")
    return None


def _whole(facts):
    """A pack once opened, or with content gone, is scanned piece by piece (TV-18)."""
    if facts.children_elsewhere:
        return Verdict("blocked", "incomplete")
    if facts.is_opened:
        return Verdict("blocked", "opened")
    return None


def _placed(facts):
    if facts.state is None:
        return None
    state = facts.state
    # What a sister company sold to us comes in here for the first time.
    if state == "out" and not facts.is_own and facts.step in FIRST_SEEN:
        state = "in_transit"
    reason = code_state.obstacle(state, facts.step)
    if reason:
        return Verdict("blocked", reason)
    if facts.is_customer_wrong:
        return Verdict("blocked", "wrong_customer")
    return None


def _matching(facts):
    """Product, lot and dates agree with the line (FA-55, TV-19)."""
    if not facts.has_line:
        return Verdict("blocked", "wrong_product")
    if facts.is_wrong_date:
        return Verdict("blocked", "wrong_date")
    known = set(facts.lots)
    if facts.lot and facts.lot not in known and "" not in known:
        return Verdict("blocked", "wrong_lot")
    if not facts.lot and len(known) > 1:
        return Verdict("ask", "which_lot")
    return None


def _free(facts):
    if facts.step not in code_state.FREE_STEPS or facts.is_quarantined:
        return None
    if facts.is_held:
        return Verdict("blocked", "held")
    if facts.is_expired:
        return Verdict("blocked", "expired")
    return None
