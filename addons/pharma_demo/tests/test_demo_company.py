import csv

from odoo.tests import TransactionCase, tagged
from odoo.tools import file_open

from odoo.addons.pharma_demo.hooks import post_init_hook
from odoo.addons.pharma_demo.loaders.users import ADMIN_GROUPS

COUNTED = (
    "res.partner",
    "product.template",
    "pharma.document",
    "sale.order",
    "res.users",
)


@tagged("post_install", "-at_install")
class TestDemoCompany(TransactionCase):
    """People, papers and files: there in every state, and true."""

    def _rows(self, name):
        with file_open(f"pharma_demo/data/{name}") as stream:
            return list(csv.DictReader(stream))

    def _count(self, model, groupby):
        groups = self.env[model]._read_group([], groupby, ["__count"])
        return {group[:-1]: group[-1] for group in groups}

    def test_company_is_ours(self):
        company = self.env.ref("base.main_company")
        self.assertEqual(company.name, "华康医药有限公司")
        self.assertEqual(company.currency_id.name, "CNY")
        self.assertEqual(company.chart_template, "cn")
        self.assertEqual(
            set(company.partner_id.child_ids.mapped("name")), {"武汉总仓", "襄阳分仓"}
        )

    def test_every_login_has_the_group_of_its_role(self):
        for row in self._rows("users.csv"):
            user = self.env["res.users"].search([("login", "=", row["login"])])
            with self.subTest(login=row["login"]):
                self.assertEqual(user.lang, "zh_CN")
                self.assertEqual(user.tz, "Asia/Shanghai")
                if row["kind"] == "portal":
                    self.assertTrue(user.has_group("base.group_portal"))
                    self.assertEqual(user.partner_id.parent_id.ref, row["partner_code"])
                elif row["login"] == "admin":
                    self.assertTrue(
                        all(user.has_group(xmlid) for xmlid in ADMIN_GROUPS)
                    )
                else:
                    self.assertTrue(
                        user.has_group(f"pharma_gsp.pharma_gsp_group_{row['role']}")
                    )

    def test_password_is_the_login(self):
        for login in ("seller", "qa", "admin", "hospital"):
            user = self.env["res.users"].search([("login", "=", login)])
            credential = {"login": login, "password": login, "type": "password"}
            user.with_user(user)._check_credentials(credential, {"interactive": False})

    def test_every_class_of_drug_is_there(self):
        used = self.env["product.template"].search([]).pharma_scope_ids
        self.assertEqual(used, self.env["pharma.scope"].search([]))

    def test_files_stand_in_every_state(self):
        states = {
            state for (_kind, state) in self._count("pharma.dossier", ["kind", "state"])
        }
        selection = self.env["pharma.dossier"]._selection_state()
        self.assertEqual(states, {state for state, _label in selection})
        live = set(self.env["pharma.dossier"].search([]).mapped("live_state"))
        self.assertEqual(live, {"open", "active", "due", "locked", "stopped"})

    def test_papers_stand_in_every_state(self):
        selection = self.env["pharma.document"]._fields["live_status"].selection
        for status, _label in selection:
            with self.subTest(status=status):
                self.assertTrue(
                    self.env["pharma.document"].search(
                        [("live_status", "=", status)], limit=1
                    )
                )

    def test_active_files_rest_on_complete_papers(self):
        expired = {"S02", "B011", "B037"}
        for dossier in self.env["pharma.dossier"].search([("state", "=", "active")]):
            if dossier.partner_id.ref not in expired | {"B007"}:
                dossier._check_complete(verified=True)

    def test_old_files_tell_who_decided(self):
        for dossier in self.env["pharma.dossier"].search([("state", "=", "active")]):
            steps = dossier.step_ids.mapped("decision")
            self.assertEqual(
                steps[:4], ["applied", "approved", "approved", "activated"]
            )
            decided_by = dossier.step_ids[:3].user_id
            self.assertEqual(len(decided_by), 3, "three persons, FA-30")

    def test_stop_list_fills_every_bucket_with_orders_at_stake(self):
        rows = self.env["pharma.stop.list"].search([("open_order_count", ">", 0)])
        buckets = {value for value, _label in rows._fields["bucket"].selection}
        self.assertEqual(set(rows.mapped("bucket")), buckets)

    def test_someone_waits_for_each_decision(self):
        for login in ("qa", "quality_head"):
            user = self.env["res.users"].search([("login", "=", login)])
            waiting = (
                self.env["pharma.dossier"]
                .with_user(user)
                .search([("state", "=", "review")])
            )
            self.assertTrue(waiting.filtered("can_review"), login)

    def test_overrides_stand_in_every_state(self):
        states = set(self.env["pharma.gate.override"].search([]).mapped("state"))
        self.assertEqual(states, {"requested", "granted", "refused", "withdrawn"})

    def test_role_requests_stand_in_every_state(self):
        requests = self.env["pharma.role.request"].search([])
        states = {value for value, _label in requests._fields["state"].selection}
        self.assertEqual(set(requests.mapped("state")), states)
        self.assertTrue(requests.filtered("warning"), "one asks for what can't be")

    def test_roles_are_due_soon_and_reviewed(self):
        holders = self.env["pharma.role.holder"].search([])
        statuses = {value for value, _label in holders._fields["status"].selection}
        self.assertEqual(set(holders.mapped("status")), statuses)
        self.assertFalse(holders.filtered("is_conflicting"))
        self.assertEqual(
            set(self.env["pharma.role.review"].search([]).mapped("decision")),
            {"kept", "withdrawn"},
        )
        calls = self.env["mail.activity"].search(
            [
                (
                    "activity_type_id",
                    "=",
                    self.env.ref("pharma_gsp.mail_activity_type_role_review").id,
                )
            ]
        )
        self.assertEqual(
            set(calls.user_id.mapped("login")), {"qa_manager", "quality_head"}
        )

    def test_a_second_loading_changes_nothing(self):
        before = [self.env[model].search_count([]) for model in COUNTED]
        post_init_hook(self.env)
        self.assertEqual(
            [self.env[model].search_count([]) for model in COUNTED], before
        )

    def test_no_mail_waits_to_be_sent(self):
        self.assertFalse(
            self.env["mail.mail"].search_count([("state", "=", "outgoing")])
        )
