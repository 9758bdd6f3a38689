from werkzeug.exceptions import Unauthorized

from odoo import models
from odoo.exceptions import AccessDenied
from odoo.http import request


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _auth_method_bearer(cls):
        """A program that shows a wrong key is written down (CS-21)."""
        try:
            return super()._auth_method_bearer()
        except (Unauthorized, AccessDenied):
            if request.httprequest.headers.get("Authorization"):
                env = request.env
                env["pharma.audit.entry"]._log_at_end(
                    "login_failed",
                    env["res.users"],
                    env._("unknown or ended key of a program"),
                )
            raise

    @classmethod
    def _pre_dispatch(cls, rule, args):
        """Odoo's own SQL may be the first to change something in a request."""
        result = super()._pre_dispatch(rule, args)
        if request.env and request.env.uid:
            request.env["base"]._audit_introduce()
        return result

    def session_info(self):
        """Which models have a history, for the menu of their forms."""
        info = super().session_info()
        if info.get("is_internal_user"):
            info["pharma_audit_models"] = self.env[
                "pharma.audit.table"
            ]._audited_models()
        return info
