from odoo import fields, models


class PharmaRecallFinish(models.TransientModel):
    """The conclusion of a recall, or why it is cancelled."""

    _name = "pharma.recall.finish"
    _description = "Close or Cancel Recall"

    recall_id = fields.Many2one("pharma.recall", required=True, readonly=True)
    state = fields.Selection(
        [("closed", "Close"), ("cancelled", "Cancel")], required=True, readonly=True
    )
    text = fields.Text("Conclusion", required=True)

    def action_finish(self):
        self.recall_id.finish(self.state, self.text)
        return {"type": "ir.actions.act_window_close"}
