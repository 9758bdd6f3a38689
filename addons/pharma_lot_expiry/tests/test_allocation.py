from datetime import date, timedelta

from odoo.tests import tagged

from .common import LotCommon


@tagged("post_install", "-at_install")
class TestAllocation(LotCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hospital.pharma_min_life_months = 1

    def test_first_expired_leaves_first_in_as_many_lines_as_lots(self):
        """TV-48"""
        self._lot("LATE", date(self.today.year + 2, 3, 1), 50)
        self._lot("SOON", date(self.today.year + 1, 12, 1), 20)
        order = self._confirmed(30)
        self.assertEqual(self._reserved(order), {"SOON": 20, "LATE": 10})

    def test_of_equal_ends_the_older_receipt_leaves_first(self):
        end = self._months(12)
        new = self._lot("NEW", end, 10)
        self._lot("OLD", end, 10).quant_ids.in_date -= timedelta(days=30)
        self.assertLess(new.id, new.search([("name", "=", "OLD")]).id)
        self.assertEqual(self._reserved(self._confirmed(10)), {"OLD": 10})

    def test_a_category_cannot_switch_first_expired_first_out_off(self):
        self.drug.categ_id.removal_strategy_id = self.env.ref("stock.removal_lifo")
        self._lot("LATE", 20, 10)
        self._lot("SOON", 10, 10)
        self.assertEqual(self._reserved(self._confirmed(5)), {"SOON": 5})

    def test_customers_get_lots_that_live_long_enough_on_delivery(self):
        """ST-11, the day itself included."""
        self.hospital.pharma_min_life_months = 6
        limit = self._months(6)
        self._lot("SHORT", limit - timedelta(days=1), 10)
        self._lot("JUST", limit, 10)
        order = self._create_sale(quantity=5, commitment_date=self._noon(self.today))
        self._as("seller", order).action_confirm()
        self.assertEqual(self._reserved(order), {"JUST": 5})

    def test_the_planned_delivery_decides_about_the_life_left(self):
        self.hospital.pharma_min_life_months = 6
        later = self.today + timedelta(days=20)
        self._lot("JUST", self._months(6), 10)
        self._lot("LONG", self._months(9), 10)
        order = self._create_sale(quantity=5, commitment_date=self._noon(later))
        self._as("seller", order).action_confirm()
        self.assertEqual(self._reserved(order), {"LONG": 5})

    def test_kinds_of_buyers_ask_for_different_lives(self):
        for code, months in (
            ("HOSPITAL", 6),
            ("CHAIN_HQ", 6),
            ("PHARMACY", 3),
            ("CLINIC", 3),
            ("WHOLESALER", 9),
        ):
            self.assertEqual(self._kind(code).min_life_months, months, code)

    def test_a_later_lot_needs_a_reason(self):
        """TV-49"""
        self._lot("SOON", 10, 10)
        late = self._lot("LATE", 20, 10)
        order = self._confirmed(5)
        picking = self._as("picker", order.sudo().picking_ids)
        line = picking.move_line_ids
        line.lot_id = late
        line.picked = True
        self.assertRefused(picking.button_validate, "FEFO")
        line.pharma_lot_reason = "医院要求与在用批次一致"
        picking.button_validate()
        self.assertEqual(picking.state, "done")
        event = self.env["pharma.gate.event"].search(
            [("res_id", "=", picking.id), ("res_model", "=", "stock.picking")]
        )
        self.assertEqual(event.result, "warned")
        self.assertIn(
            "医院要求", event.line_ids.filtered(lambda r: r.check_code == "FEFO").cure
        )

    def test_a_lot_that_came_after_the_choice_is_no_break(self):
        self._lot("LATE", 20, 10)
        picking = self._as("picker", self._confirmed(5).sudo().picking_ids)
        soon = self._lot("SOON", 10, 10)
        soon.quant_ids.in_date = picking.move_line_ids.create_date + timedelta(hours=1)
        picking.move_ids.picked = True
        picking.button_validate()
        self.assertEqual(picking.state, "done")

    def test_a_wanted_lot_is_the_only_one_reserved(self):
        self._lot("SOON", 10, 10)
        late = self._lot("LATE", 20, 10)
        order = self._create_sale(quantity=5)
        order.order_line.pharma_lot_id = late
        order.order_line.pharma_lot_reason = "科室在用批次"
        self._as("seller", order).action_confirm()
        self.assertEqual(self._reserved(order), {"LATE": 5})

    def test_goods_reserved_for_another_order_are_not_taken(self):
        self._lot("ONLY", 20, 5)
        other = self._lot("OTHER", 21, 5)
        first, second = self._confirmed(5), self._confirmed(5)
        self.assertEqual(self._reserved(second), {"OTHER": 5})
        picking = self._as("picker", first.sudo().picking_ids)
        picking.move_line_ids.write({"lot_id": other.id, "picked": True})
        self.assertRefused(picking.button_validate, "LOT_TAKEN")
        self.assertEqual(self._reserved(second), {"OTHER": 5})

    def test_reservation_asks_no_more_when_a_product_has_many_lots(self):
        counts = []
        for number in range(2):
            for index in range(5 + 40 * number):
                self._lot(f"N{number}-{index}", 12 + number, 1)
            order = self._create_sale(quantity=3)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            order.with_user(self.users["seller"]).action_confirm()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 2, counts)

    def _noon(self, day):
        return f"{day} 04:00:00"
