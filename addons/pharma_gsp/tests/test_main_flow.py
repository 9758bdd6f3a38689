from odoo.tests import tagged

from .common import PharmaCommon


@tagged("post_install", "-at_install")
class TestMainFlow(PharmaCommon):
    """Purchase to payment and sale to payment, each step by its least role."""

    def test_purchase_to_payment(self):
        order = self._as("purchaser", self._create_purchase())
        order.button_confirm()
        self.assertEqual(order.state, "purchase")
        self._validate(order.picking_ids, "receiver")
        self.assertEqual(order.picking_ids.state, "done")
        order = self._as("finance", order)
        order.action_create_invoice()
        bill = order.invoice_ids
        bill.write({"invoice_date": self.today, "ref": "FP-1"})
        bill.action_post()
        bank = self.env["res.partner.bank"].create(
            {"partner_id": self.supplier.id, "acc_number": "6222020200112233445"}
        )
        self._as("qa", bank).action_pharma_confirm()
        self._as("finance", bank).action_pharma_confirm()
        self.assertTrue(bank.pharma_is_verified)
        bill.partner_bank_id = bank
        self._as("finance", self.env["account.payment.register"]).with_context(
            active_model="account.move", active_ids=bill.ids
        ).create({"partner_bank_id": bank.id}).action_create_payments()
        self.assertIn(bill.payment_state, ("paid", "in_payment"))

    def test_sale_to_payment(self):
        self._stock(self.drug)
        order = self._as("seller", self._create_sale())
        order.action_confirm()
        self._validate(order.picking_ids, "picker")
        self.assertEqual(order.picking_ids.state, "done")
        invoice = self._as("finance", order)._create_invoices()
        invoice.action_post()
        self._as("finance", self.env["account.payment.register"]).with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({}).action_create_payments()
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))
