import inspect

from odoo.tests import tagged

from .common import LotCommon

# What hands out stock, by name; calling any of it makes a method an allocator.
SOURCES = {"_get_reserve_quantity", "_gather", "_update_reserved_quantity"}
# Every allocator there is, and what keeps bad lots from it. A new one, from Odoo or
# from an add-on, fails the test until somebody has looked at it.
GUARDED = {
    # They end in stock.quant._get_reserve_quantity, which is guarded by default.
    ("stock.quant", "_get_reserve_quantity"): "guards",
    ("stock.move", "_update_reserved_quantity_vals"): "guarded quant",
    ("stock.move", "_update_reserved_quantity"): "guarded quant",
    ("stock.move", "_action_assign"): "guarded quant",
    ("stock.move", "_set_quantity_done_prepare_vals"): "guarded quant",
    ("stock.move", "_set_lot_ids"): "guarded quant",
    # They count, or book what was decided elsewhere.
    ("stock.quant", "_get_available_quantity"): "counts; guarded by move",
    ("stock.quant", "_get_gather_domain"): "guards",
    ("stock.quant", "_gather"): "reads",
    ("stock.quant", "_update_available_quantity"): "books",
    ("stock.quant", "_update_reserved_quantity"): "books",
    ("stock.quant", "_onchange_location_or_product_id"): "reads for a count",
    ("stock.quant", "_clean_reservations"): "mends sums of what is reserved",
    ("stock.quant", "_set_inventory_quantity"): "counts",
    ("stock.quant", "create"): "counts",
    # Lines written by hand reserve what they say; shipping them meets the gate.
    ("stock.move.line", "_synchronize_quant"): "books; gate at done",
    ("stock.move.line", "create"): "books; gate at done",
    ("stock.move.line", "write"): "books; gate at done",
    ("stock.move.line", "unlink"): "frees",
    ("stock.move.line", "_action_done"): "books; gate at done",
    # They have a method of their own that is called so.
    ("pharma.scan.station", "_read"): "reads a scan",
    ("pharma.scan.reading", "_read"): "reads a scan",
}


def allocates(code):
    """Whether a function's code, or a function within it, asks for stock."""
    inner = (const for const in code.co_consts if inspect.iscode(const))
    return bool(SOURCES & {*code.co_names}) or any(map(allocates, inner))


@tagged("post_install", "-at_install")
class TestAllocators(LotCommon):
    def test_every_allocator_of_the_registry_is_known_and_guarded(self):
        found = set()
        for name, model in self.env.registry.items():
            for klass in model.mro():
                for attribute, value in vars(klass).items():
                    function = inspect.unwrap(getattr(value, "fget", value))
                    if inspect.isfunction(function) and allocates(function.__code__):
                        found.add((name, attribute))
        self.assertIn(("stock.move", "_set_quantity_done_prepare_vals"), found)
        self.assertEqual(found - GUARDED.keys(), set())

    def _open_move(self, product, quantity=5):
        """A delivery waiting for goods, made before they come."""
        check = self.env.ref("pharma_lot_expiry.pharma_gate_check_stock_short")
        check.severity = "warn"
        order = self._confirmed(quantity, drugs=product.product_tmpl_id)
        return order.sudo().picking_ids.move_ids

    def _bad_shelves(self):
        """{why: make a shelf of bad goods of a product}"""
        quarantine = self.warehouse.pharma_quarantine_location_id
        return {
            "expired": lambda p: self._let_expire(self._lot("L", 12, 10, p)),
            "held": lambda p: self._hold(lot_id=self._lot("L", 12, 10, p).id),
            "short-lived": lambda p: self._lot("L", 5, 10, p),
            "undated": lambda p: self._lot("L", False, 10, p),
            "in quarantine": lambda p: self._lot("L", 12, 10, p, place=quarantine),
        }

    def test_no_allocator_takes_bad_lots(self):
        """Through each way to reserve: asked, typed, forced, by the whole transfer."""
        self.hospital.pharma_min_life_months = 6
        ways = {
            "assign": lambda move: move._action_assign(),
            "quantity": lambda move: setattr(move, "quantity", 5),
            "force": lambda move: move._action_assign(force_qty=3),
            "picking": lambda move: move.picking_id.action_assign(),
        }
        for why, spoil in self._bad_shelves().items():
            for way, reserve in ways.items():
                with self.subTest(f"{why} by {way}"):
                    product = self._create_drug("CHEM").product_variant_id
                    move = self._open_move(product)
                    spoil(product)
                    reserve(move)
                    self.assertFalse(move.move_line_ids.lot_id)

    def test_the_ways_take_good_lots(self):
        """Or the test above would prove nothing."""
        product = self._create_drug("CHEM").product_variant_id
        move = self._open_move(product)
        lot = self._lot("L", 12, 10, product)
        move.quantity = 5
        self.assertEqual(move.move_line_ids.lot_id, lot)
