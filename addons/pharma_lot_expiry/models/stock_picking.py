from odoo import models


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def button_validate(self):
        """Who validates goods whose lot went bad gets good ones reserved to pick.

        The new lots are kept, and she is told to look again: nothing leaves under the
        name of a lot nobody put into the box.
        """
        freed = self.move_ids._pharma_replace_bad_lots()
        if freed:
            return {
                "type": "ir.actions.client",
                "tag": "display_notification",
                "params": {
                    "type": "warning",
                    "sticky": True,
                    "title": self.env._("Other lots were reserved"),
                    "message": freed._replaced_sentence(),
                    "next": {"type": "ir.actions.client", "tag": "soft_reload"},
                },
            }
        return super().button_validate()

    def _check_expired_lots(self):
        """Core's «confirm expired lots?» isn't asked of drugs: the gate says no."""
        pickings = super()._check_expired_lots()
        return pickings.filtered(
            lambda picking: (
                not all(picking.move_ids.product_id.mapped("pharma_controlled"))
            )
        )
