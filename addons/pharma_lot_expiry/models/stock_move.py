from odoo import fields, models


class StockMove(models.Model):
    _inherit = "stock.move"

    is_pharma_controlled = fields.Boolean(related="product_id.pharma_controlled")
