import time
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from odoo.addons.pharma_gsp.tools import secret

from ..tools import outbound, webhook

# Hosts the IT department allows by name: they may be private and without TLS.
ALLOWED_HOSTS = "pharma_lot_expiry.webhook_allowed_hosts"
MASK = "••••••••"
# What is shown of the secrets follows from them, as it is without any.
SHOWN_FIELDS = {"webhook_host": False, "has_webhook_secret": False}
# {department: roles that hear of it and close its tasks}
ROLES = {
    "purchase": ("purchaser",),
    "sale": ("seller",),
    "warehouse": ("storekeeper", "keeper"),
    "quality": ("qa",),
}


class PharmaExpiryNotice(models.Model):
    """How a department hears of lots near their end in a warehouse (ST-10).

    Without a record the holders of the department's roles are told by mail. The address
    of a group robot and its signing secret are written once and read by nobody.
    """

    _name = "pharma.expiry.notice"
    _description = "Expiry Notice"
    _inherit = ["mail.thread"]
    _order = "company_id, department, warehouse_id"

    department = fields.Selection(
        selection=lambda self: self._selection_department(),
        required=True,
        default="purchase",
        tracking=True,
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    warehouse_id = fields.Many2one(
        "stock.warehouse",
        domain="[('company_id', '=', company_id)]",
        help="Empty: every warehouse that has no notice of its own.",
        index="btree_not_null",
    )
    user_ids = fields.Many2many(
        "res.users",
        "pharma_expiry_notice_users_rel",
        string="People",
        domain="[('share', '=', False)]",
        help="Told besides those who hold the department's roles.",
    )
    is_only_listed = fields.Boolean(
        "Only These People", help="Not everybody who holds the department's roles."
    )
    is_mailed = fields.Boolean("Tell by Mail", default=True, tracking=True)
    channel_id = fields.Many2one(
        "discuss.channel", "Discuss Channel", ondelete="set null", tracking=True
    )
    webhook_kind = fields.Selection(
        [("wecom", "WeCom"), ("dingtalk", "DingTalk"), ("feishu", "Feishu")],
        "Group Robot",
        tracking=True,
    )
    webhook_url = fields.Char(
        "Robot Address",
        compute="_compute_webhook_url",
        inverse="_inverse_webhook_url",
        help="As the robot's settings show it. It is kept secret: only its host shows.",
    )
    webhook_url_encrypted = fields.Char(copy=False, groups=fields.NO_ACCESS)
    webhook_host = fields.Char(readonly=True, copy=False)
    webhook_secret = fields.Char(
        "Signing Secret",
        compute="_compute_webhook_secret",
        inverse="_inverse_webhook_secret",
        help="Of DingTalk and Feishu robots that check signatures.",
    )
    webhook_secret_encrypted = fields.Char(copy=False, groups=fields.NO_ACCESS)
    has_webhook_secret = fields.Boolean(readonly=True, copy=False)
    message_count = fields.Integer("Messages Sent", compute="_compute_message_count")

    _place_uniq = models.UniqueIndex(
        "(department, company_id, COALESCE(warehouse_id, 0))",
        "This department has a notice for this warehouse already: change that one.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:  # spelled out, or default_… in the context would count
            for vals in vals_list:
                vals.update(SHOWN_FIELDS)
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su and vals.keys() & SHOWN_FIELDS.keys():
            raise UserError(
                self.env._(
                    "The host shows where messages go. Enter the robot's address; the "
                    "host follows from it."
                )
            )
        return super().write(vals)

    @api.depends("department", "warehouse_id")
    def _compute_display_name(self):
        names = dict(self._selection_department())
        for notice in self:
            place = notice.warehouse_id.name or self.env._("all warehouses")
            notice.display_name = f"{names.get(notice.department)} · {place}"

    @api.depends("webhook_host")
    def _compute_webhook_url(self):
        for notice in self:
            host = notice.webhook_host
            notice.webhook_url = f"{host}/{MASK}" if host else False

    @api.depends("has_webhook_secret")
    def _compute_webhook_secret(self):
        for notice in self:
            notice.webhook_secret = MASK if notice.has_webhook_secret else False

    def _compute_message_count(self):
        # sudo: how many messages there are is no secret to who reads the notice.
        counts = dict(
            self.env["pharma.webhook.message"]
            .sudo()
            ._read_group([("notice_id", "in", self.ids)], ["notice_id"], ["__count"])
        )
        for notice in self:
            notice.message_count = counts.get(notice, 0)

    def _inverse_webhook_url(self):
        for notice in self:
            url = (notice.webhook_url or "").strip()
            if MASK in url:  # the mask came back from the form unchanged
                continue
            if url:
                self._check_address(url)
            # sudo: the cipher text is readable by nobody; we only write it.
            notice.sudo().write(
                {
                    "webhook_url_encrypted": url and self._encrypted(url),
                    "webhook_host": url
                    and f"{urlsplit(url).scheme}://{urlsplit(url).hostname}",
                }
            )

    def _inverse_webhook_secret(self):
        for notice in self:
            text = (notice.webhook_secret or "").strip()
            if MASK in text:
                continue
            # sudo: as in _inverse_webhook_url.
            notice.sudo().write(
                {
                    "webhook_secret_encrypted": text and self._encrypted(text),
                    "has_webhook_secret": bool(text),
                }
            )

    @api.model
    def _selection_department(self):
        return [
            ("purchase", self.env._("Purchase")),
            ("sale", self.env._("Sales")),
            ("warehouse", self.env._("Warehouse")),
            ("quality", self.env._("QA")),
        ]

    @api.constrains("warehouse_id", "company_id")
    def _check_warehouse(self):
        for notice in self:
            company = notice.warehouse_id.company_id
            if company and company != notice.company_id:
                raise ValidationError(
                    self.env._(
                        "Warehouse %(warehouse)s belongs to %(company)s: choose one of "
                        "the notice's company.",
                        warehouse=notice.warehouse_id.name,
                        company=company.name,
                    )
                )

    def action_try_webhook(self):
        """Send a line to the robot now and say what it answered."""
        self.ensure_one()
        self.check_access("write")
        if not self.webhook_host or not self.webhook_kind:
            raise UserError(
                self.env._("Choose the kind of robot and enter its address first.")
            )
        text = self.env._("%s: expiry notices will arrive here.", self.display_name)
        reason = self._post(text)
        if reason:
            raise UserError(
                self.env._(
                    "The robot didn't take the message: %(reason)s. Compare the "
                    "address and the secret with the robot's settings.",
                    reason=reason,
                )
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("The robot took the message."),
            },
        }

    def action_open_messages(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Messages to Robots"),
            "res_model": "pharma.webhook.message",
            "view_mode": "list,form",
            "domain": [("notice_id", "=", self.id)],
        }

    @api.model
    def _for_place(self, department, warehouse):
        """A department's notice for a warehouse: its own before the general one."""
        # sudo: how a department is told isn't asked by who happens to run the job.
        notices = self.sudo().search(
            [
                ("department", "=", department),
                ("company_id", "=", warehouse.company_id.id),
                ("warehouse_id", "in", (warehouse.id, False)),
            ]
        )
        return notices.sorted(lambda notice: not notice.warehouse_id)[:1]

    @api.model
    def _people(self, department, warehouse):
        """Users of a department in the warehouse's company, and those listed."""
        notice = self._for_place(department, warehouse)
        listed = notice.user_ids.filtered("active")
        if notice.is_only_listed and listed:
            return listed
        # sudo: who holds a role is readable by IT only.
        groups = self.env["res.groups"].sudo()
        for role in ROLES[department]:
            groups |= self.env.ref(f"pharma_gsp.pharma_gsp_group_{role}")
        holders = groups.all_user_ids.filtered(
            lambda user: user.active and warehouse.company_id in user.company_ids
        )
        return holders | listed

    def _digest_domain(self):
        """The tasks this notice is about, whatever other notices there are."""
        domain = Domain("department", "=", self.department) & Domain(
            "company_id", "=", self.company_id.id
        )
        if self.warehouse_id:
            domain &= Domain("warehouse_id", "=", self.warehouse_id.id)
        return domain

    def _post(self, text):
        """Hand one text to the robot.

        :return: why it wasn't taken, None if it was
        """
        self.ensure_one()
        # sudo: the address and the secret are read here only, to be used.
        notice = self.sudo()
        try:
            url = self._decrypted(notice.webhook_url_encrypted)
            key = self._decrypted(notice.webhook_secret_encrypted)
            address, body = webhook.request(
                notice.webhook_kind, url, text, key, time.time()
            )
            answer = outbound.post_json(address, body, self._allowed_hosts())
        except webhook.BadAddress as error:
            return self._bad_address_sentence(error)
        except outbound.NotSent as error:
            return self.env._("nobody answers there (%s)", error)
        except secret.SecretError:
            return self.env._(
                "what was stored can't be read any more: enter the address and the "
                "secret again"
            )
        return webhook.failure(*answer)

    @api.model
    def _check_address(self, url):
        try:
            webhook.check_address(url, self._allowed_hosts())
        except webhook.BadAddress as error:
            raise ValidationError(self._bad_address_sentence(error)) from error

    @api.model
    def _bad_address_sentence(self, error):
        sentences = {
            "format": self.env._(
                "This is no address of a robot. Copy it whole from the robot's "
                "settings."
            ),
            "scheme": self.env._(
                "«%s»: messages leave over https only, or to hosts the IT department "
                "allowed.",
                error.host,
            ),
            "private": self.env._(
                "«%s» is a machine inside a network: messages go there only if the IT "
                "department allowed this host.",
                error.host,
            ),
        }
        return sentences[error.kind]

    @api.model
    def _allowed_hosts(self):
        # sudo: settings are read here, not shown.
        text = self.env["ir.config_parameter"].sudo().get_param(ALLOWED_HOSTS, "")
        return frozenset(part.strip() for part in text.split(",") if part.strip())

    @api.model
    def _encrypted(self, text):
        return secret.encrypt(text, self.env["res.company"]._field_key())

    @api.model
    def _decrypted(self, token):
        if not token:
            return None
        return secret.decrypt(token, self.env["res.company"]._field_key())
