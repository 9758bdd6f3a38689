from odoo import fields, models


class PharmaDossierDecide(models.TransientModel):
    """Ask for the reason of a return, rejection, suspension or termination."""

    _name = "pharma.dossier.decide"
    _description = "Decide on a First-approval File"

    dossier_id = fields.Many2one("pharma.dossier", required=True)
    decision = fields.Selection(
        [
            ("returned", "Return"),
            ("rejected", "Reject"),
            ("suspended", "Suspend"),
            ("terminated", "Terminate"),
        ],
        required=True,
    )
    reason = fields.Text(required=True)

    def action_decide(self):
        self.ensure_one()
        self.dossier_id.decide(self.decision, self.reason)
