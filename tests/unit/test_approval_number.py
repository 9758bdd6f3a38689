import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.exceptions import InvalidComponent, InvalidFormat

from odoo.addons.pharma_gsp.tools import approval_number

YEAR = 2026


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param("国药准字H20210039", id="TV-08 domestic"),
        pytest.param("国药准字HJ20140344", id="TV-08 overseas"),
        pytest.param("国药准字ZC20171003", id="TV-08 Hong Kong"),
        pytest.param("国药准字J20180001", id="TV-08 legacy"),
        pytest.param("国药准字SJ20240001", id="biological from overseas"),
        pytest.param("国药准字B20020044", id="health drug"),
        pytest.param("国药准字T20010001", id="diagnostic"),
        pytest.param("国药准字F20090001", id="excipient"),
        pytest.param("国药准字H10970170", id="ministry"),
        pytest.param("国药准字Z44021940", id="province"),
        pytest.param("国药准字S19980004", id="agency before 2002"),
        pytest.param("H20140456", id="import certificate"),
        pytest.param("HC20150062", id="Hong Kong certificate"),
        pytest.param("BH20080214", id="bulk pack"),
        pytest.param("S20200018", id="biological certificate"),
    ],
)
def test_known_forms_are_valid(raw):
    assert approval_number.classify(raw, YEAR) == "valid"
    assert approval_number.validate(raw, YEAR) == raw
    assert approval_number.is_valid(raw)


@pytest.mark.parametrize(
    "raw",
    [
        "国药准字 H20210039",
        "　国药准字Ｈ２０２１００３９\n",
        "国药准字h20210039",
        "国 药 准 字\u00a0H2021\u200b0039",
    ],
)
def test_spelling_is_normalised(raw):
    assert approval_number.validate(raw) == "国药准字H20210039"


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param("国药准字X20210039", id="TV-09 letter X"),
        pytest.param("国药准字ZCGD20220003", id="real: register of 2025"),
        pytest.param("国药准字ZCGD20250003", id="real: newest of its kind"),
        pytest.param("国药准字BH20080214", id="bulk prefix with 国药准字"),
        pytest.param("国药准字H20270001", id="next year"),
        pytest.param("国药准字H99990001", id="neither year nor province"),
        pytest.param("国药准字HJ20010001", id="new style before 2002"),
        pytest.param("国药准字HC10970170", id="new style without a year"),
        pytest.param("H00000000", id="zeros"),
    ],
)
def test_odd_but_official_looking_numbers_go_to_review(raw):
    assert approval_number.classify(raw, YEAR) == "review"
    assert not approval_number.is_valid(raw, YEAR)
    with pytest.raises(InvalidComponent):
        approval_number.validate(raw, YEAR)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param("国药准子H20210039", id="TV-09 misprint"),
        pytest.param("国药准字H2021003", id="TV-09 seven digits"),
        pytest.param("国药准字H2009026", id="real: seven digits"),
        pytest.param("国药准字H202003221", id="real: nine digits"),
        pytest.param("国药准字20030742", id="real: no letter"),
        pytest.param("国药准字20203294", id="real: no letter, newer"),
        pytest.param("国家准字H20083304", id="real: 国家 for 国药"),
        pytest.param("国药准备H20203336", id="real: 准备 for 准字"),
        pytest.param("J20090076", id="real: J without 国药准字"),
        pytest.param("B20050015", id="real: B without 国药准字"),
        pytest.param("J20150102（H20150197）", id="real: two numbers, full-width"),
        pytest.param("国药准字J20100056(H20140184/20140185)", id="real: three numbers"),
        pytest.param("HC20130014；HC20130015", id="real: joined by semicolon"),
        pytest.param("进口药品注册标准H20130425", id="real: a standard"),
        pytest.param("进口药品注册证X20000263", id="real: title and letter X"),
        pytest.param("", id="real: empty"),
        pytest.param(None, id="none"),
        pytest.param("国药准字H２０２１٠٠٣٩", id="Arabic digits"),
        pytest.param("国药准字ſ20210039", id="long s"),
        pytest.param("国药准字H20210039😀", id="emoji"),
        pytest.param("国药准字ABCDE20210039", id="five letters"),
    ],
)
def test_misspelt_numbers_are_invalid(raw):
    assert approval_number.classify(raw, YEAR) == "invalid"
    assert not approval_number.is_valid(raw)
    with pytest.raises(InvalidFormat):
        approval_number.validate(raw)


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        pytest.param("进口药品注册证H20100795", "H20100795", id="real: title"),
        pytest.param("进口药品注册证号H20140519", "H20140519", id="real: with 号"),
        pytest.param("医药产品注册证HC20100039", "HC20100039", id="real: Hong Kong"),
    ],
)
def test_the_title_of_an_import_certificate_is_no_part_of_its_number(raw, number):
    assert approval_number.validate(raw, YEAR) == number


@pytest.mark.parametrize(
    ("year", "status"), [(2025, "review"), (2026, "valid"), (None, "valid")]
)
def test_the_year_is_judged_only_when_given(year, status):
    assert approval_number.classify("国药准字H20260001", year) == status


@given(
    st.text()
    | st.from_regex("(国药准字)?[A-Z]{0,5}[0-9]{7,9}", fullmatch=True)
    | st.text("国药准字HZSJC0123456789 ")
)
def test_arbitrary_text_is_classified_and_validate_agrees(raw):
    status = approval_number.classify(raw, YEAR)
    assert status in {"valid", "review", "invalid"}
    try:
        approval_number.validate(raw, YEAR)
    except ValueError:
        assert status != "valid"
    else:
        assert status == "valid"


@given(st.text())
def test_compact_is_idempotent(raw):
    compact = approval_number.compact
    assert compact(compact(raw)) == compact(raw)
