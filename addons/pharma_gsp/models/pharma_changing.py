from odoo import models


class PharmaChanging(models.AbstractModel):
    """A record that knows what a write would really change.

    Forms and imports write unchanged values again; those are nobody's business.
    """

    _name = "pharma.changing"
    _description = "Record that Knows its Changes"

    def _changes(self, vals, names):
        """{record: those of ``names`` that ``vals`` really changes}."""
        names = sorted(names & vals.keys())
        changes = {
            record: [name for name in names if record._is_changing(name, vals[name])]
            for record in (self if names else ())
        }
        return {record: changed for record, changed in changes.items() if changed}

    def _is_changing(self, name, value):
        return self._comparable(name, value) != self._comparable(name, self[name])

    def _comparable(self, name, value):
        """A value in the one form in which equal values are equal."""
        field = self._fields[name]
        if field.type in ("many2many", "one2many"):
            draft = self.new({name: value}, origin=self)
            return frozenset(draft[name]._origin.ids)
        value = field.convert_to_cache(value, self)
        return None if value == "" else value
