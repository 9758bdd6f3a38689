import base64
import re
from datetime import timedelta
from io import BytesIO

import psycopg2
from lxml import html
from pypdf import PdfReader

from odoo import SUPERUSER_ID, api
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from odoo.addons.pharma_gsp.tests.common import (
    PharmaCommon,
    PharmaHttpCommon,
    picture,
)

from .stock_world import StockWorld

REPORT = "pharma_lot_expiry.delivery_note"


class NoteWorld(StockWorld):
    def _print(self, deliveries, role="picker", reason=None):
        """Press the button, and give the reason where it is asked for."""
        action = self._as(role, deliveries).action_pharma_delivery_note()
        if action["type"] == "ir.actions.report":
            return action
        asked = self._as(role, self.env[action["res_model"]])
        asked = asked.with_context(**action["context"]).create({"reason": reason})
        return asked.action_print()

    def _numbers(self, delivery):
        return delivery.pharma_print_ids.sorted("number").mapped("number")

    def _page(self, delivery, role="picker"):
        """The paper as HTML: its tree."""
        action = self._print(delivery, role, "test")
        reports = self._as(role, self.env["ir.actions.report"])
        prints = action["context"]["active_ids"]
        return html.fromstring(reports._render_qweb_html(REPORT, prints)[0])

    def _text(self, node):
        return re.sub(r"\s+", " ", node.text_content()).strip()

    def _lines(self, tree):
        """The goods: a list of cells for each line."""
        rows = tree.xpath("//tr[@class='pharma_note_columns']/following-sibling::tr")
        return [[self._text(cell) for cell in row] for row in rows]


