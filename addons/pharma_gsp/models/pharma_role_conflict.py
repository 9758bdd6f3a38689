from odoo import api, fields, models, tools
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..tools.duty import Pair

# What a pair of the law is about; the rest is wording.
FIXED = ("first_role_id", "second_role_id", "active", "is_statutory")


class PharmaRoleConflict(models.Model):
    """Two roles one person may not hold, and why (CS-04, RC-14)."""

    _name = "pharma.role.conflict"
    _description = "Conflicting Roles"
    _order = "is_statutory desc, first_role_id, second_role_id, id"

    first_role_id = fields.Many2one(
        "res.groups",
        "Role",
        required=True,
        ondelete="restrict",
        domain="[('pharma_is_role', '=', True)]",
    )
    second_role_id = fields.Many2one(
        "res.groups",
        "Excludes",
        required=True,
        ondelete="restrict",
        domain="[('pharma_is_role', '=', True)]",
    )
    reason = fields.Char(
        required=True,
        translate=True,
        help="Shown to whoever tries to give one person both roles. Ends without a "
        "full stop.",
    )
    is_statutory = fields.Boolean(
        "Fixed by Law", readonly=True, help="Can't be changed, removed or archived."
    )
    active = fields.Boolean(default=True)

    _pair_uniq = models.UniqueIndex(
        "(LEAST(first_role_id, second_role_id),"
        " GREATEST(first_role_id, second_role_id))",
        "These two roles exclude each other already; look at the archived pairs too.",
    )
    _two_roles = models.Constraint(
        "CHECK(first_role_id <> second_role_id)", "Choose two different roles."
    )

    @api.depends("first_role_id.name", "second_role_id.name")
    def _compute_display_name(self):
        for conflict in self:
            first, second = conflict.first_role_id, conflict.second_role_id
            conflict.display_name = f"{first.name} ≠ {second.name}"

    @api.constrains("first_role_id", "second_role_id", "active")
    def _check_pair(self):
        self._check_roles()
        self._check_nobody_holds_both()

    def _check_roles(self):
        for conflict in self:
            roles = conflict.first_role_id | conflict.second_role_id
            if not all(roles.mapped("pharma_is_role")):
                raise ValidationError(
                    self.env._("Only roles of the trade exclude each other.")
                )
            if any(roles <= role.all_implied_ids for role in roles):
                raise ValidationError(
                    self.env._(
                        "%s: one of these roles includes the other, so nobody could "
                        "hold it.",
                        conflict.display_name,
                    )
                )

    def _check_nobody_holds_both(self):
        """A pair of one's own starts true; those of the law hold in any case."""
        for conflict in self.filtered(lambda c: c.active and not c.is_statutory):
            holders = conflict._holders_of_both()
            if holders:
                raise ValidationError(
                    self.env._(
                        "%(users)s hold both %(first)s and %(second)s. Withdraw one of "
                        "the roles first, then add the pair.",
                        users=", ".join(holders.mapped("name")),
                        first=conflict.first_role_id.name,
                        second=conflict.second_role_id.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            for vals in vals_list:
                vals["is_statutory"] = False
        conflicts = super().create(vals_list)
        self.env.registry.clear_cache()
        return conflicts

    def write(self, vals):
        if not self.env.su and "is_statutory" in vals:
            raise UserError(self.env._("What the law fixes comes with the software."))
        for conflict in self.filtered("is_statutory"):
            if conflict._is_weakened(vals):
                raise UserError(conflict._law_sentence())
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result

    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_statutory(self):
        for conflict in self.filtered("is_statutory"):
            raise UserError(conflict._law_sentence())

    def _is_weakened(self, vals):
        """Whether a pair of the law would change; only updates may reword it."""
        changed = [
            name
            for name in FIXED
            if name in vals
            and self._fields[name].convert_to_cache(vals[name], self)
            != self._fields[name].convert_to_cache(self[name], self)
        ]
        return changed or ("reason" in vals and not self.env.su)

    def _law_sentence(self):
        return self.env._(
            "%s: this pair is fixed by law, it can't be changed, archived or removed. "
            "Add a pair of your own instead.",
            self.display_name,
        )

    def _holders_of_both(self):
        # sudo: whoever adds a pair, it is about everybody.
        return (
            self.env["res.users"]
            .sudo()
            .search(
                Domain("active", "=", True)
                & Domain("all_group_ids", "in", self.first_role_id.ids)
                & Domain("all_group_ids", "in", self.second_role_id.ids)
            )
        )

    @api.model
    @tools.ormcache()
    def _pairs(self):
        """All pairs in force, as ``tools.duty.Pair``."""
        # sudo: the rule binds everybody, and the answer is kept for all users.
        return tuple(
            Pair(conflict.id, conflict.first_role_id.id, conflict.second_role_id.id)
            for conflict in self.sudo().search([("active", "=", True)])
        )

    def _sentence(self, user_name):
        self.ensure_one()
        return self.env._(
            "%(user)s can't be both %(first)s and %(second)s: %(reason)s. Withdraw one "
            "role first.",
            user=user_name,
            first=self.first_role_id.name,
            second=self.second_role_id.name,
            reason=self.reason,
        )
