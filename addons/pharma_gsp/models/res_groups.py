from odoo import SUPERUSER_ID, api, fields, models, tools
from odoo.exceptions import UserError

# What changes who holds a role, and what changes what a role includes.
MEMBERS = {"user_ids", "all_user_ids", "implied_ids", "implied_by_ids"}
CONTENTS = {"implied_ids", "implied_by_ids"}
FLAGS = {"pharma_is_role", "pharma_must_be_staffed"}


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
    pharma_is_role = fields.Boolean(
        "Role of the Trade",
        copy=False,
        help="Granted by an approved request only and reviewed every year (CS-04).",
    )
    pharma_must_be_staffed = fields.Boolean(
        "Never Vacant",
        copy=False,
        help="The last active holder can't be archived, deleted or lose the role.",
    )

    def _compute_full_name(self):
        """A role has the name of its privilege; nobody wants to read it twice."""
        result = super()._compute_full_name()
        for group in self:
            if group.full_name == f"{group.name} / {group.name}":
                group.full_name = group.name
        return result

    @api.model_create_multi
    def create(self, vals_list):
        duty = self.env["pharma.duty"]
        before = duty._holdings(self.browse()._members_drafted(vals_list))
        contents = self._role_contents()
        groups = super().create(vals_list)
        groups._refuse_changed_contents(contents)
        # sudo: the rule asks about everybody, whoever gives the role.
        duty._enforce(before, groups.sudo().all_user_ids)
        return groups

    def write(self, vals):
        self._refuse_unflagging(vals)
        self._refuse_flagging(vals)
        if not vals.keys() & MEMBERS:
            result = super().write(vals)
            if vals.keys() & FLAGS:
                self.env.registry.clear_cache("groups")
            return result
        duty = self.env["pharma.duty"]
        before = duty._holdings(self._members_drafted([vals]))
        contents = self._role_contents()
        result = super().write(vals)
        if vals.keys() & FLAGS:
            self.env.registry.clear_cache("groups")
        if vals.keys() & CONTENTS:
            self._refuse_changed_contents(contents)
        # sudo: the rule asks about everybody, whoever gives the role.
        duty._enforce(before, self.sudo().all_user_ids)
        return result

    def unlink(self):
        # sudo: holders of all companies lose what the group gave them.
        before = self.env["pharma.duty"]._holdings(self.sudo().all_user_ids)
        result = super().unlink()
        self.env["pharma.duty"]._enforce(before, self.env["res.users"])
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_roles(self):
        for group in self:
            if group.pharma_is_role:
                raise UserError(
                    self.env._(
                        "%s is a role of the trade that requests and reviews name, so "
                        "it stays. Withdraw it from those who hold it instead.",
                        group.name,
                    )
                )

    @api.model
    @tools.ormcache(cache="groups")
    def _get_role_ids(self):
        # sudo: which groups are roles is no secret; the answer is kept for all users.
        return frozenset(self.sudo().search([("pharma_is_role", "=", True)]).ids)

    @api.model
    @tools.ormcache(cache="groups")
    def _get_staffed_role_ids(self):
        # Known by the duty service only where roles are looked at.
        domain = [("pharma_is_role", "=", True), ("pharma_must_be_staffed", "=", True)]
        # sudo: as above.
        return tuple(self.sudo().search(domain).ids)

    def _highest_roles(self):
        """The roles among these groups, without those that another one includes."""
        roles = self & self.browse(self._get_role_ids())
        included = roles.browse().union(*(r.all_implied_ids - r for r in roles))
        return roles - included

    @api.model
    def _name_highest(self, role_ids):
        # sudo: names of roles are no secret.
        roles = self.sudo().browse(role_ids)._highest_roles()
        return ", ".join(roles.sorted("pharma_role_sequence").mapped("name"))

    def _members_drafted(self, vals_list):
        """Everybody whose roles may change by these values, as members are now.

        Looked up as superuser: the write itself asks for the right to do it.
        """
        # sudo: the write itself asks for the right to do it.
        groups = self.sudo()
        members = groups.all_user_ids
        for vals in vals_list:
            known = {name: vals[name] for name in MEMBERS & vals.keys()}
            for group in groups or [groups.browse()]:
                draft = groups.new(known, origin=group or None)
                if "user_ids" in known:
                    members |= draft.user_ids._origin
                if "all_user_ids" in known:
                    members |= draft.all_user_ids._origin
                if "implied_by_ids" in known:
                    members |= draft.implied_by_ids._origin.all_user_ids
        return members

    @api.model
    def _role_contents(self):
        """{role id: all roles it includes}"""
        roles_of = self.env["pharma.duty"]._roles_of
        return {role_id: roles_of([role_id]) for role_id in self._get_role_ids()}

    def _refuse_changed_contents(self, before):
        """Who approves a role must know what is in it: that comes with the software."""
        if self.env.uid == SUPERUSER_ID:
            return
        after = self._role_contents()
        changed = [r for r in before if before[r] != after.get(r, before[r])]
        if changed:
            raise UserError(
                self.env._(
                    "What the role %s includes can't be changed: approvals and "
                    "reviews rest on it. Grant the other role by a request instead.",
                    self._name_highest(changed),
                )
            )

    def _refuse_unflagging(self, vals):
        """The roles the law names stay roles, whoever asks."""
        off = [name for name in FLAGS & vals.keys() if not vals[name]]
        # sudo: read only, to refuse.
        groups = self.sudo().filtered(lambda g: any(g[name] for name in off))
        if not groups:
            return
        xmlids = groups._get_external_ids()
        for group in groups:
            if any(xmlid.startswith("pharma_") for xmlid in xmlids[group.id]):
                raise UserError(
                    self.env._(
                        "%s is a role the law asks for: it stays a role, and a role "
                        "that is never vacant stays so.",
                        group.name,
                    )
                )

    def _refuse_flagging(self, vals):
        """Odoo's own groups are no roles of the trade: they are what roles include."""
        if not vals.get("pharma_is_role"):
            return
        # sudo: read only, to refuse.
        groups = self.sudo().filtered(lambda group: not group.pharma_is_role)
        xmlids = groups._get_external_ids()
        for group in groups:
            # An underscore begins what users exported or made themselves.
            if any(
                not xmlid.startswith(("_", "pharma_")) for xmlid in xmlids[group.id]
            ):
                raise UserError(
                    self.env._(
                        "%s comes with another module, so it can't be a role of the "
                        "trade. Make a group of your own that includes it.",
                        group.name,
                    )
                )
