from odoo import api, fields, models
from odoo.fields import Domain


class StockLot(models.Model):
    """How near its end a lot is, as of now (ST-10)."""

    _inherit = "stock.lot"

    expiry_tier_id = fields.Many2one(
        "pharma.expiry.tier",
        compute="_compute_expiry_tier_id",
        search="_search_expiry_tier_id",
    )
    expiry_tier_color = fields.Integer(related="expiry_tier_id.color")

    @api.depends("expiry_date", "product_id")
    def _compute_expiry_tier_id(self):
        for lot, tier in self.env["pharma.expiry.tier"]._tiers(self).items():
            lot.expiry_tier_id = tier

    def _search_expiry_tier_id(self, operator, value):
        tiers = self.env["pharma.expiry.tier"]
        if operator in ("ilike", "any"):
            name = (
                Domain(value) if operator == "any" else Domain("name", "ilike", value)
            )
            return tiers._lot_domain(tiers.search(name).ids)
        if operator != "in":
            return NotImplemented
        return tiers._lot_domain(list(value))
