import json

from odoo import api, models
from odoo.http import request

from .door import acting_user_id, door

SESSION_KEY = "pharma_audit.session"


class Base(models.AbstractModel):
    """Every change by the ORM tells PostgreSQL who makes it, for the triggers.

    The note lives as long as the transaction. ``cr.cache`` is emptied whenever Odoo
    rolls back, so it is made anew when PostgreSQL forgot it.
    """

    _inherit = "base"

    @api.model_create_multi
    def create(self, vals_list):
        self._audit_introduce()
        return super().create(vals_list)

    def write(self, vals):
        self._audit_introduce()
        return super().write(vals)

    def unlink(self):
        self._audit_introduce()
        return super().unlink()

    def export_data(self, fields_to_export):
        result = super().export_data(fields_to_export)
        self.env["pharma.audit.entry"]._log(
            "export",
            self,
            self.env._(
                "%(count)s records exported with: %(fields)s",
                count=len(self),
                fields=", ".join(fields_to_export),
            ),
        )
        return result

    def _audit_introduce(self):
        cr = self.env.cr
        user_id = acting_user_id(self.env)
        if cr.cache.get(SESSION_KEY) == user_id:
            return
        if SESSION_KEY in cr.cache:
            # What the former user left unwritten is the former user's.
            cr.cache[SESSION_KEY] = user_id
            self.env.flush_all()
        cr.execute(
            "SELECT set_config(%s, %s, true)",
            (SESSION_KEY, json.dumps(self._audit_session(user_id))),
        )
        cr.cache[SESSION_KEY] = user_id

    def _audit_session(self, user_id):
        """What the triggers write down about the session."""
        is_setup = not self.env.registry.ready and not request
        address = request.httprequest.remote_addr if request else None
        return {
            "user": user_id,
            "origin": "setup" if is_setup else door(self.env),
            "source": address or "",
        }
