"""The clocks and sums of a recall (OB-40, TV-60).

Times are naive UTC as Odoo stores them and come as arguments: no clock is read here.
A deadline is met at its very second and missed the second after.

>>> t0 = datetime(2026, 3, 2, 2, 0)
>>> clock_state(deadline(t0, 60), datetime(2026, 3, 2, 3, 0), t0)
'met'
>>> clock_state(deadline(t0, 60), datetime(2026, 3, 2, 3, 0, 1), t0)
'late'
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

# What may follow what; closed and cancelled recalls stay so.
NEXT_STATES = {
    "draft": {"running", "cancelled"},
    "running": {"closed", "cancelled"},
    "closed": set(),
    "cancelled": set(),
}
LEVELS = 2
# Quantities are compared to six places, as finely as any unit rounds.
PLACES = 6
MAX_DIGITS = 12
CODE_LENGTH = 50


def deadline(t0: datetime, minutes: float) -> datetime:
    """When something is due that many minutes after the notice."""
    return t0 + timedelta(minutes=minutes)


def clock_state(due: datetime | None, done: datetime | None, now: datetime) -> str:
    """How a clock stands: met, late (done after its time), running or overdue.

    >>> clock_state(datetime(2026, 3, 2), None, datetime(2026, 3, 2))
    'running'
    >>> clock_state(datetime(2026, 3, 2), None, datetime(2026, 3, 2, 0, 0, 1))
    'overdue'
    >>> clock_state(None, None, datetime(2026, 3, 2))
    'idle'
    """
    if not due:
        return "idle"
    if done:
        return "met" if done <= due else "late"
    return "running" if now <= due else "overdue"


def next_report_due(t0: datetime, days: int, last: datetime | None) -> datetime:
    """When the next progress report is due: counted from the last, first from t0."""
    return (last or t0) + timedelta(days=days)


def escalation_level(due: datetime | None, now: datetime, step_hours: float) -> int:
    """0 in time, 1 once overdue, 2 when ``step_hours`` more have passed.

    >>> due = datetime(2026, 3, 2)
    >>> [escalation_level(due, due + timedelta(hours=h), 4) for h in (0, 1, 4, 5)]
    [0, 1, 1, 2]
    """
    if not due or now <= due:
        return 0
    return 1 if now <= due + timedelta(hours=step_hours) else LEVELS


def to_account_for(shipped: float, returned_before: float) -> float:
    """What a customer still had of the goods when the recall began."""
    return round(max(shipped - returned_before, 0.0), PLACES)


def effectiveness(due: float, recovered: float, used: float) -> float | None:
    """The share of the goods out there that came back or is known to be used (OB-40).

    Goods returned before the recall are out of the sum on both sides.

    >>> effectiveness(40, 25, 10)
    0.875
    >>> effectiveness(0, 0, 0) is None
    True
    """
    return (recovered + used) / due if due > 0 else None


def balance(due: float, recovered: float, used: float) -> float:
    """What is still unaccounted for; negative if more came back than went out."""
    return round(due - recovered - used, PLACES)


def customer_state(due, notified, read, replied, recovered, used) -> str:
    """How far one customer is, furthest step first.

    >>> customer_state(10, True, True, True, 6, 4)
    'recovered'
    """
    if due > 0 and replied and balance(due, recovered, used) <= 0:
        return "recovered"
    if replied:
        return "replied"
    if read:
        return "read"
    return "notified" if notified else "pending"


class BadQuantity(ValueError):
    """A quantity in a reply that can't be; ``kind``: text, negative, more."""

    def __init__(self, text, kind):
        super().__init__(f"{kind}: {text!r}")
        self.text = text
        self.kind = kind


def parse_quantity(text: str, most: float) -> float:
    """A quantity as a customer types it; nothing typed is none.

    >>> parse_quantity(" 12.5 ", 20), parse_quantity("", 20), parse_quantity("１２", 20)
    (12.5, 0.0, 12.0)

    :raise BadQuantity: for words, negative numbers and more than ``most``
    """
    bare = (text or "").strip()
    if not bare:
        return 0.0
    try:
        number = Decimal(bare[: MAX_DIGITS + 1])
    except InvalidOperation:
        raise BadQuantity(text, "text") from None
    if len(bare) > MAX_DIGITS or not number.is_finite() or "e" in bare.lower():
        raise BadQuantity(text, "text")
    if number < 0:
        raise BadQuantity(text, "negative")
    if round(float(number), PLACES) > round(most, PLACES):
        raise BadQuantity(text, "more")
    return float(number)


def adds_up(due: float, on_hand: float, used: float, sent_back: float) -> bool:
    """Whether a reply accounts for everything the customer got.

    >>> adds_up(0.3, 0.1, 0.1, 0.1)
    True
    """
    return not round(due - on_hand - used - sent_back, PLACES)


def split_codes(text: str) -> list[str]:
    """Trace codes typed or pasted, one a line or apart by commas; each once.

    >>> split_codes("123, 456\\n123 ")
    ['123', '456']
    """
    parts = (text or "").replace(",", " ").replace("，", " ").split()
    return list(dict.fromkeys(parts))


def allocate(wanted: float, offers: list[tuple]) -> list[tuple]:
    """Spread a quantity over (key, quantity) offers, first come first taken.

    >>> allocate(5, [("a", 3), ("b", 4)])
    [('a', 3), ('b', 2)]
    """
    taken = []
    for key, available in offers:
        part = round(min(wanted, available), PLACES)
        if part > 0:
            taken.append((key, part))
            wanted = round(wanted - part, PLACES)
    return taken


def new_token() -> str:
    """A secret for a link: 256 random bits."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is kept of a token: it can't be turned back into the link."""
    return hashlib.sha256((token or "").encode()).hexdigest()


def fits(token: str, stored: str, expires: datetime | None, now: datetime) -> bool:
    """Whether a link's token is the one that was sent and still counts.

    Compared in constant time, so that an answer's delay tells nothing.
    """
    if not token or not stored or not expires:
        return False
    same = hmac.compare_digest(token_hash(token), stored)
    return same and now <= expires
