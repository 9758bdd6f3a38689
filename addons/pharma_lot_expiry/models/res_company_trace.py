from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.pharma_gsp.tools import secret
from odoo.addons.pharma_gsp.tools.validity import china_day

IT = "pharma_gsp.pharma_gsp_group_it_admin"
MASK = "********"
LOCAL = ("localhost", "127.0.0.1", "::1")


class ResCompany(models.Model):
    """How this company reports to the national trace platform; off until IT says so."""

    _inherit = "res.company"

    trace_upload = fields.Boolean(
        "Upload to the Platform",
        help="Off: bills are queued and checked, and nothing leaves this system.",
    )
    trace_platform = fields.Selection(
        [("mashangfangxin", "码上放心")],
        "Platform",
        default="mashangfangxin",
        required=True,
    )
    trace_since = fields.Date(
        "Report Transfers from",
        default=lambda self: china_day(fields.Datetime.now()),
        help="Transfers done before this day are not missed in the gap list.",
    )
    trace_ref_ent_id = fields.Char(
        "Own Number (ref_ent_id)",
        help="The number the platform gave this company as owner of its bills.",
    )
    trace_ent_id = fields.Char(
        "Own Number as Party (ent_id)",
        related="partner_id.trace_ent_id",
        readonly=False,
    )
    trace_endpoint = fields.Char("Address of the Platform", groups=IT)
    trace_app_key = fields.Char("App Key", groups=IT)
    trace_app_secret = fields.Char(
        "App Secret",
        compute="_compute_trace_secrets",
        inverse="_inverse_trace_app_secret",
        groups=IT,
        help="Stored encrypted and never shown again.",
    )
    trace_app_secret_encrypted = fields.Char(copy=False, groups=fields.NO_ACCESS)
    trace_session = fields.Char(
        "Session Key",
        compute="_compute_trace_secrets",
        inverse="_inverse_trace_session",
        groups=IT,
        help="Stored encrypted and never shown again. It ends after a time; log in on "
        "the platform and enter the new one here.",
    )
    trace_session_encrypted = fields.Char(copy=False, groups=fields.NO_ACCESS)
    trace_sign_method = fields.Selection(
        [("hmac-sha256", "HMAC-SHA256"), ("md5", "MD5")],
        "Signed with",
        default="hmac-sha256",
        required=True,
        groups=IT,
    )
    trace_timeout = fields.Integer(
        "Wait for an Answer (seconds)", default=20, required=True, groups=IT
    )
    trace_max_attempts = fields.Integer(
        "Give Up after (tries)", default=8, required=True, groups=IT
    )

    _trace_limits = models.Constraint(
        "CHECK(trace_timeout BETWEEN 1 AND 120"
        " AND trace_max_attempts BETWEEN 1 AND 50)",
        "Wait 1 to 120 seconds for an answer and give up after 1 to 50 tries.",
    )

    @api.depends("trace_app_secret_encrypted", "trace_session_encrypted")
    def _compute_trace_secrets(self):
        for company in self:
            # sudo: that there is a secret may be told to IT, the secret itself not.
            stored = company.sudo()
            company.trace_app_secret = stored.trace_app_secret_encrypted and MASK
            company.trace_session = stored.trace_session_encrypted and MASK

    def _inverse_trace_app_secret(self):
        self._keep_trace_secret("trace_app_secret")

    def _inverse_trace_session(self):
        self._keep_trace_secret("trace_session")

    def _keep_trace_secret(self, name):
        for company in self:
            text = (company[name] or "").strip()
            if text == MASK:  # came back from the form unchanged
                continue
            token = text and secret.encrypt(text, self._field_key())
            # sudo: the cipher text is readable by nobody; we only write it.
            company.sudo().write({f"{name}_encrypted": token})

    @api.private
    def _trace_secret(self, name):
        """A secret in clear, for signing only.

        :raise UserError: when the field key of this server doesn't open it
        """
        token = self.sudo()[f"{name}_encrypted"]  # sudo: see _keep_trace_secret
        if not token:
            return ""
        try:
            return secret.decrypt(token, self._field_key())
        except secret.SecretError as error:
            raise UserError(
                self.env._(
                    "The stored credentials of the trace platform can't be opened on "
                    "this server. Enter them again in the upload settings."
                )
            ) from error

    @api.constrains("trace_endpoint")
    def _check_trace_endpoint(self):
        for company in self.filtered("trace_endpoint"):
            if not _is_safe(company.trace_endpoint):
                raise ValidationError(
                    self.env._(
                        "The address of the platform begins with https:// and holds no "
                        "user name: credentials travel with every call."
                    )
                )

    @api.constrains("trace_upload")
    def _check_trace_upload(self):
        for company in self.filtered("trace_upload"):
            gateway = self.env["pharma.trace.gateway"]._of(company)
            if missing := gateway._missing_settings(company):
                raise ValidationError(
                    self.env._(
                        "Uploading can't be switched on yet: fill in %s first.",
                        ", ".join(missing),
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_trace_setter(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_trace_setter(vals)
        return super().write(vals)

    @api.model
    def _check_trace_setter(self, vals):
        """Whether and where goods are reported is set by IT alone."""
        touched = [name for name in vals if name.startswith("trace_")]
        if touched:
            self._check_trace_admin()

    @api.model
    def _check_trace_admin(self):
        if not self.env.su and not self.env.user.has_group(IT):
            raise UserError(
                self.env._(
                    "Only the IT administrator changes the upload settings. Ask IT."
                )
            )


def _is_safe(text):
    """Whether credentials may travel to an address."""
    try:
        address = urlsplit(text)
    except ValueError:
        return False
    is_encrypted = address.scheme == "https" or (
        address.scheme == "http" and address.hostname in LOCAL
    )
    return bool(is_encrypted and address.hostname and not address.username)
