from psycopg2.errors import UniqueViolation

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PharmaCommon


@tagged("post_install", "-at_install")
class TestDossier(PharmaCommon):
    """First approval: apply, review, approve, each by another person (FA-30)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        supplier = cls._create_supplier("CHEM", active=False)
        cls.dossier = supplier.pharma_dossier_ids
        cls._file_required(cls.dossier, "CHEM")

    def _apply(self, role="purchaser"):
        self._as(role, self.dossier).action_apply()

    def _approve(self, *roles):
        for role in roles:
            self._as(role, self.dossier).action_approve()

    def _decide(self, role, decision, reason="印章不清"):
        """By the wizard, as the button does."""
        dossier = self._as(role, self.dossier)
        action = dossier.with_context(decision=decision).action_open_decide()
        self._as(role, self.env["pharma.dossier.decide"]).with_context(
            **action["context"]
        ).create({"reason": reason}).action_decide()

    def _approve_all(self):
        self._apply()
        self._approve("qa", "quality_head")

    # The flow: FA-30

    def test_purchase_applies_qa_reviews_and_the_quality_head_approves(self):
        """FA-30"""
        self._apply()
        self.assertEqual(self.dossier.state, "review")
        self._approve("qa")
        self.assertEqual(self.dossier.state, "review")
        self._approve("quality_head")
        self.assertEqual(self.dossier.state, "active")
        self.assertEqual(
            self.dossier.step_ids.mapped("decision"),
            ["applied", "approved", "approved", "activated"],
        )
        self.assertEqual(
            self.dossier.step_ids[:3].user_id,
            self.users["purchaser"] | self.users["qa"] | self.users["quality_head"],
        )

    def test_approved_supplier_can_be_bought_from(self):
        """FA-30"""
        self._approve_all()
        order = self._create_purchase(partner=self.dossier.partner_id)
        self._as("purchaser", order).button_confirm()
        self.assertEqual(order.state, "purchase")

    def test_qa_approval_verifies_the_papers_of_the_file(self):
        draft = self._file("COLD_CAPABILITY", self.dossier.partner_id, verify=False)
        self._apply()
        self._approve("qa")
        self.assertEqual(draft.state, "verified")
        self.assertEqual(draft.verified_by_id, self.users["qa"])

    def test_buyer_files_start_in_sales(self):
        """FA-30"""
        buyer = self._create_buyer("HOSPITAL", "CHEM", active=False)
        self.dossier = buyer.pharma_dossier_ids
        self._file_required(self.dossier, "CHEM")
        with self.assertTold("applied for by Seller"):
            self._apply("purchaser")
        self._apply("seller")
        self.assertEqual(self.dossier.state, "review")

    def test_sales_does_not_apply_for_suppliers(self):
        """FA-30"""
        with self.assertTold("applied for by Purchaser"):
            self._apply("seller")

    def test_next_to_decide_is_called_and_nobody_else(self):
        self._apply()
        self.assertIn(self.users["qa"], self.dossier.activity_ids.user_id)
        self.assertNotIn(self.users["quality_head"], self.dossier.activity_ids.user_id)
        self._approve("qa")
        self.assertEqual(self.dossier.activity_ids.user_id, self.users["quality_head"])
        self._approve("quality_head")
        self.assertFalse(self.dossier.activity_ids)

    # Completeness

    def test_incomplete_file_is_told_everything_that_lacks(self):
        supplier = self._create_partner(
            "空白医药", pharma_supplier_kind_id=self._kind("WHOLESALER").id, uscc=False
        )
        self.dossier = self._create_dossier("supplier", "CHEM", partner_id=supplier.id)
        with self.assertRaises(UserError) as caught:
            self._apply()
        for name in (
            "Drug distribution licence",
            "Business licence",
            "Quality agreement",
            "Sales person of a supplier",
            "USCC",
        ):
            self.assertIn(name, str(caught.exception))

    def test_papers_that_only_warn_do_not_hold_up_the_application(self):
        """FA-04: specimens of seals"""
        specimen = self._paper(self.dossier.partner_id, "SEAL_SPECIMEN")
        self._as("qa", specimen).void("旧章")
        self._apply()
        self.assertEqual(self.dossier.state, "review")
        self.assertLess(self.dossier.completeness, 100)

    def test_drug_without_registration_certificate_is_not_applied_for(self):
        """FA-10, FA-11: its papers only warn when they end, but none may lack."""
        drug = self._create_drug("CHEM", active=False)
        dossier = self._as("purchaser", drug.pharma_dossier_ids)
        with self.assertTold("Drug registration certificate"):
            dossier.action_apply()
        self._file_required(drug.pharma_dossier_ids, "CHEM")
        dossier.action_apply()
        self.assertEqual(dossier.state, "review")

    def test_paper_that_expires_during_the_review_stops_the_last_step(self):
        """FA-30: checked once more before the file comes into force."""
        self._apply()
        self._approve("qa")
        self._expire(self._paper(self.dossier.partner_id, "DIST_LICENCE"))
        with self.assertTold("isn't complete"):
            self._approve("quality_head")
        self.assertEqual(self.dossier.state, "review")

    def test_product_file_needs_its_master_data(self):
        """FA-12"""
        drug = self._create_drug("CHEM", active=False, dosage_form=False)
        self.dossier = drug.pharma_dossier_ids
        self._file_required(self.dossier, "CHEM")
        with self.assertTold("Dosage Form"):
            self._apply()
        drug.dosage_form = "胶囊剂"
        self._apply()
        self.assertEqual(self.dossier.state, "review")

    # Separation of duties: TV-35

    def _give(self, role, other):
        self._force_role(self.users[role], other)

    def test_applicant_cannot_review_her_own_file(self):
        """TV-35: purchaser and QA officer in one person."""
        self._give("purchaser", "qa")
        self._apply()
        with self.assertTold("You applied for this file"):
            self._approve("purchaser")

    def test_applicant_cannot_return_or_reject_it_either(self):
        """FA-30: the applicant acts in no later step."""
        self._give("purchaser", "qa")
        self._apply()
        for decision in ("returned", "rejected"):
            with self.assertTold("You applied for this file"):
                self._decide("purchaser", decision)

    def test_one_person_does_not_take_both_steps(self):
        """TV-35: QA and quality head must differ."""
        self._give("qa", "quality_head")
        self._apply()
        self._approve("qa")
        with self.assertTold("needs another person"):
            self._approve("qa")
        self._approve("quality_head")
        self.assertEqual(self.dossier.state, "active")

    def test_quality_head_cannot_go_before_qa(self):
        """FA-30: the order of the steps."""
        self._apply()
        with self.assertTold("when it is your turn"):
            self._approve("quality_head")

    def test_other_roles_decide_nothing(self):
        self._apply()
        for role in ("seller", "company_head", "it_admin", "auditor", "finance"):
            with self.subTest(role), self.assertRaises(UserError):
                self._approve(role)
        self.assertEqual(self.dossier.state, "review")

    def test_qa_officer_who_filed_a_paper_does_not_verify_it_by_approving(self):
        """Four eyes: she approves a file with her own paper in it."""
        self._as("qa", self.env["pharma.document"]).create(
            {
                "type_id": self._type("COLD_CAPABILITY").id,
                "partner_id": self.dossier.partner_id.id,
                "expiry_date": self.today.replace(year=self.today.year + 1),
            }
        )
        self._apply()
        with self.assertTold("You filed"):
            self._approve("qa")
        self._approve("qa_manager")
        self.assertEqual(self.dossier.state, "review")

    # Return and reject

    def test_return_and_reject_need_a_reason(self):
        """FA-30"""
        self._apply()
        for decision in ("returned", "rejected"):
            with self.assertTold("Write down why"):
                self._decide("qa", decision, reason=" ")
        self.assertEqual(self.dossier.state, "review")

    def test_returned_file_goes_back_to_the_applicant(self):
        """FA-30"""
        self._apply()
        self._decide("qa", "returned")
        self.assertEqual(self.dossier.state, "draft")
        self.assertFalse(self.dossier.review_ids)
        self.assertEqual(self.dossier.step_ids[-1].reason, "印章不清")
        self.assertIn(self.users["purchaser"], self.dossier.activity_ids.user_id)
        self._approve_all()
        self.assertEqual(self.dossier.state, "active")

    def test_returning_makes_earlier_approvals_void(self):
        """FA-30: the quality head returns; QA decides again."""
        self._apply()
        self._approve("qa")
        self._decide("quality_head", "returned")
        self._apply()
        with self.assertTold("when it is your turn"):
            self._approve("quality_head")

    def test_rejected_file_starts_again_as_a_draft(self):
        """FA-30"""
        self._apply()
        self._decide("qa", "rejected")
        self.assertEqual(self.dossier.state, "rejected")
        with self.assertRaises(UserError):
            self._apply()
        self._as("purchaser", self.dossier).action_redraft()
        self._apply()
        self.assertEqual(self.dossier.state, "review")

    def test_department_cannot_return_a_file_itself(self):
        self._apply()
        with self.assertRaises(UserError):
            self._as("purchaser", self.dossier).decide("returned", "改主意")

    # Suspend, resume, terminate

    def test_qa_suspends_and_resumes_a_file_in_force(self):
        """FA-30"""
        self._approve_all()
        self._decide("qa", "suspended")
        self.assertEqual(self.dossier.state, "suspended")
        self._as("qa", self.dossier).action_resume()
        self.assertEqual(self.dossier.state, "active")

    def test_only_qa_suspends_resumes_and_terminates(self):
        """FA-30"""
        self._approve_all()
        for decision in ("suspended", "terminated"):
            with self.assertTold("quality department"):
                self._as("purchaser", self.dossier).decide(decision, "x")
        self._decide("qa", "suspended")
        with self.assertTold("quality department"):
            self._as("purchaser", self.dossier).action_resume()

    def test_suspending_and_resuming_is_no_way_to_approve(self):
        """FA-30: neither a draft, nor one under review, nor a terminated one."""
        for prepare in (
            lambda: None,
            self._apply,
            lambda: self._decide("qa", "terminated"),
        ):
            prepare()
            with self.assertRaises(UserError):
                self._decide("qa", "suspended")
            self._as("qa", self.dossier).action_resume()
            self.assertNotEqual(self.dossier.state, "active")

    def test_file_suspended_under_change_resumes_under_change(self):
        """FA-13: the change still waits for its approval."""
        self._approve_all()
        self.dossier.partner_id.name = "改名医药"
        self._decide("qa", "suspended")
        self._as("qa", self.dossier).action_resume()
        self.assertEqual(self.dossier.state, "change")

    def test_suspended_file_with_an_expired_paper_is_not_resumed(self):
        self._approve_all()
        self._decide("qa", "suspended")
        self._expire(self._paper(self.dossier.partner_id, "DIST_LICENCE"))
        with self.assertTold("isn't complete"):
            self._as("qa", self.dossier).action_resume()

    # Doors beside the buttons: CS-05

    def test_state_is_not_written_by_any_role(self):
        """CS-05"""
        for role in ("purchaser", "seller", "qa", "qa_manager"):
            for values in (
                {"state": "active"},
                {"applicant_id": False},
                {"active_date": self.today},
                {"review_ids": [Command.clear()]},
            ):
                with self.subTest(role, values=values), self.assertRaises(UserError):
                    self._as(role, self.dossier).write(values)

    def test_file_under_review_does_not_become_active_by_superuser_write(self):
        """CS-05: the open steps stand in the way."""
        self._apply()
        with self.assertRaises(UserError):
            self.dossier.sudo().write({"state": "active"})

    def test_file_is_not_born_active(self):
        """CS-05: neither by values nor by defaults of the context."""
        values = {"kind": "supplier", "partner_id": self._create_partner("新").id}
        files = self._as("purchaser", self.env["pharma.dossier"])
        for dossier in (
            files.create({**values, "state": "active"}),
            files.with_context(default_state="active").create(
                {**values, "partner_id": self._create_partner("新二").id}
            ),
        ):
            self.assertEqual(dossier.state, "draft")

    def test_approval_does_not_pass_to_another_company(self):
        """CS-05: an active file keeps whom it names."""
        self._approve_all()
        other = self._create_partner("别家医药")
        with self.assertTold("stays the file of whom it names"):
            self._as("purchaser", self.dossier).write({"partner_id": other.id})

    def test_scopes_of_a_file_in_force_change_through_a_review_only(self):
        """FA-13"""
        self._approve_all()
        dossier = self._as("purchaser", self.dossier)
        with self.assertTold("opened for change"):
            dossier.write({"scope_ids": [Command.set(self._scopes("CPM").ids)]})
        dossier.action_open_change()
        dossier.write({"scope_ids": [Command.set(self._scopes("CPM").ids)]})
        self.assertEqual(self.dossier.state, "change")

    def test_reviews_are_not_written_created_or_deleted_by_hand(self):
        """CS-05: the OCA add-on lets every employee do so."""
        self._apply()
        review = self._as("qa", self.dossier.review_ids)[0]
        with self.assertRaises(UserError):
            review.write({"status": "approved", "done_by": self.users["qa"].id})
        with self.assertRaises(UserError):
            review.unlink()
        with self.assertRaises(UserError):
            review.create({"model": "pharma.dossier", "res_id": self.dossier.id})

    def test_review_of_another_document_does_not_turn_into_ours(self):
        """CS-05"""
        self._apply()
        review = self._as("qa", self.env["tier.review"]).create({"model": "x"})
        with self.assertRaises(UserError):
            review.write({"model": "pharma.dossier", "res_id": self.dossier.id})

    def test_engine_of_the_steps_obeys_the_file(self):
        """CS-05: its public methods and its wizard are doors too."""
        self._apply()
        for role in ("purchaser", "quality_head", "it_admin"):
            dossier = self._as(role, self.dossier)
            with self.subTest(role), self.assertRaises(UserError):
                dossier.validate_tier()
        with self.assertRaises(UserError):
            self._as("qa", self.dossier).reject_tier()
        with self.assertRaises(UserError):
            self._as("purchaser", self.dossier).restart_validation()

    def test_comment_wizard_of_the_engine_obeys_the_file(self):
        """CS-05"""
        self._apply()
        for role in ("purchaser", "quality_head"):
            wizard = self._as(role, self.env["comment.wizard"]).create(
                {
                    "res_model": "pharma.dossier",
                    "res_id": self.dossier.id,
                    "validate_reject": "validate",
                    "comment": "ok",
                }
            )
            with self.subTest(role), self.assertRaises(UserError):
                wizard.add_comment()

    def test_requesting_reviews_by_hand_opens_no_review(self):
        """CS-05: the engine's request button asks for no complete file."""
        draft = self._create_dossier(
            "supplier", "CHEM", partner_id=self._create_partner("新").id
        )
        with self.assertRaises(UserError):
            self._as("purchaser", draft).request_validation()
            self._as("qa", draft).validate_tier()
        self.assertEqual(draft.state, "draft")

    def test_decisions_are_append_only(self):
        """CS-20"""
        self._apply()
        with self.assertRaises(UserError):
            self.dossier.step_ids.sudo().write({"reason": "x"})
        with self.assertRaises(UserError):
            self.dossier.step_ids.sudo().unlink()

    def test_file_once_applied_for_is_not_deleted(self):
        """CS-20"""
        self._apply()
        with self.assertRaises(UserError):
            self.dossier.sudo().unlink()
        self._decide("qa", "returned")
        with self.assertRaises(UserError):
            self._as("purchaser", self.dossier).unlink()

    def test_file_never_applied_for_may_be_deleted(self):
        self._as("purchaser", self.dossier).unlink()
        self.assertFalse(self.dossier.exists())

    def test_one_company_has_one_file_of_a_kind(self):
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"):
            self._create_dossier("supplier", partner_id=self.dossier.partner_id.id)

    def test_address_has_no_file_of_its_own(self):
        address = self._create_partner("仓库", parent_id=self.supplier.id)
        with self.assertRaises(ValidationError):
            self._create_dossier("supplier", partner_id=address.id)

    # Steps are data

    def test_step_added_by_the_qa_manager_takes_effect(self):
        """A second QA step, by another QA officer (FA-30)."""
        self._as("qa_manager", self.env["tier.definition"]).create(
            {
                "name": "Second QA review",
                "model_id": self.env["ir.model"]._get_id("pharma.dossier"),
                "review_type": "group",
                "reviewer_group_id": self.env.ref("pharma_gsp.pharma_gsp_group_qa").id,
                "sequence": 15,
                "approve_sequence": True,
                "company_id": False,
            }
        )
        self._apply()
        self._approve("qa")
        with self.assertTold("needs another person"):
            self._approve("qa")
        self._approve("qa_manager", "quality_head")
        self.assertEqual(self.dossier.state, "active")

    def test_nobody_but_the_qa_manager_changes_the_steps(self):
        """CS-02, CS-05: the OCA add-on lets IT do so."""
        step = self.env.ref("pharma_gsp.tier_definition_qa")
        for role in ("qa", "quality_head", "it_admin"):
            with self.subTest(role), self.assertRaises(UserError):
                self._as(role, step).write({"active": False})
        with self.assertTold("Only the QA manager"):
            self._as("it_admin", step).unlink()
        self._as("qa_manager", step).name = "QA"
        self.assertEqual(step.name, "QA")

    def test_nothing_is_approved_where_no_step_is_defined(self):
        """FA-30"""
        self.env["tier.definition"].search(
            [("model", "=", "pharma.dossier")]
        ).active = False
        with self.assertTold("No approval step is defined"):
            self._apply()
        self.assertEqual(self.dossier.state, "draft")

    # Two at once

    def test_second_of_two_who_decide_at_once_reads_who_was_first(self):
        """Both have the page open; the other's click came first."""
        self._apply()
        stale = self._as("qa_manager", self.dossier)
        self.assertTrue(stale.can_review)
        self._approve("qa")
        with self.assertTold("This step is for .*Quality Head"):
            stale.action_approve()
        self._approve("quality_head")
        with self.assertTold("decided last.*Reload"):
            stale.action_approve()

    # Changes of what was approved: FA-13

    def test_every_field_of_the_master_data_reopens_a_product_file(self):
        """FA-13: any FA-12 field"""
        other = self._create_partner("另一家药厂")
        values = {
            "generic_name": "阿莫西林",
            "dosage_form": "片剂",
            "strength": "0.5g",
            "pack_spec": "12粒/盒",
            "mah_id": other.id,
            "manufacturer_id": other.id,
            "approval_number": "国药准字H20210040",
            "shelf_life_months": 36,
            "storage_text": "冷藏",
            "storage_class": "cold",
            "rx_class": "otc_a",
            "pharma_scope_ids": [Command.set(self._scopes("CPM").ids)],
            "is_imported": True,
            "is_vbp": True,
            "is_two_invoice": True,
            "trade_name": "新名",
        }
        dossier = self.drug.pharma_dossier_ids
        for name, value in values.items():
            with self.subTest(name):
                dossier.sudo().write({"state": "active", "change_note": False})
                self._as("purchaser", self.drug).write({name: value})
                self.assertEqual(dossier.state, "change")

    def test_prices_and_unchanged_values_reopen_nothing(self):
        """FA-13"""
        self.drug.write({"list_price": 99, "strength": self.drug.strength})
        self.drug.pharma_scope_ids = self.drug.pharma_scope_ids
        self.assertEqual(self.drug.pharma_state, "active")

    def test_name_and_uscc_of_a_partner_reopen_its_files(self):
        """FA-04, FA-13"""
        for values in ({"name": "改名医药"}, {"uscc": "91350100M000100Y43"}):
            dossier = self.supplier.pharma_dossier_ids
            dossier.sudo().write({"state": "active", "change_note": False})
            self._as("purchaser", self.supplier).write(values)
            self.assertEqual(dossier.state, "change")
            self.assertTrue(dossier.change_note)

    def test_change_is_approved_through_the_same_steps(self):
        """FA-13"""
        self.drug.strength = "0.5g"
        self.dossier = self.drug.pharma_dossier_ids
        self._approve_all()
        self.assertEqual(self.dossier.state, "active")
        self.assertFalse(self.dossier.change_note)

    def test_rejected_change_stops_selling_until_approved_as_new(self):
        """FA-13, FA-30"""
        self.drug.strength = "0.5g"
        self.dossier = self.drug.pharma_dossier_ids
        self._apply()
        self._decide("qa", "rejected")
        self._as("purchaser", self.dossier).action_redraft()
        self._apply()
        sale = self._as("seller", self._create_sale())
        self.assertRefused(sale.action_confirm, "PRODUCT_DOSSIER")

    def test_live_state_follows_the_dates_without_any_job(self):
        """FA-31: due, then locked."""
        self._approve_all()
        self.assertEqual(self.dossier.live_state, "active")
        licence = self._paper(self.dossier.partner_id, "DIST_LICENCE")
        for days, live_state in ((10, "due"), (-1, "locked")):
            self._expire(licence, self.today.fromordinal(self.today.toordinal() + days))
            self.dossier.invalidate_recordset()
            self.assertEqual(self.dossier.live_state, live_state)
            found = self.env["pharma.dossier"].search([("live_state", "=", live_state)])
            self.assertIn(self.dossier, found)
