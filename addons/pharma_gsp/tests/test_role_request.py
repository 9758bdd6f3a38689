import threading
from unittest.mock import patch

import psycopg2

from odoo import SUPERUSER_ID, api
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, TransactionCase, tagged
from odoo.tools import mute_logger

from .common import ROLES, PharmaCommon, PharmaHttpCommon
from .test_role_conflict import Doors, RoleWorld

APPROVERS = ("qa_manager", "quality_head")


@tagged("post_install", "-at_install")
class TestRoleRequest(RoleWorld, PharmaCommon):
    """Rights are asked for by one and approved by another (CS-02, CS-03)."""

    # Asking

    def test_every_role_asks_for_itself(self):
        for role in set(ROLES) - {"auditor"}:
            with self.subTest(role), self._undone():
                request = self._request(role, self.users[role], withdraw=role)
                self.assertEqual(request.state, "requested")
                self.assertEqual(request.requested_by_id, self.users[role])

    def test_the_auditor_changes_nothing(self):
        with self.assertRaises(AccessError):
            self._request("auditor", self.users["auditor"], grant="picker")

    def test_it_asks_for_anybody_and_others_do_not(self):
        user = self._hand("picker")
        self._request("it_admin", user, grant="dispatcher")
        for role in ("seller", "qa", "qa_manager", "quality_head"):
            with (
                self.subTest(role),
                self.assertTold("for somebody else the IT administrator asks"),
            ):
                self._request(role, user, grant="keeper")

    def test_who_asks_is_never_typed(self):
        """CS-03: neither by a value nor by a default in the context."""
        other = self.users["seller"]
        requests = self.env["pharma.role.request"].with_user(self.users["picker"])
        values = {
            "user_id": self.users["picker"].id,
            "grant_role_ids": self._role("dispatcher").ids,
            "reason": "x",
        }
        forged = {
            "requested_by_id": other.id,
            "decided_by_id": other.id,
            "state": "approved",
            "answer": "fine",
        }
        defaults = {f"default_{name}": value for name, value in forged.items()}
        for request in (
            requests.create({**values, **forged}),
            requests.with_context(**defaults).create(values),
            requests.sudo().create({**values, **forged}),
        ):
            self.assertEqual(request.requested_by_id, self.users["picker"])
            self.assertEqual(request.state, "requested")
            self.assertFalse(request.decided_by_id)
            self.assertFalse(request.answer)

    def test_pointless_requests_are_refused(self):
        picker = self.users["picker"]
        portal = self.env["res.users"].create(
            {
                "name": "客户",
                "login": "portal_customer",
                "group_ids": [Command.set(self.env.ref("base.group_portal").ids)],
            }
        )
        gone = self._hand("picker", active=False)
        for user, values, sentence in (
            (picker, {}, "Choose at least one role"),
            (picker, {"grant": "picker"}, "holds Picker already"),
            (picker, {"withdraw": "keeper"}, "doesn't hold Care Keeper"),
            (
                picker,
                {"grant": "keeper", "withdraw": "keeper"},
                "either granted or withdrawn",
            ),
            (portal, {"grant": "keeper"}, "no member of the staff"),
            (gone, {"grant": "keeper"}, "archived"),
        ):
            with self.subTest(sentence), self.assertTold(sentence):
                self._request("it_admin", user, **values)

    def test_rights_of_odoo_are_not_asked_for_here(self):
        """Or QA would make somebody an administrator of the system."""
        system = self.env.ref("base.group_system")
        with self.assertTold("Only roles of the trade"):
            self._request("it_admin", self.users["picker"], grant_role_ids=system.ids)

    def test_the_form_warns_before_it_is_sent(self):
        form = Form(self.env["pharma.role.request"].with_user(self.users["picker"]))
        self.assertFalse(form.warning)
        form.grant_role_ids.add(self._role("reviewer"))
        self.assertIn("can't be both Picker and Outbound Reviewer", form.warning)
        form.withdraw_role_ids.add(self._role("picker"))
        self.assertFalse(form.warning)
        form.reason = "转岗"
        self.assertEqual(form.save().state, "requested")

    def test_the_button_of_a_user_opens_a_request_for_her(self):
        user = self._hand("picker")
        action = self._as("it_admin", user).action_request_roles()
        form = Form(
            self.env[action["res_model"]]
            .with_user(self.users["it_admin"])
            .with_context(**action["context"])
        )
        self.assertEqual(form.user_id, user)
        self.assertEqual(form.held_role_ids[:].ids, self._role("picker").ids)

    # Deciding

    def test_approval_puts_the_rights_in_force(self):
        for role in APPROVERS:
            with self.subTest(role):
                user = self._hand("picker")
                request = self._request(
                    "it_admin", user, grant="dispatcher", withdraw="picker"
                )
                self._as(role, request).action_approve()
                self.assertEqual(user.pharma_role_ids, self._role("dispatcher"))
                self.assertEqual(request.state, "approved")
                self.assertEqual(request.decided_by_id, self.users[role])
                self.assertTrue(request.applied_date)

    def test_only_qa_manager_and_quality_head_decide(self):
        request = self._request("picker", self.users["picker"], grant="dispatcher")
        for role in set(ROLES) - {*APPROVERS}:
            for button in ("action_approve", "action_refuse"):
                with self.subTest(role), self.assertRaises(UserError):
                    getattr(self._as(role, request), button)()
        self.assertEqual(request.state, "requested")

    def test_nobody_decides_for_herself(self):
        """Neither who asked nor whose rights they are, whatever her role."""
        own = self._request("qa_manager", self.users["qa_manager"], grant="keeper")
        with self.assertTold("your own rights"):
            self._as("qa_manager", own).action_approve()
        asked = self._hand("qa_manager")
        request = self._request("it_admin", asked, grant="keeper")
        request.sudo().env.cr.execute(
            "UPDATE pharma_role_request SET requested_by_id = %s WHERE id = %s",
            (self.users["quality_head"].id, request.id),
        )
        request.invalidate_recordset()
        with self.assertTold("You asked for this yourself"):
            self._as("quality_head", request).action_approve()
        with self.assertTold("your own rights"):
            request.with_user(asked).action_approve()
        self._as("qa_manager", request).action_approve()
        self._as("quality_head", own).action_approve()

    def test_the_superuser_decides_nothing(self):
        """CS-05: sudo() doesn't make a QA manager of anybody."""
        request = self._request("picker", self.users["picker"], grant="dispatcher")
        for env in (self.env, self.env(user=self.users["it_admin"], su=True)):
            with self.assertTold("Only a QA manager or the quality head"):
                request.with_env(env).action_approve()
            with self.assertTold("Only a QA manager or the quality head"):
                request.with_env(env).write({"state": "approved"})
        self.assertEqual(request.state, "requested")

    def test_a_conflict_is_told_at_the_approval(self):
        """CS-04"""
        request = self._request("picker", self.users["picker"], grant="reviewer")
        self.assertIn("can't be both Picker", request.warning)
        with self.assertTold("can't be both Picker and Outbound Reviewer"):
            self._as("qa_manager", request).action_approve()
        request.invalidate_recordset()
        self.assertEqual(request.state, "requested")

    def test_a_refusal_says_why(self):
        request = self._request("picker", self.users["picker"], grant="reviewer")
        decider = self._as("qa_manager", request)
        with self.assertTold("Write in the answer why"):
            decider.action_refuse()
        decider.answer = "拣货与复核须两人。"
        decider.action_refuse()
        self.assertEqual(request.state, "refused")
        self.assertNotIn(self._role("reviewer"), self.users["picker"].all_group_ids)

    def test_who_asked_takes_it_back(self):
        user = self._hand("picker")
        request = self._request("it_admin", user, grant="dispatcher")
        with self.assertTold("can take this request back"):
            self._as("qa_manager", request).action_withdraw()
        self._as("it_admin", request).action_withdraw()
        self.assertEqual(request.state, "withdrawn")

    def test_a_request_stands_as_written(self):
        request = self._request("picker", self.users["picker"], grant="dispatcher")
        for role in ("picker", "it_admin", "qa_manager"):
            for values in (
                {"reason": "y"},
                {"grant_role_ids": [Command.link(self._role("finance").id)]},
                {"state": "approved"},
                {"requested_by_id": self.users["seller"].id},
            ):
                with self.subTest(role, values=values), self.assertRaises(UserError):
                    self._as(role, request).write(values)
        with self.assertTold("stands as written"):
            request.write({"reason": "y"})

    def test_a_decided_request_never_changes_again(self):
        request = self._request("picker", self.users["picker"], grant="dispatcher")
        self._as("qa_manager", request).action_approve()
        for env in (self.env, self.env(user=self.users["qa_manager"])):
            decided = request.with_env(env)
            for attempt in (
                decided.action_approve,
                decided.action_refuse,
                decided.action_withdraw,
                lambda r=decided: r.write({"answer": "y"}),
                lambda r=decided: r.sudo().write({"state": "requested"}),
                lambda r=decided: r.sudo().write({"applied_date": False}),
            ):
                with self.assertTold("is closed"):
                    attempt()
        for record in (request, self._as("qa_manager", request)):
            with self.assertRaises(UserError):
                record.unlink()

    def test_approvers_are_called_and_called_off(self):
        request = self._request("picker", self.users["picker"], grant="dispatcher")
        called = request.activity_ids.user_id
        self.assertLessEqual({self.users[role] for role in APPROVERS}, set(called))
        self.assertNotIn(self.users["picker"], called)
        self._as("qa_manager", request).action_approve()
        self.assertFalse(request.activity_ids)

    def test_who_asked_reads_the_decision(self):
        user = self._hand("picker")
        request = self._request("it_admin", user, grant="dispatcher")
        self._as("qa_manager", request).action_approve()
        told = request.message_ids.notified_partner_ids
        self.assertLessEqual(
            {user.partner_id, self.users["it_admin"].partner_id}, set(told)
        )

    def test_ones_own_requests_only_for_ordinary_staff(self):
        request = self._request("picker", self.users["picker"], grant="dispatcher")
        for role in ROLES:
            seen = request in self._as(role, self.env["pharma.role.request"]).search([])
            expected = role in {
                "picker",
                "qa",
                *APPROVERS,
                "company_head",
                "it_admin",
                "auditor",
            }
            self.assertEqual(seen, expected, role)

    def test_requests_of_a_sister_company_are_not_seen(self):
        company = self.env["res.company"].create({"name": "兄弟公司"})
        sister = self._hand(
            "qa_manager",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        request = self._request("picker", self.users["picker"], grant="dispatcher")
        self.assertNotIn(sister, request.activity_ids.user_id)
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            request.with_user(sister).action_approve()

    def test_a_role_that_comes_with_another_is_withdrawn_there(self):
        user = self._hand("qa_manager")
        request = self._request("it_admin", user, withdraw="qa")
        with self.assertTold("holds QA Officer through QA Manager"):
            self._as("quality_head", request).action_approve()

    def test_who_loses_her_last_role_stays_an_employee(self):
        user = self._hand("picker")
        request = self._request("it_admin", user, withdraw="picker")
        self._as("qa_manager", request).action_approve()
        self.assertFalse(user.pharma_role_ids)
        self.assertTrue(user._is_internal())


@tagged("post_install", "-at_install")
class TestDirectAssignment(Doors, PharmaCommon):
    """No role without an approved request, by whatever door (CS-02)."""

    def test_no_door_gives_a_role_past_a_request(self):
        it_admin = self.users["it_admin"]
        for su in (False, True):  # sudo() in a person's hands is still the person
            env = self.env(user=it_admin, su=su)
            for name, door in self._doors().items():
                with (
                    self.subTest(name, su=su),
                    self._undone(),
                    self.assertTold("directly|would come back with the role"),
                ):
                    door(env, self._hand("picker"), self._role("dispatcher"))

    def test_import_gives_no_role(self):
        user = self._hand("picker")
        groups = self._role("picker") | self._role("dispatcher")
        ids, message = self._import(
            self.env(user=self.users["it_admin"]),
            "res.users",
            {".id": str(user.id), "group_ids/.id": ",".join(map(str, groups.ids))},
        )
        self.assertFalse(ids)
        self.assertIn("directly", message)

    def test_copying_a_user_copies_no_role(self):
        user = self._as("it_admin", self._hand("picker"))
        with self.assertTold("can't be given the role Picker directly"):
            user.copy({"login": "copy", "name": "Copy"})

    def test_reading_everything_is_a_right_too(self):
        user = self._hand("picker")
        with self.assertTold("Reads Orders, Stock and Accounts directly"):
            self._as("it_admin", user).group_ids |= self._role("reader")

    def test_it_creates_users_without_roles_and_asks_for_them(self):
        user = self._as("it_admin", self.env["res.users"]).create(
            {"name": "新员工", "login": "newcomer"}
        )
        self.assertFalse(user.pharma_role_ids)
        request = self._request("it_admin", user, grant="picker")
        self._as("qa_manager", request).action_approve()
        self.assertEqual(user.pharma_role_ids, self._role("picker"))

    def test_an_open_or_refused_request_gives_nothing(self):
        user = self._hand("picker")
        request = self._request("it_admin", user, grant="dispatcher")
        for answer in (False, "不需要"):
            if answer:
                self._as("qa_manager", request).answer = answer
                self._as("qa_manager", request).action_refuse()
            with self.assertTold("directly"):
                self._as("it_admin", user).group_ids |= self._role("dispatcher")

    def test_an_old_approval_gives_nothing_again(self):
        user = self._hand("picker")
        request = self._request("it_admin", user, grant="dispatcher")
        self._as("qa_manager", request).action_approve()
        user = self._as("it_admin", user)
        user.group_ids -= self._role("dispatcher")
        with self.assertTold("directly"):
            user.group_ids |= self._role("dispatcher")

    def test_it_takes_rights_from_who_leaves(self):
        user = self._as("it_admin", self._hand("picker"))
        user.group_ids -= self._role("picker")
        leaver = self._as("it_admin", self._hand("keeper"))
        leaver.active = False
        self.assertFalse(leaver.active)

    def test_who_returns_asks_anew(self):
        user = self._as("it_admin", self._hand("keeper"))
        user.active = False
        with self.assertTold("would come back with the role Care Keeper"):
            user.active = True
        user.group_ids = self.env.ref("base.group_user")
        user.active = True
        self.assertFalse(user.pharma_role_ids)

    def test_other_rights_of_odoo_are_not_concerned(self):
        user = self._as("it_admin", self._hand("picker"))
        user.group_ids |= self.env.ref("base.group_allow_export")
        user.write({"name": "改名"})
        portal = self._as("it_admin", self.env["res.users"]).create(
            {
                "name": "客户",
                "login": "portal_customer",
                "group_ids": [Command.set(self.env.ref("base.group_portal").ids)],
            }
        )
        self.assertTrue(portal.share)

    def test_the_first_approvers_need_no_request(self):
        """Where nobody could approve yet, IT begins; then it is over."""
        self._empty_role(*APPROVERS)
        users = self._as("it_admin", self.env["res.users"])
        manager = users.create(
            {
                "name": "质量经理",
                "login": "first_manager",
                "group_ids": [Command.link(self._role("qa_manager").id)],
            }
        )
        self.assertTrue(manager.has_group("pharma_gsp.pharma_gsp_group_qa_manager"))
        with self.assertTold("directly"):
            users.browse(self._hand().id).group_ids |= self._role("quality_head")

    def test_an_archived_approver_is_none(self):
        self._empty_role(*APPROVERS)
        self._hand("quality_head", active=False)
        user = self._as("it_admin", self._hand())
        user.group_ids |= self._role("quality_head")
        self.assertIn(self._role("quality_head"), user.all_group_ids)


@tagged("post_install", "-at_install")
class TestDirectAssignmentRpc(RoleWorld, PharmaHttpCommon):
    """The same through the server's door."""

    @mute_logger("odoo.http")
    def test_rpc_gives_no_role(self):
        user = self._hand("picker")
        answer = self._json2(
            self.users["it_admin"],
            "res.users",
            "write",
            ids=user.ids,
            vals={"group_ids": [Command.link(self._role("dispatcher").id)]},
        )
        self.assertEqual(answer.status_code, 422)
        self.assertIn("directly", answer.text)

    @mute_logger("odoo.http")
    def test_rpc_decides_by_the_button_only(self):
        request = self._request("picker", self.users["picker"], grant="dispatcher")
        manager = self.users["qa_manager"]
        answer = self._json2(
            manager,
            request._name,
            "write",
            ids=request.ids,
            vals={"state": "approved"},
        )
        self.assertEqual(answer.status_code, 422)
        self.assertIn("stands as written", answer.text)
        answer = self._json2(manager, request._name, "action_approve", ids=request.ids)
        self.assertEqual(answer.status_code, 200, answer.text)
        request.invalidate_recordset()
        self.assertEqual(request.state, "approved")


@tagged("post_install", "-at_install")
class TestLastHolder(RoleWorld, PharmaCommon):
    """There is always somebody who can approve (CS-04)."""

    STAFFED = ("qa", "qa_manager", "quality_head")

    def _only(self, role):
        """The one user left with a staffed role."""
        self._empty_role(*self.STAFFED)
        return self._hand(role)

    def _attempts(self, user, role):
        group = self._role(role)
        keep = self.env.ref("base.group_user")
        return {
            "archive": lambda: user.write({"active": False}),
            "button": user.action_archive,
            "delete": user.unlink,
            "unlink": lambda: user.write({"group_ids": [Command.unlink(group.id)]}),
            "set": lambda: user.write({"group_ids": [Command.set(keep.ids)]}),
            "of the group": lambda: group.write(
                {"user_ids": [Command.unlink(user.id)]}
            ),
            "clear": lambda: group.write({"user_ids": [Command.clear()]}),
        }

    def test_the_last_holder_keeps_her_role(self):
        """By every door, for the superuser too."""
        for role in self.STAFFED:
            user = self._only(role)
            for name in self._attempts(user, role):
                for person in ("superuser", "it_admin"):
                    with self.subTest(role, door=name, person=person), self._undone():
                        acting = user
                        if person == "it_admin":
                            acting = self._as(person, user)
                        attempt = self._attempts(acting, role)[name]
                        with self.assertTold(f"{user.name} is the last one who holds"):
                            attempt()

    def test_of_two_holders_one_may_go(self):
        user = self._only("quality_head")
        second = self._hand("quality_head")
        self._as("it_admin", user).active = False
        with self.assertTold("is the last one who holds the role Quality Head"):
            second.active = False

    def test_both_at_once_may_not(self):
        users = self._only("quality_head") | self._hand("quality_head")
        with self.assertTold("is the last one"):
            users.write({"active": False})

    def test_an_archived_second_holder_does_not_count(self):
        user = self._only("quality_head")
        self._hand("quality_head", active=False)
        with self.assertTold("is the last one"):
            user.active = False

    def test_a_qa_manager_staffs_the_qa_officers(self):
        officer = self._only("qa")
        self._hand("qa_manager")
        officer.active = False
        self.assertFalse(officer.active)

    def test_a_successor_in_the_same_write_is_enough(self):
        user = self._only("quality_head")
        successor = self._hand()
        self._role("quality_head").write({"user_ids": [Command.set(successor.ids)]})
        self.assertNotIn(self._role("quality_head"), user.all_group_ids)

    def test_no_false_alarm_where_nobody_holds_it(self):
        self._empty_role(*self.STAFFED)
        picker = self._hand("picker")
        picker.active = False
        self._role("qa").user_ids = False

    def test_an_approval_takes_away_no_last_role(self):
        manager = self._only("qa_manager")
        head = self._hand("quality_head")
        self.env.invalidate_all()
        request = self._request("it_admin", manager, withdraw="qa_manager")
        with self.assertTold("is the last one who holds the role QA Manager"):
            request.with_user(head).action_approve()
        self.assertIn(self._role("qa_manager"), manager.all_group_ids)

    def test_what_a_custom_group_gave_counts_as_well(self):
        self._empty_role(*self.STAFFED)
        team = self.env["res.groups"].create(
            {"name": "Team", "implied_ids": self._role("quality_head").ids}
        )
        self._hand().group_ids |= team
        for attempt in (lambda: team.write({"implied_ids": False}), team.unlink):
            with self._undone(), self.assertTold("is the last one"):
                attempt()

    def test_roles_without_the_flag_may_be_left_empty(self):
        user = self._hand("company_head")
        self._role("company_head").user_ids = user
        user.active = False
        self.assertFalse(user.active)


@tagged("post_install", "-at_install")
class TestRolesAtOnce(TransactionCase):
    """Two transactions that begin together (real ones, each with its own cursor)."""

    def setUp(self):
        super().setUp()
        self.roles = [
            self.env.ref(f"pharma_gsp.pharma_gsp_group_{name}").id
            for name in ("qa_manager", "quality_head")
        ]

    def _begin(self):
        cr = self.registry.cursor()
        self.addCleanup(cr.close)
        cr.execute("SELECT 1")  # the snapshot is taken now
        return api.Environment(cr, SUPERUSER_ID, {})

    def _lock(self, env):
        env["pharma.duty"]._lock_roles(env["res.groups"].browse(self.roles))

    def test_who_comes_second_is_asked_to_wait(self):
        first, second = self._begin(), self._begin()
        self._lock(first)
        with self.assertRaisesRegex(UserError, "Try again in a moment"):
            self._lock(second)

    @mute_logger("odoo.sql_db")
    def test_who_began_before_the_first_ended_starts_over(self):
        """PostgreSQL refuses, and Odoo runs the second again with what is true now."""
        first, second = self._begin(), self._begin()
        self._lock(first)
        first.cr.commit()
        with self.assertRaises(psycopg2.errors.SerializationFailure):
            self._lock(second)

    def test_others_may_still_be_given_the_role(self):
        """The lock lets new members refer to the group."""
        first, second = self._begin(), self._begin()
        self._lock(first)
        done = []

        def link():
            second.cr.execute("SET LOCAL lock_timeout = '2s'")
            second.cr.execute(
                "INSERT INTO res_groups_users_rel (gid, uid) VALUES (%s, %s)",
                (self.roles[0], SUPERUSER_ID),
            )
            done.append(True)

        thread = threading.Thread(target=link)
        thread.start()
        thread.join(10)
        self.assertTrue(done)

    @mute_logger("odoo.sql_db")
    def test_two_roles_given_at_once_through_two_groups_meet(self):
        """Picker by one, reviewer by the other: the second starts over (CS-04)."""
        first, second = self._begin(), self._begin()
        user_id = self.env.ref("base.user_admin").id
        first["pharma.duty"]._touch(first["res.users"].browse(user_id))
        first.cr.commit()
        with self.assertRaises(psycopg2.errors.SerializationFailure):
            second["pharma.duty"]._touch(second["res.users"].browse(user_id))


@tagged("post_install", "-at_install")
class TestRoleQueries(RoleWorld, PharmaCommon):
    """The guard asks as often for a thousand users as for ten."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        people = cls.env["res.partner"].create(
            [{"name": f"Hand {number}"} for number in range(1000)]
        )
        cls.env.flush_all()
        cls.env.cr.execute(
            """
            WITH member AS (
                INSERT INTO res_users (
                    login, partner_id, company_id, active, share, notification_type
                )
                SELECT 'hand_sql_' || id, id, %s, TRUE, FALSE, 'email'
                  FROM res_partner WHERE id IN %s
                RETURNING id
            ), staff AS (
                INSERT INTO res_groups_users_rel (gid, uid)
                SELECT %s, id FROM member RETURNING uid
            )
            INSERT INTO res_company_users_rel (cid, user_id)
            SELECT %s, uid FROM staff
            RETURNING user_id
            """,
            (
                cls.company.id,
                tuple(people.ids),
                cls.env.ref("base.group_user").id,
                cls.company.id,
            ),
        )
        ids = [row[0] for row in cls.env.cr.fetchall()]
        cls.hands = cls.env["res.users"].browse(ids)

    def _queries(self, work, users):
        with self._undone():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            work(users)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

    def _members(self, users):
        self._role("picker").write(
            {"user_ids": [Command.link(user_id) for user_id in users.ids]}
        )

    def _users(self, users):
        users.write({"group_ids": [Command.link(self._role("picker").id)]})

    def _share(self, work, users):
        """What the guard adds to the queries of Odoo itself."""
        duty = type(self.env["pharma.duty"])
        guarded = self._queries(work, users)
        with (
            patch.object(duty, "_holdings", lambda duty, users: {}),
            patch.object(duty, "_enforce", lambda duty, before, users: None),
        ):
            return guarded - self._queries(work, users)

    def test_guarding_a_thousand_users_costs_no_more_than_ten(self):
        """By the users and by the group; the ORM itself works in slices."""
        for work in (self._users, self._members):
            self._share(work, self.hands[:10])  # fills the caches of the registry
            few = self._share(work, self.hands[:10])
            many = self._share(work, self.hands)
            with self.subTest(work.__name__, few=few, many=many):
                self.assertEqual(many, few)
                self.assertLessEqual(many, 8)

    def test_list_of_a_thousand_holders_costs_one_query(self):
        self._members(self.hands)
        self.env.flush_all()
        holders = self.env["pharma.role.holder"]
        with self.assertQueryCount(1):
            found = holders.search_fetch(
                [("user_id", "in", self.hands.ids)], ["status", "due_date"]
            )
        self.assertEqual(len(found), 1000)
