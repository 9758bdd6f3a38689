"""What the gate has gathered about the parties and products of a batch of documents."""

from collections import defaultdict
from functools import cached_property

from ..tools.checklist import required_of_partner, required_of_product
from ..tools.four_flow import lots

KIND_FIELDS = {
    "purchase": "pharma_supplier_kind_id",
    "sale": "pharma_buyer_kind_id",
}


class Standing:
    """Papers, files, scopes and persons of everybody in a batch, in a few queries.

    :param env: a superuser environment: what the law asks doesn't depend on what the
        acting user may see
    :param subjects: list of ``tools.gate.Subject``
    """

    def __init__(self, env, subjects):
        self.env = env
        self.subjects = subjects
        self.partners = env["res.partner"].union(
            *(s.partner for s in subjects), *(s.company.partner_id for s in subjects)
        )
        self.products = env["product.template"].union(
            *(line.product for s in subjects for line in s.lines)
        )
        self._held = {}

    @cached_property
    def rules(self):
        return self.env["pharma.document.type"]._rules()

    @cached_property
    def _documents(self):
        """{holder record: verified documents}, for partners and products."""
        documents = self.env["pharma.document"].search_fetch(
            [
                ("state", "=", "verified"),
                "|",
                ("partner_id", "in", self.partners.ids),
                ("product_tmpl_id", "in", self.products.ids),
            ],
            [
                "partner_id",
                "product_tmpl_id",
                "type_id",
                "expiry_date",
                "state",
                "company_id",
                "related_partner_id",
            ],
            order="id",
        )
        by_holder = defaultdict(documents.browse)
        for document in documents:
            by_holder[document.partner_id or document.product_tmpl_id] |= document
        return by_holder

    @cached_property
    def _dossiers(self):
        dossiers = self.env["pharma.dossier"].search_fetch(
            [
                "|",
                ("partner_id", "in", self.partners.ids),
                ("product_tmpl_id", "in", self.products.ids),
            ],
            ["partner_id", "product_tmpl_id", "company_id", "kind", "state"],
        )
        return {
            (d.partner_id or d.product_tmpl_id, d.kind, d.company_id): d
            for d in dossiers
        }

    @cached_property
    def _persons(self):
        persons = self.env["pharma.person"].search(
            [("partner_id", "in", self.partners.ids)], order="id"
        )
        persons.document_ids.fetch(["person_id", "type_id", "expiry_date", "state"])
        return persons.grouped("partner_id")

    @cached_property
    def _purchase_lines(self):
        """Order lines the subjects bill."""
        records = [line.record for s in self.subjects for line in s.lines]
        return self.env["purchase.order.line"].union(
            *(r.purchase_line_id for r in records if r._name == "account.move.line")
        )

    @cached_property
    def _flows(self):
        flows = self.env["pharma.four.flow"]._of_lines(self._purchase_lines)
        return {flow.purchase_line_id: flow for flow in flows}

    @cached_property
    def _received_lots(self):
        """{order line: lots that came on it}"""
        moves = self.env["stock.move"].search(
            [
                ("purchase_line_id", "in", self._purchase_lines.ids),
                ("state", "=", "done"),
                ("location_dest_id.usage", "!=", "supplier"),
            ]
        )
        return {
            line: lots(" ".join(found.move_line_ids.lot_id.mapped("name")))
            for line, found in moves.grouped("purchase_line_id").items()
        }

    def flow(self, purchase_line):
        """The four flows of an order line as they stand now, or none (CS-31)."""
        return self._flows.get(purchase_line, self.env["pharma.four.flow"])

    def received_lots(self, purchase_line):
        return self._received_lots.get(purchase_line, frozenset())

    def documents(self, holder, company):
        return self._documents[holder].filtered(
            lambda d: not d.company_id or d.company_id == company
        )

    def dossier(self, holder, kind, company):
        return self._dossiers.get((holder, kind, company), self.env["pharma.dossier"])

    def persons(self, partner, role):
        persons = self._persons.get(partner, self.env["pharma.person"])
        return persons.filtered(lambda person: person.role == role)

    def held_scopes(self, partner, company, day):
        """Scopes of the partner's papers in force on that day (FA-27)."""
        key = (partner, company, day)
        if key not in self._held:
            self._held[key] = (
                self.documents(partner, company)
                .filtered(lambda d: d.is_valid_on(day))
                .scope_ids
            )
        return self._held[key]

    def scopes(self, subject):
        return self.env["pharma.scope"].union(
            *(line.product.pharma_scope_ids for line in subject.lines)
        )

    def own_papers_lacking(self, subject):
        """Papers our own company lacks for what the subject trades (FA-33)."""
        rules = required_of_partner(self.rules, "own", None, self.scopes(subject).ids)
        return self._lacking(subject.company.partner_id, rules, subject)

    def partner_papers_lacking(self, subject):
        """Papers the partner lacks for what the subject trades."""
        side = "supplier" if subject.side == "purchase" else "buyer"
        kind = subject.partner[KIND_FIELDS[subject.side]]
        rules = required_of_partner(self.rules, side, kind.id, self.scopes(subject).ids)
        return self._lacking(subject.partner, rules, subject)

    def product_papers_lacking(self, subject, product):
        """Papers one product lacks."""
        rules = required_of_product(
            self.rules, product.pharma_scope_ids.ids, product.is_imported
        )
        return self._lacking(product, rules, subject)

    def _lacking(self, holder, rules, subject):
        """Those of ``rules`` no paper of the holder fulfils on the subject's day.

        :return: list of (type rule, the accepted document that ended last or none)
        """
        documents = self.documents(holder, subject.company)
        lacking = []
        for rule in rules:
            accepted = documents.filtered(
                lambda d, rule=rule: (
                    d.type_id.id == rule.id or d.type_id.id in rule.alternative_ids
                )
            )
            if not any(document.is_valid_on(subject.day) for document in accepted):
                lacking.append((rule, accepted.sorted("expiry_date")[-1:]))
        return lacking