@tagged("post_install", "-at_install")
class TestDeliveryNote(NoteWorld, PharmaCommon):
    """随货同行单: what the law asks for, for goods that may leave (OB-13, RC-02)."""

    def test_note_says_what_the_law_asks_for(self):
        """RC-02, MAH, expiry, order and licence (OB-13)."""
        lot = self._lot("20260315A")
        self._shelve(lot)
        delivery = self._delivery((lot, 5))
        text = self._text(self._page(delivery))
        drug = self.drug
        for expected in (
            self.company.name,
            self._paper(self.company.partner_id, "DIST_LICENCE").number,
            self.hospital.name,
            "解放大道 1 号",
            delivery.name,
            delivery.sale_id.name,
            str(self.today),
            drug.generic_name,
            drug.dosage_form,
            f"{drug.strength} {drug.pack_spec}",
            drug.mah_id.name,
            drug.manufacturer_id.name,
            drug.approval_number,
            lot.name,
            str(lot.production_date),
            str(lot.expiry_date),
            drug.storage_text,
            "Print No. 1",
            "Page 1 of 1",
            "Outbound seal",
            "Picked by, date",
            "Reviewed by, date",
            "Dispatched by, date",
        ):
            with self.subTest(expected):
                self.assertIn(re.sub(r"\s+", " ", expected), text)

    def test_one_line_is_one_lot_however_many_shelves(self):
        """OB-03"""
        first, second = self._lot("A"), self._lot("B")
        for lot in (first, second):
            self._shelve(lot)
        delivery = self._delivery((first, 2), (second, 3), (first, 4))
        lines = self._lines(self._page(delivery))
        self.assertEqual(
            [(line[8], line[11]) for line in lines], [("A", "6"), ("B", "3")]
        )

    def test_expiry_is_written_as_the_pack_shows_it(self):
        lot = self._lot("A", expiry_date=False, expiry_label="2027.05")
        self._shelve(lot)
        [line] = self._lines(self._page(self._delivery((lot, 1))))
        self.assertEqual(line[10], "2027.05")

    def test_prices_only_where_the_customer_asks_for_them(self):
        lot = self._lot("A")
        self._shelve(lot)
        delivery = self._delivery((lot, 5))
        self.assertNotIn("62.50", self._text(self._page(delivery)))
        self.hospital.pharma_note_prices = True
        [line] = self._lines(self._page(delivery))
        self.assertEqual(line[13:15], ["12.50", "62.50"])

    def test_cases_and_loose_packs(self):
        self.drug.pack_level_ids = [Command.create({"level": "case", "quantity": 24})]
        lot = self._lot("A")
        self._shelve(lot)
        [line] = self._lines(self._page(self._delivery((lot, 50))))
        self.assertEqual(line[12], "2 + 2")

    def test_each_page_repeats_the_head_and_knows_its_number(self):
        lots = [self._lot(f"L{number:03}") for number in range(60)]
        for lot in lots:
            self._shelve(lot)
        tree = self._page(self._delivery(*((lot, 1) for lot in lots)))
        pages = tree.xpath("//div[contains(@class, 'pharma_note_page')]")
        self.assertGreater(len(pages), 2)
        for number, page in enumerate(pages, 1):
            text = self._text(page)
            self.assertIn(f"Page {number} of {len(pages)}", text)
            self.assertIn("Approval No.", text)
            self.assertIn(self.hospital.name, text)
            self.assertEqual("Received by" in text, number == len(pages))
        self.assertEqual(
            sorted(line[8] for line in self._lines(tree)), [lot.name for lot in lots]
        )

    def _markup(self, node):
        return html.tostring(node, encoding="unicode")

    def test_pdf_has_as_many_pages_as_it_says(self):
        lots = [self._lot(f"L{number:03}") for number in range(60)]
        for lot in lots:
            self._shelve(lot)
        delivery = self._delivery(*((lot, 1) for lot in lots))
        [article] = self._page(delivery).xpath("//div[@class='article']")
        body = f"<!DOCTYPE html><meta charset='utf-8'>{self._markup(article)}"
        with mute_logger("odoo.addons.base.models.ir_actions_report"):
            pdf = self.env["ir.actions.report"]._run_wkhtmltopdf(
                [body], report_ref=REPORT
            )
        pages = PdfReader(BytesIO(pdf)).pages
        self.assertGreater(len(pages), 2)
        for number, page in enumerate(pages, 1):
            text = re.sub(r"\s+", " ", page.extract_text())
            self.assertIn(f"Page {number} of {len(pages)}", text)
            self.assertIn(self.drug.approval_number, text)
            self.assertEqual("Received by" in text, number == len(pages))

    # What must not leave

    def test_nothing_reserved_gives_no_paper(self):
        lot = self._lot("A")
        self._shelve(lot)
        delivery = self._delivery((lot, 1))
        delivery.do_unreserve()
        with self.assertTold("Check availability first"):
            self._print(delivery)

    def test_receipt_has_no_delivery_note(self):
        receipt = self._ordered().picking_ids
        with self.assertTold("no delivery to a customer"):
            self._print(receipt, "storekeeper")

    def test_expired_lot_gets_no_paper_from_the_first_second_on(self):
        lot = self._lot("A", 300)
        self._shelve(lot)
        delivery = self._delivery((lot, 1))
        with self._in_china(f"{lot.expiry_date} 23:59:59"):
            self._print(delivery)
        with self._in_china(f"{lot.expiry_date + timedelta(days=1)} 00:00:00"):
            self.env.invalidate_all()
            with self.assertTold("Lot A .*must not leave"):
                self._print(delivery, reason="again")
        self.assertEqual(self._numbers(delivery), [1])

    def test_held_lot_product_or_shelf_gets_no_paper(self):
        lot = self._lot("A")
        self._shelve(lot)
        delivery = self._delivery((lot, 1))
        for values in (
            {"lot_id": lot.id},
            {"kind": "product", "product_id": lot.product_id.id},
            {"kind": "location", "location_id": self.shelf.location_id.id},
        ):
            hold = self.env["pharma.lot.hold"].create({"reason": "x", **values})
            with self.subTest(hold.kind), self.assertTold("must not leave|Nothing is"):
                self._print(delivery)
            self._as("qa", hold).lift("fine")

    def test_goods_that_left_keep_their_paper_when_their_lot_is_held_later(self):
        lot = self._lot("A")
        self._shelve(lot)
        delivery = self._sell(lot, 1)
        self.env["pharma.lot.hold"].create({"lot_id": lot.id, "reason": "recall"})
        self._print(delivery)
        self.assertEqual(self._numbers(delivery), [1])

    def test_drug_without_a_lot_gets_no_paper(self):
        lot = self._lot("A")
        self._shelve(lot)
        delivery = self._delivery((lot, 1))
        delivery.move_line_ids.lot_id = False
        with self.assertTold("no lot yet"):
            self._print(delivery)

    # Numbers

    def test_prints_are_numbered_and_reprints_reasoned(self):
        lot = self._lot("A")
        self._shelve(lot)
        delivery = self._delivery((lot, 1))
        self._print(delivery)
        action = self._as("picker", delivery).action_pharma_delivery_note()
        self.assertEqual(action["res_model"], "pharma.delivery.reprint")
        self._print(delivery, "reviewer", "客户遗失")
        first, second = delivery.pharma_print_ids.sorted("number")
        self.assertEqual(
            (first.number, first.user_id, first.reason),
            (1, self.users["picker"], False),
        )
        self.assertEqual(
            (second.number, second.user_id, second.reason, second.line_count),
            (2, self.users["reviewer"], "客户遗失", 1),
        )

    def test_reprint_without_a_reason_is_refused_at_every_depth(self):
        lot = self._lot("A")
        self._shelve(lot)
        delivery = self._delivery((lot, 1))
        self._print(delivery)
        for reason in (None, "", "  "):
            with self.subTest(reason), self.assertTold("Write down why"):
                delivery._print_delivery_note(reason)
        with self.assertTold("Write down why"):
            self._print(delivery, reason="  ")

    def test_many_are_printed_at_once_each_with_its_own_number(self):
        lot = self._lot("A")
        self._shelve(lot)
        first, second = self._delivery((lot, 1)), self._delivery((lot, 2))
        self._print(first)
        self._print(first + second, reason="second copy")
        self.assertEqual((self._numbers(first), self._numbers(second)), ([1, 2], [1]))
        self.assertFalse(second.pharma_print_ids.reason)

    def test_number_is_for_one_paper_only(self):
        """Neither another person nor a later day copies a print unnoticed."""
        lot = self._lot("A")
        self._shelve(lot)
        delivery = self._delivery((lot, 1))
        prints = self._print(delivery)["context"]["active_ids"]
        reports = self.env["ir.actions.report"]
        self._as("picker", reports)._render_qweb_html(REPORT, prints)
        with self.assertTold("Print the delivery note anew"):
            self._as("reviewer", reports)._render_qweb_html(REPORT, prints)
        with (
            self._in_china(f"{self.today + timedelta(days=1)} 23:00:00"),
            self.assertTold("Print the delivery note anew"),
        ):
            self._as("picker", reports)._render_qweb_html(REPORT, prints)

    def test_log_is_written_by_the_button_only_and_never_changed(self):
        lot = self._lot("A")
        self._shelve(lot)
        delivery = self._delivery((lot, 1))
        self._print(delivery)
        note = delivery.pharma_print_ids
        values = {
            "picking_id": delivery.id,
            "company_id": self.company.id,
            "number": 9,
            "user_id": self.env.uid,
            "date": "2026-01-01",
            "line_count": 1,
            "reason": "x",
        }
        for role in ("picker", "qa_manager", "it_admin"):
            prints = self._as(role, self.env["pharma.delivery.print"])
            with self.subTest(role), self.assertRaises(AccessError):
                prints.create(values)
        self.assertFalse(
            self._as("picker", self.env["pharma.delivery.print"]).load(
                ["number"], [["7"]]
            )["ids"]
        )
        with self.assertTold("can't be changed"):
            note.write({"number": 5})
        with self.assertTold("can't be deleted"):
            note.unlink()

    def test_database_refuses_a_number_twice(self):
        lot = self._lot("A")
        self._shelve(lot)
        delivery = self._delivery((lot, 1))
        self._print(delivery)
        self.env.flush_all()
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.errors.UniqueViolation),
            self.env.cr.savepoint(),
        ):
            self.env.cr.execute(
                "INSERT INTO pharma_delivery_print (picking_id, company_id, number,"
                " user_id, date, line_count) SELECT picking_id, company_id, number,"
                " user_id, date, line_count FROM pharma_delivery_print"
            )

    def test_who_may_not_move_goods_prints_no_paper(self):
        lot = self._lot("A")
        self._shelve(lot)
        delivery = self._delivery((lot, 1))
        for role in ("auditor", "finance", "it_admin"):
            with self.subTest(role), self.assertRaises(AccessError):
                self._print(delivery, role)

    def test_prints_of_a_sister_company_are_not_seen(self):
        lot = self._lot("A")
        self._shelve(lot)
        self._print(self._delivery((lot, 1)))
        sister = self.env["res.company"].create({"name": "兄弟公司"})
        user = self._create_user(
            "qa",
            login="other",
            company_id=sister.id,
            company_ids=[Command.set(sister.ids)],
        )
        self.assertFalse(self.env["pharma.delivery.print"].with_user(user).search([]))

    # The seal

    def test_seal_stands_on_the_note_and_only_qa_files_it(self):
        seal = base64.b64encode(picture(40, 40))
        wizard = self._as("qa", self.env["pharma.outbound.seal"]).create(
            {"seal": seal, "reason": "filed 2026-03-01"}
        )
        wizard.action_apply()
        self.assertTrue(self.company.pharma_outbound_seal)
        self.assertIn("filed 2026-03-01", self.company.partner_id.message_ids[0].body)
        lot = self._lot("A")
        self._shelve(lot)
        tree = self._page(self._delivery((lot, 1)))
        [image] = tree.xpath("//td[contains(@class, 'pharma_note_seal')]/img")
        self.assertTrue(image.get("src").startswith("data:image/png;base64,"))

    def test_a_seal_is_a_plain_picture(self):
        wizards = self._as("qa", self.env["pharma.outbound.seal"])
        for content in (
            b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
            b"<html>",
            picture(4, 4, "GIF"),
        ):
            wizard = wizards.create({"seal": base64.b64encode(content), "reason": "x"})
            with self.subTest(content[:5]), self.assertTold("PNG or JPEG"):
                wizard.action_apply()
        jpeg = base64.b64encode(picture(4, 4, "JPEG"))
        wizards.create({"seal": jpeg, "reason": "x"}).action_apply()
        self.assertTrue(self.company.pharma_outbound_seal)

    def test_nobody_puts_a_seal_there_by_another_door(self):
        seal = base64.b64encode(picture(40, 40))
        for role in ("it_admin", "qa", "quality_head", "storekeeper"):
            company = self._as(role, self.company)
            with self.subTest(role), self.assertRaises(AccessError):
                company.write({"pharma_outbound_seal": seal})
        for role in ("it_admin", "company_head", "storekeeper"):
            with self.subTest(role), self.assertRaises(AccessError):
                self._as(role, self.env["pharma.outbound.seal"]).create(
                    {"seal": seal, "reason": "x"}
                )

    def test_lines_take_no_more_queries_than_one(self):
        lots = [self._lot(f"L{number:03}") for number in range(40)]
        for lot in lots:
            self._shelve(lot)
        counts = []
        for taken in (lots[:1], lots):
            delivery = self._delivery(*((lot, 1) for lot in taken))
            # As a request has it: what the order read before is forgotten.
            delivery = delivery.browse(delivery.id)
            self._page(delivery)
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._page(delivery)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 3)


