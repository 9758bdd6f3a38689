from odoo import api, fields, models
from odoo.fields import Domain

from .trading import Trading


class StockQuant(models.Model):
    """Stock that may be reserved, and in which order (ST-10, ST-13, TV-45, TV-48).

    Every allocator ends in ``_get_reserve_quantity``. It looks at lots good for trade
    only, unless a move says that its goods are on a way out (scrap, quarantine, back to
    the supplier). What the move wants travels in the context as core's own
    ``with_expiration`` does, and moves always set it: nobody outside can.
    """

    _inherit = "stock.quant"

    expiry_date = fields.Date(
        "Expires after", related="lot_id.expiry_date", store=True, index=True
    )
    production_date = fields.Date("Made on", related="lot_id.production_date")
    expiry_tier_id = fields.Many2one(related="lot_id.expiry_tier_id")
    expiry_tier_color = fields.Integer(related="lot_id.expiry_tier_color")
    lot_state = fields.Selection(related="lot_id.pharma_state", string="Lot State")

    @api.model
    def _get_removal_strategy(self, product_id, location_id):
        """First expired, first out for drugs, whatever a category says (OB-03)."""
        if product_id.pharma_controlled:
            return "fefo"
        return super()._get_removal_strategy(product_id, location_id)

    @api.model
    def _get_reserve_quantity(
        self,
        product_id,
        location_id,
        quantity,
        uom_id=None,
        lot_id=None,
        package_id=None,
        owner_id=None,
        strict=False,
    ):
        kept = {}
        if product_id.pharma_controlled and quantity > 0:
            self = self.with_context(pharma_reserving=True)
            wish = self.env.context.get("pharma_wish")
            if not (wish and wish.is_way_out):
                kept = Trading.of(self, product_id).kept_back(location_id)
        found = super()._get_reserve_quantity(
            product_id,
            location_id,
            quantity + sum(kept.values()),
            uom_id=uom_id,
            lot_id=lot_id,
            package_id=package_id,
            owner_id=owner_id,
            strict=strict,
        )
        return self._keep_back(found, kept, quantity) if kept else found

    @api.model
    def _keep_back(self, found, kept, quantity):
        """Leave so many packs of a lot on the shelf as are on hold there (ST-13).

        :param found: [(quant, quantity)] that could be reserved
        :param kept: {lot: packs to leave}, used up
        :param quantity: wanted in all
        """
        rows = []
        for quant, amount in found:
            untaken = max(quant.quantity - quant.reserved_quantity - amount, 0)
            left = max(kept.get(quant.lot_id, 0) - untaken, 0)
            cut = min(left, amount)
            kept[quant.lot_id] = left - cut
            amount = min(amount - cut, quantity)
            quantity -= amount
            if quant.product_id.uom_id.compare(amount, 0) > 0:
                rows.append((quant, amount))
        return rows

    def _get_gather_domain(
        self,
        product_id,
        location_id,
        lot_id=None,
        package_id=None,
        owner_id=None,
        strict=False,
    ):
        """Only while reserving: core gathers to count stock as well."""
        context = self.env.context
        if not (context.get("pharma_reserving") and product_id.pharma_controlled):
            return super()._get_gather_domain(
                product_id, location_id, lot_id, package_id, owner_id, strict
            )
        self = self.with_context(with_expiration=False)
        domain = super()._get_gather_domain(
            product_id, location_id, lot_id, package_id, owner_id, strict
        )
        wish = context.get("pharma_wish")
        if wish and wish.is_way_out:
            return domain
        domain &= self._tradable_domain(product_id)
        return domain & self._wish_domain(wish) if wish else domain

    @api.model
    def _tradable_domain(self, products, day=None):
        """Quants of these drugs that may be sold to somebody on a day (TV-45).

        :param day: in China, today if none
        """
        holds = Trading.of(self, products).holds_of(products)
        return self._unexpired_domain(day) & ~self._held_domain(holds)

    @api.model
    def _unexpired_domain(self, day=None):
        """With a lot whose last day isn't over, and not waiting for QA's decision."""
        day = day or self.env["stock.lot"]._today()
        return Domain("expiry_date", ">=", day) & Domain(
            "location_id.is_pharma_quarantine", "=", False
        )

    @api.model
    def _held_domain(self, holds):
        """Quants under one of these holds.

        :param holds: ``pharma.lot.hold`` records in force
        """
        by_kind = holds.grouped("kind")
        lots, products, places = (
            by_kind.get(kind, holds.browse()) for kind in ("lot", "product", "location")
        )
        domain = Domain("product_id", "in", products.product_id.ids)
        if places:
            domain |= Domain("location_id", "child_of", places.location_id.ids)
        if lots:
            domain |= Domain("lot_id", "in", lots._twins().ids)
        return domain

    @api.model
    def _wish_domain(self, wish):
        """What this customer takes: lots that live long enough, or agreed ones."""
        if not wish.sellable_from:
            return Domain.TRUE
        return Domain("expiry_date", ">=", wish.sellable_from) | Domain(
            "lot_id", "in", wish.agreed_lot_ids
        )

    @api.depends("expiry_date", "lot_state")
    def _compute_available_quantity(self):
        """What can't be reserved isn't available on any screen either."""
        result = super()._compute_available_quantity()
        drugs = self.filtered(lambda quant: quant.product_id.pharma_controlled)
        tradable = drugs.filtered_domain(drugs._tradable_domain(drugs.product_id))
        (drugs - tradable).available_quantity = 0
        return result
