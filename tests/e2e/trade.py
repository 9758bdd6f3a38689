"""The steps of the main job by RPC, each taken by the user whose job it is.

What a step needs from the one before is handed over by id, as between people.
"""

import csv
from datetime import datetime, timedelta
from functools import cached_property
from itertools import count
from zoneinfo import ZoneInfo

from stdnum.cn import ric, uscc

from papers import pdf
from project import ADDONS

CATALOGUE = ADDONS / "pharma_demo" / "data" / "catalogue.csv"
APPLICANTS = {"supplier": "purchaser", "product": "purchaser", "buyer": "seller"}
ROLES = {"supplier": "sales", "buyer": "purchase"}
NUMBERS = {
    "distribution": "鄂AA027{:05d}",
    "production": "鄂2024{:04d}",
    "approval": "国药准字H2024{:04d}",
}


def set_ids(ids):
    return [(6, 0, list(ids))]


def china_today():
    return datetime.now(ZoneInfo("Asia/Shanghai")).date()


def in_days(days):
    return (china_today() + timedelta(days=days)).isoformat()


class Trade:
    """What the staff does; ``rpc(login)`` is a user's client."""

    def __init__(self, rpc):
        self.rpc = rpc
        self.serial = count(1)

    # What is there already, read by somebody who may change nothing.

    @cached_property
    def reader(self):
        return self.rpc("auditor")

    def find(self, model, *domain, **kwargs):
        """The id of the one record that is there from the start."""
        return self.reader.search(model, *domain, limit=1, **kwargs)[0]

    @cached_property
    def kinds(self):
        rows = self.reader.search_read("pharma.partner.kind", [], "code")
        return {row["code"]: row["id"] for row in rows}

    @cached_property
    def scopes(self):
        rows = self.reader.search_read("pharma.scope", [], "code")
        return {row["code"]: row["id"] for row in rows}

    @cached_property
    def types(self):
        """{id: type of paper}"""
        rows = self.reader.search_read(
            "pharma.document.type",
            [],
            "code",
            "name",
            "holder",
            "expiry_policy",
            "number_format",
            "is_number_required",
            "carries_scopes",
        )
        return {row["id"]: row for row in rows}

    @cached_property
    def type_ids(self):
        return {row["code"]: type_id for type_id, row in self.types.items()}

    @cached_property
    def catalogue(self):
        with CATALOGUE.open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))

    def scope_ids(self, codes):
        return [self.scopes[code] for code in codes.split()]

    def plain_drugs(self, number):
        """Rows of the catalogue that every wholesaler and hospital may trade."""
        rows = [
            row
            for row in self.catalogue
            if row["scopes"] in ("CHEM", "CPM") and row["approval_number"]
        ]
        return rows[:: len(rows) // number][:number]

    def product_of(self, scopes):
        """An approved drug of the demo company that has exactly these scopes."""
        codes = [row["code"] for row in self.catalogue if row["scopes"] == scopes]
        return self.find(
            "product.product",
            ("default_code", "in", codes),
            ("pharma_state", "=", "active"),
        )

    def partner_of(self, code):
        """A partner of the demo company by its code in the tables."""
        return self.find("res.partner", ("ref", "=", code))

    def uscc(self):
        body = f"91420100{next(self.serial):09d}"
        return body + uscc.calc_check_digit(body)

    def id_number(self):
        body = f"11010519900307{next(self.serial):03d}"
        return body + ric.calc_check_digit(f"{body}0")

    # First approval.

    def create_partner(self, login, name, **values):
        client = self.rpc(login)
        return client.create(
            "res.partner",
            **{
                "name": name,
                "is_company": True,
                "uscc": self.uscc(),
                "legal_representative": "李明",
                "country_id": self.find("res.country", ("code", "=", "CN")),
                "state_id": self.find("res.country.state", ("name", "=", "湖北省")),
                "city": "武汉市",
                "street": "解放大道 1 号",
                **values,
            },
        )

    def open_dossier(self, kind, **values):
        return self.rpc(APPLICANTS[kind]).create("pharma.dossier", kind=kind, **values)

    def file_paper(self, login, code, scopes="", **values):
        """File one paper with one uploaded page."""
        client = self.rpc(login)
        page = client.upload(f"{code}.pdf", pdf(code))
        values = self.prepare_paper(self.type_ids[code], page, scopes, **values)
        return client.create("pharma.document", **values)

    def prepare_paper(self, type_id, page, scopes="", **values):
        doc_type, serial = self.types[type_id], next(self.serial)
        prepared = {"type_id": type_id, "attachment_ids": set_ids([page])}
        if doc_type["expiry_policy"] != "none":
            prepared |= {"issue_date": in_days(-30), "expiry_date": in_days(300)}
        if doc_type["number_format"] == "uscc":
            prepared["number"] = self.uscc()
        elif doc_type["number_format"] in NUMBERS:
            prepared["number"] = NUMBERS[doc_type["number_format"]].format(serial)
        else:
            prepared["number"] = f"{doc_type['code']}-{serial}"
        if doc_type["carries_scopes"]:
            prepared["scope_ids"] = set_ids(self.scope_ids(scopes))
        return prepared | values

    def file_papers(self, dossier_ids, kind, scopes=""):
        """File what the checklists ask for, with a page each, and the person."""
        client = self.rpc(APPLICANTS[kind])
        papers = []
        for dossier in client(
            "pharma.dossier",
            "read",
            dossier_ids,
            ["checklist", "partner_id", "product_tmpl_id"],
        ):
            holder = "product_tmpl_id" if kind == "product" else "partner_id"
            owner = {holder: dossier[holder][0]}
            for item in dossier["checklist"]:
                if item["kind"] == "document" and item["status"] == "missing":
                    page = client.upload(f"{item['name']}.pdf", pdf(kind))
                    papers.append(
                        self.prepare_paper(item["type_id"], page, scopes, **owner)
                    )
        client("pharma.document", "create", papers)

    def create_person(self, login, partner_id, role, name="王芳", **values):
        person_id = self.rpc(login).create(
            "pharma.person",
            name=name,
            partner_id=partner_id,
            role=role,
            id_number=self.id_number(),
            **values,
        )
        self.file_paper(login, "LETTER", person_id=person_id)
        self.file_paper(login, "ID_COPY", person_id=person_id)
        return person_id

    def apply(self, dossier_id, kind):
        self.rpc(APPLICANTS[kind]).button("pharma.dossier", "action_apply", dossier_id)

    def approve(self, dossier_id):
        """Both steps of the shipped approval, each by its role."""
        for login in ("qa", "quality_head"):
            self.rpc(login).button("pharma.dossier", "action_approve", dossier_id)

    def prepare_partner(self, side, kind, name, scopes, **values):
        """A company whose complete file waits for its application.

        :return: partner id, dossier id
        """
        login = APPLICANTS[side]
        partner_id = self.create_partner(
            login, name, **{f"pharma_{side}_kind_id": self.kinds[kind]}, **values
        )
        dossier_id = self.open_dossier(
            side, partner_id=partner_id, scope_ids=set_ids(self.scope_ids(scopes))
        )
        self.file_papers([dossier_id], side, scopes)
        self.create_person(login, partner_id, ROLES[side])
        return partner_id, dossier_id

    def approved_partner(self, side, kind, name, scopes, **values):
        partner_id, dossier_id = self.prepare_partner(
            side, kind, name, scopes, **values
        )
        self.apply(dossier_id, side)
        self.approve(dossier_id)
        return partner_id

    def create_products(self, rows):
        """New products from rows of the catalogue; ids of their variants."""
        client = self.rpc("purchaser")
        maker_ids = self._maker_ids(rows)
        template_ids = client(
            "product.template",
            "create",
            [self._prepare_product(row, maker_ids) for row in rows],
        )
        found = client.search_read(
            "product.product",
            [("product_tmpl_id", "in", template_ids)],
            "product_tmpl_id",
        )
        variants = {row["product_tmpl_id"][0]: row["id"] for row in found}
        return template_ids, [variants[template_id] for template_id in template_ids]

    def approve_products(self, template_ids):
        client = self.rpc("purchaser")
        dossier_ids = client(
            "pharma.dossier",
            "create",
            [
                {"kind": "product", "product_tmpl_id": template_id}
                for template_id in template_ids
            ],
        )
        self.file_papers(dossier_ids, "product")
        for dossier_id in dossier_ids:
            self.apply(dossier_id, "product")
            self.approve(dossier_id)
        return dossier_ids

    def _maker_ids(self, rows):
        """{name: id}; a maker nobody traded with so far is entered by the purchaser."""
        names = sorted(
            {row[field] for row in rows for field in ("mah", "manufacturer")}
        )
        client = self.rpc("purchaser")
        found = client.search_read("res.partner", [("name", "in", names)], "name")
        ids = {row["name"]: row["id"] for row in found}
        missing = [name for name in names if name not in ids]
        new = client(
            "res.partner", "create", [{"name": n, "is_company": True} for n in missing]
        )
        return ids | dict(zip(missing, new, strict=True))

    def _prepare_product(self, row, maker_ids):
        return {
            "name": f"{row['generic_name']} {row['strength']} {row['pack_spec']}",
            "default_code": f"N-{row['code']}",
            "type": "consu",
            "is_storable": True,
            "tracking": "lot",
            "list_price": float(row["list_price"]),
            "invoice_policy": "delivery",
            "purchase_method": "receive",
            "generic_name": row["generic_name"],
            "trade_name": row["trade_name"],
            "dosage_form": row["dosage_form"],
            "strength": row["strength"],
            "pack_spec": row["pack_spec"],
            "mah_id": maker_ids[row["mah"]],
            "manufacturer_id": maker_ids[row["manufacturer"]],
            "approval_number": row["approval_number"],
            "national_drug_code": row["national_drug_code"] or False,
            "shelf_life_months": int(row["shelf_life_months"]),
            "storage_text": row["storage_text"],
            "storage_class": row["storage_class"],
            "rx_class": row["rx_class"],
            "pharma_scope_ids": set_ids(self.scope_ids(row["scopes"])),
        }

    # From order to money.

    def order(self, model, partner_id, lines, **values):
        """A draft order.

        :param lines: (product id, quantity, price) of each line
        """
        quantity = "product_qty" if model == "purchase.order" else "product_uom_qty"
        login = "purchaser" if model == "purchase.order" else "seller"
        commands = [
            (0, 0, {"product_id": product, quantity: count, "price_unit": price})
            for product, count, price in lines
        ]
        return self.rpc(login).create(
            model, partner_id=partner_id, order_line=commands, **values
        )

    def purchase(self, partner_id, *lines, **values):
        return self.order("purchase.order", partner_id, lines, **values)

    def sale(self, partner_id, *lines, **values):
        return self.order("sale.order", partner_id, lines, **values)

    def receive(self, order_id):
        """The receiver types in lot numbers and validates; the transfer's id."""
        (picking_id,) = self.reader.read("purchase.order", order_id, "picking_ids")
        client = self.rpc("receiver")
        lines = client.search_read(
            "stock.move.line", [("picking_id", "=", picking_id)], "quantity"
        )
        for line in lines:
            client.write(
                "stock.move.line",
                line["id"],
                lot_name=f"L{line['id']}",
                expiry_label="2029-05-31",
            )
        client.button("stock.picking", "button_validate", picking_id)
        return picking_id

    def deliver(self, order_id):
        (picking_id,) = self.reader.read("sale.order", order_id, "picking_ids")
        self.rpc("picker").button("stock.picking", "button_validate", picking_id)
        return picking_id

    def bill(self, order_id):
        """Finance makes the bill from the order, with the supplier's number on it."""
        client = self.rpc("finance")
        client.button("purchase.order", "action_create_invoice", order_id)
        (move_id,) = client.read("purchase.order", order_id, "invoice_ids")
        client.write(
            "account.move", move_id, invoice_date=in_days(0), ref=f"FP{move_id:08d}"
        )
        return move_id

    def invoice(self, order_id):
        client = self.rpc("finance")
        context = {"active_model": "sale.order", "active_ids": [order_id]}
        wizard_id = client(
            "sale.advance.payment.inv",
            "create",
            [{"advance_payment_method": "delivered"}],
            context=context,
        )[0]
        client.button(
            "sale.advance.payment.inv", "create_invoices", wizard_id, **context
        )
        (move_id,) = client.read("sale.order", order_id, "invoice_ids")
        return move_id

    def post(self, move_id):
        self.rpc("finance").button("account.move", "action_post", move_id)

    def create_bank_account(self, partner_id, confirmed=True):
        """The purchaser enters it from the proof; QA and finance confirm it."""
        bank_id = self.rpc("purchaser").create(
            "res.partner.bank",
            partner_id=partner_id,
            acc_number=f"62220200{next(self.serial):09d}",
        )
        if confirmed:
            for login in ("qa", "finance"):
                self.rpc(login).button(
                    "res.partner.bank", "action_pharma_confirm", bank_id
                )
        return bank_id

    def pay(self, move_id, **values):
        """The payment dialog of an invoice or bill, taken as it comes."""
        client = self.rpc("finance")
        context = {"active_model": "account.move", "active_ids": [move_id]}
        wizard_id = client(
            "account.payment.register", "create", [values], context=context
        )[0]
        client.button(
            "account.payment.register", "action_create_payments", wizard_id, **context
        )
