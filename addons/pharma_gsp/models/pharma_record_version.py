from odoo import api, fields, models
from odoo.fields import Domain

from ..tools import correction


class PharmaRecordVersion(models.Model):
    """A posted document as it stood: 1 as it was posted, then one per correction.

    Kept in words, so that every version stays readable whatever becomes of the record
    (CS-20).
    """

    _name = "pharma.record.version"
    _description = "Version of a Posted Record"
    _inherit = ["pharma.append.only", "pharma.about"]
    _order = "res_model, res_id, version desc"

    version = fields.Integer(required=True, readonly=True)
    date = fields.Datetime("Since", readonly=True)
    request_id = fields.Many2one(
        "pharma.change.request", "Change Request", readonly=True, index=True
    )
    reason = fields.Text(readonly=True)
    requested_by_id = fields.Many2one("res.users", "Requested by", readonly=True)
    approved_by_id = fields.Many2one("res.users", "Approved by", readonly=True)
    snapshot = fields.Json(required=True, readonly=True)
    changes = fields.Json(readonly=True)
    changes_text = fields.Text("Changes in Words", compute="_compute_changes_text")
    comparison = fields.Html(compute="_compute_comparison", sanitize=False)

    _version_uniq = models.Constraint(
        "UNIQUE(res_model, res_id, version)", "This version is recorded already."
    )

    @api.depends("document_name", "version")
    def _compute_display_name(self):
        for record in self:
            record.display_name = f"{record.document_name} (v{record.version})"

    @api.depends("changes")
    def _compute_changes_text(self):
        for record in self:
            record.changes_text = "\n".join(
                f"{change['row']} · {change['label']}: "
                f"{change['old'] or '–'} → {change['new'] or '–'}"
                for change in record.changes or []
            )

    @api.depends("snapshot", "version")
    @api.depends_context("lang")
    def _compute_comparison(self):
        previous = self._previous()
        for record in self:
            before = previous.get((record.res_model, record.res_id, record.version - 1))
            cells = correction.compare(
                (before or record).snapshot or [], record.snapshot or []
            )
            record.comparison = self.env["ir.qweb"]._render(
                "pharma_gsp.pharma_record_version_comparison",
                {
                    "version": record,
                    "before": before,
                    "changed": [cell for cell in cells if cell.is_changed],
                    "same": [c for c in cells if not c.is_changed and c.new],
                },
            )

    def _previous(self):
        """{(model, id, version): version} of the documents at hand."""
        versions = self.search(
            Domain("res_model", "in", self.mapped("res_model"))
            & Domain("res_id", "in", self.mapped("res_id"))
        )
        return {(v.res_model, v.res_id, v.version): v for v in versions}

    @api.model
    def _record(self, document, before, request):
        """Write the version a correction just made; the first one also if it's missing.

        :param before: the document's snapshot before the correction
        """
        after = document._snapshot()
        common = {
            "res_model": document._name,
            "res_id": document.id,
            "document_name": document.display_name,
            "company_id": request.company_id.id,
        }
        last = self.search(
            [("res_model", "=", document._name), ("res_id", "=", document.id)], limit=1
        )
        vals_list = []
        if not last:
            date = document._posted_date() or document.create_date
            vals_list.append({**common, "version": 1, "date": date, "snapshot": before})
        vals_list.append(
            {
                **common,
                "version": (last.version or 1) + 1,
                "date": request.decided_date,
                "request_id": request.id,
                "reason": request.reason,
                "requested_by_id": request.requested_by_id.id,
                "approved_by_id": request.decided_by_id.id,
                "snapshot": after,
                "changes": self._changes_between(before, after),
            }
        )
        return self.create(vals_list)[-1:]

    @api.model
    def _changes_between(self, before, after):
        return [
            {"row": cell.row, "label": cell.label, "old": cell.old, "new": cell.new}
            for cell in correction.compare(before, after)
            if cell.is_changed
        ]
