from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

# What only the button, the nightly job and changed facts move.
FLOW_FIELDS = {
    "pharma_flow_closed": False,
    "pharma_flow_closed_by_id": False,
    "pharma_flow_closed_date": False,
}


class PharmaFlowClosable(models.AbstractModel):
    """An order that is closed when its four flows agree (CS-30).

    Nothing is closed with a hidden gap: whoever sets the flag by whatever door, each
    line must match or carry a granted explanation. When the facts change afterwards
    (a return, a credit note, a withdrawn payment), the order opens again by itself.
    """

    _name = "pharma.flow.closable"
    _description = "Order Closed for the Four Flows"

    pharma_flow_closed = fields.Boolean(
        "Four Flows Closed", default=False, required=True, copy=False, readonly=True
    )
    pharma_flow_closed_by_id = fields.Many2one(
        "res.users", "Four Flows Closed by", copy=False, readonly=True
    )
    pharma_flow_closed_date = fields.Datetime(
        "Four Flows Closed on", copy=False, readonly=True
    )
    pharma_flow_label = fields.Char(
        "Four-Flow Status", compute="_compute_pharma_flow_label"
    )
    pharma_flow_gap_count = fields.Integer(
        "Four-Flow Gaps", compute="_compute_pharma_flow_label"
    )

    @api.depends_context("lang")
    def _compute_pharma_flow_label(self):
        found = defaultdict(dict)
        field = "purchase_id" if self._name == "purchase.order" else "sale_id"
        # sudo: a status is told to everybody who may see the order.
        flows = self.env["pharma.four.flow"].sudo()
        for order, status, count in flows._read_group(
            [(field, "in", self._origin.ids)], [field, "status"], ["gap_count:sum"]
        ):
            found[order.id][status] = int(count)
        for order in self:
            statuses = found[order._origin.id]
            order.pharma_flow_gap_count = statuses.get("gap", 0)
            order.pharma_flow_label = order._pharma_flow_label(statuses)

    @api.constrains("pharma_flow_closed")
    def _check_flow_closed(self):
        closed = self.filtered("pharma_flow_closed")
        if not closed:
            return
        flows = self.env["pharma.four.flow"]._of_orders(closed)
        closed._refuse_without_flows(flows)
        sentences = [
            sentence
            for flow, verdict in flows._judge().items()
            for sentence in flow._gap_sentence(verdict)
        ]
        if sentences:
            raise ValidationError(
                self.env._(
                    "These orders can't be closed yet. Clear each gap or have it "
                    "explained:\n%s",
                    "\n".join(
                        f"{number}. {sentence}"
                        for number, sentence in enumerate(sentences, 1)
                    ),
                )
            )

    def _refuse_without_flows(self, flows):
        """Nothing is closed unseen: an order of drugs has lines on the board."""
        is_purchase = self._name == "purchase.order"
        for order in self - (flows.purchase_id if is_purchase else flows.sale_id):
            products = order.order_line.product_id
            if order.state != "cancel" and any(products.mapped("pharma_controlled")):
                raise ValidationError(
                    self.env._(
                        "%s has goods under GSP control, but no line of it is on the "
                        "four-flow board. Have its lines put right first.",
                        order.name,
                    )
                )

    def _check_downpayments(self, lines):
        """Goods that move are no down payment: the board would never see them."""
        for line in lines:
            if line.is_downpayment and line.product_id.pharma_controlled:
                raise ValidationError(
                    self.env._(
                        "%s is goods under GSP control, so its order line can't be a "
                        "down payment. Book the down payment on a line of its own, "
                        "without goods.",
                        line.product_id.display_name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:  # spelled out, or default_… in the context would count
            vals_list = [{**vals, **FLOW_FIELDS} for vals in vals_list]
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su and FLOW_FIELDS.keys() & vals.keys():
            raise UserError(
                self.env._(
                    "Whether the four flows of an order are closed is decided by the "
                    "button «Close Four Flows»."
                )
            )
        return super().write(vals)

    def action_pharma_close(self):
        """Finance closes orders whose lines match or are explained."""
        if not self.env.user.has_group("pharma_gsp.pharma_gsp_group_finance"):
            raise UserError(self.env._("Only finance closes the four flows of orders."))
        self.check_access("read")
        open_orders = self.filtered(lambda order: not order.pharma_flow_closed)
        for order in open_orders:
            if order.state not in ("purchase", "sale", "cancel"):
                raise UserError(
                    self.env._(
                        "%s isn't confirmed: there is nothing to close yet.", order.name
                    )
                )
        open_orders._pharma_flow_close()

    def action_pharma_flows(self):
        self.ensure_one()
        field = "purchase_id" if self._name == "purchase.order" else "sale_id"
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "pharma_gsp.pharma_four_flow_action"
        )
        return {**action, "domain": [(field, "=", self.id)], "context": {}}

    def _pharma_flow_close(self):
        # What is computed late would count as a change after the closing.
        self.env.flush_all()
        # sudo: moves by the button and the nightly job only; the constraint watches.
        self.sudo().write(
            {
                "pharma_flow_closed": True,
                "pharma_flow_closed_by_id": self.env.uid,
                "pharma_flow_closed_date": fields.Datetime.now(),
            }
        )

    def _pharma_flow_reopen(self):
        """The facts changed: what was closed is looked at again."""
        # sudo: whoever changes the facts needn't be allowed to write the order.
        closed = self.sudo().filtered("pharma_flow_closed")
        if not closed:
            return
        closed.write(dict(FLOW_FIELDS))
        closed._message_log_batch(
            bodies=dict.fromkeys(
                closed.ids,
                self.env._("Order, goods, invoice or money changed: reopened."),
            )
        )

    def _pharma_flow_label(self, statuses):
        if self.pharma_flow_closed:
            return self.env._("Closed")
        if "gap" in statuses:
            return self.env._("Gaps: %s", statuses["gap"])
        labels = {
            "waiting": self.env._("Waiting"),
            "explained": self.env._("Explained"),
            "matched": self.env._("Matched"),
        }
        return next((labels[s] for s in labels if s in statuses), False)
