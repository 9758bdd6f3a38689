from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    pharma_month_expiry = fields.Selection(
        [
            ("end", "Usable through the end of that month"),
            ("previous", "Usable through the end of the month before"),
        ],
        "Expiry Printed as a Month",
        default="end",
        required=True,
        help="How a pack is read that shows only a month, such as 2027.05 (FA-46). "
        "Each lot remembers how it was read.",
    )
    pharma_slow_age_days = fields.Integer(
        "Slow Stock: Older Than (days)",
        default=90,
        required=True,
        help="Goods received longer ago may count as slow (CM-11).",
    )
    pharma_slow_sale_days = fields.Integer(
        "Slow Stock: Not Sold for (days)",
        default=90,
        required=True,
        help="… if none of their lot was delivered to a customer since (CM-11).",
    )

    _pharma_slow_days_positive = models.Constraint(
        "CHECK(pharma_slow_age_days > 0 AND pharma_slow_sale_days > 0)",
        "Slow stock is counted from one day on.",
    )
