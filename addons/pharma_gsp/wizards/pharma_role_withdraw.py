from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class PharmaRoleWithdraw(models.TransientModel):
    """Ask why a role is taken away at its review (CS-04)."""

    _name = "pharma.role.withdraw"
    _description = "Withdraw a Role"

    user_id = fields.Many2one("res.users", required=True, readonly=True)
    role_id = fields.Many2one("res.groups", required=True, readonly=True)
    reason = fields.Text(required=True)

    def action_withdraw(self):
        self.ensure_one()
        holder = self.env["pharma.role.holder"].search(
            Domain("user_id", "=", self.user_id.id)
            & Domain("role_id", "=", self.role_id.id)
        )
        if not holder:
            raise UserError(
                self.env._(
                    "%(user)s doesn't hold %(role)s any more. Reload the list.",
                    user=self.user_id.name,
                    role=self.role_id.name,
                )
            )
        holder._withdraw(self.reason)
