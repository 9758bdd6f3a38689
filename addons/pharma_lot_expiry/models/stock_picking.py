from odoo import api, models


class StockPicking(models.Model):
    _inherit = "stock.picking"

    @api.constrains("partner_id")
    def _check_lot_flow(self):
        """Whom goods went to may be corrected after they moved."""
        done = self.move_line_ids.filtered(lambda line: line.state == "done")
        self.env["pharma.lot.flow"]._record(done)
