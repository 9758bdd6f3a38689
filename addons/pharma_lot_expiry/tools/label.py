"""Labels drawn dot by dot, as label printers print them, and put on pages.

Debian's wkhtmltopdf scales what it prints, so a label of 60 × 40 mm would come out
smaller and its code with it. Here a millimetre is a millimetre on every server.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from .label_code import data_matrix, qr_matrix

DPI = 300
POINTS = 72  # to the inch, in a PDF
A4 = (210, 297)
SIZES = {"60x40": (60, 40), "100x60": (100, 60)}
MARGIN = 2.0  # mm
SMALLEST = 12  # dots: 1 mm, still legible
WHITE, BLACK = 1, 0


@dataclass(frozen=True)
class Font:
    """A font file, and which of the fonts in it."""

    path: str
    index: int = 0


@dataclass(frozen=True)
class Fonts:
    """Fonts that know Chinese."""

    normal: Font
    bold: Font


@dataclass(frozen=True)
class Label:
    """What one label says: a title, lines, the line to be seen from afar, codes."""

    title: str
    lines: tuple[str, ...]
    big: str
    qr: str
    gs1: str | None = None


def dots(millimetres: float) -> int:
    """
    >>> dots(25.4)
    300
    """
    return round(millimetres * DPI / 25.4)


def draw(label: Label, size: str, fonts: Fonts) -> Image.Image:
    """One label as a black and white picture of exactly its size.

    Codes stand at the right, the big line at the bottom, the rest beside and above.
    """
    width, height = SIZES[size]
    scale = height / 40
    picture = Image.new("1", (dots(width), dots(height)), WHITE)
    column = 17 * scale
    _paste_code(picture, qr_matrix(label.qr), width - MARGIN - column, MARGIN, column)
    if label.gs1:
        side = 11 * scale
        left = width - MARGIN - (column + side) / 2
        _paste_code(picture, data_matrix(label.gs1), left, MARGIN + column + 1, side)
    room = width - 3 * MARGIN - column
    big = 6 * scale
    foot = height - MARGIN - big
    used = _write(
        picture,
        (MARGIN, MARGIN),
        [label.title],
        (room, 9 * scale),
        fonts.bold,
        4 * scale,
    )
    top = MARGIN + used + 0.5 * scale
    _write(
        picture,
        (MARGIN, top),
        label.lines,
        (room, foot - top - 0.5),
        fonts.normal,
        2.8 * scale,
    )
    _write(
        picture, (MARGIN, foot), [label.big], (width - 2 * MARGIN, big), fonts.bold, big
    )
    return picture


def sheets(labels: Sequence[Image.Image], size: str) -> Iterable[Image.Image]:
    """The labels on A4, with hair lines to cut along."""
    width, height = SIZES[size]
    columns, rows = A4[0] // width, A4[1] // height
    left, top = (A4[0] - columns * width) / 2, (A4[1] - rows * height) / 2
    for first in range(0, len(labels), columns * rows):
        sheet = Image.new("1", (dots(A4[0]), dots(A4[1])), WHITE)
        pen = ImageDraw.Draw(sheet)
        for place, picture in enumerate(labels[first : first + columns * rows]):
            row, column = divmod(place, columns)
            corner = dots(left + column * width), dots(top + row * height)
            sheet.paste(picture, corner)
            pen.rectangle(
                (*corner, corner[0] + picture.width, corner[1] + picture.height),
                outline=BLACK,
            )
        yield sheet


def pdf(pages: Iterable[Image.Image]) -> bytes:
    """The pages as one PDF of their true size; copies in a row are kept once."""
    stream = BytesIO()
    canvas = Canvas(stream)
    last = reader = None
    for page in pages:
        if page is not last:
            last, reader = page, ImageReader(page.convert("L"))
        size = [side * POINTS / DPI for side in page.size]
        canvas.setPageSize(size)
        canvas.drawImage(reader, 0, 0, *size)
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def _paste_code(picture, matrix, left, top, side):
    """A code of ``side`` mm at most: whole dots per module, or scanners stumble."""
    module = dots(side) // len(matrix)
    code = Image.new("1", (len(matrix), len(matrix)), WHITE)
    code.putdata([WHITE - cell for row in matrix for cell in row])
    code = code.resize((module * len(matrix),) * 2, Image.Resampling.NEAREST)
    spare = (dots(side) - code.width) // 2
    picture.paste(code, (dots(left) + spare, dots(top) + spare))


def _write(picture, corner, paragraphs, room, font, size):
    """Text in a box, wrapped, and all of it made smaller until it fits.

    :return: the height it took, in mm
    """
    width, height = map(dots, room)
    for dot_size in range(dots(size), SMALLEST - 1, -1):
        drawn = _font(font, dot_size)
        lines = [line for text in paragraphs for line in _broken(text, drawn, width)]
        step = round(dot_size * 1.2)
        if len(lines) * step <= height:
            break
    pen = ImageDraw.Draw(picture)
    left, top = map(dots, corner)
    for number, line in enumerate(lines):
        pen.text((left, top + number * step), line, BLACK, drawn)
    return len(lines) * step * 25.4 / DPI


def _broken(text, drawn, width):
    """Lines that fit: between words where there are any, else anywhere."""
    lines = []
    line = ""
    for char in text:
        if line and drawn.getlength(line + char) > width:
            head, space, tail = line.rpartition(" ")
            lines.append(head if space else line)
            line = tail if space else ""
        line += char
    return [*lines, line]


@cache
def _font(font, dot_size):
    return ImageFont.truetype(font.path, dot_size, index=font.index)
