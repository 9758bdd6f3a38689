from odoo import api, models
from odoo.fields import Domain

from ..tools.inspection import Column, cell_text

ORDERS = ("purchase.order", "sale.order")


class PharmaInspection(models.AbstractModel):
    """The sections about files, papers, persons, goods, money and the gate."""

    _inherit = "pharma.inspection"

    @api.model
    def _section_dossiers(self, record, related, scope):
        return self._section_of(
            "dossiers",
            self.env._("First-approval Files"),
            "pharma.dossier",
            related["pharma.dossier"],
            (
                "name",
                "kind",
                Column(self.env._("Company or Drug"), self._dossier_subject),
                "scope_ids",
                "applicant_id",
                "active_date",
                Column(self.env._("Decisions"), self._decisions_reader()),
                "state",
            ),
            scope,
        )

    @api.model
    def _dossier_subject(self, dossier):
        return dossier._subject().display_name

    @api.model
    def _decisions_reader(self):
        """Each decision of a file on a line of its own: when, what, who, why."""
        words = self._reader(self.env["pharma.dossier.step"]._fields["decision"])

        def read(dossier):
            return "\n".join(
                " ".join(
                    filter(
                        None,
                        (
                            cell_text(step.date),
                            step.name or cell_text(words(step)),
                            step.user_id.name,
                            step.reason,
                        ),
                    )
                )
                for step in dossier.step_ids
            )

        return read

    @api.model
    def _section_papers(self, record, related, scope):
        """Every version of every paper, also those not in force any more."""
        return self._section_of(
            "papers",
            self.env._("Papers"),
            "pharma.document",
            related["pharma.document"],
            (
                "type_id",
                "holder_name",
                "number",
                "version",
                "issue_date",
                Column(
                    self.env["pharma.document"]
                    ._fields["expiry_date"]
                    ._description_string(self.env),
                    self._paper_end,
                    "date",
                ),
                "live_status",
                "submitted_by_id",
                "verified_by_id",
                "verified_date",
            ),
            scope,
            pages=self._paper_pages,
        )

    @api.model
    def _paper_end(self, paper):
        return self.env._("Long-term") if paper.is_long_term else paper.expiry_date

    @api.model
    def _paper_pages(self, paper):
        label = f"{paper.type_id.name} {paper.number or ''}".strip()
        folder = (paper.holder_name, f"{label} v{paper.version}")
        return self._pages(paper.attachment_ids), folder

    @api.model
    def _section_persons(self, record, related, scope):
        domain = related.get("pharma.person")
        return domain and self._section_of(
            "persons",
            self.env._("Authorised Persons"),
            "pharma.person",
            domain,
            (
                "name",
                "role",
                "phone",
                "id_number",
                "scope_ids",
                "product_tmpl_ids",
                "state_ids",
                Column(self.env._("Letter Valid Through"), self._letter_end, "date"),
                "live_status",
            ),
            scope,
        )

    @api.model
    def _letter_end(self, person):
        """The last day of the latest verified letter (FA-07)."""
        letters = person.document_ids.filtered(
            lambda paper: paper.type_id.code == "LETTER" and paper.state == "verified"
        )
        return max(filter(None, letters.mapped("expiry_date")), default=None)

    @api.model
    def _section_banks(self, record, related, scope):
        """Accounts and who confirmed them (CS-33)."""
        domain = related.get("res.partner.bank")
        return domain and self._section_of(
            "banks",
            self.env._("Bank Accounts"),
            "res.partner.bank",
            domain,
            (
                "acc_number",
                "bank_id",
                "acc_holder_name",
                "pharma_qa_user_id",
                "pharma_finance_user_id",
                "pharma_is_verified",
            ),
            scope,
        )

    @api.model
    def _section_purchases(self, record, related, scope):
        if record._name in ORDERS:
            return None
        return self._section_of(
            "purchases",
            self.env._("Purchase Orders"),
            "purchase.order",
            related["purchase.order"],
            (
                "name",
                self._column("purchase.order", "date_order", self.env._("Ordered on")),
                "partner_id",
                "user_id",
                "amount_total",
                "receipt_status",
                "invoice_status",
                "state",
            ),
            scope,
            dated="date_order",
            order="date_order desc, id desc",
        )

    @api.model
    def _section_sales(self, record, related, scope):
        if record._name in ORDERS:
            return None
        return self._section_of(
            "sales",
            self.env._("Sale Orders"),
            "sale.order",
            related["sale.order"],
            (
                "name",
                "date_order",
                "partner_id",
                "user_id",
                "amount_total",
                "delivery_status",
                "invoice_status",
                "state",
            ),
            scope,
            dated="date_order",
            order="date_order desc, id desc",
        )

    @api.model
    def _section_receipts(self, record, related, scope):
        title = self.env._("Receipts")
        return self._goods("receipts", title, "incoming", record, related, scope)

    @api.model
    def _section_deliveries(self, record, related, scope):
        title = self.env._("Deliveries")
        return self._goods("deliveries", title, "outgoing", record, related, scope)

    @api.model
    def _goods(self, code, title, direction, record, related, scope):
        """Movements across the door with their lots, returns among them."""
        return self._section_of(
            code,
            title,
            "stock.move",
            related["stock.move"]
            & Domain("picking_id", "!=", False)
            & Domain("picking_type_id.code", "=", direction),
            (
                "picking_id",
                self._column("stock.move", "date", self.env._("Date")),
                Column(self.env._("Partner"), self._transfer_partner),
                "product_id",
                "product_uom_qty",
                "quantity",
                "product_uom",
                Column(self.env._("Lots"), self._lots),
                "origin",
                "state",
            ),
            scope,
            dated="date",
            order="date desc, id desc",
            opens=lambda move: move.picking_id,
        )

    @api.model
    def _transfer_partner(self, move):
        return move.picking_id.partner_id.display_name

    @api.model
    def _lots(self, move):
        """Such as «A1 × 20、A2 × 5»."""
        quantities = {}
        for line in move.move_line_ids:
            name = line.lot_id.name or line.lot_name
            if name:
                quantities[name] = quantities.get(name, 0) + line.quantity
        return "、".join(
            f"{name} × {cell_text(quantity)}" for name, quantity in quantities.items()
        )

    @api.model
    def _section_invoices(self, record, related, scope):
        return self._section_of(
            "invoices",
            self.env._("Invoices"),
            "account.move",
            related["account.move"],
            (
                "name",
                "move_type",
                self._column("account.move", "date", self.env._("Date")),
                "commercial_partner_id",
                "invoice_origin",
                "ref",
                "amount_total",
                "payment_state",
                "state",
            ),
            scope,
            dated="date",
            order="date desc, id desc",
        )

    @api.model
    def _section_payments(self, record, related, scope):
        return self._section_of(
            "payments",
            self.env._("Payments"),
            "account.payment",
            related["account.payment"],
            (
                "name",
                "payment_type",
                "date",
                "partner_id",
                "partner_bank_id",
                "pharma_payer_id",
                Column(self.env._("Settles"), self._settled),
                "amount",
                "state",
            ),
            scope,
            dated="date",
            order="date desc, id desc",
        )

    @api.model
    def _settled(self, payment):
        invoices = payment.reconciled_invoice_ids | payment.reconciled_bill_ids
        return "、".join(name for name in invoices.mapped("name") if name)

    @api.model
    def _section_refusals(self, record, related, scope):
        return self._section_of(
            "refusals",
            self.env._("Refusals of the Gate"),
            "pharma.gate.event",
            self._about("pharma.gate.event", "res_model", "res_id", record, related),
            ("date", "document_name", "operation", "result", "user_id", "summary"),
            scope,
            dated="date",
        )

    @api.model
    def _section_overrides(self, record, related, scope):
        model = "pharma.gate.override"
        return self._section_of(
            "overrides",
            self.env._("Overrides"),
            model,
            self._about(model, "target_model", "target_id", record, related),
            (
                self._column(model, "create_date", self.env._("Requested on")),
                "check_id",
                "target_name",
                "sentence",
                "reason",
                "requested_by_id",
                "decided_by_id",
                "decided_date",
                "valid_to",
                "state",
            ),
            scope,
            dated="create_date",
        )

    @api.model
    def _about(self, model, model_field, id_field, record, related):
        """Rows of a model that point at the record or at any document of it."""
        domains = {
            name: related[name]
            for name in (*ORDERS, "account.move", "account.payment")
            if name in related
        }
        domains["stock.picking"] = Domain("move_ids", "any", related["stock.move"])
        domains.setdefault(record._name, Domain("id", "=", record.id))
        pointing = Domain.OR(
            Domain(model_field, "=", name) & Domain(id_field, "in", ids)
            for name, domain in domains.items()
            if (ids := self.env[name]._search(domain).get_result_ids())
        )
        return pointing | related.get(model, Domain.FALSE)
