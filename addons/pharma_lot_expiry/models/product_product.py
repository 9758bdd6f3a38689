from odoo import api, models


class ProductProduct(models.Model):
    _inherit = "product.product"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_coded(self):
        self.env["pharma.trace.code"]._check_not_coded("product_id", self)
