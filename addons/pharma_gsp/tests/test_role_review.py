from datetime import timedelta

import psycopg2
from dateutil.relativedelta import relativedelta

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Datetime
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import ROLES, PharmaCommon
from .test_role_conflict import RoleWorld

ACTIVITY = "pharma_gsp.mail_activity_type_role_review"


@tagged("post_install", "-at_install")
class TestRoleReview(RoleWorld, PharmaCommon):
    """Every role is looked at again within a year (CS-04)."""

    def _holder(self, user, role):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env["pharma.role.holder"].search(
            [("user_id", "=", user.id), ("role_id", "=", self._role(role).id)]
        )

    def _created(self, user, day, hour=9):
        """As if the user had been made at that hour of a day in China."""
        moment = Datetime.to_datetime(day) + timedelta(hours=hour - 8)
        self.env.cr.execute(
            "UPDATE res_users SET create_date = %s WHERE id = %s", (moment, user.id)
        )
        self.env.invalidate_all()

    # The list

    def test_the_list_names_the_highest_role_only(self):
        for role, user in self.users.items():
            holders = self.env["pharma.role.holder"].search([("user_id", "=", user.id)])
            self.assertEqual(holders.role_id, self._role(role), role)
            self.assertEqual(user.pharma_role_ids, holders.role_id)

    def test_a_role_through_a_custom_group_is_listed(self):
        user = self._hand()
        user.group_ids |= self.env["res.groups"].create(
            {"name": "Team", "implied_ids": self._role("keeper").ids}
        )
        self.assertTrue(self._holder(user, "keeper"))

    def test_archived_users_hold_nothing(self):
        user = self._hand("picker")
        user.active = False
        self.assertFalse(self._holder(user, "picker"))

    def test_the_list_tells_which_request_gave_it(self):
        user = self._hand("picker")
        self._created(user, self.today - timedelta(days=900))
        request = self._request("it_admin", user, grant="dispatcher")
        self._as("qa_manager", request).action_approve()
        holder = self._holder(user, "dispatcher")
        self.assertEqual(holder.request_id, request)
        self.assertEqual(holder.since, self.today)
        self.assertEqual(holder.status, "ok")
        older = self._holder(user, "picker")
        self.assertFalse(older.request_id)
        self.assertEqual(older.since, self.today - timedelta(days=900))

    def test_old_conflicts_are_found(self):
        user = self._hand("picker")
        self._force_role(user, "reviewer")
        self.assertTrue(self._holder(user, "picker").is_conflicting)
        self.assertFalse(self._holder(self.users["picker"], "picker").is_conflicting)

    # Days

    def test_due_on_the_day_a_year_later_and_not_before(self):
        """The last day is the same day of the next year, as it runs in China."""
        user = self._hand("picker")
        year = relativedelta(months=12)
        for granted, status in (
            (self.today - year - timedelta(days=1), "due"),
            (self.today - year, "due"),
            (self.today - year + timedelta(days=1), "soon"),
            (self.today - year + timedelta(days=30), "soon"),
            (self.today - year + timedelta(days=31), "ok"),
            (self.today, "ok"),
        ):
            for hour in (0, 23):
                self._created(user, granted, hour)
                holder = self._holder(user, "picker")
                with self.subTest(granted=granted, hour=hour):
                    self.assertEqual(holder.since, granted)
                    self.assertEqual(holder.due_date, granted + year)
                    self.assertEqual(holder.status, status)

    def test_the_day_turns_at_midnight_in_china(self):
        user = self._hand("picker")
        self._created(user, "2025-03-10")
        for moment, status in (
            ("2026-03-09 23:59:59", "soon"),
            ("2026-03-10 00:00:00", "due"),
        ):
            with self._in_china(moment):
                self.assertEqual(self._holder(user, "picker").status, status, moment)
            self.env.invalidate_all()

    def test_a_year_of_a_leap_day_ends_on_the_last_of_february(self):
        user = self._hand("picker")
        self._created(user, "2024-02-29")
        self.assertEqual(str(self._holder(user, "picker").due_date), "2025-02-28")

    def test_a_company_may_review_more_often_never_less(self):
        user = self._hand("picker")
        self._created(user, self.today - relativedelta(months=6))
        self.assertEqual(self._holder(user, "picker").status, "ok")
        self.company.pharma_role_review_months = 6
        self.assertEqual(self._holder(user, "picker").status, "due")
        for months in (0, 13):
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaises(psycopg2.errors.CheckViolation),
                self.env.cr.savepoint(),
            ):
                self.company.pharma_role_review_months = months
                self.env.flush_all()
            self.company.invalidate_recordset()

    # Deciding

    def _due(self, role="picker"):
        user = self._hand(role)
        self._created(user, self.today - timedelta(days=400))
        return self._holder(user, role)

    def test_keeping_starts_the_year_anew(self):
        for role in ("qa_manager", "quality_head"):
            holder = self._as(role, self._due())
            holder.action_keep()
            self.assertEqual(holder.status, "ok")
            self.assertEqual(holder.review_date, self.today)
            self.assertEqual(holder.reviewed_by_id, self.users[role])
            self.assertEqual(holder.due_date, self.today + relativedelta(months=12))

    def test_many_are_kept_at_once(self):
        holders = self._due() | self._due("keeper")
        self._as("qa_manager", holders).action_keep()
        self.assertEqual(set(holders.mapped("status")), {"ok"})

    def _withdraw(self, role, holder, reason="调离岗位"):
        action = self._as(role, holder).action_open_withdraw()
        form = Form(
            self.env[action["res_model"]]
            .with_user(self.users[role])
            .with_context(**action["context"])
        )
        form.reason = reason
        form.save().action_withdraw()

    def test_withdrawing_takes_the_role_and_keeps_the_reason(self):
        holder = self._due()
        user = holder.user_id
        self._withdraw("qa_manager", holder)
        self.assertFalse(user.pharma_role_ids)
        self.assertTrue(user._is_internal())
        review = self.env["pharma.role.review"].search([("user_id", "=", user.id)])
        self.assertEqual(review.decision, "withdrawn")
        self.assertEqual(review.reason, "调离岗位")
        self.assertEqual(review.reviewed_by_id, self.users["qa_manager"])

    def test_others_review_nothing(self):
        holder = self._due()
        for role in set(ROLES) - {"qa_manager", "quality_head"}:
            for button in ("action_keep", "action_open_withdraw"):
                with self.subTest(role), self.assertTold("Only a QA manager"):
                    getattr(self._as(role, holder), button)()
        for env in (self.env, self.env(user=self.users["it_admin"], su=True)):
            with self.assertTold("Only a QA manager"):
                holder.with_env(env).action_keep()

    def test_nobody_reviews_her_own_role(self):
        own = self._holder(self.users["qa_manager"], "qa_manager")
        both = self._as("qa_manager", own | self._due())
        for attempt in (
            both.action_keep,
            self._as("qa_manager", own).action_open_withdraw,
            lambda: self._as("qa_manager", own)._withdraw("x"),
        ):
            with self.assertTold("Your own roles are reviewed by another"):
                attempt()
        self._as("quality_head", own).action_keep()

    def test_a_review_leaves_no_role_vacant(self):
        self._empty_role("qa_manager")
        manager = self._hand("qa_manager")
        holder = self._holder(manager, "qa_manager")
        with self.assertTold("is the last one who holds the role QA Manager"):
            self._withdraw("quality_head", holder)

    def test_a_role_withdrawn_meanwhile_is_told(self):
        holder = self._due()
        user = holder.user_id
        action = self._as("qa_manager", holder).action_open_withdraw()
        user.group_ids -= self._role("picker")
        wizard = (
            self.env[action["res_model"]]
            .with_user(self.users["qa_manager"])
            .with_context(**action["context"])
            .create({"reason": "x"})
        )
        with self.assertTold("doesn't hold Picker any more"):
            wizard.action_withdraw()

    def test_reviews_stand_as_written(self):
        self._as("qa_manager", self._due()).action_keep()
        review = self.env["pharma.role.review"].search([], limit=1)
        for record in (review, self._as("qa_manager", review)):
            with self.assertRaises(UserError):
                record.write({"decision": "withdrawn"})
            with self.assertRaises(UserError):
                record.unlink()
        with self.assertRaises(AccessError):
            self._as("qa_manager", review).create(
                {
                    "date": Datetime.now(),
                    "user_id": self.users["picker"].id,
                    "role_id": self._role("picker").id,
                    "company_id": self.company.id,
                    "decision": "kept",
                    "reviewed_by_id": self.users["quality_head"].id,
                }
            )

    @mute_logger("odoo.sql_db")
    def test_reviews_stand_as_written_in_sql_too(self):
        self._as("qa_manager", self._due()).action_keep()
        for statement in (
            "UPDATE pharma_role_review SET decision = 'withdrawn'",
            "DELETE FROM pharma_role_review",
        ):
            with (
                self.assertRaises(psycopg2.errors.RaiseException),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(statement)

    def test_lists_of_a_sister_company_are_not_seen(self):
        self._as("qa_manager", self._due()).action_keep()
        company = self.env["res.company"].create({"name": "兄弟公司"})
        sister = self._hand(
            "qa_manager",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        self.env.flush_all()
        holders = self.env["pharma.role.holder"].with_user(sister).search([])
        self.assertEqual(holders.user_id, sister)
        self.assertFalse(self.env["pharma.role.review"].with_user(sister).search([]))

    # The daily call

    def _calls(self):
        return self.env["mail.activity"].search(
            [("activity_type_id", "=", self.env.ref(ACTIVITY).id)]
        )

    def _run(self):
        self.env.flush_all()
        self.env["pharma.role.holder"]._cron_remind()
        return self._calls()

    def test_nothing_due_calls_nobody(self):
        self.assertFalse(self._run())

    def test_reviewers_are_called_once_while_something_is_due(self):
        holder = self._due()
        calls = self._run()
        reviewers = self.users["qa_manager"] | self.users["quality_head"]
        self.assertEqual(calls.user_id, reviewers)
        self.assertEqual(len(calls), 2)
        self.assertEqual(self._run(), calls)
        calls[0].action_feedback()
        self.assertEqual(len(self._run()), 2, "still due: called again")
        self._as("qa_manager", holder).action_keep()
        self.assertFalse(self._run(), "done: nobody is called any more")

    def test_nobody_is_called_to_her_own_role(self):
        self._created(self.users["qa_manager"], self.today - timedelta(days=400))
        self.assertEqual(self._run().user_id, self.users["quality_head"])

    def test_the_job_does_the_same(self):
        self._due()
        job = self.env.ref("pharma_gsp.ir_cron_role_review")
        with self.enter_registry_test_mode():
            job.method_direct_trigger()
        self.assertTrue(self._calls())
