from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError

# A counting sheet may lie open in the browser for a while.
OPEN_SHEET = timedelta(days=1)


class StockQuant(models.Model):
    _inherit = "stock.quant"

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
