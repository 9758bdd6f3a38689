from odoo import api, models

# What decides on which side of a border a place lies.
BORDERS = {"is_pharma_quarantine", "location_id", "usage"}


class StockLocation(models.Model):
    _inherit = "stock.location"

    def write(self, vals):
        done = super().write(vals)
        if BORDERS & vals.keys():
            # sudo: lots move through places of every company, archived ones too.
            places = self.sudo().with_context(active_test=False)
            moved = places.search([("id", "child_of", self.ids)])
            self.env["pharma.lot.flow"]._relocate(moved)
        return done

    @api.ondelete(at_uninstall=False)
    def _unlink_except_coded(self):
        self.env["pharma.trace.code"]._check_not_coded("own_location_id", self)
