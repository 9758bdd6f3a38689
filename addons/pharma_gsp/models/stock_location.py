from odoo import api, fields, models
from odoo.exceptions import UserError


class StockLocation(models.Model):
    _inherit = "stock.location"

    is_pharma_quarantine = fields.Boolean(
        "Quarantine",
        help="Goods here wait for QA: nothing is reserved from it, and only QA moves "
        "goods on (FA-32).",
    )

    def write(self, vals):
        if vals.get("is_pharma_quarantine") is False:
            self._check_may_lift_quarantine()
        return super().write(vals)

    def _check_may_lift_quarantine(self):
        """Taking the mark off would put the goods on sale: QA's decision only."""
        user = self.env.user
        if not (
            user.has_group("pharma_gsp.pharma_gsp_group_qa") or user._is_superuser()
        ):
            raise UserError(
                self.env._(
                    "Only the quality department takes the quarantine mark off a "
                    "location."
                )
            )


class StockWarehouse(models.Model):
    _inherit = "stock.warehouse"

    pharma_quarantine_location_id = fields.Many2one(
        "stock.location", "Quarantine Location", copy=False
    )

    def _create_missing_quarantine_locations(self):
        """Beside the stock location, so that nothing is ever reserved from it."""
        # sudo: whoever opens a warehouse needs its quarantine as well.
        for warehouse in self.sudo().filtered(
            lambda w: not w.pharma_quarantine_location_id
        ):
            warehouse.pharma_quarantine_location_id = (
                self.env["stock.location"]
                .sudo()
                .create(
                    {
                        "name": self.env._("Quarantine"),
                        "location_id": warehouse.view_location_id.id,
                        "usage": "internal",
                        "is_pharma_quarantine": True,
                        "company_id": warehouse.company_id.id,
                    }
                )
            )

    @api.model_create_multi
    def create(self, vals_list):
        warehouses = super().create(vals_list)
        warehouses._create_missing_quarantine_locations()
        return warehouses
