from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

from ..tools import correction
from ..tools.text import to_half_width


class PharmaCorrectable(models.AbstractModel):
    """What a correction needs to know of a record: rows, words, values, execution.

    Values travel as JSON: dates as text, links as numbers. Words are for people.
    """

    _name = "pharma.correctable"
    _description = "Record that Can Be Corrected"
    _inherit = "pharma.changing"

    # What is locked once the record is posted.
    _posted_fields = frozenset()
    # Of these, what a change request may change, in the order people are asked.
    _correctable_fields = ()

    # Which records

    def _correction_rows(self):
        """The records whose fields this document shows and lets correct, itself first.

        :rtype: list of single records
        """
        return [self]

    def _correction_fields(self):
        """Names of what may be corrected in this record now."""
        return self._correctable_fields

    def _correction_document(self):
        """The document this record is a row of."""
        return self

    def _row_name(self):
        """How a row is called within its document."""
        return self.display_name

    def _posted_name(self):
        document = self._correction_document()
        if document == self:
            return self.display_name
        return f"{document.display_name}, {self._row_name()}"

    def _posted_date(self):
        """When the document was posted, if it says so."""
        return False

    # Values

    def _field_label(self, name):
        return self._fields[name]._description_string(self.env)

    def _differs(self, name, value, other):
        return self._comparable(name, value) != self._comparable(name, other)

    def _value_as_json(self, name):
        """The present value, typed: {"type": ..., "value": ...}."""
        field, value = self._fields[name], self[name]
        if field.type == "many2one":
            value = value.id or False
        elif field.type == "many2many":
            value = value.ids
        elif field.type in ("date", "datetime"):
            value = field.to_string(value) if value else False
        return {"type": field.type, "value": value}

    def _value_in_words(self, name, value=None):
        """A value (the present one if none is given) as people read it."""
        field = self._fields[name]
        value = self[name] if value is None else self._value_from_json(name, value)
        if field.type in ("many2one", "many2many"):
            return "、".join(value.mapped("display_name"))
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, "")
        if field.type == "boolean":
            return self.env._("Yes") if value else self.env._("No")
        if field.type == "datetime" and value:
            value = fields.Datetime.context_timestamp(self, value)
        return correction.in_words(field.type, value)

    def _value_to_write(self, name, value):
        """A value from JSON as ``write`` takes it."""
        if self._fields[name].type == "many2many":
            return [Command.set(value or [])]
        return value

    def _value_from_json(self, name, value):
        field = self._fields[name]
        if field.type in ("many2one", "many2many"):
            return self.env[field.comodel_name].browse(value or [])
        if field.type in ("date", "datetime"):
            reader = fields.Date if field.type == "date" else fields.Datetime
            return getattr(reader, f"to_{field.type}")(value)
        return value

    # What was typed

    def _parse_correction(self, name, text):
        """The new value somebody typed, as JSON.

        :raise UserError: one sentence, when it can't be understood or isn't possible
        """
        field = self._fields[name]
        choices = (
            field._description_selection(self.env) if field.type == "selection" else ()
        )
        try:
            value = correction.parse(field.type, text, choices, self.env.tz)
        except correction.Unreadable as unreadable:
            raise UserError(self._unreadable_sentence(unreadable)) from unreadable
        if field.type in ("many2one", "many2many"):
            value = self._named(name, value)
        elif field.type in ("date", "datetime") and value:
            value = field.to_string(value)
        self._check_correction(name, value)
        return value

    def _check_correction(self, name, value):
        """Refuse what can't be a correction of this field."""
        field = self._fields[name]
        if not value and field.required and field.type not in ("float", "integer"):
            raise UserError(
                self.env._("%s can't be empty.", self._field_label(name)),
            )
        if field.type in ("float", "integer", "monetary") and value < 0:
            raise UserError(
                self.env._("%s can't be negative.", self._field_label(name))
            )
        if not self._is_changing(name, self._value_to_write(name, value)):
            raise UserError(
                self.env._("This is the present value already: leave it empty.")
            )

    def _unreadable_sentence(self, unreadable):
        sentences = {
            "number": self.env._("«%s» is no number.", unreadable.text),
            "date": self.env._(
                "«%s» is no date. Write it as 2026-07-31.", unreadable.text
            ),
            "datetime": self.env._(
                "«%s» is no date with time. Write it as 2026-07-31 14:30.",
                unreadable.text,
            ),
            "choice": self.env._(
                "«%(text)s» is none of: %(choices)s.",
                text=unreadable.text,
                choices="、".join(unreadable.choices),
            ),
            "boolean": self.env._("«%s» is neither yes nor no.", unreadable.text),
            "type": self.env._("This field can't be corrected by a request."),
        }
        return sentences[unreadable.expected]

    def _named(self, name, names):
        """Id(s) of the records called exactly so."""
        field = self._fields[name]
        ids = [self._called(name, text).id for text in names]
        if field.type == "many2many":
            return ids
        return ids[0] if ids else False

    def _called(self, name, text):
        comodel = self.env[self._fields[name].comodel_name]
        names = {text, to_half_width(text)}
        found = comodel.search(
            Domain.OR(Domain("display_name", "=", called) for called in names)
            & self._correction_domain(name)
        )
        exact = found.filtered(
            lambda record: names & {record.display_name, record[record._rec_name]}
        )
        if len(exact) == 1:
            return exact
        if exact:
            raise UserError(
                self.env._(
                    "%(count)s records of %(field)s are called «%(name)s».",
                    count=len(exact),
                    field=self._field_label(name),
                    name=text,
                )
            )
        raise UserError(
            self.env._(
                "No record of %(field)s is called exactly «%(name)s».",
                field=self._field_label(name),
                name=text,
            )
        )

    def _correction_domain(self, name):
        """Among which records a new link is looked for."""
        comodel = self.env[self._fields[name].comodel_name]
        if "company_id" not in comodel._fields or "company_id" not in self._fields:
            return Domain.TRUE
        return Domain("company_id", "in", [False, *self.company_id.ids])

    # Execution

    def _apply_correction(self, values):
        """Write the approved values; core's own recomputations follow."""
        self.write(values)

    def _recheck_correction(self, lines):
        """What must hold after a correction, where no constraint asks by itself.

        :param lines: ``pharma.change.request.line`` just executed
        """

    def _snapshot(self):
        """The document in words, row by row, for ``pharma.record.version``."""
        return [
            {
                "model": row._name,
                "id": row.id,
                "name": row._row_name(),
                "cells": [
                    {
                        "field": name,
                        "label": row._field_label(name),
                        "text": row._value_in_words(name),
                    }
                    for name in row._snapshot_fields()
                ],
            }
            for row in self._correction_rows()
        ]

    def _snapshot_fields(self):
        """What people correct comes first, then whatever else is locked."""
        others = sorted(self._posted_fields - {*self._correctable_fields})
        return [*self._correctable_fields, *others]

    def _is_derived(self, name):
        """Whether core computes the field, so that it moves with what is corrected."""
        field = self._fields[name]
        return bool(field.compute and field.readonly) or name in self._posted_follows
