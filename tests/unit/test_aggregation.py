"""FA-54: the maker's file as a stream, whatever is wrong with it."""

import tracemalloc
from io import BytesIO
from itertools import chain, repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.pharma_lot_expiry.tools import aggregation

CASE, BOX = "83857950000000000001", "83857930000000000001"
CODES = (
    f'<Code curCode="{CASE}" packLayer="2" flag="0"/>\n'
    f'<Code curCode="{BOX}" packLayer="1" parentCode="{CASE}" flag="0"/>'
)


def document(codes=CODES, encoding="UTF-8", batch="", head=""):
    batch = batch or 'batchNo="A1" madeDate="2024-05-01" validateDate="2026-04"'
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?>{head}<Document License="药">'
        f'<Events><Event><Relation productCode="8385793">\n<Batch {batch}>\n'
        f"{codes}\n</Batch></Relation></Event></Events></Document>"
    )
    return text.encode(encoding)


def read(data, **options):
    reader = aggregation.Reader(BytesIO(data), **options)
    return reader, list(reader)


def test_rows_with_line_parent_and_batch():
    reader, rows = read(document())
    assert rows == [
        (3, CASE, "cn20", "8385795", 2, None, 0),
        (4, BOX, "cn20", "8385793", 1, CASE, 0),
    ]
    (batch,) = reader.batches
    assert (batch.lot, batch.product_code) == ("A1", "8385793")
    assert (str(batch.made), batch.expiry_label) == ("2024-05-01", "2026-04")
    assert not reader.problems


@pytest.mark.parametrize("encoding", ["UTF-8", "GBK", "GB2312", "GB18030", "UTF-16"])
def test_encodings(encoding):
    reader, rows = read(
        document(
            encoding=encoding,
            batch=('batchNo="批号" madeDate="2024-05-01" validateDate="2026-04-30"'),
        )
    )
    assert len(rows) == 2
    assert reader.batches[0].lot == "批号"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (document()[:-30], "xml"),
        (document("<a><b></a>"), "xml"),
        (b"<html/>", "root"),
        (document(""), "codes"),
        (document(head='<!DOCTYPE a [<!ENTITY b "c">]>'), "doctype"),
        (document(head='<!DOCTYPE a SYSTEM "http://example.org/a.dtd">'), "doctype"),
        (document("&b;"), "xml"),
        (document(encoding="GBK").replace(b"GBK", b"X-1"), "encoding"),
        (document(encoding="UTF-8").replace(b"UTF-8", b"GBK", 1), "encoding"),
        (document().replace("药".encode(), b"\xff\xfe"), "xml"),
    ],
)
def test_files_that_are_none(data, kind):
    with pytest.raises(aggregation.AggregationError) as caught:
        read(data)
    assert caught.value.kind == kind


def test_size_is_limited_while_reading():
    with pytest.raises(aggregation.AggregationError) as caught:
        read(document(CODES + " " * 10_000), max_bytes=5_000)
    assert caught.value.kind == "size"


@pytest.mark.parametrize(
    ("codes", "batch", "kind", "line"),
    [
        (f'<Code curCode="{BOX[:-1]}" packLayer="1"/>', "", "code", 3),
        (f'<Code curCode="{BOX}" packLayer="x"/>', "", "layer", 3),
        (f'<Code curCode="{BOX}"/>', "", "layer", 3),
        (f'<Code curCode="{BOX}" packLayer="1" parentCode="7"/>', "", "parent", 3),
        ("", 'batchNo="A" madeDate="2024-13-01" validateDate="2026-04"', "date", 2),
        ("", 'batchNo="A" madeDate="2024-05-01" validateDate="2207-04"', "date", 2),
        ("", 'batchNo="A" madeDate="2024-02-30" validateDate="2026-04"', "date", 2),
        ("", 'batchNo="A" madeDate="2026-05-01" validateDate="2026-04"', "dates", 2),
        ("", 'madeDate="2024-05-01" validateDate="2026-04"', "lot", 2),
    ],
)
def test_wrong_values_are_collected_with_their_lines(codes, batch, kind, line):
    reader, _rows = read(document(codes or CODES, batch=batch))
    assert [(p.kind, p.line) for p in reader.problems] == [(kind, line)]


def test_problems_are_limited():
    codes = '<Code curCode="1" packLayer="1"/>\n' * 1000
    reader, _rows = read(document(codes))
    assert len(reader.problems) == aggregation.MAX_PROBLEMS


class Endless:
    """A file of so many codes that is never there as a whole."""

    def __init__(self, blocks):
        head, tail = document("|").split(b"|")
        self.blocks = chain([head], repeat(CODES.encode(), blocks), [tail])

    def read(self, _size):
        return next(self.blocks, b"")


def test_memory_does_not_grow_with_the_file():
    peaks = []
    for blocks in (2_000, 20_000):
        tracemalloc.start()
        rows = sum(1 for _row in aggregation.Reader(Endless(blocks)))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert rows > blocks
    assert peaks[1] < peaks[0] * 1.5


@given(st.binary(max_size=300), st.integers(0, 400), st.integers(0, 400))
def test_noise_never_crashes(noise, start, end):
    good = document()
    for data in (noise, good[:start] + noise + good[end:]):
        try:
            read(data)
        except aggregation.AggregationError as error:
            assert error.kind
