from odoo import api, fields, models, tools
from odoo.exceptions import UserError, ValidationError

from ..tools.checklist import TypeRule, required_of_person


class PharmaDocumentType(models.Model):
    """A kind of paper: who must show it, whether it ends and what its end stops.

    Shipped for FA-01 … FA-11 and FA-20 … FA-24; an admin adds or changes types in the
    web screens, and checklists and gate follow at once.
    """

    _name = "pharma.document.type"
    _description = "Document Type"
    _order = "sequence, id"
    _rec_names_search = ["name", "code"]

    code = fields.Char(required=True)
    name = fields.Char(required=True, translate=True)
    rule_reference = fields.Char("Rule", help="The rule that asks for this paper.")
    sequence = fields.Integer(default=10)
    holder = fields.Selection(
        [
            ("partner", "Company or institution"),
            ("product", "Product"),
            ("person", "Authorised person"),
        ],
        required=True,
        default="partner",
    )
    is_mandatory = fields.Boolean("Mandatory", default=True)
    supplier_kind_ids = fields.Many2many(
        "pharma.partner.kind",
        "pharma_document_type_supplier_kind_rel",
        string="Asked of Suppliers",
        domain="[('is_supplier', '=', True)]",
    )
    buyer_kind_ids = fields.Many2many(
        "pharma.partner.kind",
        "pharma_document_type_buyer_kind_rel",
        string="Asked of Buyers",
        domain="[('is_buyer', '=', True)]",
    )
    is_own = fields.Boolean("Asked of Ourselves", help="Our own papers (FA-33).")
    any_scope_ids = fields.Many2many(
        "pharma.scope",
        "pharma_document_type_any_scope_rel",
        string="Only When Trading",
        help="Asked only when one of these scopes is traded. Empty: always.",
    )
    exempt_scope_ids = fields.Many2many(
        "pharma.scope",
        "pharma_document_type_exempt_scope_rel",
        string="Not When Only Trading",
        help="Not asked of a partner that trades nothing else, nor for a product that "
        "has one of these scopes.",
    )
    is_imported_only = fields.Boolean("Imported Products Only")
    alternative_ids = fields.Many2many(
        "pharma.document.type",
        "pharma_document_type_alternative_rel",
        "type_id",
        "alternative_id",
        string="Or Instead",
        help="Any of these papers serves as well.",
    )
    expiry_policy = fields.Selection(
        [
            ("required", "Ends on a date"),
            ("optional", "Ends on a date or is long-term"),
            ("none", "Never ends"),
        ],
        required=True,
        default="required",
    )
    max_validity_days = fields.Integer(
        "Longest Validity (days)", help="0: no limit. Longer papers are refused."
    )
    on_expiry = fields.Selection(
        [("block", "Blocks"), ("warn", "Warns"), ("none", "Nothing happens")],
        "When Missing or Expired",
        required=True,
        default="block",
    )
    carries_scopes = fields.Boolean(help="The holder may trade what this paper lists.")
    default_scope_ids = fields.Many2many(
        "pharma.scope",
        "pharma_document_type_default_scope_rel",
        string="Scopes Proposed",
    )
    number_format = fields.Selection(
        [
            ("none", "Free text"),
            ("uscc", "USCC (统一社会信用代码)"),
            ("distribution", "Distribution licence number"),
            ("production", "Production licence number"),
            ("approval", "Approval number (批准文号)"),
        ],
        required=True,
        default="none",
    )
    is_number_required = fields.Boolean("Number Required")
    has_related_partner = fields.Boolean(
        "Names a Third Party",
        help="The paper names another company, such as the payer of a third-party "
        "payment agreement.",
    )
    is_statutory = fields.Boolean(
        "Fixed by Law",
        readonly=True,
        help="Can't be made optional, milder or inactive.",
    )
    note = fields.Text("What to Look For", translate=True)
    active = fields.Boolean(default=True)

    _code_uniq = models.Constraint("UNIQUE(code)", "This code exists already.")

    @api.constrains("is_mandatory", "on_expiry", "carries_scopes", "active")
    def _check_statutory(self):
        for doc_type in self.filtered("is_statutory"):
            if not (
                doc_type.active
                and doc_type.is_mandatory
                and doc_type.on_expiry == "block"
            ):
                raise ValidationError(
                    self.env._(
                        "%s is asked for by law: it stays active, mandatory and "
                        "blocking.",
                        doc_type.name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_in_use(self):
        count = (
            self.env["pharma.document"]
            .sudo()
            .search_count([("type_id", "in", self.ids)])
        )
        if count:
            raise UserError(
                self.env._(
                    "%(count)s documents are of this type, so it can't be deleted. "
                    "Archive it instead: existing documents keep it and nobody is "
                    "asked for it any more.",
                    count=count,
                )
            )

    @api.model
    @tools.ormcache()
    def _rules(self):
        """All active types as plain values, for ``tools.checklist``."""
        return tuple(
            TypeRule(
                id=doc_type.id,
                code=doc_type.code,
                holder=doc_type.holder,
                is_mandatory=doc_type.is_mandatory,
                on_expiry=doc_type.on_expiry,
                carries_scopes=doc_type.carries_scopes,
                supplier_kind_ids=frozenset(doc_type.supplier_kind_ids.ids),
                buyer_kind_ids=frozenset(doc_type.buyer_kind_ids.ids),
                is_own=doc_type.is_own,
                any_scope_ids=frozenset(doc_type.any_scope_ids.ids),
                exempt_scope_ids=frozenset(doc_type.exempt_scope_ids.ids),
                imported_only=doc_type.is_imported_only,
                alternative_ids=frozenset(doc_type.alternative_ids.ids),
            )
            for doc_type in self.sudo().search([])
        )

    @api.model
    def _required_of_person(self):
        return required_of_person(self._rules())

    @api.model_create_multi
    def create(self, vals_list):
        types = super().create(vals_list)
        self.env.registry.clear_cache()
        return types

    def write(self, vals):
        if "is_statutory" in vals and not self.env.su:
            raise UserError(self.env._("What the law fixes comes with the software."))
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result

    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache()
        return result
