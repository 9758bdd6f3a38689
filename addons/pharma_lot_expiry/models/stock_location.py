from odoo import api, models
from odoo.exceptions import UserError

# What decides on which side of a border a place lies.
BORDERS = {"is_pharma_quarantine", "location_id", "usage"}


class StockLocation(models.Model):
    _inherit = "stock.location"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_coded(self):
        self.env["pharma.trace.code"]._check_not_coded("own_location_id", self)

    def write(self, vals):
        held = self.browse()
        if "location_id" in vals:
            held = self.env["pharma.lot.hold"]._held_locations(self)
        done = super().write(vals)
        held._check_still_held()
        if BORDERS & vals.keys():
            # sudo: lots move through places of every company, archived ones too.
            places = self.sudo().with_context(active_test=False)
            moved = places.search([("id", "child_of", self.ids)])
            self.env["pharma.lot.flow"]._relocate(moved)
        return done

    def _check_still_held(self):
        """A held place isn't taken from under its hold (ST-13)."""
        freed = self - self.env["pharma.lot.hold"]._held_locations(self)
        if freed:
            raise UserError(
                self.env._(
                    "%s lies in a place on hold and can't be put under another one "
                    "until the quality department lifts the hold.",
                    freed[0].display_name,
                )
            )
