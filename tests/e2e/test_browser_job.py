"""The main job on one drug in the browser, each step by the hands of its user."""

from functools import cache

import pytest

from papers import pdf
from screen import PHONE, RECORDS, Screen
from trade import NUMBERS, Trade, in_days

SUPPLIER, BUYER, DRUG = "试点医药有限公司", "试点人民医院", "试点胶囊"
BOUGHT, COST = 12, 8.5
SOLD, PRICE = 5, 9.9
# Side: who brings the partner, its name, its kind.
PARTNERS = {
    "supplier": ("purchaser", SUPPLIER, "WHOLESALER"),
    "buyer": ("seller", BUYER, "HOSPITAL"),
}
MISSING = ".pharma_checklist_item[data-status='missing']"
TO_FILE = f"{MISSING} .btn-primary"
MASTER_DATA = "pharma_gsp_menu_master_data"
FIRST_APPROVAL = "pharma_gsp_menu_first_approval"
ORDERS = "pharma_gsp_menu_orders"


class Office:
    """Everybody's screen, and the words on it; each user sits down once and stays."""

    def __init__(self, page, trade):
        self.page = page
        self.trade = trade
        self.at = cache(lambda login: Screen(page(login)))

    def name(self, model, code):
        """Of a type of paper or kind of partner, as the user reads it."""
        rows = self.trade.reader.search_read(
            model, [("code", "=", code)], "display_name"
        )
        return rows[0]["display_name"]

    def option(self, model, field, value):
        """A selection's label as the user reads it."""
        fields = self.trade.reader(model, "fields_get", [field], ["selection"])
        return dict(fields[field]["selection"])[value]

    def state(self, model, record_id, field="state"):
        return self.trade.reader.read(model, record_id, field)


@pytest.fixture
def office(page, rpc):
    return Office(page, Trade(rpc))


def test_from_first_approval_to_money(office):
    for side in PARTNERS:
        new_partner(office, side)
    new_product(office)

    purchase = buy(office)
    receipt = receive(office, purchase)
    bill = post_bill(office, purchase)
    confirm_account(office)
    pay(office, bill)

    sale = sell(office)
    delivery = deliver(office, sale)
    invoice = post_invoice(office, sale)
    pay(office, invoice)

    assert office.state("purchase.order", purchase, "invoice_status") == "invoiced"
    assert office.state("sale.order", sale, "invoice_status") == "invoiced"
    (product,) = office.trade.reader.search_read(
        "product.product", [("name", "=", DRUG)], "qty_available"
    )
    assert product["qty_available"] == BOUGHT - SOLD
    look_at_the_phone(
        office,
        ("purchaser", "purchase.order", purchase),
        ("receiver", "stock.picking", receipt),
        ("seller", "sale.order", sale),
        ("picker", "stock.picking", delivery),
        ("finance", "account.move", bill),
        ("finance", "account.move", invoice),
    )


def new_partner(office, side):
    login, name, kind = PARTNERS[side]
    screen = office.at(login)
    screen.menu(MASTER_DATA, f"res_partner_menu_{side}")
    screen.new()
    screen.fill(name=name)
    screen.tab("pharma_gsp")
    screen.fill(uscc=office.trade.uscc(), legal_representative="李明")
    kind_name = office.name("pharma.partner.kind", kind)
    screen.choose(f"pharma_{side}_kind_id", kind_name)
    screen.save()
    if side == "supplier":
        screen.add("bank_ids")
        screen.fill(acc_number="6222020900001234567")
        screen.save()
        screen.save()
    screen.picture(f"{side}_company")

    screen.menu(FIRST_APPROVAL, f"pharma_dossier_menu_{side}")
    screen.new()
    screen.choose("partner_id", name)
    screen.choose("scope_ids", "CHEM")
    screen.save()
    get_file_approved(office, screen, name)


def new_product(office):
    screen = office.at("purchaser")
    screen.menu(MASTER_DATA, "product_template_menu")
    screen.new()
    screen.fill(name=DRUG)
    screen.tab("pharma_gsp")
    screen.fill(
        generic_name=DRUG,
        dosage_form="胶囊剂",
        strength="0.25g",
        pack_spec="24粒/盒",
        approval_number="国药准字H20240001",
        storage_text="密封，在干燥处保存",
        shelf_life_months=24,
    )
    for field in ("mah_id", "manufacturer_id"):
        screen.choose(field, SUPPLIER)
    for field, value in (("rx_class", "rx"), ("storage_class", "room")):
        screen.select(field, office.option("product.template", field, value))
    screen.choose("pharma_scope_ids", "CHEM")
    screen.save()
    screen.picture("product")
    screen.press("action_open_pharma_dossier")
    screen.save()
    get_file_approved(office, screen, DRUG)


def get_file_approved(office, screen, name):
    dossier_id = screen.record_id
    work_through_checklist(office, screen)
    screen.picture(f"file_complete_{dossier_id}")
    screen.press("action_apply")
    assert office.state("pharma.dossier", dossier_id) == "review"
    for login in ("qa", "quality_head"):
        decider = office.at(login)
        decider.menu("pharma_gsp_menu_my_approvals")
        decider.open_first(name)
        decider.picture(f"file_{dossier_id}_{login}")
        decider.press("action_approve")
    assert office.state("pharma.dossier", dossier_id) == "active"


def work_through_checklist(office, screen):
    """From the top: each item opens the dialog to file it."""
    while screen.page.locator(TO_FILE).count():
        screen.click(TO_FILE)
        screen.settle()
        if screen.has("id_number"):
            add_person(office, screen)
        else:
            file_paper(office, screen)


