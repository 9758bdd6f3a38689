"""Whether an uploaded page of a dossier is what it claims to be.

Only the content counts, never the file name. Nothing is executed, and no picture is
unpacked: a small file may hold a very large one.
"""

import re
import struct
import zlib
from io import BytesIO

# Odoo stops Pillow from loading plugins by itself, so WebP is registered by import.
from PIL import Image, WebPImagePlugin  # noqa: F401
from pypdf import PdfReader
from pypdf.errors import DependencyError, PyPdfError
from pypdf.generic import DictionaryObject

PDF = "application/pdf"
_IMAGE_FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}
_SIGNATURES = (
    (b"%PDF-", PDF),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
)
# What people (and worse) upload instead; the first match names it.
_FOREIGN_SIGNATURES = (
    (b"MZ", "executable"),
    (b"\x7fELF", "executable"),
    (b"\xca\xfe\xba\xbe", "executable"),
    (b"\xcf\xfa\xed\xfe", "executable"),
    (b"\xce\xfa\xed\xfe", "executable"),
    (b"#!", "executable"),
    (b"PK\x03\x04", "zip/office"),
    (b"PK\x05\x06", "zip/office"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "zip/office"),
    (b"Rar!\x1a\x07", "zip/office"),
    (b"7z\xbc\xaf\x27\x1c", "zip/office"),
    (b"\x1f\x8b", "zip/office"),
    (b"GIF8", "image"),
    (b"BM", "image"),
    (b"II*\x00", "image"),
    (b"MM\x00*", "image"),
)
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"mif1", b"msf1", b"avif"})
# Odoo's own limit for pictures; an A4 page at 600 dpi has 35 million.
MAX_PIXELS = 50_000_000
_MAX_PAGE_NODES = 100_000
# Any marker but the two that belong to the picture data (stuffed zero, restart).
_JPEG_MARKER = re.compile(rb"\xff([\xc0-\xcf\xd8-\xfe])")
_JPEG_END = b"\xd9"
# On hostile input the libraries let errors of almost any builtin kind escape.
_PARSER_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    NameError,
    NotImplementedError,
    OSError,
    RecursionError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
_PDF_ERRORS = (PyPdfError, DependencyError, *_PARSER_ERRORS)


class UploadError(ValueError):
    """A file that can't be filed."""


class FileEmpty(UploadError):
    """Nothing inside."""


class FileTooLarge(UploadError):
    """More bytes than allowed."""

    def __init__(self, size: int, limit: int):
        super().__init__(f"{size} bytes, {limit} allowed")
        self.size = size
        self.limit = limit


class FileTypeNotAllowed(UploadError):
    """Neither PDF, PNG, JPEG nor WebP.

    ``found``: "executable", "zip/office", "html/svg", "image" or "unknown".
    """

    def __init__(self, found: str):
        super().__init__(found)
        self.found = found


class FileCorrupt(UploadError):
    """The right type, but it can't be shown.

    ``reason``: "unreadable", "truncated", "encrypted", "no_pages" or
    "too_many_pixels".
    """

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


def sniff(data: bytes) -> str | None:
    """The MIME type the content shows, among the four allowed.

    >>> sniff(b"%PDF-1.7 ..."), sniff(b"MZ...")
    ('application/pdf', None)
    """
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next(
        (mimetype for start, mimetype in _SIGNATURES if data.startswith(start)), None
    )


def _foreign_kind(data: bytes) -> str:
    """What a file that isn't allowed seems to be, as a hint for the person."""
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        return "image"
    # Blanks, byte order marks and the zero bytes of UTF-16 may precede markup.
    if data[:1024].lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n").startswith(b"<"):
        return "html/svg"
    return next(
        (kind for start, kind in _FOREIGN_SIGNATURES if data.startswith(start)),
        "unknown",
    )


def _allowed_type(data: bytes) -> str:
    mimetype = sniff(data)
    if mimetype is None:
        raise FileTypeNotAllowed(_foreign_kind(data))
    return mimetype


class _Exhausted(BaseException):
    """Not an Exception, for pypdf swallows those while it repairs a file."""


