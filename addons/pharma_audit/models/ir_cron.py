from odoo import api, models


class IrCron(models.Model):
    _inherit = "ir.cron"

    def _callback(self, cron_name, server_action_id):
        """What a job changes by SQL alone is the job's too."""
        self._audit_introduce()
        return super()._callback(cron_name, server_action_id)

    @api.model
    def _commit_progress(self, *args, **kwargs):
        """The database forgot with the commit who is at work."""
        result = super()._commit_progress(*args, **kwargs)
        self._audit_introduce()
        return result
