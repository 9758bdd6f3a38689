from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from .test_trace_code import BOX, CASE, number
from .test_trace_import import ImportCommon, case_xml, document


class TreeCommon(ImportCommon):
    """One case of two middle packs of ten boxes, announced and received."""

    def _case(self, received=True):
        expiry = f"{self.lot.expiry_date}"
        record = self._upload(document(case_xml(), self.lot.name, expiry=expiry))
        self.assertEqual(record.state, "done", record.problem_ids.mapped("sentence"))
        case = self._code(number(CASE, 1))
        if received:
            receipt = self._receipt(quantity=20)
            self.assertEqual(self._scan(receipt, case.code).packs, 20)
            self._finish(receipt, "receiver")
        return case

    def _box(self, index=0, middle=0):
        return self._code(number(BOX, 10000 + middle * 100 + index))


@tagged("post_install", "-at_install")
class TestTraceTree(TreeCommon):
    """A case moves with all it holds; a piece that leaves opens it for ever (FA-54)."""

    def test_a_received_case_brings_all_it_holds(self):
        case = self._case()
        boxes = case._smallest()
        self.assertEqual(len(boxes), 20)
        self.assertEqual(set(boxes.mapped("state")), {"in_stock"})
        self.assertEqual(boxes.location_id, self.shelf)
        self.assertEqual(boxes[0].event_ids.mapped("step"), ["receive", "announce"])
        searched = self.codes.search([("state", "=", "in_stock")])
        self.assertEqual(len(searched), 23)
        self.assertFalse(self.codes.search([("state", "=", "announced")]))

    def test_a_box_that_leaves_opens_what_it_lay_in(self):
        """TV-18"""
        case = self._case()
        box = self._box()
        delivery = self._delivery()
        self.assertEqual(self._scan(delivery, box.code, "picker").verdict, "ok")
        self.assertFalse(case.is_opened)
        self._finish(delivery, "picker")
        self.assertEqual(box.state, "out")
        self.assertTrue(case.is_opened and box.parent_id.is_opened)
        self.assertFalse(self._box(middle=1).parent_id.is_opened)
        self.assertEqual(
            box.event_ids.mapped("step"), ["ship", "open", "receive", "announce"]
        )
        left = case._smallest() - box
        self.assertEqual(set(left.mapped("state")), {"in_stock"})
        self.assertEqual(left.location_id, self.shelf)

    def test_an_opened_case_is_scanned_piece_by_piece(self):
        """TV-18: the whole is refused with the piece that left, the rest is usable."""
        case = self._case()
        box = self._box()
        delivery = self._delivery()
        self._scan(delivery, box.code, "picker")
        self._finish(delivery, "picker")
        second = self._delivery(quantity=19)
        for whole in (case, box.parent_id):
            answer = self._scan(second, whole.code, "picker")
            self.assertEqual((answer.verdict, answer.reason), ("blocked", "incomplete"))
            self.assertIn(box.code, answer.sentence)
        for index in range(1, 10):
            self.assertEqual(
                self._scan(second, self._box(index).code, "picker").verdict, "ok"
            )
        closed = self._box(middle=1).parent_id
        self.assertEqual(self._scan(second, closed.code, "picker").packs, 10)
        self._finish(second, "picker")
        self.assertEqual(set(case._smallest().mapped("state")), {"out"})
        self.assertFalse(closed.is_opened)

    def test_what_came_back_whole_stays_opened(self):
        case = self._case()
        box = self._box()
        delivery = self._delivery()
        self._scan(delivery, box.code, "picker")
        self._finish(delivery, "picker")
        self.env.cr.execute(
            "UPDATE pharma_trace_code SET own_state = 'in_stock' WHERE id = %s",
            (box.id,),
        )
        self.codes.invalidate_model()
        answer = self._scan(self._delivery(), case.code, "picker")
        self.assertEqual((answer.verdict, answer.reason), ("blocked", "opened"))

    def test_parent_and_child_both(self):
        case = self._case()
        box = self._box()
        delivery = self._delivery(quantity=20)
        self._scan(delivery, case.code, "picker", uid="case")
        answer = self._scan(delivery, box.code, "picker")
        self.assertEqual((answer.verdict, answer.reason), ("ignored", "parent_here"))
        self._as("picker", delivery).action_undo_scan("case")
        self.assertEqual(self._scan(delivery, box.code, "picker").verdict, "ok")
        answer = self._scan(delivery, case.code, "picker")
        self.assertEqual((answer.verdict, answer.reason), ("blocked", "child_here"))

    def test_a_piece_of_it_on_another_transfer(self):
        case = self._case()
        first, second = self._delivery(), self._delivery()
        self._scan(first, self._box().code, "picker")
        for text in (self._box().code, case.code):
            answer = self._scan(second, text, "picker")
            self.assertEqual((answer.verdict, answer.reason), ("blocked", "elsewhere"))
        self.assertEqual(self._scan(second, self._box(1).code, "picker").verdict, "ok")

    def test_an_announced_case_is_received_piece_by_piece(self):
        case = self._case(received=False)
        receipt = self._receipt()
        box = self._box()
        self.assertEqual(self._scan(receipt, box.code).verdict, "ok")
        self._finish(receipt, "receiver")
        self.assertEqual((box.state, self._box(1).state), ("in_stock", "announced"))
        self.assertTrue(case.is_opened)

    def test_a_held_box_holds_its_case(self):
        case = self._case()
        self.env["pharma.lot.hold"].create(
            {"kind": "code", "trace_code": self._box().code, "reason": "破损"}
        )
        delivery = self._delivery()
        for code, verdict in (
            (case, "blocked"),
            (self._box().parent_id, "blocked"),
            (self._box(), "blocked"),
            (self._box(1), "ok"),
        ):
            answer = self.codes._check_scan(code.code, delivery)
            self.assertEqual(answer.verdict, verdict, answer.sentence)

    def test_finding_many_takes_one_query(self):
        self._case()
        texts = [number(BOX, 10000 + i) for i in range(10)] + ["half", number(BOX, 7)]
        self.env.invalidate_all()
        with self.assertQueryCount(1):
            self.assertEqual(len(self.codes._find(texts)), 10)

    def test_whereabouts_of_many_take_few_queries(self):
        case = self._case()
        boxes = case._smallest()
        self.env.invalidate_all()
        with self.assertQueryCount(3):
            boxes.mapped("state")
            boxes.mapped("location_id.id")

    def test_a_scan_takes_few_queries(self):
        """However much the case holds."""
        self._case()
        delivery = self._delivery()
        box, case = self._box(1).code, number(CASE, 1)
        self.codes._check_scan(self._box(2).code, delivery)
        for text in (box, case):
            self.env.invalidate_all()
            with self.assertQueryCount(25):
                self.codes._check_scan(text, delivery)

    def test_a_cancelled_transfer_lets_its_codes_go(self):
        case = self._case()
        first, second = self._delivery(), self._delivery(quantity=20)
        self._scan(first, case.code, "picker")
        first.action_cancel()
        self.assertFalse(first._trace_codes())
        self.assertEqual(self._scan(second, case.code, "picker").verdict, "ok")


