"""An inspector comes unannounced and asks for everything about one record (CS-34)."""

import hashlib
import json
import time
from datetime import date
from zipfile import ZipFile

import pytest

from odoo_client import RpcError
from screen import DESK, PHONE, Screen
from trade import Trade

PAGE = ".pharma_inspection_sections"
MENU = "[data-menu-xmlid='pharma_gsp.pharma_inspection_menu']"
FOUND = ".pharma_inspection_found[data-model='{}']"
# Sections that a demo record of this model must fill.
SUBJECTS = {
    "res.partner": {"facts", "dossiers", "papers", "persons", "purchases", "receipts"},
    "product.template": {"facts", "dossiers", "papers", "sales", "deliveries"},
    "purchase.order": {"facts", "lines", "dossiers", "papers", "persons", "receipts"},
    "sale.order": {"facts", "lines", "dossiers", "papers", "persons", "deliveries"},
}
SECOND = 1.0


@pytest.fixture(scope="module")
def trade(rpc):
    return Trade(rpc)


@pytest.fixture(scope="module")
def subjects(trade):
    """{model: id}: the supplier and drug with the most trade, an order of each kind."""

    def busiest(model, field):
        (row, *_others) = trade.reader(
            model,
            "formatted_read_group",
            [("state", "in", ("purchase", "sale"))],
            [field],
            ["__count"],
            order="__count desc",
            limit=1,
        )
        return row[field][0]

    product = busiest("sale.order.line", "product_id")
    return {
        "res.partner": busiest("purchase.order", "partner_id"),
        "product.template": trade.reader.read(
            "product.product", product, "product_tmpl_id"
        )[0],
        "purchase.order": trade.find("purchase.order", ("state", "=", "purchase")),
        "sale.order": trade.find("sale.order", ("state", "=", "sale")),
    }


def sections(page):
    """{code: rows on the screen}"""
    page.wait_for_selector(PAGE)
    found = {}
    for section in page.locator(f"{PAGE} section").all():
        rows = section.locator("tbody tr, dl > div")
        found[section.get_attribute("data-section")] = rows.count()
    return found


def steady_sections(page):
    """Without the trail, which grows by every look at it."""
    return {code: rows for code, rows in sections(page).items() if code != "trail"}


@pytest.mark.parametrize("width", [DESK, PHONE])
@pytest.mark.parametrize("model", SUBJECTS)
def test_one_screen_shows_everything(page, rpc, subjects, model, width):
    auditor = rpc("auditor")
    record_id = subjects[model]
    answer = auditor("pharma.inspection", "action_open", model, record_id)
    sheet = page("auditor", width)
    screen = Screen(sheet)
    sheet.goto(f"/odoo/inspection/{record_id}?inspected={model}")
    shown = sections(sheet)
    screen.settle()
    screen.picture(f"inspection_{model}_{width}")
    expected = {s["code"]: len(s["rows"]) for s in answer["sections"]}
    # That we looked just now is in the trail as well, of which the screen shows 80.
    assert shown.pop("trail") >= expected.pop("trail") > 0
    assert shown == expected
    assert {code for code, rows in shown.items() if rows} >= SUBJECTS[model]
    assert answer["name"] in sheet.locator("h1").first.inner_text()
    assert not screen.is_too_wide


@pytest.mark.parametrize("login", ["auditor", "qa"])
def test_from_the_menu_to_the_screen_and_the_zip(
    page, trade, subjects, login, tmp_path
):
    """Menu, a name, the screen; a paper in place, a record and back, the zip."""
    supplier = subjects["res.partner"]
    name = trade.reader.read("res.partner", supplier, "name")
    sheet = page(login)
    sheet.locator(MENU).click()
    sheet.fill(".pharma_inspection_search input", name)
    sheet.locator(FOUND.format("res.partner")).first.click()
    shown = steady_sections(sheet)

    sheet.locator(".pharma_inspection_thumb").first.click()
    sheet.wait_for_selector(".o-FileViewer")
    sheet.keyboard.press("Escape")
    sheet.wait_for_selector(".o-FileViewer", state="detached")

    sheet.locator("[data-section='papers'] tbody tr").first.click()
    sheet.wait_for_selector(".o_form_view .o_form_renderer")
    sheet.go_back()
    assert steady_sections(sheet) == shown
    sheet.reload()
    assert steady_sections(sheet) == shown

    with sheet.expect_download() as download:
        sheet.locator(".pharma_inspection_export").click()
    path = tmp_path / "inspection.zip"
    download.value.save_as(path)
    assert name in download.value.suggested_filename
    check_zip(path, login)


