import hashlib
import re
from datetime import datetime
from io import BytesIO
from pathlib import PurePosixPath, PureWindowsPath
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.pharma_gsp.tools.inspection_zip import (
    MAX_NAME,
    SUMS,
    Archive,
    Names,
    safe_name,
)

MOMENT = datetime(2026, 6, 30, 9, 30)
UTF8_FLAG = 0x800


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("药品经营许可证.pdf", "药品经营许可证.pdf"),
        ("𠮷林药业💊👩‍⚕️.png", "𠮷林药业💊👩‍⚕️.png"),
        ('a/b\\c:d*e?f"g<h>i|j.pdf', "a_b_c_d_e_f_g_h_i_j.pdf"),
        ("..", "_"),
        (".", "_"),
        ("", "_"),
        (" . ", "_"),
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("/etc/passwd", "_etc_passwd"),
        ("C:\\Windows\\x", "C__Windows_x"),
        ("尾点. . ", "尾点"),
        ("CON", "_CON"),
        ("nul.pdf", "_nul.pdf"),
        ("com1.tar.gz", "_com1.tar.gz"),
        ("console.pdf", "console.pdf"),
        ("a\x00b\nc\td.pdf", "abcd.pdf"),
        ("txt\u202efdp.exe", "txtfdp.exe"),
        ("e\u0301.pdf", "é.pdf"),
    ],
)
def test_a_name_is_safe_on_every_system(name, safe):
    assert safe_name(name) == safe


@pytest.mark.parametrize("length", [MAX_NAME - 1, MAX_NAME, MAX_NAME + 1, 300])
def test_a_long_name_is_cut_before_its_ending(length):
    name = safe_name("长" * (length - 4) + ".pdf")
    assert name.endswith(".pdf")
    assert len(name) == min(length, MAX_NAME)


def test_a_long_name_of_four_byte_characters_fits_a_linux_file_system():
    assert len(safe_name("𠮷" * 300 + ".pdf").encode()) <= 255


@given(st.text())
def test_any_text_becomes_one_harmless_part_of_a_path(name):
    safe = safe_name(name)
    assert len(PurePosixPath("资料", safe).parts) == 2
    assert len(PureWindowsPath("资料", safe).parts) == 2
    assert safe not in (".", "..")
    assert len(safe) <= MAX_NAME + 1  # one for the mark before a device's name
    assert not re.search(r'[\x00-\x1f<>:"/\\|?*]', safe)
    assert safe_name(safe) == safe


@given(st.lists(st.text(max_size=80), max_size=12))
def test_no_two_files_get_one_path(names):
    given_out = Names()
    paths = [given_out.take("资料", name) for name in names]
    assert len({path.casefold() for path in paths}) == len(paths)


def test_same_names_are_numbered_and_keep_their_ending():
    names = Names()
    assert [names.take("甲", "证.pdf") for _each in range(3)] == [
        "甲/证.pdf",
        "甲/证 (2).pdf",
        "甲/证 (3).pdf",
    ]
    assert names.take("乙", "证.pdf") == "乙/证.pdf"


def test_long_names_stay_different_when_cut():
    names = Names()
    paths = {names.take(f"{'长' * 300}{number}.pdf") for number in range(20)}
    assert len(paths) == 20
    assert max(map(len, paths)) <= MAX_NAME


def archive(files):
    stream = BytesIO()
    with Archive(stream, MOMENT) as target:
        for path, raw in files.items():
            target.add(path, BytesIO(raw))
    return stream.getvalue()


FILES = {"资料/𠮷林 许可证.pdf": b"%PDF" + b"x" * 3_000_000, "empty.txt": b""}


def test_the_zip_holds_each_file_and_its_digest():
    with ZipFile(BytesIO(archive(FILES))) as zipped:
        assert zipped.testzip() is None
        assert zipped.namelist() == [*FILES, SUMS]
        lines = zipped.read(SUMS).decode().splitlines()
        assert lines == [
            f"{hashlib.sha256(zipped.read(path)).hexdigest()}  {path}" for path in FILES
        ]
        for path, raw in FILES.items():
            assert zipped.read(path) == raw


def test_chinese_names_are_marked_as_utf_8():
    """Or unpackers on Windows would guess a code page."""
    with ZipFile(BytesIO(archive(FILES))) as zipped:
        flagged = [i.filename for i in zipped.infolist() if i.flag_bits & UTF8_FLAG]
    assert flagged == ["资料/𠮷林 许可证.pdf"]
    # The same in the raw directory, past Python's own reading: flags at byte 8.
    raw = archive(FILES)
    entry = raw.index(b"PK\x01\x02")
    assert int.from_bytes(raw[entry + 8 : entry + 10], "little") & UTF8_FLAG
    assert "资料/𠮷林 许可证.pdf".encode() in raw[entry : entry + 100]


def test_the_same_files_give_the_same_zip():
    assert archive(FILES) == archive(FILES)


def test_a_failure_leaves_no_digests_behind():
    stream = BytesIO()
    with pytest.raises(OSError, match="disk"), Archive(stream, MOMENT) as target:
        target.add("a", BytesIO(b"a"))
        raise OSError("disk")
    with ZipFile(stream) as zipped:
        assert zipped.namelist() == ["a"]
