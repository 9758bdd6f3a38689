from odoo import api, models

from ..tools.gate import Subject

BILL = ("vendor_bill", "purchase", "purchase_line_id")
INVOICE = ("customer_invoice", "sale", "sale_line_ids")
OPERATIONS = {
    "in_invoice": BILL,
    "in_receipt": BILL,
    "out_invoice": INVOICE,
    "out_receipt": INVOICE,
}


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", "pharma.gated"]

    @api.constrains("state")
    def _check_gate(self):
        """Order, goods and invoice name the same parties (CS-30, CS-32)."""
        posted = self.filtered(lambda move: move.state == "posted")
        for move_type, (operation, _side, _field) in OPERATIONS.items():
            posted.filtered(lambda m, t=move_type: m.move_type == t)._gate_enforce(
                operation
            )

    def _gate_subjects(self, operation):
        today = self._gate_today()
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
        operation, side, order_line_field = OPERATIONS[self.move_type]
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
                    lambda line: not line[order_line_field]
                ),
            },
        )


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.filtered("product_id").move_id._check_gate()
        return lines
