from datetime import timedelta

from odoo.fields import Command
from odoo.tests import tagged

from .common import LotCommon


@tagged("post_install", "-at_install")
class TestExpiryLock(LotCommon):
    """TV-45, ST-10: good on its last day, locked from the second after it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["pharma.partner.kind"].search([]).min_life_months = 0

    def _live(self, day, clock):
        return self._in_china(f"{day} {clock}")

    def test_the_last_day_runs_in_china(self):
        last = self.today + timedelta(days=3)
        lot = self._lot("L1", last, 10)
        for moment, clock, state in (
            (last - timedelta(days=1), "23:59:59", "good"),
            (last, "00:00:00", "good"),
            (last, "23:59:59", "good"),
            (last + timedelta(days=1), "00:00:00", "expired"),
        ):
            with self.subTest(f"{moment} {clock}"), self._live(moment, clock):
                lot.invalidate_recordset()
                self.assertEqual(lot.pharma_state, state)
                found = self.env["stock.lot"].search(
                    [("id", "=", lot.id), ("pharma_state", "=", state)]
                )
                self.assertEqual(found, lot)

    def test_availability_and_promises_end_at_midnight_in_china(self):
        last = self.today + timedelta(days=3)
        self._lot("L1", last, 10)
        for moment, clock, free in (
            (last, "23:59:00", 10),
            (last + timedelta(days=1), "00:00:00", 0),
            (last + timedelta(days=1), "12:00:00", 0),
            (last + timedelta(days=5), "09:00:00", 0),
        ):
            with self.subTest(f"{moment} {clock}"), self._live(moment, clock):
                self.env.invalidate_all()
                self.assertEqual(self.product.free_qty, free)
                self.assertEqual(self.product.qty_available, 10)
                self.assertEqual(self.drug.virtual_available, free)
                quant = self.env["stock.quant"]._gather(self.product, self.shelf)
                self.assertEqual(quant.available_quantity, free)

    def test_an_expired_reservation_gives_way_to_a_good_lot(self):
        self._lot("GOOD", 20, 10)
        old = self._lot("OLD", 4, 10)
        order = self._confirmed(5)
        self.assertEqual(self._reserved(order), {"OLD": 5})
        self._let_expire(old)
        picking = self._as("picker", order.sudo().picking_ids)
        picking.action_assign()
        self.assertEqual(self._reserved(order), {"GOOD": 5})

    def test_validating_an_expired_reservation_reserves_anew_and_tells(self):
        self._lot("GOOD", 20, 10)
        old = self._lot("OLD", 4, 10)
        order = self._confirmed(5)
        self._let_expire(old)
        picking = self._as("picker", order.sudo().picking_ids)
        answer = picking.button_validate()
        self.assertIn("GOOD", answer["params"]["message"])
        self.assertEqual(picking.state, "assigned")
        self.assertEqual(self._reserved(order), {"GOOD": 5})
        freed = self.env["pharma.freed.reservation"].search([("lot_id", "=", old.id)])
        self.assertEqual(freed.cause, "expired")
        self.assertEqual((freed.quantity, freed.refilled, freed.missing), (5, 5, 0))
        self.assertEqual(freed.sale_id, order.sudo())
        self.assertIs(picking.button_validate(), True)
        self.assertEqual(picking.state, "done")

    def test_the_nightly_sweep_lists_orders_hit_and_calls_their_seller(self):
        old = self._lot("OLD", 4, 10)
        order = self._confirmed(5)
        self._let_expire(old)
        with self.enter_registry_test_mode():
            self.env.ref(
                "pharma_lot_expiry.ir_cron_free_expired_lots"
            ).method_direct_trigger()
        self.env.invalidate_all()
        self.assertFalse(self._reserved(order))
        freed = self.env["pharma.freed.reservation"].search([("lot_id", "=", old.id)])
        self.assertEqual(freed.missing, 5)
        self.assertIn("OLD", order.sudo().activity_ids.note)

    def test_picked_goods_of_an_expired_lot_are_refused_at_the_door(self):
        old = self._lot("OLD", 4, 10)
        order = self._confirmed(5)
        picking = self._as("picker", order.sudo().picking_ids)
        picking.move_ids.picked = True
        self._let_expire(old)
        self.assertRefused(picking.button_validate, "LOT_EXPIRED")
        self.assertRefused(
            picking.with_context(skip_expired=True)._action_done, "LOT_EXPIRED"
        )

    def _move(self, lot, place, **values):
        move = self.env["stock.move"].create(
            {
                "product_id": self.product.id,
                "product_uom": self.product.uom_id.id,
                "product_uom_qty": 2,
                "location_id": self.shelf.id,
                "location_dest_id": place.id,
                "move_line_ids": [
                    Command.create(
                        {
                            "product_id": self.product.id,
                            "product_uom_id": self.product.uom_id.id,
                            "quantity": 2,
                            "lot_id": lot.id,
                            "location_id": self.shelf.id,
                            "location_dest_id": place.id,
                            "picked": True,
                        }
                    )
                ],
                **values,
            }
        )
        move.picked = True
        return move

    def test_an_expired_lot_goes_out_only_where_nobody_is_supplied_from(self):
        lot = self._lot("OLD", 4, 20)
        self._let_expire(lot)
        loss = self.product.property_stock_inventory
        customers = self.env.ref("stock.stock_location_customers")
        suppliers = self.env.ref("stock.stock_location_suppliers")
        other_shelf = self.env["stock.location"].create(
            {"name": "B-01", "location_id": self.shelf.id, "usage": "internal"}
        )
        quarantine = self.warehouse.pharma_quarantine_location_id
        for place in (loss, suppliers, quarantine):
            move = self._move(lot, place)
            move._action_done()
            self.assertEqual(move.state, "done", place.name)
        self.assertRefused(self._move(lot, other_shelf)._action_done, "LOT_EXPIRED")
        move = self._move(lot, customers)
        with self.assertRaises(Exception) as caught:
            move._action_done()
        self.assertIn("expired", str(caught.exception))

    def test_scrap_takes_an_expired_lot(self):
        lot = self._lot("OLD", 4, 20)
        self._let_expire(lot)
        scrap = self.env["stock.scrap"].create(
            {
                "product_id": self.product.id,
                "lot_id": lot.id,
                "scrap_qty": 3,
                "location_id": self.shelf.id,
            }
        )
        scrap.action_validate()
        self.assertEqual(scrap.state, "done")
