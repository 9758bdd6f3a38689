from dataclasses import replace

from odoo import api, fields, models

from ..tools import expiry
from ..tools.allocation import Wish


class ResPartner(models.Model):
    _inherit = "res.partner"

    pharma_min_life_months = fields.Integer(
        "Months of Life Asked for",
        tracking=True,
        help="How many months lots have to live on delivery, where this customer asks "
        "for more than its kind does. 0: as its kind (ST-11).",
    )

    def _pharma_min_life(self):
        """Months of life lots need for this customer on the day of delivery (ST-11)."""
        partner = self.commercial_partner_id
        return (
            partner.pharma_min_life_months
            or partner.pharma_buyer_kind_id.min_life_months
        )

    def _pharma_wishes(self, products, day):
        """What this customer takes of each product on a day (ST-11).

        Lots live as long as the customer asks for and as our expiry tiers let us sell
        freely; lots it agreed to may end earlier.

        :param day: of delivery, in China
        :return: {product: tools.allocation.Wish}
        """
        months = self._pharma_min_life()
        limits = self.env["pharma.expiry.tier"]._sale_limits(products, day)
        wishes = {
            product: Wish(sellable_from=max(limits[product].free, wanted))
            for product in products
            for wanted in (expiry.add_months(day, months),)
        }
        for product, lots in self._pharma_agreed_lots(products, day).items():
            agreed = lots.filtered(
                lambda lot, end=limits[product].with_consent: lot.expiry_date >= end
            )
            wishes[product] = replace(wishes[product], agreed_lot_ids=tuple(agreed.ids))
        return wishes

    def _pharma_agreed_lots(self, products, day):
        """{product: lots on the shelf whose short life this customer agreed to}"""
        consents = self.env["pharma.life.consent"]
        if not consents._exist_for(self, products, day):
            return {}
        # sudo: what may be reserved doesn't depend on what the seller may see.
        lots = (
            self.env["stock.lot"]
            .sudo()
            .search([("product_id", "in", products.ids), ("expiry_date", ">=", day)])
        )
        return consents._for(self, lots, day).grouped("product_id")

    @api.ondelete(at_uninstall=False)
    def _unlink_except_coded(self):
        self.env["pharma.trace.code"]._check_not_coded("own_partner_id", self)
