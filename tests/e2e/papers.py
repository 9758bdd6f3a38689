"""Files as people upload them: pages of papers, and what they upload by mistake."""

from io import BytesIO
from itertools import count

from PIL import Image
from reportlab.pdfgen.canvas import Canvas

# One run, one number: no page is the same file as another one.
PAGES = count(1)


def pdf(title):
    """One page that says which paper it is."""
    stream = BytesIO()
    page = Canvas(stream, pagesize=(420, 595))
    page.drawString(60, 500, f"{title} - sample {next(PAGES)}")
    page.circle(330, 90, 40)
    page.save()
    return stream.getvalue()


def corrupt_pdf():
    """A PDF that lost its second half on the way."""
    whole = pdf("cut short")
    return whole[: len(whole) // 3]


def executable():
    """The head of a Windows program."""
    return b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff" + bytes(2000)


def huge_pdf(mebibytes):
    """A sound PDF, padded behind its end as some scanners do."""
    return pdf("huge").ljust(mebibytes * 1024 * 1024, b"\n")


def png():
    """A signature, as the portal's pad draws it."""
    stream = BytesIO()
    Image.new("RGB", (120, 40), "white").save(stream, "PNG")
    return stream.getvalue()
