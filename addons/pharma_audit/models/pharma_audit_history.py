from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import format_date, format_datetime

PAGE = 80
MASK = "•••"
# So many links are named before "and n more".
NAMED_LINKS = 20
# How an event that isn't a change of a row is told.
TITLES_OF_ROWS = {"create", "update", "delete", "add", "remove"}


class PharmaAuditEntry(models.Model):
    """The trail in words: what an entry says to somebody who knows no table."""

    _inherit = "pharma.audit.entry"

    @api.model
    def get_history(self, model, res_id, before_id=None):
        """What happened to a record and to what belongs to it, newest first.

        Whoever may read the record may read its history, except for fields and rows
        kept from her. Steps of one transaction stand together.

        :param before_id: go on with entries older than this one
        :return: {"name", "steps": [{"id", "date", "user", "origin", "source", "rows":
            [{"what", "lines": [{"label", "old", "new"}]}]}], "more": bool}
        :raise AccessError: when the record may not be read
        """
        self._check_may_see(model, res_id)
        domain = self._search_about(model, [res_id])
        if before_id:
            domain &= fields.Domain("id", "<", before_id)
        # sudo: the right was checked above; rows and fields are sifted below.
        entries = self.sudo().search(domain, limit=PAGE + 1)
        page = entries[:PAGE]
        name = self._names({(model, res_id)}).get((model, res_id), "")
        return {
            "name": name,
            "steps": self._steps(page, model, res_id),
            "more": len(entries) > PAGE,
            "last_id": page[-1:].id,
        }

    @api.model
    def _check_may_see(self, model, res_id):
        is_viewer = self.env.user.has_group("pharma_audit.pharma_audit_group_viewer")
        record = self.env[model].browse(res_id) if model in self.env else None
        if record is not None and record.exists():
            record.check_access("read")
        elif not is_viewer or not self._is_of_own_company(model, res_id):
            raise AccessError(
                self.env._(
                    "The record was deleted. Its history is shown to those who may "
                    "read the whole trail."
                )
            )

    @api.model
    def _is_of_own_company(self, model, res_id):
        """Of a deleted record: whether its last company is one of the reader's.

        Links that go with a record are of no company, so its own deletion is asked.
        """
        domain = [
            ("res_model", "=", model),
            ("res_id", "=", res_id),
            ("operation", "=", "delete"),
        ]
        # sudo: asked only to refuse.
        last = self.sudo().search(domain, limit=1)
        return not last.company_id or last.company_id in self.env.companies

    @api.model
    def _steps(self, entries, model, res_id):
        """The entries as steps, one for each transaction of one user."""
        readable = self._readable(entries, model, res_id)
        described = dict(zip(readable, self._describe(readable), strict=True))
        operations = dict(self._fields["operation"]._description_selection(self.env))
        origins = dict(self._fields["origin"]._description_selection(self.env))
        names = self._names({(e.res_model, e.res_id) for e in readable if e.res_id})
        labels = self.env["pharma.audit.table"]._labels(readable.mapped("res_model"))
        steps = defaultdict(list)
        for entry in readable:
            steps[entry.txid, entry.user_id].append(entry)
        return [
            {
                "id": entries[0].id,
                "date": format_datetime(self.env, entries[0].date),
                "user": user.name or self.env._("nobody known"),
                "origin": origins.get(entries[0].origin, entries[0].origin),
                "is_suspicious": entries[0].origin == "sql",
                "source": entries[0].source or "",
                "rows": [
                    {
                        "id": entry.id,
                        "operation": entry.operation,
                        "what": entry._row_title(
                            model, res_id, names, labels, operations
                        ),
                        "note": entry.note or "",
                        "lines": described[entry],
                    }
                    for entry in entries
                    if described[entry] or entry.operation not in TITLES_OF_ROWS
                ],
            }
            for (_txid, user), entries in steps.items()
        ]

    def _row_title(self, model, res_id, names, labels, operations):
        title = operations.get(self.operation, self.operation)
        if (self.res_model, self.res_id) == (model, res_id):
            return title
        what = labels.get(self.res_model, self.res_model)
        name = names.get((self.res_model, self.res_id)) or f"#{self.res_id}"
        return f"{title}: {what} {name}"

    @api.model
    def _readable(self, entries, model, res_id):
        """Without rows of other companies and rows the reader may not read."""
        companies = self.env.companies
        ids_of = defaultdict(set)
        for entry in entries:
            ids_of[entry.res_model].add(entry.res_id)
        hidden = {
            (name, number)
            for name, ids in ids_of.items()
            for number in self._hidden_ids(name, ids)
        }
        return entries.filtered(
            lambda e: (
                (not e.company_id or e.company_id in companies)
                and (
                    (e.res_model, e.res_id) == (model, res_id)
                    or (e.res_model, e.res_id) not in hidden
                )
            )
        )

    @api.model
    def _hidden_ids(self, model, ids):
        """Those the reader may not read; deleted ones are as open as their model."""
        if model not in self.env or not self.env[model].has_access("read"):
            return ids
        records = self.env[model].browse(ids).exists()
        return set(records.ids) - set(records._filtered_access("read").ids)

    @api.model
    def _describe(self, entries):
        """For each entry a list of {"label", "old", "new", "text"}.

        Names of the records that values point at are looked up in one go a model.
        """
        names = self._names(set(self._references(entries)))
        return [list(self._describe_one(entry, names)) for entry in entries]

    @api.model
    def _references(self, entries):
        for entry in entries:
            for column, pair in self._visible_changes(entry):
                field = self._field_of(entry, column)
                if field is not None and field.type in ("many2one", "many2many"):
                    for value in pair:
                        value = self._value_of_company(field, value)
                        if isinstance(value, int):
                            yield field.comodel_name, value

    @api.model
    def _visible_changes(self, entry):
        """Column and [old, new], without what the reader may not see."""
        if entry.operation not in TITLES_OF_ROWS or entry.res_model not in self.env:
            return
        model = self.env[entry.res_model]
        is_whole_row = entry.operation in ("create", "delete")
        for column, pair in (entry.changes or {}).items():
            if column == "id" or (is_whole_row and not any(pair)):
                continue  # what is empty or zero says nothing about a new row
            field = self._field_of(entry, column)
            if field is None or model._has_field_access(field, "read"):
                yield column, pair

    @api.model
    def _field_of(self, entry, column):
        return self.env[entry.res_model]._fields.get(column)

    @api.model
    def _describe_one(self, entry, names):
        for column, (old, new) in self._visible_changes(entry):
            field = self._field_of(entry, column)
            old_text = self._words(entry, field, old, names)
            new_text = self._words(entry, field, new, names)
            if old_text == new_text and MASK not in old_text:
                continue
            label = (
                field.get_description(self.env, ["string"])["string"]
                if field
                else column
            )
            yield {
                "label": label,
                "old": old_text,
                "new": new_text,
                "text": self._arrow(entry.operation, old_text, new_text),
            }

    @api.model
    def _arrow(self, operation, old, new):
        if operation in ("create", "add"):
            return new
        if operation in ("delete", "remove"):
            return old
        return f"{old or '–'} → {new or '–'}"

    @api.model
    def _words(self, entry, field, value, names):
        """A stored value as a person reads it."""
        if value is None or value == "":
            return ""
        if isinstance(value, dict) and value.keys() == {"length", "sha256"}:
            return self.env._(
                "%(length)s characters, digest %(digest)s…",
                length=value["length"],
                digest=value["sha256"][:12],
            )
        value = self._value_of_company(field, value)
        teller = getattr(self, f"_words_{field.type}", None) if field else None
        if value is None or value is False and field and field.type != "boolean":
            return ""
        return teller(field, value, names) if teller else str(value)

    @api.model
    def _value_of_company(self, field, value):
        """Of a value each company has its own of: that of the reader's company."""
        if isinstance(value, dict) and field is not None and field.company_dependent:
            return value.get(str(self.env.company.id))
        return value

    def _words_many2one(self, field, value, names):
        return names.get((field.comodel_name, value)) or f"#{value}"

    def _words_many2many(self, field, value, names):
        return self._words_many2one(field, value, names)

    def _words_boolean(self, field, value, names):
        return self.env._("yes") if value else self.env._("no")

    def _words_selection(self, field, value, names):
        return dict(field._description_selection(self.env)).get(value, str(value))

    def _words_date(self, field, value, names):
        return format_date(self.env, value)

    def _words_datetime(self, field, value, names):
        moment = fields.Datetime.to_datetime(value.replace("T", " ")[:19])
        return format_datetime(self.env, moment)

    def _words_float(self, field, value, names):
        return f"{value:.15g}" if isinstance(value, float) else str(value)

    def _words_monetary(self, field, value, names):
        return self._words_float(field, value, names)

    def _words_jsonb(self, value):
        if isinstance(value, dict):
            lang = self.env.lang or "en_US"
            return str(value.get(lang) or value.get("en_US") or value)
        return str(value)

    def _words_char(self, field, value, names):
        return self._words_jsonb(value)

    def _words_text(self, field, value, names):
        return self._words_jsonb(value)

    def _words_html(self, field, value, names):
        return self._words_jsonb(value)

    @api.model
    def _names(self, keys):
        """{(model, id): display name}; of deleted records the last name known.

        :param keys: set of (model, id)
        """
        by_model = defaultdict(list)
        for model, res_id in keys:
            if model in self.env:
                by_model[model].append(res_id)
        names = {}
        for model, ids in by_model.items():
            # sudo: the trail names records; opening one asks for the right to it.
            records = self.env[model].sudo().browse(ids).exists()
            # A name may need a record that is gone; the id then has to do.
            names |= {(model, r.id): r.display_name for r in records}
            names |= self._last_names(model, set(ids) - set(records.ids))
        return names

    @api.model
    def _last_names(self, model, ids):
        """What deleted records were called, from the entry of their deletion."""
        column = self.env[model]._rec_name
        if not ids or not column:
            return {}
        # sudo: as above.
        gone = self.sudo().search(
            [
                ("res_model", "=", model),
                ("res_id", "in", list(ids)),
                ("operation", "=", "delete"),
            ]
        )
        found = {}
        for entry in gone:
            name = (entry.changes or {}).get(column, [None])[0]
            if isinstance(name, dict):
                name = self._words_jsonb(name)
            found[model, entry.res_id] = self.env._(
                "%s (deleted)", name or f"#{entry.res_id}"
            )
        return found
