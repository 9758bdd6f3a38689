import io

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.pharma_audit.tools import verify_audit as chain

from .common import AuditCommon


@tagged("post_install", "-at_install")
class TestVerification(AuditCommon):
    """TV-53: flip one byte in a row; the verifier reports the first broken row."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Seal._seal()

    def setUp(self):
        super().setUp()
        self.seals = self._seal_some(3)
        self.target_id = self.seals[-2].last_id

    def _assert_broken(self, sentence, entry_id):
        proof = self._verify()
        self.assertEqual(proof.state, "broken")
        self.assertRegex(proof.problem.splitlines()[0], sentence)
        self.assertEqual(proof.problem_entry_id, entry_id or 0)

    def test_untouched_trail_is_intact(self):
        proof = self._verify()
        self.assertEqual(proof.state, "intact", proof.problem)
        self.assertEqual(proof.seal_count, self.seals[-1].number)
        self.assertEqual(proof.entry_count, sum(self.seals.mapped("entry_count")))

    def test_altered_row_is_named(self):
        self._tamper(
            "UPDATE pharma_audit_entry SET changes = "
            "jsonb_set(changes, '{phone,1}', '\"0\"') WHERE id = %s",
            self.target_id,
        )
        self._assert_broken(f"Entry {self.target_id} was altered", self.target_id)

    def test_altered_author_is_named(self):
        self._tamper(
            "UPDATE pharma_audit_entry SET user_id = 99 WHERE id = %s", self.target_id
        )
        self._assert_broken(f"Entry {self.target_id} was altered", self.target_id)

    def test_deleted_row_is_named(self):
        self._tamper("DELETE FROM pharma_audit_entry WHERE id = %s", self.target_id)
        self._assert_broken(f"Entry {self.target_id} .* is missing", self.target_id)

    def test_row_put_in_afterwards_is_named(self):
        self.env.cr.execute("SELECT nextval('pharma_audit_entry_id_seq')")
        hole = self.env.cr.fetchone()[0]
        self._seal_some(4)
        settled = self.Seal.search([], limit=1).frontier_id
        self.assertGreater(settled, hole)
        self.env.cr.execute(
            "INSERT INTO pharma_audit_entry (id, origin, operation)"
            " VALUES (%s, 'web', 'update')",
            (hole,),
        )
        self._assert_broken(f"Entry {hole} was put in afterwards", hole)

    def test_rows_cut_off_at_the_end_are_named(self):
        last = self.seals[-1]
        self._tamper("DELETE FROM pharma_audit_entry WHERE id >= %s", last.first_id)
        self._assert_broken(f"Entry {last.first_id} .* is missing", last.first_id)

    def test_end_cut_off_with_its_seal_is_found_by_the_head_on_paper(self):
        head = self.seals[-1].head_text
        last = self.seals[-1]
        self._tamper("DELETE FROM pharma_audit_entry WHERE id >= %s", last.first_id)
        self._tamper(
            "DELETE FROM pharma_audit_seal WHERE number = %s",
            last.number,
            table="pharma_audit_seal",
        )
        proof = self._verify(head=head)
        self.assertEqual(proof.state, "broken")
        self.assertIn(f"Seal {chain.parse_head(head)[0]} is missing", proof.problem)

    def test_altered_seal_is_named(self):
        self._tamper(
            "UPDATE pharma_audit_seal SET hash = repeat('a', 64) WHERE number = %s",
            self.seals[-2].number,
            table="pharma_audit_seal",
        )
        self._assert_broken(f"Seal {self.seals[-2].number} itself was altered", 0)

    def test_wrong_head_on_paper_is_told(self):
        proof = self._verify(head=f"{self.seals[-1].number}:{'0' * 64}")
        self.assertEqual(proof.state, "broken")
        self.assertIn("written down elsewhere", proof.problem)

    def test_head_typed_wrong_gets_a_sentence(self):
        wizard = self.env["pharma.audit.verify"].with_user(self.viewer)
        with self.assertRaisesRegex(UserError, "NUMBER:HASH"):
            wizard.create({"head": "17"}).action_verify()

    def test_viewer_may_have_it_proved_and_staff_not(self):
        wizard = self.env["pharma.audit.verify"]
        action = wizard.with_user(self.viewer).create({}).action_verify()
        proof = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual((proof.state, proof.user_id), ("intact", self.viewer))
        self.assertFalse(wizard.with_user(self.staff).has_access("create"))

    def test_weekly_job_alerts_when_broken(self):
        self._tamper("DELETE FROM pharma_audit_entry WHERE id = %s", self.target_id)
        self.env["pharma.audit.verification"]._cron_verify_weekly()
        message = self.env["mail.message"].search([], limit=1, order="id desc")
        self.assertIn(str(self.target_id), message.body)

    def test_export_is_proved_by_the_script_and_names_the_row(self):
        intact = io.BytesIO()
        self.seals._write_export(intact)
        intact.seek(0)
        report = chain.verify_export(intact)
        self.assertTrue(report.is_intact)
        self.assertEqual(report.head, self.seals[-1].hash)
        self._tamper(
            "UPDATE pharma_audit_entry SET note = 'x' WHERE id = %s", self.target_id
        )
        broken = io.BytesIO()
        self.seals._write_export(broken)
        broken.seek(0)
        self.assertEqual(chain.verify_export(broken).first.entry, self.target_id)
