from odoo import api, fields, models
from odoo.exceptions import AccessError


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
    pharma_outbound_seal = fields.Image(
        "Outbound Seal",
        max_width=800,
        max_height=800,
        help="药品出库专用章 on delivery notes, filed by the quality "
        "department (OB-13).",
    )
    _pharma_slow_days_positive = models.Constraint(
        "CHECK(pharma_slow_age_days > 0 AND pharma_slow_sale_days > 0)",
        "Slow stock is counted from one day on.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_seal_setter(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_seal_setter(vals)
        return super().write(vals)

    @api.model
    def _check_seal_setter(self, vals):
        """A seal is a signature: QA files it with its reason, by its button only."""
        if "pharma_outbound_seal" in vals and not self.env.su:
            raise AccessError(
                self.env._(
                    "The quality department files the outbound seal under Lots & "
                    "Expiry > Outbound Seal, with the reason."
                )
            )
