from datetime import timedelta

from psycopg2.errors import RaiseException

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PharmaCommon, PharmaHttpCommon


@tagged("post_install", "-at_install")
class TestGateRegistry(PharmaCommon):
    """The checks are data; the law is their floor."""

    def _check(self, code, role="qa_manager"):
        return self._as(role, self.env.ref(f"pharma_gsp.pharma_gate_check_{code}"))

    def test_check_does_not_become_milder_than_the_law(self):
        check = self._check("licence_expired")
        for severity in ("warn", "approval"):
            with self.assertTold("the law asks for at least", ValidationError):
                check.severity = severity

    def test_check_asked_for_by_law_is_not_switched_off(self):
        with self.assertTold("can't be switched off", ValidationError):
            self._check("licence_expired").active = False
        with self.assertRaises(AccessError):
            self._check("licence_expired").unlink()

    def test_floor_method_and_guards_come_with_the_software(self):
        """CS-05: or the floor would be lowered first."""
        for values in (
            {"severity_floor": "warn"},
            {"guards_sale_confirm": False},
            {"method": "_check_online_ban"},
            {"code": "X"},
        ):
            with self.subTest(values), self.assertTold("comes with the software"):
                self._check("licence_expired").write(values)

    def test_check_may_become_stricter_and_back_to_its_floor(self):
        check = self._check("uscc_checksum")
        check.severity = "block"
        check.severity = "approval"
        self.assertEqual(check.severity, "approval")

    def test_nobody_but_the_qa_manager_changes_a_check(self):
        """CS-02: IT doesn't set quality controls, nor does an officer."""
        for role in ("qa", "it_admin", "quality_head", "company_head"):
            with self.subTest(role), self.assertRaises(AccessError):
                self._check("uscc_checksum", role).severity = "block"

    def test_change_of_severity_counts_at_once(self):
        self._expire(self._paper(self.supplier, "QUALITY_AGREEMENT"))
        order = self._as("purchaser", self._create_purchase())
        found = self.assertRefused(order.button_confirm, "DOCUMENT_EXPIRED")
        self.assertEqual(found.context["findings"][0]["severity"], "block")
        self._check("document_expired").severity = "approval"
        found = self.assertRefused(order.button_confirm, "DOCUMENT_EXPIRED")
        self.assertEqual(found.context["findings"][0]["severity"], "approval")


