from datetime import date, timedelta

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import LotCommon


@tagged("post_install", "-at_install")
class TestLotDates(LotCommon):
    def test_every_storable_drug_is_tracked_by_lot_and_date(self):
        self.assertEqual(self.drug.tracking, "lot")
        self.assertTrue(self.drug.use_expiration_date)
        with self.assertTold("lot number and an expiry date", ValidationError):
            self.drug.tracking = "none"
        with self.assertTold("lot number and an expiry date", ValidationError):
            self.drug.use_expiration_date = False

    def test_core_dates_say_the_same_and_nothing_is_invented(self):
        lot = self._lot("A1", date(2027, 5, 31))
        for name in ("expiration_date", "use_date", "removal_date", "alert_date"):
            self.assertEqual(str(lot[name]), "2027-05-31 15:59:59", name)
        undated = self.env["stock.lot"].create(
            {"name": "A2", "product_id": self.product.id}
        )
        self.assertFalse(undated.expiration_date)
        self.assertEqual(undated.pharma_state, "undated")

    def test_a_month_is_read_as_the_company_says(self):
        """TV-46"""
        lots = self.env["stock.lot"]
        end = lots.create(
            {"name": "M1", "product_id": self.product.id, "expiry_label": "2027.05"}
        )
        self.company.pharma_month_expiry = "previous"
        previous = lots.create(
            {"name": "M2", "product_id": self.product.id, "expiry_label": "2027.05"}
        )
        self.assertEqual(end.expiry_date, date(2027, 5, 31))
        self.assertEqual(previous.expiry_date, date(2027, 4, 30))
        self.assertEqual((end + previous).mapped("month_expiry"), ["end", "previous"])

    def test_misprints_are_told_apart(self):
        for printed, words in (
            ("2027-13-01", "twelve months"),
            ("2027-02-30", "no such day"),
            ("2207-05-31", "1990 to 2099"),
            ("31/05/2027", "is no date"),
            ("A2405B", "is no date"),
        ):
            with self.subTest(printed), self.assertTold(words):
                self._lot("X", False, expiry_label=printed)

    def test_core_dates_typed_by_rpc_become_the_printed_day_or_are_refused(self):
        lot = self._lot("B1", False, expiration_date="2027-05-31 16:00:00")
        self.assertEqual(lot.expiry_date, date(2027, 6, 1), "midnight in China")
        with self.assertTold("follow from its expiry date"):
            lot.removal_date = "2028-01-01 00:00:00"

    def test_nothing_ends_before_it_was_made(self):
        """TV-26"""
        with self.assertTold("swapped"):
            self._lot("C1", date(2025, 6, 1), production_date=date(2027, 5, 31))

    def test_blanks_around_a_number_go_and_its_case_stays(self):
        """FA-45"""
        self.assertEqual(self._lot(" a2405b\t", 12).name, "a2405b")

    def test_receipt_keeps_what_is_printed(self):
        picking = self._receive(
            self._ordered(),
            lot_name=" 240501 ",
            expiry_label="2027.05",
            production_date=date(2025, 6, 1),
        )
        lot = picking.move_line_ids.lot_id
        self.assertEqual(picking.state, "done")
        self.assertEqual(lot.name, "240501")
        self.assertEqual(lot.expiry_date, date(2027, 5, 31))
        self.assertEqual(lot.production_date, date(2025, 6, 1))
        self.assertEqual(lot.manufacturer_id, self.drug.manufacturer_id)
        self.assertEqual(lot.expiry_label, "2027.05")

    def test_receipt_without_date_is_refused(self):
        order = self._ordered()
        self.assertRefused(lambda: self._receive(order, lot_name="N1"), "LOT_DATE")
        self.assertFalse(self.env["stock.lot"].search([("name", "=", "N1")]))

    def test_receipt_of_an_expired_lot_is_refused_and_its_last_day_taken(self):
        yesterday = self.today - timedelta(days=1)
        order = self._ordered()
        self.assertRefused(
            lambda: self._receive(order, lot_name="E1", expiry_date=yesterday),
            "LOT_EXPIRED",
        )
        # On its last day it is only too short for our tiers.
        self.assertRefused(
            lambda: self._receive(order, lot_name="E1", expiry_date=self.today),
            "LOT_TIER_PURCHASE",
        )

    def test_shelf_life_that_does_not_fit_warns(self):
        """TV-47: 24 months from 2025-06-01 end on 2027-05-31."""
        for end, codes in ((date(2027, 5, 31), set()), (date(2027, 6, 30), {"x"})):
            order = self._ordered()
            self._receive(
                order,
                lot_name=f"S{end}",
                expiry_date=end,
                production_date=date(2025, 6, 1),
            )
            found = self._findings(order.picking_ids.move_ids, "receipt")
            self.assertEqual("LOT_SHELF_LIFE" in found, bool(codes))

    def test_same_number_with_another_date_or_maker_is_a_conflict(self):
        lot = self._lot("K1", 12, production_date=self._months(-12))
        for printed in (
            {"expiry_date": self._months(13)},
            {"expiry_date": lot.expiry_date, "production_date": self._months(-11)},
        ):
            order = self._ordered()
            self.assertRefused(
                lambda order=order, printed=printed: self._receive(
                    order, lot_name="K1", **printed
                ),
                "LOT_CONFLICT",
            )
        lot.product_id.manufacturer_id = self._create_partner("另一制药")
        self.drug.pharma_dossier_ids._activate()
        order = self._ordered()
        self.assertRefused(
            lambda: self._receive(order, lot_name="K1", expiry_date=lot.expiry_date),
            "LOT_CONFLICT",
        )

    def test_a_number_that_only_looks_different_needs_qa(self):
        self._lot("A2405B", 12)
        order = self._ordered()
        self.assertRefused(
            lambda: self._receive(
                order, lot_name="a2405 b", expiry_date=self._months(12)
            ),
            "LOT_LOOKALIKE",
        )

    def test_dates_of_a_lot_that_moved_change_by_request_only(self):
        self._receive(self._ordered(), lot_name="P1", expiry_date=self._months(12))
        lot = self.env["stock.lot"].search([("name", "=", "P1")])
        end = self._months(11)
        for role in ("receiver", "qa_manager"):
            with self.subTest(role), self.assertRaises(UserError):
                self._as(role, lot).expiry_date = end
        with self.assertTold("posted and stands as proof"):
            lot.sudo().expiry_date = end
        self._correct(lot, lot, "receiver", expiry_date=str(end))
        self.assertEqual(lot.expiry_date, end)
        self.assertEqual(str(lot.expiration_date)[:10], str(end))
        self.assertEqual(lot.quant_ids.mapped("expiry_date"), [end] * 2)

    def test_import_reads_printed_dates(self):
        result = self.env["stock.lot"].load(
            ["name", "product_id/.id", "expiry_label"],
            [
                ["I1", str(self.product.id), "2027年05月"],
                ["I2", str(self.product.id), "2027.13"],
            ],
        )
        self.assertFalse(result["ids"])
        self.assertIn("twelve months", result["messages"][0]["message"])
