from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

APPLICANT_GROUPS = {
    "supplier": "pharma_gsp.pharma_gsp_group_purchaser",
    "product": "pharma_gsp.pharma_gsp_group_purchaser",
    "buyer": "pharma_gsp.pharma_gsp_group_seller",
}
EDITABLE_STATES = ("draft", "change")
# Whose file it is: fixed with the first application.
IDENTITY_FIELDS = {"partner_id", "product_tmpl_id", "kind", "company_id"}
# What is applied for: an approved file is opened for change first.
CONTENT_FIELDS = {"scope_ids", "partner_kind_id"}
# What only the buttons change, as it is on a new file.
BUTTON_FIELDS = {
    "state": "draft",
    "applicant_id": False,
    "applied_date": False,
    "active_date": False,
    "change_note": False,
    "step_ids": [],
    "review_ids": [],
}


class PharmaDossier(models.Model):
    """The first-approval file (首营) of a supplier, a product or a buyer (FA-30).

    Purchase or sales applies, then the steps an admin defined as tier definitions
    decide one after the other, each by another person; shipped are QA and the quality
    head. Which papers are asked for follows from the document types.
    """

    _name = "pharma.dossier"
    _description = "First-approval File"
    _inherit = ["tier.validation", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _rec_names_search = ["name", "partner_id.name", "product_tmpl_id.name"]

    name = fields.Char(
        "File No.", required=True, readonly=True, copy=False, default="/"
    )
    kind = fields.Selection(
        string="File of",
        selection=[
            ("supplier", "Supplier"),
            ("product", "Product"),
            ("buyer", "Buyer"),
        ],
        required=True,
        default="supplier",
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Company",
        ondelete="restrict",
        index="btree_not_null",
        domain="[('is_company', '=', True), ('parent_id', '=', False)]",
        tracking=True,
    )
    product_tmpl_id = fields.Many2one(
        "product.template",
        "Product",
        ondelete="restrict",
        index="btree_not_null",
        domain="[('type', '=', 'consu')]",
        tracking=True,
    )
    company_id = fields.Many2one(
        "res.company",
        "Our Company",
        required=True,
        default=lambda self: self.env.company,
    )
    partner_kind_id = fields.Many2one(
        "pharma.partner.kind",
        "Kind of Partner",
        compute="_compute_partner_kind_id",
        inverse="_inverse_partner_kind_id",
        store=True,
        readonly=False,
    )
    supplier_id = fields.Many2one(
        "res.partner",
        "First Supplied by",
        ondelete="restrict",
        domain="[('pharma_supplier_kind_id', '!=', False)]",
        help="Whose sealed copies are in a product's file.",
    )
    scope_ids = fields.Many2many(
        "pharma.scope",
        string="Scopes to Trade",
        tracking=True,
        help="What we want to buy from or sell to this partner.",
    )
    site_visit = fields.Selection(
        [("none", "Not needed"), ("asked", "Asked for"), ("done", "Done")],
        default="none",
        required=True,
        tracking=True,
    )
    site_visit_date = fields.Date()
    site_visit_report = fields.Text("Site Visit Findings")
    note = fields.Text("Reason for Trading")
    change_note = fields.Text("What Changed", readonly=True, copy=False)
    applicant_id = fields.Many2one("res.users", readonly=True, copy=False)
    applied_date = fields.Datetime(readonly=True, copy=False)
    active_date = fields.Date("In Force Since", readonly=True, copy=False)
    step_ids = fields.One2many("pharma.dossier.step", "dossier_id", "Decisions")
    document_ids = fields.Many2many(
        "pharma.document", string="Papers", compute="_compute_document_ids"
    )
    person_ids = fields.One2many(related="partner_id.pharma_person_ids")
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("review", "Under review"),
            ("active", "Active"),
            ("change", "Under change"),
            ("suspended", "Suspended"),
            ("rejected", "Rejected"),
            ("terminated", "Terminated"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
        group_expand=True,
    )

    _partner_uniq = models.UniqueIndex(
        "(partner_id, kind, company_id) WHERE partner_id IS NOT NULL",
        "This company has a file of that kind already. Open it instead.",
    )
    _product_uniq = models.UniqueIndex(
        "(product_tmpl_id, company_id) WHERE product_tmpl_id IS NOT NULL",
        "This product has a first-approval file already. Open it instead.",
    )
    _subject_matches_kind = models.Constraint(
        "CHECK((kind = 'product') = (product_tmpl_id IS NOT NULL)"
        " AND (kind = 'product') = (partner_id IS NULL))",
        "A product file names a product, any other file names a company.",
    )

    @api.depends("name", "partner_id", "product_tmpl_id")
    def _compute_display_name(self):
        for dossier in self:
            subject = dossier._subject()
            dossier.display_name = (
                f"{dossier.name} {subject.display_name}" if subject else dossier.name
            )

    @api.depends(
        "kind", "partner_id.pharma_supplier_kind_id", "partner_id.pharma_buyer_kind_id"
    )
    def _compute_partner_kind_id(self):
        for dossier in self:
            dossier.partner_kind_id = (
                dossier.kind != "product"
                and dossier.partner_id[f"pharma_{dossier.kind}_kind_id"]
            )

    def _inverse_partner_kind_id(self):
        for dossier in self.filtered(lambda d: d.kind != "product" and d.partner_id):
            dossier.partner_id[f"pharma_{dossier.kind}_kind_id"] = (
                dossier.partner_kind_id
            )

    @api.depends("partner_id", "product_tmpl_id")
    def _compute_document_ids(self):
        for dossier in self:
            subject = dossier._subject()
            documents = subject.pharma_document_ids if subject else False
            if dossier.partner_id:
                documents |= dossier.partner_id.pharma_person_ids.document_ids
            dossier.document_ids = documents

    @api.model
    def _selection_state(self):
        return self._fields["state"]._description_selection(self.env)

    @api.constrains("partner_id", "kind")
    def _check_partner_id(self):
        for dossier in self.filtered("partner_id"):
            if dossier.partner_id.parent_id:
                raise ValidationError(
                    self.env._(
                        "%s is an address or contact. Open the file for its company.",
                        dossier.partner_id.display_name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if not self.env.su:  # spelled out, or default_… in the context would count
                vals.update(BUTTON_FIELDS)
            kind = vals.get("kind") or self.env.context.get("default_kind", "supplier")
            vals["name"] = (
                self.env["ir.sequence"].next_by_code(f"pharma.dossier.{kind}") or "/"
            )
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su and vals.keys() & BUTTON_FIELDS.keys():
            raise UserError(
                self.env._(
                    "A first-approval file moves by its buttons only: apply, approve, "
                    "return, reject, suspend, terminate."
                )
            )
        if not self.env.su and vals.keys() & CONTENT_FIELDS:
            self._check_editable()
        if not self.env.su and vals.keys() & IDENTITY_FIELDS:
            self._check_never_applied()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_applied(self):
        if self.filtered(lambda dossier: dossier.step_ids):
            raise UserError(
                self.env._(
                    "A file that was applied for once is kept. Terminate it instead."
                )
            )

    def action_apply(self):
        """The department asks QA to decide; incomplete files are told what lacks."""
        for dossier in self:
            dossier._check_may_apply()
            dossier._check_editable()
            dossier._check_complete()
            # sudo: state and reviews change by these buttons only, checks above.
            dossier.sudo().write(
                {
                    "state": "review",
                    "applicant_id": self.env.uid,
                    "applied_date": fields.Datetime.now(),
                }
            )
            dossier._log_step("applied", reason=dossier.note)
            # The engine computes this without dependencies: drop the draft's answer.
            dossier.invalidate_recordset(["need_validation"])
            if not dossier.sudo().request_validation():
                raise UserError(
                    self.env._(
                        "No approval step is defined for this kind of file, so nobody "
                        "could decide. An admin defines them under Configuration → "
                        "Approval Steps."
                    )
                )
            dossier._schedule_next_activity()

    def action_open_decide(self):
        """Ask for the reason before returning, rejecting, suspending, terminating."""
        decision = self.env.context["decision"]
        selection = self.env["pharma.dossier.decide"]._fields["decision"]
        label = dict(selection._description_selection(self.env))[decision]
        return {
            "type": "ir.actions.act_window",
            "name": label,
            "res_model": "pharma.dossier.decide",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_dossier_id": self.id,
                "default_decision": decision,
            },
        }

    def action_resume(self):
        """Take a suspended file back in force; its papers must be complete."""
        self._check_qa()
        for dossier in self.filtered(lambda d: d.state == "suspended"):
            dossier._check_complete(verified=True)
            state = "change" if dossier.change_note else "active"
            dossier.sudo().write({"state": state})
            dossier._log_step("resumed")

    def action_open_change(self):
        """Open an active file for change; buying stops until it is approved again."""
        for dossier in self.filtered(lambda d: d.state == "active"):
            dossier._check_may_apply()
            dossier._reopen(self.env._("opened by hand"))

    def action_redraft(self):
        """Start a rejected file again."""
        for dossier in self.filtered(lambda d: d.state == "rejected"):
            dossier._check_may_apply()
            dossier.sudo().write({"state": "draft"})

    @api.private
    def is_valid_for(self, side):
        """Whether business may go on.

        A product under change isn't bought, but stock of the old make is still sold
        (FA-13). A partner under change may be another one: nothing goes on.
        """
        self.ensure_one()
        is_changing = self.state in ("change", "review") and self.active_date
        return self.state == "active" or bool(
            is_changing and self.kind == "product" and side == "sale"
        )

    def _subject(self):
        return self.partner_id or self.product_tmpl_id

    def _reopen_for_change(self, names):
        """Master data of an active file changed: buying stops until approved again."""
        # A company's kind as a buyer is nothing to its supplier file, and vice versa.
        foreign = {
            "supplier": "pharma_buyer_kind_id",
            "buyer": "pharma_supplier_kind_id",
        }
        for dossier in self.filtered(lambda d: d.state == "active"):
            own = [name for name in names if name != foreign.get(dossier.kind)]
            if own:
                labels = dossier._subject().fields_get(own, ["string"])
                dossier._reopen(", ".join(label["string"] for label in labels.values()))

    def _reopen(self, what):
        # sudo: whoever may change the master data thereby opens the file for review.
        dossier = self.sudo()
        notes = [note for note in (dossier.change_note, what) if note]
        dossier.write({"state": "change", "change_note": "; ".join(notes)})
        dossier._log_step("changed", reason=what)

    def _log_step(self, decision, name=False, reason=False):
        # sudo: decisions are written here only and never changed.
        self.env["pharma.dossier.step"].sudo().create(
            [
                {
                    "dossier_id": dossier.id,
                    "decision": decision,
                    "name": name,
                    "user_id": self.env.uid,
                    "reason": reason,
                }
                for dossier in self
            ]
        )

    def _check_may_apply(self):
        group = APPLICANT_GROUPS[self.kind]
        user = self.env.user
        if not user.has_group(group):
            raise UserError(
                self.env._(
                    "%(kind)s files are applied for by %(role)s.",
                    kind=dict(self._fields["kind"]._description_selection(self.env))[
                        self.kind
                    ],
                    role=self.env.ref(group).sudo().name,
                )
            )

    def _check_never_applied(self):
        if self.step_ids:
            raise UserError(
                self.env._(
                    "%s was applied for already; it stays the file of whom it names. "
                    "Open a new file for another one.",
                    self.filtered("step_ids")[0].display_name,
                )
            )

    def _check_editable(self):
        for dossier in self:
            if dossier.state not in EDITABLE_STATES:
                raise UserError(
                    self.env._(
                        "%(file)s is in state %(state)s and can't be changed now. QA "
                        "may return it to you; a file in force is opened for change.",
                        file=dossier.display_name,
                        state=dict(dossier._selection_state())[dossier.state],
                    )
                )

    def _check_qa(self):
        if not self.env.user.has_group("pharma_gsp.pharma_gsp_group_qa"):
            raise UserError(
                self.env._(
                    "Only the quality department suspends, resumes or terminates files."
                )
            )
