from contextlib import contextmanager

import psycopg2

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import PharmaCommon, PharmaHttpCommon

BUSINESS = (
    "purchaser",
    "receiver",
    "inspector",
    "keeper",
    "storekeeper",
    "picker",
    "reviewer",
    "dispatcher",
    "seller",
    "finance",
)
APPROVING = ("qa", "qa_manager", "quality_head", "company_head")
# CS-04, RC-14, FA-30, written down once more: the records are what is tested.
PAIRS = (
    ("purchaser", "qa"),
    ("seller", "qa"),
    ("receiver", "inspector"),
    ("inspector", "purchaser"),
    ("picker", "reviewer"),
    ("qa", "quality_head"),
    *(("it_admin", role) for role in (*BUSINESS, *APPROVING)),
)


class RoleWorld:
    """Helpers of all tests about roles."""

    def _hand(self, *roles, **values):
        """One more member of the staff."""
        count = self.env["res.users"].with_context(active_test=False).search_count([])
        if roles:
            return self._create_user(*roles, login=f"hand_{count}", **values)
        return new_test_user(self.env, f"hand_{count}", name="Test hand")

    @contextmanager
    def _undone(self):
        savepoint = self.env.cr.savepoint()
        try:
            yield
        finally:
            savepoint.rollback()
            savepoint.close(rollback=False)
            self.env.invalidate_all()
            self.env.registry.clear_cache("groups")

    def _request(self, role, user, grant="", withdraw="", **values):
        """A request of the user who plays ``role``, or of a user."""
        asker = self.users[role] if isinstance(role, str) else role
        groups = self.env["res.groups"]
        return (
            self.env["pharma.role.request"]
            .with_user(asker)
            .create(
                {
                    "user_id": user.id,
                    "grant_role_ids": groups.union(*map(self._role, grant.split())).ids,
                    "withdraw_role_ids": groups.union(
                        *map(self._role, withdraw.split())
                    ).ids,
                    "reason": "轮岗",
                    **values,
                }
            )
        )

    def _empty_role(self, *roles):
        """Nobody holds these any more: as in a company that begins."""
        self.env.flush_all()
        self.env.cr.execute(
            "DELETE FROM res_groups_users_rel WHERE gid IN %s",
            (tuple(self._role(role).id for role in roles),),
        )
        self.env.invalidate_all()


class Doors(RoleWorld):
    """Every way a user can come to hold two roles; each takes (user, role)."""

    def _door_write(self, env, user, role):
        user.with_env(env).write({"group_ids": [Command.link(role.id)]})

    def _door_write_set(self, env, user, role):
        user.with_env(env).group_ids = user.sudo().group_ids | role

    def _door_group(self, env, user, role):
        role.with_env(env).write({"user_ids": [Command.link(user.id)]})

    def _door_group_with_implied(self, env, user, role):
        role.with_env(env).write(
            {"all_user_ids": [Command.set((role.sudo().all_user_ids | user).ids)]}
        )

    def _door_new_user(self, env, user, role):
        env["res.users"].create(
            {
                "name": user.name,
                "login": "door_new_user",
                "group_ids": [Command.set((user.sudo().group_ids | role).ids)],
            }
        )

    def _door_new_group(self, env, user, role):
        env["res.groups"].create(
            {
                "name": "Both",
                "implied_ids": [Command.link(role.id)],
                "user_ids": [Command.link(user.id)],
            }
        )

    def _door_new_group_with_a_new_user(self, env, user, role):
        env["res.groups"].create(
            {
                "name": "Both",
                "implied_ids": [Command.set((user.sudo().group_ids | role).ids)],
                "user_ids": [
                    Command.create({"name": user.name, "login": "door_new_user"})
                ],
            }
        )

    def _custom_group(self, user):
        return self.env["res.groups"].create(
            {"name": "Team", "user_ids": [Command.link(user.id)]}
        )

    def _door_implied(self, env, user, role):
        group = self._custom_group(user)
        group.with_env(env).write({"implied_ids": [Command.link(role.id)]})

    def _door_implied_by(self, env, user, role):
        group = self._custom_group(user)
        role.with_env(env).write({"implied_by_ids": [Command.link(group.id)]})

    def _door_new_group_in_between(self, env, user, role):
        env["res.groups"].create(
            {
                "name": "Between",
                "implied_ids": [Command.link(role.id)],
                "implied_by_ids": [Command.link(self._custom_group(user).id)],
            }
        )

    def _door_group_in_the_user(self, env, user, role):
        user.with_env(env).write(
            {
                "group_ids": [
                    Command.create(
                        {"name": "Inside", "implied_ids": [Command.link(role.id)]}
                    )
                ]
            }
        )

    def _door_return(self, env, user, role):
        user.active = False
        self._force_role(user, role)
        user.with_env(env).active = True

    def _doors(self):
        return {
            name.removeprefix("_door_"): getattr(self, name)
            for name in dir(self)
            if name.startswith("_door_")
        }

    def _import(self, env, model, row):
        """One row of a file; what it answers."""
        result = env[model].load(list(row), [list(row.values())])
        return result["ids"], " ".join(m["message"] for m in result["messages"])


