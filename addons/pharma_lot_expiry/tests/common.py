from datetime import datetime, time, timedelta

from odoo.fields import Command

from odoo.addons.pharma_gsp.tests.common import PharmaCommon, PharmaHttpCommon
from odoo.addons.pharma_lot_expiry.tools.expiry import add_months


class LotWorld:
    """The small licensed world, its shelves filled with dated lots."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls.drug.product_variant_id
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.shelf = cls.warehouse.lot_stock_id

    @classmethod
    def _months(cls, months):
        """A day so many months from now."""
        return add_months(cls.today, months)

    @classmethod
    def _lot(cls, name, end, quantity=0, product=None, place=None, **values):
        """A lot that ends on a day (or so many months from now), on the shelf."""
        product = product or cls.product
        end = cls._months(end) if type(end) is int else end
        lot = cls.env["stock.lot"].create(
            {"name": name, "product_id": product.id, "expiry_date": end, **values}
        )
        if quantity:
            cls.env["stock.quant"]._update_available_quantity(
                product,
                place or cls.shelf,
                quantity,
                lot_id=lot,
                in_date=datetime.combine(cls.today - timedelta(days=30), time()),
            )
        return lot

    @classmethod
    def _stock(cls, drug, quantity=100):
        """Put goods on the shelf the way an inventory does, in a lot of long life."""
        product = drug.product_variant_id
        lot = cls.env["stock.lot"].search(
            [("name", "=", "SHELF"), ("product_id", "=", product.id)]
        ) or cls._lot("SHELF", 23, product=product)
        cls.env["stock.quant"]._update_available_quantity(
            product, cls.shelf, quantity, lot_id=lot
        )

    @classmethod
    def _let_expire(cls, lot, last_day=None):
        """Time passes for a lot: by SQL, as nobody could."""
        cls.env.flush_all()
        last_day = last_day or cls.today - timedelta(days=1)
        for table, key in (("stock_lot", "id"), ("stock_quant", "lot_id")):
            cls.env.cr.execute(
                f"UPDATE {table} SET expiry_date = %s,"  # noqa: S608
                " expiration_date = %s::date + interval '15:59:59',"
                " removal_date = %s::date + interval '15:59:59'"
                f" WHERE {key} = %s",
                (last_day, last_day, last_day, lot.id),
            )
        cls.env.invalidate_all()

    def _confirmed(self, quantity=5, **values):
        """An order confirmed by a seller for what lies on the shelf."""
        order = self._as("seller", self._create_sale(quantity=quantity, **values))
        order.action_confirm()
        return order

    def _reserved(self, order):
        """{lot name: quantity} reserved for an order."""
        lines = order.sudo().picking_ids.move_line_ids
        found = {}
        for line in lines:
            name = line.lot_id.name
            found[name] = found.get(name, 0) + line.quantity
        return found

    def _hold(self, role="picker", **values):
        values.setdefault("reason", "外包装破损，疑似受潮")
        return self._as(role, self.env["pharma.lot.hold"]).create(values)

    def _receive(self, order, role="receiver", **printed):
        """Receive an order with what is printed on its packs."""
        picking = self._as(role, order.picking_ids)
        for move in picking.move_ids:
            move.move_line_ids.unlink()
            move.write(
                {
                    "move_line_ids": [
                        Command.create(
                            {
                                "product_id": move.product_id.id,
                                "picking_id": picking.id,
                                "quantity": move.product_uom_qty,
                                "location_id": move.location_id.id,
                                "location_dest_id": move.location_dest_id.id,
                                **printed,
                            }
                        )
                    ],
                    "picked": True,
                }
            )
        picking.button_validate()
        return picking


class LotCommon(LotWorld, PharmaCommon):
    """Tests of the models, in one transaction."""


class LotHttpCommon(LotWorld, PharmaHttpCommon):
    """Tests through the server's own doors."""
