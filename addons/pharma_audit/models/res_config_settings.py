from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .pharma_audit_archive import DEFAULT_MONTHS, MIN_MONTHS


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    pharma_audit_algorithm = fields.Selection(
        [("sm3", "SM3 (GB/T 32905)"), ("sha256", "SHA-256")],
        "Digest of the Chain",
        default="sm3",
        required=True,
        config_parameter="pharma_audit.algorithm",
        help="Counts for seals made from now on; older ones stay as they are.",
    )
    pharma_audit_retention_months = fields.Integer(
        "Months Kept",
        default=DEFAULT_MONTHS,
        config_parameter="pharma_audit.retention_months",
    )

    @api.constrains("pharma_audit_retention_months")
    def _check_pharma_audit_retention_months(self):
        for settings in self:
            if settings.pharma_audit_retention_months < MIN_MONTHS:
                raise ValidationError(
                    self.env._(
                        "The audit trail is kept %s months at least: the law asks for "
                        "five years (CS-26).",
                        MIN_MONTHS,
                    )
                )
