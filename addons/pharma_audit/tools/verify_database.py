"""The proof of the chain straight from the database, a window at a time.

It needs a cursor of psycopg2 and nothing of Odoo, so that an operator can run it beside
a server that is down: ``make verify-audit``.
"""

import io
import json
from base64 import b64decode
from pathlib import Path

from . import ddl
from .archive import Archives
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


def verify(cursor, heads=None, folder=None) -> Report:
    """Hold every sealed row against its seal, and every seal against the one before.

    :param heads: {seal number: hash} known from elsewhere
    :param folder: where the files of archived months are
    """
    archives = Archives(archive_files(cursor, folder)) if folder else Archives()
    verifier = Verifier(heads)
    strays, ranges, after, reached = [], [], 0, 0
    while seals := read_seals(cursor, after):
        for window in windows(seals):
            strays += check_window(cursor, verifier, archives, window, reached + 1)
            sound = [seal for seal in window if seal.is_sound]
            ranges += [pair for seal in sound for pair in seal.ranges]
            reached = max([reached, *(seal.ranges[-1][1] for seal in sound)])
        after = seals[-1].number
    settled = settled_id(cursor)
    strays += ids_between(cursor, reached + 1, settled)
    strays += ids_between(cursor, -(2**63), 0)
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
    return [as_seal(*row) for row in cursor.fetchall()]


def as_seal(number, date, algorithm, ranges, previous, leaves, value) -> Seal:
    """A row as a seal; what can't be read makes one that is not sound."""
    try:
        pairs = tuple((int(first), int(last)) for first, last in json.loads(ranges))
        marks = b64decode(bytes(leaves))
    except (ValueError, TypeError):
        pairs, marks = (), b""
    return Seal(number, date, algorithm, pairs, previous, marks, value)


def archive_files(cursor, folder):
    """(path, SHA-256, ranges) of each archived month."""
    cursor.execute("SELECT file_name, sha256, ranges FROM pharma_audit_archive")
    return [
        (Path(folder) / Path(name).name, digest, [tuple(pair) for pair in ranges or ()])
        for name, digest, ranges in cursor.fetchall()
    ]


def settled_id(cursor) -> int:
    """Up to this id nothing can appear any more."""
    cursor.execute("SELECT COALESCE(max(frontier_id), 0) FROM pharma_audit_seal")
    return cursor.fetchone()[0]


def ids_between(cursor, first, last) -> list[int]:
    cursor.execute(
        "SELECT id FROM pharma_audit_entry WHERE id BETWEEN %s AND %s"
        " ORDER BY id LIMIT %s",
        (first, last, MAX_PROBLEMS),
    )
    return [number for (number,) in cursor.fetchall()]


def check_window(cursor, verifier, archives, seals, start) -> list[int]:
    """Check some seals; return ids met on the way that are none of theirs."""
    sound = [seal for seal in seals if seal.is_sound]
    first = min([start, *(seal.ranges[0][0] for seal in sound)])
    last = max([start - 1, *(seal.ranges[-1][1] for seal in sound)])
    owned, strays = assign(sound, read_lines(cursor, first, last))
    lines = dict(zip((seal.number for seal in sound), owned, strict=True))
    for seal in seals:
        own = archives.complete(seal, lines[seal.number]) if seal.is_sound else []
        verifier.check(seal, own)
    return strays


def windows(seals):
    """Consecutive seals of about WINDOW entries together."""
    window, count = [], 0
    for seal in seals:
        if window and count >= WINDOW:
            yield window
            window, count = [], 0
        window.append(seal)
        count += seal.count if seal.is_sound else 0
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
