from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..tools.gate import Subject

FILE_KINDS = {"supplier": "supplier", "customer": "buyer"}
POSTED_STATES = ("in_process", "paid", "rejected")


class AccountPayment(models.Model):
    _name = "account.payment"
    _inherit = ["pharma.posted", "account.payment", "pharma.gated"]

    _posted_fields = frozenset(
        {
            "amount",
            "company_id",
            "currency_id",
            "date",
            "journal_id",
            "memo",
            "move_id",
            "name",
            "partner_bank_id",
            "partner_id",
            "partner_type",
            "payment_method_line_id",
            "payment_type",
            "pharma_payer_id",
            "state",
        }
    )
    _correctable_fields = ("memo", "partner_bank_id", "pharma_payer_id", "state")
    _posted_once_fields = frozenset({"move_id", "name"})

    pharma_payer_id = fields.Many2one(
        "res.partner",
        "Actual Payer",
        help="Whose account the money came from, when it is not the customer's "
        "(CS-32).",
    )

    @api.constrains("state", "partner_bank_id", "partner_id", "pharma_payer_id")
    def _check_gate(self):
        self.filtered(lambda p: p.state in ("in_process", "paid"))._gate_enforce(
            "payment"
        )

    @api.constrains(
        "state", "amount", "partner_id", "pharma_payer_id", "partner_bank_id"
    )
    def _check_flow_reopen(self):
        # sudo: who books money needn't see the invoices of all departments.
        invoices = self.sudo().reconciled_invoice_ids | self.sudo().invoice_ids
        bills = invoices | self.sudo().reconciled_bill_ids
        bills.invoice_line_ids._pharma_flow_reopen()

    def _gate_subjects(self, operation):
        today = self._gate_today()
        return [
            payment._gate_subject(today, payment.invoice_ids)
            for payment in self
            if payment._is_gated()
        ]

    def _is_gated(self):
        """Money paid to a drug supplier, or received from a buyer of drugs."""
        partner = self.partner_id.commercial_partner_id
        if self.payment_type == "outbound":
            side, kind = "supplier", partner.pharma_supplier_kind_id
        else:
            side, kind = "customer", partner.pharma_buyer_kind_id
        if self.partner_type != side:
            return False
        # sudo: the file counts even for who can't see it, and once the kind is gone.
        files = partner.sudo().pharma_dossier_ids
        return bool(kind) or FILE_KINDS[side] in files.mapped("kind")

    def _gate_subject(self, today, invoices):
        """The payment with the goods of the invoices it settles."""
        is_purchase = self.payment_type == "outbound"
        return Subject(
            record=self,
            operation="payment",
            side="purchase" if is_purchase else "sale",
            company=self.company_id,
            partner=self.partner_id.commercial_partner_id,
            lines=invoices._gate_lines(invoices.invoice_line_ids),
            day=today,
            is_cash=self.journal_id.type == "cash",
            extra={
                "bank": self.partner_bank_id if is_purchase else None,
                "payer": None if is_purchase else self.pharma_payer_id,
            },
        )

    def _is_posted(self):
        return self.state in POSTED_STATES and self._is_gated()

    def _may_still_set(self, name, value):
        """Money on its way arrives, or the bank rejects it; neither goes back."""
        if name == "state" and self.state == "in_process":
            return value in POSTED_STATES
        return super()._may_still_set(name, value)

    def _posted_date(self):
        return fields.Datetime.to_datetime(self.date)

    def _posted_cure(self, name=None):
        return self.env._(
            "Book the opposite payment, or ask for a correction (Actions > Request "
            "Correction): its bank account, payer or memo, or that it be cancelled."
        )

    def _check_correction(self, name, value):
        if name == "state" and value != "canceled":
            raise UserError(self.env._("A payment can only be corrected to cancelled."))
        return super()._check_correction(name, value)

    def _correction_domain(self, name):
        domain = super()._correction_domain(name)
        if name == "partner_bank_id":
            return domain & Domain("partner_id", "child_of", self.partner_id.ids)
        return domain

    def _apply_correction(self, values):
        """Cancelling takes the journal entry along."""
        values = dict(values)
        is_cancelled = values.pop("state", None) == "canceled"
        if values:
            self.write(values)
        if is_cancelled:
            self.action_cancel()
