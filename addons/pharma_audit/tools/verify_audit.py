#!/usr/bin/env python3
"""The chain that seals the audit trail, and its proof. Runs alone, without Odoo.

    python3 verify_audit.py EXPORT.jsonl [--head NUMBER:HASH ...]

checks an export offline and names the first broken row. It needs Python and, for SM3,
the ``cryptography`` package. The product uses the very same file to seal and to verify,
so what an inspector runs at home is what runs here.

How it works. Every entry of the trail has one *line*, a JSON array that PostgreSQL
writes. A *seal* binds a batch of entries: its hash covers its number, its date, the ids
of its entries, the hash of the seal before it and all lines. Whoever alters, deletes or
inserts a sealed row breaks that seal; whoever makes a new seal to hide it breaks every
later one, and all heads that were written down elsewhere before. The seal also keeps a
short *leaf* of each line, bound by the same hash, only so that the row can be named.
"""

import argparse
import hashlib
import json
import sys
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

try:  # the chain's default; SHA-256 needs the standard library only
    from cryptography.hazmat.primitives import hashes

    _SM3 = hashes.SM3()
except ImportError:
    hashes = None

FORMAT = "pharma-audit-1"
GENESIS = "0" * 64
SHORT = 8  # bytes of a leaf
MAX_PROBLEMS = 100

Ranges = tuple[tuple[int, int], ...]


class UnknownAlgorithmError(ValueError):
    """The digest algorithm isn't one of ALGORITHMS or can't be computed here."""


def sm3(data: bytes) -> bytes:
    """The digest of GB/T 32905-2016.

    >>> sm3(b"abc").hex()[:16]
    '66c7f0f462eeedd9'
    """
    if hashes is None:
        raise UnknownAlgorithmError("SM3 needs the Python package cryptography")
    state = hashes.Hash(_SM3)
    state.update(data)
    return state.finalize()


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


ALGORITHMS = {"sm3": sm3, "sha256": sha256}


def digest_of(algorithm: str):
    """The digest function of that name.

    :raise UnknownAlgorithmError: unless it is one of ALGORITHMS
    """
    try:
        return ALGORITHMS[algorithm]
    except KeyError:
        raise UnknownAlgorithmError(f"unknown digest algorithm {algorithm}") from None


def compress(ids: Iterable[int]) -> Ranges:
    """Sorted ids as ranges of first and last.

    >>> compress([1, 2, 3, 7, 9, 10])
    ((1, 3), (7, 7), (9, 10))
    """
    ranges: list[list[int]] = []
    for number in ids:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return tuple((first, last) for first, last in ranges)


def expand(ranges: Ranges) -> Iterator[int]:
    """
    >>> list(expand(((1, 3), (7, 7))))
    [1, 2, 3, 7]
    """
    for first, last in ranges:
        yield from range(first, last + 1)


def contains(ranges: Ranges, number: int) -> bool:
    """Whether sorted ranges hold a number.

    >>> contains(((1, 3), (7, 7)), 3), contains(((1, 3), (7, 7)), 5)
    (True, False)
    """
    position = bisect_right(ranges, (number, sys.maxsize)) - 1
    return position >= 0 and number <= ranges[position][1]


def merge(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """Any ranges, in any order, as sorted ones without overlap.

    >>> merge([(5, 6), (1, 3), (4, 4)])
    ((1, 6),)
    """
    merged: list[list[int]] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1][1] = max(merged[-1][1], last)
        else:
            merged.append([first, last])
    return tuple((first, last) for first, last in merged)


def line_id(line: bytes) -> int:
    """The id of an entry, the first value of its line.

    >>> line_id(b'[42, "2026-01-01", 7]')
    42
    """
    return int(line[1 : line.index(b",")])


