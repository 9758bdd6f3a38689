from odoo import fields, models


class PharmaLotHoldLift(models.TransientModel):
    """Why QA lets held goods move again."""

    _name = "pharma.lot.hold.lift"
    _description = "Lift Hold"

    hold_ids = fields.Many2many("pharma.lot.hold", string="Holds", readonly=True)
    reason = fields.Text("What Was Found", required=True)

    def action_lift(self):
        self.hold_ids.lift(self.reason)
        return {"type": "ir.actions.act_window_close"}
