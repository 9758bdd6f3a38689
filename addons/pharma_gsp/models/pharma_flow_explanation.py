from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

DECIDERS = ("qa", "finance")
# What only the buttons change, as it is on a new request.
BUTTON_FIELDS = {"state": "requested", "decided_by_id": False, "decided_date": False}


class PharmaFlowExplanation(models.Model):
    """Why a gap between the four flows stays as it is (CS-30).

    Asked for by whoever works on the order, granted by another person of QA or finance.
    It covers the gap as large as it was then: when the gap grows it shows again.
    """

    _name = "pharma.flow.explanation"
    _description = "Explained Gap"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _rec_name = "code_id"
    _mail_post_access = "read"

    purchase_line_id = fields.Many2one(
        "purchase.order.line", ondelete="restrict", index="btree_not_null"
    )
    sale_line_id = fields.Many2one(
        "sale.order.line", ondelete="restrict", index="btree_not_null"
    )
    purchase_id = fields.Many2one(
        related="purchase_line_id.order_id", string="Purchase Order"
    )
    sale_id = fields.Many2one(related="sale_line_id.order_id", string="Sale Order")
    order_name = fields.Char("Order", compute="_compute_subject", compute_sudo=True)
    partner_id = fields.Many2one(
        "res.partner", compute="_compute_subject", compute_sudo=True
    )
    product_id = fields.Many2one(
        "product.product", compute="_compute_subject", compute_sudo=True
    )
    code_id = fields.Many2one(
        "pharma.flow.code", "Gap", required=True, ondelete="restrict", tracking=True
    )
    quantity = fields.Float("Quantity Explained", digits=(16, 6), readonly=True)
    amount = fields.Float("Amount Explained", digits=(16, 6), readonly=True)
    reason = fields.Text(required=True, tracking=True)
    attachment_ids = fields.Many2many(
        "ir.attachment", string="Proof", help="Such as the supplier's confirmation."
    )
    company_id = fields.Many2one(
        "res.company", compute="_compute_company_id", store=True, index=True
    )
    requested_by_id = fields.Many2one(
        "res.users", default=lambda self: self.env.user, readonly=True
    )
    decided_by_id = fields.Many2one("res.users", readonly=True, tracking=True)
    decided_date = fields.Datetime(readonly=True)
    state = fields.Selection(
        [
            ("requested", "Requested"),
            ("granted", "Granted"),
            ("refused", "Refused"),
            ("withdrawn", "Withdrawn"),
        ],
        default="requested",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
    )

    _one_line = models.Constraint(
        "CHECK(num_nonnulls(purchase_line_id, sale_line_id) = 1)",
        "An explanation belongs to one order line.",
    )

    @api.depends("purchase_line_id", "sale_line_id")
    def _compute_subject(self):
        for note in self:
            line = note._line()
            note.order_name = line.order_id.name
            note.partner_id = line.order_id.partner_id.commercial_partner_id
            note.product_id = line.product_id

    @api.depends("purchase_line_id", "sale_line_id")
    def _compute_company_id(self):
        for note in self:
            note.company_id = note.sudo()._line().company_id

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            vals["requested_by_id"] = self.env.uid
            if not self.env.su:  # spelled out, or default_… in the context would count
                vals.update(BUTTON_FIELDS)
        notes = super().create(vals_list)
        notes._measure()
        notes._adopt_proof()
        notes._notify()
        return notes

    def write(self, vals):
        fixed = vals.keys() - {"message_main_attachment_id", "message_follower_ids"}
        if not self.env.su and fixed:
            raise UserError(
                self.env._("An explanation stands as written; file a new one instead.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Explanations are kept as proof."))

    def action_grant(self):
        self._decide("granted")

    def action_refuse(self):
        self._decide("refused")

    def action_withdraw(self):
        """What was granted by mistake no longer covers its gap."""
        self._check_decider()
        granted = self.filtered(lambda note: note.state == "granted")
        # sudo: the state moves by these buttons only.
        granted.sudo().write({"state": "withdrawn"})
        granted._orders_reopen()

    def _decide(self, state):
        self._check_decider()
        for note in self:
            if note.state != "requested":
                raise UserError(
                    self.env._(
                        "%(user)s decided on this explanation already.",
                        user=note.decided_by_id.name,
                    )
                )
            if note.requested_by_id == self.env.user:
                raise UserError(
                    self.env._(
                        "You asked for this yourself; another person of quality or "
                        "finance decides."
                    )
                )
        # sudo: the state moves by these buttons only, after the checks above.
        self.sudo().write(
            {
                "state": state,
                "decided_by_id": self.env.uid,
                "decided_date": fields.Datetime.now(),
            }
        )
        self.sudo().activity_feedback(["pharma_gsp.mail_activity_type_explanation"])

    def _check_decider(self):
        if not any(
            self.env.user.has_group(f"pharma_gsp.pharma_gsp_group_{role}")
            for role in DECIDERS
        ):
            raise UserError(
                self.env._("Only quality and finance decide on explained gaps.")
            )
        self.check_access("read")

    def _measure(self):
        """Fill in how large each gap is now; what isn't a gap needs no explanation."""
        # sudo: the amounts that decide aren't shown to everybody who sees the line.
        rows = self.env["pharma.four.flow"].sudo()
        for lines, notes in self._by_line():
            verdicts = rows._of_lines(lines)._judge()
            found = {
                (flow[notes._line_field()].id, gap.code): gap
                for flow, verdict in verdicts.items()
                for gap in (*verdict.gaps, *verdict.explained)
            }
            for note in notes:
                gap = found.get((note._line().id, note.code_id.code))
                if not gap:
                    raise ValidationError(
                        self.env._(
                            "%(order)s, %(product)s has no gap «%(gap)s» today, so "
                            "there is nothing to explain.",
                            order=note.order_name,
                            product=note.product_id.display_name,
                            gap=note.code_id.name,
                        )
                    )
                note.sudo().write({"quantity": gap.quantity, "amount": gap.amount})

    def _by_line(self):
        """(order lines, their explanations) of each side."""
        # sudo: an explanation may be asked for wherever the row is seen.
        for notes in self.sudo().grouped(lambda n: bool(n.purchase_line_id)).values():
            yield notes[notes._line_field()], notes

    def _line_field(self):
        return "purchase_line_id" if self[:1].purchase_line_id else "sale_line_id"

    def _line(self):
        return self.purchase_line_id or self.sale_line_id

    def _orders_reopen(self):
        # sudo: deciding needs no right to write orders.
        self.sudo().purchase_id._pharma_flow_reopen()
        self.sudo().sale_id._pharma_flow_reopen()

    def _adopt_proof(self):
        """Tie uploaded proof to its request: unattached, only its uploader reads it."""
        for note in self:
            # sudo: files uploaded before the first save belong to nobody yet.
            loose = note.sudo().attachment_ids.filtered(lambda a: not a.res_id)
            # Or any loose file of the database could be drawn in by its number.
            loose.with_env(self.env).check_access("write")
            loose.write({"res_model": note._name, "res_id": note.id})

    def _notify(self):
        users = self.env.ref("pharma_gsp.pharma_gsp_group_finance").sudo().all_user_ids
        for note in self:
            for user in users - note.requested_by_id:
                note.sudo().activity_schedule(
                    "pharma_gsp.mail_activity_type_explanation",
                    user_id=user.id,
                    summary=note.code_id.name,
                )
