from odoo import api, fields, models


class AccountMoveLine(models.Model):
    _name = "account.move.line"
    _inherit = ["pharma.posted", "account.move.line"]

    _posted_fields = frozenset(
        {
            "account_id",
            "amount_currency",
            "balance",
            "credit",
            "currency_id",
            "debit",
            "discount",
            "move_id",
            "partner_id",
            "price_subtotal",
            "price_total",
            "price_unit",
            "product_id",
            "product_uom_id",
            "quantity",
            "tax_ids",
        }
    )
    _posted_parents = ("move_id",)

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

    def _is_posted(self):
        return self.move_id._is_posted()

    def _correction_document(self):
        return self.move_id

    def _row_name(self):
        return self.product_id.display_name or self.name or self.display_name

    def _pharma_flow_reopen(self):
        """Their orders are looked at again where the four flows were closed."""
        # sudo: who books money or invoices needn't see orders.
        lines = self.sudo()
        lines.purchase_line_id.order_id._pharma_flow_reopen()
        lines.sale_line_ids.order_id._pharma_flow_reopen()
