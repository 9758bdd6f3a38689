from odoo.exceptions import UserError
from odoo.tests import tagged

from .test_trace_code import BOX, CASE, MIDDLE, number
from .test_trace_tree import TreeCommon


@tagged("post_install", "-at_install")
class TestTraceBulk(TreeCommon):
    """Many codes at once, all or none; codes at the gate; codes that end."""

    def _rows(self, count, start=0):
        return [
            (number(BOX, start + i), self.product.id, self.lot.id) for i in range(count)
        ]

    def test_loose_codes_come_in_by_one_call(self):
        receipt = self._receipt(quantity=50)
        result = self.codes._intake(receipt, self._rows(50))
        self.assertEqual(result, {"codes": 50, "scans": 50})
        self.assertEqual(len(receipt._trace_codes()), 50)
        self._finish(receipt, "receiver")
        self.assertEqual(set(receipt._trace_codes().mapped("state")), {"in_stock"})

    def test_a_tree_of_rows_counts_by_its_top(self):
        """Levels from the identification codes, sums from what is inside."""
        receipt = self._receipt(quantity=4)
        case, middle = number(CASE, 5), number(MIDDLE, 5)
        goods = (self.product.id, self.lot.id)
        rows = [
            (number(BOX, 1), *goods, middle),
            (number(BOX, 2), *goods, middle),
            (number(BOX, 3), *goods, case),
            (middle, *goods, case),
            (f"{CASE}-{case[7:]}", *goods),
            (number(BOX, 4), *goods),
        ]
        result = self.codes._intake(receipt, rows)
        self.assertEqual(result, {"codes": 6, "scans": 2})
        self.assertEqual(self._code(case).packs, 3)
        self.assertEqual(self._code(middle).packs, 2)
        self._finish(receipt, "receiver")
        self.assertEqual(self._code(number(BOX, 1)).state, "in_stock")

    def test_number_of_queries_does_not_grow(self):
        receipt = self._receipt(quantity=500)
        self.codes._intake(receipt, self._rows(1))
        with self.assertQueryCount(40):
            self.codes._intake(receipt, self._rows(400, start=10))

    def test_one_wrong_row_refuses_all(self):
        (sold,) = self._received(number(BOX, 900))
        delivery = self._delivery()
        self._scan(delivery, sold.code, "picker")
        self._finish(delivery, "picker")
        other = self._create_drug("CHEM", name="头孢")
        self._map(other, {"box": ("8222222", 1)})
        strange = self._lot("Z9")
        receipt = self._receipt(quantity=50)
        good = self._rows(3)
        goods = good[0][1:]
        cases = {
            "can't go along": (sold.code, *goods),
            "stands there twice": good[0],
            "another product": (number("8222222", 1), *goods),
            "mapping queue": (number("8333333", 1), *goods),
            "isn't there itself": (number(BOX, 7), *goods, number(CASE, 7)),
            "letter among the digits": (number(BOX, 7)[:-1] + "O", *goods),
            "on no line": (number(BOX, 8), self.product.id, strange.id),
        }
        for word, row in cases.items():
            with self.subTest(word), self.assertTold(word):
                self.codes._intake(receipt, [*good, row])
            self.assertFalse(receipt._trace_codes())

    def test_codes_announced_are_found_again_at_their_receipt(self):
        case = self._case(received=False)
        receipt = self._receipt(quantity=20)
        self.codes._intake(receipt, [(case.code, self.product.id, self.lot.id)])
        self._finish(receipt, "receiver")
        self.assertEqual(case.state, "in_stock")
        self.assertEqual(len(self._own(self.codes)), 23)

    def test_only_who_works_on_the_transfer(self):
        receipt = self._receipt()
        with self.assertRaises(UserError):
            self._as("auditor", self.codes)._intake(
                self._as("auditor", receipt), self._rows(1)
            )

    def test_gate_lists_doubtful_codes(self):
        """FA-55, OB-12: what fits when scanned may not fit when shipped."""
        case = self._case()
        delivery = self._delivery(quantity=20)
        self._scan(delivery, case.code, "picker")
        moves = delivery.move_ids
        self.assertFalse(self._code_findings(moves))
        self.env.cr.execute(
            "UPDATE pharma_trace_code SET own_state = 'recalled', lot_id = %s"
            " WHERE id = %s",
            (self._lot("Z9").id, case.id),
        )
        self.codes.invalidate_model()
        self.env["pharma.lot.hold"].create(
            {"kind": "code", "trace_code": self._box().code, "reason": "破损"}
        )
        moves.quantity = 19
        self.assertEqual(
            set(self._code_findings(moves)),
            {"CODE_GOODS", "CODE_STATE", "CODE_HOLD", "CODE_COUNT"},
        )
        moves.quantity = 20
        moves.picked = True
        with self.assertRaises(UserError) as caught:
            self._as("picker", delivery).button_validate()
        self.assertIn("Recalled", str(caught.exception))
        self.assertIn("on hold", str(caught.exception))

    def _code_findings(self, moves):
        found = self._findings(moves, "delivery")
        return {code: found[code] for code in found if code.startswith("CODE_")}

    def test_fewer_packs_scanned_than_shipped_is_a_warning(self):
        self._received(number(BOX, 1))
        delivery = self._delivery(quantity=5)
        self._scan(delivery, number(BOX, 1), "picker")
        found = self._code_findings(delivery.move_ids)
        self.assertEqual(set(found), {"CODE_COUNT"})
        self._finish(delivery, "picker")

    def test_goods_without_codes_pass(self):
        delivery = self._delivery()
        self.assertFalse(self._code_findings(delivery.move_ids))
        self._finish(delivery, "picker")

    def test_what_is_done_asks_again_whether_the_code_is_here(self):
        """Whatever happened between the gate and the goods."""
        (code,) = self._received(number(BOX, 1))
        delivery = self._delivery()
        self._scan(delivery, code.code, "picker")
        self.env.cr.execute(
            "UPDATE pharma_trace_code SET own_state = 'destroyed' WHERE id = %s",
            (code.id,),
        )
        self.codes.invalidate_model()
        with self.assertTold("Destroyed"):
            self.codes._post(delivery, self.product)

    def test_scrapped_packs_are_destroyed(self):
        case = self._case()
        box = self._box()
        values = {
            "product_id": self.product.id,
            "lot_id": self.lot.id,
            "location_id": self.shelf.id,
            "scrap_qty": 1,
        }
        scraps = self.env["stock.scrap"]
        with self.assertTold("20 packs"):
            scraps.create({**values, "trace_code_ids": case.ids}).do_scrap()
        scraps.create({**values, "trace_code_ids": box.ids}).do_scrap()
        self.assertEqual((box.state, self._box(1).state), ("destroyed", "in_stock"))
        self.assertTrue(case.is_opened)
        self.assertEqual(
            box.event_ids[:1].document_name, scraps.search([], limit=1).name
        )
        with self.assertTold("Destroyed"):
            scraps.create({**values, "trace_code_ids": box.ids}).do_scrap()

    def test_recall_reaches_packs_wherever_they_are(self):
        case = self._case()
        delivery = self._delivery()
        self._scan(delivery, self._box().code, "picker")
        self._finish(delivery, "picker")
        whole = self._box(middle=1).parent_id
        (self._box() | whole)._take("recall", self.lot)
        self.assertEqual(self._box().state, "recalled")
        self.assertEqual(self._box().partner_id, self.hospital)
        self.assertEqual(self._box(middle=1).state, "recalled")
        self.assertEqual(self._box(1).state, "in_stock")
        self.assertTrue(case.is_opened)

    def test_mapping_makes_the_level_known(self):
        """FA-52: chosen by a person, once for all packs to come."""
        receipt = self._receipt()
        self.assertEqual(self._scan(receipt, number("8111111", 1)).reason, "unmapped")
        queue = self.env["pharma.code.mapping"].search(
            [("state", "=", "open")], limit=1
        )
        chosen = {"product_id": self.product.id, "level": "box", "quantity": 1}
        own = self._as("receiver", queue)
        own.write(chosen)
        with self.assertTold("one code only"):
            own.action_resolve()
        self.env["pharma.pack.level"].search(
            [("identification_code", "=", BOX)]
        ).identification_code = False
        with self.assertRaises(UserError):
            self._as("seller", queue).action_resolve()
        with self.assertTold("by itself"):
            own.write({"state": "done"})
        own.action_resolve()
        self.assertEqual((queue.state, queue.resolved_by_id), ("done", own.env.user))
        self.assertEqual(self._scan(receipt, number("8111111", 1)).verdict, "ok")
        with self.assertTold("mapped"):
            own.write({"quantity": 3})
        for press in (own.action_ignore, own.action_reopen, own.action_resolve):
            with self.assertTold("mapped"):
                press()
        self.assertEqual(queue.state, "done")
