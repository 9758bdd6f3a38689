from odoo import fields, models


class PharmaPartnerKind(models.Model):
    _inherit = "pharma.partner.kind"

    min_life_months = fields.Integer(
        "Months of Life Asked for",
        help="Lots have to live so many months more on the day of delivery (ST-11).",
    )

    _min_life_months_positive = models.Constraint(
        "CHECK(min_life_months >= 0)", "Months of life can't be negative."
    )
