from odoo import fields, models


class StockMove(models.Model):
    _inherit = "stock.move"

    is_pharma_controlled = fields.Boolean(related="product_id.pharma_controlled")

    def _action_done(self, cancel_backorder=False):
        """Codes follow their goods, in the same transaction (FA-53)."""
        moves = super()._action_done(cancel_backorder=cancel_backorder)
        done = moves.filtered(lambda move: move.state == "done" and not move.scrap_id)
        # sudo: whoever may move the goods moves their codes.
        codes = self.env["pharma.trace.code"].sudo()
        for picking, moved in done.grouped("picking_id").items():
            if picking:
                codes._post(picking.sudo(), moved.product_id)
        return moves
