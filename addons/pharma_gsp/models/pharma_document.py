from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command, Domain

from ..tools import approval_number, licence_number, text, uscc, validity

# What a verified paper says. Changing it means a new version (FA-32).
LOCKED_FIELDS = {
    "type_id",
    "number",
    "issuer",
    "issue_date",
    "expiry_date",
    "is_long_term",
    "scope_ids",
    "attachment_ids",
    "partner_id",
    "product_tmpl_id",
    "person_id",
    "related_partner_id",
    "company_id",
    "previous_id",
}
# What only the buttons and jobs change, as it is on a new document.
BUTTON_FIELDS = {
    "state": "draft",
    "verified_by_id": False,
    "verified_date": False,
    "version": 1,
    "submitted_by_id": False,
    "void_reason": False,
    "reminded_tier": 0,
}
NUMBER_FORMATS = {
    "distribution": licence_number.classify,
    "production": licence_number.classify_production,
    "approval": approval_number.classify,
}


class PharmaDocument(models.Model):
    """One paper of a company, product or person, in one version.

    A renewal supersedes the former version and never overwrites it (FA-32). Whether it
    counts today is decided live from its dates in China, by nobody's job (FA-31).
    """

    _name = "pharma.document"
    _description = "GSP Document"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "type_sequence, expiry_date desc, id desc"
    _rec_names_search = ["number", "type_id.name", "partner_id.name"]

    type_id = fields.Many2one(
        "pharma.document.type", required=True, ondelete="restrict", index=True
    )
    type_sequence = fields.Integer(related="type_id.sequence", store=True)
    holder = fields.Selection(related="type_id.holder")
    number = fields.Char(tracking=True)
    issuer = fields.Char()
    issue_date = fields.Date()
    expiry_date = fields.Date(
        "Valid Through", tracking=True, help="The last day on which it counts."
    )
    is_long_term = fields.Boolean("Long-term (长期)")
    partner_id = fields.Many2one(
        "res.partner", "Company", ondelete="restrict", index="btree_not_null"
    )
    product_tmpl_id = fields.Many2one(
        "product.template", "Product", ondelete="restrict", index="btree_not_null"
    )
    person_id = fields.Many2one(
        "pharma.person", ondelete="restrict", index="btree_not_null"
    )
    holder_name = fields.Char("Holder of the Paper", compute="_compute_holder_name")
    related_partner_id = fields.Many2one(
        "res.partner", "Third Party", ondelete="restrict"
    )
    has_related_partner = fields.Boolean(related="type_id.has_related_partner")
    company_id = fields.Many2one(
        "res.company",
        "Our Company",
        help="Empty: the document counts for all our companies.",
    )
    scope_ids = fields.Many2many("pharma.scope", string="Scopes")
    carries_scopes = fields.Boolean(related="type_id.carries_scopes")
    expiry_policy = fields.Selection(related="type_id.expiry_policy")
    number_warning = fields.Char(compute="_compute_number_warning")
    previous_id = fields.Many2one(
        "pharma.document", "Former Version", readonly=True, ondelete="restrict"
    )
    next_ids = fields.One2many("pharma.document", "previous_id", "Later Versions")
    version = fields.Integer(default=1, readonly=True)
    responsible_id = fields.Many2one(
        "res.users",
        "Owner",
        default=lambda self: self.env.user,
        help="Is reminded together with QA before the document ends.",
    )
    submitted_by_id = fields.Many2one(
        "res.users", "Filed by", default=lambda self: self.env.user, readonly=True
    )
    verified_by_id = fields.Many2one("res.users", readonly=True)
    verified_date = fields.Datetime(readonly=True)
    void_reason = fields.Char(readonly=True, tracking=True)
    days_left = fields.Integer(
        compute="_compute_live_status", search="_search_days_left"
    )
    live_status = fields.Selection(
        [
            ("draft", "To verify"),
            ("valid", "Valid"),
            ("due", "Ending soon"),
            ("expired", "Expired"),
            ("superseded", "Superseded"),
            ("void", "Void"),
        ],
        "Status",
        compute="_compute_live_status",
        search="_search_live_status",
    )
    state = fields.Selection(
        [
            ("draft", "To verify"),
            ("verified", "Verified"),
            ("superseded", "Superseded"),
            ("void", "Void"),
        ],
        default="draft",
        required=True,
        readonly=True,
        tracking=True,
    )

    _dates_ordered = models.Constraint(
        "CHECK(issue_date IS NULL OR expiry_date IS NULL OR issue_date <= expiry_date)",
        "The document ends before it was issued. Compare both dates with the paper.",
    )
    _one_holder = models.Constraint(
        "CHECK(num_nonnulls(partner_id, product_tmpl_id, person_id) = 1)",
        "A document belongs to exactly one company, product or person.",
    )
    _live_idx = models.Index("(expiry_date) WHERE state = 'verified'")

    @api.depends("type_id", "number", "version", "partner_id", "person_id")
    def _compute_display_name(self):
        for document in self:
            holder = document._holder()
            parts = [document.type_id.name, document.number, holder.display_name]
            document.display_name = " · ".join(part for part in parts if part)

    @api.depends("partner_id", "product_tmpl_id", "person_id")
    def _compute_holder_name(self):
        for document in self:
            document.holder_name = document._holder().display_name

    @api.depends("number", "type_id.number_format")
    def _compute_number_warning(self):
        for document in self:
            classify = NUMBER_FORMATS.get(document.type_id.number_format)
            is_odd = (
                document.number and classify and classify(document.number) != "valid"
            )
            document.number_warning = is_odd and self.env._(
                "%(number)s doesn't look like a number of this type. QA compares it "
                "with the public register before verifying.",
                number=document.number,
            )

    @api.depends("state", "expiry_date", "is_long_term")
    def _compute_live_status(self):
        today, due_days = self._today(), self.env.company.pharma_due_days
        for document in self:
            document.days_left = validity.days_left(document.expiry_date, today) or 0
            document.live_status = (
                validity.status(document.expiry_date, today, due_days)
                if document.state == "verified"
                else document.state
            )

    def _search_days_left(self, operator, value):
        if operator not in ("<", "<=", ">", ">="):
            return NotImplemented
        limit = fields.Date.add(self._today(), days=value)
        return Domain("expiry_date", operator, limit)

    def _search_live_status(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = self._today()
        due = fields.Date.add(today, days=self.env.company.pharma_due_days)
        verified = Domain("state", "=", "verified")
        domains = {
            "valid": verified
            & (Domain("expiry_date", "=", False) | Domain("expiry_date", ">", due)),
            "due": verified
            & Domain("expiry_date", ">=", today)
            & Domain("expiry_date", "<=", due),
            "expired": verified & Domain("expiry_date", "<", today),
        }
        return Domain.OR(
            domains.get(status, Domain("state", "=", status)) for status in value
        )

    @api.constrains("type_id", "partner_id", "product_tmpl_id", "person_id")
    def _check_holder(self):
        for document in self:
            if document._holder()._name != document._HOLDERS[document.holder][1]:
                raise ValidationError(
                    self.env._(
                        "%(type)s is a paper of a %(holder)s. File it there.",
                        type=document.type_id.name,
                        holder=document._holder_label(),
                    )
                )

    @api.constrains("expiry_date", "is_long_term", "issue_date", "type_id")
    def _check_expiry_date(self):
        for document in self:
            document._check_end_matches_type()

    @api.constrains("number", "type_id")
    def _check_number(self):
        for document in self:
            if document.type_id.is_number_required and not document.number:
                raise ValidationError(
                    self.env._(
                        "%(type)s needs its number, as printed on the paper.",
                        type=document.type_id.name,
                    )
                )
            if (
                document.type_id.number_format == "uscc"
                and document.number
                and not uscc.is_format_valid(document.number)
            ):
                raise ValidationError(
                    self.env["res.partner"]._uscc_format_sentence(document.number)
                )

    @api.constrains("number", "type_id", "partner_id", "product_tmpl_id", "person_id")
    def _check_number_is_new(self):
        """The same paper isn't filed twice for one holder (renewals are versions)."""
        numbered = self.filtered("number")
        twins = self.sudo().search(
            [
                ("number", "in", numbered.mapped("number")),
                ("state", "in", ("draft", "verified")),
            ]
        )
        filed = twins.grouped(lambda d: (d.number, d.type_id, d._holder()))
        for document in numbered.filtered(lambda d: d.state in ("draft", "verified")):
            key = (document.number, document.type_id, document._holder())
            for twin in filed[key] - document:
                if not document._is_version_of(twin):
                    raise ValidationError(
                        self.env._(
                            "%(type)s %(number)s is filed already for %(holder)s. "
                            "Open that document and use Renew for a new version.",
                            type=document.type_id.name,
                            number=document.number,
                            holder=document._holder().display_name,
                        )
                    )

    @api.constrains("previous_id")
    def _check_previous_id(self):
        for document in self.filtered("previous_id"):
            former = document.previous_id
            if former.type_id != document.type_id or (
                former._holder() != document._holder()
            ):
                raise ValidationError(
                    self.env._(
                        "A renewal is of the same type and holder as the paper it "
                        "renews. File this one as a new document."
                    )
                )

    @api.onchange("type_id", "partner_id")
    def _onchange_type_id(self):
        """Propose the scopes such papers and such partners usually have."""
        if self.carries_scopes and not self.scope_ids:
            partner = self.partner_id
            kinds = partner.pharma_supplier_kind_id | partner.pharma_buyer_kind_id
            self.scope_ids = self.type_id.default_scope_ids or kinds.default_scope_ids

    @api.onchange("type_id", "is_long_term")
    def _onchange_is_long_term(self):
        if self.is_long_term or self.expiry_policy == "none":
            self.expiry_date = False

    @api.model_create_multi
    def create(self, vals_list):
        defaults = {
            name: self.env.context.get(f"default_{name}")
            for name in ("type_id", "previous_id", "number")
        }
        types = self.env["pharma.document.type"]
        for vals in vals_list:
            given = defaults | vals
            if given["number"]:
                vals["number"] = self._compact_number(
                    types.browse(given["type_id"]), given["number"]
                )
            if not self.env.su:  # spelled out, or default_… in the context would count
                vals.update(BUTTON_FIELDS)
            # Who filed it comes from the session, never from the form (CS-03).
            vals["submitted_by_id"] = self.env.uid
            vals["version"] = self.browse(given["previous_id"]).version + 1
        documents = super().create(vals_list)
        documents._adopt_attachments()
        return documents

    def write(self, vals):
        if vals.get("number"):
            doc_type = self.env["pharma.document.type"].browse(vals.get("type_id"))
            vals = dict(
                vals,
                number=self._compact_number(
                    doc_type or self[:1].type_id, vals["number"]
                ),
            )
        if not self.env.su and vals.keys() & BUTTON_FIELDS.keys():
            raise UserError(
                self.env._(
                    "The state of a document changes by its buttons only: Verify, "
                    "Renew or Declare void."
                )
            )
        self._check_unlocked(vals)
        if vals.keys() & LOCKED_FIELDS and not self.env.su:
            # Who changes what a draft says has filed it: another one verifies.
            vals = dict(vals, submitted_by_id=self.env.uid)
        result = super().write(vals)
        if "attachment_ids" in vals:
            self._adopt_attachments()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_verified(self):
        if self.filtered(lambda document: document.state != "draft"):
            raise UserError(
                self.env._(
                    "A verified document is kept as proof and can't be deleted. "
                    "Declare it void instead."
                )
            )

    def action_verify(self):
        """QA confirms that the paper is genuine and typed in right (four eyes)."""
        self._check_may_verify()
        for document in self:
            if document.state != "draft":
                raise UserError(
                    self.env._("%s is verified already.", document.display_name)
                )
        self._verify()

    def action_open_void(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Declare Void"),
            "res_model": "pharma.document.void",
            "view_mode": "form",
            "target": "new",
            "context": {"default_document_ids": [Command.set(self.ids)]},
        }

    @api.private
    def void(self, reason):
        """Take documents out of force: forged, withdrawn, filed for the wrong one."""
        self._check_may_verify(own_allowed=True)
        if not (reason or "").strip():
            raise UserError(
                self.env._("Write down why; the reason stays with the document.")
            )
        # sudo: the buttons decide over the state, after the check above.
        self.sudo().write({"state": "void", "void_reason": reason})

    @api.private
    def is_valid_on(self, day):
        """Verified and not ended on that day (China), whole last day included."""
        self.ensure_one()
        return self.state == "verified" and not validity.is_expired(
            self.expiry_date, day
        )

    _HOLDERS = {
        "partner": ("partner_id", "res.partner"),
        "product": ("product_tmpl_id", "product.template"),
        "person": ("person_id", "pharma.person"),
    }

    def _holder(self):
        self.ensure_one()
        return self.partner_id or self.product_tmpl_id or self.person_id

    def _holder_label(self):
        field = self.env["pharma.document.type"]._fields["holder"]
        return dict(field._description_selection(self.env))[self.holder]

    @api.model
    def _today(self):
        return validity.china_day(fields.Datetime.now())

    def _compact_number(self, doc_type, number):
        compact = {
            "uscc": uscc.compact,
            "distribution": licence_number.compact,
            "production": licence_number.compact,
            "approval": approval_number.compact,
        }.get(doc_type.number_format, text.to_half_width)
        return compact(number).strip()

    def _is_version_of(self, other):
        """Whether both stand in the same chain of versions."""
        chain, document = self._origin, self
        while document.previous_id:
            document = document.previous_id
            chain |= document
        later = other
        while later.previous_id:
            later = later.previous_id
            if later == self._origin:
                return True
        return other in chain

    def _check_end_matches_type(self):
        self.ensure_one()
        policy, name = self.expiry_policy, self.type_id.name
        if policy == "required" and not self.expiry_date:
            raise ValidationError(
                self.env._("%s needs the last day of its validity.", name)
            )
        if policy == "optional" and bool(self.expiry_date) == self.is_long_term:
            raise ValidationError(
                self.env._(
                    "%s needs either the last day of its validity or the tick "
                    "Long-term.",
                    name,
                )
            )
        longest = self.type_id.max_validity_days
        if longest and self.issue_date and self.expiry_date:
            days = (self.expiry_date - self.issue_date).days
            if days > longest:
                raise ValidationError(
                    self.env._(
                        "%(name)s may run for %(longest)s days at most; this one "
                        "runs for %(days)s. Ask for a new one or correct the dates.",
                        name=name,
                        longest=longest,
                        days=days,
                    )
                )

    def _check_unlocked(self, vals):
        locked = self.filtered(lambda d: d.state != "draft")
        for document in locked:
            changed = [
                name
                for name in vals.keys() & LOCKED_FIELDS
                if document._fields[name].type in ("many2many", "one2many")
                or document._fields[name].convert_to_cache(vals[name], document)
                != document._fields[name].convert_to_cache(document[name], document)
            ]
            if changed:
                raise UserError(
                    self.env._(
                        "%(document)s is verified, so what it says stays. A new paper "
                        "is a new version: use Renew; a wrong one is declared void.",
                        document=document.display_name,
                    )
                )

    def _check_may_verify(self, own_allowed=False):
        if not self.env.user.has_group("pharma_gsp.pharma_gsp_group_qa"):
            raise UserError(
                self.env._(
                    "Only the quality department verifies documents or takes them out "
                    "of force. Ask QA to look at it."
                )
            )
        own = self.filtered(lambda d: d.submitted_by_id == self.env.user)
        if own and not own_allowed:
            raise UserError(
                self.env._(
                    "You filed %s yourself; another QA officer has to verify it.",
                    own[0].display_name,
                )
            )

    def _verify(self):
        """Put drafts in force and retire the versions they renew."""
        unexplained = self.filtered(
            lambda d: d.duplicate_ids and not d.duplicate_reason
        )
        if unexplained:
            document = unexplained[0]
            raise UserError(
                self.env._(
                    "A page of %(document)s is also filed as %(other)s. Remove the "
                    "wrong one, or write down why both are right.",
                    document=document.display_name,
                    other=document.duplicate_ids[0].display_name,
                )
            )
        # sudo: the state is writable through this method only, after its checks.
        documents = self.sudo()
        documents.write(
            {
                "state": "verified",
                "verified_by_id": self.env.uid,
                "verified_date": fields.Datetime.now(),
            }
        )
        former = documents.previous_id.filtered(lambda d: d.state == "verified")
        former.write({"state": "superseded"})
        former.activity_unlink(["pharma_gsp.mail_activity_type_renewal"])
