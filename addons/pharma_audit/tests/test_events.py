from odoo.exceptions import AccessDenied
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import VIEWER, AuditCommon


@tagged("post_install", "-at_install")
class TestEvents(AuditCommon):
    """What no row tells: exports and looks (CS-21)."""

    def test_export_tells_who_took_what(self):
        admin = self.env.ref("base.user_admin")
        with self.recorded() as entries:
            self.partner.with_user(admin).export_data(["name", "phone"])
        [entry] = [e for e in entries if e.operation == "export"]
        self.assertEqual((entry.user_id, entry.res_id), (admin, self.partner.id))
        self.assertIn("phone", entry.note)

    def test_export_of_many_names_their_ids(self):
        partners = self.env["res.partner"].search([], limit=3)
        with self.recorded() as entries:
            partners.export_data(["name"])
        self.assertEqual(entries[-1].changes["ids"][1], partners.ids)
        self.assertIn("3", entries[-1].summary)

    @mute_logger("odoo.addons.base.models.res_users")
    def test_refused_log_in_is_recorded_though_it_rolls_back(self):
        """Written when the transaction ends; tests/e2e meets it at the real door."""
        credential = {"login": "audit_staff", "password": "x", "type": "password"}
        with self.enter_registry_test_mode(), self.recorded() as entries:
            with self.assertRaises(AccessDenied):
                self.env["res.users"]._login(credential, {"interactive": False})
            self.env.cr.postcommit.run()
        self.assertEqual(
            [(e.operation, e.note) for e in entries], [("login_failed", "audit_staff")]
        )

    @mute_logger("odoo.addons.base.models.res_users")
    def test_password_typed_as_a_name_is_not_kept(self):
        credential = {"login": "correct horse", "password": "", "type": "password"}
        with self.enter_registry_test_mode(), self.recorded() as entries:
            with self.assertRaises(AccessDenied):
                self.env["res.users"]._login(credential, {"interactive": False})
            self.env.cr.postcommit.run()
        self.assertEqual(entries[0].note, "co… (13)")

    @mute_logger("odoo.addons.base.models.res_users")
    def test_wrong_key_of_a_program_is_recorded(self):
        with self.enter_registry_test_mode(), self.recorded() as entries:
            with self.assertRaises(AccessDenied):
                self.env["res.users"]._check_uid_passwd(self.staff.id, "wrong")
            self.env.cr.postcommit.run()
        self.assertEqual(
            [(e.operation, e.res_id) for e in entries],
            [("login_failed", self.staff.id)],
        )


@tagged("post_install", "-at_install")
class TestDoors(HttpCase):
    """Log-ins and files, by the server's own doors."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.viewer = new_test_user(
            cls.env, "audit_viewer", VIEWER, {"no_reset_password": True}
        )
        cls.staff = new_test_user(
            cls.env, "audit_staff", "base.group_user", {"no_reset_password": True}
        )

    def _events(self, operation):
        return self.env["pharma.audit.entry"].search([("operation", "=", operation)])

    def _log_in(self, login, password):
        page = self.url_open("/web/login")
        token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
        return self.url_open(
            "/web/login",
            {"login": login, "password": password, "csrf_token": token},
        )

    def test_log_in_is_recorded_with_its_address(self):
        self._log_in("audit_staff", "audit_staff")
        entry = self._events("login")[:1]
        self.assertEqual((entry.user_id, entry.origin), (self.staff, "web"))
        self.assertEqual(entry.source, "127.0.0.1")

    def test_viewer_takes_the_trail_along_and_staff_does_not(self):
        self.env["pharma.audit.seal"]._seal()
        self.authenticate("audit_viewer", "audit_viewer")
        answer = self.url_open("/pharma_audit/export/1/9")
        self.assertEqual(answer.status_code, 200)
        self.assertTrue(answer.content.startswith(b'{"format"'))
        self.assertTrue(self._events("export"))
        script = self.url_open("/pharma_audit/verify_audit.py")
        self.assertIn("def verify_export", script.text)
        self.authenticate("audit_staff", "audit_staff")
        self.assertEqual(self.url_open("/pharma_audit/export/1/9").status_code, 404)
