from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .access_matrix import OPERATIONS, PATH, models, render, rights
from .common import ROLES, PharmaCommon


@tagged("post_install", "-at_install")
class TestAccess(PharmaCommon):
    """Rights as the handbook prints them, and walls between companies."""

    def _visitor(self, group, **values):
        return new_test_user(
            self.env, f"test_{group}", group, {"no_reset_password": True}, **values
        )

    def test_rights_are_those_of_the_printed_matrix(self):
        """docs/access-matrix.md is what QA signs (CS-02).

        It shows all add-ons; the highest one tests that it shows nothing else.
        """
        printed = set(PATH.read_text().splitlines())
        missing = set(render(self.env).splitlines()) - printed
        self.assertEqual(missing, set(), "see tests/access_matrix.py")

    def test_matrix_agrees_with_what_users_meet(self):
        """The table reads the rights' table; here real users try."""
        for role in ROLES:
            user = self.users[role]
            for model in models(self.env):
                letters = rights(self.env, model, user.all_group_ids)
                for operation, letter in OPERATIONS:
                    self.assertEqual(
                        self.env[model].with_user(user).has_access(operation),
                        letter in letters,
                        f"{role} {operation} {model}",
                    )

    def test_auditor_changes_nothing_of_ours(self):
        for model in models(self.env):
            if self.env[model]._transient:
                continue  # a dialogue such as "verify the trail" leaves nothing behind
            letters = rights(self.env, model, self.users["auditor"].all_group_ids)
            self.assertIn(letters, {"R", "–"}, model)

    def test_visitors_and_staff_without_a_role_see_nothing(self):
        for group in ("base.group_portal", "base.group_public", "base.group_user"):
            user = self._visitor(group)
            for model in models(self.env):
                if model.startswith("pharma."):
                    self.assertFalse(
                        self.env[model].with_user(user).has_access("read"), model
                    )

    def test_outsiders_read_no_approval_steps(self):
        """OCA gives them the right; the suite takes it back."""
        for group in ("base.group_portal", "base.group_public"):
            user = self._visitor(group)
            for model in ("tier.review", "tier.definition"):
                self.assertFalse(
                    self.env[model].with_user(user).has_access("read"), model
                )

    def test_portal_user_sees_no_papers_through_her_own_company(self):
        user = self._visitor("base.group_portal", partner_id=self.hospital.id)
        with self.assertRaises(AccessError):
            self.hospital.with_user(user).read(["pharma_document_ids"])

    # Companies

    def _other_company_user(self, role):
        company = self.env["res.company"].create({"name": "兄弟公司"})
        return self._create_user(
            role,
            login=f"other_{role}",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )

    def test_files_and_decisions_of_a_sister_company_are_not_seen(self):
        user = self._other_company_user("qa_manager")
        for model in ("pharma.dossier", "pharma.dossier.step"):
            records = self.env[model].with_user(user)
            self.assertTrue(records.sudo().search([]))
            self.assertFalse(records.search([]))
        dossier = self.supplier.pharma_dossier_ids.with_user(user)
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            dossier.read(["state"])

    def test_papers_of_a_sister_company_are_not_seen_but_shared_ones_are(self):
        user = self._other_company_user("qa_manager")
        shared = self._paper(self.supplier, "DIST_LICENCE")
        own = self._file("SEAL_SPECIMEN", self.hospital, company_id=self.company.id)
        seen = self.env["pharma.document"].with_user(user).search([])
        self.assertIn(shared, seen)
        self.assertNotIn(own, seen)

    def test_events_and_overrides_of_a_sister_company_are_not_seen(self):
        self._expire(self._paper(self.supplier, "ANNUAL_REPORT"))
        self._ordered()
        self.env["pharma.gate.override"].create(
            {
                "check_id": self.env.ref(
                    "pharma_gsp.pharma_gate_check_uscc_checksum"
                ).id,
                "target_model": "res.partner",
                "target_id": self.supplier.id,
                "sentence": "x",
                "reason": "x",
            }
        )
        user = self._other_company_user("qa_manager")
        for model in (
            "pharma.gate.event",
            "pharma.gate.event.line",
            "pharma.gate.override",
        ):
            with self.subTest(model):
                self.assertTrue(self.env[model].sudo().search([]))
                self.assertFalse(self.env[model].with_user(user).search([]))

    def test_stop_list_of_a_sister_company_is_not_seen(self):
        self._as("qa", self._paper(self.supplier, "QUALITY_AGREEMENT")).void("x")
        paper = self._file(
            "QUALITY_AGREEMENT",
            self.supplier,
            number="2",
            company_id=self.company.id,
            expiry_date=self.today + timedelta(days=10),
        )
        self.env.flush_all()
        rows = [("document_id", "=", paper.id)]
        self.assertTrue(self._as("qa", self.env["pharma.stop.list"]).search(rows))
        user = self._other_company_user("qa_manager")
        self.assertFalse(self.env["pharma.stop.list"].with_user(user).search(rows))

    def test_approval_of_one_company_does_not_serve_its_sister(self):
        """FA-30: every licensed company approves for itself."""
        user = self._other_company_user("purchaser")
        order = (
            self.env["purchase.order"]
            .with_user(user)
            .create(
                {
                    "partner_id": self.supplier.id,
                    "order_line": [
                        Command.create(
                            {
                                "product_id": self.drug.product_variant_id.id,
                                "product_qty": 1,
                                "price_unit": 1,
                            }
                        )
                    ],
                }
            )
        )
        codes = {finding.code for finding in order._gate_findings("purchase_confirm")}
        self.assertLessEqual(
            {"OWN_LICENCE", "PARTNER_DOSSIER", "PRODUCT_DOSSIER"}, codes
        )
