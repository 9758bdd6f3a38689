from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo.addons.pharma_gsp.tests.common import PharmaCommon, PharmaWorld


class TraceWorld(PharmaWorld):
    """One lot of a drug, two warehouses of ours, and another company."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls.drug.product_variant_id
        warehouses = cls.env["stock.warehouse"]
        cls.warehouse = warehouses.search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.stock = cls.warehouse.lot_stock_id
        cls.other_warehouse = warehouses.create({"name": "二号库", "code": "WH2"})
        cls.other_company = cls.env["res.company"].create({"name": "东海医药"})
        cls.other_company_warehouse = warehouses.search(
            [("company_id", "=", cls.other_company.id)], limit=1
        )
        cls.supplier_place = cls.env.ref("stock.stock_location_suppliers")
        cls.customer_place = cls.env.ref("stock.stock_location_customers")
        cls.loss_place = cls.product.property_stock_inventory
        cls.lot = cls._create_lot("L-1")

    @classmethod
    def _create_lot(cls, name, product=None, company=None):
        return cls.env["stock.lot"].create(
            {
                "name": name,
                "product_id": (product or cls.product).id,
                "expiry_date": cls.today + timedelta(days=400),
                "production_date": cls.today - timedelta(days=30),
                "company_id": (company or cls.company).id,
            }
        )

    @classmethod
    def _put(cls, quantity, lot=None, location=None):
        """Goods on the shelf that no movement explains, as from another system."""
        lot = lot or cls.lot
        cls.env["stock.quant"]._update_available_quantity(
            lot.product_id, location or cls.stock, quantity, lot_id=lot
        )

    @classmethod
    def _open_move(
        cls, source, target, quantity, lot=None, partner=None, product=None, uom=None
    ):
        lot = cls.lot if lot is None else lot
        product = product or lot.product_id
        company = (target.company_id or source.company_id) or cls.company
        move = cls.env["stock.move"].create(
            {
                "product_id": product.id,
                "product_uom": (uom or product.uom_id).id,
                "product_uom_qty": quantity,
                "location_id": source.id,
                "location_dest_id": target.id,
                "company_id": company.id,
                "partner_id": partner and partner.id,
                "picked": True,
            }
        )
        move.move_line_ids = [
            (
                0,
                0,
                {
                    "product_id": product.id,
                    "product_uom_id": (uom or product.uom_id).id,
                    "quantity": quantity,
                    "location_id": source.id,
                    "location_dest_id": target.id,
                    "lot_id": lot and lot.id,
                    "company_id": company.id,
                },
            )
        ]
        move._action_confirm()
        move.picked = True
        return move

    @classmethod
    @contextmanager
    def _gate_open(cls):
        moves = type(cls.env["stock.move"])
        with (
            patch.object(moves, "_gate_enforce", lambda self, operation: None),
            patch.object(moves, "_check_quarantine_exit", lambda self: None),
            patch.object(moves, "_pharma_check_taken", lambda self, lines: None),
        ):
            yield

    @classmethod
    def _move(cls, *args, **kwargs):
        """Goods go from one place to another, without a transfer of their own."""
        move = cls._open_move(*args, **kwargs)
        # The gate has tests of its own; what counts here is what is noted.
        cls.env.flush_all()
        with cls._gate_open():
            move._action_done()
        return move

    def _receive(self, quantity, lot=None):
        """A purchase ordered and received into one lot, as its roles do."""
        lot = lot or self.lot
        order = self._ordered(quantity=quantity)
        picking = self._as("receiver", order.sudo().picking_ids)
        picking.move_ids.move_line_ids.unlink()
        picking.move_ids.move_line_ids = [
            (
                0,
                0,
                {
                    "product_id": lot.product_id.id,
                    "picking_id": picking.id,
                    "quantity": quantity,
                    "lot_id": lot.id,
                },
            )
        ]
        picking.move_ids.picked = True
        picking.button_validate()
        return picking.sudo()

    def _flow(self, kind="receipt"):
        return self.env["pharma.lot.flow"].search(
            [("lot_id", "=", self.lot.id), ("kind", "=", kind)]
        )


class TraceCommon(TraceWorld, PharmaCommon):
    pass
