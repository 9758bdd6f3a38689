import json
from contextlib import closing
from datetime import timedelta
from unittest.mock import patch

import requests

from odoo import api, fields
from odoo.tests import TransactionCase, freeze_time, tagged
from odoo.tools import mute_logger

from .test_trace_code import BOX, number
from .trace_platform import SECRET, SESSION, listed, received, refused, session_over
from .upload_common import UploadCommon

LOGGER = "odoo.addons.pharma_lot_expiry.models.pharma_trace_bill_send"


@tagged("post_install", "-at_install")
class TestUploadSender(UploadCommon):
    """Bills reach the platform once, whatever the network does (FA-56)."""

    def _called(self, bill, kind):
        return bill.activity_ids.filtered(
            lambda activity: (
                activity.activity_type_id
                == self.env.ref(f"pharma_lot_expiry.mail_activity_type_trace_{kind}")
            )
        ).user_id

    def test_a_bill_is_handed_in_and_then_accepted(self):
        bill = self._ready(1)
        self._run_sender()
        self.assertEqual((bill.state, bill.receipt), ("sent", "queue-1"))
        self.assertGreater(bill.next_try, fields.Datetime.now())
        self._run_sender()
        self.assertEqual(len(self.platform.calls), 1, "not asked before its time")
        self._let_time_pass(bill)
        self._run_sender()
        self.assertEqual(bill.state, "accepted")
        self.assertTrue(bill.closed_date)
        self._let_time_pass(bill)
        self._run_sender()
        self.assertEqual(len(self.platform.calls), 2, "accepted bills rest")

    def test_both_sides_words_are_kept_without_secrets(self):
        bill = self._ready(1)
        self._run_sender()
        call = bill.try_ids
        request, answer = json.loads(call.request), json.loads(call.answer)
        self.assertEqual(request["bill_code"], bill.name)
        self.assertEqual((request["session"], request["sign"]), ("***", "***"))
        self.assertEqual(list(answer.values())[0]["model"], "queue-1")
        self.assertNotIn(SECRET, call.request + call.answer)
        self.assertNotIn(SESSION, call.request + call.answer)
        self.assertEqual((call.outcome, call.status), ("received", 200))
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT changes::text FROM pharma_audit_entry WHERE res_model = %s",
            ("pharma.trace.bill.try",),
        )
        trail = " ".join(row[0] for row in self.env.cr.fetchall())
        self.assertIn(bill.name, trail)
        self.assertNotIn("file_content", trail)

    def test_a_refused_bill_names_its_codes_and_calls_qa(self):
        bill = self._ready(1, 2)
        details = json.dumps({"3": number(BOX, 2)})
        self.platform.script.append(
            refused(
                "FAIL",
                "追溯码重复",
                operation_info_map={"code_check_error_info": details},
            )
        )
        self._run_sender()
        self.assertEqual((bill.state, bill.answer_message), ("rejected", "追溯码重复"))
        (problem,) = bill.problem_ids
        self.assertEqual(
            (problem.source, problem.kind, problem.codes),
            ("platform", "duplicate", number(BOX, 2)),
        )
        self.assertIn(self.users["qa"], self._called(bill, "bill"))
        self._run_sender()
        self.assertEqual(len(self.platform.calls), 1, "the same would be refused again")

    def test_a_bill_refused_after_processing_is_refused(self):
        bill = self._ready(1)
        self.platform.script += [received(), listed(bill.name, "4", "未激活")]
        self._run_sender()
        self._let_time_pass(bill)
        self._run_sender()
        self.assertEqual(bill.state, "rejected")
        self.assertIn("未激活", bill.problem_ids.sentence)

    def test_a_refused_bill_goes_again_under_a_new_number(self):
        bill = self._ready(1)
        self.platform.script.append(refused("FAIL", "错误"))
        self._run_sender()
        self._as("qa", bill).action_send_again()
        self.assertEqual(bill.state, "ready")
        self.assertTrue(bill.name.endswith("-102-R2"), bill.name)
        self.assertFalse(self._called(bill, "bill"))
        self._run_sender()
        self.assertEqual((bill.state, bill.revision), ("sent", 2))

    def test_the_same_bill_twice_counts_as_taken(self):
        """The answer to the first try was lost on the way."""
        bill = self._ready(1)
        self.platform.numbers.add(bill.name)
        self._run_sender()
        self.assertEqual(bill.state, "sent")
        self.assertLessEqual(bill.next_try, fields.Datetime.now())
        self._run_sender()
        self.assertEqual((bill.state, bill.attempts), ("accepted", 1))
        self.assertFalse(bill.problem_ids)

    def test_a_session_that_ended_calls_it_once_and_costs_no_try(self):
        first, second = self._ready(1), self._ready(2)
        self.platform.script += [session_over()] * 5
        self._run_sender()
        self.assertEqual(
            len(self.platform.calls), 1, "no bill of the company will pass"
        )
        for bill in first + second:
            self.assertEqual((bill.state, bill.attempts), ("ready", 0))
        self._let_time_pass(first + second)
        self._run_sender()
        self.assertEqual(len(self.platform.calls), 2)
        self.assertEqual(
            sum(
                self.users["it_admin"] in self._called(b, "setup")
                for b in first + second
            ),
            1,
        )
        self.assertIn("session key", first.answer_message)

    def test_server_trouble_is_tried_again_later_and_given_up_in_the_end(self):
        self.company.trace_max_attempts = 3
        bill = self._ready(1)
        for attempt in (1, 2):
            self.platform.script.append((500, b"oops"))
            before = fields.Datetime.now()
            self._let_time_pass(bill)
            self._run_sender()
            self.assertEqual((bill.state, bill.attempts), ("ready", attempt))
            wait = bill.next_try - before
            minutes = 2 ** (attempt - 1)
            self.assertGreaterEqual(wait, timedelta(minutes=minutes, seconds=-1))
            self.assertLess(wait, timedelta(minutes=minutes * 1.5, seconds=30))
            self.assertFalse(self._called(bill, "bill"))
        self.platform.script.append((503, b""))
        self._let_time_pass(bill)
        self._run_sender()
        self.assertEqual((bill.state, bill.attempts), ("failed", 3))
        self.assertIn(self.users["qa"], self._called(bill, "bill"))
        self._let_time_pass(bill)
        self._run_sender()
        self.assertEqual(len(self.platform.calls), 3)

    def test_a_bill_given_up_goes_again_under_its_number(self):
        """It may be there: another number would count the goods twice."""
        self.company.trace_max_attempts = 1
        bill = self._ready(1)
        name = bill.name
        self.platform.script.append((500, b""))
        self._run_sender()
        self.assertEqual(bill.state, "failed")
        self._as("storekeeper", bill).action_send_again()
        self._run_sender()
        self.assertEqual((bill.state, bill.name), ("sent", name))

    def test_no_answer_in_time_is_tried_again(self):
        bill = self._ready(1)
        with patch.object(requests, "post", side_effect=requests.Timeout):
            self._run_sender()
        self.assertEqual((bill.state, bill.attempts), ("ready", 1))
        self.assertEqual(bill.answer_message, "The platform didn't answer in time.")
        self._let_time_pass(bill)
        self._run_sender()
        self.assertEqual(bill.state, "sent")

    def test_garbled_answers_are_kept_and_tried_again(self):
        bill = self._ready(1)
        self.platform.script.append((200, b"<html>{"))
        self._run_sender()
        self.assertEqual(bill.state, "ready")
        self.assertEqual(bill.try_ids.answer, "<html>{")

    def test_a_bill_that_cannot_be_written_does_not_stop_the_next(self):
        first, second = self._ready(1), self._ready(2)
        real = type(self.bills)._bill_file

        def fail_once(bill):
            if bill == first:
                raise ValueError("broken")
            return real(bill)

        with (
            patch.object(type(self.bills), "_bill_file", fail_once),
            self.assertLogs(LOGGER, "WARNING"),
        ):
            self._run_sender()
        self.assertEqual((first.state, second.state), ("ready", "sent"))

    def test_a_killed_workers_bill_goes_again_after_a_while(self):
        bill = self._ready(1)
        now = fields.Datetime.now()
        bill.sudo().write({"state": "sending", "sending_since": now})
        self._run_sender()
        self.assertEqual((bill.state, self.platform.calls), ("sending", []))
        bill.sudo().sending_since = now - timedelta(minutes=11)
        self._run_sender()
        self.assertEqual(bill.state, "sent")

    def test_a_bill_another_worker_dealt_with_since_is_left_alone(self):
        """Found due by both, done by one: it is neither sent nor asked for again."""
        bill = self._ready(1)
        self.assertEqual(self.bills._search_due(), bill)
        self._run_sender()
        with self.enter_registry_test_mode():
            self.assertIsNone(bill._work())
        self.assertEqual(len(self.platform.calls), 1)

    def test_switched_off_in_between_nothing_more_leaves(self):
        bill = self._ready(1)
        self._as("it_admin", self.company).trace_upload = False
        self._run_sender()
        self.assertEqual((bill.state, self.platform.calls), ("ready", []))

    def test_send_now_does_not_wait_for_the_next_try(self):
        bill = self._ready(1)
        bill.sudo().next_try = fields.Datetime.now() + timedelta(hours=1)
        self._run_sender()
        self.assertEqual(bill.state, "ready")
        self._as("storekeeper", bill).action_send_now()
        self._run_sender()
        self.assertEqual(bill.state, "sent")

    def test_send_now_says_why_nothing_is_sent(self):
        bill = self._receive(1)
        bill.sudo()._check_bills()
        with self.assertTold("doesn't upload to the platform"):
            self._as("storekeeper", bill).action_send_now()

    def test_buttons_look_at_the_state_in_the_database(self):
        bill = self._ready(1)
        for state in ("sending", "sent", "accepted"):
            bill.sudo().state = state
            for button in ("action_check", "action_send_now", "action_send_again"):
                with self.subTest(f"{state} {button}"), self.assertTold("moved on"):
                    getattr(self._as("qa", bill), button)()
            with self.assertTold("moved on"):
                self._as("qa", bill).cancel("x")

    def test_md5_signatures_are_right_too(self):
        self._as("it_admin", self.company).trace_sign_method = "md5"
        bill = self._ready(1)
        self._run_sender()
        self.assertEqual(bill.state, "sent")

    @freeze_time("2026-11-24 16:30:00")
    def test_times_are_told_in_china_time(self):
        bill = self._ready(1)
        bill.sudo().write({"date": "2026-11-24 16:00:00", "next_try": "2026-11-24"})
        self._run_sender()
        (call,) = self.platform.calls
        self.assertEqual(call["bill_time"], "2026-11-25 00:00:00")
        self.assertEqual(call["timestamp"], "2026-11-25 00:30:00")