class _RationedBytes(BytesIO):
    """A file that may only be read so often: parsers going in circles run dry.

    The ration is some fifty times the file, each call counting for ten bytes.
    """

    def __init__(self, data: bytes):
        super().__init__(data)
        self._ration = 1_000_000 + 50 * len(data)

    def _spend(self, size: int) -> None:
        self._ration -= 10 + size
        if self._ration < 0:
            raise _Exhausted()

    def read(self, size: int | None = -1, /) -> bytes:
        chunk = super().read(size)
        self._spend(len(chunk))
        return chunk

    def getbuffer(self) -> memoryview:
        view = super().getbuffer()
        self._spend(len(view))
        return view

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self._spend(0)
        return super().seek(offset, whence)


def _count_pages(reader: PdfReader) -> int:
    """The leaves of the page tree, each once.

    Walked here: pypdf follows a crooked tree without end before version 6, and of an
    encrypted file it only repeats what the file claims.
    """
    pending, seen, count = [reader.root_object["/Pages"]], {}, 0
    while pending:
        if len(pending) + len(seen) > _MAX_PAGE_NODES:
            raise FileCorrupt("unreadable")
        node = pending.pop().get_object()
        if not isinstance(node, DictionaryObject) or id(node) in seen:
            continue
        seen[id(node)] = node
        if "/Kids" in node:
            pending.extend(node["/Kids"])
        else:
            count += 1
    return count


def _pdf_pages(data: bytes) -> int:
    try:
        reader = PdfReader(_RationedBytes(data))
        # Many scanners lock against editing only: an empty password opens those.
        if reader.is_encrypted and not reader.decrypt(""):
            raise FileCorrupt("encrypted")
        return _count_pages(reader)
    except FileCorrupt:
        raise
    except (_Exhausted, *_PDF_ERRORS) as error:
        raise FileCorrupt("unreadable") from error


def _check_pdf(data: bytes) -> None:
    if not _pdf_pages(data):
        raise FileCorrupt("no_pages")


def _is_jpeg_cut_short(data: bytes) -> bool:
    """Whether no end marker follows the picture data (one in a thumbnail won't do)."""
    position = 2
    while marker := _JPEG_MARKER.search(data, position):
        if marker[1] == _JPEG_END:
            return False
        length = data[marker.end() : marker.end() + 2]
        position = marker.end() + int.from_bytes(length, "big")
    return True


def _is_cut_short(data: bytes, mimetype: str) -> bool:
    """What Pillow doesn't notice, since Odoo tells it to load half pictures too."""
    if mimetype == "image/webp":
        return int.from_bytes(data[4:8], "little") + 8 > len(data)
    return mimetype == "image/jpeg" and _is_jpeg_cut_short(data)


def _open_image(data: bytes, mimetype: str) -> Image.Image:
    """Only the head is read, by the one decoder the content calls for."""
    try:
        return Image.open(BytesIO(data), formats=[_IMAGE_FORMATS[mimetype]])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise FileCorrupt("too_many_pixels") from error
    except _PARSER_ERRORS as error:
        raise FileCorrupt("unreadable") from error


def _check_image(data: bytes, mimetype: str) -> None:
    if _is_cut_short(data, mimetype):
        raise FileCorrupt("truncated")
    image = _open_image(data, mimetype)
    if image.width * image.height > MAX_PIXELS:
        raise FileCorrupt("too_many_pixels")
    try:
        # For PNG this reads on to the end, comparing checksums.
        image.verify()
    except _PARSER_ERRORS as error:
        raise FileCorrupt("truncated") from error


def check(data: bytes, limit_bytes: int) -> str:
    """The MIME type of a file that may be filed; an `UploadError` otherwise."""
    if not data:
        raise FileEmpty()
    if len(data) > limit_bytes:
        raise FileTooLarge(len(data), limit_bytes)
    mimetype = _allowed_type(data)
    if mimetype == PDF:
        _check_pdf(data)
    else:
        _check_image(data, mimetype)
    return mimetype


def pages(data: bytes) -> int:
    """How many pages a file has; a picture is one."""
    return _pdf_pages(data) if _allowed_type(data) == PDF else 1
