from odoo import api, models
from odoo.exceptions import AccessDenied

NAME_LENGTH = 64


class ResUsers(models.Model):
    _inherit = "res.users"

    def _login(self, credential, user_agent_env):
        """Write down who came in and who was turned away (CS-21)."""
        Entry = self.env["pharma.audit.entry"]
        try:
            auth_info = super()._login(credential, user_agent_env)
        except AccessDenied:
            # The name as typed, shortened: a password typed in its place is cut off.
            name = str(credential.get("login") or "")[:NAME_LENGTH]
            Entry._log_at_end("login_failed", self.browse(), name)
            raise
        user = self.browse(auth_info["uid"])
        kind = credential.get("type")
        note = kind if kind != "password" else ""
        Entry._log("login", user, note, user_id=user.id)
        return auth_info

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
