import logging
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import RecordCapturer, tagged

from .recall_common import RecallCommon

NOTICE = "2026-03-02 10:00:00"  # in China, TV-60
SECOND = timedelta(seconds=1)


@tagged("post_install", "-at_install")
class TestRecall(RecallCommon):
    """A recall from the notice to its end (OB-40, TV-60)."""

    def _utc(self, text):
        return fields.Datetime.to_datetime(text) - timedelta(hours=8)

    # TV-60

    def test_start_locks_lists_and_notifies_everybody(self):
        """TV-60: 37 customers; locked by 11:00, listed by 10:10, told in 24 h."""
        partners = [
            self._create_customer(f"Customer {n}", f"c{n}@example.com")
            for n in range(37)
        ]
        with self._in_china("2026-02-20 09:00:00"):
            for partner in partners:
                self._deliver(partner, 2)
        with self._in_china(NOTICE):
            recall = self._recall()
        with (
            self._in_china("2026-03-02 10:04:00"),
            RecordCapturer(self.env["mail.mail"]) as sent,
        ):
            recall.action_start()
            self._mails_leave(recall)
        self.assertEqual(self.lot.pharma_state, "held")
        self.assertEqual(recall.customer_ids.partner_id, self._union(partners))
        self.assertEqual(recall.lock_due, self._utc("2026-03-02 11:00:00"))
        self.assertEqual(recall.list_due, self._utc("2026-03-02 10:10:00"))
        self.assertEqual(recall.notify_due, self._utc("2026-03-03 10:00:00"))
        self.assertEqual(recall.customer_count, 37)
        self.assertEqual(recall.notified_count, 37)
        self.assertEqual(recall.due_qty, 74)
        self.assertEqual(
            [clock["state"] for clock in recall._report_clocks()], ["met"] * 3
        )
        self.assertEqual(sum(row["quantity"] for row in recall.locked_stock), 926)
        self.assertFalse(sent.records.exists(), "notices are deleted once sent")

    def _union(self, partners):
        return self.env["res.partner"].union(*partners)

    def test_clocks_turn_the_second_after_they_are_due(self):
        with self._in_china(NOTICE):
            recall = self._recall()
        cases = [
            ("list_due", "list", "2026-03-02 10:10:00"),
            ("lock_due", "lock", "2026-03-02 11:00:00"),
            ("notify_due", "notify", "2026-03-03 10:00:00"),
        ]
        for name, key, china in cases:
            due = self._utc(china)
            self.assertEqual(recall[name], due)
            for moment, state in ((due, "running"), (due + SECOND, "overdue")):
                found = {c["key"]: c["state"] for c in recall._clocks(moment)}
                self.assertEqual(found[key], state, (key, moment))

    def test_each_class_has_its_clocks(self):
        for level, hours, days in (("1", 24, 1), ("2", 48, 3), ("3", 72, 7)):
            with self._in_china(NOTICE):
                recall = self._recall(level=level)
            self.assertEqual(
                recall.notify_due - recall.notice_date, timedelta(hours=hours)
            )
            self.assertEqual(recall.progress_days, days)

    def test_overdue_customers_escalate_once_a_level(self):
        self._deliver(self.clinic, 5)
        nobody = self._create_customer("No mail")
        self._deliver(nobody, 1)
        with self._in_china(NOTICE):
            recall = self._started()
            self._mails_leave(recall)
        customer = self._customer(recall, nobody)
        due = customer.notify_due
        Customer = self.env["pharma.recall.customer"]
        for moment, level, calls in (
            (due, 0, 0),
            (due + SECOND, 1, 2),
            (due + timedelta(minutes=10), 1, 2),
            (due + timedelta(hours=4, seconds=1), 2, 4),
            (due + timedelta(hours=9), 2, 4),
        ):
            with self._in_china(moment + timedelta(hours=8)):
                self.env.invalidate_all()
                overdue = Customer.search([("is_overdue", "=", True)])
                self.assertEqual(customer in overdue, moment > due)
                self.assertNotIn(self._customer(recall), overdue, "told in time")
                with self.enter_registry_test_mode():
                    self.env.ref(
                        "pharma_lot_expiry.ir_cron_recall_chase"
                    ).method_direct_trigger()
            self.env.invalidate_all()
            self.assertEqual(customer.escalation_level, level, moment)
            ours = customer.activity_ids.filtered(
                lambda a: a.user_id in (self.seller, self.users["qa_manager"])
            )
            self.assertEqual(len(ours), calls, moment)

    def test_who_was_told_and_gives_no_answer_is_overdue_later(self):
        self._deliver(self.clinic, 5)
        with self._in_china(NOTICE):
            recall = self._started()
            self._mails_leave(recall)
            customer = self._customer(recall)
        for moment, expected in (
            ("2026-03-04 10:00:00", False),
            ("2026-03-04 10:00:01", True),
        ):
            with self._in_china(moment):
                customer.invalidate_recordset()
                self.assertEqual(customer.is_overdue, expected)
                found = customer.search([("is_overdue", "=", True)])
                self.assertEqual(customer in found, expected)
        with self._in_china("2026-03-05 10:00:00"):
            self._answer(customer, used=5)
            customer.invalidate_recordset()
            self.assertFalse(customer.is_overdue)
            self.assertNotIn(customer, customer.search([("is_overdue", "=", True)]))

    def test_a_late_progress_report_is_called_for_once(self):
        with self._in_china(NOTICE):
            recall = self._started()
        chase = self.env["pharma.recall.customer"]
        for moment, count in (
            ("2026-03-03 10:00:00", 0),
            ("2026-03-03 10:00:01", 2),
            ("2026-03-03 12:00:00", 2),
        ):
            with self._in_china(moment):
                chase._remind_of_reports()
                ours = recall.sudo().activity_ids.filtered(
                    lambda a: a.user_id in (self.users["qa"], self.users["qa_manager"])
                )
                self.assertEqual(len(ours), count, moment)
        with self._in_china("2026-03-03 13:00:00"):
            self._as("qa", self.env["pharma.recall.progress"]).create(
                {"recall_id": recall.id, "sent_to": "NMPA", "text": "Going on"}
            )
            self.assertFalse(recall.sudo().activity_ids)
            self.assertEqual(recall.progress_due, self._utc("2026-03-04 13:00:00"))

    # The list

    def test_no_query_for_each_customer(self):
        """Starting with 300 customers asks as often as with 10, writes apart."""
        counts = {}
        for size in (10, 310):
            with self._shipments(size):
                recall = self._recall()
                self.env.flush_all()
                self.env.invalidate_all()
                begun = self.env.cr.sql_log_count
                recall.action_start()
                self.env.flush_all()
                counts[size] = self.env.cr.sql_log_count - begun
            self.assertEqual(recall.customer_count, size)
        logging.getLogger(__name__).info("queries to start a recall: %s", counts)
        # Rows are inserted and updated by the hundred.
        self.assertLess(counts[310] - counts[10], 30, counts)

    def test_list_counts_deliveries_of_every_company_and_earlier_returns(self):
        twin = self._create_lot("L-1", company=self.other_company)
        other_stock = self.other_company_warehouse.lot_stock_id
        self._put(50, twin, other_stock)
        self._deliver(self.clinic, 10)
        self._move(other_stock, self.customer_place, 7, lot=twin, partner=self.clinic)
        self._move(self.customer_place, self.stock, 4, partner=self.clinic)
        recall = self._started()
        customer = self._customer(recall)
        self.assertEqual(customer.shipped, 17)
        self.assertEqual(customer.returned_before, 4)
        self.assertEqual(customer.due_qty, 13)
        self.assertEqual(customer.recovered, 0, "what came back before is no recovery")
        self.assertEqual(twin.pharma_state, "held")
        companies = {row["company"] for row in recall.locked_stock}
        self.assertEqual(companies, {self.company.name, self.other_company.name})

    def test_goods_that_left_without_an_address_are_told(self):
        self._move(self.stock, self.customer_place, 3)
        recall = self._started()
        self.assertFalse(recall.customer_ids)
        self.assertIn(
            "without an address",
            recall.message_ids.mapped("body")[-1]
            + "".join(recall.message_ids.mapped("body")),
        )

    def test_addresses_of_one_customer_are_one_customer(self):
        branch = self.env["res.partner"].create(
            {"name": "Pharmacy", "parent_id": self.clinic.id, "type": "delivery"}
        )
        self._deliver(branch, 3)
        self._deliver(self.clinic, 2)
        recall = self._started()
        self.assertEqual(recall.customer_ids.partner_id, self.clinic)
        self.assertEqual(recall.due_qty, 5)

    # Notices

    def test_a_customer_counts_as_notified_once_its_mail_left(self):
        self._deliver(self.clinic, 5)
        recall = self._started()
        customer = self._customer(recall)
        self.assertEqual(
            (customer.state, bool(customer.queued_date)), ("pending", True)
        )
        mail = self.env["mail.mail"].search([("recall_customer_id", "=", customer.id)])
        self.assertEqual(mail.email_to, "clinic@example.com")
        for part in ("L-1", "Particles found", "江北诊所", "access_token="):
            self.assertIn(part, mail.body_html)
        self._mails_leave(recall, failure="mail_smtp")
        self.assertEqual(customer.state, "pending")
        self.assertEqual(customer.notify_failure, "mail_smtp")
        self._mails_leave(recall)
        self.assertEqual((customer.state, customer.channel), ("notified", "mail"))
        self.assertFalse(customer.notify_failure)

    def test_the_secret_of_a_link_is_kept_nowhere(self):
        self._deliver(self.clinic, 5)
        recall = self._started()
        customer = self._customer(recall)
        mail = self.env["mail.mail"].search([("recall_customer_id", "=", customer.id)])
        token = mail.body_html.split("access_token=")[1].split('"')[0]
        self.assertGreaterEqual(len(token), 43)
        self.assertNotIn(token, str(customer.read()))
        self.assertNotIn("access_token", "".join(customer.message_ids.mapped("body")))
        self.assertNotIn("access_token", customer.notice_url)
        self.assertFalse(mail.mail_message_id.model)
        with self.assertRaises(AccessError):
            self._as("qa_manager", customer).read(["token_hash"])

    def test_a_phone_call_counts_and_brings_the_answer(self):
        nobody = self._create_customer("No mail")
        self._deliver(nobody, 6)
        customer = self._customer(self._started(), nobody)
        contact = self._as("seller", self.env["pharma.recall.contact"]).create(
            {"customer_id": customer.id, "note": "Ms Li", "has_answer": True}
        )
        contact.line_ids.write({"on_hand": 4, "used": 2})
        contact.action_note()
        self.assertEqual((customer.state, customer.channel), ("replied", "phone"))
        self.assertEqual((customer.on_hand, customer.used), (4, 2))
        self.assertIn("Ms Li", customer.reply_ids.author)

    def test_answers_must_add_up_whoever_brings_them(self):
        self._deliver(self.clinic, 8)
        customer = self._customer(self._started())
        for quantities in ((5, 2, 0), (9, 0, 0), (9, -1, 0), (0, 0, 0)):
            with self.assertTold("add up|below zero"):
                self._answer(customer, *quantities)
        self._answer(customer, 5, 2, 1)
        self._answer(customer, 0, 8, 0)
        self.assertEqual(len(customer.reply_ids), 2)
        self.assertEqual((customer.on_hand, customer.used), (0, 8))

    # Goods come back

    def test_returns_fetch_what_customers_have_and_count_when_they_arrive(self):
        older, newer = self._deliver(self.clinic, 5), self._deliver(self.clinic, 4)
        recall = self._started()
        customer = self._customer(recall)
        self._answer(customer, on_hand=7, used=2)
        pickings = self.env["stock.picking"].search(
            recall.action_create_returns()["domain"]
        )
        self.assertEqual(pickings.return_id, older | newer)
        quarantine = self.warehouse.pharma_quarantine_location_id
        self.assertEqual(pickings.move_line_ids.location_dest_id, quarantine)
        self.assertEqual(pickings.move_line_ids.lot_id, self.lot)
        self.assertEqual(sum(pickings.move_line_ids.mapped("quantity")), 7)
        self.assertEqual(pickings.recall_customer_id, customer)
        self.assertEqual(customer.recovered, 0, "nothing came yet")
        with self.assertTold("Nothing is left to fetch"):
            recall.action_create_returns()
        first = pickings.filtered(lambda p: p.return_id == newer)
        self._validate(first, "receiver")
        self.assertEqual(customer.recovered, 4)
        self._validate(pickings - first, "receiver")
        self.assertEqual((customer.recovered, customer.state), (7, "recovered"))
        self.assertEqual((recall.balance_qty, recall.effectiveness), (0, 1))
        with self.assertTold("Nothing is left to fetch"):
            recall.action_create_returns()
        here = self.env["stock.quant"]._get_available_quantity(
            self.product, quarantine, self.lot
        )
        self.assertEqual(here, 7)

    def test_goods_brought_without_a_return_of_ours_count_too(self):
        self._deliver(self.clinic, 5)
        recall = self._started()
        self._move(self.customer_place, self.stock, 2, partner=self.clinic)
        self.assertEqual(self._customer(recall).recovered, 2)
        self.assertEqual(recall.recovered_qty, 2)

    def test_a_lot_of_two_customers_goes_back_to_each(self):
        self._deliver(self.clinic, 5)
        self._deliver(self.hospital, 3)
        recall = self._started()
        self._move(self.customer_place, self.stock, 3, partner=self.hospital)
        self.assertEqual(self._customer(recall).recovered, 0)
        self.assertEqual(self._customer(recall, self.hospital).recovered, 3)

    # Holds

    def test_holds_of_a_running_recall_are_not_lifted(self):
        recall = self._started()
        with self.assertTold("holds these goods"):
            self._as("qa_manager", recall.hold_ids).lift("x")
        self._as("qa_manager", recall).finish("closed", "Done")
        self._as("qa_manager", recall.hold_ids).lift("Destroyed")
        self.assertEqual(recall.hold_ids.state, "lifted")

    def test_nobody_ties_a_hold_to_a_recall_by_hand(self):
        recall = self._recall()
        hold = self._as("qa", self.env["pharma.lot.hold"]).create(
            {"lot_id": self.lot.id, "reason": "x", "recall_id": recall.id}
        )
        self.assertFalse(hold.recall_id)

    def test_trace_codes_are_held_one_by_one(self):
        recall = self._started(trace_codes="81234560000000000001\n81234560000000000002")
        codes = recall.hold_ids.filtered(lambda h: h.kind == "code")
        self.assertEqual(len(codes), 2)

    def test_packs_on_the_shelf_are_recalled_and_those_out_may_come_back(self):
        """FA-53: code by code, one event; lifted with the hold after the end."""
        codes = self.env["pharma.trace.code"]
        here, gone, sister = codes.create(
            [
                {
                    "code": f"8385793{number:013d}",
                    "kind": "cn20",
                    "product_id": self.product.id,
                    "lot_id": lot.id,
                    "own_state": state,
                    "company_id": self.company.id,
                }
                for number, (state, lot) in enumerate(
                    [
                        ("in_stock", self.lot),
                        ("out", self.lot),
                        ("in_stock", self._create_lot("L-2")),
                    ]
                )
            ]
        )
        # Of the code named, the lot is recalled too.
        recall = self._started(trace_codes=sister.code)
        states = (here | gone | sister).mapped("own_state")
        self.assertEqual(states, ["recalled", "out", "recalled"])
        self.assertIn(sister.lot_id, recall.lot_ids)
        event = self.env["pharma.trace.event"].search([("step", "=", "recall")])
        self.assertEqual((event.res_id, event.code_count), (recall.id, 2))
        self._as("qa_manager", recall).finish("closed", "Done")
        self._as("qa_manager", recall.hold_ids).lift("Unfounded")
        self.assertEqual(here.own_state, "in_stock")

    # Drill

    def test_a_drill_sends_locks_and_shows_nothing(self):
        """The list and the times are real; outside nothing happens."""
        self._deliver(self.clinic, 5)
        nobody = self._create_customer("No mail")
        self._deliver(nobody, 1)
        tables = ("mail.mail", "pharma.lot.hold", "stock.picking", "mail.activity")
        before = [self.env[name].search_count([]) for name in tables]
        recall = self._started(is_drill=True)
        self._answer(self._customer(recall), on_hand=5)
        with self.assertTold("a drill makes none"):
            recall.action_create_returns()
        with self._in_china("2027-03-02 10:00:00"):
            self.env["pharma.recall.customer"]._remind_of_reports()
        self._move(self.customer_place, self.stock, 1, partner=self.clinic)
        self.assertEqual(recall.recovered_qty, 0, "no merit of a drill")
        self.assertEqual(before, [self.env[n].search_count([]) for n in tables])
        self.assertEqual(self.lot.pharma_state, "good")
        self.assertTrue(recall.name.startswith("DRILL/"))
        self.assertEqual(recall.customer_count, 2)
        self.assertEqual(recall.locked_stock[0]["quantity"], 994)
        self.assertEqual(self._customer(recall, nobody).state, "pending")
        self.assertEqual(self._customer(recall).channel, "drill")
        self.assertFalse(self._customer(recall).token_hash)

    def test_a_drill_closes_with_open_customers_but_four_eyes(self):
        self._deliver(self.clinic, 5)
        recall = self._started(is_drill=True, role="qa_manager")
        with self.assertTold("somebody else"):
            recall.finish("closed", "Fine")
        self._as("quality_head", recall).finish("closed", "Fine")
        self.assertEqual(recall.state, "closed")

    def test_the_report_prints_for_a_recall_and_says_drill_for_a_drill(self):
        self._deliver(self.clinic, 5)
        reports = self.env["ir.actions.report"]
        for is_drill in (False, True):
            recall = self._started(is_drill=is_drill)
            html = reports._render_qweb_html(
                "pharma_lot_expiry.recall_report", recall.ids
            )[0].decode()
            for part in (recall.name, "江北诊所", "L-1", "Effectiveness", "In time"):
                self.assertIn(part, html)
            self.assertEqual("DRILL" in html.replace("DRILL/", ""), is_drill)

    # Closing

    def test_a_recall_closes_by_another_when_everybody_answered_or_why_not(self):
        self._deliver(self.clinic, 5)
        recall = self._started()
        with self.assertTold("Only the QA manager"):
            recall.finish("closed", "Done")
        manager = self._as("quality_head", recall)
        with self.assertTold("have not answered"):
            manager.finish("closed", "Done")
        with self.assertTold("Write down why"):
            manager.finish("closed", "  ")
        self._as("qa", self._customer(recall)).unreached_reason = "Closed since May"
        manager.finish("closed", "Done")
        self.assertEqual(recall.closed_by_id, self.users["quality_head"])
        found = {c["key"]: c["state"] for c in recall._clocks(fields.Datetime.now())}
        self.assertEqual(
            (found["lock"], found["notify"]), ("met", "unmet"), "nobody was told"
        )
        with self.assertTold("is over"):
            self._answer(self._customer(recall), used=5)
        with self.assertTold("is over"):
            self._as("qa", self._customer(recall)).unreached_reason = "x"

    def test_a_cancelled_draft_stays_so(self):
        recall = self._recall()
        self._as("qa_manager", recall).finish("cancelled", "Wrong lot")
        with self.assertTold("already"):
            recall.action_start()

    # Rights and guards

    def test_only_qa_starts(self):
        recall = self._recall()
        for role in ("seller", "storekeeper", "quality_head", "auditor", "it_admin"):
            with self.assertTold("Only the quality department"):
                self._as(role, recall).action_start()
        self._as("qa_manager", recall).action_start()
        with self.assertTold("already"):
            recall.action_start()

    def test_what_is_missing_is_told_before_the_start(self):
        with self.assertTold("Choose the lots"):
            self._recall(lot_ids=False).action_start()
        old = self.env.ref("pharma_lot_expiry.pharma_recall_class_1")
        old.valid_until = self.today - timedelta(days=1)
        with self.assertTold("don't count on"):
            self._recall().action_start()
        with self.assertTold("too long"):
            self._recall(level="2", trace_codes="9" * 51).action_start()
        with self.assertTold("future", ValidationError):
            self._recall(notice_date=fields.Datetime.now() + timedelta(hours=1))

    def test_fields_of_the_buttons_take_nothing_by_hand(self):
        recall = self._recall(
            state="running", started_by_id=self.users["qa"].id, lock_ms=1
        )
        self.assertEqual((recall.state, recall.lock_ms), ("draft", 0))
        for vals in ({"state": "running"}, {"lock_done": fields.Datetime.now()}):
            with self.assertTold("buttons only"):
                recall.write(vals)
        loaded = self._as("qa", self.env["pharma.recall"]).load(
            ["reason", "class_id", "state"], [["x", "Class I", "Running"]]
        )
        made = self.env["pharma.recall"].browse(loaded["ids"] or [])
        self.assertEqual(made.mapped("state") or ["draft"], ["draft"])

    def test_the_superuser_skips_no_step_either(self):
        draft = self._recall().sudo()
        with self.assertTold("buttons only|first", UserError):
            draft.write({"state": "running"})
            draft.flush_recordset()
        with self.assertTold("started first"):
            draft.write({"state": "closed"})
        recall = self._started(lots=self._create_lot("L-2")).sudo()
        with self.assertTold("stands as it was started"):
            recall.write({"lot_ids": [Command.clear()]})
        with self.assertTold("stands as it was started"):
            recall.write({"lock_done": fields.Datetime.now()})
        with self.assertTold("stands as it was started"):
            recall.write({"is_drill": True})
        vals = {
            "state": "closed",
            "closed_by_id": recall.started_by_id.id,
            "closed_date": fields.Datetime.now(),
            "conclusion": "x",
        }
        with self.assertTold("somebody else", ValidationError):
            recall.write(vals)
        self._as("qa_manager", recall).finish("closed", "Done")
        with self.assertTold("stays so"):
            recall.write({"state": "running"})
        with self.assertTold("kept as proof"):
            recall.unlink()

    def test_customers_lines_and_answers_follow_from_facts_only(self):
        self._deliver(self.clinic, 5)
        recall = self._started()
        customer = self._as("qa", self._customer(recall))
        told = "follows from deliveries"
        with self.assertTold(told):
            customer.write({"notified_date": fields.Datetime.now()})
        with self.assertTold(told):
            customer.create({"recall_id": recall.id, "partner_id": self.hospital.id})
        with self.assertTold(told):
            customer.write({"recovered": 5, "state": "recovered"})
        with self.assertTold(told):
            customer.line_ids.write({"recovered": 5})
        self._answer(customer, used=5)
        with self.assertTold("stands as given"):
            customer.sudo().reply_ids.write({"remark": "x"})
        with self.assertTold("stands as given"):
            customer.sudo().reply_ids.unlink()
        customer.write({"email": "new@example.com"})

    def test_the_auditor_reads_all_and_changes_nothing(self):
        self._deliver(self.clinic, 5)
        recall = self._as("auditor", self._started())
        self.assertEqual(recall.customer_ids.partner_id, self.clinic)
        for records in (recall, recall.customer_ids, recall.class_id):
            self.assertTrue(records.has_access("read"))
            for operation in ("create", "write", "unlink"):
                self.assertFalse(records.has_access(operation))

    def test_a_sister_company_sees_only_customers_of_its_sellers(self):
        self._deliver(self.clinic, 5)
        user = self._create_user(
            "seller",
            login="sister",
            company_id=self.other_company.id,
            company_ids=[Command.set(self.other_company.ids)],
        )
        recall = self._started()
        customers = recall.customer_ids.with_user(user)
        self.env.invalidate_all()
        self.assertFalse(customers.search([]))
        self.assertFalse(recall.with_user(user).search([]))
        self._customer(recall).seller_id = user
        self.assertEqual(customers.search([]), self._customer(recall))

    # Classes

    def test_one_set_of_clocks_for_a_class_on_a_day(self):
        clocks = self.env.ref("pharma_lot_expiry.pharma_recall_class_1")
        with self.assertTold("has clocks for the same class"):
            self._as("qa_manager", clocks).copy({"valid_from": "2027-01-01"})
        self._as("qa_manager", clocks).valid_until = "2026-12-31"
        new = self._as("qa_manager", clocks).copy(
            {"valid_from": "2027-01-01", "valid_until": False, "notify_hours": 12}
        )
        self.assertTrue(new._is_in_force(fields.Date.to_date("2027-01-01")))
        self.assertFalse(new._is_in_force(fields.Date.to_date("2026-12-31")))
        self.assertTrue(clocks._is_in_force(fields.Date.to_date("2026-12-31")))
        self.assertFalse(clocks._is_in_force(fields.Date.to_date("2027-01-01")))

    def test_a_started_recall_keeps_its_clocks(self):
        with self._in_china(NOTICE):
            recall = self._started()
        due = recall.notify_due
        recall.class_id.sudo().notify_hours = 1
        self.env.invalidate_all()
        self.assertEqual(recall.notify_due, due)
        with self._in_china(NOTICE):
            other = self._started(lots=self._create_lot("L-2"))
        self.assertEqual(other.notify_due - other.notice_date, timedelta(hours=1))

    def test_only_quality_leaders_change_clocks(self):
        clocks = self.env.ref("pharma_lot_expiry.pharma_recall_class_2")
        for role, may in (
            ("qa_manager", True),
            ("quality_head", True),
            ("qa", False),
            ("seller", False),
        ):
            self.assertEqual(self._as(role, clocks).has_access("write"), may, role)
