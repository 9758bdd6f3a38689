from odoo import api, fields, models


class StockMoveLine(models.Model):
    """How near its end what moves is, also before its lot exists (ST-10)."""

    _inherit = "stock.move.line"

    expiry_tier_id = fields.Many2one(
        "pharma.expiry.tier", compute="_compute_expiry_tier_id"
    )
    expiry_tier_color = fields.Integer(compute="_compute_expiry_tier_id")

    @api.depends("lot_id.expiry_date", "expiry_date", "product_id")
    def _compute_expiry_tier_id(self):
        pairs = [(line.product_id, line._expiry_day()) for line in self]
        tiers = self.env["pharma.expiry.tier"]._tiers_of_dates(pairs)
        for line, tier in zip(self, tiers, strict=True):
            line.expiry_tier_id, line.expiry_tier_color = tier, tier.color

    def _expiry_day(self):
        """The last day of use: the lot's, or what was read from the pack."""
        return self.lot_id.expiry_date or self.expiry_date
