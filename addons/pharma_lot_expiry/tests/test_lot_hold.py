from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import LotCommon, LotHttpCommon


@tagged("post_install", "-at_install")
class TestLotHold(LotCommon):
    """ST-13"""

    def test_anybody_of_the_staff_holds_and_only_qa_lifts(self):
        lot = self._lot("H1", 12, 10)
        for role in ("seller", "picker", "finance", "receiver"):
            hold = self._hold(role, lot_id=lot.id)
            for stranger in ("seller", "picker", "it_admin", "auditor"):
                with self.assertTold("Only the quality department"):
                    self._as(stranger, hold).lift("看着没问题")
            self._as("qa", hold).lift("复检合格")
            self.assertEqual(hold.state, "lifted")
            self.assertEqual(hold.lifted_by_id, self.users["qa"])

    def test_lifting_needs_a_reason(self):
        hold = self._hold(lot_id=self._lot("H1", 12).id)
        with self.assertTold("Write down why"):
            self._as("qa", hold).lift("  ")

    def test_a_hold_is_not_rewritten_deleted_or_made_lifted(self):
        hold = self._hold(lot_id=self._lot("H1", 12).id)
        with self.assertTold("stands as placed"):
            self._as("qa", hold).state = "lifted"
        with self.assertRaises(AccessError):
            self._as("qa", hold).unlink()
        with self.assertTold("kept as proof"):
            hold.sudo().unlink()
        faked = self._as("picker", self.env["pharma.lot.hold"]).with_context(
            default_state="lifted"
        )
        self.assertEqual(
            faked.create({"lot_id": hold.lot_id.id, "reason": "x"}).state, "active"
        )

    def test_held_goods_leave_reservations_and_the_next_lot_comes_in(self):
        lot = self._lot("BAD", 12, 10)
        self._lot("GOOD", 20, 10)
        order = self._confirmed(5)
        self.assertEqual(self._reserved(order), {"BAD": 5})
        hold = self._hold("seller", lot_id=lot.id)
        self.assertEqual(self._reserved(order), {"GOOD": 5})
        self.assertEqual(hold.freed_ids.sale_id, order.sudo())
        self.assertEqual(hold.freed_ids.cause, "held")
        self.assertEqual(self.product.free_qty, 5)

    def test_what_is_held_counts_for_product_and_location_too(self):
        self._lot("ONE", 12, 10)
        place = self.env["stock.location"].create(
            {"name": "C-01", "location_id": self.shelf.id, "usage": "internal"}
        )
        self._lot("TWO", 14, 10, place=place)
        shelf_hold = self._hold(kind="location", location_id=place.id)
        self.assertEqual(self.product.free_qty, 10)
        self._as("qa", shelf_hold).lift("已清点")
        self.assertEqual(self.product.free_qty, 20)
        self._hold(kind="product", product_id=self.product.id)
        self.assertEqual(self.product.free_qty, 0)
        self.assertRefused(lambda: self._confirmed(1), "STOCK_SHORT")

    def test_a_hold_reaches_every_warehouse_and_company(self):
        lot = self._lot("ALL", 12, 10)
        company = self.env["res.company"].create({"name": "华康医药（鄂西）有限公司"})
        there = self.env["stock.warehouse"].search(
            [("company_id", "=", company.id)], limit=1
        )
        other = self.env["stock.warehouse"].create({"name": "二号库", "code": "W2"})
        for shelf in (there.lot_stock_id, other.lot_stock_id):
            self.env["stock.quant"]._update_available_quantity(
                self.product, shelf, 10, lot_id=lot
            )
        self._hold(lot_id=lot.id)
        for shelf in (self.shelf, there.lot_stock_id, other.lot_stock_id):
            self.assertFalse(
                self.env["stock.quant"]._get_reserve_quantity(self.product, shelf, 1)
            )

    def test_picked_held_goods_are_refused_with_number_and_reason(self):
        lot = self._lot("H1", 12, 10)
        picking = self._as("picker", self._confirmed(5).sudo().picking_ids)
        picking.move_ids.picked = True
        hold = self._hold(lot_id=lot.id, reason="瓶盖松动")
        refusal = self.assertRefused(picking.button_validate, "LOT_HELD")
        self.assertIn(hold.name, str(refusal))
        self.assertIn("瓶盖松动", str(refusal))

    def test_a_hold_needs_what_it_holds(self):
        for kind, words in (
            ("lot", "Lot"),
            ("product", "Product"),
            ("location", "Location"),
            ("code", "Trace"),
        ):
            with self.subTest(kind), self.assertTold(words):
                self._hold(kind=kind)

    def test_strangers_see_no_hold(self):
        hold = self._hold(lot_id=self._lot("H1", 12).id)
        stranger = new_test_user(self.env, "stranger", groups="base.group_user")
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            hold.with_user(stranger).read(["reason"])


@tagged("post_install", "-at_install")
class TestLotHoldOverRpc(LotHttpCommon):
    @mute_logger("odoo.http")
    def test_rpc_places_but_neither_lifts_nor_rewrites(self):
        lot = self._lot("R1", 12)
        picker = self.users["picker"]
        placed = self._json2(
            picker,
            "pharma.lot.hold",
            "create",
            vals_list=[{"lot_id": lot.id, "reason": "x", "state": "lifted"}],
        )
        self.assertEqual(placed.status_code, 200, placed.text)
        hold = self.env["pharma.lot.hold"].browse(placed.json())
        self.assertEqual(hold.state, "active")
        for method, arguments in (
            ("lift", {"reason": "x"}),
            ("write", {"vals": {"state": "lifted"}}),
            ("unlink", {}),
        ):
            answer = self._json2(
                picker, "pharma.lot.hold", method, ids=hold.ids, **arguments
            )
            self.assertGreaterEqual(answer.status_code, 400, method)
        hold.invalidate_recordset()
        self.assertEqual(hold.state, "active")
