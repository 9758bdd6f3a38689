from odoo import fields, models

from ..tools import trace_bill
from .pharma_trace_bill_type import REASONS


class StockPicking(models.Model):
    """A transfer done is queued for the national trace platform (FA-56)."""

    _inherit = "stock.picking"

    trace_reason = fields.Selection(
        REASONS,
        "Reason for the Platform",
        copy=False,
        help="Why these goods move, where the places alone don't tell. It decides the "
        "bill type reported to the trace platform.",
    )
    trace_bill_ids = fields.One2many("pharma.trace.bill", "picking_id", "Upload Bills")
    trace_bill_state = fields.Selection(
        related="trace_bill_ids.state", string="Upload State"
    )

    def _action_done(self):
        result = super()._action_done()
        self.env["pharma.trace.bill"]._queue_quietly(
            self.filtered(lambda picking: picking.state == "done")
        )
        return result

    def action_open_trace_bill(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "pharma.trace.bill",
            "res_id": self.trace_bill_ids[:1].id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    def _trace_movement(self):
        """What this transfer is, as the pure rules take it."""
        self.ensure_one()
        return trace_bill.Movement(
            from_usage=self.location_id.usage,
            to_usage=self.location_dest_id.usage,
            is_return=bool(self.return_id),
            reason=self.trace_reason or "",
        )

    def _trace_counterparts(self):
        """(supplier or sender, customer or receiver) beside our own company.

        Past our warehouse there are two of them, known from the purchase order.
        """
        self.ensure_one()
        partner = self.partner_id.commercial_partner_id
        purchase = self.move_ids.purchase_line_id.order_id[:1]
        customer = purchase.dest_address_id.commercial_partner_id or partner
        return purchase.partner_id.commercial_partner_id or partner, customer

    def _trace_moves(self):
        """Moves of this transfer whose packs carry trace codes.

        Those are drugs with an approval number; herbs and slices have none. Scrap noted
        on a transfer afterwards is not what it was done for.
        """
        return self.move_ids.filtered(
            lambda move: (
                move.state == "done"
                and not move.scrap_id
                and move.product_id.pharma_controlled
                and move.product_id.approval_number
            )
        )
