from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import SQL

from .trace_common import TraceCommon


@tagged("post_install", "-at_install")
class TestLotFlow(TraceCommon):
    """What moved is noted when it moves, whole and only once (TV-61)."""

    def _flows(self, lot=None):
        found = self.env["pharma.lot.flow"].search(
            [("lot_id", "=", (lot or self.lot).id)], order="id"
        )
        return [(flow.kind, flow.quantity) for flow in found]

    def assertTrue_to_moves(self):
        self.assertEqual(self.env["pharma.lot.flow"]._differences(), [])

    def test_each_way_over_a_border_has_its_kind(self):
        stock, other = self.stock, self.other_warehouse.lot_stock_id
        supplier, customer = self.supplier_place, self.customer_place
        quarantine = self.warehouse.pharma_quarantine_location_id
        shelf = self.env["stock.location"].create(
            {"name": "A-01", "location_id": stock.id}
        )
        ways = [
            (supplier, quarantine, "receipt"),
            (quarantine, stock, "release"),
            (stock, quarantine, "quarantine"),
            (quarantine, supplier, "supplier_return"),
            (supplier, stock, "receipt"),
            (stock, shelf, None),
            (shelf, other, "transfer"),
            (other, customer, "delivery"),
            (customer, other, "customer_return"),
            (other, self.loss_place, "loss"),
            (self.loss_place, stock, "gain"),
            (supplier, customer, "dropship"),
            (customer, supplier, "dropship_return"),
        ]
        for source, target, _kind in ways:
            self._move(source, target, 3)
        wanted = [(kind, 3) for _source, _target, kind in ways if kind]
        self.assertEqual(self._flows(), wanted)
        self.assertTrue_to_moves()

    def test_goods_without_a_lot_leave_no_trace(self):
        product = self.env["product.product"].create(
            {"name": "Box", "is_storable": True, "pharma_controlled": False}
        )
        self._move(self.supplier_place, self.stock, 3, product=product, lot=False)
        self.assertFalse(
            self.env["pharma.lot.flow"].search([("product_id", "=", product.id)])
        )

    def test_quantities_are_in_the_unit_of_the_product(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        self._move(self.supplier_place, self.stock, 2, uom=dozen)
        self.assertEqual(self._flows(), [("receipt", 24)])

    def test_goods_scrapped_are_told_from_goods_lost(self):
        self._move(self.supplier_place, self.stock, 10)
        self.env["stock.scrap"].create(
            {
                "product_id": self.product.id,
                "lot_id": self.lot.id,
                "location_id": self.stock.id,
                "scrap_qty": 2,
            }
        ).do_scrap()
        self.assertEqual(self._flows(), [("receipt", 10), ("scrap", 2)])

    def test_counts_leave_a_gain_and_a_loss(self):
        self._move(self.supplier_place, self.stock, 10)
        for counted in (12, 11):
            quant = self.lot.quant_ids.filtered(lambda q: q.location_id == self.stock)
            quant.with_context(inventory_mode=True).inventory_quantity = counted
            quant.action_apply_inventory()
        self.assertEqual(self._flows(), [("receipt", 10), ("gain", 2), ("loss", 1)])

    def test_a_batch_is_noted_by_one_statement(self):
        moves = self.env["stock.move"].union(
            *(self._open_move(self.supplier_place, self.stock, 1) for _ in range(20))
        )
        written = []
        execute = self.env.cr.execute

        def spy(query, *args, **kwargs):
            text = query.code if isinstance(query, SQL) else query
            if "INSERT INTO pharma_lot_flow" in text:
                written.append(text)
            return execute(query, *args, **kwargs)

        self.patch(self.env.cr, "execute", spy)
        with self._gate_open():
            moves._action_done()
        self.assertEqual(len(written), 1)
        self.assertEqual(len(self._flows()), 20)

    def test_an_address_counts_for_whom_it_belongs_to(self):
        branch = self.env["res.partner"].create(
            {"name": "仓库", "parent_id": self.hospital.id, "type": "delivery"}
        )
        self._move(self.stock, self.customer_place, 1, partner=branch)
        flow = self._flow("delivery")
        self.assertEqual((flow.partner_id, flow.address_id), (self.hospital, branch))

    def test_a_sale_knows_its_order(self):
        self._put(10)
        order = self._create_sale(quantity=4)
        order.action_confirm()
        self._validate(order.picking_ids, "picker")
        flow = self._flow("delivery")
        self.assertEqual(flow.sale_line_id, order.order_line)
        self.assertEqual(flow.picking_id, order.picking_ids)
        self.assertEqual(flow.partner_id, self.hospital)

    def test_a_corrected_quantity_corrects_the_flow(self):
        picking = self._receive(10)
        self._correct(picking, picking.move_line_ids, "receiver", quantity="8")
        self.assertEqual(self._flows(), [("receipt", 8)])
        self.assertTrue_to_moves()

    def test_a_corrected_lot_takes_its_flow_along(self):
        picking = self._receive(10)
        other = self._create_lot("L-2")
        self._correct(picking, picking.move_line_ids, "receiver", lot_id=other.name)
        self.assertEqual(self._flows(), [])
        self.assertEqual(self._flows(other), [("receipt", 10)])
        self.assertTrue_to_moves()

    def test_a_place_corrected_to_quarantine_stays_true(self):
        picking = self._receive(10)
        quarantine = self.warehouse.pharma_quarantine_location_id
        self._correct(
            picking,
            picking.move_line_ids,
            "receiver",
            location_dest_id=quarantine.display_name,
        )
        self.assertEqual(self._flow().location_dest_id, quarantine)
        self.assertTrue_to_moves()

    def test_a_renamed_lot_is_found_by_its_new_number(self):
        self._receive(10)
        self._correct(self.lot, self.lot, "qa_manager", name="L-1A")
        self.assertEqual(self._flow().lot_name, "L-1A")
        self.assertTrue_to_moves()

    def test_a_shelf_made_a_quarantine_is_a_border_for_what_moved_before(self):
        shelf = self.env["stock.location"].create(
            {"name": "A-01", "location_id": self.stock.id}
        )
        self._move(self.supplier_place, self.stock, 10)
        self._move(self.stock, shelf, 4)
        self.assertEqual(self._flows(), [("receipt", 10)])
        shelf.is_pharma_quarantine = True
        self.assertEqual(self._flows(), [("receipt", 10), ("quarantine", 4)])
        shelf.is_pharma_quarantine = False
        self.assertEqual(self._flows(), [("receipt", 10)])
        self.assertTrue_to_moves()

    def test_who_moves_house_keeps_the_past(self):
        """A partner that comes under another head was its own when goods moved."""
        self._receive(10)
        head = self._create_partner("集团公司")
        self.supplier.parent_id = head
        self._move(self.stock, self.customer_place, 1)
        self.assertEqual(self._flow("receipt").partner_id, self.supplier)
        self.assertTrue_to_moves()

    def test_goods_moved_before_the_addon_came_are_noted_on_install(self):
        self._receive(10)
        self.env.cr.execute("DELETE FROM pharma_lot_flow")
        missing = self.env["pharma.lot.flow"]._differences(self.lot)
        self.assertEqual([m["problem"] for m in missing], ["missing"])
        self.env["pharma.lot.flow"]._backfill()
        self.assertEqual(self._flows(), [("receipt", 10)])
        self.assertTrue_to_moves()

    def test_what_sql_alone_can_falsify_is_found(self):
        self._receive(10)
        self.env.cr.execute("UPDATE pharma_lot_flow SET quantity = 9")
        found = self.env["pharma.lot.flow"]._differences(self.lot)
        self.assertEqual(
            [(x["problem"], x["noted"], x["moved"]) for x in found],
            [("different", 9, 10)],
        )

    def test_nobody_writes_a_movement(self):
        """CS-20: neither staff nor the superuser; the table follows the goods."""
        self._receive(10)
        flow = self._flow()
        for records in (flow, self._as("qa_manager", flow)):
            with self.assertTold("by themselves"):
                records.write({"quantity": 1})
            with self.assertTold("by themselves"):
                records.unlink()
            with self.assertTold("by themselves"):
                records.copy()
        with self.assertTold("by themselves"):
            self.env["pharma.lot.flow"].create({"lot_id": self.lot.id})
        result = self.env["pharma.lot.flow"].load(["quantity", "kind"], [["5", "gain"]])
        self.assertTrue(result["messages"])

    def test_strangers_and_other_companies_see_nothing(self):
        self._receive(10)
        portal = self.env["res.users"].create(
            {
                "name": "客户",
                "login": "trace_portal",
                "group_ids": [Command.set([self.env.ref("base.group_portal").id])],
            }
        )
        with self.assertRaises(AccessError):
            self._flow().with_user(portal).read(["quantity"])
        other = self._create_user(
            "qa",
            login="trace_elsewhere",
            company_id=self.other_company.id,
            company_ids=[Command.set(self.other_company.ids)],
        )
        self.assertFalse(self.env["pharma.lot.flow"].with_user(other).search([]))
        self.assertTrue(self._as("auditor", self.env["pharma.lot.flow"]).search([]))

    # Who got it

    def test_customers_of_a_lot_are_told_net_of_returns(self):
        clinic = self._create_partner("诊所")
        self._move(self.supplier_place, self.stock, 100)
        self._move(self.stock, self.customer_place, 30, partner=self.hospital)
        self._move(self.stock, self.customer_place, 5, partner=self.hospital)
        self._move(self.customer_place, self.stock, 10, partner=self.hospital)
        self._move(self.stock, self.customer_place, 8, partner=clinic)
        found = self.env["pharma.lot.flow"]._shipped_by_customer(self.lot)
        self.assertEqual(
            [(x["partner"], x["shipped"], x["returned"], x["net"]) for x in found],
            [(self.hospital, 35, 10, 25), (clinic, 8, 0, 8)],
        )
        self.assertEqual(found[0]["lot"], self.lot)
        self.assertEqual(found[0]["product"], self.product)

    def test_customers_of_another_company_are_told_too(self):
        twin = self._create_lot("L-1", company=self.other_company)
        self._move(self.stock, self.customer_place, 3, partner=self.hospital)
        theirs = self._create_partner("外地医院")
        place = self.other_company_warehouse.lot_stock_id
        self._move(place, self.customer_place, 4, partner=theirs, lot=twin)
        found = self._as("qa", self.env["pharma.lot.flow"])._shipped_by_customer(
            self.lot
        )
        self.assertEqual(
            {(x["partner"].id, x["net"]) for x in found},
            {(self.hospital.id, 3), (theirs.id, 4)},
        )

    def test_who_got_it_is_one_query(self):
        for number in range(10):
            partner = self._create_partner(f"客户{number}")
            self._move(self.stock, self.customer_place, 1, partner=partner)
        self.env.flush_all()
        self.env.invalidate_all()
        lots = self.lot
        lots.mapped("product_id.name")
        with self.assertQueryCount(1):
            found = self.env["pharma.lot.flow"]._shipped_by_customer(lots)
        self.assertEqual(len(found), 10)

    def test_no_lot_was_shipped_to_nobody(self):
        self.assertEqual(
            self.env["pharma.lot.flow"]._shipped_by_customer(self.env["stock.lot"]), []
        )

    def test_a_refusal_says_how_to_cure(self):
        with self.assertRaisesRegex(UserError, "Correct the transfer"):
            self.env["pharma.lot.flow"].create({})
