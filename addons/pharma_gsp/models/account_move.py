from odoo import api, models

from ..tools.gate import Line, Subject

BILL = ("vendor_bill", "purchase", "purchase_line_id")
INVOICE = ("customer_invoice", "sale", "sale_line_ids")
OPERATIONS = {
    "in_invoice": BILL,
    "in_receipt": BILL,
    "out_invoice": INVOICE,
    "out_receipt": INVOICE,
}
# Giving back is always possible, but to the party of the order only.
REFUNDS = {"in_refund": BILL, "out_refund": INVOICE}
REFUND_CHECKS = ("PARTY_MISMATCH",)
# What the gate asks of invoice lines.
LINE_FIELDS = (
    "display_type",
    "product_id",
    "product_uom_id",
    "quantity",
    "price_subtotal",
    "currency_id",
    "move_id",
    "purchase_line_id",
    "sale_line_ids",
    "pharma_lot_names",
)


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["pharma.posted", "account.move", "pharma.gated"]

    _posted_fields = frozenset(
        {
            "amount_residual",
            "amount_tax",
            "amount_total",
            "amount_untaxed",
            "commercial_partner_id",
            "company_id",
            "currency_id",
            "date",
            "fiscal_position_id",
            "invoice_currency_rate",
            "invoice_date",
            "journal_id",
            "move_type",
            "name",
            "origin_payment_id",
            "partner_id",
            "payment_reference",
            "ref",
            "state",
        }
    )
    _correctable_fields = ("ref", "payment_reference")
    _posted_follows = {"ref": "origin_payment_id.memo"}

    @api.constrains("state")
    def _check_gate(self):
        """Order, goods and invoice name the same parties (CS-30, CS-32)."""
        posted = self.filtered(lambda move: move.state == "posted")
        for move_type, (operation, _side, _field) in (OPERATIONS | REFUNDS).items():
            posted.filtered(lambda m, t=move_type: m.move_type == t)._gate_enforce(
                operation
            )

    @api.constrains("state", "partner_id", "invoice_date_due")
    def _check_flow_reopen(self):
        self.invoice_line_ids._pharma_flow_reopen()

    def _gate_operation(self):
        """What posting this document is to the gate, if anything."""
        return OPERATIONS.get(self.move_type, (None,))[0]

    def _gate_subjects(self, operation):
        today = self._gate_today()
        # Fetched at once: lines reached through their invoice load one by one.
        lines = self.invoice_line_ids
        lines.fetch(LINE_FIELDS)
        lines.purchase_line_id.fetch(["order_id", "product_id"])
        lines.sale_line_ids.fetch(["order_id", "product_id"])
        return [
            move._gate_subject(today, lines)
            for move in self
            if (
                lines := self._gate_lines(
                    move.invoice_line_ids.filtered(
                        lambda line: line.display_type == "product"
                    )
                )
            )
        ]

    def _gate_subject(self, today, lines):
        operation, side, order_line_field = (OPERATIONS | REFUNDS)[self.move_type]
        products = self.invoice_line_ids
        return Subject(
            record=self,
            operation=operation,
            side=side,
            company=self.company_id,
            partner=self.commercial_partner_id,
            lines=lines,
            day=today,
            extra={
                "orders": products[order_line_field].order_id,
                "without_order": products.filtered(
                    lambda line: not line._is_ordered(order_line_field)
                ),
                **({"checks": REFUND_CHECKS} if self.move_type in REFUNDS else {}),
            },
        )

    @api.model
    def _gate_lines(self, records):
        """A line is of the goods it names, or of those of the order line it bills."""
        controlled = records._billed_products().filtered("pharma_controlled")
        return tuple(
            # Read together, though each line has its own product.
            Line(record, product.with_prefetch(controlled.ids).product_tmpl_id)
            for record in records
            if (product := (record._billed_products() & controlled)[:1])
        )

    def _is_posted(self):
        """Invoices of controlled goods, and entries of payments for such."""
        if self.state != "posted":
            return False
        if self.origin_payment_id:
            return self.origin_payment_id._is_posted()
        return self.is_invoice(include_receipts=True) and any(
            self.invoice_line_ids._billed_products().mapped("pharma_controlled")
        )

    def _posted_cure(self, name=None):
        if self.is_invoice(include_receipts=True):
            return self.env._(
                "Amounts, goods and partner are corrected by a credit note; for a "
                "reference or the lots named on it ask for a correction (Actions > "
                "Request Correction)."
            )
        if self.origin_payment_id:
            return self.origin_payment_id._posted_cure(name)
        return super()._posted_cure(name)

    def _correction_rows(self):
        products = self.invoice_line_ids.filtered(
            lambda line: line.display_type == "product"
        )
        return [self, *products]