def check_zip(path, login):
    with ZipFile(path) as zipped:
        assert zipped.testzip() is None
        lines = zipped.read("SHA256SUMS").decode().splitlines()
        told = {line[66:]: line[:64] for line in lines}
        assert told.keys() == set(zipped.namelist()) - {"SHA256SUMS"}
        for name, digest in told.items():
            assert hashlib.sha256(zipped.read(name)).hexdigest() == digest, name
        about = json.loads(zipped.read("manifest.json"))
        index = zipped.read("index.html").decode()
    assert about["exported_by_login"] == login
    assert about["missing_files"] == []
    assert about["rows"]["papers"]
    assert about["files"] == len(told) - 3
    for name in told.keys() - {"index.html", "index.xlsx", "manifest.json"}:
        assert name in index
        assert not name.isascii()


def test_the_period_narrows_the_screen_and_stays_in_the_address(page, subjects):
    sheet = page("auditor")
    record_id = subjects["res.partner"]
    sheet.goto(f"/odoo/inspection/{record_id}?inspected=res.partner")
    papers = sections(sheet)["papers"]
    sheet.select_option(".pharma_inspection_period select", "own")
    with sheet.expect_response("**/action_open"):
        sheet.fill("input[name='until']", "1999-12-31")
        sheet.keyboard.press("Tab")
    sheet.wait_for_function(
        "() => !document.querySelector(\"[data-section='purchases'] tbody tr\")"
    )
    sheet.wait_for_url("**until=1999-12-31**")
    assert "until=1999-12-31" in sheet.locator(
        ".pharma_inspection_export"
    ).get_attribute("href")
    sheet.reload()
    shown = sections(sheet)
    assert not shown["purchases"]
    assert shown["papers"] == papers


@pytest.mark.parametrize("model", SUBJECTS)
def test_a_form_leads_to_the_screen(page, subjects, model):
    sheet = page("auditor")
    Screen(sheet).open(model, subjects[model])
    button = sheet.locator(".oe_stat_button .fa-search").first
    if not button.is_visible():
        sheet.locator(".o_button_more").first.click()
    button.click()
    assert sections(sheet)["facts"]
    assert f"inspected={model}" in sheet.url


def test_who_may_not_inspect_sees_neither_button_nor_data(page, rpc, subjects):
    supplier = subjects["res.partner"]
    for login in ("seller", "purchaser", "admin"):
        with pytest.raises(RpcError) as error:
            rpc(login)("pharma.inspection", "action_open", "res.partner", supplier)
        assert error.value.name == "odoo.exceptions.AccessError"
        answer = rpc(login).get(f"/pharma/inspection/res.partner/{supplier}.zip")
        assert answer.status_code == 403
    sheet = page("seller")
    Screen(sheet).open("res.partner", supplier)
    assert not sheet.locator(".oe_stat_button .fa-search").count()
    assert not sheet.locator(MENU).count()


def test_the_portal_gets_no_zip(rpc, subjects):
    address = f"/pharma/inspection/res.partner/{subjects['res.partner']}.zip"
    assert rpc("hospital").get(address).status_code == 403


@pytest.mark.parametrize("model", SUBJECTS)
def test_the_busiest_record_is_there_within_a_second(rpc, subjects, model):
    """The second time: the first fills the server's caches after its start."""
    auditor, record_id = rpc("auditor"), subjects[model]
    year = date.today().year
    auditor("pharma.inspection", "action_open", model, record_id)
    started = time.monotonic()
    auditor("pharma.inspection", "action_open", model, record_id, f"{year - 5}-01-01")
    assert time.monotonic() - started < SECOND
