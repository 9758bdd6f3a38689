from odoo import fields, models


class StockWarehouse(models.Model):
    _inherit = "stock.warehouse"

    expiry_told_date = fields.Datetime(
        "Lots near Their End Looked at", readonly=True, copy=False
    )
