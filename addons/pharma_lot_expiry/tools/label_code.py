"""The two-dimensional codes of our labels, as squares of 0 and 1.

A QR code says which record a label is for (``L:17`` a lot, ``P:WH-A1`` a place). The
GS1 DataMatrix says what any scanner of the trade reads: product, expiry and lot.

>>> gs1_text("06901234567892", date(2027, 5, 31), "A-17")
'01069012345678921727053110A-17'
"""

import re
from datetime import date

import qrcode
from reportlab.graphics.barcode.ecc200datamatrix import ECC200DataMatrix
from stdnum import ean

# What GS1 allows in a lot number (AI 10).
_LOT = re.compile(r"[!-\"%-?A-Z_a-z]{1,20}")
# Side in modules, data and error correction words of the smaller squares (ISO 16022).
_SQUARES = ((18, 18, 14), (20, 22, 18), (22, 30, 20), (24, 36, 24), (26, 44, 28))
FNC1, PAD = 232, 129


def gtin14(code: str | None) -> str | None:
    """A valid GTIN of 8, 12, 13 or 14 digits, filled up to 14; None for others.

    >>> gtin14("6901234567892"), gtin14("6901234567890"), gtin14(None)
    ('06901234567892', None, None)
    """
    compact = ean.compact(code or "")
    return compact.zfill(14) if compact and ean.is_valid(compact) else None


def gs1_text(gtin: str | None, expiry: date | None, lot: str | None) -> str | None:
    """AI 01, 17 and 10 in one string; None where GS1 couldn't say it.

    >>> gs1_text(None, date(2027, 5, 31), "A"), gs1_text("6901234567892", None, "A")
    (None, None)

    The lot comes last, so that its varying length needs no separator.
    """
    number = gtin14(gtin)
    if not number or not expiry or not _LOT.fullmatch(lot or ""):
        return None
    return f"01{number}17{expiry:%y%m%d}10{lot}"


def qr_matrix(text: str) -> list[list[int]]:
    """A QR code without its quiet zone; a quarter of it may be torn (level Q)."""
    code = qrcode.QRCode(border=0, error_correction=qrcode.constants.ERROR_CORRECT_Q)
    code.add_data(text)
    code.make(fit=True)
    return [[int(cell) for cell in row] for row in code.get_matrix()]


def data_matrix(text: str) -> list[list[int]]:
    """A GS1 DataMatrix without its quiet zone.

    :raise ValueError: for a text too long for 26 × 26 modules (44 words)
    """
    words = _ascii_words(text)
    for side, data, correction in _SQUARES:
        if len(words) <= data:
            return _Square(side, _padded(words, data), correction).rows()
    raise ValueError(f"{len(words)} words")


def _ascii_words(text: str) -> list[int]:
    """FNC1 tells GS1; two digits share a word."""
    pairs = re.findall(r"\d\d|.", text)
    return [FNC1, *(130 + int(p) if len(p) == 2 else ord(p) + 1 for p in pairs)]


def _padded(words: list[int], size: int) -> list[int]:
    """Filled up with pads, all but the first spread by the 253-state rule."""
    filled = list(words)
    while len(filled) < size:
        if len(filled) == len(words):
            filled.append(PAD)
        else:
            pad = PAD + (149 * (len(filled) + 1)) % 253 + 1
            filled.append(pad if pad <= 254 else pad - 254)
    return filled


class _Square(ECC200DataMatrix):
    """ReportLab places and corrects; it knows one size and no FNC1 by itself."""

    def __init__(self, side, words, correction):
        super().__init__(value="")
        self.row_modules = self.col_modules = side
        self.row_regions = self.col_regions = 1
        self.row_usable_modules = self.col_usable_modules = side - 2
        self._words = words
        self._correction = correction

    def rows(self) -> list[list[int]]:
        code = self._get_reed_solomon_code(self._words, self._correction)
        matrix = self._create_matrix([*self._words, *code])
        regions = self._wrap_data_regions_with_finders(
            self._create_data_regions(matrix)
        )
        return self._merge_data_regions(regions)
