from datetime import date

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.pharma_gsp.tests.common import PharmaCommon

from .stock_world import StockWorld


@tagged("post_install", "-at_install")
class TestExpiryLoss(StockWorld, PharmaCommon):
    """What expiry cost, against the cost of goods sold (CM-12)."""

    def _scrap(self, lot, quantity, *reasons):
        scrap = self.env["stock.scrap"].create(
            {
                "product_id": lot.product_id.id,
                "lot_id": lot.id,
                "scrap_qty": quantity,
                "location_id": self.shelf.id,
                "scrap_reason_tag_ids": [Command.set([tag.id for tag in reasons])],
            }
        )
        scrap.do_scrap()
        return scrap

    def _sums(self, role="finance", **more):
        [sums] = self._as(role, self.env["pharma.expiry.loss"])._read_group(
            [("product_id", "=", self.drug.product_variant_id.id)],
            [],
            ["loss:sum", "cogs:sum", "loss_rate:avg", "loss_quantity:sum"],
        )
        return sums

    def test_rate_as_the_rule_book_computes_it(self):
        """TV-67: 36,500 written off on 7,300,000 sold is 0.50 %."""
        sold, expired = self._lot("S"), self._lot("E", -1)
        self._shelve(sold, 730_000)
        self._shelve(expired, 3_650)
        self._sell(sold, 730_000)
        self._scrap(expired, 3_650)
        loss, cogs, rate, quantity = self._sums()
        self.assertEqual((loss, cogs, quantity), (36_500, 7_300_000, 3_650))
        self.assertAlmostEqual(rate, 0.005, 10)

    def test_lot_counts_from_the_day_after_its_last(self):
        lot = self._lot("A", expiry_date=date(2027, 5, 31))
        self._shelve(lot)
        with self._in_china("2027-05-31 23:59:59"):
            self._scrap(lot, 1)  # broken on its last day: no loss by expiry
        with self._in_china("2027-06-01 00:00:00"):
            self._scrap(lot, 2)
        self.assertEqual(self._sums()[0], 20)
        row = self.env["pharma.expiry.loss"].search([("lot_id", "=", lot.id)])
        self.assertEqual((row.date, row.kind), (date(2027, 6, 1), "loss"))

    def test_reason_of_the_scrap_counts_before_the_end(self):
        """Cleared out days before its end, because of its end."""
        lot = self._lot("A", 5)
        self._shelve(lot)
        self._scrap(lot, 1)
        self._scrap(lot, 4, self.env.ref("pharma_lot_expiry.scrap_reason_expired"))
        self.assertEqual(self._sums()[0], 40)

    def test_count_that_misses_expired_goods_is_a_loss_and_found_ones_come_back(self):
        quant = self._shelve(self._lot("A", -1), 10)
        for counted, loss in ((7, 30), (8, 20)):
            quant.inventory_quantity = counted
            quant.action_apply_inventory()
            self.env.flush_all()
            self.assertEqual(self._sums()[0], loss)

    def test_returned_goods_are_not_sold(self):
        lot = self._lot("A")
        self._shelve(lot)
        delivery = self._sell(lot, 10)
        asked = self.env["stock.return.picking"].create({"picking_id": delivery.id})
        asked.product_return_moves.quantity = 4
        back = self.env["stock.picking"].browse(asked.action_create_returns()["res_id"])
        back.move_ids.picked = True
        back.move_ids.quantity = 4
        back.move_ids.move_line_ids.lot_id = lot
        back.button_validate()
        self.assertEqual(back.state, "done")
        self.assertEqual(self._sums()[:2], (0, 60))

    def test_nothing_sold_gives_no_rate_instead_of_zero(self):
        lot = self._lot("A", -1)
        self._shelve(lot)
        self._scrap(lot, 1)
        self.assertFalse(self._sums()[2])

    def test_cases_are_costed_by_the_pack(self):
        """Two cases of 12 packs at 10.00 cost 240, whatever the unit of the scrap."""
        lot = self._lot("A", -1)
        self._shelve(lot)
        dozen = self.env.ref("uom.product_uom_dozen")
        scrap = self.env["stock.scrap"].create(
            {
                "product_id": lot.product_id.id,
                "product_uom_id": dozen.id,
                "lot_id": lot.id,
                "scrap_qty": 2,
                "location_id": self.shelf.id,
            }
        )
        scrap.do_scrap()
        loss, _cogs, _rate, quantity = self._sums()
        self.assertEqual((loss, quantity), (240, 24))

    def test_costs_are_for_those_who_may_know_them(self):
        for role in ("purchaser", "finance", "qa", "auditor", "company_head"):
            with self.subTest(role):
                self._sums(role)
        for role in ("keeper", "storekeeper", "seller", "picker", "it_admin"):
            with self.subTest(role), self.assertRaises(AccessError):
                self._sums(role)

    def test_losses_of_a_sister_company_are_not_seen(self):
        lot = self._lot("A", -1)
        self._shelve(lot)
        self._scrap(lot, 1)
        sister = self.env["res.company"].create({"name": "兄弟公司"})
        user = self._create_user(
            "finance",
            login="other",
            company_id=sister.id,
            company_ids=[Command.set(sister.ids)],
        )
        self.assertFalse(self.env["pharma.expiry.loss"].with_user(user).search([]))
