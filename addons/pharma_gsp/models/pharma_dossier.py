from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..tools.checklist import required_of_partner, required_of_product

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

    _state_from = ["review"]
    _state_to = ["active"]
    _cancel_state = "terminated"

    name = fields.Char("File No.", required=True, readonly=True, copy=False, default="/")
    kind = fields.Selection(
        string="File of",
        selection=[("supplier", "Supplier"), ("product", "Product"), ("buyer", "Buyer")],
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
    checklist = fields.Json(compute="_compute_checklist")
    completeness = fields.Integer("Completeness (%)", compute="_compute_checklist")
    document_ids = fields.Many2many(
        "pharma.document", string="Papers", compute="_compute_document_ids"
    )
    person_ids = fields.One2many(related="partner_id.pharma_person_ids")
    next_end_date = fields.Date("Next Paper to End", compute="_compute_live_state")
    live_state = fields.Selection(
        [
            ("open", "In preparation"),
            ("active", "In force"),
            ("due", "Papers ending soon"),
            ("locked", "Locked: papers expired"),
            ("stopped", "Stopped"),
        ],
        "Today",
        compute="_compute_live_state",
        search="_search_live_state",
    )
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

    @api.depends("document_ids", "scope_ids", "partner_kind_id", "product_tmpl_id")
    def _compute_checklist(self):
        """What is asked for and how far each item is, live (FA-01 … FA-24)."""
        today = self.env["pharma.document"]._today()
        # For all files at once: filtering below narrows what the ORM reads ahead.
        persons = self.partner_id.pharma_person_ids
        persons.document_ids.fetch(["person_id", "type_id", "state", "expiry_date"])
        for dossier in self:
            items = dossier._checklist_items(today) if dossier._subject() else []
            done = sum(item["status"] in ("valid", "due", "draft") for item in items)
            dossier.checklist = items
            dossier.completeness = 100 * done // len(items) if items else 0

    @api.depends(
        "state",
        "partner_id.pharma_document_ids.state",
        "partner_id.pharma_document_ids.expiry_date",
        "product_tmpl_id.pharma_document_ids.state",
        "product_tmpl_id.pharma_document_ids.expiry_date",
    )
    def _compute_live_state(self):
        today = self.env["pharma.document"]._today()
        for dossier in self:
            ends = dossier._blocking_ends()
            dossier.next_end_date = min(ends, default=False)
            dossier.live_state = dossier._live_state_on(today, ends)

    def _search_live_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        # The dates decide, so candidates are computed; files count in thousands.
        dossiers = self.search([]).filtered(lambda d: d.live_state in value)
        return Domain("id", "in", dossiers.ids)

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

    def action_approve(self):
        """Decide the step that is mine, after the order of the steps."""
        self.ensure_one()
        if not self.can_review:
            raise UserError(self._not_my_step_sentence())
        self._validate_tier(self._current_review())
        self._update_counter({"review_deleted": True})
        self._schedule_next_activity()

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
    def decide(self, decision, reason):
        """Return, reject, suspend or terminate with a reason (FA-30)."""
        self.ensure_one()
        if not (reason or "").strip():
            raise UserError(self.env._("Write down why; the reason stays in the file."))
        if decision in ("returned", "rejected"):
            if not self.can_review:
                raise UserError(self._not_my_step_sentence())
            self._check_separation()
            self.sudo().review_ids.unlink()
            back = "change" if self.active_date else "draft"
            state = back if decision == "returned" else "rejected"
        else:
            self._check_qa()
            self._check_may_stop(decision)
            state = decision
        values = {"state": state}
        if state == "rejected":
            values["active_date"] = False  # the next application is a first one
        self.sudo().write(values)
        self._log_step(decision, reason=reason)
        self._close_activities(reason)
        if decision in ("returned", "rejected") and self.applicant_id:
            # sudo: the quality head decides without the right to edit the file.
            self.sudo().activity_schedule(
                "pharma_gsp.mail_activity_type_dossier",
                user_id=self.applicant_id.id,
                summary=self.env._("Answer QA: %s", reason),
            )

    # The tier engine, made to keep steps in order and persons apart.

    def _validate_tier(self, tiers=False):
        """Approve one step, the lowest open one, by one person (TV-35)."""
        self.ensure_one()
        review = self._current_review()
        if not review or self.env.user not in review.reviewer_ids:
            raise UserError(self._not_my_step_sentence())
        self._check_separation()
        # sudo: reviews are written by this method only, after the checks above.
        super(PharmaDossier, self.sudo())._validate_tier(review)
        self._log_step("approved", name=review.definition_id.name)
        if review.reviewer_group_id in self._qa_groups():
            self._verify_documents()
        reviews = self.sudo().review_ids
        reviews._update_review_status()
        if all(status == "approved" for status in reviews.mapped("status")):
            self._activate()

    def _rejected_tier(self, tiers=False):
        raise UserError(
            self.env._("Use Return or Reject of the file; they ask for the reason.")
        )

    def restart_validation(self):
        raise UserError(self.env._("A running review is returned with a reason."))

    def _get_under_validation_exceptions(self):
        return [
            *super()._get_under_validation_exceptions(),
            "site_visit",
            "site_visit_date",
            "site_visit_report",
            "validation_status",
        ]

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

    def _qa_groups(self):
        return self.env.ref("pharma_gsp.pharma_gsp_group_qa") | self.env.ref(
            "pharma_gsp.pharma_gsp_group_qa_manager"
        )

    def _current_review(self):
        open_reviews = self.review_ids.filtered(
            lambda review: review.status in ("waiting", "pending")
        )
        return open_reviews.sorted("sequence")[:1]

    def _required_rules(self):
        self.ensure_one()
        rules = self.env["pharma.document.type"]._rules()
        if self.kind == "product":
            product = self.product_tmpl_id
            return required_of_product(
                rules, product.pharma_scope_ids.ids, product.is_imported
            )
        return required_of_partner(
            rules, self.kind, self.partner_kind_id.id, self.scope_ids.ids
        )

    def _checklist_items(self, today):
        """One row per thing asked for: paper, person or master data."""
        self.ensure_one()
        documents = self._subject().pharma_document_ids.filtered(
            lambda d: d.state in ("draft", "verified")
        )
        types = self.env["pharma.document.type"]
        items = []
        for rule in self._required_rules():
            doc_type = types.browse(rule.id)
            accepted = doc_type | types.browse(rule.alternative_ids)
            best = self._best_document(
                documents.filtered(
                    lambda d, accepted=accepted: d.type_id in accepted
                ),
                today,
            )
            items.append(
                {
                    "kind": "document",
                    "type_id": rule.id,
                    "name": doc_type.name,
                    "rule": doc_type.rule_reference or "",
                    "note": doc_type.note or "",
                    "is_blocking": rule.on_expiry == "block",
                    "document_id": best.id,
                    "status": best.live_status if best else "missing",
                    "end": fields.Date.to_string(best.expiry_date),
                }
            )
        items += self._checklist_person_items(today)
        items += self._checklist_master_data_items()
        return items

    def _best_document(self, documents, today):
        """The one in force, else a draft, else the one that ended last."""
        return documents.sorted(
            lambda d: (
                d.is_valid_on(today),
                d.state == "draft",
                d.expiry_date or today,
                d.id,
            )
        )[-1:]

    def _checklist_person_items(self, today):
        if self.kind == "product":
            return []
        role = "sales" if self.kind == "supplier" else "purchase"
        persons = self.partner_id.pharma_person_ids.filtered(lambda p: p.role == role)
        is_filed = any(
            person.is_usable_on(today) or person.document_ids for person in persons
        )
        is_usable = any(person.is_usable_on(today) for person in persons)
        labels = dict(persons._fields["role"]._description_selection(self.env))
        return [
            {
                "kind": "person",
                "name": labels[role],
                "rule": "FA-07" if role == "sales" else "FA-24",
                "is_blocking": True,
                "status": "valid" if is_usable else "draft" if is_filed else "missing",
            }
        ]

    def _checklist_master_data_items(self):
        if self.kind == "product":
            return [
                {
                    "kind": "master_data",
                    "name": label,
                    "rule": "FA-12",
                    "is_blocking": True,
                    "status": "missing",
                }
                for label in self.product_tmpl_id.missing_master_data()
            ]
        missing = [
            (label, is_on_file)
            for label, is_there, is_on_file in (
                (self.env._("Kind of trading partner"), self.partner_kind_id, True),
                (self.env._("USCC"), self.partner_id.uscc, False),
                (self.env._("Scopes to trade"), self.scope_ids, True),
            )
            if not is_there
        ]
        return [
            {
                "kind": "master_data",
                "name": label,
                "rule": "FA-40",
                "is_blocking": True,
                "is_on_file": is_on_file,
                "status": "missing",
            }
            for label, is_on_file in missing
        ]

    def _blocking_ends(self):
        """End dates of the papers in force that block when they end."""
        rules = {rule.id for rule in self._required_rules() if rule.on_expiry == "block"}
        by_type = {}
        for document in self._subject().pharma_document_ids:
            if (
                document.state == "verified"
                and document.type_id.id in rules
                and document.expiry_date
            ):
                last = by_type.get(document.type_id, document.expiry_date)
                by_type[document.type_id] = max(last, document.expiry_date)
        return list(by_type.values())

    def _live_state_on(self, today, ends):
        if self.state in ("draft", "review"):
            return "open"
        if self.state not in ("active", "change"):
            return "stopped"
        first_end = min(ends, default=None)
        if first_end and first_end < today:
            return "locked"
        due = fields.Date.add(today, days=self.env.company.pharma_due_days)
        return "due" if first_end and first_end <= due else "active"

    def _activate(self):
        """The last step is approved: check once more, then put the file in force."""
        self._check_complete(verified=True)
        # Cached since the application when both happen in one transaction.
        self.invalidate_recordset(["need_validation"])
        # sudo: state changes by these methods only, all steps are approved.
        self.sudo().write(
            {
                "state": "active",
                "active_date": self.active_date or self.env["pharma.document"]._today(),
                "change_note": False,
            }
        )
        self._log_step("activated")
        self._close_activities(self.env._("in force"))

    def _verify_documents(self):
        """QA's approval of the file verifies the papers in it."""
        drafts = self.document_ids.filtered(lambda d: d.state == "draft")
        own = drafts.filtered(lambda d: d.submitted_by_id == self.env.user)
        if own:
            own._check_may_verify()
        drafts._verify()

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

    def _schedule_next_activity(self):
        """Tell those who decide next, and nobody else any more."""
        for dossier in self:
            dossier._close_activities()
            review = dossier._current_review()
            if dossier.state != "review" or not review:
                continue
            for user in review.reviewer_ids:
                dossier.sudo().activity_schedule(
                    "pharma_gsp.mail_activity_type_dossier",
                    user_id=user.id,
                    summary=review.definition_id.name,
                )

    def _close_activities(self, feedback=False):
        # sudo: a decision closes the calls to decide of everyone asked.
        self.sudo().activity_feedback(
            ["pharma_gsp.mail_activity_type_dossier"], feedback=feedback
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

    def _check_complete(self, verified=False):
        """Refuse with the list of what lacks.

        :param verified: papers must be verified, not only filed
        """
        self.ensure_one()
        fine = ("valid", "due") if verified else ("valid", "due", "draft")
        self.invalidate_recordset(["checklist", "completeness", "document_ids"])
        lacking = [
            item
            for item in self.checklist or []
            if item["is_blocking"] and item["status"] not in fine
        ]
        if lacking:
            raise UserError(
                self.env._("%s isn't complete yet:", self.display_name)
                + "".join(
                    f"\n• {item['name']} ({self._item_status_label(item['status'])})"
                    for item in lacking
                )
            )

    def _item_status_label(self, status):
        if status == "missing":
            return self.env._("missing")
        field = self.env["pharma.document"]._fields["live_status"]
        return dict(field._description_selection(self.env))[status]

    def _check_separation(self):
        """The applicant decides nothing, and nobody decides twice (FA-30, TV-35)."""
        if self.env.user == self.applicant_id:
            raise UserError(
                self.env._(
                    "You applied for this file, so you can't decide on it. Another "
                    "member of the department does."
                )
            )
        done = self.review_ids.filtered(lambda r: r.status == "approved")
        if self.env.user in done.done_by:
            raise UserError(
                self.env._(
                    "You approved an earlier step of this file; the next one needs "
                    "another person."
                )
            )

    def _check_qa(self):
        if not self.env.user.has_group("pharma_gsp.pharma_gsp_group_qa"):
            raise UserError(
                self.env._(
                    "Only the quality department suspends, resumes or terminates files."
                )
            )

    def _check_may_stop(self, decision):
        """Only what is in force is suspended, or resuming would be an approval."""
        in_force = self.active_date and self.state in ("active", "change")
        if self.state == "terminated" or (decision == "suspended" and not in_force):
            raise UserError(
                self.env._(
                    "%(file)s is in state %(state)s, so there is nothing to stop. "
                    "Return or reject a file under review.",
                    file=self.display_name,
                    state=dict(self._selection_state())[self.state],
                )
            )

    def _not_my_step_sentence(self):
        if self.state != "review":
            last = self.step_ids[-1:]
            return self.env._(
                "%(file)s isn't waiting for a decision; %(user)s decided last, on "
                "%(date)s. Reload the page.",
                file=self.display_name,
                user=last.user_id.name or "-",
                date=fields.Datetime.context_timestamp(self, last.date).strftime(
                    "%Y-%m-%d %H:%M"
                )
                if last
                else "-",
            )
        if self.env.user == self.applicant_id:
            return self.env._(
                "You applied for this file, so you can't decide on it. Another "
                "member of the department does."
            )
        return self.env._(
            "This step is for %(who)s. You can decide when it is your turn.",
            who=self._current_review().todo_by or "-",
        )
