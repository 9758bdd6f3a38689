from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    pharma_note_prices = fields.Boolean(
        "Prices on Delivery Notes",
        help="Prints unit price and amount on delivery notes to this customer (OB-13).",
    )
