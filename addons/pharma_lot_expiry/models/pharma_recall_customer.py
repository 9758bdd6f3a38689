from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..tools import recall as rules

# What QA may note by hand; all else follows from what happened.
BY_HAND = {"email", "seller_id", "unreached_reason"}
CHANNELS = [
    ("mail", "Mail"),
    ("portal", "Portal"),
    ("phone", "Phone"),
    ("visit", "Visit"),
    ("letter", "Letter or fax"),
    ("drill", "Drill: prepared, not sent"),
]


class PharmaRecallCustomer(models.Model):
    """One customer of recalled lots: told, read, answered, given back (TV-60)."""

    _name = "pharma.recall.customer"
    _description = "Recall Customer"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "recall_id desc, escalation_level desc, due_qty desc, id"
    _rec_name = "partner_id"
    _mail_post_access = "read"

    recall_id = fields.Many2one(
        "pharma.recall", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="recall_id.company_id", store=True)
    is_drill = fields.Boolean(related="recall_id.is_drill", store=True)
    recall_state = fields.Selection(
        related="recall_id.state", store=True, string="Recall State"
    )
    partner_id = fields.Many2one(
        "res.partner", "Customer", required=True, readonly=True, index=True
    )
    seller_id = fields.Many2one("res.users", tracking=True)
    email = fields.Char("Notice to", tracking=True)
    phone = fields.Char(related="partner_id.phone")
    line_ids = fields.One2many(
        "pharma.recall.customer.line", "customer_id", "Lots", readonly=True
    )
    reply_ids = fields.One2many(
        "pharma.recall.reply", "customer_id", "Answers", readonly=True
    )
    picking_ids = fields.One2many(
        "stock.picking", "recall_customer_id", "Returns", readonly=True
    )
    shipped = fields.Float(digits="Product Unit", compute="_compute_sums", store=True)
    returned_before = fields.Float(
        "Back before", digits="Product Unit", compute="_compute_sums", store=True
    )
    due_qty = fields.Float(
        "To Account for", digits="Product Unit", compute="_compute_sums", store=True
    )
    on_hand = fields.Float(
        "Says on Hand", digits="Product Unit", compute="_compute_sums", store=True
    )
    used = fields.Float(
        "Says Used", digits="Product Unit", compute="_compute_sums", store=True
    )
    sent_back = fields.Float(
        "Says Sent Back", digits="Product Unit", compute="_compute_sums", store=True
    )
    recovered = fields.Float(digits="Product Unit", compute="_compute_sums", store=True)
    balance_qty = fields.Float(
        "Unaccounted for", digits="Product Unit", compute="_compute_sums", store=True
    )
    effectiveness = fields.Float(
        "Recovery Rate", compute="_compute_sums", store=True, aggregator="avg"
    )
    notify_due = fields.Datetime("Notify by", readonly=True)
    reply_due = fields.Datetime("Answer by", readonly=True)
    queued_date = fields.Datetime("Notice Queued", readonly=True)
    notified_date = fields.Datetime("Notified", readonly=True)
    channel = fields.Selection(CHANNELS, "Told by", readonly=True)
    notify_failure = fields.Char("Mail Failed", readonly=True)
    read_date = fields.Datetime("Read", readonly=True)
    read_by = fields.Char(readonly=True)
    replied_date = fields.Datetime("Answered", readonly=True)
    remark = fields.Text("Last Remark", readonly=True)
    unreached_reason = fields.Text("Why Not Reached", tracking=True)
    token_hash = fields.Char(readonly=True, groups="base.group_system")
    token_expiry = fields.Datetime(readonly=True, groups="base.group_system")
    notice_url = fields.Char(compute="_compute_notice_url")
    escalation_level = fields.Integer("Calls Made", readonly=True)
    escalated_date = fields.Datetime("Last Call", readonly=True)
    is_overdue = fields.Boolean(
        "Overdue", compute="_compute_is_overdue", search="_search_is_overdue"
    )
    overdue_since = fields.Datetime(compute="_compute_is_overdue")
    state = fields.Selection(
        [
            ("pending", "Not notified"),
            ("notified", "Notified"),
            ("read", "Read"),
            ("replied", "Answered"),
            ("recovered", "Accounted for"),
        ],
        compute="_compute_state",
        store=True,
        group_expand=True,
    )

    _customer_uniq = models.Constraint(
        "UNIQUE (recall_id, partner_id)", "A customer is on the list of a recall once."
    )

    @api.depends(
        "line_ids.due_qty",
        "line_ids.on_hand",
        "line_ids.used",
        "line_ids.sent_back",
        "line_ids.recovered",
    )
    def _compute_sums(self):
        for customer in self:
            lines = customer.line_ids
            for name in ("shipped", "returned_before", "due_qty"):
                customer[name] = sum(lines.mapped(name))
            for name in ("on_hand", "used", "sent_back", "recovered"):
                customer[name] = sum(lines.mapped(name))
            facts = (customer.due_qty, customer.recovered, customer.used)
            customer.balance_qty = rules.balance(*facts)
            customer.effectiveness = rules.effectiveness(*facts) or 0.0

    @api.depends(
        "notified_date", "read_date", "replied_date", "due_qty", "recovered", "used"
    )
    def _compute_state(self):
        for customer in self:
            customer.state = rules.customer_state(
                customer.due_qty,
                customer.notified_date,
                customer.read_date,
                customer.replied_date,
                customer.recovered,
                customer.used,
            )

    @api.depends("state", "notify_due", "reply_due", "recall_state")
    def _compute_is_overdue(self):
        """Live: due at its second, overdue the second after (TV-60)."""
        now = fields.Datetime.now()
        for customer in self:
            due = customer.recall_state == "running" and customer._due()
            customer.is_overdue = bool(due) and now > due
            customer.overdue_since = customer.is_overdue and due

    def _search_is_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        now = fields.Datetime.now()
        unheard = Domain("replied_date", "=", False)
        return Domain("recall_state", "=", "running") & (
            (Domain("notified_date", "=", False) & Domain("read_date", "=", False))
            & unheard
            & Domain("notify_due", "<", now)
            | unheard
            & (Domain("notified_date", "!=", False) | Domain("read_date", "!=", False))
            & Domain("reply_due", "<", now)
        )

    def _due(self):
        """What this customer's next step is due at, False if none is."""
        if self.state == "pending":
            return self.notify_due
        return self.reply_due if self.state in ("notified", "read") else False

    @api.depends_context("recall_tokens")
    @api.depends("recall_id")
    def _compute_notice_url(self):
        """The customer's page; with its secret only in the notice being sent."""
        tokens = self.env.context.get("recall_tokens") or {}
        for customer in self:
            token = tokens.get(customer.id)
            query = f"?access_token={token}" if token else ""
            customer.notice_url = (
                f"{customer.get_base_url()}/my/recalls/{customer.id}{query}"
            )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise UserError(self._list_sentence())
        return super().create(vals_list)

    def write(self, vals):
        system = {"message_main_attachment_id", "message_follower_ids", "activity_ids"}
        if not self.env.su and vals.keys() - BY_HAND - system:
            raise UserError(self._list_sentence())
        if BY_HAND & vals.keys():
            self._check_running()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        if any(customer.recall_state != "draft" for customer in self):
            raise UserError(self._list_sentence())

    @api.model
    def _list_sentence(self):
        return self.env._(
            "The list follows from deliveries, notices, answers and returns. Note a "
            "call or a visit by «Note Contact»."
        )

    def _check_running(self):
        for customer in self:
            if customer.recall_state != "running":
                raise UserError(
                    self.env._(
                        "%s is over: nothing more is noted on its customers.",
                        customer.recall_id.name,
                    )
                )

    def action_note_contact(self):
        """Ask how the customer was reached and what it said."""
        self.ensure_one()
        self._check_running()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Contact with %s", self.partner_id.name),
            "res_model": "pharma.recall.contact",
            "view_mode": "form",
            "target": "new",
            "context": {"default_customer_id": self.id},
        }

    def action_send_notice(self):
        """Send the notice again, with a new link; the old one ends."""
        self.recall_id._check_may_start()
        self._check_running()
        self._send_notices()

    def action_create_returns(self):
        """Transfers that fetch what these customers say they have."""
        self.recall_id._check_may_start()
        return self.recall_id._create_returns(self)

    def _channel_label(self, channel):
        """How a channel is called in the user's language."""
        field = self._fields["channel"]
        return dict(field._description_selection(self.env))[channel]

    def _note_contact(self, channel, note):
        """Somebody spoke to the customer: counts as notified from now on."""
        self.ensure_one()
        self._check_running()
        # sudo: dates move by what happened only; who noted it is in the message.
        customer = self.sudo()
        if not customer.notified_date:
            customer.write({"notified_date": fields.Datetime.now(), "channel": channel})
        customer.message_post(
            body=self.env._(
                "%(channel)s: %(note)s", channel=self._channel_label(channel), note=note
            ),
            author_id=self.env.user.partner_id.id,
        )

    def _stamp_read(self, reader):
        """The customer opened the notice: the first time is what counts.

        :param reader: name of who opened it
        """
        now = fields.Datetime.now()
        # sudo: a reader from outside stamps this and nothing else.
        for customer in self.sudo().filtered(lambda c: not c.read_date):
            vals = {"read_date": now, "read_by": reader}
            if not customer.notified_date:
                vals.update(notified_date=now, channel="portal")
            customer.write(vals)