@tagged("post_install", "-at_install")
class TestGateAnswer(PharmaCommon):
    """What the refused person reads and what is written down."""

    def _worst_order(self):
        stranger = self._create_buyer("HOSPITAL", "CHEM", active=False)
        return self._create_sale(
            drugs=self._create_drug("NARC", name="吗啡"),
            partner=stranger,
            pharma_channel="portal",
            pharma_settlement="cash",
            pharma_delivery_mode="pickup",
        )

    def test_all_findings_come_at_once_in_the_order_of_the_trade(self):
        """OB-01: ourselves, the buyer, its scope, its person, online, special."""
        self._expire(self._paper(self.company.partner_id, "DIST_LICENCE"))
        codes = [
            finding.code
            for finding in self._worst_order()._gate_findings("sale_confirm")
        ]
        self.assertEqual(
            list(dict.fromkeys(codes)),
            [
                "OWN_LICENCE",
                "SCOPE_OWN",
                "PARTNER_DOSSIER",
                "DOCUMENT_MISSING",
                "SCOPE_PARTNER",
                "PERSON_MISSING",
                "ONLINE_BAN",
                "CASH_BAN",
                "PICKUP_BAN",
            ],
        )

    def test_message_numbers_each_finding_with_its_cure(self):
        refusal = self.assertRefused(
            self._as("seller", self._worst_order()).action_confirm,
            "PARTNER_DOSSIER",
            "DOCUMENT_MISSING",
            "SCOPE_PARTNER",
            "PERSON_MISSING",
            "ONLINE_BAN",
            "CASH_BAN",
            "PICKUP_BAN",
        )
        findings = refusal.context["findings"]
        for number, line in enumerate(str(refusal).splitlines(), 1):
            finding = findings[number - 1]
            self.assertEqual(line, f"{number}. {finding['sentence']} {finding['cure']}")
        self.assertTrue(all(finding["cure_id"] for finding in findings))

    def test_sentences_come_in_the_language_of_the_user(self):
        """Also for RPC, which sends no context."""
        self.env["res.lang"]._activate_lang("zh_CN")
        self._type("QUALITY_AGREEMENT").with_context(lang="zh_CN").name = "质量保证协议"
        self._expire(self._paper(self.supplier, "QUALITY_AGREEMENT"))
        self.users["purchaser"].lang = "zh_CN"
        order = self._as("purchaser", self._create_purchase()).with_context(lang=None)
        refusal = self.assertRefused(order.button_confirm, "DOCUMENT_EXPIRED")
        self.assertIn("质量保证协议", str(refusal))

    def _refuse(self):
        order = self._as("purchaser", self._create_purchase())
        self._expire(self._paper(self.supplier, "QUALITY_AGREEMENT"))
        self.assertRefused(order.button_confirm, "DOCUMENT_EXPIRED")
        return order

    def _events(self, order):
        return self.env["pharma.gate.event"].search([("res_id", "=", order.id)])

    def _end_transaction(self, how):
        """What the cursor does when a request ends; tests never end theirs."""
        with self.enter_registry_test_mode():
            getattr(self.env.cr, how).run()

    def test_refusal_is_written_down_although_everything_rolls_back(self):
        """CS-10"""
        order = self._refuse()
        self._end_transaction("postrollback")
        event = self._events(order)
        self.assertEqual(event.result, "refused")
        self.assertEqual(event.user_id, self.users["purchaser"])
        self.assertEqual(event.line_ids.check_code, "DOCUMENT_EXPIRED")
        self.assertEqual(event.document_name, order.display_name)

    def test_refusal_that_an_import_swallowed_is_written_down_once(self):
        """CS-10"""
        order = self._refuse()
        self._end_transaction("postcommit")
        self._end_transaction("postrollback")
        self.assertEqual(len(self._events(order)), 1)

    def _warned_event(self):
        self._expire(self._paper(self.supplier, "ANNUAL_REPORT"))
        order = self._ordered()
        return self._events(order)

    def test_events_cannot_be_changed_or_deleted(self):
        """CS-20, in the ORM for the superuser too."""
        event = self._warned_event()
        self.assertEqual(event.result, "warned")
        for records in (event, event.line_ids):
            with self.assertRaises(UserError):
                records.sudo().write({"date": self.today})
            with self.assertRaises(UserError):
                records.sudo().unlink()

    @mute_logger("odoo.sql_db")
    def test_events_cannot_be_changed_in_the_database_either(self):
        """CS-20, CS-21"""
        self._warned_event()
        self.env.flush_all()
        for table in (
            "pharma_gate_event",
            "pharma_gate_event_line",
            "pharma_dossier_step",
        ):
            for statement in ("UPDATE %s SET write_date = NULL", "DELETE FROM %s"):
                with (
                    self.subTest(statement % table),
                    self.assertRaises(RaiseException),
                ):
                    self.env.cr.execute(statement % table)
            with self.assertRaises(RaiseException):
                self.env.cr.execute(f"TRUNCATE {table} CASCADE")

    def test_nobody_writes_events_by_hand(self):
        for role in ("qa_manager", "it_admin", "auditor"):
            with self.subTest(role), self.assertRaises(AccessError):
                self._as(role, self.env["pharma.gate.event"]).create(
                    {
                        "date": self.today,
                        "user_id": 1,
                        "operation": "receipt",
                        "result": "refused",
                        "door": "web",
                        "res_model": "x",
                    }
                )


