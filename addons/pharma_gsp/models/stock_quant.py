from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

# A counting sheet may lie open in the browser for a while.
OPEN_SHEET = timedelta(days=1)
# What is on the shelf follows from moves and counts alone.
FACTS = {
    "in_date",
    "location_id",
    "lot_id",
    "owner_id",
    "package_id",
    "product_id",
    "quantity",
    "reserved_quantity",
}
COUNTED = {"inventory_quantity", "inventory_quantity_auto_apply"}


class StockQuant(models.Model):
    _inherit = "stock.quant"

    @api.model_create_multi
    def create(self, vals_list):
        """Found goods are counted in; core makes stock of moves as superuser."""
        if not self.env.su:
            # Spelled out, or default_product_id in the context would be a way round.
            default = self.env.context.get("default_product_id")
            typed = [
                vals.get("product_id", default)
                for vals in vals_list
                if not (self._is_inventory_mode() and COUNTED & vals.keys())
            ]
            self._refuse_facts(self.env["product.product"].browse(filter(None, typed)))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su and FACTS & vals.keys():
            self._refuse_facts(self.product_id)
        return super().write(vals)

    @api.model
    def _refuse_facts(self, products):
        """Stock of drugs changes by what happens to it only (CS-20)."""
        controlled = products.filtered("pharma_controlled")
        if controlled:
            raise UserError(
                self.env._(
                    "The stock of %s can't be typed in: it follows from receipts, "
                    "deliveries, transfers and counts. Count it or make a transfer.",
                    controlled[0].display_name,
                )
            )

    def _apply_inventory(self, date=None):
        """A count is dated when it is applied, whatever date was picked (CS-10)."""
        if date and any(self.product_id.mapped("pharma_controlled")):
            age = abs(fields.Datetime.now() - fields.Datetime.to_datetime(date))
            if age > OPEN_SHEET:
                raise UserError(
                    self.env._(
                        "A count of drugs can't be dated back or ahead: it carries the "
                        "time it is applied. Leave the counting date as it is."
                    )
                )
            date = None
        return super()._apply_inventory(date)