class PharmaRecallCustomerLine(models.Model):
    """One recalled lot at one customer; quantities in the product's unit."""

    _name = "pharma.recall.customer.line"
    _description = "Recalled Lot at Customer"
    _order = "customer_id, id"
    _rec_name = "lot_id"

    customer_id = fields.Many2one(
        "pharma.recall.customer", required=True, index=True, ondelete="cascade"
    )
    recall_id = fields.Many2one(related="customer_id.recall_id", store=True, index=True)
    company_id = fields.Many2one(related="recall_id.company_id", store=True)
    partner_id = fields.Many2one(
        related="customer_id.partner_id", store=True, string="Partner"
    )
    lot_id = fields.Many2one("stock.lot", required=True)
    lot_name = fields.Char("Lot Number", related="lot_id.name", store=True)
    product_id = fields.Many2one("product.product", required=True)
    uom_id = fields.Many2one(related="product_id.uom_id")
    shipped = fields.Float(digits="Product Unit")
    returned_before = fields.Float("Back before", digits="Product Unit")
    due_qty = fields.Float(
        "To Account for", digits="Product Unit", compute="_compute_due_qty", store=True
    )
    first_date = fields.Datetime("First Delivery")
    last_date = fields.Datetime("Last Delivery")
    on_hand = fields.Float("Says on Hand", digits="Product Unit")
    used = fields.Float("Says Used", digits="Product Unit")
    sent_back = fields.Float("Says Sent Back", digits="Product Unit")
    recovered = fields.Float(
        digits="Product Unit",
        compute="_compute_recovered",
        store=True,
        help="What came back since the start, as the transfers say.",
    )

    _lot_idx = models.Index("(product_id, lot_name)")

    @api.depends("shipped", "returned_before")
    def _compute_due_qty(self):
        for line in self:
            line.due_qty = rules.to_account_for(line.shipped, line.returned_before)

    @api.depends("customer_id", "lot_id", "returned_before")
    def _compute_recovered(self):
        """From what moved, never typed; asked anew when goods of the lot come back."""
        back = self.env["pharma.recall"]._returned(self)
        for line in self:
            key = (line.partner_id.id, line.product_id.id, line.lot_name)
            since_start = max(back.get(key, 0.0) - line.returned_before, 0.0)
            # What comes back by itself is no merit of a drill.
            line.recovered = 0.0 if line.recall_id.is_drill else since_start

    @api.model_create_multi
    def create(self, vals_list):
        self._check_by_system()
        return super().create(vals_list)

    def write(self, vals):
        self._check_by_system()
        return super().write(vals)

    def unlink(self):
        self._check_by_system()
        return super().unlink()

    def _check_by_system(self):
        if not self.env.su:
            raise UserError(self.env["pharma.recall.customer"]._list_sentence())

    @api.model
    def _goods_came_back(self, lots):
        """Ask anew what running recalls of these lots recovered."""
        # sudo: a recall of another company counts what comes back here.
        lines = self.sudo().search(
            [
                ("recall_id.state", "=", "running"),
                ("product_id", "in", lots.product_id.ids),
                ("lot_name", "in", lots.mapped("name")),
            ]
        )
        lines._ask_anew()

    def _ask_anew(self):
        """Flows aren't fields it could depend on: say that they changed."""
        self.modified(["returned_before"])
