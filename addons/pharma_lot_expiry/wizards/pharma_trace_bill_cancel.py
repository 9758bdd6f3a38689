from odoo import fields, models


class PharmaTraceBillCancel(models.TransientModel):
    """Why QA doesn't report a transfer, or lets packs and codes differ."""

    _name = "pharma.trace.bill.cancel"
    _description = "Reason for an Upload Bill"

    bill_ids = fields.Many2many("pharma.trace.bill", string="Bills", readonly=True)
    purpose = fields.Selection(
        [("cancel", "Don't report"), ("explain", "Explain the difference")],
        required=True,
        default="cancel",
        readonly=True,
    )
    reason = fields.Text(required=True)

    def action_confirm(self):
        if self.purpose == "cancel":
            self.bill_ids.cancel(self.reason)
        else:
            self.bill_ids.explain(self.reason)
        return {"type": "ir.actions.act_window_close"}
