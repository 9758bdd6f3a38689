from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.pharma_gsp.tests.common import PharmaCommon

# Identification codes of the three levels of the drug below.
BOX, MIDDLE, CASE = "8385793", "8385794", "8385795"


def number(drug_id, serial):
    return f"{drug_id}{serial:013d}"


class TraceCommon(PharmaCommon):
    """A drug with three packaging levels, a lot of it, and transfers to scan for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.codes = cls.env["pharma.trace.code"]
        cls.scans = cls.env["pharma.trace.scan"]
        cls.events = cls.env["pharma.trace.event"]
        cls.product = cls.drug.product_variant_id
        cls._map(
            cls.drug, {"box": (BOX, 1), "middle": (MIDDLE, 10), "case": (CASE, 100)}
        )
        cls.lot = cls._lot("A2405B")
        cls.shelf = (
            cls.env["stock.warehouse"]
            .search([("company_id", "=", cls.company.id)], limit=1)
            .lot_stock_id
        )

    @classmethod
    def _map(cls, drug, levels):
        cls.env["pharma.pack.level"].create(
            [
                {
                    "product_tmpl_id": drug.id,
                    "level": level,
                    "identification_code": drug_id,
                    "quantity": quantity,
                }
                for level, (drug_id, quantity) in levels.items()
            ]
        )

    @classmethod
    def _lot(cls, name, days=300, product=None):
        return cls.env["stock.lot"].create(
            {
                "name": name,
                "product_id": (product or cls.product).id,
                "expiry_date": cls.env["stock.lot"]._today()
                + cls.env["stock.lot"]._today().resolution * days,
            }
        )

    def _receipt(self, lot_name="A2405B", quantity=10, drugs=None):
        """The open receipt of an order, lot written on its lines."""
        receipt = self._ordered(quantity=quantity, drugs=drugs).picking_ids
        for move in receipt.move_ids:
            move.quantity = quantity
            move.move_line_ids.write(
                {"lot_name": lot_name, "expiry_date": self.lot.expiry_date}
            )
        return receipt

    def _delivery(self, lot=None, quantity=5):
        """The open delivery of an order, reserved from the lot on the shelf."""
        lot = lot or self.lot
        self.env["stock.quant"]._update_available_quantity(
            lot.product_id, self.shelf, quantity, lot_id=lot
        )
        order = self._as("seller", self._create_sale(quantity=quantity))
        order.action_confirm()
        return order.sudo().picking_ids

    def _scan(self, picking, text, role="receiver", line=None, uid=None):
        uid = uid or f"{picking.id}-{text}-{self.scans.search_count([])}"
        return self._as(role, self.scans)._record(
            self._as(role, picking), text, uid, line
        )

    def _finish(self, picking, role):
        picking = self._as(role, picking)
        picking.move_ids.picked = True
        picking.button_validate()
        self.assertEqual(picking.state, "done")

    def _code(self, text):
        return self.codes._find([text])[text]

    def _received(self, *texts, quantity=10):
        """Codes in stock, by a receipt of their own."""
        receipt = self._receipt(quantity=quantity)
        for text in texts:
            self.assertEqual(self._scan(receipt, text).verdict, "ok")
        self._finish(receipt, "receiver")
        return [self._code(text) for text in texts]


@tagged("post_install", "-at_install")
class TestTraceCode(TraceCommon):
    """One code is in one place at a time, and its history is kept (FA-53, FA-55)."""

    def test_a_pack_comes_in_and_goes_out(self):
        (code,) = self._received(number(BOX, 1))
        self.assertEqual(code.state, "in_stock")
        self.assertEqual(code.lot_id, self.lot)
        self.assertEqual(code.location_id, self.shelf)
        delivery = self._delivery()
        self.assertEqual(self._scan(delivery, code.code, "picker").verdict, "ok")
        self.assertEqual(delivery._trace_codes(), code)
        self._finish(delivery, "picker")
        self.assertEqual(code.state, "out")
        self.assertEqual(code.partner_id, self.hospital)
        self.assertEqual(code.event_ids.mapped("step"), ["ship", "receive"])

    def test_unmapped_code_waits_in_the_queue(self):
        """TV-17"""
        receipt = self._receipt()
        answer = self._scan(receipt, number("8111111", 1))
        self.assertEqual((answer.verdict, answer.reason), ("blocked", "unmapped"))
        queue = self.env["pharma.code.mapping"].search([])
        self.assertEqual(queue.identification_code, "8111111")
        self._scan(receipt, number("8111111", 2))
        self.assertEqual(queue.times_seen, 2)
        self.assertFalse(receipt._trace_codes())
        with self.assertRaises(UserError):
            self._as("receiver", queue).action_resolve()
