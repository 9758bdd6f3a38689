"""What an inspector is shown: sections of rows, and how a cell reads (CS-34).

The same section becomes a table on the screen, in the printed index and in a workbook,
so a cell keeps its value and is put into words in one place.

>>> cell_text(Money(1234.5, "¥"))
'¥ 1,234.50'
>>> cell_text(datetime(2026, 6, 30, 16, 5))
'2026-07-01 00:05'
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

from .validity import CHINA

ALIGNED_RIGHT = {"number", "money"}
# Kinds that stay on one line.
UNBROKEN = {"date", "moment", "money", "number"}


@dataclass(frozen=True)
class Status:
    """A state in words, with how it should strike the eye (a Bootstrap colour)."""

    label: str
    tone: str | None = None


@dataclass(frozen=True)
class Money:
    amount: float
    symbol: str


@dataclass(frozen=True)
class Column:
    """:param read: record → value of its cell"""

    label: str
    read: Callable[[Any], Any]
    kind: str = "text"


@dataclass(frozen=True)
class Page:
    """One file of a paper; the id is that of its attachment."""

    id: int
    name: str
    mimetype: str


@dataclass(frozen=True)
class Row:
    """
    :param model: of the record the row opens; empty for none
    :param folder: where the zip puts its pages, from the outermost folder inwards
    """

    cells: tuple
    model: str = ""
    id: int = 0
    pages: tuple[Page, ...] = ()
    folder: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    """A table, or with ``is_facts`` pairs of label and value.

    :param total: rows there are, of which ``rows`` may hold the newest only
    """

    code: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    total: int
    is_facts: bool = False


@dataclass(frozen=True)
class Scope:
    """Which days of China are asked for, both included; None leaves a side open.

    :param limit: most rows of a section; None for all
    """

    since: date | None = None
    until: date | None = None
    limit: int | None = None

    @property
    def moments(self):
        """First moment and first moment after, in naive UTC as Odoo stores them.

        >>> Scope(date(2026, 7, 1), date(2026, 7, 1)).moments
        (datetime.datetime(2026, 6, 30, 16, 0), datetime.datetime(2026, 7, 1, 16, 0))
        """
        after = self.until and self.until + timedelta(days=1)
        return _start(self.since), _start(after)

    def __str__(self):
        """
        >>> str(Scope(date(2026, 1, 1))), str(Scope())
        ('2026-01-01 – ', '')
        """
        if not (self.since or self.until):
            return ""
        return f"{self.since or ''} – {self.until or ''}"


def _start(day):
    if day is None:
        return None
    midnight = datetime.combine(day, time(), CHINA)
    return midnight.astimezone(timezone.utc).replace(tzinfo=None)


def china_time(moment: datetime) -> datetime:
    """The wall clock in China at a naive UTC moment."""
    return moment.replace(tzinfo=timezone.utc).astimezone(CHINA).replace(tzinfo=None)


def cell_text(value) -> str:
    """A cell in words; quantities without idle zeros, moments on China's clock.

    >>> cell_text(12.50), cell_text(1200), cell_text(0.0), cell_text(None)
    ('12.5', '1,200', '0', '')
    >>> cell_text(Status("Valid", "success")), cell_text(date(2026, 6, 30))
    ('Valid', '2026-06-30')
    """
    if value is None or value is False:
        return ""
    if isinstance(value, Status):
        return value.label
    if isinstance(value, Money):
        return f"{value.symbol} {value.amount:,.2f}"
    if isinstance(value, datetime):
        return china_time(value).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.3f}".rstrip("0").rstrip(".")
    return str(value)


def shown_cell(value) -> dict:
    """A cell as the screen gets it: its words, and a tone where it has one."""
    cell = {"text": cell_text(value)}
    if isinstance(value, Status):
        cell["tone"] = value.tone
    return cell


def shown_section(section: Section) -> dict:
    """A section as plain values for the screen."""
    return {
        "code": section.code,
        "title": section.title,
        "is_facts": section.is_facts,
        "total": section.total,
        "columns": [
            {
                "label": column.label,
                "is_right": column.kind in ALIGNED_RIGHT,
                "is_whole": column.kind in UNBROKEN,
            }
            for column in section.columns
        ],
        "rows": [
            {
                "model": row.model,
                "id": row.id,
                "cells": [shown_cell(cell) for cell in row.cells],
                "pages": [vars(page) for page in row.pages],
            }
            for row in section.rows
        ],
    }


def css_class(column) -> str | None:
    """How the printed index sets a column.

    >>> css_class(Column("Amount", read=None, kind="money"))
    'right whole'
    """
    classes = (("right", ALIGNED_RIGHT), ("whole", UNBROKEN))
    return " ".join(name for name, kinds in classes if column.kind in kinds) or None


def sheet_cell(value) -> tuple:
    """(value, format) for a workbook: what can be reckoned with stays a number.

    >>> sheet_cell(Money(9.9, "¥")), sheet_cell(Status("Valid"))
    ((9.9, 'money'), ('Valid', 'text'))
    """
    if isinstance(value, Money):
        return value.amount, "money"
    if isinstance(value, datetime):
        return china_time(value), "moment"
    if isinstance(value, date):
        return value, "date"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value, "number"
    return cell_text(value), "text"
