from odoo import api, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_coded(self):
        self.env["pharma.trace.code"]._check_not_coded("own_partner_id", self)