@dataclass(frozen=True)
class Seal:
    """One link of the chain: which entries it binds, and to what."""

    number: int
    date: str
    algorithm: str
    ranges: Ranges
    previous: str
    leaves: bytes = field(repr=False)
    hash: str

    @property
    def count(self) -> int:
        return sum(last - first + 1 for first, last in self.ranges)

    @property
    def is_sound(self) -> bool:
        """Whether it can be followed at all: nobody made up its parts."""
        return (
            self.algorithm in ALGORITHMS
            and bool(self.ranges)
            and self.ranges == merge(self.ranges)
            and self.count * SHORT == len(self.leaves)
        )

    def as_dict(self) -> dict:
        return {
            "number": self.number,
            "date": self.date,
            "algorithm": self.algorithm,
            "ranges": [list(pair) for pair in self.ranges],
            "previous": self.previous,
            "leaves": self.leaves.hex(),
            "hash": self.hash,
        }

    @classmethod
    def from_dict(cls, values: dict) -> "Seal":
        ranges = tuple((first, last) for first, last in values["ranges"])
        leaves = bytes.fromhex(values["leaves"])
        return cls(**dict(values, ranges=ranges, leaves=leaves))


def leaf(line: bytes) -> bytes:
    """A short mark of a line: it finds a row, it proves nothing by itself."""
    return sha256(line)[:SHORT]


def chain_hash(number, date, algorithm, ranges, previous, leaves, lines) -> str:
    """The hash of a seal, over leaves and lines."""
    head = [number, date, algorithm, [list(pair) for pair in ranges], previous]
    text = json.dumps(head, separators=(",", ":")).encode()
    return digest_of(algorithm)(b"\n".join((text, leaves, *lines))).hex()


def make_seal(number, date, algorithm, previous, lines: list[bytes]) -> Seal:
    """Seal entries, given as lines in the order of their ids."""
    leaves = b"".join(map(leaf, lines))
    ranges = compress(map(line_id, lines))
    return Seal(
        number=number,
        date=date,
        algorithm=algorithm,
        ranges=ranges,
        previous=previous,
        leaves=leaves,
        hash=chain_hash(number, date, algorithm, ranges, previous, leaves, lines),
    )


@dataclass(frozen=True)
class Problem:
    """One thing that is not as it was sealed.

    ``kind`` is altered, deleted, inserted (a row), seal_altered, seal_missing (a link)
    or head (a head known from elsewhere differs, so the end was cut off or replaced).
    """

    kind: str
    seal: int | None = None
    entry: int | None = None

    def __str__(self) -> str:
        return SENTENCES[self.kind].format(entry=self.entry, seal=self.seal)


SENTENCES = {
    "altered": "entry {entry} was altered after seal {seal} was made",
    "deleted": "entry {entry} of seal {seal} is missing",
    "inserted": "entry {entry} was put in afterwards: no seal knows it",
    "seal_altered": "seal {seal} itself was altered or made anew",
    "seal_missing": "seal {seal} is missing",
    "head": "seal {seal} differs from the head that was written down elsewhere",
}


@dataclass
class Report:
    """What a verification found; ``problems`` in the order of the chain."""

    entries: int = 0
    seals: int = 0
    number: int = 0
    head: str = GENESIS
    problems: list[Problem] = field(default_factory=list)

    @property
    def is_intact(self) -> bool:
        return not self.problems

    @property
    def first(self) -> Problem | None:
        """The first broken row, or the first broken link when no row is."""
        rows = [problem for problem in self.problems if problem.entry is not None]
        return min(rows, key=lambda p: p.entry, default=next(iter(self.problems), None))


