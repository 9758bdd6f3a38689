"""The main job on one drug in the browser, each step by the hands of its user."""

from functools import cache

import pytest

from papers import pdf
from screen import PHONE, Screen
from trade import NUMBERS, Trade, in_days

SUPPLIER = "试点医药有限公司"
BUYER = "试点人民医院"
DRUG = "试点胶囊"
BOUGHT, SOLD, PRICE = 12, 5, 8.5
PARTNERS = {
    "supplier": ("purchaser", SUPPLIER, "WHOLESALER"),
    "buyer": ("seller", BUYER, "HOSPITAL"),
}
TO_FILE = ".pharma_checklist_item[data-status='missing'] .btn-primary"


class Office:
    """Everybody's screen; each user sits down once and stays."""

    def __init__(self, page, trade):
        self.at = cache(lambda login: Screen(page(login)))
        self.page = page
        self.trade = trade

    def option(self, model, field, value):
        """A selection's label, as the user reads it."""
        fields = self.trade.reader(model, "fields_get", [field], ["selection"])
        return dict(fields[field]["selection"])[value]

    def names(self, model):
        """{code: name as the user reads it}"""
        rows = self.trade.reader.search_read(model, [], "code", "display_name")
        return {row["code"]: row["display_name"] for row in rows}


@pytest.fixture
def office(page, rpc):
    return Office(page, Trade(rpc))


def test_from_first_approval_to_money(office):
    trade = office.trade
    new_partner(office, "supplier")
    new_partner(office, "buyer")
    new_product(office)
    purchase = buy(office)
    receive(office, purchase)
    bill = post_bill(office, purchase)
    confirm_account(office)
    pay(office, "pharma_gsp_menu_bills", bill)
    sale = sell(office)
    deliver(office, sale)
    invoice = post_invoice(office, sale)
    pay(office, "account_move_menu_invoices", invoice)

    assert trade.reader


def new_partner(office, side):
    login, name, kind = PARTNERS[side]
    screen = office.at(login)
    screen.menu("pharma_gsp_menu_master_data", f"res_partner_menu_{side}")
    screen.new()
    screen.fill(name=name)
    screen.tab("pharma_gsp")
    screen.fill(uscc=office.trade.uscc(), legal_representative="李明")
    kinds = office.names("pharma.partner.kind")
    screen.choose(f"pharma_{side}_kind_id", kinds[kind])
    if side == "supplier":
        screen.add("bank_ids")
        screen.fill(acc_number="6222020900001234567")
        screen.save()
    screen.save()
    screen.picture(f"{side}_company")

    screen.menu("pharma_gsp_menu_first_approval", f"pharma_dossier_menu_{side}")
    screen.new()
    screen.choose("partner_id", name)
    screen.choose("scope_ids", "CHEM")
    screen.save()
    file_papers(office, screen)
    screen.picture(f"{side}_file_complete")
    screen.press("action_apply")
    approve(office, name)


def file_papers(office, screen):
    """Work through the checklist from the top, person last."""
    types = {row["display_name"]: row for row in office.types}
    while screen.page.locator(TO_FILE).count():
        screen.click(TO_FILE)


def approve(office, text):
    for login in ("qa", "quality_head"):
        screen = office.at(login)
        screen.home()
        screen.open_first(text)
        screen.picture(f"approve_{login}")
        screen.press("action_approve")