@tagged("post_install", "-at_install")
class TestTraceGuard(TreeCommon):
    """Nobody writes codes, scans and events by hand (CS-20)."""

    def test_database_keeps_codes_and_events(self):
        self._case()
        for statement in (
            "UPDATE pharma_trace_code SET code = '1'",
            "UPDATE pharma_trace_code SET product_id = 1",
            "DELETE FROM pharma_trace_code",
            "TRUNCATE pharma_trace_code CASCADE",
            "UPDATE pharma_trace_event SET step = 'ship'",
            "DELETE FROM pharma_trace_event",
            "UPDATE pharma_trace_event_code SET code_id = 1",
            "DELETE FROM pharma_trace_event_code",
            "TRUNCATE pharma_trace_event_code",
        ):
            with (
                self.subTest(statement),
                mute_logger("odoo.sql_db"),
                self.assertRaisesRegex(Exception, "append-only"),
                self.env.cr.savepoint(flush=False),
            ):
                self.env.cr.execute(SQL(statement))

    def test_staff_reads_and_nothing_else(self):
        self._case()
        for name in (
            "pharma.trace.code",
            "pharma.trace.event",
            "pharma.trace.event.code",
            "pharma.trace.scan",
        ):
            for role in ("receiver", "qa_manager", "auditor"):
                records = self._as(role, self.env[name].search([], limit=1))
                self.assertTrue(records.has_access("read"))
                for operation in ("write", "create", "unlink"):
                    self.assertFalse(records.has_access(operation), (name, role))

    def test_superuser_deletes_none(self):
        case = self._case()
        for records in (case, self.scans.search([], limit=1), case.event_ids[:1]):
            with self.assertRaises(UserError):
                records.unlink()

    def test_who_may_not_work_on_the_transfer_scans_nothing_for_it(self):
        receipt = self._receipt()
        with self.assertRaises(AccessError):
            self._scan(receipt, number(BOX, 1), role="auditor")
        self.assertFalse(self.scans.search([]))

    def test_another_company_sees_no_codes(self):
        case = self._case()
        other = self.env["res.company"].create({"name": "分公司"})
        user = self._create_user(
            "receiver", login="branch", company_id=other.id, company_ids=[other.id]
        )
        self.env.invalidate_all()
        self.assertFalse(case.with_user(user).has_access("read"))

    def test_goods_named_by_codes_are_not_deleted(self):
        """Links of codes have no foreign key: the models keep watch instead."""
        case = self._case(received=False)
        with self.assertTold("trace codes"):
            case.lot_id.unlink()
        with self.assertTold("trace codes"):
            self.product.unlink()
