"""The zip an inspector takes along: safe readable names, digests over every file.

>>> safe_name("药品/经营许可证: 2026?.pdf")
'药品_经营许可证_ 2026_.pdf'
>>> sum_line("00ff", "资料/许可证.pdf")
'00ff  资料/许可证.pdf'
"""

import hashlib
import re
import unicodedata
from datetime import datetime
from io import BytesIO
from pathlib import PurePosixPath
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

SUMS = "SHA256SUMS"
# Three folders deep this stays under the 260 characters Windows opens, and, with four
# bytes a character at worst, under the 255 bytes of a Linux file name.
MAX_NAME = 60
_CHUNK = 1 << 20
_RESERVED = re.compile(r'[<>:"/\\|?*]')
# Windows keeps these for devices, whatever the ending.
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
# Controls, and marks that turn the direction of reading and so disguise an ending.
_INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_JOINER = "\u200d"  # holds emoji together


def safe_name(name: str, fallback: str = "_") -> str:
    """One part of a path that every system can unpack; the ending stays when cut.

    >>> safe_name("../../etc/passwd"), safe_name(".."), safe_name("NUL.pdf")
    ('.._.._etc_passwd', '_', '_NUL.pdf')
    >>> safe_name("长" * 300 + ".pdf")[-6:], len(safe_name("长" * 300 + ".pdf"))
    ('长长.pdf', 60)
    """
    visible = "".join(
        char
        for char in unicodedata.normalize("NFC", name)
        if char == _JOINER or unicodedata.category(char) not in _INVISIBLE
    )
    bare = _cut(_RESERVED.sub("_", visible).strip())
    # Windows drops dots and blanks at the end; "." and ".." lead out of the folder.
    bare = bare.rstrip(". ")
    if _DEVICE.fullmatch(bare):
        bare = f"_{bare}"
    return bare or fallback


def _cut(name, room=MAX_NAME):
    if len(name) <= room:
        return name
    ending = PurePosixPath(name).suffix
    if len(ending) > 10:
        ending = ""
    return name[: room - len(ending)].rstrip(". ") + ending


class Names:
    """Gives out paths, each once; systems that ignore case see them as different too.

    >>> names = Names()
    >>> [names.take("资料", "A.pdf"), names.take("资料", "a.PDF")]
    ['资料/A.pdf', '资料/a (2).PDF']
    """

    def __init__(self):
        self._taken = set()

    def take(self, *parts: str) -> str:
        *folders, name = (safe_name(part) for part in parts)
        path = PurePosixPath(*folders, name)
        stem, ending, number = path.stem, path.suffix, 1
        while str(path).casefold() in self._taken:
            number += 1
            mark = f" ({number})"
            room = MAX_NAME - len(ending) - len(mark)
            path = path.with_name(f"{stem[:room].rstrip()}{mark}{ending}")
        self._taken.add(str(path).casefold())
        return str(path)


def sum_line(digest: str, path: str) -> str:
    """A line as ``sha256sum -c`` reads it."""
    return f"{digest}  {path}"


class Archive:
    """A zip written in one go, remembering the digest of each file.

    :param file: binary file to write to
    :param moment: when each entry is said to be made
    """

    def __init__(self, file, moment: datetime):
        self._zip = ZipFile(file, "w")
        self._date_time = moment.timetuple()[:6]
        self.digests: dict[str, str] = {}

    def add_text(self, path: str, text: str):
        self.add(path, BytesIO(text.encode()), ZIP_DEFLATED)

    def add(self, path: str, source, compression=ZIP_STORED):
        """Copy a binary file into the zip, a piece at a time: scans may be large."""
        info = ZipInfo(path, self._date_time)
        info.compress_type = compression
        info.external_attr = 0o644 << 16
        digest = hashlib.sha256()
        with self._zip.open(info, "w") as target:
            while chunk := source.read(_CHUNK):
                digest.update(chunk)
                target.write(chunk)
        self.digests[path] = digest.hexdigest()

    def __enter__(self):
        return self

    def __exit__(self, error, *_details):
        """Add the digests of all that went before and finish the file."""
        if error is None:
            lines = [sum_line(digest, path) for path, digest in self.digests.items()]
            self.add_text(SUMS, "\n".join(lines) + "\n")
        self._zip.close()
