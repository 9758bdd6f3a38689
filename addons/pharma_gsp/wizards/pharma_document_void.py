from odoo import fields, models


class PharmaDocumentVoid(models.TransientModel):
    """Ask why documents are taken out of force."""

    _name = "pharma.document.void"
    _description = "Declare Documents Void"

    document_ids = fields.Many2many(
        "pharma.document", string="Documents", required=True
    )
    reason = fields.Text(required=True)

    def action_void(self):
        self.ensure_one()
        self.document_ids.void(self.reason)
