from datetime import date, datetime

import pytest

from odoo.addons.pharma_gsp.tools.inspection import (
    Column,
    Money,
    Page,
    Row,
    Scope,
    Section,
    Status,
    cell_text,
    sheet_cell,
    shown_section,
)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, ""),
        (False, ""),
        ("", ""),
        ("𠮷林省💊", "𠮷林省💊"),
        (0, "0"),
        (0.0, "0"),
        (1500.0, "1,500"),
        (0.125, "0.125"),
        (-3.50, "-3.5"),
        (Money(0, "¥"), "¥ 0.00"),
        (Money(-1234567.891, "¥"), "¥ -1,234,567.89"),
        (date(2026, 2, 28), "2026-02-28"),
        # The last minute of a day in China is the afternoon in UTC.
        (datetime(2026, 6, 30, 15, 59), "2026-06-30 23:59"),
        (datetime(2026, 6, 30, 16, 0), "2026-07-01 00:00"),
        (Status("有效", "success"), "有效"),
    ],
)
def test_a_cell_reads_like_a_person_writes_it(value, words):
    assert cell_text(value) == words


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ("", "text")),
        (False, ("", "text")),
        (12.5, (12.5, "number")),
        (Money(9.9, "¥"), (9.9, "money")),
        (date(2026, 6, 30), (date(2026, 6, 30), "date")),
        (datetime(2026, 6, 30, 16), (datetime(2026, 7, 1), "moment")),
        ("=1+1", ("=1+1", "text")),
    ],
)
def test_a_workbook_gets_numbers_to_reckon_with(value, cell):
    assert sheet_cell(value) == cell


@pytest.mark.parametrize(
    ("scope", "moments", "words"),
    [
        (Scope(), (None, None), ""),
        (
            Scope(date(2026, 1, 1)),
            (datetime(2025, 12, 31, 16), None),
            "2026-01-01 – ",
        ),
        (
            Scope(date(2024, 2, 29), date(2024, 2, 29)),
            (datetime(2024, 2, 28, 16), datetime(2024, 2, 29, 16)),
            "2024-02-29 – 2024-02-29",
        ),
        (
            Scope(until=date(2026, 12, 31)),
            (None, datetime(2026, 12, 31, 16)),
            " – 2026-12-31",
        ),
    ],
)
def test_a_period_is_of_days_in_china_both_included(scope, moments, words):
    assert scope.moments == moments
    assert str(scope) == words


def test_a_shown_section_is_plain_and_leaves_the_reader_out():
    section = Section(
        code="papers",
        title="证照",
        columns=(Column("编号", read=str), Column("金额", read=str, kind="money")),
        rows=(
            Row(
                cells=(Status("有效", "success"), Money(1, "¥")),
                model="pharma.document",
                id=7,
                pages=(Page(9, "许可证.pdf", "application/pdf"),),
                folder=("华康",),
            ),
        ),
        total=3,
    )
    assert shown_section(section) == {
        "code": "papers",
        "title": "证照",
        "is_facts": False,
        "total": 3,
        "columns": [
            {"label": "编号", "is_right": False, "is_whole": False},
            {"label": "金额", "is_right": True, "is_whole": True},
        ],
        "rows": [
            {
                "model": "pharma.document",
                "id": 7,
                "cells": [{"text": "有效", "tone": "success"}, {"text": "¥ 1.00"}],
                "pages": [
                    {"id": 9, "name": "许可证.pdf", "mimetype": "application/pdf"}
                ],
            }
        ],
    }
