from odoo import fields, models


class PharmaRoleReview(models.Model):
    """One decision of the yearly review: this user keeps this role, or not (CS-04)."""

    _name = "pharma.role.review"
    _description = "Role Review"
    _inherit = ["pharma.append.only"]
    _order = "date desc, id desc"
    _rec_name = "user_id"

    date = fields.Datetime(required=True, index=True)
    user_id = fields.Many2one(
        "res.users", required=True, ondelete="restrict", index=True
    )
    role_id = fields.Many2one(
        "res.groups", required=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one(
        "res.company", required=True, ondelete="restrict", index=True
    )
    decision = fields.Selection(
        [("kept", "Kept"), ("withdrawn", "Withdrawn")], required=True
    )
    reason = fields.Text()
    reviewed_by_id = fields.Many2one("res.users", required=True, ondelete="restrict")