@tagged("post_install", "-at_install")
class TestDeliveryNoteDoors(NoteWorld, PharmaHttpCommon):
    """The same through the doors of the server."""

    @mute_logger("odoo.http")
    def test_integration_prints_with_a_reason_or_not_at_all(self):
        lot = self._lot("A")
        self._shelve(lot)
        delivery = self._delivery((lot, 1))
        picker = self.users["picker"]
        answer = self._json2(
            picker, "stock.picking", "action_pharma_delivery_note", ids=delivery.ids
        )
        self.assertEqual(answer.json()["report_name"], REPORT)
        answer = self._json2(
            picker, "stock.picking", "_print_delivery_note", ids=delivery.ids
        )
        self.assertEqual(answer.status_code, 403)
        answer = self._json2(
            picker, "pharma.delivery.print", "create", vals_list=[{"number": 2}]
        )
        self.assertEqual(answer.status_code, 403)
        self.env.invalidate_all()
        self.assertEqual(self._numbers(delivery), [1])


@tagged("post_install", "-at_install")
class TestPrintsAtOnce(TransactionCase):
    """Two transactions that begin together (real ones, each with its own cursor)."""

    def _begin(self):
        cr = self.registry.cursor()
        self.addCleanup(cr.close)
        cr.execute("SELECT 1")  # the snapshot is taken now
        return api.Environment(cr, SUPERUSER_ID, {})

    def _committed_delivery(self):
        env = self._begin()
        kind = env["stock.picking.type"].search([("code", "=", "outgoing")], limit=1)
        delivery = env["stock.picking"].create({"picking_type_id": kind.id})
        env.cr.commit()

        def forget():
            delivery.unlink()
            env.cr.commit()

        self.addCleanup(forget)
        return delivery.id

    @mute_logger("odoo.sql_db")
    def test_who_prints_the_same_at_the_same_time_starts_over(self):
        """Odoo runs the second again, which then draws the next number."""
        delivery = self._committed_delivery()
        first, second = self._begin(), self._begin()
        first["pharma.delivery.print"]._claim(first["stock.picking"].browse(delivery))
        first.cr.commit()
        with self.assertRaises(psycopg2.errors.SerializationFailure):
            second["pharma.delivery.print"]._claim(
                second["stock.picking"].browse(delivery)
            )
