from odoo import api, fields, models


class SaleOrderLine(models.Model):
    """How near its end is what the customer would get (ST-10)."""

    _inherit = "sale.order.line"

    expiry_tier_id = fields.Many2one(
        "pharma.expiry.tier",
        compute="_compute_expiry_tier_id",
        help="Of the worst lot that is reserved, or that would be.",
    )
    expiry_tier_color = fields.Integer(compute="_compute_expiry_tier_id")

    # Not on what is reserved: every reservation would have to look for its orders.
    @api.depends("product_id", "order_id.warehouse_id", "order_id.partner_id")
    def _compute_expiry_tier_id(self):
        tiers = self.env["pharma.expiry.tier"]
        worst = {line: line._worst_reserved_lot() for line in self}
        unreserved = self.filtered(lambda line: not worst[line])
        for order, lines in unreserved.grouped("order_id").items():
            worst.update(lines._worst_free_lots(order))
        lots = self.env["stock.lot"].union(*worst.values())
        tier_of = tiers._tiers(lots)
        for line in self:
            tier = tier_of.get(worst[line], tiers)
            line.expiry_tier_id, line.expiry_tier_color = tier, tier.color

    def _worst_reserved_lot(self):
        # sudo: sellers see the lots of their own orders.
        moves = self.sudo().move_ids.filtered(lambda move: move.state != "cancel")
        lots = moves.move_line_ids.lot_id.filtered("expiry_date")
        return lots.sorted("expiry_date")[:1]

    def _worst_free_lots(self, order):
        """{line: the lot that ends first of those this customer may be sold}."""
        day = self.env["stock.lot"]._today()
        tiers = self.env["pharma.expiry.tier"]
        products = self.product_id.filtered("pharma_controlled")
        # sudo: as in _lots_on_hand, whose lots these are.
        none = self.env["stock.lot"].sudo()
        found = tiers._lots_on_hand(products, order.warehouse_id, day)
        limits = tiers._sale_limits(products, day)
        agreed = none
        if found:
            agreed = self.env["pharma.life.consent"]._for(
                order.partner_id, none.union(*found.values()), day, order.company_id
            )
        warehouse = order.warehouse_id._origin
        return {
            line: next(
                (
                    lot
                    for lot in found.get((line.product_id.id, warehouse.id), none)
                    if lot.expiry_date >= limits[line.product_id].least(lot in agreed)
                ),
                none,
            )
            for line in self
        }
