from odoo import models


class IrCron(models.Model):
    _inherit = "ir.cron"

    def _callback(self, cron_name, server_action_id):
        """What a job changes by SQL alone is the job's too."""
        self._audit_introduce()
        return super()._callback(cron_name, server_action_id)
