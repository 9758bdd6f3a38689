from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from odoo.addons.pharma_gsp.tools.validity import china_day

from ..tools import recall as rules

QA = "pharma_gsp.pharma_gsp_group_qa"
CLOSERS = (
    "pharma_gsp.pharma_gsp_group_qa_manager",
    "pharma_gsp.pharma_gsp_group_quality_head",
)
# What only the buttons move, as it is on a new recall.
BUTTON_FIELDS = {
    "state": "draft",
    "started_by_id": False,
    "started_date": False,
    "closed_by_id": False,
    "closed_date": False,
    "conclusion": False,
    "lock_done": False,
    "list_done": False,
    "prepared_date": False,
    "lock_ms": 0,
    "list_ms": 0,
    "notice_ms": 0,
    "locked_stock": False,
    "reminded_due": False,
}
# What a started recall was started with: nobody changes it, nor the superuser.
STARTED_WITH = {
    "class_id",
    "company_id",
    "instruction",
    "lot_ids",
    "notice_date",
    "reason",
    "source",
    "source_partner_id",
    "started_by_id",
    "started_date",
    "trace_codes",
}
# Proof of the clocks: stamped once.
STAMPS = {"lock_done", "list_done", "prepared_date", "closed_date", "closed_by_id"}


class PharmaRecall(models.Model):
    """Goods called back from customers, against the clock (OB-40, TV-60).

    A draft names the lots and the notice. «Start» locks the stock of every company,
    builds the list of customers and sends the notices, in one transaction; from then on
    what the recall was started with stands. A drill does the same and sends, locks and
    shows nothing outside.
    """

    _name = "pharma.recall"
    _description = "Recall"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _mail_post_access = "read"

    name = fields.Char("Number", readonly=True, copy=False, default="/")
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    is_drill = fields.Boolean(
        "Drill", help="Sends nothing outside, locks no stock; times are measured."
    )
    class_id = fields.Many2one(
        "pharma.recall.class", required=True, ondelete="restrict"
    )
    level = fields.Selection(related="class_id.level", store=True, string="Harm")
    source = fields.Selection(
        [
            ("mah", "Marketing authorisation holder"),
            ("authority", "Authority"),
            ("own", "Own finding"),
        ],
        "Ordered by",
        required=True,
        default="mah",
        tracking=True,
    )
    source_partner_id = fields.Many2one("res.partner", "Whose Notice")
    notice_date = fields.Datetime(
        "Notice Received (t0)",
        required=True,
        default=fields.Datetime.now,
        tracking=True,
        help="The moment from which every clock runs.",
    )
    attachment_ids = fields.Many2many("ir.attachment", string="Notice", copy=False)
    reason = fields.Text(required=True, tracking=True)
    instruction = fields.Text(
        "What Customers Do",
        required=True,
        default=lambda self: self.env._(
            "Stop selling and using these lots at once, set them apart, and answer how "
            "many you have, used and sent back. We fetch what you have."
        ),
    )
    lot_ids = fields.Many2many("stock.lot", string="Lots", copy=False)
    product_ids = fields.Many2many(
        "product.product", string="Products", compute="_compute_product_ids"
    )
    trace_codes = fields.Text(
        copy=False, help="One a line, where only some packs are meant beside the lots."
    )
    customer_ids = fields.One2many("pharma.recall.customer", "recall_id", readonly=True)
    hold_ids = fields.One2many("pharma.lot.hold", "recall_id", "Holds", readonly=True)
    progress_ids = fields.One2many(
        "pharma.recall.progress", "recall_id", "Progress Reports", readonly=True
    )
    picking_ids = fields.One2many(
        "stock.picking", "recall_id", "Returns", readonly=True
    )
    lock_due = fields.Datetime("Lock Stock by", compute="_compute_clocks", store=True)
    list_due = fields.Datetime("List by", compute="_compute_clocks", store=True)
    notify_due = fields.Datetime(
        "Notify Customers by", compute="_compute_clocks", store=True
    )
    reply_due = fields.Datetime("Answers by", compute="_compute_clocks", store=True)
    progress_days = fields.Integer(compute="_compute_clocks", store=True)
    escalate_hours = fields.Integer(compute="_compute_clocks", store=True)
    link_days = fields.Integer(compute="_compute_clocks", store=True)
    lock_done = fields.Datetime("Stock Locked", readonly=True, copy=False)
    list_done = fields.Datetime("List Built", readonly=True, copy=False)
    prepared_date = fields.Datetime("Notices Prepared", readonly=True, copy=False)
    notify_done = fields.Datetime("Last Customer Notified", compute="_compute_figures")
    progress_due = fields.Datetime("Next Progress Report", compute="_compute_progress")
    reminded_due = fields.Datetime(readonly=True, copy=False)
    lock_ms = fields.Integer("Locking Took (ms)", readonly=True, copy=False)
    list_ms = fields.Integer("List Took (ms)", readonly=True, copy=False)
    notice_ms = fields.Integer("Notices Took (ms)", readonly=True, copy=False)
    locked_stock = fields.Json("Stock at the Start", readonly=True, copy=False)
    customer_count = fields.Integer("Customers", compute="_compute_figures")
    notified_count = fields.Integer("Notified", compute="_compute_figures")
    replied_count = fields.Integer("Answered", compute="_compute_figures")
    overdue_count = fields.Integer("Overdue", compute="_compute_figures")
    due_qty = fields.Float(
        "Out There", digits="Product Unit", compute="_compute_figures"
    )
    recovered_qty = fields.Float(
        "Recovered", digits="Product Unit", compute="_compute_figures"
    )
    used_qty = fields.Float("Used", digits="Product Unit", compute="_compute_figures")
    balance_qty = fields.Float(
        "Unaccounted for", digits="Product Unit", compute="_compute_figures"
    )
    effectiveness = fields.Float(compute="_compute_figures")
    picking_count = fields.Integer(
        "Number of Returns", compute="_compute_picking_count"
    )
    started_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    started_date = fields.Datetime("Started", readonly=True, copy=False)
    closed_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    closed_date = fields.Datetime("Closed", readonly=True, copy=False)
    conclusion = fields.Text(readonly=True, copy=False)
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("running", "Running"),
            ("closed", "Closed"),
            ("cancelled", "Cancelled"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
        group_expand=True,
    )

    _running_idx = models.Index("(id) WHERE state = 'running'")

    @api.depends("lot_ids")
    def _compute_product_ids(self):
        for recall in self:
            recall.product_ids = recall.lot_ids.product_id

    @api.depends("class_id", "notice_date")
    def _compute_clocks(self):
        """Deadlines as the class has them now; a started recall keeps its own."""
        for recall in self:
            clocks, t0 = recall.class_id, recall.notice_date
            is_known = bool(clocks and t0)
            for name, minutes in (
                ("lock_due", clocks.lock_minutes),
                ("list_due", clocks.list_minutes),
                ("notify_due", clocks.notify_hours * 60),
                ("reply_due", (clocks.notify_hours + clocks.reply_hours) * 60),
            ):
                recall[name] = is_known and rules.deadline(t0, minutes)
            recall.progress_days = clocks.progress_days
            recall.escalate_hours = clocks.escalate_hours
            recall.link_days = clocks.link_days

    @api.depends("customer_ids.state", "customer_ids.recovered")
    def _compute_figures(self):
        figures = self._figures()
        for recall in self:
            for name, value in figures[recall.id].items():
                recall[name] = value

    def _figures(self):
        """{recall id: its counts and sums}, in two queries for the whole batch."""
        Customer = self.env["pharma.recall.customer"]
        domain = Domain("recall_id", "in", self.ids)
        sums = {
            recall.id: values
            for recall, *values in Customer._read_group(
                domain,
                ["recall_id"],
                [
                    "__count",
                    "notified_date:count",
                    "replied_date:count",
                    "notified_date:max",
                    "due_qty:sum",
                    "recovered:sum",
                    "used:sum",
                ],
            )
        }
        overdue = {
            recall.id: count
            for recall, count in Customer._read_group(
                domain & Domain("is_overdue", "=", True), ["recall_id"], ["__count"]
            )
        }
        return {
            recall.id: self._figures_of(
                sums.get(recall.id, (0, 0, 0, False, 0.0, 0.0, 0.0)),
                overdue.get(recall.id, 0),
            )
            for recall in self
        }

    @api.model
    def _figures_of(self, sums, overdue):
        count, notified, replied, last, due, recovered, used = sums
        return {
            "customer_count": count,
            "notified_count": notified,
            "replied_count": replied,
            "overdue_count": overdue,
            "notify_done": last if count and notified == count else False,
            "due_qty": due,
            "recovered_qty": recovered,
            "used_qty": used,
            "balance_qty": rules.balance(due, recovered, used),
            "effectiveness": rules.effectiveness(due, recovered, used) or 0.0,
        }

    @api.depends("progress_ids.date", "notice_date", "progress_days", "state")
    def _compute_progress(self):
        for recall in self:
            last = max(recall.progress_ids.mapped("date"), default=None)
            recall.progress_due = recall.state == "running" and rules.next_report_due(
                recall.notice_date, recall.progress_days, last
            )

    @api.depends("picking_ids")
    def _compute_picking_count(self):
        counts = dict(
            self.env["stock.picking"]._read_group(
                [("recall_id", "in", self.ids)], ["recall_id"], ["__count"]
            )
        )
        for recall in self:
            recall.picking_count = counts.get(recall._origin, 0)

    @api.depends("name", "is_drill", "reason")
    def _compute_display_name(self):
        for recall in self:
            products = ", ".join(recall.product_ids[:2].mapped("name"))
            recall.display_name = " · ".join(filter(None, (recall.name, products)))

    @api.constrains("notice_date")
    def _check_notice_date(self):
        now = fields.Datetime.now()
        for recall in self:
            if recall.notice_date > fields.Datetime.add(now, minutes=5):
                raise ValidationError(
                    self.env._(
                        "The notice can't have come in the future: enter when it "
                        "reached the company."
                    )
                )

    @api.constrains("state", "started_by_id", "closed_by_id", "conclusion")
    def _check_proof(self):
        """A state without who, when and why behind it can't be, whoever writes it."""
        for recall in self:
            is_started = recall.started_by_id and recall.started_date
            is_ended = recall.closed_by_id and recall.closed_date and recall.conclusion
            if (recall.state in ("running", "closed") and not is_started) or (
                recall.state in ("closed", "cancelled") and not is_ended
            ):
                raise ValidationError(
                    self.env._(
                        "A recall moves by its buttons only: they note who did it, "
                        "when and why."
                    )
                )
            if recall.state == "closed" and recall.closed_by_id == recall.started_by_id:
                raise ValidationError(self._four_eyes_sentence())

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            # Spelled out, or default_… in the context would count.
            vals.update(BUTTON_FIELDS)
            is_drill = vals.get("is_drill", self.env.context.get("default_is_drill"))
            # sudo: numbers are drawn for whoever opens a recall.
            vals["name"] = (
                self.env["ir.sequence"]
                .sudo()
                .next_by_code("pharma.recall.drill" if is_drill else "pharma.recall")
            )
        recalls = super().create(vals_list)
        recalls._adopt_notice()
        return recalls

    def write(self, vals):
        self._check_buttons(vals)
        self._check_next_state(vals)
        self._check_stands(vals)
        result = super().write(vals)
        if "attachment_ids" in vals:
            self._adopt_notice()
        return result

    def _check_buttons(self, vals):
        if not self.env.su and BUTTON_FIELDS.keys() & vals.keys():
            raise UserError(
                self.env._(
                    "A recall moves by its buttons only: Start, Close and Cancel."
                )
            )

    def _check_next_state(self, vals):
        """What is over stays over, for the superuser too."""
        state = vals.get("state")
        for recall in self if state else ():
            if state != recall.state and state not in rules.NEXT_STATES[recall.state]:
                raise UserError(
                    self.env._(
                        "%(recall)s is %(state)s and stays so. Open a new recall.",
                        recall=recall.name,
                        state=dict(
                            self._fields["state"]._description_selection(self.env)
                        )[recall.state].lower(),
                    )
                    if recall.state in ("closed", "cancelled")
                    else self.env._("%s is to be started first.", recall.name)
                )

    def _check_stands(self, vals):
        fixed = {"name", "is_drill"} & vals.keys()
        for recall in self:
            if recall.state != "draft":
                fixed |= STARTED_WITH & vals.keys()
            fixed |= {name for name in STAMPS & vals.keys() if recall[name]}
            if fixed:
                raise UserError(
                    self.env._(
                        "%(recall)s stands as it was started; %(fields)s can't change. "
                        "For other lots open another recall.",
                        recall=recall.name,
                        fields=", ".join(
                            self._fields[name]._description_string(self.env)
                            for name in sorted(fixed)
                        ),
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_only_draft(self):
        if any(recall.state != "draft" for recall in self):
            raise UserError(
                self.env._("Recalls and drills are kept as proof; close or cancel it.")
            )

    def action_start(self):
        """Lock, list and notify, in this very transaction; see ``_start``."""
        for recall in self:
            recall._start()

    def action_close(self):
        return self._finish_dialog("closed", self.env._("Close Recall"))

    def action_cancel(self):
        return self._finish_dialog("cancelled", self.env._("Cancel Recall"))

    def _finish_dialog(self, state, title):
        self.ensure_one()
        self._check_may_close()
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": "pharma.recall.finish",
            "view_mode": "form",
            "target": "new",
            "context": {"default_recall_id": self.id, "default_state": state},
        }

    def action_open_customers(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "pharma_lot_expiry.pharma_recall_customer_action_of_recall"
        )
        return {
            **action,
            "domain": [("recall_id", "=", self.id)],
            "context": {"default_recall_id": self.id},
        }

    def action_open_returns(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Returns of %s", self.name),
            "res_model": "stock.picking",
            "view_mode": "list,form",
            "domain": [("recall_id", "=", self.id)],
            "context": {"create": False},
        }

    def action_print_report(self):
        return self.env.ref("pharma_lot_expiry.report_recall").report_action(self)

    @api.private
    def finish(self, state, text):
        """Close a recall with its conclusion, or cancel it with the reason.

        :raise UserError: for who may not, without a text, while customers are open
        """
        self.ensure_one()
        self._check_may_close()
        if not (text or "").strip():
            raise UserError(self.env._("Write down why: it is kept with the recall."))
        if state == "closed":
            self._check_complete()
        # sudo: the state moves by the buttons only, after the checks above.
        self.sudo().write(
            {
                "state": state,
                "closed_by_id": self.env.uid,
                "closed_date": fields.Datetime.now(),
                "conclusion": text.strip(),
            }
        )
        # sudo: calls to sellers are over with the recall, whosever they are.
        self.sudo().activity_ids.unlink()
        self.sudo().customer_ids.activity_ids.unlink()

    def _check_may_start(self):
        if not self.env.user.has_group(QA):
            raise UserError(
                self.env._(
                    "Only the quality department starts a recall. Put the goods on "
                    "hold, and tell it at once."
                )
            )
        self.check_access("write")

    def _check_may_close(self):
        if not any(map(self.env.user.has_group, CLOSERS)):
            raise UserError(
                self.env._("Only the QA manager or the quality head ends a recall.")
            )
        self.check_access("read")

    def _check_complete(self):
        """Somebody else than the starter closes, with no customer left open."""
        if self.started_by_id == self.env.user:
            raise UserError(self._four_eyes_sentence())
        open_customers = self.customer_ids.filtered(
            lambda c: c.state not in ("replied", "recovered") and not c.unreached_reason
        )
        if open_customers and not self.is_drill:
            raise UserError(
                self.env._(
                    "%(count)s customers have not answered, such as %(names)s. Chase "
                    "them, or note on each why it can't be reached.",
                    count=len(open_customers),
                    names=", ".join(open_customers[:3].partner_id.mapped("name")),
                )
            )

    def _four_eyes_sentence(self):
        return self.env._("You started this recall yourself; somebody else closes it.")

    def _adopt_notice(self):
        """Tie uploaded notices to their recall: loose, only the uploader reads them."""
        for recall in self:
            # sudo: files uploaded before the first save belong to nobody yet.
            loose = recall.sudo().attachment_ids.filtered(lambda a: not a.res_id)
            # Or any loose file of the database could be drawn in by its number.
            loose.with_env(self.env).check_access("write")
            loose.write({"res_model": recall._name, "res_id": recall.id})

    @api.model
    def _china_day(self, moment):
        return china_day(moment)
