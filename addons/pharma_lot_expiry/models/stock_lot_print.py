from odoo import models


class StockLot(models.Model):
    _inherit = "stock.lot"

    def action_pharma_labels(self):
        """Ask for size and copies, then print labels of these lots."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Lot Labels"),
            "res_model": "pharma.label.print",
            "view_mode": "form",
            "target": "new",
            "context": {"default_lot_ids": self.ids},
        }
