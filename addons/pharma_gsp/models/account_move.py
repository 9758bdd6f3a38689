from odoo import api, fields, models

from ..tools.gate import Subject

BILL = ("vendor_bill", "purchase", "purchase_line_id")
INVOICE = ("customer_invoice", "sale", "sale_line_ids")
OPERATIONS = {
    "in_invoice": BILL,
    "in_receipt": BILL,
    "out_invoice": INVOICE,
    "out_receipt": INVOICE,
}
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
    _inherit = ["account.move", "pharma.gated"]

    @api.constrains("state")
    def _check_gate(self):
        """Order, goods and invoice name the same parties (CS-30, CS-32)."""
        posted = self.filtered(lambda move: move.state == "posted")
        for move_type, (operation, _side, _field) in OPERATIONS.items():
            posted.filtered(lambda m, t=move_type: m.move_type == t)._gate_enforce(
                operation
            )

    @api.constrains("state", "partner_id", "invoice_date_due")
    def _check_flow_reopen(self):
        self.invoice_line_ids._pharma_flow_reopen()

    def _gate_subjects(self, operation):
        today = self._gate_today()
        # Fetched at once: lines reached through their invoice load one by one.
        lines = self.invoice_line_ids
        lines.fetch(LINE_FIELDS)
        lines.purchase_line_id.fetch(["order_id"])
        lines.sale_line_ids.fetch(["order_id"])
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

    pharma_lot_names = fields.Char(
        "Lots on the Invoice",
        copy=False,
        help="The lot numbers as printed on the supplier's invoice or its list, "
        "separated by commas. Filled in with the lots received (CS-31).",
    )

    @api.constrains(
        "quantity",
        "price_unit",
        "discount",
        "product_uom_id",
        "purchase_line_id",
        "pharma_lot_names",
    )
    def _check_gate(self):
        """A posted bill changed by its lines is the same bill to the gate (CS-31)."""
        changed = self.filtered("purchase_line_id").move_id
        changed.filtered(lambda move: move.state == "posted")._check_gate()

    @api.constrains(
        "quantity",
        "price_subtotal",
        "purchase_line_id",
        "sale_line_ids",
        "parent_state",
    )
    def _check_flow_reopen(self):
        self._pharma_flow_reopen()

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.filtered("product_id").move_id._check_gate()
        return lines

    def _pharma_flow_reopen(self):
        """Their orders are looked at again where the four flows were closed."""
        # sudo: who books money or invoices needn't see orders.
        lines = self.sudo()
        lines.purchase_line_id.order_id._pharma_flow_reopen()
        lines.sale_line_ids.order_id._pharma_flow_reopen()
