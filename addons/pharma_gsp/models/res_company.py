import os
from pathlib import Path

from odoo import api, fields, models, tools

from ..tools import secret


class ResCompany(models.Model):
    _inherit = "res.company"

    pharma_due_days = fields.Integer(
        "Show as Ending Soon (days)",
        default=30,
        help="Documents with fewer days left are shown as ending soon.",
    )
    pharma_role_review_months = fields.Integer(
        "Review Roles Every (months)",
        default=12,
        required=True,
        help="Who holds which role is looked at again after this time, 12 at most.",
    )

    _pharma_role_review_months_at_least_yearly = models.Constraint(
        "CHECK(pharma_role_review_months BETWEEN 1 AND 12)",
        "Roles are reviewed at least every 12 months.",
    )

    @api.model
    def _field_key(self):
        """The key of encrypted fields: from the configuration, else a private file.

        It lives outside the database on purpose: a stolen dump stays unreadable.
        """
        configured = tools.config.get("pharma_field_key")
        if configured:
            return configured
        path = Path(tools.config["data_dir"]) / "pharma_field.key"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            # O_EXCL: of two workers that start at once one writes, the other reads.
            try:
                handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:
                return path.read_text()
            with os.fdopen(handle, "w") as stream:
                stream.write(secret.new_key())
        return path.read_text()
