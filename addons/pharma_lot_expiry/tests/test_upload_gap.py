from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .test_trace_code import BOX, number
from .upload_common import UploadCommon

QA_TASK = "pharma_lot_expiry.mail_activity_type_trace_gap"


@tagged("post_install", "-at_install")
class TestUploadGap(UploadCommon):
    """Each day shows what the platform doesn't know in full (FA-56, RC-15)."""

    def _gap(self, picking):
        self.env.flush_all()
        self.gaps.invalidate_model()
        return self.gaps.search([("picking_id", "=", picking.id)])

    def _done(self, picking, hours):
        """Let a transfer be done some hours ago, as time does."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE stock_picking SET date_done = %s WHERE id = %s",
            (fields.Datetime.now() - timedelta(hours=hours), picking.id),
        )
        picking.invalidate_recordset()

    def test_what_is_with_the_platform_is_no_gap(self):
        bill = self._receive(1, 2)
        bill.sudo().write({"checked_date": fields.Datetime.now(), "pack_count": 2})
        bill.sudo().state = "accepted"
        self.assertFalse(self._gap(bill.picking_id))

    def test_a_bill_on_its_way_is_no_gap_on_its_first_day(self):
        bill = self._ready(1)
        self.assertFalse(self._gap(bill.picking_id))

    def test_each_reason_is_told(self):
        bill = self._ready(1)
        picking = bill.picking_id
        cases = [
            ({"state": "rejected"}, "rejected"),
            ({"state": "failed"}, "failed"),
            ({"state": "waiting"}, "problem"),
            ({"state": "waiting", "code_count": 0}, "no_codes"),
            ({"state": "ready", "code_count": 1, "pack_count": 3}, "count"),
            ({"state": "accepted"}, "count"),
            ({"state": "accepted", "note": "Seen by QA"}, False),
            ({"state": "rejected", "note": False}, "rejected"),
            ({"state": "cancelled"}, False),
        ]
        for values, reason in cases:
            with self.subTest(f"{values} {reason}"):
                bill.sudo().write(values)
                self.assertEqual(self._gap(picking).reason, reason)

    def test_not_accepted_after_a_day_is_late(self):
        bill = self._ready(1)
        self.company.trace_since = self.today - timedelta(days=9)
        for hours, reason in ((23.9, False), (24.1, "late")):
            self._done(bill.picking_id, hours)
            self.assertEqual(self._gap(bill.picking_id).reason, reason)
        bill.sudo().state = "sent"
        self.assertEqual(self._gap(bill.picking_id).reason, "late")
        self._as("it_admin", self.company).trace_upload = False
        self.assertFalse(self._gap(bill.picking_id), "nothing is late that isn't sent")

    def test_packs_and_codes_are_compared(self):
        bill = self._receive(1, 2, quantity=5)
        bill.sudo()._check_bills()
        gap = self._gap(bill.picking_id)
        self.assertEqual(
            (gap.reason, gap.quantity, gap.packs, gap.missing), ("count", 5, 2, 3)
        )

    def test_a_difference_explained_by_qa_is_no_gap(self):
        bill = self._receive(1, quantity=2)
        bill.sudo()._check_bills()
        bill.sudo().state = "accepted"
        self.assertEqual(self._gap(bill.picking_id).reason, "count")
        with self.assertTold("Only the quality department"):
            self._as("storekeeper", bill).explain("x")
        self._as("qa", bill).explain("一盒为旧包装,无码")
        self.assertFalse(self._gap(bill.picking_id))
        self.assertEqual(bill.state, "accepted")

    def test_a_transfer_without_a_bill_is_a_gap_and_is_queued_by_a_button(self):
        bill = self._receive(1)
        picking = bill.picking_id
        self._forget(picking)
        gap = self._gap(picking)
        self.assertEqual((gap.reason, gap.day), ("no_bill", self.today))
        with self.assertTold("worked by storekeepers"):
            self._as("seller", gap).action_queue()
        self._as("storekeeper", gap).action_queue()
        self.assertEqual(self._bill_of(picking).state, "waiting")

    def test_transfers_before_the_first_day_are_not_missed(self):
        bill = self._receive(1)
        bill.sudo().state = "failed"
        self.company.trace_since = self.today
        self.assertEqual(self._gap(bill.picking_id).reason, "failed")
        self.company.trace_since = self.today + timedelta(days=1)
        self.assertFalse(self._gap(bill.picking_id))

    def test_the_day_turns_at_midnight_in_china(self):
        bill = self._receive(1)
        bill.sudo().state = "failed"
        self.company.trace_since = "2026-05-02"
        for moment, day in (("2026-05-01 15:59:59", None), ("2026-05-01 16:00:00", 2)):
            self.env.flush_all()
            self.env.cr.execute(
                "UPDATE stock_picking SET date_done = %s WHERE id = %s",
                (moment, bill.picking_id.id),
            )
            gap = self._gap(bill.picking_id)
            self.assertEqual(gap.day and gap.day.day or None, day)

    def test_herbs_without_an_approval_number_need_no_codes(self):
        picking = self._receive(1).picking_id
        self._forget(picking)
        self.env.cr.execute(
            "UPDATE product_template SET approval_number = NULL WHERE id = %s",
            [self.drug.id],
        )
        self.env.invalidate_all()
        self.assertFalse(self._gap(picking))

    # Morning digest

    def _tasks(self, user="qa"):
        return self.env["mail.activity"].search(
            [
                ("activity_type_id", "=", self.env.ref(QA_TASK).id),
                ("user_id", "=", self.users[user].id),
            ]
        )

    def test_without_gaps_nobody_is_called(self):
        self.gaps._cron_digest()
        self.assertFalse(self._tasks())

    def test_gaps_call_qa_with_one_task_that_is_kept_up_to_date(self):
        first = self._receive(1, quantity=2)
        self.gaps._cron_digest()
        task = self._tasks()
        self.assertEqual(len(task), 1)
        self.assertIn("1 ", task.summary)
        self._receive(2, quantity=2)
        self.gaps._cron_digest()
        self.assertEqual(self._tasks(), task)
        self.assertIn("2 ", task.summary)
        task.action_done()
        self.gaps._cron_digest()
        self.assertEqual(len(self._tasks()), 1, "still open: told again next morning")
        self.assertFalse(self._tasks("seller"))
        self.assertEqual(self._gap(first.picking_id).reason, "count")

    def test_the_digest_queues_what_was_missed_and_checks_what_was_cured(self):
        self.supplier.trace_ent_id = False
        held = self._receive(1)
        held.sudo()._check_bills()
        self.assertEqual(held.state, "waiting")
        missed = self._receive(2).picking_id
        self._forget(missed)
        self.supplier.trace_ent_id = "ent-supplier"
        self.gaps._cron_digest()
        self.assertEqual(held.state, "ready")
        self.assertEqual(self._bill_of(missed).state, "ready")
        self.assertEqual(self._bill_of(missed).codes, number(BOX, 2))
