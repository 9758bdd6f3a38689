from odoo import fields, models


class ResGroups(models.Model):
    _inherit = "res.groups"

    pharma_home_action_id = fields.Many2one(
        "ir.actions.actions",
        "Lands on",
        help="The screen a member of this role sees after logging in, unless the "
        "user's own preferences name another.",
    )
    pharma_role_sequence = fields.Integer(
        "Role Order", default=100, help="Who has several roles lands on the first."
    )
