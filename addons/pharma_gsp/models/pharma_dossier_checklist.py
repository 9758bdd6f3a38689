from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..tools.checklist import required_of_partner, required_of_product


class PharmaDossier(models.Model):
    """What a first-approval file must hold, and whether it still counts today."""

    _inherit = "pharma.dossier"

    checklist = fields.Json(compute="_compute_checklist")
    completeness = fields.Integer("Completeness (%)", compute="_compute_checklist")
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
                documents.filtered(lambda d, accepted=accepted: d.type_id in accepted),
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
        rules = {
            rule.id for rule in self._required_rules() if rule.on_expiry == "block"
        }
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

    def _check_complete(self, verified=False):
        """Refuse with the list of what lacks.

        A product's papers only warn when they end, but all must be filed (FA-11).

        :param verified: papers must be verified, not only filed
        """
        self.ensure_one()
        fine = ("valid", "due") if verified else ("valid", "due", "draft")
        self.invalidate_recordset(["checklist", "completeness", "document_ids"])
        lacking = [
            item
            for item in self.checklist or []
            if (item["is_blocking"] and item["status"] not in fine)
            or (self.kind == "product" and item["status"] == "missing")
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
