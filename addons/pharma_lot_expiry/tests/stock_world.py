from datetime import timedelta

from odoo import fields
from odoo.fields import Command


class StockWorld:
    """Lots of the drug on the shelf, sold and delivered."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.shelf = cls.warehouse.lot_stock_id

    @classmethod
    def _lot(cls, name, days=300, drug=None, **values):
        """A lot whose last day is so many days ahead."""
        product = (drug or cls.drug).product_variant_id
        return cls.env["stock.lot"].create(
            {
                "name": name,
                "product_id": product.id,
                "expiry_date": cls.today + timedelta(days=days),
                "production_date": cls.today - timedelta(days=200),
                **values,
            }
        )

    @classmethod
    def _shelve(cls, lot, quantity=100, location=None, age=0):
        """Goods of a lot on the shelf, received so many days ago."""
        location = location or cls.shelf
        cls.env["stock.quant"]._update_available_quantity(
            lot.product_id,
            location,
            quantity,
            lot_id=lot,
            in_date=fields.Datetime.now() - timedelta(days=age),
        )
        return cls.env["stock.quant"].search(
            [("lot_id", "=", lot.id), ("location_id", "=", location.id)]
        )

    def _delivery(self, *taken, **values):
        """A confirmed order whose delivery has just these quantities of these lots."""
        products = {lot.product_id for lot, _quantity in taken}
        order = self.env["sale.order"].create(
            {
                "partner_id": self.hospital.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "product_uom_qty": sum(
                                quantity
                                for lot, quantity in taken
                                if lot.product_id == product
                            ),
                        }
                    )
                    for product in products
                ],
                **values,
            }
        )
        self._as("seller", order).action_confirm()
        delivery = order.picking_ids
        delivery.do_unreserve()
        for lot, quantity in taken:
            move = delivery.move_ids.filtered(
                lambda move, lot=lot: move.product_id == lot.product_id
            )
            self.env["stock.move.line"].create(
                {
                    "move_id": move.id,
                    "picking_id": delivery.id,
                    "product_id": lot.product_id.id,
                    "lot_id": lot.id,
                    "quantity": quantity,
                    "product_uom_id": move.product_uom.id,
                    "location_id": self.shelf.id,
                    "location_dest_id": delivery.location_dest_id.id,
                }
            )
        return delivery

    def _sell(self, lot, quantity, days_ago=0):
        """Deliver, and let it be that long ago (not as a user could)."""
        delivery = self._delivery((lot, quantity))
        delivery.move_ids.picked = True
        self._as("picker", delivery).button_validate()
        self.assertEqual(delivery.state, "done")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE stock_move_line SET date = date - %s WHERE picking_id = %s",
            (timedelta(days=days_ago), delivery.id),
        )
        self.env.invalidate_all()
        return delivery