@tagged("post_install", "-at_install")
class TestGateOverride(PharmaCommon):
    """QA lets pass what the registry leaves to QA, with a reason, never for herself."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.check = cls.env.ref("pharma_gsp.pharma_gate_check_document_expired")
        cls.check.severity = "approval"
        cls._expire(cls._paper(cls.supplier, "QUALITY_AGREEMENT"))
        cls.order = cls._create_purchase()

    def _request(self, role="purchaser", order=None, **values):
        refusal = self.assertRefused(
            self._as("purchaser", order or self.order).button_confirm,
            "DOCUMENT_EXPIRED",
        )
        finding = refusal.context["findings"][0]
        return self._as(role, self.env["pharma.gate.override"]).create(
            {
                "check_id": self.check.id,
                "sentence": finding["sentence"],
                "reason": "续签中",
                **{
                    name: finding[name]
                    for name in ("target_model", "target_id", "cure_model", "cure_id")
                },
                **values,
            }
        )

    def _confirm(self, order=None):
        self._as("purchaser", order or self.order).button_confirm()

    def test_request_alone_opens_nothing(self):
        self._request()
        self.assertRefused(self._confirm, "DOCUMENT_EXPIRED")

    def test_granted_request_lets_the_order_pass_and_is_recorded(self):
        self._as("qa", self._request()).action_grant()
        self._confirm()
        self.assertEqual(self.order.state, "purchase")
        event = self.env["pharma.gate.event"].search([("res_id", "=", self.order.id)])
        self.assertEqual(event.result, "overridden")
        self.assertEqual(event.line_ids.override_reason, "续签中")

    def test_qa_is_called_to_decide(self):
        called = self._request().sudo().activity_ids.user_id
        self.assertLessEqual(self.users["qa"] | self.users["qa_manager"], called)

    def test_nobody_but_qa_decides(self):
        override = self._request()
        for role in ("purchaser", "quality_head", "it_admin", "company_head"):
            for action in ("action_grant", "action_refuse", "action_withdraw"):
                with self.subTest(role), self.assertTold("Only the quality"):
                    getattr(self._as(role, override), action)()

    def test_qa_officer_does_not_grant_her_own_request(self):
        override = self._request(role="qa")
        with self.assertTold("You asked for this yourself"):
            override.action_grant()
        self._as("qa_manager", override).action_grant()
        self._confirm()

    def test_who_asked_comes_from_the_session(self):
        """CS-03"""
        other = self.users["purchaser"].id
        override = self._request(role="qa", requested_by_id=other)
        self.assertEqual(override.requested_by_id, self.users["qa"])

    def test_request_is_not_born_granted(self):
        """CS-05: neither by values nor by defaults of the context."""
        self.assertEqual(self._request(state="granted").state, "requested")
        self.env = self.env(context=dict(self.env.context, default_state="granted"))
        self.assertEqual(self._request().state, "requested")

    def test_what_blocks_by_law_has_no_override(self):
        for role in ("purchaser", "qa_manager"):
            with self.assertTold("can't be overridden by anybody"):
                self._request(
                    role,
                    check_id=self.env.ref(
                        "pharma_gsp.pharma_gate_check_licence_expired"
                    ).id,
                )

    def test_override_loses_its_force_when_the_check_blocks_again(self):
        self._as("qa", self._request()).action_grant()
        self._as("qa_manager", self.check).severity = "block"
        self.assertRefused(self._confirm, "DOCUMENT_EXPIRED")

    def test_override_is_for_one_order_only(self):
        self._as("qa", self._request()).action_grant()
        other = self._create_purchase()
        self.assertRefused(lambda: self._confirm(other), "DOCUMENT_EXPIRED")

    def test_override_is_for_one_reason_only(self):
        self._as("qa", self._request()).action_grant()
        self._expire(self._paper(self.supplier, "DIST_LICENCE"))
        self.assertRefused(self._confirm, "LICENCE_EXPIRED", "SCOPE_PARTNER")

    def test_override_counts_through_its_last_day(self):
        self._as("qa", self._request(valid_to=self.today)).action_grant()
        with self.env.cr.savepoint() as savepoint:
            self._confirm()
            savepoint.rollback()
        self.env.invalidate_all()
        tomorrow = self.today + timedelta(days=1)
        with self._in_china(tomorrow):
            self.assertRefused(self._confirm, "DOCUMENT_EXPIRED")

    def test_withdrawn_or_refused_override_opens_nothing(self):
        granted = self._as("qa", self._request())
        granted.action_grant()
        granted.action_withdraw()
        self._as("qa", self._request()).action_refuse()
        self.assertRefused(self._confirm, "DOCUMENT_EXPIRED")

    def test_decision_is_taken_once(self):
        override = self._as("qa", self._request())
        override.action_refuse()
        with self.assertTold("decided on this request already"):
            override.action_grant()

    def test_request_stands_as_written_and_is_kept(self):
        override = self._request()
        for role in ("purchaser", "qa_manager"):
            with self.subTest(role), self.assertRaises(UserError):
                self._as(role, override).write({"state": "granted"})
        with self.assertRaises(UserError):
            override.sudo().unlink()


@tagged("post_install", "-at_install")
class TestGateOverHttp(PharmaHttpCommon):
    """A refused call of an integration (CS-05, CS-10)."""

    @mute_logger("odoo.http")
    def test_refused_call_leaves_its_event_and_changes_nothing(self):
        order = self._create_purchase()
        self._expire(self._paper(self.supplier, "QUALITY_AGREEMENT"))
        answer = self._json2(
            self.users["purchaser"], "purchase.order", "button_confirm", ids=order.ids
        )
        self.assertEqual(answer.status_code, 422)
        self.assertIn("Quality agreement", answer.json()["message"])
        self.assertEqual(order.state, "draft")
        event = self.env["pharma.gate.event"].search([("res_id", "=", order.id)])
        self.assertEqual((event.result, event.door), ("refused", "rpc"))
        self.assertEqual(event.user_id, self.users["purchaser"])

    def test_legal_call_passes(self):
        order = self._create_purchase()
        answer = self._json2(
            self.users["purchaser"], "purchase.order", "button_confirm", ids=order.ids
        )
        self.assertEqual(answer.status_code, 200, answer.text)
        self.assertEqual(order.state, "purchase")

    def test_gate_itself_is_not_called_from_outside(self):
        for model, method in (
            ("pharma.gate", "_enforce"),
            ("pharma.dossier", "decide"),
            ("pharma.dossier", "_activate"),
            ("pharma.document", "void"),
            ("pharma.document", "_verify"),
        ):
            with self.subTest(method), mute_logger("odoo.http"):
                answer = self._json2(self.users["qa_manager"], model, method)
                self.assertIn(answer.status_code, (403, 404))
