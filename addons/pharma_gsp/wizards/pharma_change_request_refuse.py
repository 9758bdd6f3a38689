from odoo import fields, models


class PharmaChangeRequestRefuse(models.TransientModel):
    """Ask why a correction is refused."""

    _name = "pharma.change.request.refuse"
    _description = "Refuse a Correction"

    request_id = fields.Many2one("pharma.change.request", required=True)
    reason = fields.Text(required=True)

    def action_refuse(self):
        self.ensure_one()
        self.request_id._refuse(self.reason)
