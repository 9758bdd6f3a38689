"""Corrections of posted records: what people type, and versions side by side.

A correction is asked for as text, since one list holds numbers, dates, lots and taxes.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any

from .text import to_half_width

# Typed in place of a value it means: nothing any more.
EMPTY = "-"
_YES = {"yes", "y", "true", "1", "是", "对", "有"}
_NO = {"no", "n", "false", "0", "否", "不", "无"}
_NUMBER = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?|[+-]?\.\d+", re.ASCII)
_DATE = re.compile(
    r"(\d{4})(?:[-/.](\d{1,2})[-/.](\d{1,2})|年(\d{1,2})月(\d{1,2})日|(\d{2})(\d{2}))",
    re.ASCII,
)
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", re.ASCII)
_SEPARATORS = re.compile(r"[;；、\n]")
# What numbers on paper are made of; brackets and commas belong to sentences.
_WIDE_WORDS = re.compile("[０-９Ａ-Ｚａ-ｚ．－／]+")


class Unreadable(ValueError):
    """What was typed is no value of its kind.

    ``expected`` names the kind: number, date, datetime, choice, boolean or type.
    """

    def __init__(self, expected: str, text: str, choices: Sequence[str] = ()):
        super().__init__(f"{text!r} is no {expected}")
        self.expected, self.text, self.choices = expected, text, choices


def parse(
    kind: str,
    text: str,
    choices: Sequence[tuple[str, str]] = (),
    zone: tzinfo | None = None,
) -> Any:
    """The value somebody typed into a field of this kind.

    :param kind: type of an Odoo field
    :param choices: (value, label) of a selection
    :param zone: a pytz zone in which times are meant; the result is in UTC, naive
    :return: links come back as the tuple of the names typed; an emptied field as False
    :raise Unreadable: saying what was expected

    >>> parse("float", "１，０００．５")
    1000.5
    >>> parse("date", "2026年7月1日")
    datetime.date(2026, 7, 1)
    >>> parse("many2many", "进项 13%；进项 9%")
    ('进项 13%', '进项 9%')
    >>> parse("char", "ＦＰ－２（新）")
    'FP-2（新）'
    """
    reader = _READERS.get(kind)
    if reader is None:
        raise Unreadable("type", text)
    typed = to_half_width(text).strip()
    if typed == EMPTY:
        return _empty(kind, text)
    # Words stay as they were typed: 进项 9%（新）is a name with its brackets.
    is_words = kind in ("char", "text", "many2one", "many2many")
    return reader(text.strip() if is_words else typed, choices, zone)


def _empty(kind: str, text: str) -> Any:
    if kind in ("float", "monetary", "integer"):
        raise Unreadable("number", text)
    if kind == "boolean":
        raise Unreadable("boolean", text)
    return () if kind in ("many2one", "many2many") else False


def _read_number(text, _choices, _zone):
    if not _NUMBER.fullmatch(text):
        raise Unreadable("number", text)
    return float(text.replace(",", ""))


def _read_integer(text, choices, zone):
    number = _read_number(text, choices, zone)
    if not number.is_integer():
        raise Unreadable("number", text)
    return int(number)


def _read_date(text, _choices, _zone):
    match = _DATE.fullmatch(text)
    try:
        return date(*(int(part) for part in match.groups() if part))
    except (AttributeError, ValueError):
        raise Unreadable("date", text) from None


def _read_datetime(text, choices, zone):
    day, _space, clock = text.replace("T", " ").partition(" ")
    match = _TIME.fullmatch(clock.strip())
    try:
        day = _read_date(day, choices, zone)
        hour, minute, second = (int(part or 0) for part in match.groups())
        moment = datetime(day.year, day.month, day.day, hour, minute, second)
    except (AttributeError, ValueError):
        raise Unreadable("datetime", text) from None
    if zone is None:
        return moment
    moment = zone.localize(moment)
    return (moment - moment.utcoffset()).replace(tzinfo=None)


def _read_choice(text, choices, _zone):
    for value, label in choices:
        if text.casefold() in (value.casefold(), to_half_width(label).casefold()):
            return value
    raise Unreadable("choice", text, [label for _value, label in choices])


def _read_boolean(text, _choices, _zone):
    word = text.casefold()
    if word not in _YES | _NO:
        raise Unreadable("boolean", text)
    return word in _YES


def _read_text(text, _choices, _zone):
    return _WIDE_WORDS.sub(lambda match: to_half_width(match[0]), text)


def _read_name(text, _choices, _zone):
    return (text,)


def _read_names(text, _choices, _zone):
    return tuple(name.strip() for name in _SEPARATORS.split(text) if name.strip())


_READERS = {
    "float": _read_number,
    "monetary": _read_number,
    "integer": _read_integer,
    "date": _read_date,
    "datetime": _read_datetime,
    "selection": _read_choice,
    "boolean": _read_boolean,
    "char": _read_text,
    "text": _read_text,
    "many2one": _read_name,
    "many2many": _read_names,
}


def in_words(kind: str, value: Any) -> str:
    """A plain value as people read it; what ``parse`` would read back.

    >>> in_words("float", 10.0), in_words("float", 0.1), in_words("date", False)
    ('10', '0.1', '')
    >>> in_words("datetime", datetime(2026, 7, 31, 14, 30))
    '2026-07-31 14:30:00'
    """
    if kind in ("float", "monetary", "integer"):
        text = format(Decimal(repr(value or 0)), "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    if not value:
        return ""
    if kind == "datetime":
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return str(value)


@dataclass(frozen=True)
class Cell:
    """One field of one row in two versions; texts are empty where it wasn't there."""

    model: str
    row_id: int
    row: str
    field: str
    label: str
    old: str
    new: str

    @property
    def is_changed(self) -> bool:
        return self.old != self.new


def compare(before: Iterable[dict], after: Iterable[dict]) -> list[Cell]:
    """Two snapshots side by side, rows in the order of ``after``, lost ones last.

    :param before: rows {"model", "id", "name", "cells": [{"field", "label", "text"}]}
    """
    old, new = _by_key(before), _by_key(after)
    cells = []
    for key in [*new, *(key for key in old if key not in new)]:
        row, cell = new.get(key) or old[key]
        cells.append(
            Cell(
                *key[:2],
                row,
                key[2],
                cell["label"],
                old[key][1]["text"] if key in old else "",
                new[key][1]["text"] if key in new else "",
            )
        )
    return cells


def _by_key(rows):
    return {
        (row["model"], row["id"], cell["field"]): (row["name"], cell)
        for row in rows
        for cell in row["cells"]
    }
