from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from odoo.addons.pharma_gsp.tests.common import PharmaCommon

from ..tools.expiry import add_months
from .test_life_consent import ConsentWorld

DAY = timedelta(days=1)


@tagged("post_install", "-at_install")
class TestLotClearance(ConsentWorld, PharmaCommon):
    """What won't sell in time is seen in time (ST-12)."""

    def _row(self, lot):
        self.env[
            "pharma.lot.clearance"
        ].invalidate_model()  # read anew, as by a request
        return self.env["pharma.lot.clearance"].search([("lot_id", "=", lot.id)])

    def _sell(self, lot, quantity):
        """A delivery done, of a lot."""
        picking = self._delivery(lot, quantity)
        self._as("picker", picking).button_validate()
        self.assertEqual(picking.state, "done")
        return picking

    def test_lots_of_tiers_that_suggest_it_are_listed_live(self):
        end = add_months(self.today, 6)
        near, far = (self._on_shelf(self._lot(d)) for d in (end, end + DAY))
        self.assertFalse(self._row(far))
        row = self._row(near)
        self.assertEqual(row.tier_id, self._shipped(6))
        self.assertEqual((row.quantity, row.value), (100, 1000))
        self.assertEqual(row.days_left, (end - self.today).days)
        with self._in_china(f"{self.today + DAY} 00:00:01"):
            self.env.invalidate_all()
            self.assertTrue(self._row(far))

    def test_an_unsold_lot_is_left_over_whole(self):
        lot = self._on_shelf(self._lot(self.today + 100 * DAY))
        row = self._row(lot)
        self.assertEqual((row.monthly_sales, row.left_over), (0, 100))
        self.assertTrue(row.will_not_sell)

    def test_lots_of_a_product_queue_up_by_their_end(self):
        """Sold 90 in 90 days, so one a day: what isn't sold by then is left."""
        long_lived = self._on_shelf(self._lot(self.today + 700 * DAY), 90)
        self._sell(long_lived, 90)
        first = self._on_shelf(self._lot(self.today + 99 * DAY), 80)
        second = self._on_shelf(self._lot(self.today + 109 * DAY), 50)
        self.assertEqual(self._row(first).monthly_sales, 30)
        self.assertEqual(self._row(first).left_over, 0)
        self.assertFalse(self._row(first).will_not_sell)
        # 130 lie there, 110 days sell 110.
        self.assertAlmostEqual(self._row(second).left_over, 20)
        self.assertAlmostEqual(self._row(second).left_over_value, 200)
        self.assertAlmostEqual(self._row(second).months_of_cover, 130 / 30)

    def test_old_sales_and_returns_do_not_count(self):
        long_lived = self._on_shelf(self._lot(self.today + 700 * DAY), 90)
        picking = self._sell(long_lived, 60)
        lot = self._on_shelf(self._lot(self.today + 100 * DAY))
        self.assertEqual(self._row(lot).monthly_sales, 20)
        wizard = (
            self.env["stock.return.picking"]
            .with_context(active_id=picking.id, active_model="stock.picking")
            .create({})
        )
        wizard.product_return_moves.quantity = 30
        back = self.env["stock.picking"].browse(
            wizard.action_create_returns()["res_id"]
        )
        back.move_ids.picked = True
        back.button_validate()
        self.assertEqual(back.state, "done")
        self.assertEqual(self._row(lot).monthly_sales, 10)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE stock_move_line SET date = %s WHERE picking_id = %s",
            (fields.Datetime.now() - timedelta(days=91), picking.id),
        )
        self.env.invalidate_all()
        self.assertEqual(self._row(lot).monthly_sales, 0)

    def test_staff_reads_it_and_opens_the_lot(self):
        lot = self._on_shelf(self._lot(self.today + 100 * DAY))
        row = self._as("seller", self._row(lot))
        self.assertEqual(row.action_open_lot()["res_id"], lot.id)
        self.assertFalse(row.has_access("write"))
        groups = row.formatted_read_group(
            [("lot_id", "=", lot.id)], ["tier_id"], ["value:sum"]
        )
        self.assertEqual(groups[0]["value:sum"], 1000)

    def test_order_lines_show_the_worst_lot_the_customer_would_get(self):
        far = self._on_shelf(self._lot(self.today + 700 * DAY))
        order = self._create_sale()
        line = self._as("seller", order.order_line)
        self.assertFalse(line.expiry_tier_id)
        self._on_shelf(self._lot(add_months(self.today, 6)))
        near = self._on_shelf(self._lot(self.today + 20 * DAY))
        self.env.invalidate_all()
        self.assertEqual(line.expiry_tier_id, self._shipped(6))  # near needs consent
        self._agreed(near)
        self.env.invalidate_all()
        self.assertEqual(line.expiry_tier_id, self._shipped(1))
        self.assertEqual(line.expiry_tier_color, self._shipped(1).color)
        held = self._as("keeper", self.env["pharma.lot.hold"]).create(
            {"kind": "lot", "lot_id": near.id, "reason": "破损"}
        )
        self.assertTrue(held)
        self.env.invalidate_all()
        self.assertEqual(line.expiry_tier_id, self._shipped(6))
        picking = self._delivery(far)
        reserved = picking.move_ids.sale_line_id
        self.env.invalidate_all()
        self.assertFalse(reserved.expiry_tier_id)

    def test_purchase_lines_show_the_worst_lot_on_hand(self):
        line = self._as("purchaser", self._create_purchase().order_line)
        self.assertFalse(line.expiry_tier_id)
        lot = self._on_shelf(self._lot(self.today + 20 * DAY))
        self.env.invalidate_all()
        self.assertEqual(line.expiry_tier_id, self._shipped(1))
        quant = self.env["stock.quant"].search([("lot_id", "=", lot.id)])
        self.assertEqual(quant.expiry_tier_id, self._shipped(1))
        self.assertIn(
            quant,
            quant.search([("expiry_tier_id", "in", self._shipped(1).ids)]),
        )
