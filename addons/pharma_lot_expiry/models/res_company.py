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
    pharma_aggregation_limit = fields.Integer(
        "Largest Aggregation File (MB)",
        default=200,
        required=True,
        help="Files of trace codes that are larger are refused unread (FA-54).",
    )
