from dataclasses import replace

from odoo import api, models

from ..tools.gate import Subject

INVOICE_TYPES = ("out_invoice", "out_receipt", "in_invoice", "in_receipt")


class AccountPartialReconcile(models.Model):
    """Where money meets an invoice: payer, payee, account must fit (CS-32, CS-33)."""

    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        partials = super().create(vals_list)
        subjects = [
            subject for partial in partials for subject in partial._gate_subjects()
        ]
        if subjects:
            self.env["pharma.gate"]._enforce(subjects)
        partials._pharma_flow_reopen()
        return partials

    def unlink(self):
        self._pharma_flow_reopen()
        return super().unlink()

    def _pharma_flow_reopen(self):
        moves = (self.debit_move_id | self.credit_move_id).move_id
        moves.invoice_line_ids._pharma_flow_reopen()

    def _gate_subjects(self):
        """The money against the invoice, seen from the invoiced company."""
        moves = (self.debit_move_id | self.credit_move_id).move_id
        invoice = moves.filtered(lambda move: move.move_type in INVOICE_TYPES)
        if len(invoice) != 1 or len(moves) != 2:
            return []
        money = moves - invoice
        payment = money.origin_payment_id
        if payment:
            return self._payment_subjects(payment, invoice)
        if money.statement_line_id or "asset_cash" in money.line_ids.mapped(
            "account_id.account_type"
        ):
            return self._statement_subjects(money, invoice)
        return []

    def _payment_subjects(self, payment, invoice):
        if not payment._is_gated():
            return []
        subject = payment._gate_subject(payment._gate_today(), invoice)
        payer = payment.pharma_payer_id or payment.partner_id.commercial_partner_id
        return [
            replace(
                subject,
                partner=invoice.commercial_partner_id,
                extra=dict(subject.extra, payer=payer),
            )
        ]

    def _statement_subjects(self, money, invoice):
        """Money booked without a payment, on a bank statement or by hand."""
        lines = invoice._gate_lines(invoice.invoice_line_ids)
        if not lines:
            return []
        line = money.statement_line_id
        is_purchase = invoice.is_purchase_document(include_receipts=True)
        settling = (self.debit_move_id | self.credit_move_id) - invoice.line_ids
        payer = (line.partner_id or settling.partner_id).commercial_partner_id
        return [
            Subject(
                record=money,
                operation="payment",
                side="purchase" if is_purchase else "sale",
                company=invoice.company_id,
                partner=invoice.commercial_partner_id,
                lines=lines,
                day=invoice._gate_today(),
                is_cash=money.journal_id.type == "cash",
                extra={
                    "bank": line.partner_bank_id if is_purchase else None,
                    "payer": None if is_purchase else payer,
                },
            )
        ]
