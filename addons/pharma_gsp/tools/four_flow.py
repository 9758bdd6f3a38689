"""Ticket, account, goods and money of one order line agree, or what is between them.

CS-30 … CS-33 (票账货款一致). A *gap* is a difference between two of the four flows
with the first day on which it counts as one: goods promised for next week and a bill
due next month are differences too, but nobody is late yet.

Quantities are in the unit of the order line. Prices of the order and of its invoices
are compared without tax, in the order's currency; what was paid and what is at stake is
in the company's currency, payments with tax, as money moves. All are floats: they are
compared with a tolerance, never for equality.

The board asks the same questions in SQL (``models/pharma_four_flow_sql.py``), so that a
hundred thousand lines can be searched; tests hold the two together.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

EPSILON = 1e-6
DAY = timedelta(days=1)
# Who clears a gap of each kind, in the order in which the flows are told.
OWNERS = {
    "WRONG_PAYER": {"purchase": "finance", "sale": "finance"},
    "GOODS_OVER": {"purchase": "warehouse", "sale": "warehouse"},
    "GOODS_MISSING": {"purchase": "purchase", "sale": "warehouse"},
    "LOT_DIFF": {"purchase": "warehouse", "sale": "warehouse"},
    "INVOICE_OVER": {"purchase": "finance", "sale": "finance"},
    "INVOICE_MISSING": {"purchase": "purchase", "sale": "finance"},
    "PRICE_DIFF": {"purchase": "purchase", "sale": "sales"},
    "PAYMENT_OVER": {"purchase": "finance", "sale": "finance"},
    "PAYMENT_MISSING": {"purchase": "finance", "sale": "sales"},
}
_SEPARATORS = re.compile(r"[\s,，、;；]+")


@dataclass(frozen=True)
class Tolerances:
    """What a company lets pass (CS-31): by default no piece, and a cent a bill line.

    ``invoice_days``: how long after the goods their invoice may come.
    """

    quantity: float = 0.0
    amount: float = 0.01
    invoice_days: int = 7


@dataclass(frozen=True, kw_only=True)
class Facts:
    """The four flows of one order line, posted documents only.

    ``moved`` is net of every return, ``returned`` the part of the returns nobody will
    send again; ``invoiced`` and ``invoiced_untaxed`` are net of credit notes. ``rate``
    is the order's currency for one of the company's. ``paid`` is the settled share of
    the invoices, so that it ends where they end whatever was rounded on the way.
    """

    side: str
    promised: date
    ordered: float = 0.0
    moved: float = 0.0
    returned: float = 0.0
    invoiced: float = 0.0
    unit_price: float = 0.0
    rate: float = 1.0
    invoiced_untaxed: float = 0.0
    invoice_lines: int = 0
    invoiced_total: float = 0.0
    paid: float = 0.0
    is_cancelled: bool = False
    overmoved_since: date | None = None
    uninvoiced_since: date | None = None
    overinvoiced_since: date | None = None
    invoiced_on: date | None = None
    due_on: date | None = None
    paid_on: date | None = None
    wrong_payer_since: date | None = None
    lots_moved: frozenset[str] = frozenset()
    lots_invoiced: frozenset[str] = frozenset()
    explained: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def wanted(self) -> float:
        return 0.0 if self.is_cancelled else self.ordered

    @property
    def outstanding(self) -> float:
        """Goods still to come: what went back for good is not expected again."""
        return self.wanted - self.moved - self.returned

    def value(self, quantity: float) -> float:
        """What a quantity is worth at the order's price, in the company's currency."""
        return quantity * self.unit_price / self.rate


@dataclass(frozen=True)
class Gap:
    """One difference; a gap from the day ``since``, before that only awaited."""

    code: str
    owner: str
    since: date
    quantity: float
    amount: float


@dataclass(frozen=True)
class Verdict:
    """What is between the flows on one day."""

    gaps: tuple[Gap, ...]
    waiting: tuple[Gap, ...]
    explained: tuple[Gap, ...]

    @property
    def status(self) -> str:
        """``gap``, ``waiting``, ``explained`` or ``matched``, the worst one counts."""
        for status in ("gaps", "waiting", "explained"):
            if getattr(self, status):
                return status.removesuffix("s")
        return "matched"


def judge(facts: Facts, today: date, tolerances: Tolerances) -> Verdict:
    """The gaps of a line on a day, told in the order of ``OWNERS``.

    >>> late = Facts(side="purchase", promised=date(2026, 3, 2), ordered=10, moved=6,
    ...              invoiced=6, unit_price=5, invoiced_untaxed=30, invoice_lines=1)
    >>> judge(late, date(2026, 3, 2), Tolerances()).status
    'waiting'
    >>> [(g.code, g.quantity, g.amount)
    ...  for g in judge(late, date(2026, 3, 3), Tolerances()).gaps]
    [('GOODS_MISSING', 4.0, 20.0)]
    """
    found = sorted(_differences(facts, tolerances), key=_rank)
    gaps: dict[str, list[Gap]] = {"gaps": [], "waiting": [], "explained": []}
    for code, since, quantity, amount in found:
        gap = Gap(code, OWNERS[code][facts.side], since, quantity, amount)
        kind = "gaps" if since <= today else "waiting"
        if kind == "gaps" and is_explained(gap, facts.explained):
            kind = "explained"
        gaps[kind].append(gap)
    return Verdict(**{kind: tuple(found) for kind, found in gaps.items()})


def is_explained(gap: Gap, explained: Mapping[str, tuple[float, float]]) -> bool:
    """Whether a granted explanation still covers the gap; a wider one needs another.

    >>> gap = Gap("GOODS_MISSING", "purchase", date(2026, 3, 3), 4, 20)
    >>> is_explained(gap, {"GOODS_MISSING": (4, 20)})
    True
    >>> is_explained(gap, {"GOODS_MISSING": (3, 15)})
    False
    """
    if gap.code not in explained:
        return False
    quantity, amount = explained[gap.code]
    return gap.quantity <= quantity + EPSILON and gap.amount <= amount + EPSILON


def _rank(difference):
    return [*OWNERS].index(difference[0])


def _differences(facts: Facts, allowed: Tolerances) -> Iterator[tuple]:
    """(code, first day as a gap, quantity, amount) of every difference."""
    yield from _goods(facts, allowed)
    yield from _invoices(facts, allowed)
    yield from _money(facts, allowed)


def _goods(facts, allowed):
    over = facts.moved - facts.wanted
    if over > allowed.quantity + EPSILON:
        yield "GOODS_OVER", facts.overmoved_since, over, facts.value(over)
    if _is_awaited(facts, allowed):
        missing = facts.outstanding
        yield "GOODS_MISSING", facts.promised + DAY, missing, facts.value(missing)
    if unknown_lots(facts.lots_invoiced, facts.lots_moved):
        since = _once_promised(facts, allowed, facts.invoiced_on)
        yield "LOT_DIFF", since, 0.0, abs(facts.value(facts.invoiced))


def _invoices(facts, allowed):
    over = facts.invoiced - facts.moved
    if over > allowed.quantity + EPSILON:
        since = facts.overinvoiced_since
        if quantity_over(facts.invoiced, facts.wanted - facts.returned, allowed) <= 0:
            since = _once_promised(facts, allowed, since)
        yield "INVOICE_OVER", since, over, facts.value(over)
    if -over > allowed.quantity + EPSILON and facts.unit_price > 0:
        since = facts.uninvoiced_since + (allowed.invoice_days + 1) * DAY
        yield "INVOICE_MISSING", since, -over, facts.value(-over)
    difference = price_difference(
        facts.invoiced_untaxed,
        facts.unit_price * facts.invoiced,
        allowed,
        facts.invoice_lines,
    )
    if difference:
        yield "PRICE_DIFF", facts.invoiced_on, 0.0, abs(difference) / facts.rate


def _money(facts, allowed):
    margin = allowed.amount * max(facts.invoice_lines, 1) + EPSILON
    over = facts.paid - facts.invoiced_total
    prepaid = facts.paid
    if abs(facts.invoiced) > EPSILON:
        prepaid -= facts.invoiced_total / facts.invoiced * max(facts.moved, 0.0)
    if over > margin:
        yield "PAYMENT_OVER", _latest(facts.invoiced_on, facts.paid_on), 0.0, over
    elif prepaid > margin and facts.invoiced > EPSILON:
        since = _once_promised(facts, allowed, facts.paid_on)
        yield "PAYMENT_OVER", since, 0.0, prepaid
    if -over > margin:
        yield "PAYMENT_MISSING", facts.due_on + DAY, 0.0, -over
    if facts.wrong_payer_since:
        yield "WRONG_PAYER", facts.wrong_payer_since, 0.0, facts.paid


def _is_awaited(facts, allowed):
    return facts.outstanding > allowed.quantity + EPSILON


def _once_promised(facts, allowed, day):
    """``day``, but not before the goods still awaited were promised."""
    return max(day, facts.promised + DAY) if _is_awaited(facts, allowed) else day


def _latest(*days):
    return max(day for day in days if day)


def quantity_over(quantity: float, limit: float, allowed: Tolerances) -> float:
    """By how much a quantity exceeds its limit beyond the tolerance, or 0 (CS-31).

    >>> quantity_over(12, 10, Tolerances()), quantity_over(12, 10, Tolerances(2))
    (2, 0)
    """
    over = quantity - limit
    return over if over > allowed.quantity + EPSILON else 0


def price_difference(
    amount: float, expected: float, allowed: Tolerances, lines: int = 1
) -> float:
    """What an untaxed amount lies off, beyond the cents allowed for ``lines`` lines.

    >>> price_difference(100.01, 100, Tolerances())
    0.0
    >>> round(price_difference(99.98, 100, Tolerances()), 2)
    -0.02
    """
    difference = amount - expected
    margin = allowed.amount * max(lines, 1) + EPSILON
    return difference if abs(difference) > margin else 0.0


def lots(printed: str | None) -> frozenset[str]:
    """The lot numbers in a text as printed on a bill, comparable.

    >>> sorted(lots("2403a12， b77;B77"))
    ['2403A12', 'B77']
    """
    return frozenset(filter(None, _SEPARATORS.split((printed or "").upper())))


def unknown_lots(printed: frozenset[str], moved: frozenset[str]) -> list[str]:
    """Lots on the bill that never moved, sorted; a bill without any says nothing."""
    return sorted(printed - moved)
