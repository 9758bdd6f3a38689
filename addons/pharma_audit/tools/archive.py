"""Months of the trail that were moved to files, read again when they are needed."""

import gzip
import hashlib
from pathlib import Path

from .verify_audit import Ranges, Seal, contains, line_id, merge, read_export

PIECE = 1 << 20


def file_digest(path: Path) -> str:
    """SHA-256 of a file, piece by piece."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()


class Archives:
    """Files that hold whole seals; one is kept in memory at a time.

    :param files: (path, SHA-256, ranges of the entries that were moved) of each
    """

    def __init__(self, files=()):
        self.files = [(Path(path), digest, merge(r)) for path, digest, r in files]
        self.ranges: Ranges = merge(pair for *_file, r in self.files for pair in r)
        self._open = None
        self._seals: dict[int, list[bytes]] = {}

    def complete(self, seal: Seal, lines: list[bytes]) -> list[bytes]:
        """The lines of a seal, those that were archived among them, in order."""
        found = {line_id(line): line for line in lines}
        if len(found) != len(lines) or len(found) == seal.count:
            return lines
        for position, (_path, _digest, ranges) in enumerate(self.files):
            if not any(_overlap(pair, ranges) for pair in seal.ranges):
                continue
            for line in self._lines(position, seal.number):
                number = line_id(line)
                if contains(ranges, number):
                    found.setdefault(number, line)
        return [found[number] for number in sorted(found)]

    def _lines(self, position, number):
        if self._open != position:
            self._open, self._seals = position, self._read(position)
        return self._seals.get(number, [])

    def _read(self, position):
        path, digest, _ranges = self.files[position]
        if not path.exists() or file_digest(path) != digest:
            return {}  # its entries are then told to be missing
        with gzip.open(path) as stream:
            return {seal.number: lines for seal, lines in read_export(stream)}


def _overlap(pair, ranges) -> bool:
    first, last = pair
    return any(start <= last and first <= end for start, end in ranges)
