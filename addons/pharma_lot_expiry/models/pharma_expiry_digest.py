from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from .pharma_expiry_notice import ROLES

# What people of the department may write on an open task.
OPEN_FIELDS = {"remark"}
# What chatter writes by itself on any record.
CHATTER_FIELDS = {"message_main_attachment_id", "message_follower_ids"}
# Lots a message names; the task has them all.
NAMED_LOTS = 20


class PharmaExpiryDigest(models.Model):
    """What a department is to do about lots near their end in a warehouse (ST-10).

    One shared task: whoever of the department has seen to it closes it for all.
    """

    _name = "pharma.expiry.digest"
    _description = "Expiry Task"
    _inherit = ["mail.thread"]
    _order = "state desc, date desc, id desc"
    _mail_post_access = "read"

    department = fields.Selection(
        selection=lambda self: self.env["pharma.expiry.notice"]._selection_department(),
        required=True,
        readonly=True,
    )
    warehouse_id = fields.Many2one(
        "stock.warehouse", required=True, readonly=True, index=True
    )
    company_id = fields.Many2one(
        related="warehouse_id.company_id", store=True, index=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date("Told on", required=True, readonly=True)
    weekly_date = fields.Date(
        "Whole List of", readonly=True, help="When everything was last listed here."
    )
    line_ids = fields.One2many("pharma.expiry.digest.line", "digest_id", "Lots")
    lot_count = fields.Integer("Number of Lots", compute="_compute_totals", store=True)
    new_count = fields.Integer("New", compute="_compute_totals", store=True)
    value = fields.Monetary("Value at Cost", compute="_compute_totals", store=True)
    is_mine = fields.Boolean(
        "Of My Department", compute="_compute_is_mine", search="_search_is_mine"
    )
    state = fields.Selection(
        [("open", "Open"), ("closed", "Closed")],
        default="open",
        required=True,
        readonly=True,
    )
    remark = fields.Text(tracking=True, help="What was done about these lots.")
    closed_by_id = fields.Many2one("res.users", readonly=True)
    closed_date = fields.Datetime("Closed on", readonly=True)

    _open_uniq = models.UniqueIndex(
        "(department, warehouse_id) WHERE state = 'open'",
        "This department has an open task for this warehouse already.",
    )

    @api.depends("department", "warehouse_id", "date")
    def _compute_display_name(self):
        names = dict(self.env["pharma.expiry.notice"]._selection_department())
        for digest in self:
            digest.display_name = (
                f"{names.get(digest.department)} · {digest.warehouse_id.name} · "
                f"{format_date(self.env, digest.date)}"
            )

    @api.depends("line_ids.value", "line_ids.is_new")
    def _compute_totals(self):
        for digest in self:
            digest.lot_count = len(digest.line_ids)
            digest.new_count = len(digest.line_ids.filtered("is_new"))
            digest.value = sum(digest.line_ids.mapped("value"))

    @api.depends_context("uid")
    def _compute_is_mine(self):
        mine = self.filtered_domain(self._domain_of(self.env.user))
        for digest in self:
            digest.is_mine = digest in mine

    def _search_is_mine(self, operator, value):
        return self._domain_of(self.env.user) if operator == "in" else NotImplemented

    def write(self, vals):
        fixed = vals.keys() - CHATTER_FIELDS
        if fixed:
            self._check_open()
            if not self.env.su:
                self._check_member()
                if fixed - OPEN_FIELDS:
                    raise UserError(
                        self.env._(
                            "An expiry task stands as told. Note what you did in its "
                            "remark and close it."
                        )
                    )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Expiry tasks are kept as proof; close them."))

    def action_close(self):
        """Seen to: for the whole department, whoever of it closes."""
        self.check_access("read")
        self._check_member()
        self._check_open()
        # sudo: the state moves by this button only, after the checks above.
        self.sudo().write(
            {
                "state": "closed",
                "closed_by_id": self.env.uid,
                "closed_date": fields.Datetime.now(),
            }
        )

    def _check_open(self):
        for digest in self:
            if digest.state == "closed":
                raise UserError(
                    self.env._(
                        "%(user)s closed this task on %(day)s; it stands as it is.",
                        user=digest.closed_by_id.name,
                        day=format_date(self.env, digest.closed_date),
                    )
                )

    def _check_member(self):
        if self - self.filtered_domain(self._domain_of(self.env.user)):
            raise UserError(
                self.env._(
                    "This task is another department's: only its people, or those its "
                    "notice lists, see to it."
                )
            )

    @api.model
    def _domain_of(self, user):
        """Tasks a user sees to: by role, or because a notice lists her."""
        # sudo: who is listed in a notice may know it.
        notices = self.env["pharma.expiry.notice"].sudo()
        return Domain("department", "in", self._departments_of(user)) | Domain.OR(
            notice._digest_domain()
            for notice in notices.search([("user_ids", "in", user.ids)])
        )

    @api.model
    def _departments_of(self, user):
        return [
            department
            for department, roles in ROLES.items()
            if any(user.has_group(f"pharma_gsp.pharma_gsp_group_{r}") for r in roles)
        ]

    # -- telling -----------------------------------------------------------------------

    def _send(self):
        """Tell the department by mail, in its channel and through its robot."""
        self.ensure_one()
        notices = self.env["pharma.expiry.notice"]
        notice = notices._for_place(self.department, self.warehouse_id)
        if not notice or notice.is_mailed:
            people = notices._people(self.department, self.warehouse_id)
            for lang, users in people.grouped("lang").items():
                digest = self.with_context(lang=lang or self.env.lang)
                digest.message_notify(
                    partner_ids=users.partner_id.ids,
                    subject=digest._headline(),
                    body=digest._body(),
                )
        lang = self.company_id.partner_id.lang or self.env.lang
        digest = self.with_context(lang=lang)
        if notice.channel_id:
            notice.channel_id.message_post(
                body=digest._body(),
                subject=digest._headline(),
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
            )
        if notice.webhook_kind and notice.webhook_host:
            self.env["pharma.webhook.message"].create(
                {"notice_id": notice.id, "text": digest._text()}
            )

    def _headline(self):
        return self.env._(
            "%(task)s: %(count)s lots near their end, %(new)s of them new",
            task=self.display_name,
            count=self.lot_count,
            new=self.new_count,
        )

    def _named_lines(self):
        """The lines a message has room for: what is new and ends first."""
        lines = self.line_ids.sorted(lambda line: (not line.is_new, line.expiry_date))
        return lines[:NAMED_LOTS]

    def _body(self):
        rows = Markup().join(
            Markup("<li>%s</li>") % line._sentence() for line in self._named_lines()
        )
        return Markup("<p><a href='%s'>%s</a></p><ul>%s</ul>%s") % (
            self._address(),
            self._headline(),
            rows,
            self._more(),
        )

    def _text(self):
        lines = (line._sentence() for line in self._named_lines())
        parts = [self._headline(), *lines, self._more(), self._address()]
        return "\n".join(part for part in parts if part)

    def _more(self):
        more = self.lot_count - NAMED_LOTS
        return self.env._("… and %s more in the task.", more) if more > 0 else ""

    def _address(self):
        return f"{self.get_base_url()}/odoo/pharma-expiry-tasks/{self.id}"
