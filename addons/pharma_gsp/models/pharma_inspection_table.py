from odoo import api, models
from odoo.fields import Domain

from ..tools.inspection import Column, Money, Page, Row, Section, Status, cell_text

# How a state strikes the eye, whichever record it is of; others are plain text.
TONES = {
    "success": (
        "active approved done granted paid posted purchase reversed sale usable valid "
        "validated verified"
    ),
    "danger": "expired refused rejected suspended terminated unusable not_paid",
    "warning": "change due partial overridden quarantined warned",
    "info": "assigned confirmed in_payment in_process requested review sent waiting",
    "secondary": "cancel canceled draft superseded void withdrawn",
}
TONE_OF = {value: tone for tone, values in TONES.items() for value in values.split()}
KINDS = {
    "date": "date",
    "datetime": "moment",
    "float": "number",
    "integer": "number",
    "monetary": "money",
}


class PharmaInspection(models.AbstractModel):
    """Tables out of fields: labels, kinds and words come from the models themselves."""

    _inherit = "pharma.inspection"

    @api.model
    def _section_of(self, code, title, model, domain, columns, scope, **options):
        """A section of the records in a domain, the newest first.

        :param columns: field names, or Columns for what no field says
        :param options: ``dated`` names the field the period is about (none: all count),
            ``order`` the order, ``opens`` gives the record a row opens, ``pages`` its
            files as ``(pages, folder)``
        """
        if options.get("dated"):
            domain &= self._period_domain(model, options["dated"], scope)
        found = self.env[model].search(
            domain, limit=scope.limit, order=options.get("order")
        )
        is_cut = scope.limit and len(found) == scope.limit
        total = self.env[model].search_count(domain) if is_cut else len(found)
        columns = tuple(
            self._column(model, column) if isinstance(column, str) else column
            for column in columns
        )
        rows = tuple(self._row(record, columns, options) for record in found)
        return Section(code, title, columns, rows, total)

    @api.model
    def _row(self, record, columns, options):
        opened = options["opens"](record) if "opens" in options else record
        pages, folder = options["pages"](record) if "pages" in options else ((), ())
        return Row(
            cells=tuple(column.read(record) for column in columns),
            model=opened._name if opened else "",
            id=opened.id if opened else 0,
            pages=pages,
            folder=folder,
        )

    @api.model
    def _period_domain(self, model, name, scope):
        """Records whose field lies in the period; a day is a day of China."""
        if self.env[model]._fields[name].type == "datetime":
            first, after = scope.moments
            bounds = ((">=", first), ("<", after))
        else:
            bounds = ((">=", scope.since), ("<=", scope.until))
        return Domain.AND(
            Domain(name, operator, bound) for operator, bound in bounds if bound
        )

    @api.model
    def _column(self, model, name, label=None):
        """A column of a field of a model."""
        field = self.env[model]._fields[name]
        return Column(
            label or field._description_string(self.env),
            self._reader(field),
            KINDS.get(field.type, "text"),
        )

    @api.model
    def _reader(self, field):
        """record → value of the field as a cell shows it"""
        name = field.name
        if field.type == "selection":
            return self._selection_reader(field)
        if field.type == "monetary":
            currency = field.get_currency_field(self.env[field.model_name])
            return lambda record: Money(record[name], record[currency].symbol or "")
        if field.type == "boolean":
            words = {True: self.env._("Yes"), False: self.env._("No")}
            return lambda record: words[record[name]]
        if field.type == "many2one":
            return lambda record: record[name].display_name or ""
        if field.relational:
            return lambda record: "、".join(record[name].mapped("display_name"))
        if field.type in ("float", "integer"):
            return lambda record: record[name]
        return lambda record: record[name] or None

    @api.model
    def _selection_reader(self, field):
        labels = dict(field._description_selection(self.env))

        def read(record):
            value = record[field.name]
            label = labels.get(value)
            tone = TONE_OF.get(value)
            return Status(label, tone) if label and tone else label

        return read

    @api.model
    def _facts(self, record, names):
        """(label, value) pairs of fields that say something."""
        columns = (self._column(record._name, name) for name in names)
        return [
            (column.label, value)
            for column in columns
            if (value := column.read(record)) not in (None, "", 0)
        ]

    @api.model
    def _field_text(self, record, name):
        return cell_text(self._column(record._name, name).read(record))

    @api.model
    def _pages(self, attachments):
        """In the order they were scanned."""
        return tuple(
            Page(page.id, page.name, page.mimetype or "")
            for page in attachments.sorted("id")
        )
