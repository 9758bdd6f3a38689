from contextlib import contextmanager

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PharmaHttpCommon
from .four_flow_common import FlowCommon


@tagged("post_install", "-at_install")
class TestFourFlowClose(FlowCommon):
    """Nothing is closed with a hidden gap (CS-30)."""

    def _late(self):
        """An order whose goods should have come long ago, and whose bill is missing."""
        order = self._ordered()
        order.sudo().order_line.date_planned = "2020-01-02 02:00:00"
        return order

    def _closed(self):
        order = self._as("finance", self._matched_purchase())
        order.action_pharma_close()
        return order

    # Closing

    def test_finance_closes_what_matches(self):
        order = self._closed()
        self.assertTrue(order.pharma_flow_closed)
        self.assertEqual(order.pharma_flow_closed_by_id, self.users["finance"])
        self.assertTrue(order.pharma_flow_closed_date)
        self.assertTrue(self._rows(order).is_closed)

    def test_nobody_else_closes(self):
        order = self._matched_purchase()
        for role in ("purchaser", "seller", "qa_manager", "auditor", "company_head"):
            with self.subTest(role), self.assertTold("Only finance closes"):
                self._as(role, order).action_pharma_close()

    def test_refusal_lists_every_gap_of_every_order(self):
        orders = self._late() | self._late()
        with self.assertRaises(ValidationError) as caught:
            self._as("finance", orders).action_pharma_close()
        message = str(caught.exception)
        for order in orders:
            self.assertIn(order.name, message)
        self.assertEqual(message.count("Goods missing"), 2)
        self.assertFalse(any(orders.mapped("pharma_flow_closed")))

    def test_what_is_awaited_still_is_not_closed(self):
        order = self._ordered()
        self._receive(order)
        with self.assertTold("Invoice missing", ValidationError):
            self._as("finance", order).action_pharma_close()

    def test_quotation_has_nothing_to_close(self):
        order = self._as("finance", self._create_purchase())
        with self.assertTold("isn't confirmed"):
            order.action_pharma_close()

    def test_flag_is_written_by_no_other_door(self):
        order = self._matched_purchase()
        for role in ("purchaser", "finance"):
            for values in (
                {"pharma_flow_closed": True},
                {"pharma_flow_closed_by_id": self.users["qa"].id},
                {"pharma_flow_closed_date": "2026-01-01 00:00:00"},
            ):
                with self.subTest((role, values)), self.assertTold("Close Four Flows"):
                    self._as(role, order).write(values)
        closed = self._as("purchaser", self._closed())
        with self.assertTold("Close Four Flows"):
            closed.write({"pharma_flow_closed": False})

    def test_superuser_hides_no_gap_either(self):
        with self.assertTold("can't be closed", ValidationError):
            self._late().sudo().write({"pharma_flow_closed": True})

    def test_order_of_goods_without_a_line_on_the_board_is_not_closed(self):
        """However its lines left the board."""
        order = self._matched_purchase()
        self.env.cr.execute(
            "UPDATE purchase_order_line SET is_downpayment = true WHERE order_id = %s",
            (order.id,),
        )
        self.env.invalidate_all()
        with self.assertTold("no line of it is on the four-flow board"):
            self._as("finance", order).action_pharma_close()

    def test_order_is_not_born_closed(self):
        orders = self._as("purchaser", self.env["purchase.order"])
        values = {"partner_id": self.supplier.id, "pharma_flow_closed": True}
        self.assertFalse(orders.create(values).pharma_flow_closed)
        born = orders.with_context(default_pharma_flow_closed=True).create(
            {"partner_id": self.supplier.id}
        )
        self.assertFalse(born.pharma_flow_closed)
        self.assertFalse(self._closed().sudo().copy().pharma_flow_closed)

    def test_import_does_not_close(self):
        order = self._late()
        for role in ("purchaser", "finance"):
            result = self._as(role, self.env["purchase.order"]).load(
                [".id", "pharma_flow_closed"], [[str(order.id), "True"]]
            )
            self.assertFalse(result["ids"])
        self.assertFalse(order.pharma_flow_closed)

    def test_board_closes_the_orders_of_its_lines(self):
        order = self._matched_purchase()
        self._rows(order, "finance").action_close_orders()
        self.assertTrue(order.pharma_flow_closed)

    # The facts change afterwards

    @contextmanager
    def _reopens(self, order):
        self.assertTrue(order.pharma_flow_closed)
        yield
        self.assertFalse(order.pharma_flow_closed)
        self.assertFalse(order.pharma_flow_closed_by_id)

    def test_return_reopens(self):
        order = self._closed()
        with self._reopens(order):
            self._return(order.sudo().picking_ids, 1)

    def test_credit_note_reopens(self):
        order = self._closed()
        with self._reopens(order):
            self._credit(order.sudo().invoice_ids, 1)

    def test_undone_payment_reopens(self):
        order = self._closed()
        with self._reopens(order):
            bill = order.sudo().invoice_ids
            bill.line_ids.remove_move_reconcile()
        self.assertEqual(self._codes(order, 40), {"PAYMENT_MISSING"})

    def test_corrected_payer_reopens(self):
        order = self._closed()
        payment = self.env["account.payment"].search(
            [("partner_id", "=", self.supplier.id)]
        )
        with self._reopens(order):
            self._correct(
                payment,
                payment,
                "finance",
                pharma_payer_id=self.hospital.display_name,
            )

    def test_corrected_order_line_reopens(self):
        order = self._closed()
        with self._reopens(order):
            self._correct(order, order.order_line, "purchaser", product_qty="11")

    def test_withdrawn_explanation_reopens(self):
        order = self._short()
        self._explain(order)
        self._as("finance", order).action_pharma_close()
        with self._reopens(order):
            self._as("qa", self._notes(order)).action_withdraw()

    def test_return_of_a_sale_reopens(self):
        order = self._sold()
        delivery = self._deliver(order)
        self._pay(self._invoice(order))
        self._as("finance", order).action_pharma_close()
        with self._reopens(order):
            self._return(delivery, 1)

    # The night

    def test_night_closes_what_matches_and_only_that(self):
        matched, late, explained = self._matched_purchase(), self._late(), self._short()
        self._explain(explained)
        self.env["pharma.four.flow"]._cron_close_matched()
        self.assertTrue(matched.pharma_flow_closed)
        self.assertFalse(late.pharma_flow_closed)
        self.assertFalse(explained.pharma_flow_closed)

    def test_night_reopens_what_no_longer_matches(self):
        """Even what changed beside every door."""
        order = self._closed()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE purchase_order_line SET product_qty = 12 WHERE order_id = %s",
            (order.id,),
        )
        self.env.invalidate_all()
        self.env["pharma.four.flow"]._cron_close_matched()
        self.assertFalse(order.pharma_flow_closed)

    # Explained gaps

    def _short(self):
        """Four of ten came, were billed and paid; the rest never comes."""
        order = self._ordered()
        self._receive(order, 4)
        self._pay(self._bill(order, quantity=4))
        order.sudo().order_line.date_planned = "2020-01-02 02:00:00"
        return order

    def _ask(self, order, role="purchaser", code="goods_missing", **values):
        return self._as(role, self.env["pharma.flow.explanation"]).create(
            {
                "purchase_line_id": order.order_line.id,
                "code_id": self.env.ref(f"pharma_gsp.pharma_flow_code_{code}").id,
                "reason": "供应商停产，余量不再供货，双方确认。",
                **values,
            }
        )

    def _explain(self, order, **values):
        note = self._ask(order, **values)
        self._as("qa", note).action_grant()
        return note

    def _notes(self, order):
        return self.env["pharma.flow.explanation"].search(
            [("purchase_line_id", "in", order.sudo().order_line.ids)]
        )

    def test_explained_gap_is_closed_by_finance(self):
        order = self._short()
        note = self._ask(order)
        self.assertEqual((note.quantity, note.amount), (6, 60))
        with self.assertTold("Goods missing", ValidationError):
            self._as("finance", order).action_pharma_close()
        self._as("qa", note).action_grant()
        self.assertEqual(self._rows(order).status, "explained")
        self._as("finance", order).action_pharma_close()
        self.assertTrue(order.pharma_flow_closed)

    def test_gap_that_grew_is_not_covered(self):
        order = self._short()
        self._explain(order)
        self._correct(order, order.sudo().order_line, "purchaser", product_qty="11")
        self.assertEqual(self._rows(order).status, "gap")

    def test_nobody_decides_on_what_they_asked_for(self):
        for role in ("finance", "qa"):
            note = self._ask(self._short(), role=role)
            with self.subTest(role), self.assertTold("asked for this yourself"):
                self._as(role, note).action_grant()

    def test_only_quality_and_finance_decide(self):
        note = self._ask(self._short())
        for role in ("purchaser", "seller", "auditor", "company_head", "receiver"):
            with self.subTest(role), self.assertTold("Only quality and finance"):
                self._as(role, note).action_grant()
        self._as("finance", note).action_refuse()
        self.assertEqual(note.state, "refused")
        with self.assertTold("decided on this request already"):
            self._as("qa", note).action_grant()

    def test_refused_explanation_covers_nothing(self):
        order = self._short()
        self._as("qa", self._ask(order)).action_refuse()
        self.assertEqual(self._rows(order).status, "gap")

    def test_what_is_no_gap_is_not_explained(self):
        order = self._matched_purchase()
        with self.assertTold("nothing to explain", ValidationError):
            self._ask(order)
        with self.assertTold("nothing to explain", ValidationError):
            self._ask(self._short(), code="price_diff")

    def test_explanation_is_not_born_granted_nor_changed(self):
        order = self._short()
        note = self._ask(order, state="granted", decided_by_id=self.users["qa"].id)
        self.assertEqual((note.state, note.decided_by_id.id), ("requested", False))
        born = self._as("purchaser", note).with_context(default_state="granted")
        self.assertEqual(self._ask_again(born, order).state, "requested")
        for values in ({"state": "granted"}, {"quantity": 99}, {"reason": "x"}):
            for role in ("purchaser", "qa", "finance"):
                with self.subTest((role, values)), self.assertTold("stands as"):
                    self._as(role, note).write(values)
        with self.assertTold("kept as proof"):
            note.sudo().unlink()

    def _ask_again(self, notes, order):
        return notes.create(
            {
                "purchase_line_id": order.order_line.id,
                "code_id": self.env.ref("pharma_gsp.pharma_flow_code_goods_missing").id,
                "reason": "x",
            }
        )

    def test_amount_asked_for_is_measured_not_typed(self):
        note = self._ask(self._short(), quantity=999, amount=99999)
        self.assertEqual((note.quantity, note.amount), (6, 60))

    def test_board_opens_the_explanation_of_its_gap(self):
        order = self._short()
        action = self._rows(order, "purchaser").action_explain()
        notes = self._as("purchaser", self.env["pharma.flow.explanation"])
        note = notes.with_context(**action["context"]).create({"reason": "停产"})
        self.assertEqual(note.code_id.code, "GOODS_MISSING")
        self.assertEqual(note.order_name, order.name)

    def test_finance_is_asked(self):
        note = self._ask(self._short())
        self.assertIn(self.users["finance"], note.sudo().activity_ids.user_id)
        self._as("finance", note).action_grant()
        self.assertFalse(note.sudo().activity_ids)

    # The order's form

    def test_order_tells_its_status(self):
        cases = {
            "Matched": self._matched_purchase(),
            "Closed": self._closed(),
            "Waiting": self._ordered(),
            "Gaps: 1": self._late(),
        }
        for label, order in cases.items():
            order.invalidate_recordset(["pharma_flow_label"])
            with self.subTest(label):
                self.assertEqual(order.pharma_flow_label, label)
        self.assertFalse(self._create_purchase().pharma_flow_label)
        action = cases["Waiting"].action_pharma_flows()
        self.assertEqual(action["domain"], [("purchase_id", "=", cases["Waiting"].id)])


@tagged("post_install", "-at_install")
class TestFourFlowCloseOverHttp(FlowCommon, PharmaHttpCommon):
    """The same by an integration."""

    @mute_logger("odoo.http")
    def test_flag_and_state_are_not_written_by_rpc(self):
        order = self._ordered()
        order.sudo().order_line.date_planned = "2020-01-02 02:00:00"
        for role, method, arguments in (
            ("purchaser", "write", {"vals": {"pharma_flow_closed": True}}),
            ("finance", "write", {"vals": {"pharma_flow_closed": True}}),
            ("finance", "action_pharma_close", {}),
            ("finance", "_pharma_flow_close", {}),
        ):
            answer = self._json2(
                self.users[role], "purchase.order", method, ids=order.ids, **arguments
            )
            with self.subTest((role, method)):
                self.assertGreaterEqual(answer.status_code, 400, answer.text)
        self.assertFalse(order.pharma_flow_closed)
