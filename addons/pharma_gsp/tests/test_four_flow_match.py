from contextlib import contextmanager
from datetime import timedelta

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.pharma_gsp.exceptions import GateRefusal

from .common import PharmaHttpCommon
from .four_flow_common import FlowCommon


@tagged("post_install", "-at_install")
class TestFourFlowMatch(FlowCommon):
    """A bill is what was ordered and what came (CS-31)."""

    def _received(self, quantity=None, **values):
        order = self._ordered(**values)
        self._receive(order, quantity)
        return order

    # Quantity

    def test_bill_of_what_was_received_passes(self):
        self.assertEqual(self._bill(self._received()).state, "posted")

    def test_bill_before_the_goods_is_refused(self):
        bill = self._draft_bill(self._ordered())
        self.assertRefused(bill.action_post, "BILL_QUANTITY")

    def test_bill_of_an_order_not_confirmed_is_refused(self):
        """RC-01: a draft order is nobody's order."""
        order = self._as("purchaser", self._create_purchase())
        bill = self._draft_bill(order)
        self.assertEqual(bill.invoice_line_ids.purchase_line_id, order.order_line)
        self.assertRefused(bill.action_post, "ORDER_MISSING")

    def test_bill_of_more_than_received_is_refused(self):
        """Tolerance 0: not even one piece."""
        order = self._received(4)
        self.assertRefused(
            self._draft_bill(order, quantity=5).action_post, "BILL_QUANTITY"
        )
        self._bill(order, quantity=4)

    def test_all_bills_of_a_line_count_together(self):
        order = self._received()
        self._bill(order, quantity=6)
        self.assertRefused(
            self._draft_bill(order, quantity=5).action_post, "BILL_QUANTITY"
        )
        self._bill(order, quantity=4)

    def test_two_lines_of_one_bill_count_together(self):
        order = self._received()
        bill = self._draft_bill(order, quantity=6)
        bill.invoice_line_ids.copy(
            {"move_id": bill.id, "purchase_line_id": (order.order_line.id)}
        )
        self.assertEqual(len(bill.invoice_line_ids), 2)
        found = self._findings(bill, "vendor_bill")
        self.assertEqual(set(found), {"BILL_QUANTITY"})
        self.assertRefused(bill.action_post, "BILL_QUANTITY")

    def test_two_bills_posted_at_once_count_together(self):
        order = self._received()
        bills = self._draft_bill(order) | self._draft_bill(order)
        self.assertRefused(bills.action_post, "BILL_QUANTITY")

    def test_credit_note_makes_room_for_the_right_bill(self):
        order = self._received()
        note = self._credit(self._bill(order), 10)
        self.assertEqual(note.state, "posted")
        self.assertEqual(self._bill(order).state, "posted")

    def test_returned_goods_are_not_billed(self):
        order = self._ordered()
        self._return(self._receive(order), 3)
        self.assertRefused(
            self._draft_bill(order, quantity=8).action_post, "BILL_QUANTITY"
        )
        self._bill(order, quantity=7)

    def test_tolerance_of_the_company(self):
        self.company.pharma_flow_quantity_tolerance = 1
        order = self._received(4)
        self.assertRefused(
            self._draft_bill(order, quantity=5.01).action_post, "BILL_QUANTITY"
        )
        self._bill(order, quantity=5)

    def test_bill_in_another_unit(self):
        order = self._create_purchase()
        order.order_line.product_uom_id = self.env.ref("uom.product_uom_dozen")
        order.order_line.price_unit = 12
        order = self._as("purchaser", order)
        order.button_confirm()
        self._receive(order)
        for pieces, code in ((120, None), (1, "BILL_QUANTITY")):
            bill = self._draft_bill(order)
            bill.invoice_line_ids.write(
                {
                    "product_uom_id": self.env.ref("uom.product_uom_unit").id,
                    "quantity": pieces,
                    "price_unit": 1,
                }
            )
            if code:
                self.assertRefused(bill.action_post, code)
            else:
                bill.action_post()

    # Price

    def test_a_cent_more_is_rounding_two_are_a_price(self):
        """±0.01 on the line's amount, both ways."""
        for price, passes in (
            (10.001, True),
            (9.999, True),
            (10.002, False),
            (9.998, False),
        ):
            bill = self._draft_bill(self._received(), price=price)
            with self.subTest(price):
                if passes:
                    bill.action_post()
                else:
                    self.assertRefused(bill.action_post, "BILL_PRICE")

    def test_discount_of_the_order_is_asked_of_the_bill(self):
        order = self._create_purchase()
        order.order_line.discount = 10
        order = self._as("purchaser", order)
        order.button_confirm()
        self._receive(order)
        bill = self._draft_bill(order)
        bill.invoice_line_ids.discount = 0
        self.assertRefused(bill.action_post, "BILL_PRICE")
        bill.invoice_line_ids.discount = 10
        bill.action_post()

    def test_bill_in_another_currency_at_the_rate_of_its_day(self):
        dollar = self.env.ref("base.USD")
        dollar.active = True
        self.env["res.currency.rate"].create(
            {"currency_id": dollar.id, "name": self.today, "rate": 0.1397}
        )
        order = self._received()
        bill = self._draft_bill(order, currency_id=dollar.id)
        bill.invoice_line_ids.price_unit = 10
        self.assertRefused(bill.action_post, "BILL_PRICE")
        bill.invoice_line_ids.price_unit = 1.397
        bill.action_post()

    # Lots

    def test_bill_starts_with_the_lots_received(self):
        order = self._ordered(drugs=self.lot_drug)
        self._receive(order, 4, lot="A2603")
        first = self._draft_bill(order, quantity=4)
        self.assertEqual(first.invoice_line_ids.pharma_lot_names, "A2603")
        first.action_post()
        self._receive(order, lot="B2604")
        second = self._draft_bill(order, quantity=6)
        self.assertEqual(second.invoice_line_ids.pharma_lot_names, "B2604")
        second.action_post()

    def test_bill_made_by_the_button_starts_with_the_lots_received(self):
        order = self._ordered(drugs=self.lot_drug)
        self._receive(order, lot="A2603")
        order = self._as("finance", order)
        order.action_create_invoice()
        self.assertEqual(order.invoice_ids.invoice_line_ids.pharma_lot_names, "A2603")

    def test_lots_that_never_came_are_refused(self):
        order = self._ordered(drugs=self.lot_drug)
        self._receive(order, lot="A2603")
        refusal = self.assertRefused(
            self._draft_bill(order, lots="a2603，X9、Y8").action_post, "BILL_LOT"
        )
        self.assertIn("X9, Y8", str(refusal))
        self.assertEqual(self._bill(order, lots="a2603").state, "posted")

    def test_bill_that_prints_no_lots_passes(self):
        order = self._ordered(drugs=self.lot_drug)
        self._receive(order, lot="A2603")
        self.assertEqual(self._bill(order, lots="").state, "posted")

    def test_all_reasons_are_told_at_once(self):
        order = self._ordered(drugs=self.lot_drug)
        self._receive(order, 4, lot="A2603")
        bill = self._draft_bill(order, price=11, lots="B1")
        self.assertRefused(bill.action_post, "BILL_QUANTITY", "BILL_PRICE", "BILL_LOT")

    # Doors

    @contextmanager
    def _wrong_bill(self):
        """An illegal bill; whatever is tried, it stays a draft."""
        bill = self._draft_bill(self._ordered())
        with self.assertRaises(GateRefusal) as caught:
            yield bill
        codes = {f["code"] for f in caught.exception.context["findings"]}
        self.assertEqual(codes, {"BILL_QUANTITY"})

    def test_button_of_the_superuser(self):
        with self._wrong_bill() as bill:
            bill.sudo().action_post()

    def test_write_of_the_state(self):
        for superuser in (False, True):
            with self.subTest(superuser), self._wrong_bill() as bill:
                bill = bill.sudo() if superuser else bill
                bill.write({"state": "posted"})
                self.env.flush_all()

    def test_import_of_the_state(self):
        bill = self._draft_bill(self._ordered())
        result = bill.load([".id", "state"], [[str(bill.id), "posted"]])
        self.assertFalse(result["ids"])
        self.assertRegex(result["messages"][0]["message"], "^1. .*are billed")

    @mute_logger("odoo.addons.account.models.account_move")
    def test_automatic_posting_by_night(self):
        """Odoo posts by itself what is due; the wrong bill stays a draft."""
        due = {"auto_post": "at_date", "date": self.today - timedelta(days=2)}
        right = self._draft_bill(self._received(), **due)
        wrong = self._draft_bill(self._ordered(), **due)
        job = self.env.ref("account.ir_cron_auto_post_draft_entry")
        with self.enter_registry_test_mode():
            job.method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual((right.state, wrong.state), ("posted", "draft"))

    def test_line_of_a_posted_bill_grows_by_no_door(self):
        bill = self._bill(self._received())
        for values in ({"quantity": 11}, {"price_unit": 10.5}):
            with self.subTest(values), self.assertRaises(Exception) as caught:
                bill.sudo().invoice_line_ids.write(values)
                self.env.flush_all()
            self.assertRegex(str(caught.exception), "are billed|the bill asks|posted")

    def test_purchase_receipt_document_is_a_bill_too(self):
        order = self._ordered()
        move = self._draft_bill(order, move_type="in_receipt")
        self.assertRefused(move.action_post, "BILL_QUANTITY")

    # Override

    def test_quality_lets_one_bill_pass_and_that_is_recorded(self):
        order = self._ordered()
        bill, other = self._draft_bill(order), self._draft_bill(order)
        finding = self.assertRefused(bill.action_post, "BILL_QUANTITY").context[
            "findings"
        ][0]
        override = self._as("finance", self.env["pharma.gate.override"]).create(
            {
                "check_id": self.env.ref(
                    "pharma_gsp.pharma_gate_check_bill_quantity"
                ).id,
                "target_model": finding["target_model"],
                "target_id": finding["target_id"],
                "cure_model": finding["cure_model"],
                "cure_id": finding["cure_id"],
                "sentence": finding["sentence"],
                "reason": "合同约定预付，货物在途。",
            }
        )
        self.assertRefused(bill.action_post, "BILL_QUANTITY")
        self._as("qa", override).action_grant()
        # It counts for what quality saw, not for whatever is billed since.
        bill.invoice_line_ids.quantity = 11
        self.assertRefused(bill.action_post, "BILL_QUANTITY")
        bill.invoice_line_ids.quantity = 10
        bill.action_post()
        self.assertEqual(bill.state, "posted")
        event = self.env["pharma.gate.event"].search([("res_id", "=", bill.id)])
        self.assertEqual(event.result, "overridden")
        self.assertEqual(event.line_ids.override_reason, override.reason)
        self.assertRefused(other.action_post, "BILL_QUANTITY")

    def test_check_is_no_milder_than_the_law(self):
        for code in ("quantity", "price", "lot"):
            check = self.env.ref(f"pharma_gsp.pharma_gate_check_bill_{code}")
            with self.subTest(code), self.assertTold("asks for at least", Exception):
                self._as("qa_manager", check).severity = "warn"

    # What is nobody's business

    def test_goods_outside_control_are_billed_as_they_like(self):
        paper = self.env["product.template"].create(
            {
                "name": "复印纸",
                "type": "consu",
                "pharma_controlled": False,
                "purchase_method": "purchase",
                "supplier_taxes_id": False,
            }
        )
        order = self._create_purchase(drugs=paper)
        self._as("purchaser", order).button_confirm()
        self._bill(order, price=12)

    def test_sales_are_invoiced_before_delivery_and_shown_on_the_board(self):
        order = self._sold()
        invoice = self._invoice(order)
        self.assertEqual(invoice.state, "posted")
        self.assertEqual(
            self._codes(order, 5),
            {"GOODS_MISSING", "INVOICE_OVER"} | ({"PAYMENT_MISSING"}),
        )

    # Cost

    def test_fifty_lines_cost_no_more_queries_than_five(self):
        drugs = self.env["product.template"].union(
            *(self._create_drug("CHEM", name=f"药品 {n}") for n in range(50))
        )
        bills = [self._bill_of_all(drugs[:5]), self._bill_of_all(drugs)]
        self._gate_queries(bills[0])  # fills the registry's own caches
        self.assertEqual(*map(self._gate_queries, bills))

    def _bill_of_all(self, drugs):
        order = self._ordered(drugs=drugs)
        self._receive(order)
        order = self._as("finance", order)
        order.action_create_invoice()
        self.assertEqual(len(order.invoice_ids.invoice_line_ids), len(drugs))
        return order.invoice_ids

    def _gate_queries(self, bill):
        """How many queries the gate takes with nothing in the cache."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.assertFalse(bill._gate_findings("vendor_bill"))
        return self.env.cr.sql_log_count - before


@tagged("post_install", "-at_install")
class TestFourFlowMatchOverHttp(FlowCommon, PharmaHttpCommon):
    """The same bill by an integration (CS-31)."""

    @mute_logger("odoo.http")
    def test_bill_before_the_goods_by_rpc(self):
        bill = self._draft_bill(self._ordered())
        for method, arguments in (
            ("action_post", {}),
            ("write", {"vals": {"state": "posted"}}),
        ):
            answer = self._json2(
                self.users["finance"],
                "account.move",
                method,
                ids=bill.ids,
                **arguments,
            )
            with self.subTest(method):
                self.assertEqual(answer.status_code, 422, answer.text)
                self.assertRegex(answer.json()["message"], "^1. .*are billed")
        self.assertEqual(bill.state, "draft")
