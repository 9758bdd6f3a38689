from odoo import api, models
from odoo.exceptions import AccessDenied


class ResUsers(models.Model):
    _inherit = "res.users"

    def _login(self, credential, user_agent_env):
        """Write down who came in and who was turned away (CS-21)."""
        Entry = self.env["pharma.audit.entry"]
        try:
            auth_info = super()._login(credential, user_agent_env)
        except AccessDenied:
            typed = str(credential.get("login") or "")
            Entry._log_at_end("login_failed", self.browse(), self._audit_name(typed))
            raise
        user = self.browse(auth_info["uid"])
        kind = credential.get("type")
        note = kind if kind != "password" else ""
        Entry._log("login", user, note, user_id=user.id)
        return auth_info

    @api.model
    def _audit_name(self, typed):
        """A name as typed; of an unknown one the beginning: it may be a password."""
        # sudo: nobody is logged in; which names exist isn't told to anybody here.
        if self.sudo().search_count([("login", "=", typed)], limit=1):
            return typed
        return f"{typed[:2]}… ({len(typed)})" if typed else ""

    def _check_credentials(self, credential, env):
        """Wrong second factors don't pass by the log-in."""
        try:
            return super()._check_credentials(credential, env)
        except AccessDenied:
            kind = credential.get("type") or "password"
            if kind != "password":
                self.env["pharma.audit.entry"]._log_at_end("login_failed", self, kind)
            raise

    @api.model
    def _check_uid_passwd(self, uid, passwd):
        """Programs name a user by number; the wrong key is written down too."""
        try:
            return super()._check_uid_passwd(uid, passwd)
        except AccessDenied:
            user = self.browse(uid).exists() if isinstance(uid, int) else self.browse()
            note = self.env._("wrong password or key of a program")
            self.env["pharma.audit.entry"]._log_at_end("login_failed", user, note)
            raise
