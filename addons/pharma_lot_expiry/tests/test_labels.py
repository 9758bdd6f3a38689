from io import BytesIO

from pypdf import PdfReader

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.pharma_gsp.tests.common import PharmaCommon, PharmaHttpCommon

from .stock_world import StockWorld

GTIN = "6901234567892"


class LabelWorld(StockWorld):
    def _wanted(self, records, role="receiver", **values):
        """The dialogue as the button opens it."""
        action = self._as(role, records).action_pharma_labels()
        wanted = self._as(role, self.env[action["res_model"]])
        return wanted.with_context(**action["context"]).create(values)

    def _pages(self, pdf):
        """(width, height) in mm of every page."""
        return [
            tuple(round(float(side) / 72 * 25.4) for side in page.mediabox[2:])
            for page in PdfReader(BytesIO(pdf)).pages
        ]


@tagged("post_install", "-at_install")
class TestLabels(LabelWorld, PharmaCommon):
    """Labels of lots and places, of their true size."""

    def test_lot_label_says_what_the_warehouse_looks_for(self):
        self.drug.barcode = GTIN
        lot = self._lot("A-17", expiry_date="2027-05-31", production_date="2025-06-01")
        label = self._wanted(lot)._lot_label(lot)
        self.assertEqual(label.title, "阿莫西林胶囊")
        self.assertEqual(
            label.lines,
            (
                "0.25g 24粒/盒",
                "Lot A-17",
                "Made on 2025-06-01",
                "示范制药",
                "Cool ≤ 20 °C",
            ),
        )
        self.assertEqual(label.big, "Expires after 2027-05-31")
        self.assertEqual(label.qr, f"L:{lot.id}")
        self.assertEqual(label.gs1, "01069012345678921727053110A-17")

    def test_data_matrix_needs_a_valid_gtin(self):
        lot = self._lot("A")
        for barcode, has_one in (
            (False, False),
            ("6901234567890", False),
            (GTIN, True),
        ):
            with self.subTest(barcode):
                self.drug.barcode = barcode
                wanted = self._wanted(lot)
                self.assertEqual(bool(wanted._lot_label(lot).gs1), has_one)
                self.assertEqual(wanted.without_gtin, "" if has_one else "A")

    def test_gtin_of_the_smallest_pack_comes_first(self):
        self.drug.barcode = GTIN
        self.env["pharma.pack.level"].create(
            {"product_tmpl_id": self.drug.id, "level": "box", "gtin": "6900000000007"}
        )
        lot = self._lot("A")
        self.assertIn("0106900000000007", self._wanted(lot)._lot_label(lot).gs1)

    def test_pages_have_the_size_asked_for(self):
        lots = self._lot("A") + self._lot("B")
        for size, paper, copies, pages in (
            ("60x40", "roll", 2, [(60, 40)] * 4),
            ("100x60", "roll", 1, [(100, 60)] * 2),
            ("60x40", "sheet", 11, [(210, 297)] * 2),  # 21 labels on a sheet
            ("100x60", "sheet", 4, [(210, 297)]),  # 8 on a sheet
        ):
            with self.subTest(f"{size} {paper}"):
                wanted = self._wanted(lots, size=size, paper=paper, copies=copies)
                self.assertEqual(self._pages(wanted._pdf()), pages)

    def test_place_is_told_by_its_barcode_else_its_number(self):
        shelf = self.env["stock.location"].create(
            {"name": "A-01", "location_id": self.shelf.id, "barcode": "WH-A-01"}
        )
        other = shelf.copy({"name": "A-02", "barcode": False})
        wanted = self._wanted(shelf + other)
        self.assertEqual(wanted._location_label(shelf).qr, "P:WH-A-01")
        self.assertEqual(wanted._location_label(other).qr, f"P:{other.id}")
        self.assertEqual(self._pages(wanted._pdf()), [(60, 40)] * 2)

    def test_receipt_prints_the_labels_of_all_its_lots(self):
        receipt = self._ordered(quantity=10).picking_ids
        line = receipt.move_ids.move_line_ids[:1]
        with self.assertTold("no lot yet"):
            self._as("receiver", receipt).action_pharma_lot_labels()
        first, second = self._lot("A"), self._lot("B")
        values = {"move_id": receipt.move_ids.id, "picking_id": receipt.id}
        line.unlink()
        for lot in (first, second):
            self.env["stock.move.line"].create(
                {
                    **values,
                    "product_id": lot.product_id.id,
                    "lot_id": lot.id,
                    "quantity": 5,
                }
            )
        action = self._as("receiver", receipt).action_pharma_lot_labels()
        self.assertEqual(
            set(action["context"]["default_lot_ids"]), {first.id, second.id}
        )

    def test_number_of_labels_has_sense(self):
        lot = self._lot("A")
        for copies in (0, -1, 1001):
            with self.subTest(copies), self.assertTold("from 1 to 1000"):
                self._wanted(lot, copies=copies).action_print()
        self._wanted(lot, copies=1000).action_print()

    def test_staff_without_a_stock_role_prints_none(self):
        lot = self._lot("A")
        for role in ("auditor", "it_admin"):
            with self.subTest(role), self.assertRaises(AccessError):
                self._wanted(lot, role)


@tagged("post_install", "-at_install")
class TestLabelDownload(LabelWorld, PharmaHttpCommon):
    @mute_logger("odoo.http")
    def test_only_who_asked_gets_the_file(self):
        wanted = self._wanted(self._lot("A"))
        url = wanted.action_print()["url"]
        self.authenticate("test_receiver", "test_receiver")
        answer = self.url_open(url)
        self.assertEqual(answer.headers["Content-Type"], "application/pdf")
        self.assertEqual(self._pages(answer.content), [(60, 40)])
        self.authenticate("test_picker", "test_picker")
        self.assertEqual(self.url_open(url).status_code, 404)
        visitor = new_test_user(self.env, "visitor", "base.group_portal")
        self.authenticate(visitor.login, visitor.login)
        self.assertEqual(self.url_open(url).status_code, 403)
