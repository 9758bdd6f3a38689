from unittest.mock import patch

import psycopg2

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.pharma_gsp.tests.common import ROLES, PharmaHttpCommon

from ..tools.trace_bill import Movement
from .test_trace_code import BOX, CASE, number
from .upload_common import UploadCommon

LOGGER = "odoo.addons.pharma_lot_expiry.models.pharma_trace_bill"
# Every type of FA-56 by a movement that must get it.
TYPES = {
    "102": Movement("supplier", "internal"),
    "103": Movement("customer", "internal", is_return=True),
    "104": Movement("transit", "internal"),
    "108": Movement("customer", "internal", is_return=True, reason="recall"),
    "111": Movement("inventory", "internal"),
    "113": Movement("production", "internal"),
    "201": Movement("internal", "customer"),
    "202": Movement("internal", "supplier", is_return=True),
    "203": Movement("internal", "transit"),
    "205": Movement("internal", "inventory", reason="destroy"),
    "206": Movement("internal", "inventory", reason="sample"),
    "207": Movement("supplier", "customer"),
    "211": Movement("internal", "supplier", reason="recall"),
    "214": Movement("internal", "inventory"),
    "216": Movement("internal", "inventory", reason="scrap"),
    "237": Movement("customer", "supplier", is_return=True),
}


