from odoo import api, fields, models


class AccountMoveLine(models.Model):
    _name = "account.move.line"
    _inherit = ["pharma.posted", "account.move.line"]

    _posted_fields = frozenset(
        {
            "account_id",
            "amount_currency",
            "amount_residual",
            "amount_residual_currency",
            "balance",
            "credit",
            "currency_id",
            "debit",
            "discount",
            "display_type",
            "move_id",
            "partner_id",
            "pharma_lot_names",
            "price_subtotal",
            "price_total",
            "price_unit",
            "product_id",
            "product_uom_id",
            "purchase_line_id",
            "quantity",
            "sale_line_ids",
            "tax_ids",
        }
    )
    _correctable_fields = ("pharma_lot_names",)
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
        lines.move_id._check_gate()
        return lines

    def write(self, vals):
        linking = vals.keys() & {"purchase_line_id", "sale_line_ids"}
        # sudo: as in _pharma_flow_reopen. The orders these lines leave.
        left = self.sudo().browse(self.ids if linking else ())
        purchases, sales = left.purchase_line_id.order_id, left.sale_line_ids.order_id
        result = super().write(vals)
        purchases._pharma_flow_reopen()
        sales._pharma_flow_reopen()
        return result

    def _billed_products(self):
        """What is billed: also where a line names no goods but bills an order line."""
        return (
            self.product_id
            | self.purchase_line_id.product_id
            | self.sale_line_ids.product_id
        )

    def _is_ordered(self, order_line_field):
        """Whether the goods billed stand on a confirmed order (RC-01)."""
        return any(
            self._billed_products() == line.product_id
            and line.order_id.state in ("purchase", "sale")
            for line in self[order_line_field]
        )

    def _is_posted(self):
        return self.move_id._is_posted()

    def _posted_cure(self, name=None):
        return self.move_id._posted_cure(name)

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
