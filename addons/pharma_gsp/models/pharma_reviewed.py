from odoo import models


class PharmaReviewed(models.AbstractModel):
    """Master data a first approval vouches for: a real change reopens the file.

    FA-04 and FA-13. The inheriting model has ``pharma_dossier_ids``.
    """

    _name = "pharma.reviewed"
    _description = "Master Data under First Approval"

    _reviewed_fields = frozenset()

    def write(self, vals):
        changes = self._reviewed_changes(vals)
        result = super().write(vals)
        for record, names in changes.items():
            record.pharma_dossier_ids._reopen_for_change(names)
        return result

    def _reviewed_changes(self, vals):
        """{record: names of reviewed fields that ``vals`` really changes}."""
        names = sorted(self._reviewed_fields & vals.keys())
        changes = {
            record: [name for name in names if record._is_changing(name, vals[name])]
            for record in (self if names else ())
        }
        return {record: changed for record, changed in changes.items() if changed}

    def _is_changing(self, name, value):
        field = self._fields[name]
        if field.type == "many2many":
            draft = self.new({name: value}, origin=self)
            return set(draft[name]._origin.ids) != set(self[name].ids)
        return field.convert_to_cache(value, self) != field.convert_to_cache(
            self[name], self
        )
