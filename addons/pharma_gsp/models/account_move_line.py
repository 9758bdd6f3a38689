from odoo import api, models


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
