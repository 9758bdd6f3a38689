from odoo import api, models


class PharmaInspection(models.AbstractModel):
    """The audit trail in the inspector's view: what changed, and that she looked."""

    _inherit = "pharma.inspection"

    @api.model
    def _section_builders(self):
        return [*super()._section_builders(), "_section_trail"]

    @api.model
    def _section_trail(self, record, related, scope):
        """Changes of the record itself and of what belongs to it (CS-20, CS-21)."""
        model = "pharma.audit.entry"
        if not self.env[model].has_access("read"):
            return None
        return self._section_of(
            "trail",
            self.env._("Audit Trail"),
            model,
            self.env[model]._search_about(record._name, record.ids),
            (
                "date",
                "user_id",
                "operation",
                "model_label",
                "res_name",
                "summary",
                "origin",
            ),
            scope,
            dated="date",
        )

    @api.model
    def _log_inspection(self, record, action, scope):
        """Who looked and who took a copy stands in the trail (CS-21)."""
        operation = "export" if action == "export" else "read"
        self.env["pharma.audit.entry"]._log(
            operation, record, self.env._("Inspector's view %s", scope or "")
        )
        return super()._log_inspection(record, action, scope)