class Verifier:
    """Follows the chain link by link.

    :param heads: {seal number: hash} known from elsewhere (a printed QR code, a mail)
    :param start: (number, hash) of the seal before the first one that will be given
    """

    def __init__(self, heads=None, start=(0, GENESIS)):
        self.heads = dict(heads or {})
        self.report = Report(number=start[0], head=start[1])
        self._start = start[0]

    def check(self, seal: Seal, lines: list[bytes]) -> None:
        """Take the next seal with its entries, in the order of their ids."""
        self._check_link(seal)
        if not seal.is_sound:
            self.add(Problem("seal_altered", seal.number))
        elif self._hash(seal, seal.leaves, lines) != seal.hash:
            self._name_rows(seal, lines)
        report = self.report
        report.entries += len(lines)
        report.seals += 1
        report.number, report.head = seal.number, seal.hash

    @staticmethod
    def _hash(seal, leaves, lines):
        return chain_hash(
            seal.number,
            seal.date,
            seal.algorithm,
            seal.ranges,
            seal.previous,
            leaves,
            lines,
        )

    def _check_link(self, seal):
        report = self.report
        for number in range(report.number + 1, seal.number):
            self.add(Problem("seal_missing", number))
        is_next = seal.number == report.number + 1
        if seal.number <= report.number or (is_next and seal.previous != report.head):
            self.add(Problem("seal_altered", seal.number))
        if self.heads.get(seal.number, seal.hash) != seal.hash:
            self.add(Problem("head", seal.number))

    def _name_rows(self, seal, lines):
        """The seal doesn't fit: which row is it?"""
        given, found = {}, []
        for line in lines:
            number = line_id(line)
            if number in given:
                found.append(Problem("inserted", seal.number, number))
            given.setdefault(number, leaf(line))
        marks = b"".join(given.values())
        if not found and self._hash(seal, marks, lines) == seal.hash:
            # The rows are right; somebody was at the marks that name them.
            self.add(Problem("seal_altered", seal.number))
            return
        for position, entry in enumerate(expand(seal.ranges)):
            mark = given.pop(entry, None)
            if mark is None:
                found.append(Problem("deleted", seal.number, entry))
            elif mark != seal.leaves[position * SHORT : (position + 1) * SHORT]:
                found.append(Problem("altered", seal.number, entry))
        found += [Problem("inserted", seal.number, entry) for entry in given]
        for problem in found or [Problem("seal_altered", seal.number)]:
            self.add(problem)

    def add_stray(self, entry: int) -> None:
        """An entry that no seal knows though it is older than the last ones."""
        self.add(Problem("inserted", None, entry))

    def finish(self) -> Report:
        """The verdict, after the last seal."""
        for number in sorted(self.heads):
            if number > max(self.report.number, self._start):
                self.add(Problem("seal_missing", number))
        return self.report

    def add(self, problem: Problem) -> None:
        if len(self.report.problems) < MAX_PROBLEMS:
            self.report.problems.append(problem)


def read_export(stream) -> Iterator[tuple[Seal, list[bytes]]]:
    """Seals with their lines from an export: a header, then each seal before its rows.

    :param stream: binary lines
    :raise ValueError: when it is no such export
    """
    header = json.loads(next(iter(stream), b"{}"))
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise ValueError("this is not an export of the audit trail")
    seal, lines = None, []
    for raw in stream:
        line = raw.rstrip(b"\n")
        if line.startswith(b"{"):
            if seal:
                yield seal, lines
            seal, lines = Seal.from_dict(json.loads(line)["seal"]), []
        elif line:
            if seal is None:
                raise ValueError("a row comes before the first seal")
            lines.append(line)
    if seal:
        yield seal, lines


def verify_export(stream, heads=None) -> Report:
    """Check an export; one that starts later than seal 1 is checked from there on."""
    verifier = None
    for seal, lines in read_export(stream):
        if verifier is None:
            verifier = Verifier(heads, start=(seal.number - 1, seal.previous))
        verifier.check(seal, lines)
    return (verifier or Verifier(heads)).finish()


def parse_head(text: str) -> tuple[int, str]:
    """A head as printed: number and hash, perhaps with the scheme of the QR code.

    >>> parse_head("pharma-audit:17:" + "ab" * 32) == (17, "ab" * 32)
    True
    """
    number, separator, value = text.strip().removeprefix("pharma-audit:").partition(":")
    value = value.strip().lower()
    if not separator or not number.strip().isdigit() or len(value) != len(GENESIS):
        raise ValueError("a head reads NUMBER:HASH")
    return int(number), value


def say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")


def tell(report: Report) -> int:
    """Say what a verification found; 0 when intact, 1 when broken."""
    say(f"{report.entries} entries in {report.seals} seals")
    say(f"head {report.number}:{report.head}")
    if report.is_intact:
        say("intact")
        return 0
    say(f"BROKEN: {report.first}")
    for problem in report.problems:
        say(f"  - {problem}")
    return 1


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(description="Check an export of the audit trail.")
    parser.add_argument("export")
    parser.add_argument("--head", action="append", default=[], type=parse_head)
    options = parser.parse_args(arguments)
    try:
        with open(options.export, "rb") as stream:
            return tell(verify_export(stream, dict(options.head)))
    except (ValueError, KeyError, TypeError, OSError) as error:
        say(f"BROKEN: this can't be read as an export: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
