from datetime import date, datetime

import pytest
import pytz

from odoo.addons.pharma_gsp.tools.correction import Unreadable, compare, in_words, parse

STATES = [("draft", "Draft"), ("canceled", "Canceled"), ("paid", "已付款")]
CHINA = pytz.timezone("Asia/Shanghai")


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("float", "9", 9.0),
        ("float", " 9.50 ", 9.5),
        ("float", "９．５", 9.5),
        ("float", "１２，３４５．６", 12345.6),
        ("float", "-3", -3.0),
        ("float", ".5", 0.5),
        ("monetary", "0", 0.0),
        ("integer", "１２", 12),
        ("date", "2026-07-31", date(2026, 7, 31)),
        ("date", "2026/7/1", date(2026, 7, 1)),
        ("date", "２０２６－０７－０１", date(2026, 7, 1)),
        ("date", "2026年2月28日", date(2026, 2, 28)),
        ("date", "20240229", date(2024, 2, 29)),
        ("datetime", "2026-07-31 14:30", datetime(2026, 7, 31, 14, 30)),
        ("datetime", "2026-07-31T14:30:59", datetime(2026, 7, 31, 14, 30, 59)),
        ("datetime", "２０２６年７月１日　８：０５", datetime(2026, 7, 1, 8, 5)),
        ("selection", "Canceled", "canceled"),
        ("selection", "canceled", "canceled"),
        ("selection", "已付款", "paid"),
        ("boolean", "是", True),
        ("boolean", "No", False),
        ("char", " ２０２６ＡＢ（新）。 ", "2026AB（新）。"),
        ("many2one", "批号 A1", ("批号 A1",)),
        ("many2one", " 进项（新） ", ("进项（新）",)),
        ("many2many", "9%、13%", ("9%", "13%")),
    ],
)
def test_what_people_type_is_read(kind, text, value):
    assert parse(kind, text, STATES) == value


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("float", "ten", "number"),
        ("float", "nan", "number"),
        ("float", "inf", "number"),
        ("float", "1e5", "number"),
        ("float", "1,2", "number"),
        ("float", "٣", "number"),
        ("float", "-", "number"),
        ("float", "1_000", "number"),
        ("integer", "1.5", "number"),
        ("date", "2026-02-30", "date"),
        ("date", "31-07-2026", "date"),
        ("date", "2026-7", "date"),
        ("date", "tomorrow", "date"),
        ("datetime", "2026-07-31", "datetime"),
        ("datetime", "2026-07-31 25:00", "datetime"),
        ("datetime", "2026-13-01 10:00", "datetime"),
        ("selection", "Posted", "choice"),
        ("boolean", "maybe", "boolean"),
        ("boolean", "-", "boolean"),
        ("one2many", "x", "type"),
        ("binary", "x", "type"),
    ],
)
def test_what_is_no_value_says_what_was_expected(kind, text, expected):
    with pytest.raises(Unreadable) as caught:
        parse(kind, text, STATES)
    assert caught.value.expected == expected


def test_refused_choice_names_the_choices():
    with pytest.raises(Unreadable) as caught:
        parse("selection", "Posted", STATES)
    assert caught.value.choices == ["Draft", "Canceled", "已付款"]


@pytest.mark.parametrize(
    ("kind", "value"),
    [("char", False), ("date", False), ("many2one", ()), ("many2many", ())],
)
def test_dash_empties_a_field(kind, value):
    assert parse(kind, "－") == value


def test_times_are_meant_in_the_readers_zone():
    moment = parse("datetime", "2026-08-01 00:30", zone=CHINA)
    assert moment == datetime(2026, 7, 31, 16, 30)


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("float", 1234567.89, "1234567.89"),
        ("float", 1e-7, "0.0000001"),
        ("float", 1e16, "10000000000000000"),
        ("integer", 100, "100"),
        ("float", 0.0, "0"),
        ("char", False, ""),
        ("date", date(2026, 7, 1), "2026-07-01"),
    ],
)
def test_values_in_words(kind, value, words):
    assert in_words(kind, value) == words


@pytest.mark.parametrize("number", [0.0, 9.0, 10.25, 1e-7, 123456789.125])
def test_words_of_a_number_read_back_as_the_number(number):
    assert parse("float", in_words("float", number)) == number


def _row(row_id, **texts):
    return {
        "model": "x",
        "id": row_id,
        "name": f"row {row_id}",
        "cells": [
            {"field": name, "label": name.title(), "text": text}
            for name, text in texts.items()
        ],
    }


def test_versions_stand_side_by_side():
    cells = compare(
        [_row(1, qty="10", lot="A"), _row(2, qty="5")],
        [_row(1, qty="9", lot="A"), _row(3, qty="1")],
    )
    assert [(c.row, c.label, c.old, c.new, c.is_changed) for c in cells] == [
        ("row 1", "Qty", "10", "9", True),
        ("row 1", "Lot", "A", "A", False),
        ("row 3", "Qty", "", "1", True),
        ("row 2", "Qty", "5", "", True),
    ]
