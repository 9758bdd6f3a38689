from datetime import timedelta

from odoo.tests import RecordCapturer, tagged

from .common import PharmaCommon


@tagged("post_install", "-at_install")
class TestReminder(PharmaCommon):
    """Who hears of papers that end, and how often (FA-31, TV-30)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.licence = cls._paper(cls.supplier, "DIST_LICENCE")
        cls.licence.responsible_id = cls.users["purchaser"]
        cls.expected = (
            cls.env.ref("pharma_gsp.pharma_gsp_group_qa").all_user_ids
            | cls.users["purchaser"]
        ).partner_id

    def _end_in(self, days, document=None):
        self._expire(document or self.licence, self.today + timedelta(days=days))

    def _remind(self):
        """The messages one run of the job sends."""
        domain = [("subject", "ilike", "documents are ending")]
        with RecordCapturer(self.env["mail.message"], domain) as sent:
            self.env["pharma.document"]._cron_remind()
        return sent.records

    def test_owner_and_qa_hear_of_a_paper_that_ends_in_thirty_days(self):
        """TV-30"""
        self._end_in(30)
        messages = self._remind()
        self.assertEqual(messages.notified_partner_ids, self.expected)
        self.assertTrue(all("30 days left" in body for body in messages.mapped("body")))

    def test_nobody_is_reminded_twice_in_one_tier(self):
        """TV-30: neither the same day nor on the days after."""
        self._end_in(30)
        self._remind()
        self.assertFalse(self._remind())
        self._end_in(16)
        self.assertFalse(self._remind())

    def test_next_tier_reminds_again(self):
        """TV-30"""
        for days in (30, 15, 7, 1):
            self._end_in(days)
            with self.subTest(days):
                self.assertEqual(len(self._remind()), len(self.expected))

    def test_each_person_gets_one_digest_of_all_her_papers(self):
        """TV-30"""
        self._end_in(30)
        self._end_in(10, self._paper(self.hospital, "PRACTICE_LICENCE"))
        messages = self._remind().filtered(
            lambda m: self.users["qa"].partner_id in m.notified_partner_ids
        )
        self.assertEqual(len(messages), 1)
        self.assertIn("30 days left", messages.body)
        self.assertIn("10 days left", messages.body)

    def test_paper_that_ends_later_than_every_tier_is_not_told_of(self):
        self._end_in(181)
        self.assertFalse(self._remind())

    def test_last_day_still_counts_and_the_day_after_is_silent(self):
        for days, is_told in ((0, True), (-1, False)):
            self._end_in(days)
            self.licence.reminded_tier = 0
            self.assertEqual(bool(self._remind()), is_told)

    def test_draft_and_void_papers_are_not_told_of(self):
        self._end_in(30)
        self.licence.sudo().state = "void"
        self.assertFalse(self._remind())

    def test_own_tier_takes_effect(self):
        self._as("qa_manager", self.env["pharma.reminder.tier"]).create({"days": 200})
        self._end_in(199)
        self.assertTrue(self._remind())

    def test_job_does_it(self):
        self._end_in(30)
        with self.enter_registry_test_mode():
            self.env.ref("pharma_gsp.ir_cron_remind").method_direct_trigger()
        self.licence.invalidate_recordset()
        self.assertEqual(self.licence.reminded_tier, 30)

    # Renewal requests

    def test_renewal_is_asked_for_once(self):
        for _click in range(2):
            self._as("purchaser", self.licence).action_request_renewal()
        activity = self.licence.activity_ids
        self.assertEqual(len(activity), 1)
        self.assertEqual(activity.user_id, self.users["purchaser"])

    def test_verified_renewal_closes_the_request(self):
        self._as("purchaser", self.licence).action_request_renewal()
        self._file(
            "DIST_LICENCE",
            self.supplier,
            number=self.licence.number,
            previous_id=self.licence.id,
        )
        self.assertFalse(self.licence.activity_ids)

    def test_holder_with_an_address_gets_a_mail(self):
        for email, count in ((False, 0), ("a@example.com", 1)):
            self.supplier.email = email
            with RecordCapturer(self.env["mail.mail"]) as mails:
                self._as("purchaser", self.licence).action_request_renewal()
            self.assertEqual(len(mails.records), count)


@tagged("post_install", "-at_install")
class TestRecheck(PharmaCommon):
    """The night run flags what would be refused now, and never cancels (FA-27)."""

    def _flags(self, order):
        return order.activity_ids.filtered(
            lambda a: (
                a.activity_type_id == self.env.ref("pharma_gsp.mail_activity_type_gate")
            )
        )

    def _run(self):
        self.env["pharma.gated"]._cron_recheck_open_orders()

    def _hit(self):
        orders = [self._sold().sudo(), self._ordered().sudo()]
        for holder, code in (
            (self.hospital, "PRACTICE_LICENCE"),
            (self.supplier, "DIST_LICENCE"),
        ):
            self._expire(self._paper(holder, code))
        return orders

    def test_open_orders_are_flagged_and_stay_confirmed(self):
        """FA-27"""
        orders = self._hit()
        self._run()
        for order, state in zip(orders, ("sale", "purchase"), strict=True):
            self.assertEqual(order.state, state)
            flag = self._flags(order)
            self.assertEqual(len(flag), 1)
            self.assertEqual(flag.user_id, order.user_id)
            self.assertIn("ended on", flag.note)

    def test_flag_is_not_repeated_every_night(self):
        orders = self._hit()
        self._run()
        self._run()
        for order in orders:
            self.assertEqual(len(self._flags(order)), 1)

    def test_flag_goes_when_the_cause_is_cured(self):
        orders = self._hit()
        self._run()
        for paper in (
            self._paper(self.hospital, "PRACTICE_LICENCE"),
            self._paper(self.supplier, "DIST_LICENCE"),
        ):
            self._expire(paper, self.today + timedelta(days=90))
        self._run()
        for order in orders:
            self.assertFalse(self._flags(order))

    def test_fine_and_finished_orders_are_left_alone(self):
        delivered = self._sold().sudo()
        self._validate(delivered.picking_ids, "picker")
        self._expire(self._paper(self.hospital, "PRACTICE_LICENCE"))
        fine = self._ordered().sudo()
        self._run()
        self.assertFalse(self._flags(delivered))
        self.assertFalse(self._flags(fine))

    def test_warning_alone_flags_nothing(self):
        order = self._ordered().sudo()
        self._expire(self._paper(self.supplier, "SEAL_SPECIMEN"))
        self._expire(self._paper(self.supplier, "ANNUAL_REPORT"))
        self._run()
        self.assertFalse(self._flags(order))

    def test_job_does_it(self):
        order = self._hit()[0]
        with self.enter_registry_test_mode():
            self.env.ref("pharma_gsp.ir_cron_recheck").method_direct_trigger()
        self.assertTrue(self._flags(order))


@tagged("post_install", "-at_install")
class TestStopList(PharmaCommon):
    """What will be stopped, and what it costs (FA-31, FA-32)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.licence = cls._paper(cls.hospital, "PRACTICE_LICENCE")
        cls._expire(cls.licence, cls.today + timedelta(days=10))

    def _rows(self, document=None):
        self.env.flush_all()
        return self._as("seller", self.env["pharma.stop.list"]).search(
            [("document_id", "=", (document or self.licence).id)]
        )

    def test_row_shows_open_orders_and_their_amount(self):
        self._sold(quantity=5)
        self._sold(quantity=3)
        row = self._rows()
        self.assertEqual((row.days_left, row.bucket), (10, "15"))
        self.assertEqual((row.open_order_count, row.amount), (2, 100.0))
        self.assertEqual(row.partner_id, self.hospital)

    def test_delivered_goods_are_no_longer_at_stake(self):
        self._validate(self._sold().sudo().picking_ids, "picker")
        self.assertEqual((self._rows().open_order_count, self._rows().amount), (0, 0))

    def test_quotations_are_not_at_stake(self):
        self._create_sale()
        self.assertEqual(self._rows().open_order_count, 0)

    def test_product_paper_hits_the_orders_of_the_product(self):
        paper = self._file("DEVICE_CERT", self.drug, number="X")
        self._expire(paper, self.today + timedelta(days=60))
        self._ordered(quantity=10)
        row = self._rows(paper)
        self.assertEqual((row.bucket, row.open_order_count), ("60", 1))
        self.assertEqual(row.amount, 100)

    def test_papers_that_only_warn_or_end_later_are_not_listed(self):
        report = self._paper(self.supplier, "ANNUAL_REPORT")
        self._expire(report, self.today + timedelta(days=10))
        self.assertFalse(self._rows(report))
        self._expire(self.licence, self.today + timedelta(days=91))
        self.assertFalse(self._rows())

    def _renewal(self, **values):
        return self._file(
            "PRACTICE_LICENCE",
            self.hospital,
            number=self.licence.number,
            previous_id=self.licence.id,
            **values,
        )

    def test_row_goes_with_the_verified_renewal(self):
        draft = self._renewal(verify=False)
        self.assertTrue(self._rows())
        self._as("qa", draft).action_verify()
        self.assertFalse(self._rows())

    def test_renewal_is_asked_for_from_the_list(self):
        self.licence.responsible_id = self.users["seller"]
        self._rows().action_request_renewal()
        self.assertEqual(len(self.licence.activity_ids), 1)
