from odoo import fields, models


class StockQuant(models.Model):
    _inherit = "stock.quant"

    expiry_date = fields.Date(
        "Expires after", related="lot_id.expiry_date", store=True, index=True
    )
    production_date = fields.Date("Made on", related="lot_id.production_date")
    expiry_tier_id = fields.Many2one(related="lot_id.expiry_tier_id")
    expiry_tier_color = fields.Integer(related="lot_id.expiry_tier_color")
    lot_state = fields.Selection(related="lot_id.pharma_state", string="Lot State")
