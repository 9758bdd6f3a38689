import hashlib
import json
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from unittest.mock import patch
from urllib.parse import unquote
from zipfile import ZipFile

from lxml import html
from openpyxl import load_workbook

from odoo.exceptions import AccessError, MissingError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import PharmaCommon, PharmaHttpCommon, blank_pdf, picture

MODELS = "odoo.addons.pharma_gsp.models"
SCREEN_ROWS = f"{MODELS}.pharma_inspection.SCREEN_ROWS"
PRINT_SECONDS = f"{MODELS}.pharma_inspection_export.PRINT_SECONDS"
READERS = ("auditor", "qa", "qa_manager", "quality_head", "company_head")
OTHERS = (
    "purchaser",
    "receiver",
    "inspector",
    "keeper",
    "picker",
    "seller",
    "finance",
    "it_admin",
)
PAPER_NAMES = (
    "药品经营许可证.pdf",
    "𠮷林💊.png",
    "../../etc/passwd",
    "长" * 300 + ".pdf",
    "药品经营许可证.pdf",
)


class InspectionMixin:
    """Reading the screen's answer and the zip as an inspector does."""

    def _open(self, record, role="auditor", **period):
        return (
            self.env["pharma.inspection"]
            .with_user(self.users[role])
            .action_open(record._name, record.id, **period)
        )

    def _rows(self, answer, code):
        (section,) = (s for s in answer["sections"] if s["code"] == code)
        return section["rows"]

    def _ids(self, answer, code):
        return [row["id"] for row in self._rows(answer, code)]

    def _cells(self, answer, code):
        return [[c["text"] for c in row["cells"]] for row in self._rows(answer, code)]

    def _zip(self, record, role="auditor", since=None, until=None):
        stream = BytesIO()
        inspection = self.env["pharma.inspection"].with_user(self.users[role])
        name = inspection._export(record._name, record.id, since, until, stream)
        self.assertTrue(name.endswith(".zip"), name)
        return ZipFile(stream)

    def _check_digests(self, zipped):
        """As ``sha256sum -c`` does: every other file is listed and unchanged."""
        lines = zipped.read("SHA256SUMS").decode().splitlines()
        told = {
            path: digest for digest, path in (line.split("  ", 1) for line in lines)
        }
        self.assertEqual(set(told), set(zipped.namelist()) - {"SHA256SUMS"})
        for path, digest in told.items():
            self.assertEqual(
                hashlib.sha256(zipped.read(path)).hexdigest(), digest, path
            )

    def _manifest(self, zipped):
        return json.loads(zipped.read("manifest.json"))

    def _links(self, zipped):
        """Files beside the index that it leads to."""
        page = html.fromstring(zipped.read("index.html").decode())
        return [unquote(a) for a in page.xpath("//a/@href") if not a.startswith("#")]

    @classmethod
    def _file_pages(cls, code, holder, pages, **values):
        """A verified paper with pages of these names."""
        document = cls._file(code, holder, verify=False, **values)
        document.attachment_ids = [
            Command.link(cls._page(name, raw).id) for name, raw in pages
        ]
        document._verify()
        return document


