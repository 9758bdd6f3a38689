"""The maker's file that says which pack lies in which (FA-54), read as a stream.

::

    <Document License="…"><Events><Event name="RelationCreate">
      <Relation productCode="8385793" cascade="1:10:100">
        <Batch batchNo="A2405B" madeDate="2024-05-01" validateDate="2026-04-30">
          <Code curCode="8385795…" packLayer="3" flag="0"/>
          <Code curCode="8385794…" packLayer="2" parentCode="8385795…" flag="0"/>

Memory doesn't grow with the file. Expat reads it rather than lxml: it knows the line of
each element however long the file is, and is several times as fast. A document type,
and with it every entity, is refused before it is read; nothing is ever fetched.

What is wrong with single values is collected, up to a limit, so that one reading tells
all of it; what makes the file no such file at all is raised.
"""

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO
from xml.parsers import expat

from . import trace_code
from .expiry import UnreadableDate, parse_printed

CHUNK = 1 << 18
MAX_PROBLEMS = 200
# Encodings of Chinese software that Expat doesn't know.
CHINESE = {"gbk": "gb18030", "gb2312": "gb18030", "gb18030": "gb18030"}
_DECLARED = re.compile(rb"<\?xml[^>]*encoding=[\"']([A-Za-z0-9._-]+)[\"']")
_LAYERS = {str(layer): layer for layer in range(1, 10)}


class AggregationError(ValueError):
    """The file can't be used at all; ``kind`` says why.

    Kinds: empty, size, encoding, doctype, root, xml (not well-formed or cut off), codes
    (there are none).
    """

    def __init__(self, kind, line=0, detail=""):
        super().__init__(f"{kind} at line {line}: {detail}")
        self.kind = kind
        self.line = line
        self.detail = detail


@dataclass(frozen=True)
class Problem:
    """One wrong value: its kind, the line it stands on, and what stands there.

    Kinds: code, layer, parent, date, dates, lot, batch.
    """

    kind: str
    line: int
    value: str


@dataclass(frozen=True)
class Batch:
    """One lot of the file; ``number`` counts from 0."""

    number: int
    line: int
    product_code: str
    lot: str
    made: date | None
    expiry_label: str


