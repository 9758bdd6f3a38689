from odoo import models


class StockLocation(models.Model):
    _inherit = "stock.location"

    def action_pharma_labels(self):
        """Ask for size and copies, then print labels of these places."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Location Labels"),
            "res_model": "pharma.label.print",
            "view_mode": "form",
            "target": "new",
            "context": {"default_location_ids": self.ids},
        }