@tagged("post_install", "-at_install")
class TestUploadTwoWorkers(TransactionCase):
    """Two workers with connections of their own never send one bill (FA-56)."""

    def setUp(self):
        super().setUp()
        # No company uploads here, and switching one on would have to be committed.
        self.startPatcher(
            patch.object(
                type(self.env["pharma.trace.bill"]),
                "_due_step",
                lambda bill: bill.state == "ready" and "upload",
            )
        )
        # Committed for real: another connection must see it.
        with self.registry.cursor() as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})
            kind = env["stock.picking.type"].search(
                [("code", "=", "incoming")], limit=1
            )
            self.picking_id = (
                env["stock.picking"].create({"picking_type_id": kind.id}).id
            )
            self.bill_id = (
                env["pharma.trace.bill"]
                .create(
                    {
                        "name": "TWO-WORKERS",
                        "company_id": kind.company_id.id,
                        "picking_id": self.picking_id,
                        "state": "ready",
                    }
                )
                .id
            )
        self.addCleanup(self._forget)

    def _forget(self):
        with self.registry.cursor() as cr:
            cr.execute("DELETE FROM pharma_trace_bill WHERE id = %s", [self.bill_id])
            cr.execute("DELETE FROM stock_picking WHERE id = %s", [self.picking_id])

    def _worker(self):
        cr = self.enterContext(closing(self.registry.cursor()))
        env = api.Environment(cr, api.SUPERUSER_ID, {})
        return env["pharma.trace.bill"].browse(self.bill_id)

    def test_a_locked_bill_is_left_to_its_worker(self):
        first, second = self._worker(), self._worker()
        self.assertEqual(first._take(), "upload")
        self.assertIsNone(second._take())

    @mute_logger("odoo.sql_db")
    def test_a_bill_taken_since_one_looked_is_not_taken_again(self):
        first, second = self._worker(), self._worker()
        self.assertEqual(second.state, "ready")  # its snapshot is older from here on
        self.assertEqual(first._take(), "upload")
        first.env.cr.commit()
        self.assertIsNone(second._take())
        second.env.cr.execute("SELECT 1")  # the transaction goes on with the next bill

    def test_a_bill_taken_before_is_seen_so(self):
        first, second = self._worker(), self._worker()
        self.assertEqual(first._take(), "upload")
        first.env.cr.commit()
        second.env.cr.rollback()
        self.assertIsNone(second._take())
        self.assertEqual(second.state, "sending")
