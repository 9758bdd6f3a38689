"""Bills of the national trace platform (码上放心): type, pre-flight, back-off (FA-56).

Plain values in, plain values out: the models gather what is judged here.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

MAX_LENGTH = 50
CN_LENGTH = 20
SPECIAL_PREFIX = "89"
SPECIAL, ORDINARY = 2, 3
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=2)
# Clocks of two computers are never the same.
CLOCK_SKEW = timedelta(minutes=10)

# What the platform calls the same mistakes, by its own numbers.
PLATFORM_KINDS = {
    "1": "inactive",
    "2": "length",
    "3": "duplicate",
    "4": "void",
    "5": "void",
    "6": "family",
    "7": "lot",
}
# Told, but no reason to hold a bill back.
NOTICES = {"special"}


@dataclass(frozen=True)
class Movement:
    """What a done transfer is: where goods came from and went to, and why."""

    from_usage: str
    to_usage: str
    is_return: bool = False
    reason: str = ""


@dataclass(frozen=True)
class Rule:
    """A bill type and the movements it stands for; what is empty matches all."""

    code: str
    from_usage: str = ""
    to_usage: str = ""
    is_return: bool | None = None
    reason: str = ""

    def matches(self, movement):
        return (
            self.from_usage in ("", movement.from_usage)
            and self.to_usage in ("", movement.to_usage)
            and self.is_return in (None, movement.is_return)
            and self.reason in ("", movement.reason)
        )


def concerns(movement):
    """Whether goods changed hands at all; moves inside a warehouse aren't reported.

    >>> concerns(Movement("internal", "internal"))
    False
    """
    return movement.from_usage != movement.to_usage


def bill_type(movement, rules):
    """The code of the first rule that matches; None for none of them.

    >>> bill_type(Movement("supplier", "internal"), [Rule("102", "supplier")])
    '102'
    """
    return next((rule.code for rule in rules if rule.matches(movement)), None)


@dataclass(frozen=True)
class Code:
    """A trace code of a bill, as the pre-flight sees it.

    ``is_mapped``: its product is known (FA-52). ``fits``: its product and lot moved
    with this transfer (FA-55). ``parents``: all codes it is packed in (FA-54).
    """

    code: str
    kind: str = "cn20"
    is_mapped: bool = True
    fits: bool = True
    is_void: bool = False
    parents: frozenset = frozenset()

    @property
    def is_sound(self):
        """Form only (FA-50): 20 digits, or up to 50 characters of other systems.

        >>> Code("81234567890123456789").is_sound, Code("8123").is_sound
        (True, False)
        """
        if self.kind == "cn20":
            return (
                len(self.code) == CN_LENGTH
                and self.code.isascii()
                and self.code.isdigit()
            )
        return 0 < len(self.code) <= MAX_LENGTH


@dataclass(frozen=True)
class Bill:
    """Head of a bill to be judged; times in UTC."""

    type_code: str | None
    moment: datetime | None
    own_id: str
    from_id: str
    to_id: str


@dataclass(frozen=True)
class Problem:
    """One kind of mistake and the codes that have it."""

    kind: str
    codes: tuple = ()

    @property
    def is_blocking(self):
        return self.kind not in NOTICES


def problems(bill, codes, now):
    """What the platform would refuse this bill for, and what QA should know.

    :param bill: a `Bill`
    :param codes: list of `Code`
    :param now: UTC
    :rtype: list[Problem]
    """
    return [*_head_problems(bill, now), *_code_problems(codes)]


def _head_problems(bill, now):
    found = {
        "type": not bill.type_code,
        "own_id": not bill.own_id,
        "from_id": not bill.from_id,
        "to_id": not bill.to_id,
        "future": bill.moment is None or bill.moment > now + CLOCK_SKEW,
    }
    return [Problem(kind) for kind, is_found in found.items() if is_found]


def _code_problems(codes):
    if not codes:
        return [Problem("no_codes")]
    times = Counter(code.code for code in codes)
    checks = {
        "length": lambda code: not code.is_sound,
        "unmapped": lambda code: not code.is_mapped,
        "lot": lambda code: code.is_mapped and not code.fits,
        "void": lambda code: code.is_void,
        "duplicate": lambda code: times[code.code] > 1,
        "family": lambda code: any(parent in times for parent in code.parents),
        "special": lambda code: is_special(code.code),
    }
    return [
        Problem(kind, tuple(dict.fromkeys(hits)))
        for kind, check in checks.items()
        if (hits := [code.code for code in codes if check(code)])
    ]


def is_special(code):
    """FA-51: the platform counts codes that begin with 89 as special drugs.

    A class for uploading only; which drug is special says its own file.
    """
    return code.startswith(SPECIAL_PREFIX)


def physic_type(codes):
    """The platform's drug class of a whole bill: 2 special, 3 ordinary (FA-51).

    >>> physic_type(["81234567890123456789"]), physic_type(["8923", "8123"])
    (3, 2)
    """
    return SPECIAL if any(map(is_special, codes)) else ORDINARY


def next_try(attempts, now, jitter):
    """When to try again: waits double from a minute up to two hours.

    :param attempts: tries so far, 1 at least
    :param jitter: in [0, 1), so that a hundred bills don't come back at once

    >>> next_try(1, datetime(2026, 1, 1), 0) - datetime(2026, 1, 1)
    datetime.timedelta(seconds=60)
    >>> next_try(99, datetime(2026, 1, 1), 0.5) - datetime(2026, 1, 1)
    datetime.timedelta(seconds=9000)
    """
    # The exponent is capped: a bill may be tried for weeks.
    wait = min(FIRST_WAIT * 2 ** min(attempts - 1, 20), LONGEST_WAIT)
    return now + wait * (1 + jitter / 2)
