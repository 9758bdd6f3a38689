from odoo import fields, models


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
