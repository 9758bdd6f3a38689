"""What the gate looks at and what it answers, free of the ORM.

A *subject* is one document about to happen (a purchase order being confirmed, a
delivery being shipped …) reduced to what the law asks about: who trades with whom,
what, where to, on which day. A *finding* is one reason against it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

SEVERITIES = ("warn", "approval", "block")


@dataclass(frozen=True)
class Line:
    """One product of a document; ``record`` is the order line or stock move."""

    record: Any
    product: Any


@dataclass(frozen=True)
class Subject:
    """One document at one moment, as the checks see it.

    ``side`` is "purchase" when goods come in and "sale" when they go out. Records are
    opaque here: the checks read them, the tools don't.
    """

    record: Any
    operation: str
    side: str
    company: Any
    partner: Any
    lines: tuple[Line, ...]
    day: date
    person: Any = None
    ship_to: Any = None
    is_online: bool = False
    is_cash: bool = False
    is_pickup: bool = False
    is_distribution_service: bool = False
    extra: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """One reason against a document.

    ``cure_record`` is the record that cures it, ``target`` the record a QA override
    would be granted for (the document itself unless the reason sticks to a partner).
    ``size`` is what was measured: an override counts for exactly that.
    """

    code: str
    subject: Subject
    sentence: str
    cure: str
    cure_record: Any = None
    target: Any = None
    severity: str = "block"
    line: Any = None
    size: str = ""

    @property
    def key(self) -> tuple:
        """What makes two findings the same reason (and an override reusable)."""
        target = self.target if self.target is not None else self.subject.record
        cure = self.cure_record
        return (
            self.code,
            target._name,
            target.id,
            cure._name if cure is not None else None,
            cure.id if cure is not None else None,
        )


def is_stronger(severity: str, other: str) -> bool:
    """Whether ``severity`` hinders more than ``other``.

    >>> is_stronger("block", "warn"), is_stronger("warn", "warn")
    (True, False)
    """
    return SEVERITIES.index(severity) > SEVERITIES.index(other)


def weaker(severity: str, other: str) -> str:
    """The milder of two severities: a paper that only warns never blocks.

    >>> weaker("block", "warn")
    'warn'
    """
    return min(severity, other, key=SEVERITIES.index)


def unique(findings: Iterable[Finding]) -> list[Finding]:
    """Each reason once per document and sentence, in the order they were found."""
    seen: dict[tuple, Finding] = {}
    for finding in findings:
        seen.setdefault(
            (finding.code, finding.subject.record, finding.sentence), finding
        )
    return list(seen.values())


def with_severity(finding: Finding, severity: str) -> Finding:
    return replace(finding, severity=weaker(finding.severity, severity))
