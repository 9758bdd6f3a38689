from odoo import fields, models


class PharmaGateCheck(models.Model):
    _inherit = "pharma.gate.check"

    guards_transfer = fields.Boolean("Transfer", readonly=True)
