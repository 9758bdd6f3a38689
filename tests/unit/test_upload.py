import logging
import random
import subprocess
import sys
from contextlib import suppress
from io import BytesIO
from struct import pack
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFile
from pypdf import PdfWriter

from odoo.addons.pharma_gsp.tools import upload

LIMIT = 1_000_000


@pytest.fixture(autouse=True, scope="module")
def _quiet_pypdf():
    logger = logging.getLogger("pypdf")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    yield
    logger.setLevel(level)


def picture(file_format, **options):
    image = Image.new("RGB", (64, 48))
    image.putdata([(x % 251, x % 83, x % 7) for x in range(64 * 48)])
    stream = BytesIO()
    image.save(stream, file_format, **options)
    return stream.getvalue()


def pdf(page_count=2, **encryption):
    writer = PdfWriter()
    for _ in range(page_count):
        writer.add_blank_page(100, 100)
    if encryption:
        writer.encrypt(**encryption, algorithm="AES-256")
    stream = BytesIO()
    writer.write(stream)
    return stream.getvalue()


def raw_pdf(*objects, size=None):
    """A PDF of the objects 1, 2 … as written; the first is the catalogue."""
    data, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(data))
        data += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    trailer = f"<< /Size {size or len(objects) + 1} /Root 1 0 R >>"
    end = (
        f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
        f"trailer\n{trailer}\nstartxref\n{len(data)}\n%%EOF\n"
    )
    return data + end.encode()


def png_claiming(width, height):
    """A small picture whose head claims more."""
    head = b"IHDR" + pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = bytearray(picture("PNG"))
    data[12:33] = head + pack(">I", crc32(head))
    return bytes(data)


PNG, JPEG, WEBP = picture("PNG"), picture("JPEG"), picture("WEBP")
PROGRESSIVE = picture("JPEG", progressive=True)
PHONE = picture("MPO", save_all=True, append_images=[Image.new("RGB", (9, 9))])
THUMBNAIL = picture("JPEG", exif=b"Exif\x00\x00" + JPEG)
PDF = pdf()
LOCKED_FOR_EDITING = pdf(user_password="", owner_password="owner")
SOUND = [
    pytest.param(PDF, "application/pdf", 2, id="pdf"),
    pytest.param(LOCKED_FOR_EDITING, "application/pdf", 2, id="pdf locked for editing"),
    pytest.param(PNG, "image/png", 1, id="png"),
    pytest.param(JPEG, "image/jpeg", 1, id="jpeg"),
    pytest.param(PROGRESSIVE, "image/jpeg", 1, id="progressive jpeg"),
    pytest.param(PHONE, "image/jpeg", 1, id="jpeg of a phone, two pictures"),
    pytest.param(THUMBNAIL, "image/jpeg", 1, id="jpeg with thumbnail"),
    pytest.param(JPEG + b"trailer", "image/jpeg", 1, id="jpeg with more behind"),
    pytest.param(WEBP, "image/webp", 1, id="webp"),
]


@pytest.mark.parametrize(("data", "mimetype", "page_count"), SOUND)
def test_sound_files_pass(data, mimetype, page_count):
    assert upload.sniff(data) == mimetype
    assert upload.check(data, LIMIT) == mimetype
    assert upload.pages(data) == page_count


def test_the_limit_itself_is_allowed():
    assert upload.check(PNG, len(PNG)) == "image/png"
    with pytest.raises(upload.FileTooLarge) as caught:
        upload.check(PNG, len(PNG) - 1)
    assert (caught.value.size, caught.value.limit) == (len(PNG), len(PNG) - 1)


def test_nothing_is_an_error_of_its_own():
    with pytest.raises(upload.FileEmpty):
        upload.check(b"", LIMIT)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"MZ\x90\x00\x03", "executable"),
        (b"\x7fELF\x02\x01", "executable"),
        (b"#!/bin/sh\nrm", "executable"),
        (b"\xcf\xfa\xed\xfe\x07", "executable"),
        (b"PK\x03\x04\x14\x00", "zip/office"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "zip/office"),
        (b"Rar!\x1a\x07\x01\x00", "zip/office"),
        (b"<!DOCTYPE html><script>", "html/svg"),
        (b"\xef\xbb\xbf\r\n <svg onload='x()'/>", "html/svg"),
        ("<svg/>".encode("utf-16"), "html/svg"),
        (b"GIF89a", "image"),
        (b"II*\x00\x08", "image"),
        (b"\x00\x00\x00\x18ftypheic", "image"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "unknown"),
        ("营业执照".encode(), "unknown"),
        ("😀".encode(), "unknown"),
        (b" %PDF-1.4", "unknown"),
        (b"\x89PN", "unknown"),
    ],
)
def test_other_types_are_refused_by_name(data, found):
    assert upload.sniff(data) is None
    for refuse in (lambda: upload.check(data, LIMIT), lambda: upload.pages(data)):
        with pytest.raises(upload.FileTypeNotAllowed) as caught:
            refuse()
        assert caught.value.found == found


