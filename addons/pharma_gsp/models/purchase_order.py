from odoo import api, fields, models

from ..tools.gate import Subject


class PurchaseOrder(models.Model):
    _name = "purchase.order"
    _inherit = ["purchase.order", "pharma.gated"]

    pharma_person_id = fields.Many2one(
        "pharma.person",
        "Supplier's Sales Person",
        domain="[('partner_id', 'parent_of', partner_id), ('role', '=', 'sales')]",
        help="Who sold for the supplier. Empty: anyone it authorised (FA-07).",
    )

    @api.constrains("state", "partner_id", "pharma_person_id")
    def _check_gate(self):
        """Every door leads here: buttons, write, import, RPC, portal and jobs."""
        self.filtered(
            lambda order: order.state in ("to approve", "purchase")
        )._gate_enforce("purchase_confirm")

    def _gate_subjects(self, operation):
        today = self._gate_today()
        return [
            Subject(
                record=order,
                operation=operation,
                side="purchase",
                company=order.company_id,
                partner=order.partner_id.commercial_partner_id,
                lines=lines,
                day=today,
                person=order.pharma_person_id,
            )
            for order in self
            if (lines := self._gate_lines(order.order_line))
        ]


class PurchaseOrderLine(models.Model):
    _inherit = "purchase.order.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._gate_recheck()
        return lines

    def write(self, vals):
        grown = self.filtered(lambda line: line._is_growing(vals))
        result = super().write(vals)
        grown._gate_recheck()
        return result

    def _is_growing(self, vals):
        """More or other goods: asked again. Less is always possible."""
        return (
            bool(vals.keys() & {"product_id", "product_uom_id", "order_id"})
            or vals.get("product_qty", 0) > self.product_qty
        )

    def _gate_recheck(self):
        orders = self.order_id.filtered(
            lambda order: order.state in ("to approve", "purchase")
        )
        orders._gate_enforce("purchase_confirm")
