"""The proof of the chain straight from the database, a window at a time.

It needs a cursor of psycopg2 and nothing of Odoo, so that an operator can run it beside
a server that is down: ``make verify-audit``.
"""

import io
import json
from base64 import b64decode

from . import ddl
from .verify_audit import (
    MAX_PROBLEMS,
    Report,
    Seal,
    Verifier,
    contains,
    line_id,
    merge,
)

WINDOW = 50_000  # entries held in memory at once
SEALS_AT_ONCE = 1000


class LineSink(io.RawIOBase):
    """Takes what COPY writes, one line a call."""

    def __init__(self):
        super().__init__()
        self.lines = []

    def writable(self):
        return True

    def write(self, line):  # pylint: disable=method-required-super
        self.lines.append(bytes(line[:-1]))
        return len(line)


def read_lines(cursor, first, last) -> list[bytes]:
    """The lines of the entries between two ids, as PostgreSQL writes them."""
    sink = LineSink()
    cursor.copy_expert(
        ddl.COPY_LINES.format(line=ddl.LINE, first=int(first), last=int(last)), sink
    )
    return sink.lines


def verify(cursor, heads=None, archived=None) -> Report:
    """Hold every sealed row against its seal, and every seal against the one before.

    :param heads: {seal number: hash} known from elsewhere
    :param archived: ranges of entries moved to files; read from the database if None
    """
    archived = archived_ranges(cursor) if archived is None else archived
    verifier = Verifier(heads, archived)
    strays, ranges, after, reached = [], [], 0, 0
    while seals := read_seals(cursor, after):
        for window in windows(seals):
            strays += check_window(cursor, verifier, window, reached + 1)
            ranges += [pair for seal in window for pair in seal.ranges]
            reached = max(reached, window[-1].ranges[-1][1])
        after = seals[-1].number
    settled = settled_id(cursor)
    strays += ids_between(cursor, reached + 1, settled)
    known = merge(ranges)
    for entry in sorted(strays):
        # A later one may belong to a transaction that ended just now.
        if entry <= settled and not contains(known, entry):
            verifier.add_stray(entry)
    return verifier.finish()


def read_seals(cursor, after, limit=SEALS_AT_ONCE) -> list[Seal]:
    """The next seals after a number."""
    cursor.execute(
        """SELECT number, date, algorithm, ranges, previous_hash, leaves, hash
             FROM pharma_audit_seal WHERE number > %s ORDER BY number LIMIT %s""",
        (after, limit),
    )
    return [
        Seal(
            number=number,
            date=date,
            algorithm=algorithm,
            ranges=tuple((first, last) for first, last in json.loads(ranges)),
            previous=previous,
            leaves=b64decode(bytes(leaves)),
            hash=value,
        )
        for number, date, algorithm, ranges, previous, leaves, value in (
            cursor.fetchall()
        )
    ]


def archived_ranges(cursor):
    cursor.execute("SELECT ranges FROM pharma_audit_archive")
    return merge(
        (first, last) for (ranges,) in cursor.fetchall() for first, last in ranges or ()
    )


def settled_id(cursor) -> int:
    """Up to this id nothing can appear any more."""
    cursor.execute(
        "SELECT frontier_id FROM pharma_audit_seal ORDER BY number DESC LIMIT 1"
    )
    row = cursor.fetchone()
    return (row and row[0]) or 0


def ids_between(cursor, first, last) -> list[int]:
    cursor.execute(
        "SELECT id FROM pharma_audit_entry WHERE id BETWEEN %s AND %s"
        " ORDER BY id LIMIT %s",
        (first, last, MAX_PROBLEMS),
    )
    return [number for (number,) in cursor.fetchall()]


def check_window(cursor, verifier, seals, start) -> list[int]:
    """Check some seals; return ids met on the way that are none of theirs."""
    first = min(start, *(seal.ranges[0][0] for seal in seals))
    last = max(seal.ranges[-1][1] for seal in seals)
    owned, strays = assign(seals, read_lines(cursor, first, last))
    for seal, lines in zip(seals, owned, strict=True):
        verifier.check(seal, lines)
    return strays


def windows(seals):
    """Consecutive seals of about WINDOW entries together."""
    window, count = [], 0
    for seal in seals:
        if window and count + seal.count > WINDOW:
            yield window
            window, count = [], 0
        window.append(seal)
        count += seal.count
    if window:
        yield window


def assign(seals, lines):
    """The lines of each seal, and the ids of lines that are nobody's here."""
    owners = sorted(
        (first, last, position)
        for position, seal in enumerate(seals)
        for first, last in seal.ranges
    )
    owned, strays, current = [[] for _seal in seals], [], 0
    for line in lines:
        number = line_id(line)
        while current < len(owners) and owners[current][1] < number:
            current += 1
        if current < len(owners) and owners[current][0] <= number:
            owned[owners[current][2]].append(line)
        else:
            strays.append(number)
    return owned, strays
