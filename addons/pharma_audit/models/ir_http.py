from odoo import models


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def session_info(self):
        """Which models have a history, for the menu of their forms."""
        info = super().session_info()
        if info.get("is_internal_user"):
            info["pharma_audit_models"] = self.env[
                "pharma.audit.table"
            ]._audited_models()
        return info
