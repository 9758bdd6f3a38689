from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.http import request

from ..tools.allocation import Demand


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def action_confirm(self):
        """The last boxes go to who comes first, and the others are told (OB-01)."""
        self.order_line.product_id._wait_for_shelf(self._is_button_pressed())
        return super().action_confirm()

    @api.model
    def _is_button_pressed(self):
        """Whether the request is just this button, so that no savepoint is open."""
        params = (request and request.params) or {}
        asked = params.get("model"), params.get("method")
        return asked == (self._name, "action_confirm")

    def write(self, vals):
        if vals.get("state") == "sale":
            self.order_line.product_id._wait_for_shelf()
        return super().write(vals)

    def _pharma_delivery_day(self):
        """The day in China the order is to arrive, today if that is past."""
        moment = self.commitment_date or self.expected_date
        return self.env["stock.lot"]._planned_day(moment)


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    pharma_lot_id = fields.Many2one(
        "stock.lot",
        "Wanted Lot",
        domain="[('product_id', '=', product_id), ('pharma_state', '=', 'good')]",
        copy=False,
        help="Only this lot is reserved, such as the one a ward uses already (OB-03).",
    )
    pharma_lot_reason = fields.Char("Why This Lot", copy=False)

    @api.model_create_multi
    def create(self, vals_list):
        """More on a confirmed order takes its turn as the order did."""
        orders = self.order_id.browse([vals.get("order_id") for vals in vals_list])
        if "sale" in orders.filtered("id").mapped("state"):
            products = {vals.get("product_id") for vals in vals_list} - {None, False}
            self.product_id.browse(products)._wait_for_shelf()
        return super().create(vals_list)

    def write(self, vals):
        grown = self.filtered(
            lambda line: line.order_id.state == "sale" and line._is_growing(vals)
        )
        new_product = self.product_id.browse(vals.get("product_id") or [])
        (grown.product_id | new_product)._wait_for_shelf()
        return super().write(vals)

    def _pharma_undelivered(self):
        """What this line still needs, in the product's own unit."""
        open_quantity = max(self.product_uom_qty - self.qty_delivered, 0)
        return self.product_uom_id._compute_quantity(
            open_quantity, self.product_id.uom_id
        )

    def _pharma_demand_elsewhere(self):
        """What other confirmed orders still need of these products.

        :return: {(product, warehouse): ``Demand`` in the product's own unit}
        """
        moves = self.env["stock.move"]
        groups = moves._read_group(
            moves._open_demand_domain()
            & Domain("product_id", "in", self.product_id.ids)
            & Domain("sale_line_id.order_id", "not in", self.order_id.ids),
            ["product_id", "location_id", "product_uom"],
            ["product_qty:sum", "quantity:sum"],
        )
        found = defaultdict(Demand)
        for product, place, uom, needed, reserved in groups:
            reserved = uom._compute_quantity(reserved, product.uom_id, round=False)
            found[product, place.warehouse_id] += Demand(needed, reserved)
        return found