class Reader:
    """Reads one file once: iterate over it, then ask for batches and problems."""

    def __init__(self, stream: BinaryIO, max_bytes: int | None = None):
        self.batches: list[Batch] = []
        self.problems: list[Problem] = []
        self.code_count = 0
        self._stream = stream
        self._max_bytes = max_bytes
        self._product_code = ""
        self._rows: list[tuple] = []
        self._depth = 0
        self._parent: tuple[str | None, str | None] = (None, None)
        self._handlers: dict[str, Callable] = {
            "Relation": self._on_relation,
            "Batch": self._on_batch,
            "Code": self._on_code,
        }

    def __iter__(self) -> Iterator[tuple]:
        """Rows (line, code, kind, identification code, layer, parent, batch number).

        Rows with a problem are among them; look at ``problems`` before using any.

        :raise AggregationError: as soon as it is met; rows read before count for nothing
        """
        chunks = self._chunks()
        first = next(chunks, b"")
        if not first.strip():
            raise AggregationError("empty")
        self._parser, decode = self._start(first)
        yield from self._feed(decode(first))
        for chunk in chunks:
            yield from self._feed(decode(chunk))
        yield from self._feed(decode(b"", True), is_final=True)
        if not self.code_count:
            raise AggregationError("codes")

    def _chunks(self):
        size = 0
        while chunk := self._stream.read(CHUNK):
            size += len(chunk)
            if self._max_bytes and size > self._max_bytes:
                raise AggregationError("size")
            yield chunk

    def _start(self, first):
        """The parser, and what turns bytes of the file into bytes it knows."""
        declared = _DECLARED.match(first.removeprefix(b"\xef\xbb\xbf"))
        name = declared[1].decode().lower() if declared else ""
        parser = expat.ParserCreate(encoding="utf-8" if name in CHINESE else None)
        parser.StartElementHandler = self._on_start
        parser.EndElementHandler = self._on_end
        parser.StartDoctypeDeclHandler = self._on_doctype
        parser.buffer_text = True
        if name not in CHINESE:
            return parser, lambda data, is_final=False: data
        return parser, _recoder(CHINESE[name])

    def _feed(self, data, is_final=False):
        try:
            self._parser.Parse(data, is_final)
        except expat.ExpatError as error:
            raise _translated(error) from error
        except LookupError as error:
            raise AggregationError("encoding", detail=str(error)) from error
        rows, self._rows = self._rows, []
        return rows

    def _on_doctype(self, *_arguments):
        raise AggregationError("doctype", self._parser.CurrentLineNumber)

    def _on_start(self, name, attributes):
        if not self._depth and name != "Document":
            raise AggregationError("root", self._parser.CurrentLineNumber, name)
        self._depth += 1
        handler = self._handlers.get(name)
        if handler:
            handler(attributes)

    def _on_end(self, _name):
        self._depth -= 1

    def _on_relation(self, attributes):
        self._product_code = attributes.get("productCode", "").strip()

    def _on_batch(self, attributes):
        line = self._parser.CurrentLineNumber
        lot = attributes.get("batchNo", "").strip()
        if not lot:
            self._problem("lot", "")
        label = attributes.get("validateDate", "").strip()
        made = self._day(attributes.get("madeDate", "").strip())
        expiry = self._day(label)
        if made and expiry and made > expiry:
            self._problem("dates", f"{made} > {label}")
        self.batches.append(
            Batch(len(self.batches), line, self._product_code, lot, made, label)
        )

    def _on_code(self, attributes):
        """A million of these in a file: the common case takes no detour."""
        self.code_count += 1
        text, parent = attributes.get("curCode", ""), attributes.get("parentCode")
        layer = _LAYERS.get(attributes.get("packLayer"))
        if len(text) == 20 and text.isdigit() and text.isascii():
            code, kind, drug_id = text, "cn20", text[:7]
        else:
            code, kind, drug_id = self._read_code(text, "code")
        # Packs in one case stand one below the other.
        if parent and parent != self._parent[0]:
            self._parent = parent, self._read_code(parent, "parent")[0]
        if not layer:
            self._problem("layer", attributes.get("packLayer", ""))
        if not self.batches:
            self._problem("batch", text)
        self._rows.append(
            (
                self._parser.CurrentLineNumber,
                code,
                kind,
                drug_id,
                layer,
                self._parent[1] if parent else None,
                len(self.batches) - 1,
            )
        )

    def _read_code(self, text, what):
        """(code, kind, identification code), nothing of it with a problem noted."""
        try:
            parsed = trace_code.parse(text)
        except trace_code.TraceCodeError:
            self._problem(what, text)
            return None, None, None
        return parsed.code, parsed.kind, parsed.drug_id

    def _day(self, text):
        """The day of a date, None with a problem noted where there is none."""
        try:
            return parse_printed(text).day
        except UnreadableDate:
            return self._problem("date", text)

    def _problem(self, kind, value):
        if len(self.problems) < MAX_PROBLEMS:
            line = self._parser.CurrentLineNumber
            self.problems.append(Problem(kind, line, value[:100]))


def _recoder(encoding):
    """What turns chunks in a Chinese encoding into UTF-8, strictly."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")

    def recode(data, is_final=False):
        try:
            return decoder.decode(data, is_final).encode()
        except UnicodeDecodeError as error:
            raise AggregationError("encoding", detail=encoding) from error

    return recode


def _translated(error):
    """An `AggregationError` for what Expat says."""
    codes = expat.errors.codes
    encodings = {
        codes[expat.errors.XML_ERROR_UNKNOWN_ENCODING],
        codes[expat.errors.XML_ERROR_INCORRECT_ENCODING],
    }
    # Bytes that are no text of the declared encoding come as an invalid token.
    is_encoding = error.code in encodings
    kind = "encoding" if is_encoding else "xml"
    return AggregationError(kind, error.lineno, expat.ErrorString(error.code))
