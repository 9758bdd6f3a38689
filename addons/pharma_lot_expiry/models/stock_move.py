from odoo import api, fields, models


class StockMove(models.Model):
    _inherit = "stock.move"

    is_pharma_controlled = fields.Boolean(related="product_id.pharma_controlled")

    @api.constrains("state", "partner_id", "purchase_line_id", "sale_line_id")
    def _check_lot_flow(self):
        """What moved is noted at once, by whatever door it came to be done (TV-61)."""
        done = self.filtered(lambda move: move.state == "done")
        self.env["pharma.lot.flow"]._record(done.move_line_ids)

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
