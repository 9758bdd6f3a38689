import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.exceptions import InvalidComponent, InvalidFormat

from odoo.addons.pharma_gsp.tools import licence_number
from odoo.addons.pharma_gsp.tools.licence_number import DistributionLicence


@pytest.mark.parametrize(
    ("raw", "licence", "kind"),
    [
        pytest.param(
            "琼AA898000001",
            DistributionLicence("琼", "A", True, "8980", "00001"),
            "wholesale",
            id="TV-11",
        ),
        pytest.param(
            " 京ｂｂ０１０１０００２３",
            DistributionLicence("京", "B", False, "0101", "00023"),
            "chain_headquarters",
            id="full-width, lower case",
        ),
        pytest.param(
            "粤CB755-1 00023",
            DistributionLicence("粤", "C", False, "7551", "00023"),
            "chain_outlet",
            id="separators",
        ),
        pytest.param(
            "黔DA851000001",
            DistributionLicence("黔", "D", True, "8510", "00001"),
            "single_pharmacy",
            id="second short name",
        ),
    ],
)
def test_the_parts_of_a_number_are_read(raw, licence, kind):
    assert licence_number.parse(raw) == licence
    assert licence.kind == kind
    assert licence_number.classify(raw) == "valid"
    assert licence_number.is_valid(raw)


@pytest.mark.parametrize(
    ("raw", "reason", "error"),
    [
        pytest.param("琼XA898000001", "class", InvalidComponent, id="TV-11 class X"),
        pytest.param("琼AC898000001", "legal_person", InvalidComponent, id="person C"),
        pytest.param("华AA898000001", "province", InvalidComponent, id="province"),
        pytest.param("台AA898000001", "province", InvalidComponent, id="Taiwan"),
        pytest.param("😀AA898000001", "province", InvalidComponent, id="emoji"),
        pytest.param("琼AA89800001", "format", InvalidFormat, id="one digit short"),
        pytest.param("琼A898000001", "format", InvalidFormat, id="one letter short"),
        pytest.param("琼AA8980٠٠٠01", "format", InvalidFormat, id="Arabic digits"),
        pytest.param("琼AA898000001号", "format", InvalidFormat, id="more behind"),
        pytest.param("", "format", InvalidFormat, id="empty"),
        pytest.param(None, "format", InvalidFormat, id="none"),
    ],
)
def test_what_differs_goes_to_review_with_the_reason(raw, reason, error):
    reading = licence_number.read(raw)
    assert (reading.status, reading.reason, reading.licence) == ("review", reason, None)
    assert licence_number.classify(raw) == "review"
    assert not licence_number.is_valid(raw)
    with pytest.raises(error):
        licence_number.validate(raw)


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        ("京20160001", "valid"),
        (" 粤 ２０２０００１２", "valid"),
        ("京20270001", "review"),
        ("京19990001", "review"),
        ("京2016001", "review"),
        ("华20160001", "review"),
        ("京2016٠٠٠1", "review"),
        ("", "review"),
        (None, "review"),
    ],
)
def test_production_licences_are_read_loosely(raw, status):
    assert licence_number.classify_production(raw, 2026) == status


def test_the_year_of_a_production_licence_is_judged_only_when_given():
    assert licence_number.classify_production("京20270001") == "valid"


@given(st.text() | st.from_regex("[琼京华][A-E][A-C][0-9]{9}", fullmatch=True))
def test_arbitrary_text_is_classified_and_validate_agrees(raw):
    compact = licence_number.compact(raw)
    assert licence_number.compact(compact) == compact
    assert licence_number.classify_production(raw) in {"valid", "review"}
    try:
        assert licence_number.validate(raw) == compact
    except ValueError:
        assert licence_number.classify(raw) == "review"
    else:
        assert licence_number.classify(raw) == "valid"
