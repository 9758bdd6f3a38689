from odoo import fields, models


class PharmaDossierStep(models.Model):
    """One decision on a first-approval file; what was decided stays (CS-20)."""

    _name = "pharma.dossier.step"
    _description = "First-approval Step"
    _inherit = ["pharma.append.only"]
    _order = "id"

    dossier_id = fields.Many2one(
        "pharma.dossier", required=True, readonly=True, ondelete="restrict", index=True
    )
    decision = fields.Selection(
        [
            ("applied", "Applied"),
            ("approved", "Approved"),
            ("activated", "Put in force"),
            ("returned", "Returned"),
            ("rejected", "Rejected"),
            ("changed", "Under change"),
            ("suspended", "Suspended"),
            ("resumed", "Resumed"),
            ("terminated", "Terminated"),
        ],
        required=True,
        readonly=True,
    )
    name = fields.Char("Step", readonly=True)
    user_id = fields.Many2one(
        "res.users", "By", required=True, readonly=True, ondelete="restrict"
    )
    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    reason = fields.Text(readonly=True)
