from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError

from ..tools.scope import ScopeTree, missing


class PharmaScope(models.Model):
    """A business scope (经营范围) or a flag on one, as the licences word it (FA-25).

    Holding a scope covers the scopes below it. A flag (cold chain, blood product,
    ephedrine compound) must be held besides the scope itself (FA-26). The bans are
    data because the law changes them: online (LAW-09), cash and self pick-up (LAW-15),
    kinds of buyers that may never receive the class (FA-20, FA-22).
    """

    _name = "pharma.scope"
    _description = "Business Scope"
    _order = "sequence, code"
    _rec_names_search = ["code", "name"]
    _parent_store = True

    code = fields.Char(required=True)
    name = fields.Char(required=True, translate=True)
    parent_id = fields.Many2one("pharma.scope", "Part of", ondelete="restrict")
    parent_path = fields.Char(index=True)
    child_ids = fields.One2many("pharma.scope", "parent_id", "Contains")
    sequence = fields.Integer(default=10)
    is_flag = fields.Boolean(
        "Flag",
        help="An annotation on a licence (such as cold chain) instead of a scope.",
    )
    is_special = fields.Boolean(
        "Special Control",
        help="Dedicated store, two persons at acceptance and outbound review.",
    )
    is_online_banned = fields.Boolean("Never Sold Online")
    is_cash_banned = fields.Boolean("No Cash")
    is_pickup_banned = fields.Boolean("No Self Pick-up")
    is_never_sold = fields.Boolean(
        "Distribution Service Only",
        help="A wholesaler may carry it for its owner but never sell it (vaccines).",
    )
    banned_buyer_kind_ids = fields.Many2many(
        "pharma.partner.kind",
        "pharma_scope_banned_buyer_kind_rel",
        string="Kinds of Buyers Refused",
        domain="[('is_buyer', '=', True)]",
    )
    is_approval_number_optional = fields.Boolean(
        "Approval Number Optional",
        help="Herbs and slices outside approval management (LAW-02).",
    )
    legacy_names = fields.Char(
        help="Older wordings found on licences that mean this scope."
    )
    note = fields.Text(translate=True)
    active = fields.Boolean(default=True)

    _code_uniq = models.Constraint("UNIQUE(code)", "This scope code exists already.")

    @api.depends("code", "name")
    def _compute_display_name(self):
        for scope in self:
            scope.display_name = f"{scope.code} {scope.name}"

    @api.constrains("parent_id")
    def _check_parent_id(self):
        if self._has_cycle():
            raise ValidationError(
                self.env._("A scope can't be part of itself. Choose another parent.")
            )

    @api.model
    @tools.ormcache()
    def _tree(self):
        """All scopes as a tree of ids, for ``tools.scope``."""
        scopes = self.sudo().with_context(active_test=False).search([])
        return ScopeTree.build(
            (scope.id, scope.parent_id.id or None, scope.is_flag) for scope in scopes
        )

    @api.private
    def missing_from(self, held):
        """What of ``self`` the recordset ``held`` doesn't cover (FA-26).

        :return: two recordsets: the scopes and the flags missing
        """
        scopes, flags = missing(self.ids, held.ids, self._tree())
        return self.browse(scopes), self.browse(flags)

    @api.model_create_multi
    def create(self, vals_list):
        scopes = super().create(vals_list)
        self.env.registry.clear_cache()
        return scopes

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"parent_id", "is_flag"}:
            self.env.registry.clear_cache()
        return result

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()
