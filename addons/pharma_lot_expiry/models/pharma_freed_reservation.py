from odoo import api, fields, models


class PharmaFreedReservation(models.Model):
    """A reservation dropped because its lot expired or was held; what came instead."""

    _name = "pharma.freed.reservation"
    _description = "Reservation Freed"
    _order = "id desc"

    date = fields.Datetime(default=fields.Datetime.now, required=True, index=True)
    cause = fields.Selection(
        [("expired", "Expired"), ("hold", "On hold"), ("life", "Too short a life")],
        required=True,
    )
    hold_id = fields.Many2one("pharma.lot.hold", index="btree_not_null")
    company_id = fields.Many2one("res.company", index=True)
    picking_id = fields.Many2one("stock.picking", "Delivery", index="btree_not_null")
    sale_id = fields.Many2one("sale.order", "Sale Order", index="btree_not_null")
    partner_id = fields.Many2one("res.partner", "Customer")
    product_id = fields.Many2one("product.product", "Product", required=True)
    lot_id = fields.Many2one("stock.lot", "Lot", index="btree_not_null")
    quantity = fields.Float("Freed", digits="Product Unit")
    refilled = fields.Float("Reserved Anew", digits="Product Unit")
    missing = fields.Float(
        "Still Missing", digits="Product Unit", compute="_compute_missing", store=True
    )

    @api.depends("quantity", "refilled")
    def _compute_missing(self):
        for line in self:
            line.missing = max(line.quantity - line.refilled, 0)
