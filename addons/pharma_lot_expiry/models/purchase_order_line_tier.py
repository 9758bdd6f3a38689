from odoo import api, fields, models


class PurchaseOrderLine(models.Model):
    """Whether more is bought of what is about to end on the shelf (ST-10)."""

    _inherit = "purchase.order.line"

    expiry_tier_id = fields.Many2one(
        "pharma.expiry.tier",
        "Expiry Tier on Hand",
        compute="_compute_expiry_tier_id",
        help="Of the worst lot of this product in the warehouse.",
    )
    expiry_tier_color = fields.Integer(compute="_compute_expiry_tier_id")

    @api.depends("product_id", "order_id.picking_type_id")
    def _compute_expiry_tier_id(self):
        tiers, none = self.env["pharma.expiry.tier"], self.env["stock.lot"]
        day = none._today()
        warehouses = self.order_id.picking_type_id.warehouse_id
        products = self.product_id.filtered("pharma_controlled")
        found = tiers._lots_on_hand(products, warehouses, day)
        tier_of = tiers._tiers(none.union(*found.values()), day)
        for line in self:
            warehouse = line.order_id.picking_type_id.warehouse_id
            worst = found.get((line.product_id.id, warehouse.id), none)[:1]
            tier = tier_of.get(worst, tiers)
            line.expiry_tier_id, line.expiry_tier_color = tier, tier.color
