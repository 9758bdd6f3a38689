import inspect

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.pharma_gsp.tests.common import PharmaCommon
from odoo.addons.pharma_lot_expiry.tools import code_scan, code_state

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

    def _own(self, model, *domain):
        """Records about the drug of these tests; others may be there."""
        return model.search([("product_id", "=", self.product.id), *domain])

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
        queue = self.env["pharma.code.mapping"].search(
            [("state", "=", "open")], limit=1
        )
        self.assertEqual(queue.identification_code, "8111111")
        self._scan(receipt, number("8111111", 2))
        self.assertEqual(queue.times_seen, 2)
        self.assertFalse(receipt._trace_codes())
        with self.assertRaises(UserError):
            self._as("receiver", queue).action_resolve()


@tagged("post_install", "-at_install")
class TestScan(TraceCommon):
    """Each doubt about a pack has its own answer; the first one counts."""

    def assertAnswer(self, answer, verdict, reason, *words):
        self.assertEqual((answer.verdict, answer.reason), (verdict, reason))
        for word in words:
            self.assertIn(word, answer.sentence)

    def _refusals(self, picking):
        return self.events.search(
            [("step", "=", "refuse"), ("res_id", "=", picking.id)]
        ).mapped("reason")

    def test_a_code_counts_once_in_a_receipt_and_never_comes_in_twice(self):
        """TV-16"""
        receipt, text = self._receipt(), number(BOX, 1)
        self.assertAnswer(self._scan(receipt, text), "ok", "ok", "1 packs")
        self.assertAnswer(self._scan(receipt, text), "ignored", "duplicate", text)
        self.assertEqual(len(receipt._trace_codes()), 1)
        self.assertFalse(self._refusals(receipt))
        self._finish(receipt, "receiver")
        second = self._receipt()
        self.assertAnswer(self._scan(second, text), "blocked", "already_in", text)
        self.assertEqual(self._refusals(second), ["already_in"])
        self.assertIn(f"Doubtful code {text}", second.activity_ids.mapped("summary"))

    def test_a_scan_sent_twice_counts_once(self):
        receipt, text = self._receipt(), number(BOX, 1)
        first = self._scan(receipt, text, uid="device-1")
        again = self._scan(receipt, text, uid="device-1")
        self.assertEqual(first.as_dict(), again.as_dict())
        self.assertEqual(len(self._own(self.scans)), 1)

    def test_a_scan_is_undone(self):
        receipt, text = self._receipt(), number(BOX, 1)
        self._scan(receipt, text, uid="device-1")
        own = self._as("receiver", receipt)
        self.assertTrue(own.action_undo_scan("device-1"))
        self.assertFalse(own.action_undo_scan("device-1"))
        self.assertFalse(receipt._trace_codes())
        self.assertAnswer(
            self._scan(receipt, text, uid="device-1"), "ignored", "undone"
        )
        self.assertAnswer(self._scan(receipt, text, uid="device-2"), "ok", "ok")

    def test_a_sold_pack_is_not_sold_again(self):
        """TV-20"""
        (code,) = self._received(number(BOX, 1))
        delivery = self._delivery()
        self._scan(delivery, code.code, "picker")
        self._finish(delivery, "picker")
        second = self._delivery()
        self.assertAnswer(
            self._scan(second, code.code, "picker"),
            "blocked",
            "already_out",
            "already sold",
            self.hospital.name,
        )

    def test_a_scan_is_of_the_warehouse_its_own_transfer_and_its_own_device(self):
        receipt, other = self._receipt(), self._receipt()
        text = number(BOX, 1)
        mine = self._as("receiver", receipt)
        for role in ("seller", "finance"):
            with self.subTest(role), self.assertRaises(AccessError):
                self._as(role, receipt).action_scan_code(text, "device-1")
        for noise in ("\0", "a\0b", 5, None):
            answer = mine.action_scan_code(noise, "device-1")
            self.assertEqual(answer["verdict"], "blocked", noise)
        with self.assertTold("without its number"):
            mine.action_scan_code(text, None)
        line = other.move_line_ids[:1]
        self.assertTrue(line)
        answer = mine.action_scan_code(text, "device-1", line.id)
        self.assertEqual(answer["verdict"], "ok", answer)
        scan = self.scans.search([("uid", "=", "device-1")])
        self.assertIn(scan.move_line_id, receipt.move_line_ids)
        self.assertEqual(mine.action_scan_code(text, "device-1")["verdict"], "ok")
        for role, picking in (("inspector", receipt), ("receiver", other)):
            with self.subTest(role), self.assertTold("Somebody else's scan"):
                self._as(role, picking).action_scan_code(text, "device-1")

    def test_a_pack_of_another_lot_is_refused(self):
        """TV-19"""
        (code,) = self._received(number(BOX, 1))
        other = self._lot("A2405C", days=200)
        self.env["stock.quant"]._update_available_quantity(
            self.product, self.shelf, -10, lot_id=self.lot
        )
        delivery = self._delivery(other)
        self.assertAnswer(
            self._scan(delivery, code.code, "picker"),
            "blocked",
            "wrong_lot",
            "A2405B",
            "A2405C",
        )
        self.assertEqual(self._refusals(delivery), ["wrong_lot"])
        self.assertTrue(
            delivery.activity_ids.filtered(lambda a: a.user_id == self.users["qa"])
        )

    def test_what_is_no_code_has_its_own_sentence(self):
        """TV-15, TV-23"""
        receipt = self._receipt()
        for text, word in (
            (number(BOX, 1)[:-1], "19 digits"),
            (number(BOX, 1) + "1", "21 places"),
            (number(BOX, 1) * 2, "ran together"),
            (number(BOX, 1)[:-1] + "O", "letter"),
            ("&%$", "no trace code"),
            ("0106901234567892" + "17270531", "24 places"),
            ("]d20106901234567892" + "17270531", "names the product"),
            ("]d20106901234567893" + "17270531", "damaged"),
        ):
            with self.subTest(text):
                answer = self._scan(receipt, text)
                self.assertAnswer(answer, "blocked", "unreadable", word)
        self.assertAnswer(
            self._scan(receipt, "01069012345678921727053110A2405B21X9K7"),
            "ask",
            "ambiguous",
        )

    def test_a_pack_nobody_received_does_not_go_out(self):
        delivery = self._delivery()
        self.assertAnswer(
            self._scan(delivery, number(BOX, 9), "picker"), "blocked", "unknown"
        )

    def test_a_pack_of_a_product_that_is_not_on_the_transfer(self):
        other = self._create_drug("CHEM", name="头孢")
        self._map(other, {"box": ("8222222", 1)})
        self.assertAnswer(
            self._scan(self._receipt(), number("8222222", 1)),
            "blocked",
            "wrong_product",
            "头孢",
        )

    def test_holds_by_product_lot_and_code(self):
        (code,) = self._received(number(BOX, 1))
        delivery = self._delivery()
        for values in (
            {"kind": "product", "product_id": self.product.id},
            {"kind": "lot", "lot_id": self.lot.id},
            {"kind": "code", "trace_code": f"{BOX}-{code.code[7:]}"},
        ):
            with self.subTest(values["kind"]):
                hold = self._as("picker", self.env["pharma.lot.hold"]).create(
                    {"reason": "封签破损", **values}
                )
                answer = self._as("picker", self.codes)._check_scan(code.code, delivery)
                self.assertAnswer(answer, "blocked", "held", "hold")
                self._as("qa", hold).lift("复检合格")
                answer = self._as("picker", self.codes)._check_scan(code.code, delivery)
                self.assertAnswer(answer, "ok", "ok")

    def test_expired_the_day_after_its_last(self):
        """TV-45, in China's days"""
        (code,) = self._received(number(BOX, 1))
        delivery, last = self._delivery(), self.lot.expiry_date
        after = last + last.resolution
        for day, clock, verdict in (
            (last, "23:59:59", "ok"),
            (after, "00:00:00", "blocked"),
        ):
            with self._in_china(f"{day} {clock}"):
                answer = self.codes._check_scan(code.code, delivery)
                self.assertEqual(answer.verdict, verdict, answer.sentence)
        self.assertEqual(answer.reason, "expired")

    def test_two_lots_on_the_transfer_the_person_chooses(self):
        receipt = self._receipt()
        line = receipt.move_line_ids
        line.quantity = 5
        second = line.copy({"lot_name": "A2405C", "quantity": 5})
        text = number(BOX, 1)
        self.assertAnswer(
            self._scan(receipt, text), "ask", "which_lot", "A2405B, A2405C"
        )
        answer = self._scan(receipt, text, line=second)
        self.assertAnswer(answer, "ok", "ok")
        self.assertEqual(answer.line, second)

    def test_code_of_another_platform_goes_with_the_chosen_line(self):
        receipt, text = self._receipt(), "MA.156.M0.100000.12345678"
        self.assertAnswer(self._scan(receipt, text), "blocked", "unmapped")
        answer = self._scan(receipt, text, line=receipt.move_line_ids)
        self.assertAnswer(answer, "ok", "ok")
        self.assertEqual(answer.product, self.product)
        self._finish(receipt, "receiver")
        self.assertEqual(self._code(text).lot_id, self.lot)

    def test_gs1_code_is_told_by_its_gtin_and_compared_by_its_lot(self):
        self.drug.product_variant_id.barcode = "6901234567892"
        receipt = self._receipt()
        head = "]d20106901234567892"
        wrong = f"{head}10A2405C\x1d21X9K7"
        self.assertAnswer(self._scan(receipt, wrong), "blocked", "wrong_lot", "A2405C")
        right = f"{head}10A2405B\x1d21X9K7"
        self.assertAnswer(self._scan(receipt, right), "ok", "ok")
        self._finish(receipt, "receiver")
        self.assertEqual(self._code(right).code, "(01)06901234567892(21)X9K7")
        delivery = self._delivery()
        dated = f"{head}17{self.lot.expiry_date:%y%m}0110A2405B\x1d21X9K7"
        if self.lot.expiry_date.day == 1:
            dated = dated.replace("0110A", "0210A")
        self.assertAnswer(
            self._scan(delivery, dated, "picker"), "blocked", "wrong_date"
        )

    def test_returned_packs_come_from_whom_they_went_to(self):
        (code,) = self._received(number(BOX, 1))
        delivery = self._delivery()
        self._scan(delivery, code.code, "picker")
        self._finish(delivery, "picker")
        back = self._return(delivery)
        stranger = self._create_buyer("HOSPITAL", "CHEM")
        back.partner_id = stranger
        self.assertAnswer(
            self._scan(back, code.code, "receiver"), "blocked", "wrong_customer"
        )
        back.partner_id = self.hospital
        self.assertAnswer(self._scan(back, code.code, "receiver"), "ok", "ok")
        self._finish(back, "receiver")
        self.assertEqual((code.state, code.partner_id.id), ("returned", False))
        self.assertAnswer(
            self._scan(self._delivery(), code.code, "picker"), "blocked", "returned"
        )

    def _return(self, delivery):
        wizard = (
            self.env["stock.return.picking"]
            .with_context(active_id=delivery.id, active_model="stock.picking")
            .create({"picking_id": delivery.id})
        )
        wizard.product_return_moves.quantity = 1
        return self.env["stock.picking"].browse(
            wizard.action_create_returns()["res_id"]
        )

    def test_a_sentence_for_every_reason(self):
        """Whatever is decided can be told; and nothing is told that can't happen."""
        source = "".join(map(inspect.getsource, (code_scan, code_state)))
        for reason, sentence in self.codes._scan_sentences().items():
            self.assertIn(f'"{reason}"', source)
            self.assertTrue(sentence.strip())
