import json
from pathlib import Path
from tempfile import TemporaryDirectory

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import AuditCommon


@tagged("post_install", "-at_install")
class TestTarget(AuditCommon):
    """Heads are told to places outside; one that fails holds up nothing."""

    def setUp(self):
        super().setUp()
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "heads.jsonl"
        self.target = self._create_target(path=str(self.path))

    def _create_target(self, **values):
        return self.env["pharma.audit.target"].create(
            {"name": "保险柜", "kind": "file", **values}
        )

    def _told(self):
        return [json.loads(line)["head"] for line in self.path.read_text().splitlines()]

    def test_every_head_is_told_once(self):
        seals = self._seal_some(2)
        self.target._push_heads()
        self.target._push_heads()
        self.assertEqual(self._told(), [f"{s.number}:{s.hash}" for s in seals])
        self.assertEqual(self.target.state, "ok")

    def test_full_disk_is_told_once_and_made_up_for(self):
        """Sealing goes on, the alert says so, nothing is lost."""
        self.path.symlink_to("/dev/full")
        seals = self._seal_some(2)
        self.target._push_heads()
        self.assertEqual(self.target.state, "failing")
        self.assertIn("Sealing goes on", self.target.last_error)
        notices = self.env["mail.message"].search_count([("body", "like", "保险柜")])
        self.assertTrue(notices)
        seals |= self._seal_some(1)
        self.target._push_heads()
        self.assertEqual(
            self.env["mail.message"].search_count([("body", "like", "保险柜")]), notices
        )
        self.path.unlink()
        self.target._push_heads()
        self.assertEqual(len(self._told()), len(seals))
        self.assertFalse(self.target.last_error)

    def test_folder_that_is_gone_stops_no_other_target(self):
        gone = self._create_target(path=str(self.path.parent / "gone" / "heads.jsonl"))
        other = self._create_target(path=str(self.path.parent / "other.jsonl"))
        self._seal_some(1)
        self.target._push_heads()
        self.assertEqual(
            [gone.state, self.target.state, other.state], ["failing", "ok", "ok"]
        )

    def test_head_kept_outside_proves_a_chain_made_anew(self):
        self._seal_some(2)
        self.target._push_heads()
        lines = self.path.read_text().replace(self._told()[-1][-8:], "0" * 8)
        self.path.write_text(lines)
        proof = self._verify()
        self.assertEqual(proof.state, "broken")
        self.assertIn("written down elsewhere", proof.problem)

    def test_junk_in_the_file_is_passed_over(self):
        self._seal_some(1)
        self.path.write_text('junk\n{"head": 5}\n{}\n[]\n')
        self.target._push_heads()
        self.assertEqual(self._verify().state, "intact")

    def test_mail_carries_the_newest_head_once_a_day(self):
        target = self._create_target(kind="mail", path=False, email="qa@example.com")
        sent = "pharma-audit:"
        seals = self._seal_some(1)
        target._push()
        mails = self.env["mail.mail"].search([("email_to", "=", "qa@example.com")])
        if mails:  # kept unless it was delivered and removed
            self.assertIn(sent, mails[0].body_html)
        self.assertEqual(target.last_number, seals[-1].number)
        self._seal_some(1)
        target._push()
        self.assertEqual(target.last_number, seals[-1].number)

    def test_wrong_addresses_are_refused(self):
        for values in (
            {"path": "heads.jsonl"},
            {"path": "/etc/passwd"},
            {"path": False},
            {"kind": "mail", "email": "nobody"},
            {"kind": "mail", "email": False},
        ):
            with self.subTest(values), self.assertRaises(ValidationError):
                self._create_target(**values)

    def test_only_the_system_administrator_names_places_on_the_server(self):
        with self.assertRaises(AccessError):
            self.target.with_user(self.manager).write({"path": "/tmp/x.jsonl"})

    def test_try_says_what_came_of_it(self):
        self._seal_some(1)
        admin = self.env.ref("base.user_admin")
        self.assertTrue(self.target.with_user(admin).action_try())
        self.path.unlink()
        self.path.symlink_to("/dev/full")
        self._seal_some(1)
        with self.assertRaisesRegex(UserError, "Sealing goes on"):
            self.target.with_user(admin).action_try()