@tagged("post_install", "-at_install")
class TestUploadQueue(UploadCommon):
    """What moved is queued for the platform, and nobody waits for it (FA-56)."""

    def test_each_bill_type_is_decided_by_its_movement(self):
        types = self.env["pharma.trace.bill.type"]
        found = types._of(TYPES.values())
        self.assertEqual(
            {code: found[movement].code for code, movement in TYPES.items()},
            {code: code for code in TYPES},
        )
        self.assertEqual(set(types.search([]).mapped("code")), set(TYPES))

    def test_returned_goods_that_come_back_are_other_goods_in(self):
        movement = Movement("supplier", "internal", is_return=True)
        found = self.env["pharma.trace.bill.type"]._of([movement])
        self.assertEqual(found[movement].code, "113")

    def test_off_by_default_bills_are_queued_and_checked_and_nothing_leaves(self):
        self.assertFalse(self.company.trace_upload)
        bill = self._receive(1, 2)
        self.assertEqual((bill.state, bill.type_id.code), ("waiting", "102"))
        self._run_sender()
        self.assertEqual(bill.state, "ready")
        self.assertEqual(bill.codes.split(), [number(BOX, 1), number(BOX, 2)])
        self.assertIn(number(BOX, 1), bill.document)
        self._let_time_pass(bill)
        self._run_sender()
        self.assertEqual(bill.state, "ready")
        self.assertFalse(self.platform.calls)
        self.assertFalse(bill.try_ids)

    def test_a_new_company_does_not_upload(self):
        company = self.env["res.company"].create({"name": "新公司"})
        self.assertFalse(company.trace_upload)

    def test_a_receipt_names_sender_and_receiver(self):
        bill = self._ready(1)
        self.assertEqual(
            (bill.own_id, bill.from_id, bill.to_id, bill.pack_count),
            ("ref-us", "ent-supplier", "ent-us", 1),
        )

    def test_a_delivery_is_a_sale_and_names_them_the_other_way(self):
        self._received(number(BOX, 5))
        delivery = self._delivery(quantity=1)
        self._scan(delivery, number(BOX, 5), role="picker")
        self._finish(delivery, "picker")
        bill = self._bill_of(delivery)
        bill.sudo()._check_bills()
        self.assertEqual(
            (bill.type_id.code, bill.from_id, bill.to_id, bill.state),
            ("201", "ent-us", "ent-hospital", "ready"),
        )

    def test_a_case_counts_with_all_it_holds(self):
        receipt = self._receipt(quantity=100)
        self._scan(receipt, number(CASE, 1))
        self._finish(receipt, "receiver")
        bill = self._bill_of(receipt)
        bill.sudo()._check_bills()
        self.assertEqual((bill.code_count, bill.pack_count), (1, 100))

    def test_moves_inside_the_warehouse_are_not_reported(self):
        self._received(number(BOX, 7))
        inside = self.env["stock.location"].create(
            {"name": "A-01", "location_id": self.shelf.id, "usage": "internal"}
        )
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": self.shelf.warehouse_id.int_type_id.id,
                "location_id": self.shelf.id,
                "location_dest_id": inside.id,
            }
        )
        before = self.bills.search_count([])
        self.bills.sudo()._queue(picking)
        self.assertEqual(self.bills.search_count([]), before)

    def test_a_transfer_is_queued_once(self):
        bill = self._receive(1)
        self.assertFalse(self.bills.sudo()._queue(bill.picking_id))
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.errors.UniqueViolation),
            self.env.cr.savepoint(),
        ):
            self.bills.sudo().create(
                {
                    "name": "other",
                    "company_id": self.company.id,
                    "picking_id": bill.picking_id.id,
                }
            )

    def test_a_bill_number_is_used_once_in_a_company(self):
        first, second = self._receive(1), self._receive(2)
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.errors.UniqueViolation),
            self.env.cr.savepoint(),
        ):
            second.sudo().name = first.name
            self.env.flush_all()

    def test_trouble_in_the_queue_never_stops_goods(self):
        def fail(bills, pickings):
            bills.env.cr.execute("SELECT * FROM nowhere")

        receipt = self._receipt(quantity=1)
        self._scan(receipt, number(BOX, 1))
        with (
            patch.object(type(self.bills), "_queue", fail),
            mute_logger("odoo.sql_db"),
            self.assertLogs(LOGGER, "ERROR") as logs,
        ):
            self._finish(receipt, "receiver")
        self.assertIn(str(receipt.ids), logs.output[0])
        self.assertEqual(self._code(number(BOX, 1)).state, "in_stock")
        self.assertFalse(self._bill_of(receipt))
        self.assertEqual(
            self.gaps.search([("picking_id", "=", receipt.id)]).reason, "no_bill"
        )

    def test_errors_of_the_goods_themselves_still_stop_them(self):
        receipt = self._receipt(quantity=1)
        self._finish(receipt, "receiver")
        with (
            patch.object(type(self.env), "flush_all", side_effect=UserError("core")),
            self.assertRaisesRegex(UserError, "core"),
        ):
            self.bills._queue_quietly(receipt)

    def test_queueing_ten_transfers_takes_no_more_queries_than_one(self):
        receipts = [self._receive(serial).picking_id for serial in range(1, 12)]
        self._forget(*receipts)

        def queries(pickings):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            bills = self.bills.sudo()._queue(pickings.sudo())
            self.env.flush_all()
            self.assertEqual(len(bills), len(pickings))
            return self.env.cr.sql_log_count - before

        pickings = self.env["stock.picking"].browse([r.id for r in receipts])
        queries(pickings[:1])  # warm-up
        self._forget(*receipts)
        one = queries(pickings[:1])
        ten = queries(pickings[1:])
        self.assertLessEqual(ten, one + 2)

    # Check

    def _kinds(self, bill):
        return set(bill.problem_ids.mapped("kind"))

    def test_what_is_missing_is_told_and_cured(self):
        self.supplier.trace_ent_id = False
        bill = self._receive(1)
        self._run_sender()
        self.assertEqual((bill.state, self._kinds(bill)), ("waiting", {"from_id"}))
        self.assertIn("Enter it on the partner", bill.problem_summary)
        self._as("qa", self.supplier).sudo().trace_ent_id = "ent-supplier"
        self._as("storekeeper", bill).action_check()
        self.assertEqual((bill.state, self._kinds(bill)), ("ready", set()))

    def test_no_codes_and_no_own_numbers_are_told_together(self):
        self.company.sudo().trace_ref_ent_id = False
        receipt = self._receipt(quantity=1)
        self._finish(receipt, "receiver")
        bill = self._bill_of(receipt)
        bill.sudo()._check_bills()
        self.assertEqual(self._kinds(bill), {"no_codes", "own_id"})

    def test_pack_and_its_case_both_are_told(self):
        bill = self._receive(1, 2)
        pack, case = (self._code(number(BOX, serial)) for serial in (1, 2))
        pack.sudo().parent_id = case
        bill.sudo()._check_bills()
        (problem,) = bill.problem_ids
        self.assertEqual((problem.kind, problem.codes), ("family", pack.code))
        self.assertEqual(bill.state, "waiting")

    def test_a_code_of_another_lot_is_told(self):
        bill = self._receive(1)
        self._code(number(BOX, 1)).sudo().lot_id = self._lot("OTHER")
        bill.sudo()._check_bills()
        self.assertEqual(self._kinds(bill), {"lot"})

    def test_a_transfer_without_a_type_waits_for_one(self):
        types = self.env["pharma.trace.bill.type"].search([("direction", "=", "in")])
        types.active = False
        bill = self._receive(1)
        bill.sudo()._check_bills()
        self.assertEqual((bill.state, self._kinds(bill)), ("waiting", {"type"}))
        types.active = True
        self._as("qa", bill).action_check()
        self.assertEqual((bill.state, bill.type_id.code), ("ready", "102"))

    def test_special_drugs_are_marked_and_may_go(self):
        """FA-51."""
        level = self.drug.pack_level_ids.filtered(lambda x: x.level == "box")
        level.identification_code = "8900001"
        receipt = self._receipt(quantity=1)
        self._scan(receipt, number("8900001", 1))
        self._finish(receipt, "receiver")
        bill = self._bill_of(receipt)
        bill.sudo()._check_bills()
        self.assertEqual(self._kinds(bill), {"special"})
        self.assertEqual((bill.state, bill.is_special), ("ready", True))
        self.assertEqual(bill._bill_file().physic_type, 2)

    def test_checking_many_codes_takes_few_queries(self):
        bill = self._receive(*range(1, 31))
        bill.sudo()._check_bills()
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        bill.sudo()._check_bills()
        self.env.flush_all()
        self.assertLess(self.env.cr.sql_log_count - before, 40)

    # Who may do what

    def test_every_role_reads_the_queue_and_none_changes_it(self):
        bill = self._receive(1)
        for role in ROLES:
            with self.subTest(role):
                own = self._as(role, bill)
                self.assertTrue(own.has_access("read"))
                for operation in ("create", "write", "unlink"):
                    self.assertFalse(own.has_access(operation))
                with self.assertRaises(UserError):
                    own.write({"state": "accepted"})

    def test_buttons_are_for_those_who_work_the_queue(self):
        bill = self._receive(1)
        for role in sorted(set(ROLES) - {"qa", "qa_manager", "storekeeper"}):
            for button in ("action_check", "action_send_now", "action_send_again"):
                with (
                    self.subTest(f"{role} {button}"),
                    self.assertTold("worked by storekeepers"),
                ):
                    getattr(self._as(role, bill), button)()

    def test_only_qa_decides_not_to_report(self):
        bill = self._receive(1)
        with self.assertTold("Only the quality department"):
            self._as("storekeeper", bill).cancel("x")
        with self.assertTold("Write down why"):
            self._as("qa", bill).cancel("  ")
        action = self._as("qa", bill).action_cancel()
        wizard = (
            self._as("qa", self.env["pharma.trace.bill.cancel"])
            .with_context(**action["context"])
            .create({"reason": "样品,无码"})
        )
        wizard.action_confirm()
        self.assertEqual((bill.state, bill.note), ("cancelled", "样品,无码"))
        self.assertIn("样品,无码", bill.message_ids[0].body)
        self._run_sender()
        self.assertEqual(bill.state, "cancelled")

    def test_a_bill_is_not_imported_copied_or_deleted(self):
        bill = self._receive(1)
        result = self._as("qa", self.bills).load(
            ["name", "state"], [["FAKE-1", "accepted"]]
        )
        self.assertFalse(result["ids"])
        with self.assertRaises(UserError):
            bill.sudo().unlink()
        with self.assertRaises(UserError):
            self._as("qa", bill).copy()

    def test_calls_are_kept_for_ever(self):
        bill = self._ready(1)
        self._run_sender()
        call = bill.try_ids
        with self.assertTold("can't be changed"):
            call.sudo().write({"outcome": "accepted"})
        with self.assertTold("can't be deleted"):
            call.sudo().unlink()

    def test_bills_and_gaps_of_a_sister_company_are_not_seen(self):
        self._receive(1, quantity=3).sudo()._check_bills()
        company = self.env["res.company"].create({"name": "兄弟公司"})
        user = self._create_user(
            "qa",
            login="other_qa",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        for model in ("pharma.trace.bill", "pharma.trace.gap"):
            self.assertTrue(self.env[model].sudo().search([]))
            self.assertFalse(self.env[model].with_user(user).search([]))

    def test_bill_types_are_set_by_the_qa_manager(self):
        bill_type = self.env.ref("pharma_lot_expiry.pharma_trace_bill_type_216")
        self._as("qa_manager", bill_type).sequence = 5
        with self.assertRaises(AccessError):
            self._as("storekeeper", bill_type).sequence = 6


@tagged("post_install", "-at_install")
class TestUploadRpc(PharmaHttpCommon):
    """Nobody makes a bill look accepted through the server's doors (FA-56)."""

    @mute_logger("odoo.http")
    def test_rpc_fakes_no_answer(self):
        kinds = self.env["stock.picking.type"]
        kind = kinds.search([("company_id", "=", self.company.id)], limit=1)
        picking = self.env["stock.picking"].create({"picking_type_id": kind.id})
        values = {
            "name": "TEST-1",
            "company_id": self.company.id,
            "picking_id": picking.id,
        }
        bill = self.env["pharma.trace.bill"].create(values)
        calls = {
            "write": {"ids": bill.ids, "vals": {"state": "accepted"}},
            "create": {"vals_list": [{**values, "name": "X", "state": "accepted"}]},
            "unlink": {"ids": bill.ids},
            "cancel": {"ids": bill.ids, "reason": "x"},
            "_check_bills": {"ids": bill.ids},
            "_cron_send": {},
        }
        for role in ("qa_manager", "it_admin", "auditor"):
            for method, arguments in calls.items():
                answer = self._json2(
                    self.users[role], "pharma.trace.bill", method, **arguments
                )
                with self.subTest(f"{role} {method}"):
                    self.assertIn(answer.status_code, (403, 404, 422), answer.text)
        self.env.invalidate_all()
        self.assertEqual((bill.state, bill.name), ("waiting", "TEST-1"))
