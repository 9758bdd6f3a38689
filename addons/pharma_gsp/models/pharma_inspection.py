from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.fields import Domain

from ..tools.inspection import Scope, shown_cell, shown_section

READER = "pharma_gsp.pharma_gsp_group_reader"
SCREEN_ROWS = 80
FOUND_ROWS = 8
# Going to a record and back again is one visit.
VISIT = timedelta(minutes=10)


class PharmaInspection(models.AbstractModel):
    """All about one partner, drug or order, on one screen and in one zip (CS-34).

    Add-ons above inherit this model and extend it at three places:

    * ``_inspect_<model>(record)`` makes records of a model inspectable. It returns
      ``{model: Domain}``, what belongs to the record; ``_facts_<model>(record)``
      returns ``(label, value)`` pairs for its first section.
    * ``_section_builders()`` names methods ``(record, related, scope)`` that return a
      ``tools.inspection.Section``, or None where it says nothing about such a record.
    * ``_log_inspection(record, action, scope)`` hears of each opening and export.

    All is read with the rights of the user: what she may not read isn't shown.
    """

    _name = "pharma.inspection"
    _description = "Inspection"

    @api.model
    def action_open(self, res_model, res_id, since=None, until=None):
        """What the screen shows of a record.

        :param since: first day as ISO text; empty for no limit; so is ``until``
        :raise AccessError: if the user may not inspect, or not read this record
        """
        scope = self._scope(since, until, SCREEN_ROWS)
        record = self._subject(res_model, res_id)
        self._log_inspection(record, "open", scope)
        inspection = record.env["pharma.inspection"]
        return {
            "model": record._name,
            "id": record.id,
            "name": record.display_name,
            "kind": inspection._model_name(record._name),
            "badges": [shown_cell(badge) for badge in inspection._badges(record)],
            "company_ids": self.env.companies.ids,
            "has_period": not inspection._is_one_deal(record),
            "sections": [
                shown_section(section)
                for section in inspection._sections(record, scope)
            ],
        }

    @api.model
    @api.readonly
    def action_search(self, text):
        """Records whose name or number contains a text, grouped by model."""
        self = self._for_inspector()
        text = (text or "").strip()
        if not text:
            return []
        groups = [
            (model, self.env[model].search(domain, limit=FOUND_ROWS + 1))
            for model, domain in self._search_domains(text).items()
        ]
        return [
            {
                "model": model,
                "name": self._model_name(model),
                "is_cut": len(records) > FOUND_ROWS,
                "records": [
                    {
                        "id": record.id,
                        "name": record.display_name,
                        "detail": self._search_detail(record),
                    }
                    for record in records[:FOUND_ROWS]
                ],
            }
            for model, records in groups
            if records
        ]

    @api.model
    def _for_inspector(self):
        """Only who reads orders, stock and accounts anyway; archived records too."""
        if not self.env.user.has_group(READER):
            raise AccessError(
                self.env._(
                    "Only auditors, the quality department and the heads inspect. Ask "
                    "one of them to show you this."
                )
            )
        lang = self.env.context.get("lang") or self.env.user.lang
        return self.with_context(active_test=False, lang=lang)

    @api.model
    def _scope(self, since, until, limit):
        try:
            since, until = map(fields.Date.to_date, (since or None, until or None))
        except (TypeError, ValueError) as error:
            raise UserError(
                self.env._("A day reads like 2026-06-30. Choose the period again.")
            ) from error
        if since and until and since > until:
            raise UserError(
                self.env._("The period ends before it starts. Choose it again.")
            )
        return Scope(since, until, limit)

    @api.model
    def _subject(self, model, res_id):
        """The record to inspect, checked; of a contact it is the company."""
        inspection = self._for_inspector()
        if not inspection._is_inspectable(model) or not isinstance(res_id, int):
            raise UserError(
                self.env._(
                    "Such records aren't inspected. Open a company, a drug or an order."
                )
            )
        return inspection._readable(model, res_id)

    @api.model
    def _readable(self, model, res_id):
        """The record somebody chose, if he may read it; of a contact it is the company.

        :raise MissingError: when it is gone
        :raise AccessError: when he may not
        """
        record = self.env[model].browse(res_id).exists()
        if not record:
            raise MissingError(
                self.env._("This record doesn't exist any more. Search it again.")
            )
        record.check_access("read")
        if model == "res.partner":
            record = record.commercial_partner_id
            record.check_access("read")
        return record

    @api.model
    def _is_inspectable(self, model):
        return (
            isinstance(model, str)
            and model in self.env
            and hasattr(self, self._hook("inspect", model))
        )

    @api.model
    def _is_one_deal(self, record):
        """Shown as a whole, whatever the period: an order begins and ends."""
        return record._name in ("purchase.order", "sale.order")

    @api.model
    def _hook(self, verb, model):
        return f"_{verb}_{model.replace('.', '_')}"

    @api.model
    def _model_name(self, model):
        """What the user calls records of a model."""
        return {
            "res.partner": self.env._("Company"),
            "product.template": self.env._("Drug"),
            "purchase.order": self.env._("Purchase Order"),
            "sale.order": self.env._("Sale Order"),
        }.get(model, self.env[model]._description)

    @api.model
    def _search_domains(self, text):
        """{model: Domain} in the order of the results."""

        def contains(*names):
            return Domain.OR(Domain(name, "ilike", text) for name in names)

        return {
            "res.partner": contains("name", "uscc")
            & Domain("parent_id", "=", False)
            & Domain("is_company", "=", True),
            "product.template": contains(
                "name",
                "generic_name",
                "trade_name",
                "approval_number",
                "national_drug_code",
                "default_code",
            ),
            "purchase.order": contains("name", "partner_ref"),
            "sale.order": contains("name", "client_order_ref"),
        }

    @api.model
    def _search_detail(self, record):
        """What tells two records of one name apart."""
        names = {
            "res.partner": ("uscc", "city"),
            "product.template": ("approval_number", "strength", "pack_spec"),
            "purchase.order": ("partner_id", "date_order"),
            "sale.order": ("partner_id", "date_order"),
        }.get(record._name, ())
        texts = (self._field_text(record, name) for name in names)
        return " · ".join(filter(None, texts))

    @api.model
    def _sections(self, record, scope):
        """Every section about a record, in order."""
        related = getattr(self, self._hook("inspect", record._name))(record)
        if self._is_one_deal(record):
            scope = Scope(limit=scope.limit)
        built = (
            getattr(self, name)(record, related, scope)
            for name in self._section_builders()
        )
        return [section for section in built if section]

    @api.model
    def _section_builders(self):
        """Names of the methods that build sections, in the order of the screen."""
        return [
            "_section_facts",
            "_section_lines",
            "_section_dossiers",
            "_section_papers",
            "_section_persons",
            "_section_banks",
            "_section_purchases",
            "_section_receipts",
            "_section_sales",
            "_section_deliveries",
            "_section_invoices",
            "_section_payments",
            "_section_refusals",
            "_section_overrides",
        ]

    @api.model
    def _log_inspection(self, record, action, scope):
        """Leave a note on the record; an audit trail hooks in here as well.

        :param action: "open" or "export"
        """
        if "message_ids" not in record._fields:
            return
        sentence = {
            "open": self.env._("Inspected: all papers and trade shown."),
            "export": self.env._("Inspected: all papers and trade exported as zip."),
        }[action]
        body = f"{sentence} {scope}".strip()
        # sudo: auditors change nothing, but that they looked is written down.
        record = record.sudo()
        if action == "export" or not self._is_same_visit(record, body):
            record._message_log(body=body, author_id=self.env.user.partner_id.id)

    @api.model
    def _is_same_visit(self, record, body):
        last = record.env["mail.message"].search(
            [
                ("model", "=", record._name),
                ("res_id", "=", record.id),
                ("author_id", "=", self.env.user.partner_id.id),
                ("body", "ilike", body),
            ],
            order="id desc",
            limit=1,
        )
        return bool(last) and fields.Datetime.now() - last.date < VISIT