@tagged("post_install", "-at_install")
class TestInspection(InspectionMixin, PharmaCommon):
    """An inspector sees all papers of a partner, drug or order at once (CS-34)."""

    # Complete

    def test_every_paper_of_a_supplier_is_shown_in_every_version(self):
        licence = self._paper(self.supplier, "DIST_LICENCE")
        renewal = licence.copy({"previous_id": licence.id, "number": "NEW-1"})
        renewal._verify()
        agreement = self._paper(self.supplier, "QUALITY_AGREEMENT")
        self._as("qa", agreement).void("wrong seal")
        persons = self.supplier.pharma_person_ids
        shown = self._ids(self._open(self.supplier), "papers")
        self.assertEqual(
            set(shown),
            set((self.supplier.pharma_document_ids | persons.document_ids).ids),
        )
        self.assertLessEqual({licence.id, renewal.id, agreement.id}, set(shown))
        self.assertEqual(len(shown), len(set(shown)))

    def test_papers_tell_their_live_status_and_who_verified(self):
        licence = self._file("SEAL_SPECIMEN", self.hospital, verify=False)
        self._as("qa", licence).action_verify()
        ended = self._paper(self.hospital, "PRACTICE_LICENCE")
        self._expire(ended)
        rows = {
            row["id"]: row["cells"]
            for row in self._rows(self._open(self.hospital), "papers")
        }
        tones = {cell.get("tone") for cell in rows[licence.id]}
        self.assertIn("success", tones)
        self.assertIn("Test qa", [cell["text"] for cell in rows[licence.id]])
        self.assertIn("danger", {cell.get("tone") for cell in rows[ended.id]})

    def test_archived_persons_and_accounts_are_shown_too(self):
        person = self._create_person(self.supplier, "sales")
        person.active = False
        account = self.env["res.partner.bank"].create(
            {"acc_number": "6222020900001234567", "partner_id": self.supplier.id}
        )
        account.active = False
        answer = self._open(self.supplier)
        self.assertIn(person.id, self._ids(answer, "persons"))
        self.assertIn(account.id, self._ids(answer, "banks"))

    def test_a_first_approval_tells_each_decision_with_name_and_time(self):
        dossier = self.supplier.pharma_dossier_ids
        self._as("qa", dossier)._log_step("suspended", reason="飞检整改")
        (row,) = self._rows(self._open(self.supplier), "dossiers")
        decisions = " ".join(cell["text"] for cell in row["cells"])
        self.assertEqual(row["id"], dossier.id)
        self.assertIn("Test qa", decisions)
        self.assertIn("飞检整改", decisions)

    def test_every_order_of_a_supplier_is_shown_newest_first(self):
        orders = self.env["purchase.order"].union(
            *(self._create_purchase() for _number in range(3))
        )
        orders[1].button_cancel()
        address = self.env["res.partner"].create(
            {"name": "仓库", "parent_id": self.supplier.id, "type": "other"}
        )
        orders |= self._create_purchase(partner=address)
        foreign = self._create_purchase(partner=self._create_supplier("CHEM"))
        shown = self._ids(self._open(self.supplier), "purchases")
        self.assertEqual(set(shown), set(orders.ids))
        self.assertNotIn(foreign.id, shown)
        days = [order.date_order for order in self.env["purchase.order"].browse(shown)]
        self.assertEqual(days, sorted(days, reverse=True))

    def _traded(self):
        """A purchase through receipt, bill and payment."""
        order = self._ordered()
        self._validate(order.picking_ids, "receiver")
        self._as("finance", order).action_create_invoice()
        bill = order.invoice_ids
        self._as("finance", bill).write(
            {"invoice_date": self.today, "ref": "FP-2026-0001"}
        )
        self._as("finance", bill).action_post()
        self._pay(bill)
        return order, bill, bill.matched_payment_ids

    def _pay(self, bill):
        account = self.env["res.partner.bank"].create(
            {"acc_number": "6222020900007654321", "partner_id": self.supplier.id}
        )
        for role in ("qa", "finance"):
            self._as(role, account).action_pharma_confirm()
        self._as("finance", self.env["account.payment.register"]).with_context(
            active_model="account.move", active_ids=bill.ids
        ).create({"partner_bank_id": account.id}).action_create_payments()

    def test_an_order_shows_goods_bill_and_payment(self):
        """CS-30: order, goods, invoice and money on one screen."""
        order, bill, payment = self._traded()
        for subject in (order, self.supplier, self.drug):
            with self.subTest(subject._name):
                answer = self._open(subject)
                self.assertEqual(self._ids(answer, "receipts"), order.picking_ids.ids)
                self.assertEqual(self._ids(answer, "invoices"), bill.ids)
                self.assertEqual(self._ids(answer, "payments"), payment.ids)
        self.assertEqual(
            self._ids(self._open(order), "lines"), self.drug.ids, "opens the drug"
        )

    def test_a_payment_names_the_bill_it_settles(self):
        order, bill, _payment = self._traded()
        (cells,) = self._cells(self._open(order), "payments")
        self.assertIn(bill.name, cells)

    def test_receipts_tell_the_lots(self):
        self.drug.tracking = "lot"
        order = self._ordered(quantity=30)
        move = order.picking_ids.move_ids
        move.move_line_ids.unlink()
        for lot, quantity in (("260101", 10), ("260202", 20)):
            self.env["stock.move.line"].create(
                {
                    "move_id": move.id,
                    "picking_id": move.picking_id.id,
                    "product_id": move.product_id.id,
                    "lot_name": lot,
                    "quantity": quantity,
                    "picked": True,
                }
            )
        self._as("receiver", order.picking_ids).button_validate()
        (cells,) = self._cells(self._open(self.drug), "receipts")
        self.assertIn("260101 × 10、260202 × 20", cells)

    def test_an_order_shows_papers_of_its_party_and_its_drugs(self):
        order = self._create_sale()
        shown = set(self._ids(self._open(order), "papers"))
        persons = self.hospital.pharma_person_ids
        expected = (
            self.hospital.pharma_document_ids
            | persons.document_ids
            | self.drug.pharma_document_ids
        )
        self.assertEqual(shown, set(expected.ids))
        self.assertEqual(
            set(self._ids(self._open(order), "dossiers")),
            set((self.hospital.pharma_dossier_ids | self.drug.pharma_dossier_ids).ids),
        )

    def test_refusals_are_shown_also_of_documents_that_never_were(self):
        events = self.env["pharma.gate.event"]
        order = self._create_sale()
        values = {
            "date": self.env.cr.now(),
            "user_id": self.env.uid,
            "company_id": self.company.id,
            "operation": "sale_confirm",
            "result": "refused",
            "door": "web",
            "res_model": "sale.order",
        }
        of_order = events.create({**values, "res_id": order.id})
        by_name = events.create(
            {**values, "res_id": 0, "partner_name": self.hospital.display_name}
        )
        foreign = events.create({**values, "res_id": self._create_sale().id})
        foreign_name = events.create({**values, "res_id": 0, "partner_name": "他人"})
        self.assertEqual(self._ids(self._open(order), "refusals"), of_order.ids)
        shown = self._ids(self._open(self.hospital), "refusals")
        self.assertEqual(set(shown), {of_order.id, by_name.id, foreign.id})
        self.assertNotIn(foreign_name.id, shown)

    def test_overrides_of_a_partner_and_its_orders_are_shown(self):
        check = self.env.ref("pharma_gsp.pharma_gate_check_uscc_checksum")
        order = self._create_purchase()
        overrides = self.env["pharma.gate.override"].create(
            [
                {
                    "check_id": check.id,
                    "target_model": target._name,
                    "target_id": target.id,
                    "sentence": "x",
                    "reason": "y",
                }
                for target in (self.supplier, order, self.hospital)
            ]
        )
        shown = self._ids(self._open(self.supplier), "overrides")
        self.assertEqual(set(shown), set(overrides[:2].ids))

    def test_a_contact_leads_to_its_company(self):
        contact = self.env["res.partner"].create(
            {"name": "李四", "parent_id": self.supplier.id}
        )
        self.assertEqual(self._open(contact)["id"], self.supplier.id)

    def test_a_partner_without_any_trade_has_empty_sections(self):
        answer = self._open(self._create_partner("新公司"))
        for section in answer["sections"]:
            # That she was entered, and looked at, is in the trail.
            if not section["is_facts"] and section["code"] != "trail":
                self.assertEqual((section["rows"], section["total"]), ([], 0))

    # Periods and limits

    def test_a_period_counts_days_of_china_at_both_ends(self):
        """Ordered at 23:59 and 00:00 of China's clock, both sides of a midnight."""
        before, first, last, after = (
            self._create_purchase(date_order=moment)
            for moment in (
                "2026-02-28 15:59:59",
                "2026-02-28 16:00:00",
                "2026-03-31 15:59:59",
                "2026-03-31 16:00:00",
            )
        )
        shown = self._ids(
            self._open(self.supplier, since="2026-03-01", until="2026-03-31"),
            "purchases",
        )
        self.assertEqual(shown, [last.id, first.id])
        self.assertEqual(
            self._ids(self._open(self.supplier, until="2026-02-28"), "purchases"),
            before.ids,
        )
        self.assertEqual(
            self._ids(self._open(self.supplier, since="2026-04-01"), "purchases"),
            after.ids,
        )

    def test_papers_are_shown_whatever_the_period(self):
        answer = self._open(self.supplier, since="1999-01-01", until="1999-12-31")
        self.assertTrue(self._ids(answer, "papers"))
        self.assertTrue(self._ids(answer, "dossiers"))

    def test_the_screen_shows_the_newest_and_counts_all_but_the_zip_has_all(self):
        orders = self.env["purchase.order"].union(
            *(
                self._create_purchase(date_order=self.today - timedelta(days=number))
                for number in range(5)
            )
        )
        with patch(SCREEN_ROWS, 3):
            answer = self._open(self.supplier)
        (section,) = (s for s in answer["sections"] if s["code"] == "purchases")
        self.assertEqual(section["total"], 5)
        self.assertEqual([row["id"] for row in section["rows"]], orders[:3].ids)
        with patch(SCREEN_ROWS, 3):
            rows = self._manifest(self._zip(self.supplier))["rows"]
        self.assertEqual(rows["purchases"], 5)

    def test_a_wrong_period_is_told(self):
        for since, until in (
            ("2026-02-30", ""),
            ("x", ""),
            ("2026-02-02", "2026-01-01"),
        ):
            with self.subTest(since), self.assertTold("period"):
                self._open(self.supplier, since=since, until=until)

    # Who may

    def test_those_who_read_everything_may_inspect(self):
        order = self._create_sale()
        for role in READERS:
            for record in (self.supplier, self.drug, order, self._create_purchase()):
                with self.subTest(role=role, model=record._name):
                    self.assertEqual(self._open(record, role)["id"], record.id)

    def test_other_roles_are_refused_at_every_door(self):
        inspection = self.env["pharma.inspection"]
        for role in OTHERS:
            as_role = inspection.with_user(self.users[role])
            for call in (
                lambda door=as_role: door.action_open("res.partner", self.supplier.id),
                lambda door=as_role: door.action_search("江南"),
                lambda door=as_role: door._export(
                    "res.partner", self.supplier.id, None, None, BytesIO()
                ),
            ):
                with self.subTest(role), self.assertRaises(AccessError):
                    call()

    def test_portal_and_plain_staff_are_refused(self):
        for group in ("base.group_portal", "base.group_user", "base.group_public"):
            user = new_test_user(self.env, f"insp_{group}", group)
            inspection = self.env["pharma.inspection"].with_user(user)
            with self.subTest(group), self.assertRaises(AccessError):
                inspection.action_open("res.partner", self.hospital.id)

    def _auditor_of_a_sister(self):
        company = self.env["res.company"].create({"name": "兄弟公司"})
        return self._create_user(
            "auditor",
            login="sister_auditor",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )

    def test_the_auditor_of_a_sister_company_sees_none_of_our_trade(self):
        order = self._create_purchase()
        self.users["sister"] = self._auditor_of_a_sister()
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            self._open(order, "sister")
        with self.assertRaises(AccessError):
            self._zip(order, "sister")
        answer = self._open(self.supplier, "sister")
        for code in ("purchases", "dossiers", "receipts", "refusals"):
            self.assertFalse(self._ids(answer, code), code)

    def test_only_inspectable_records_that_exist_are_opened(self):
        inspection = self.env["pharma.inspection"].with_user(self.users["auditor"])
        for model in ("res.users", "ir.attachment", "no.such.model", "", None, []):
            with self.subTest(model), self.assertTold("aren't inspected"):
                inspection.action_open(model, 1)
        for res_id in ("1 OR 1=1", None, [1], 1.5):
            with self.subTest(res_id), self.assertTold("aren't inspected"):
                inspection.action_open("res.partner", res_id)
        gone = self._create_partner("已删除")
        gone.unlink()
        with self.assertRaises(MissingError):
            inspection.action_open("res.partner", gone.id)

    # Written down

    def _notes(self, record):
        return record.message_ids.filtered(
            lambda message: message.author_id == self.users["auditor"].partner_id
        )

    def test_each_visit_and_each_export_leaves_a_note(self):
        for record in (self.supplier, self.drug, self._create_sale()):
            with self.subTest(record._name):
                self._open(record)
                self.assertEqual(len(self._notes(record)), 1)
                self._open(record)  # back from one of its records
                self.assertEqual(len(self._notes(record)), 1)
                self._zip(record)
                self._zip(record)
                self.assertEqual(len(self._notes(record)), 3)

    def test_a_visit_of_another_period_or_later_is_a_visit_of_its_own(self):
        self._open(self.supplier)
        self._open(self.supplier, since="2026-01-01")
        self.assertEqual(len(self._notes(self.supplier)), 2)
        self.assertIn("2026-01-01", self._notes(self.supplier)[0].body)
        notes = self._notes(self.supplier)
        notes.sudo().date = notes[0].date - timedelta(minutes=11)
        self._open(self.supplier, since="2026-01-01")
        self.assertEqual(len(self._notes(self.supplier)), 3)

    def test_the_audit_trail_hears_of_each_opening_and_export(self):
        heard = []

        def listen(_self, record, action, _scope):
            heard.append((record._name, action))

        model = type(self.env["pharma.inspection"])
        with patch.object(model, "_log_inspection", listen):
            self._open(self.supplier)
            self._open(self.supplier)
            self._zip(self.supplier)
        self.assertEqual(
            [action for _name, action in heard], ["open", "open", "export"]
        )

    # Search

    def _found(self, text):
        groups = (
            self.env["pharma.inspection"]
            .with_user(self.users["auditor"])
            .action_search(text)
        )
        return {(g["model"], r["id"]) for g in groups for r in g["records"]}

    def test_a_name_or_number_finds_the_record(self):
        self.supplier.uscc = "91350100M000100Y43"
        purchase, sale = self._create_purchase(), self._create_sale()
        for text, record in (
            ("江南医药", self.supplier),
            ("91350100m000100", self.supplier),
            ("H20210039", self.drug),
            ("阿莫西林", self.drug),
            (purchase.name, purchase),
            (f"  {sale.name} ", sale),
        ):
            with self.subTest(text):
                self.assertIn((record._name, record.id), self._found(text))

    def test_many_found_are_cut_and_said_to_be_more(self):
        def found():
            inspection = self.env["pharma.inspection"]
            (group,) = inspection.with_user(self.users["auditor"]).action_search("众多")
            return len(group["records"]), group["is_cut"]

        for number in range(8):
            self._create_partner(f"众多 {number}")
        self.assertEqual(found(), (8, False))
        self._create_partner("众多 9")
        self.assertEqual(found(), (8, True))

    def test_archived_ones_are_found_and_blanks_find_nothing(self):
        self.drug.active = False
        self.assertIn(("product.template", self.drug.id), self._found("H20210039"))
        for text in ("", "   ", None, False):
            self.assertFalse(self._found(text))

    # As many queries for fifty as for five

    def _queries(self, record):
        """With nothing in the cache; the first two turns fill those of the registry."""
        for _turn in range(3):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._open(record)
        return self.env.cr.sql_log_count - before

    def test_fifty_orders_cost_no_more_queries_than_five(self):
        few, many = self._create_supplier("CHEM"), self._create_supplier("CHEM")
        drugs = self.drug | self._create_drug("CHEM", name="第二药")
        for supplier, count in ((few, 5), (many, 50)):
            for number in range(count):
                order = self._create_purchase(drugs[number % 2], partner=supplier)
                order.button_confirm()
        self.assertLessEqual(self._queries(many), self._queries(few))

    def test_fifty_papers_and_refusals_cost_no_more_queries_than_five(self):
        few, many = self._create_partner("少"), self._create_partner("多")
        for partner, count in ((few, 5), (many, 50)):
            for number in range(count):
                self._file_pages(
                    "SEAL_SPECIMEN",
                    partner,
                    [("p.png", picture(number + 1, count))],
                    number=str(number),
                )
                self.env["pharma.gate.event"].create(
                    {
                        "date": self.env.cr.now(),
                        "user_id": self.env.uid,
                        "company_id": self.company.id,
                        "operation": "sale_confirm",
                        "result": "refused",
                        "door": "web",
                        "res_model": "sale.order",
                        "partner_name": partner.display_name,
                    }
                )
        self.assertLessEqual(self._queries(many), self._queries(few))

    def test_fifty_lines_of_an_order_cost_no_more_queries_than_five(self):
        drugs = self.drug.union(
            *(self._create_drug("CHEM", name=f"药{number}") for number in range(49))
        )
        few = self._create_sale(drugs=drugs[:5])
        many = self._create_sale(drugs=drugs)
        with patch(SCREEN_ROWS, 1000):  # a table that is cut is counted as well
            self.assertLessEqual(self._queries(many), self._queries(few))

    # The zip

    def test_the_zip_has_every_page_index_and_right_digests(self):
        pages = [
            (name, picture(number + 2, 3) if name.endswith("png") else blank_pdf())
            for number, name in enumerate(PAPER_NAMES)
        ]
        document = self._file_pages("SEAL_SPECIMEN", self.supplier, pages)
        zipped = self._zip(self.supplier)
        self.assertIsNone(zipped.testzip())
        self._check_digests(zipped)
        paths = set(zipped.namelist())
        self.assertLessEqual(
            {"index.html", "index.xlsx", "manifest.json", "SHA256SUMS"}, paths
        )
        self.assertLessEqual(set(self._links(zipped)), paths)
        contents = {zipped.read(path) for path in paths}
        for page in document.attachment_ids:
            self.assertIn(page.raw, contents, page.name)
        own = [path for path in paths if "印章" in path or "Seal" in path]
        self.assertEqual(len(own), len(PAPER_NAMES), own)

    def test_names_in_the_zip_are_chinese_safe_and_short(self):
        pages = [(name, blank_pdf()) for name in PAPER_NAMES]
        self._file_pages("SEAL_SPECIMEN", self.supplier, pages, number="号/码..")
        for info in self._zip(self.supplier).infolist():
            parts = Path(info.filename).parts
            self.assertFalse({"..", "/"} & set(parts), info.filename)
            self.assertLessEqual(len(info.filename), 250)
            self.assertLessEqual(max(len(part.encode()) for part in parts), 255)
            if not info.filename.isascii():
                self.assertTrue(info.flag_bits & 0x800, info.filename)
        text = "\n".join(self._zip(self.supplier).namelist())
        self.assertIn("江南医药有限公司", text)
        self.assertIn("𠮷林💊.png", text)
        self.assertIn("药品经营许可证 (2).pdf", text)

    def test_a_file_lost_from_the_store_is_named_and_the_rest_exported(self):
        kept, lost = (("有.png", picture(31, 7)), ("缺.png", picture(32, 7)))
        document = self._file_pages("SEAL_SPECIMEN", self.supplier, [kept, lost])
        page = document.attachment_ids.filtered(lambda a: a.name == "缺.png")
        page.env.cr.execute(
            "UPDATE ir_attachment SET store_fname = 'ff/lost' WHERE id = %s", page.ids
        )
        page.invalidate_recordset()
        zipped = self._zip(self.supplier)
        self._check_digests(zipped)
        names = "\n".join(zipped.namelist())
        self.assertIn("有.png", names)
        self.assertNotIn("缺.png", names)
        (missing,) = self._manifest(zipped)["missing_files"]
        self.assertTrue(missing.endswith("缺.png"))
        page = html.fromstring(zipped.read("index.html").decode())
        told = " ".join(page.xpath("//*[@class='missing']//text()"))
        self.assertIn("缺.png", told)

    def test_a_file_kept_in_the_database_is_exported_too(self):
        self.env["ir.config_parameter"].set_param("ir_attachment.location", "db")
        raw = picture(33, 7)
        document = self._file_pages("SEAL_SPECIMEN", self.supplier, [("库.png", raw)])
        self.assertFalse(document.attachment_ids.store_fname)
        zipped = self._zip(self.supplier)
        (path,) = (n for n in zipped.namelist() if n.endswith("库.png"))
        self.assertEqual(zipped.read(path), raw)

    def test_the_index_lists_every_row(self):
        orders = [self._create_purchase() for _number in range(4)]
        zipped = self._zip(self.supplier)
        text = zipped.read("index.html").decode()
        self.assertTrue(text.startswith("<!DOCTYPE html>"), text[:60])
        for record in (*orders, *self.supplier.pharma_document_ids):
            self.assertIn(record[record._rec_name or "number"] or "", text)
        self.assertNotIn("http", text.replace("http-equiv", ""), "opens offline")
        workbook = load_workbook(BytesIO(zipped.read("index.xlsx")))
        values = {
            cell
            for sheet in workbook
            for row in sheet.iter_rows(values_only=True)
            for cell in row
        }
        self.assertLessEqual({order.name for order in orders}, values)
        self.assertIn(self.supplier.name, values)

    def test_what_a_partner_wrote_is_neither_markup_nor_formula(self):
        self.supplier.legal_representative = "=1+1<script>x</script>"
        zipped = self._zip(self.supplier)
        self.assertNotIn(b"<script", zipped.read("index.html"))
        workbook = load_workbook(BytesIO(zipped.read("index.xlsx")))
        cells = [c for sheet in workbook for row in sheet.iter_rows() for c in row]
        self.assertNotIn("f", {cell.data_type for cell in cells})

    def test_the_manifest_says_what_when_by_whom_and_how_much(self):
        self._create_purchase()
        about = self._manifest(
            self._zip(self.supplier, since="2000-01-01", until="2999-12-31")
        )
        self.assertEqual(about["subject"], self.supplier.display_name)
        self.assertEqual(about["exported_by_login"], "test_auditor")
        self.assertEqual(
            about["period"], {"since": "2000-01-01", "until": "2999-12-31"}
        )
        self.assertEqual(about["rows"]["purchases"], 1)
        self.assertTrue(about["exported_at"].endswith("+08:00"))
        self.assertRegex(about["version"], r"^19\.0\.")

    def test_the_period_bounds_the_zip(self):
        self._create_purchase(date_order="2020-05-05")
        self._create_purchase(date_order="2021-05-05")
        about = self._manifest(
            self._zip(self.supplier, since="2020-01-01", until="2020-12-31")
        )
        self.assertEqual(about["rows"]["purchases"], 1)

    def test_approved_files_bring_their_form(self):
        self._create_supplier("CHEM", active=False)
        names = self._zip(self.supplier).namelist()
        dossier = self.supplier.pharma_dossier_ids
        self.assertEqual(
            len([n for n in names if n.rpartition("/")[2].startswith(dossier.name)]), 1
        )

    def test_without_a_printer_the_form_is_a_web_page(self):
        report = type(self.env["ir.actions.report"])
        with patch.object(report, "get_wkhtmltopdf_state", lambda _self: "install"):
            zipped = self._zip(self.drug)
        (form,) = (n for n in zipped.namelist() if n.endswith(".html") and "/" in n)
        self.assertIn(self.drug.name, zipped.read(form).decode())

    def test_printing_stops_when_its_time_is_over(self):
        printed = []
        model = type(self.env["pharma.inspection"])

        def form(_self, dossier, may_print):
            printed.append(may_print)
            return b"x", "html"

        with patch(PRINT_SECONDS, -1), patch.object(model, "_form", form):
            self._zip(self._create_sale())
        self.assertEqual(set(printed), {False})

    def test_two_exports_have_the_same_files_in_the_same_order(self):
        self._file_pages(
            "SEAL_SPECIMEN", self.supplier, [(n, blank_pdf()) for n in PAPER_NAMES]
        )
        first, second = (self._zip(self.supplier) for _turn in range(2))
        self.assertEqual(first.namelist(), second.namelist())


