from odoo import api, models


class StockLocation(models.Model):
    _inherit = "stock.location"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_coded(self):
        self.env["pharma.trace.code"]._check_not_coded("own_location_id", self)