def add_person(office, screen):
    screen.fill(name="王芳", id_number=office.trade.id_number())
    for code in ("LETTER", "ID_COPY"):
        screen.add("document_ids")
        screen.choose("type_id", office.name("pharma.document.type", code))
        file_paper(office, screen)
    screen.save()


def file_paper(office, screen):
    screen.fill(number=number_for(office, screen), issue_date=in_days(-20))
    if screen.has("expiry_date"):
        screen.fill(expiry_date=in_days(200))
    screen.upload("attachment_ids", "扫描件.pdf", pdf("page"))
    screen.save()


def number_for(office, screen):
    """As it might be printed on a paper of the type chosen in the dialog."""
    trade = office.trade
    type_name = screen.value("type_id")
    doc_type = next(row for row in trade.types.values() if row["name"] == type_name)
    if doc_type["number_format"] == "uscc":
        return trade.uscc()
    number = NUMBERS.get(doc_type["number_format"], f"{doc_type['code']}-{{}}")
    return number.format(next(trade.serial))


def buy(office):
    screen = office.at("purchaser")
    screen.menu(ORDERS, "purchase_order_menu")
    screen.new()
    screen.choose("partner_id", SUPPLIER)
    screen.add("order_line")
    screen.choose("product_id", DRUG)
    screen.fill(product_qty=BOUGHT, price_unit=COST)
    screen.press("button_confirm")
    screen.picture("purchase_order")
    order_id = screen.record_id
    assert office.state("purchase.order", order_id) == "purchase"
    return order_id


def find(office, login, entry, model, order_id):
    """Search for what belongs to an order in a list, and open it."""
    screen = office.at(login)
    name = office.state(model, order_id, "name")
    screen.menu(ORDERS, entry)
    screen.search(name)
    screen.open_first(name)
    return screen


def receive(office, order_id):
    screen = find(
        office, "receiver", "stock_picking_menu_receipts", "purchase.order", order_id
    )
    screen.press("action_show_details")
    screen.click(".o_data_row .o_data_cell[name='lot_name']")
    screen.fill(lot_name="20261101")
    screen.save()
    # What the scan station does: the date as the pack shows it.
    receiver = office.trade.rpc("receiver")
    lines = receiver.search("stock.move.line", ("picking_id", "=", screen.record_id))
    receiver.write("stock.move.line", lines, expiry_label="2029-05-31")
    screen.press("button_validate")
    screen.picture("receipt")
    assert office.state("stock.picking", screen.record_id) == "done"
    return screen.record_id


def post_bill(office, order_id):
    """Finance uploads the supplier's invoice to the order."""
    screen = find(office, "finance", "purchase_order_menu", "purchase.order", order_id)
    screen.page.locator("input.document_file_uploader").first.set_input_files(
        {"name": "发票.pdf", "mimeType": "application/pdf", "buffer": pdf("invoice")}
    )
    return post(office, screen, invoice_date=in_days(0), ref="26420000000000000001")


def confirm_account(office):
    """QA and finance, two persons, against the proof of account."""
    for login in ("qa", "finance"):
        screen = office.at(login)
        screen.menu(MASTER_DATA, "res_partner_menu_supplier")
        screen.search(SUPPLIER)
        screen.open_first(SUPPLIER)
        screen.tab("pharma_gsp")
        screen.press("action_pharma_confirm")
    screen.picture("bank_account")


def sell(office):
    screen = office.at("seller")
    screen.menu(ORDERS, "sale_order_menu")
    screen.new()
    screen.choose("partner_id", BUYER)
    screen.add("order_line")
    screen.choose("product_template_id", DRUG)
    screen.fill(product_uom_qty=SOLD, price_unit=PRICE)
    screen.press("action_confirm")
    screen.picture("sale_order")
    order_id = screen.record_id
    assert office.state("sale.order", order_id) == "sale"
    return order_id


def deliver(office, order_id):
    screen = find(
        office, "picker", "stock_picking_menu_deliveries", "sale.order", order_id
    )
    screen.press("button_validate")
    screen.picture("delivery")
    assert office.state("stock.picking", screen.record_id) == "done"
    return screen.record_id


def post_invoice(office, order_id):
    screen = find(office, "finance", "sale_order_menu", "sale.order", order_id)
    screen.click("button#create_invoice")
    screen.press("create_invoices")
    return post(office, screen)


def post(office, screen, **values):
    screen.page.wait_for_selector("button[name='action_post']")
    screen.settle()
    screen.fill(**values)
    screen.press("action_post")
    move_id = screen.record_id
    screen.picture(f"posted_{move_id}")
    assert office.state("account.move", move_id) == "posted"
    return move_id


def pay(office, move_id):
    screen = office.at("finance")
    screen.open("account.move", move_id)
    screen.press("action_register_payment")
    screen.picture(f"payment_{move_id}")
    screen.press("action_create_payments")
    assert office.state("account.move", move_id, "payment_state") in (
        "paid",
        "in_payment",
    )


def look_at_the_phone(office, *records):
    """The same documents in the hand: nothing sticks out, no error."""
    for login, model, record_id in records:
        screen = office.at(login)
        screen.resize(PHONE)
        screen.open(model, record_id)
        screen.picture(f"phone_{model}_{record_id}")
        assert not screen.is_too_wide
    deciding = office.at("qa")
    deciding.resize(PHONE)
    deciding.home()
    deciding.page.wait_for_selector(RECORDS)
    assert not deciding.is_too_wide
