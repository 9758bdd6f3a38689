from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class ResUsers(models.Model):
    _inherit = "res.users"

    pharma_role_ids = fields.Many2many(
        "res.groups",
        string="Pharma Roles",
        compute="_compute_pharma_role_ids",
        compute_sudo=True,
        help="Granted by a request that the quality department approves.",
    )

    @property
    def SELF_READABLE_FIELDS(self):
        return [*super().SELF_READABLE_FIELDS, "pharma_role_ids"]

    @api.depends("all_group_ids")
    def _compute_pharma_role_ids(self):
        for user in self:
            user.pharma_role_ids = user.all_group_ids._highest_roles()

    @api.model_create_multi
    def create(self, vals_list):
        users = super().create(vals_list)
        self.env["pharma.duty"]._enforce({}, users)
        return users

    def write(self, vals):
        if not vals.keys() & {"group_ids", "active"}:
            return super().write(vals)
        before = self.env["pharma.duty"]._holdings(self)
        result = super().write(vals)
        self.env["pharma.duty"]._enforce(before, self)
        return result

    def unlink(self):
        before = self.env["pharma.duty"]._holdings(self)
        result = super().unlink()
        self.env["pharma.duty"]._enforce(before, self.browse())
        return result

    def action_request_roles(self):
        """A new request for this user, to be sent by whoever is at the screen."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Request Roles"),
            "res_model": "pharma.role.request",
            "view_mode": "form",
            "views": [(False, "form")],
            "context": {"default_user_id": self.id},
        }

    def _change_roles(self, granted, withdrawn):
        """Give and take roles; what a user holds through another group stays put."""
        for user in self:
            staying = user.group_ids - withdrawn | granted
            through = staying.filtered(lambda group: group.all_implied_ids & withdrawn)
            if through:
                raise UserError(
                    self.env._(
                        "%(user)s holds %(roles)s through %(groups)s. Withdraw that "
                        "instead.",
                        user=user.name,
                        roles=", ".join(
                            (through.all_implied_ids & withdrawn).mapped("name")
                        ),
                        groups=", ".join(through.mapped("name")),
                    )
                )
        self.write(
            {
                "group_ids": [
                    # Roles make staff; without any she is still an employee.
                    Command.link(self.env.ref("base.group_user").id),
                    *(Command.unlink(role.id) for role in withdrawn),
                    *(Command.link(role.id) for role in granted),
                ]
            }
        )
