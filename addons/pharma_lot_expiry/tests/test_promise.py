from odoo.tests import tagged

from .common import LotCommon


@tagged("post_install", "-at_install")
class TestPromise(LotCommon):
    """An order is confirmed for goods that are there for it (OB-01)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hospital.pharma_min_life_months = 6

    def test_one_too_many_is_refused_and_the_rest_explained(self):
        self._lot("GOOD", 12, 10)
        self._lot("SHORT", 3, 7)
        held = self._lot("HELD", 12, 4)
        old = self._lot("OLD", 1, 2)
        self._hold(lot_id=held.id)
        self._let_expire(old)
        self._confirmed(8)
        refusal = self.assertRefused(lambda: self._confirmed(3), "STOCK_SHORT")
        for words in (
            "3 are ordered, 2 can be promised",
            "8 are promised",
            f"7 end before {self._months(6)}, too early",
            "4 are on hold",
            "2 have expired",
        ):
            self.assertIn(words, str(refusal))
        self._confirmed(2)

    def test_unreserved_orders_count_as_promised(self):
        self._lot("GOOD", 12, 10)
        self.warehouse.out_type_id.reservation_method = "manual"
        order = self._confirmed(8)
        self.assertFalse(self._reserved(order))
        self.assertRefused(lambda: self._confirmed(3), "STOCK_SHORT")

    def test_two_lines_of_one_product_are_added_up(self):
        self._lot("GOOD", 12, 10)
        order = self._create_sale([self.drug, self.drug], quantity=6)
        self.assertRefused(self._as("seller", order).action_confirm, "STOCK_SHORT")

    def test_growing_a_confirmed_line_is_asked_again(self):
        self._lot("GOOD", 12, 10)
        order = self._confirmed(8)
        order.order_line.product_uom_qty = 10
        self.assertEqual(self._reserved(order), {"GOOD": 10})

        def grow():
            order.order_line.product_uom_qty = 11

        self.assertRefused(grow, "STOCK_SHORT")

    def test_a_company_may_take_orders_for_goods_to_come(self):
        self.env.ref(
            "pharma_lot_expiry.pharma_gate_check_stock_short"
        ).severity = "warn"
        order = self._confirmed(3)
        self.assertEqual(order.state, "sale")

    def test_import_and_write_meet_the_same_refusal(self):
        order = self._create_sale(quantity=3)
        self.assertRefused(lambda: order.write({"state": "sale"}), "STOCK_SHORT")
        self.assertRefused(
            lambda: order.sudo().with_context(skip=True).action_confirm(), "STOCK_SHORT"
        )
