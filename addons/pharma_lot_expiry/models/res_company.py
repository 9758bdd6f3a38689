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
