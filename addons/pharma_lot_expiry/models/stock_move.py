from odoo import api, fields, models


class StockMove(models.Model):
    _inherit = "stock.move"

    is_pharma_controlled = fields.Boolean(related="product_id.pharma_controlled")

    @api.constrains("state", "partner_id", "purchase_line_id", "sale_line_id")
    def _check_lot_flow(self):
        """What moved is noted at once, by whatever door it came to be done (TV-61)."""
        done = self.filtered(lambda move: move.state == "done")
        self.env["pharma.lot.flow"]._record(done.move_line_ids)