@tagged("post_install", "-at_install")
class TestRoleConflict(Doors, PharmaCommon):
    """Roles that exclude each other, at every door (CS-04, RC-14, FA-30)."""

    def test_the_pairs_of_the_law_are_there(self):
        conflicts = self.env["pharma.role.conflict"].search([])
        self.assertTrue(all(conflicts.mapped("is_statutory")))
        self.assertEqual(
            {frozenset((c.first_role_id, c.second_role_id)) for c in conflicts},
            {frozenset((self._role(a), self._role(b))) for a, b in PAIRS},
        )

    def test_each_pair_is_refused_in_either_order_with_its_reason(self):
        conflicts = self.env["pharma.role.conflict"].search([])
        reasons = {
            frozenset((c.first_role_id, c.second_role_id)): c.reason for c in conflicts
        }
        for pair in PAIRS:
            for held, new in (pair, reversed(pair)):
                with self.subTest(held=held, new=new), self._undone():
                    user = self._hand(held)
                    role = self._role(new)
                    reason = reasons[frozenset((self._role(held), role))]
                    with self.assertTold(f"can't be both .* {reason}. Withdraw one"):
                        user.write({"group_ids": [Command.link(role.id)]})
                    self.assertNotIn(role, user.all_group_ids)

    def test_no_door_leads_to_two_excluded_roles(self):
        """TV-50 begins here: who picks never gets to review."""
        for who, env in self._people().items():
            for name, door in self._doors().items():
                with self.subTest(who=who, door=name), self._undone():
                    user = self._hand("picker")
                    with self.assertTold("can't be both Picker and Outbound Reviewer"):
                        door(env, user, self._role("reviewer"))

    def _people(self):
        """No exemption at all: not for IT, not for the superuser."""
        it_admin = self.users["it_admin"]
        return {
            "superuser": self.env,
            "it_admin": self.env(user=it_admin),
            "it_admin with sudo": self.env(user=it_admin, su=True),
            "it_admin with keys": self.env(
                user=it_admin,
                context={"install_mode": True, "import_file": True, "no_check": True},
            ),
        }

    def test_every_role_is_free_of_conflicts_by_itself(self):
        """The table forbids pairs, not persons; the users of setUp prove the rest."""
        for role, user in self.users.items():
            self.assertIn(self._role(role), user.all_group_ids)

    def test_import_is_refused(self):
        user = self._hand("picker")
        rows = {
            "res.users": {
                ".id": str(user.id),
                "group_ids/.id": str(self._role("reviewer").id),
            },
            "res.groups": {
                ".id": str(self._role("reviewer").id),
                "user_ids/.id": str(user.id),
            },
        }
        # What an import sets replaces: keep what she had.
        kept = {
            "res.users": self._role("picker"),
            "res.groups": self._role("reviewer").user_ids,
        }
        for model, row in rows.items():
            with self.subTest(model), self._undone():
                field = list(row)[1]
                ids = [row[field], *map(str, kept[model].ids)]
                ids, message = self._import(
                    self.env, model, {**row, field: ",".join(ids)}
                )
                self.assertFalse(ids)
                self.assertIn("can't be both Picker and Outbound Reviewer", message)

    def test_a_role_within_a_role_counts(self):
        """A QA manager is a QA officer."""
        buyer = self._hand("purchaser")
        with self.assertTold("can't be both Purchaser and QA Officer"):
            buyer.group_ids |= self._role("qa_manager")

    def test_all_conflicts_are_told_at_once(self):
        user = self._hand("it_admin")
        with self.assertRaises(UserError) as caught:
            user.group_ids |= self._role("picker") | self._role("reviewer")
        lines = str(caught.exception).splitlines()
        self.assertEqual(len(lines), 3)
        self.assertTrue(all(line.startswith(user.name) for line in lines))

    def test_many_sentences_are_cut_short(self):
        group = self.env["res.groups"].create({"name": "Team"})
        for _number in range(12):
            self._hand("picker").group_ids |= group
        with self.assertRaises(UserError) as caught:
            group.implied_ids = self._role("reviewer")
        self.assertEqual(len(str(caught.exception).splitlines()), 11)
        self.assertIn("2 more", str(caught.exception))

    def test_exchanging_one_role_for_the_other_is_fine(self):
        user = self._hand("picker")
        user.write(
            {
                "group_ids": [
                    Command.unlink(self._role("picker").id),
                    Command.link(self._role("reviewer").id),
                ]
            }
        )
        self.assertIn(self._role("reviewer"), user.all_group_ids)

    def test_an_old_conflict_can_be_taken_apart(self):
        user = self._hand("picker", "receiver")
        self._force_role(user, "reviewer")
        self._force_role(user, "inspector")
        user.write({"group_ids": [Command.unlink(self._role("reviewer").id)]})
        user.write({"group_ids": [Command.unlink(self._role("inspector").id)]})
        self.assertEqual(
            user.pharma_role_ids, self._role("picker") | self._role("receiver")
        )

    def test_the_sentence_speaks_the_users_language(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        conflict = self.env.ref("pharma_gsp.pharma_role_conflict_picker_reviewer")
        conflict.with_context(lang="zh_CN").sudo().reason = "谁拣货，谁不复核"
        user = self._hand("picker")
        with self.assertTold("谁拣货，谁不复核"):
            user.with_context(lang="zh_CN").group_ids |= self._role("reviewer")

    # The pairs themselves

    def _own_pair(self, role="qa_manager", first="seller", second="finance"):
        return self._as(role, self.env["pharma.role.conflict"]).create(
            {
                "first_role_id": self._role(first).id,
                "second_role_id": self._role(second).id,
                "reason": "Whoever sells doesn't collect the money",
            }
        )

    def test_qa_manager_adds_a_pair_that_holds_at_once(self):
        self._own_pair()
        user = self._hand("seller")
        with self.assertTold("both Seller and Finance: Whoever sells doesn't collect"):
            user.group_ids |= self._role("finance")

    def test_a_pair_of_ones_own_can_be_archived_and_deleted(self):
        pair = self._own_pair()
        user = self._hand("seller")
        pair.active = False
        user.group_ids |= self._role("finance")
        user.group_ids -= self._role("finance")
        pair.unlink()
        self.assertFalse(pair.exists())

    def test_others_add_no_pair(self):
        for role in ("qa", "quality_head", "it_admin", "auditor"):
            with self.subTest(role), self.assertRaises(AccessError):
                self._own_pair(role)

    def test_a_pair_somebody_holds_is_not_added(self):
        user = self._hand("seller", "finance")
        with self.assertTold(f"{user.name} hold both Seller and Finance"):
            self._own_pair()
        user.active = False
        self._own_pair()

    def test_an_archived_pair_somebody_holds_by_now_stays_archived(self):
        pair = self._own_pair()
        pair.active = False
        self._hand("seller", "finance")
        with self.assertTold("hold both"):
            pair.active = True

    def test_roles_of_which_one_includes_the_other_exclude_nobody(self):
        with self.assertTold("one of these roles includes the other"):
            self._own_pair(first="qa", second="qa_manager")

    def test_only_roles_of_the_trade_exclude_each_other(self):
        with self.assertTold("Only roles of the trade"):
            self.env["pharma.role.conflict"].create(
                {
                    "first_role_id": self._role("picker").id,
                    "second_role_id": self.env.ref("base.group_system").id,
                    "reason": "x",
                }
            )

    @mute_logger("odoo.sql_db")
    def test_a_pair_stands_once_in_either_order(self):
        for pair in (("reviewer", "picker"), ("picker", "picker")):
            with (
                self.subTest(pair),
                self.assertRaises(psycopg2.IntegrityError),
                self.env.cr.savepoint(),
            ):
                self._own_pair(first=pair[0], second=pair[1])

    def test_pairs_of_the_law_stay(self):
        """By button, write, import, RPC and superuser alike."""
        pair = self.env.ref("pharma_gsp.pharma_role_conflict_picker_reviewer")
        for conflict in (pair, self._as("qa_manager", pair)):
            for attempt in (
                conflict.action_archive,
                conflict.unlink,
                lambda c=conflict: c.write({"active": False}),
                lambda c=conflict: c.write({"second_role_id": self._role("seller").id}),
            ):
                with self.assertTold("fixed by law"):
                    attempt()
        pair = self._as("qa_manager", pair)
        with self.assertTold("fixed by law"):
            pair.reason = "no reason"
        with self.assertTold("What the law fixes comes with the software"):
            pair.is_statutory = False
        ids, message = self._import(
            pair.env, pair._name, {".id": str(pair.id), "active": "False"}
        )
        self.assertFalse(ids)
        self.assertIn("fixed by law", message)

    def test_nobody_makes_law(self):
        pair = (
            self.env["pharma.role.conflict"]
            .with_user(self.users["qa_manager"])
            .with_context(default_is_statutory=True)
            .create(
                {
                    "first_role_id": self._role("seller").id,
                    "second_role_id": self._role("finance").id,
                    "reason": "x",
                    "is_statutory": True,
                }
            )
        )
        self.assertFalse(pair.is_statutory)

    # What roles are

    def test_a_role_stays_a_role(self):
        """Or IT would give it away as one of Odoo's own groups."""
        for role in (self._role("picker"), self._as("it_admin", self._role("picker"))):
            with self.assertTold("is a role the law asks for"):
                role.pharma_is_role = False
            with self.assertTold("requests and reviews name"):
                role.unlink()
        with self.assertTold("is a role the law asks for"):
            self._role("qa").pharma_must_be_staffed = False

    def test_groups_of_other_modules_become_no_role(self):
        """They could never be unticked, and nobody could be given them any more."""
        group = self.env.ref("stock.group_stock_manager")
        for asked in (group, self._as("it_admin", group)):
            with self.assertTold("comes with another module"):
                asked.pharma_is_role = True
        own = self.env["res.groups"].create({"name": "冷链组"})
        own.pharma_is_role = True
        own.pharma_is_role = False

    def test_it_does_not_change_what_a_role_includes(self):
        """Also where nobody holds it yet: the next approval would give more."""
        self._empty_role("dispatcher")
        groups = self._as("it_admin", self.env["res.groups"])
        dispatcher = self._as("it_admin", self._role("dispatcher"))
        finance = self._as("it_admin", self._role("finance"))
        for attempt in (
            lambda: dispatcher.write({"implied_ids": [Command.link(finance.id)]}),
            lambda: finance.write({"implied_by_ids": [Command.link(dispatcher.id)]}),
            lambda: groups.create(
                {
                    "name": "Between",
                    "implied_ids": [Command.link(finance.id)],
                    "implied_by_ids": [Command.link(dispatcher.id)],
                }
            ),
            lambda: self._as("it_admin", self._role("qa_manager")).write(
                {"implied_ids": [Command.unlink(self._role("qa").id)]}
            ),
        ):
            with self._undone(), self.assertTold("includes can't be changed"):
                attempt()
        dispatcher.implied_ids |= self.env.ref("base.group_allow_export")

    def test_features_of_odoo_are_switched_as_ever(self):
        """Settings change what every employee has; no role moves by that."""
        group = self.env.ref("base.group_allow_export")
        self._as("it_admin", self.env.ref("base.group_user"))._apply_group(group)
        self.assertIn(group, self.users["picker"].all_group_ids)

    def test_a_role_is_named_once(self):
        self.assertEqual(self._role("picker").display_name, "Picker")


@tagged("post_install", "-at_install")
class TestRoleConflictRpc(Doors, PharmaHttpCommon):
    """The same through the server's door, as an integration of IT tries it."""

    @mute_logger("odoo.http")
    def test_rpc_is_refused(self):
        user = self._hand("picker")
        role = self._role("reviewer")
        for model, ids, vals in (
            ("res.users", user.ids, {"group_ids": [Command.link(role.id)]}),
            ("res.groups", role.ids, {"user_ids": [Command.link(user.id)]}),
        ):
            answer = self._json2(
                self.users["it_admin"], model, "write", ids=ids, vals=vals
            )
            with self.subTest(model):
                self.assertEqual(answer.status_code, 422, answer.text)
                self.assertIn("can't be both Picker and Outbound", answer.text)
        self.env.invalidate_all()
        self.assertNotIn(role, user.all_group_ids)

    @mute_logger("odoo.http")
    def test_helpers_are_no_doors(self):
        for model, method in (
            ("pharma.duty", "_enforce"),
            ("res.users", "_change_roles"),
            ("pharma.role.request", "_carry_out"),
        ):
            answer = self._json2(self.users["it_admin"], model, method)
            self.assertEqual(answer.status_code, 403, answer.text)