@tagged("post_install", "-at_install")
class TestInspectionHttp(InspectionMixin, PharmaHttpCommon):
    """The zip and the screen's data through the server's own doors."""

    def _download(self, login, model="res.partner", res_id=None, query=""):
        self.authenticate(login, login)
        res_id = res_id or self.supplier.id
        return self.url_open(f"/pharma/inspection/{model}/{res_id}.zip{query}")

    def test_an_auditor_downloads_the_zip(self):
        self._file_pages("SEAL_SPECIMEN", self.supplier, [("印章.pdf", blank_pdf())])
        answer = self._download("test_auditor")
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.headers["Content-Type"], "application/zip")
        self.assertEqual(int(answer.headers["Content-Length"]), len(answer.content))
        self.assertIn("attachment", answer.headers["Content-Disposition"])
        self.assertIn("UTF-8''", answer.headers["Content-Disposition"])
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        zipped = ZipFile(BytesIO(answer.content))
        self._check_digests(zipped)
        self.assertTrue([n for n in zipped.namelist() if n.endswith("印章.pdf")])

    @mute_logger("odoo.http")
    def test_others_and_visitors_get_nothing(self):
        new_test_user(self.env, "insp_portal", "base.group_portal")
        for login in ("test_seller", "insp_portal"):
            with self.subTest(login):
                answer = self._download(login)
                self.assertEqual(answer.status_code, 403)
                self.assertNotIn("zip", answer.headers["Content-Type"])
        self.authenticate(None, None)
        answer = self.url_open(f"/pharma/inspection/res.partner/{self.supplier.id}.zip")
        self.assertIn("/web/login", answer.url)

    @mute_logger("odoo.http")
    def test_nonsense_in_the_address_is_refused_calmly(self):
        for model, res_id, query, status in (
            ("res.users", 1, "", 422),
            ("res.partner", 99_999_999, "", 404),
            ("res.partner", None, "?since=yesterday", 422),
            ("res.partner", None, "?companies=x", 400),
            ("res.partner", None, "?companies=99999", 403),
        ):
            with self.subTest(model=model, query=query):
                answer = self._download("test_auditor", model, res_id, query)
                self.assertEqual(answer.status_code, status, answer.text[:300])

    @mute_logger("odoo.http")
    def test_the_external_api_asks_for_the_role_as_well(self):
        arguments = {"res_model": "res.partner", "res_id": self.supplier.id}
        for role, status in (("auditor", 200), ("seller", 403)):
            answer = self._json2(
                self.users[role], "pharma.inspection", "action_open", **arguments
            )
            self.assertEqual(answer.status_code, status, answer.text[:300])

    @mute_logger("odoo.http")
    def test_nothing_but_opening_and_searching_can_be_called(self):
        for method in ("_export", "_sections", "_subject", "_log_inspection"):
            answer = self._json2(
                self.users["auditor"], "pharma.inspection", method, record=1
            )
            self.assertIn(answer.status_code, (403, 404, 422), method)
