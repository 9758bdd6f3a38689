from odoo import fields, models


class PharmaGateEvent(models.Model):
    _inherit = "pharma.gate.event"

    operation = fields.Selection(
        selection_add=[("transfer", "Transfer")], ondelete={"transfer": "cascade"}
    )
