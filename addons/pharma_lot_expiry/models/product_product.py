from odoo import api, fields, models
from odoo.fields import Domain

from .turn import wait_for_turn


class ProductProduct(models.Model):
    _inherit = "product.product"

    def _compute_quantities_dict(
        self, lot_id, owner_id, package_id, from_date=False, to_date=False
    ):
        """What can't be sold isn't free and isn't forecast (ST-10, ST-13).

        Core takes off what is past its removal date by the server's calendar, the last
        day of use among it. Here a drug counts until that day is over in China, and
        held goods, quarantine and lots without date don't count at all.
        """
        result = super()._compute_quantities_dict(
            lot_id, owner_id, package_id, from_date=from_date, to_date=to_date
        )
        drugs = self.filtered("pharma_controlled")
        if drugs:
            drugs._correct_free_quantities(
                result,
                {"lot_id": lot_id, "owner_id": owner_id, "package_id": package_id},
                to_date,
            )
        return result

    def _correct_free_quantities(self, result, characters, to_date):
        """Give back what core took off, take off what may not be traded."""
        quants = self.env["stock.quant"].with_context(active_test=False)
        moment = self.env.context.get("to_date") or to_date
        moment = fields.Datetime.to_datetime(moment)
        places, _incoming, _outgoing = self._get_domain_locations()
        stock = Domain(places) & Domain("product_id", "in", self.ids)
        stock &= Domain.AND(
            Domain(name, "=", value)
            for name, value in characters.items()
            if value is not None
        )
        day = self.env["stock.lot"]._planned_day(moment)
        for sign, gone in (
            # As product_expiry counts it.
            (1, Domain("removal_date", "<=", moment or fields.Date.today())),
            (-1, ~quants._tradable_domain(self, day)),
        ):
            for product, quantity, reserved in quants._read_group(
                stock & gone, ["product_id"], ["quantity:sum", "reserved_quantity:sum"]
            ):
                found = result[product.id]
                for name in ("free_qty", "virtual_available"):
                    change = sign * (quantity - reserved)
                    found[name] = product.uom_id.round(found[name] + change)

    def _wait_for_shelf(self, starts_anew=False):
        """Let those who want these drugs decide one after the other (OB-01)."""
        drugs = self.filtered("pharma_controlled")
        wait_for_turn(self.env, "stock", drugs.ids, starts_anew)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_coded(self):
        self.env["pharma.trace.code"]._check_not_coded("product_id", self)
