from contextlib import suppress
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.pharma_lot_expiry.models import product_product

from .common import LotCommon


@tagged("post_install", "-at_install")
class TestLotAttacks(LotCommon):
    """Ways round the locks that somebody in a hurry finds (ST-10, ST-13, OB-01)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hospital.pharma_min_life_months = 1

    def _place(self, name, parent=None):
        return self.env["stock.location"].create(
            {
                "name": name,
                "location_id": (parent or self.shelf).id,
                "usage": "internal",
            }
        )

    # Promises

    def test_orders_confirmed_together_share_the_shelf(self):
        self._lot("GOOD", 12, 10)
        orders = self._create_sale(quantity=6) | self._create_sale(quantity=6)
        self.assertRefused(self._as("seller", orders).action_confirm, "STOCK_SHORT")

    def test_orders_confirmed_together_that_fit_are_confirmed(self):
        self._lot("GOOD", 12, 10)
        orders = self._create_sale(quantity=5) | self._create_sale(quantity=5)
        self._as("seller", orders).action_confirm()
        self.assertEqual(set(orders.mapped("state")), {"sale"})

    def test_what_a_seller_may_not_see_is_promised_too(self):
        self._lot("GOOD", 12, 10)
        self.warehouse.out_type_id.reservation_method = "manual"
        self._confirmed(8)
        other = self._create_user("seller", login="own_only")
        order = self._create_sale(quantity=5, user_id=other.id)
        self.env["ir.rule"].create(
            {
                "name": "own orders",
                "model_id": self.env.ref("sale.model_sale_order").id,
                "domain_force": "[('user_id', '=', user.id)]",
            }
        )
        self.env.invalidate_all()
        self.assertRefused(order.with_user(other).action_confirm, "STOCK_SHORT")

    def test_goods_in_two_steps_are_promised_once(self):
        self.warehouse.delivery_steps = "pick_ship"
        self._lot("GOOD", 12, 10)
        first = self._confirmed(5)
        second = self._confirmed(5)
        for order in (first, second):
            self.assertEqual(self._reserved(order), {"GOOD": 5})
        self.assertRefused(lambda: self._confirmed(1), "STOCK_SHORT")

    def test_other_units_count_in_boxes(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        self._lot("GOOD", 12, 20)
        order = self._create_sale(quantity=2)
        order.order_line.product_uom_id = dozen
        self.assertRefused(self._as("seller", order).action_confirm, "STOCK_SHORT")

    def test_reserved_for_a_transfer_is_not_promised_again(self):
        """Orders that wait and goods set apart for another warehouse add up."""
        self._lot("GOOD", 12, 10)
        self.warehouse.out_type_id.reservation_method = "manual"
        self._confirmed(5)
        transfer = self.env["stock.move"].create(
            {
                "product_id": self.product.id,
                "product_uom_qty": 3,
                "location_id": self.shelf.id,
                "location_dest_id": self._place("elsewhere").id,
            }
        )
        transfer._action_confirm()
        transfer._action_assign()
        self.assertEqual(transfer.quantity, 3)
        self.assertRefused(lambda: self._confirmed(4), "STOCK_SHORT")
        self._confirmed(2)

    def test_more_on_a_confirmed_order_waits_for_its_turn(self):
        self._lot("GOOD", 12, 20)
        order = self._confirmed(5)
        line = order.order_line
        new = {"order_id": order.id, "product_id": self.product.id}
        ways = {
            "more": lambda: line.write({"product_uom_qty": 7}),
            "line": lambda: line.create({**new, "product_uom_qty": 1}),
            "state": lambda: self._create_sale(quantity=1).write({"state": "sale"}),
        }
        for way, take in ways.items():
            with self.subTest(way), patch.object(product_product, "wait_for_turn") as w:
                take()
                wanted = [call.args[2] for call in w.call_args_list]
                self.assertIn(self.product.ids, wanted)
        with patch.object(product_product, "wait_for_turn") as w:
            line.write({"product_uom_qty": 6})  # less than before
            self.assertFalse(any(call.args[2] for call in w.call_args_list))

    # Holds

    def test_relocating_does_not_free_a_held_place(self):
        place, other = self._place("C-01"), self._place("C-02")
        lot = self._lot("L1", 12, 10, place=place)
        self._hold(kind="location", location_id=place.id)
        keeper = self._as("storekeeper", lot.quant_ids)
        self.assertRefused(
            lambda: keeper.sudo().move_quants(location_dest_id=other), "LOT_HELD"
        )
        keeper.sudo().move_quants(
            location_dest_id=self.warehouse.pharma_quarantine_location_id
        )

    def test_a_held_place_is_not_moved_out_from_under_its_hold(self):
        rack = self._place("rack")
        place = self._place("C-01", rack)
        self._lot("L1", 12, 10, place=place)
        self._hold(kind="location", location_id=rack.id)
        self.assertEqual(self.product.free_qty, 0)
        with self.assertTold("on hold"):
            place.location_id = self.shelf
        place.location_id = self._place("part of the rack", rack)

    def test_goods_picked_before_the_hold_are_not_shipped(self):
        self.warehouse.delivery_steps = "pick_ship"
        lot = self._lot("L1", 12, 10)
        order = self._confirmed(5)
        pick = self._validate(order.sudo().picking_ids, "picker")
        self.assertEqual(pick.state, "done")
        ship = order.sudo().picking_ids - pick.sudo()
        self.assertEqual(ship.move_ids.move_line_ids.lot_id, lot)
        self._hold(lot_id=lot.id)
        self.assertFalse(ship.move_ids.move_line_ids)
        ship.move_ids.quantity = 5
        self.assertFalse(ship.move_ids.move_line_ids.lot_id)
        ship.move_ids.move_line_ids.write({"lot_id": lot.id, "picked": True})
        with self.assertRaises(UserError):
            self._as("picker", ship).with_context(skip_backorder=True)._action_done()

    def _coded(self, lot, serial):
        """A pack of a lot on the shelf, as a receipt leaves it."""
        code = f"8123456{serial:013d}"
        self.env.flush_all()
        self.env.cr.execute(
            "INSERT INTO pharma_trace_code (code, kind, product_id, lot_id, level,"
            " packs, own_state, own_location_id, company_id)"
            " VALUES (%s, 'cn20', %s, %s, 'box', 1, 'in_stock', %s, %s)",
            (code, lot.product_id.id, lot.id, self.shelf.id, self.company.id),
        )
        return code

    def test_a_pack_on_hold_is_neither_reserved_nor_promised(self):
        """ST-13: of ten packs nine may go, and the next lot gives the tenth."""
        lot = self._lot("L1", 12, 10)
        self._hold(kind="code", trace_code=self._coded(lot, 1))
        refusal = self.assertRefused(lambda: self._confirmed(10), "STOCK_SHORT")
        self.assertIn("1 are on hold", str(refusal))
        self._lot("L2", 14, 10)
        self.assertEqual(self._reserved(self._confirmed(10)), {"L1": 9, "L2": 1})
        self.assertEqual(self._reserved(self._confirmed(9)), {"L2": 9})
        self.assertRefused(lambda: self._confirmed(1), "STOCK_SHORT")

    def test_the_last_packs_do_not_leave_unscanned_with_one_on_hold(self):
        lot = self._lot("L1", 12, 10)
        code = self._coded(lot, 1)
        order = self._confirmed(10)
        hold = self._hold(kind="code", trace_code=code)
        picking = self._as("picker", order.sudo().picking_ids)
        picking.move_ids.picked = True
        self.assertRefused(picking.button_validate, "CODE_HOLD")
        self._as("qa", hold).lift("复检合格")
        picking.button_validate()
        self.assertEqual(picking.state, "done")

    def test_a_split_move_meets_the_gate_for_each_of_its_lines(self):
        """Part to the loss, part to another shelf: the second part isn't let off."""
        lot = self._lot("L1", 12, 10)
        self._hold(lot_id=lot.id)
        loss, other = self.product.property_stock_inventory, self._place("C-02")
        move = self.env["stock.move"].create(
            {
                "product_id": self.product.id,
                "product_uom_qty": 4,
                "location_id": self.shelf.id,
                "location_dest_id": other.id,
                "move_line_ids": [
                    Command.create(
                        {
                            "product_id": self.product.id,
                            "quantity": 2,
                            "lot_id": lot.id,
                            "location_id": self.shelf.id,
                            "location_dest_id": place.id,
                            "picked": True,
                        }
                    )
                    for place in (loss, other)
                ],
            }
        )
        move.picked = True
        self.assertRefused(move._action_done, "LOT_HELD")

    def test_held_goods_are_not_used_up_in_production(self):
        lot = self._lot("L1", 12, 10)
        self._hold(lot_id=lot.id)
        move = self._shelf_move(lot, self._virtual("production"))
        self.assertRefused(move._action_done, "LOT_HELD")

    def _virtual(self, usage):
        return self.env["stock.location"].create({"name": usage, "usage": usage})

    def _shelf_move(self, lot, place, **values):
        move = self.env["stock.move"].create(
            {
                "product_id": self.product.id,
                "product_uom_qty": 2,
                "location_id": self.shelf.id,
                "location_dest_id": place.id,
                "move_line_ids": [
                    Command.create(
                        {
                            "product_id": self.product.id,
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

    def test_a_delivery_pointed_at_the_loss_takes_no_held_goods(self):
        lot = self._lot("L1", 12, 10)
        order = self._confirmed(5)
        picking = self._as("picker", order.sudo().picking_ids)
        picking.move_ids.picked = True
        self._hold(lot_id=lot.id)
        picking.move_line_ids.location_dest_id = self.product.property_stock_inventory
        self.assertRefused(picking.button_validate, "LOT_HELD")

    def test_a_count_at_the_customers_is_a_delivery(self):
        lot = self._lot("L1", 12, 10)
        self._hold(lot_id=lot.id)
        customers = self.env.ref("stock.stock_location_customers")
        move = self._shelf_move(lot, customers, is_inventory=True)
        with self.assertRaises(UserError):
            move._action_done()

    def test_lines_that_say_they_are_done_move_nothing(self):
        lot = self._lot("L1", 12, 10)
        self._hold(lot_id=lot.id)
        customers = self.env.ref("stock.stock_location_customers")
        lines = self.env["stock.move.line"]
        for values in ({}, {"picking_id": self._delivery_picking().id}):
            with self.subTest(values):
                with suppress(UserError), self.env.cr.savepoint():
                    self._as("storekeeper", lines).create(
                        {
                            "product_id": self.product.id,
                            "product_uom_id": self.product.uom_id.id,
                            "quantity": 2,
                            "lot_id": lot.id,
                            "location_id": self.shelf.id,
                            "location_dest_id": customers.id,
                            "company_id": self.company.id,
                            "state": "done",
                            **values,
                        }
                    )
                self.env.invalidate_all()
                there = lot.quant_ids.filtered(
                    lambda quant: quant.location_id == customers
                )
                self.assertFalse(sum(there.mapped("quantity")))

    def _delivery_picking(self):
        return self.env["stock.picking"].create(
            {
                "picking_type_id": self.warehouse.out_type_id.id,
                "partner_id": self.hospital.id,
            }
        )

    def test_a_reservation_renewed_by_the_way_is_noted_in_full(self):
        self._lot("GOOD", 20, 10)
        old = self._lot("OLD", 4, 10)
        order = self._confirmed(5)
        self._let_expire(old)
        self._as("picker", order.sudo().picking_ids).action_assign()
        freed = self.env["pharma.freed.reservation"].search([("lot_id", "=", old.id)])
        self.assertEqual((freed.refilled, freed.missing), (5, 0))

    def test_a_seller_hears_of_goods_lost_by_the_way(self):
        old = self._lot("OLD", 4, 10)
        order = self._confirmed(5)
        self._let_expire(old)
        self._as("picker", order.sudo().picking_ids).action_assign()
        self.assertIn("OLD", order.sudo().activity_ids.note or "")

    def test_goods_without_date_are_not_free(self):
        self._lot("UNDATED", False, 10)
        self.assertEqual(self.product.free_qty, 0)
        self.assertRefused(lambda: self._confirmed(1), "STOCK_SHORT")

    def test_who_only_reads_places_no_hold(self):
        lot = self._lot("L1", 12)
        for role in ("auditor", "reader"):
            user = self.users.get(role) or self._create_user("reader")
            holds = self.env["pharma.lot.hold"].with_user(user)
            with self.subTest(role), self.assertRaises(AccessError):
                holds.create({"lot_id": lot.id, "reason": "x"})

    def test_each_working_role_places_holds(self):
        lot = self._lot("L1", 12)
        for role in self.users.keys() - {"auditor"}:
            with self.subTest(role):
                self.assertTrue(self._hold(role, lot_id=lot.id))