@pytest.mark.parametrize("load_truncated", [False, True], ids=["Pillow", "Odoo"])
@pytest.mark.parametrize("data", [PNG, JPEG, PROGRESSIVE, WEBP, THUMBNAIL])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_cut_pictures_are_corrupt(data, share, load_truncated, monkeypatch):
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", load_truncated)
    with pytest.raises(upload.FileCorrupt):
        upload.check(data[: int(len(data) * share)], LIMIT)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(PDF[: len(PDF) // 2], "unreadable", id="half a pdf"),
        pytest.param(b"%PDF-1.7", "unreadable", id="head of a pdf"),
        pytest.param(pdf(0), "no_pages", id="pdf without pages"),
        pytest.param(
            pdf(user_password="secret", owner_password="owner"),
            "encrypted",
            id="pdf with a password",
        ),
        pytest.param(PNG[:-20], "truncated", id="png without its end"),
        pytest.param(b"\x89PNG\r\n\x1a\n", "unreadable", id="signature of a png"),
        pytest.param(JPEG[:-2], "truncated", id="jpeg without its end"),
        pytest.param(b"\xff\xd8\xff\xd9", "unreadable", id="empty jpeg"),
        pytest.param(b"RIFF\x04\x00\x00\x00WEBP", "unreadable", id="empty webp"),
        pytest.param(png_claiming(8000, 8000), "too_many_pixels", id="64 megapixels"),
        pytest.param(png_claiming(10000, 10000), "too_many_pixels", id="warned of"),
        pytest.param(png_claiming(60000, 60000), "too_many_pixels", id="pixel bomb"),
    ],
)
def test_corrupt_files_say_why(data, reason):
    with pytest.raises(upload.FileCorrupt) as caught:
        upload.check(data, LIMIT)
    assert caught.value.reason == reason


CATALOGUE = "<< /Type /Catalog /Pages 2 0 R >>"


def doubling_tree(depth):
    """Each node names the next one twice: 2 ** depth pages for a naive reader."""
    nodes = [
        f"<< /Type /Pages /Count 1 /Kids [{number} 0 R {number} 0 R] >>"
        for number in range(3, 3 + depth)
    ]
    return raw_pdf(CATALOGUE, *nodes, "<< /Type /Page >>")


@pytest.mark.parametrize(
    ("data", "page_count"),
    [
        pytest.param(doubling_tree(60), 1, id="tree that doubles"),
        pytest.param(
            raw_pdf(CATALOGUE, "<< /Type /Pages /Count 9 /Kids [2 0 R] >>"),
            0,
            id="tree in a circle",
        ),
        pytest.param(
            raw_pdf(CATALOGUE, "<< /Type /Pages /Count 7 /Kids [null 9 0 R] >>"),
            0,
            id="claimed pages",
        ),
        pytest.param(pdf(500), 500, id="five hundred pages"),
    ],
)
def test_page_trees_are_walked_once(data, page_count):
    assert upload.pages(data) == page_count


def test_a_flood_of_page_nodes_is_corrupt(monkeypatch):
    monkeypatch.setattr(upload, "_MAX_PAGE_NODES", 10)
    with pytest.raises(upload.FileCorrupt):
        upload.pages(pdf(12))


@pytest.mark.parametrize(
    "data",
    [
        raw_pdf("<< /Type /Other >>", size=9_999_999_999),
        raw_pdf("<< >>", size=-1),
        raw_pdf("[ " * 5000),
        b"%PDF-1.4\ntrailer << /Prev 9 >>\nstartxref\n9\n%%EOF",
    ],
    ids=["endless object search", "no objects", "deep nesting", "circle of tables"],
)
def test_readers_going_in_circles_are_stopped(data):
    with pytest.raises(upload.FileCorrupt):
        upload.pages(data)


WEBP_WITHOUT_PLUGINS = """
import importlib.util, sys
from PIL import Image
Image.preinit()
Image._initialized = 2  # as odoo.tools.image does
spec = importlib.util.spec_from_file_location("upload", sys.argv[1])
upload = importlib.util.module_from_spec(spec)
spec.loader.exec_module(upload)
print(upload.check(sys.stdin.buffer.read(), 10**6))
"""


def test_webp_is_read_although_odoo_stops_pillow_from_loading_it():
    answer = subprocess.run(
        [sys.executable, "-c", WEBP_WITHOUT_PLUGINS, upload.__file__],
        input=WEBP,
        capture_output=True,
        check=True,
    )
    assert answer.stdout.strip() == b"image/webp"


def check_quietly(data):
    with suppress(upload.UploadError):
        assert upload.check(data, LIMIT) == upload.sniff(data)


@given(
    st.sampled_from([b"", b"%PDF-1.7\n", PNG[:33], b"\xff\xd8\xff", WEBP[:30]]),
    st.binary(max_size=300),
)
def test_arbitrary_bytes_raise_nothing_but_upload_errors(start, rest):
    check_quietly(start + rest)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@given(
    st.sampled_from([PDF, LOCKED_FOR_EDITING, PNG, JPEG, WEBP, THUMBNAIL]),
    st.randoms(use_true_random=False),
)
def test_damaged_files_raise_nothing_but_upload_errors(data, rng: random.Random):
    damaged = bytearray(data)
    for _ in range(rng.randint(1, 20)):
        position = rng.randrange(8, len(damaged))
        damaged[position] = rng.randrange(256)
    check_quietly(bytes(damaged))
