from odoo import models


class PharmaReviewed(models.AbstractModel):
    """Master data a first approval vouches for: a real change reopens the file.

    FA-04 and FA-13. The inheriting model has ``pharma_dossier_ids``.
    """

    _name = "pharma.reviewed"
    _description = "Master Data under First Approval"
    _inherit = "pharma.changing"

    _reviewed_fields = frozenset()

    def write(self, vals):
        changes = self._changes(vals, self._reviewed_fields)
        result = super().write(vals)
        for record, names in changes.items():
            record.pharma_dossier_ids._reopen_for_change(names)
        return result
