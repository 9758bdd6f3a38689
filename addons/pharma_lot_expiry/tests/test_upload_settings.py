from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.pharma_gsp.tests.common import ROLES

from .trace_platform import SECRET, SESSION
from .upload_common import UploadCommon

SECRETS = (
    "trace_endpoint",
    "trace_app_key",
    "trace_app_secret",
    "trace_session",
    "trace_sign_method",
)
TOKENS = ("trace_app_secret_encrypted", "trace_session_encrypted")


@tagged("post_install", "-at_install")
class TestUploadSettings(UploadCommon):
    """Credentials belong to IT, and even IT never sees them again (FA-56)."""

    def test_only_it_reads_the_access_to_the_platform(self):
        for role in ROLES:
            company = self._as(role, self.company)
            for name in SECRETS:
                with self.subTest(f"{role} {name}"):
                    if role == "it_admin":
                        company.read([name])
                        continue
                    with self.assertRaises(AccessError):
                        company.read([name])

    def test_secrets_are_read_by_nobody(self):
        company = self._as("it_admin", self.company)
        (values,) = company.read(["trace_app_secret", "trace_session"])
        self.assertEqual(set(values.values()) - {values["id"]}, {"********"})
        for name in TOKENS:
            with self.assertRaises(AccessError):
                company.read([name])
        exported = company.export_data(["trace_app_secret", "trace_session"])
        self.assertNotIn(SECRET, str(exported))
        self.assertNotIn(SESSION, str(exported))

    def test_secrets_are_stored_encrypted(self):
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT trace_app_secret_encrypted, trace_session_encrypted"
            "  FROM res_company WHERE id = %s",
            [self.company.id],
        )
        (row,) = self.env.cr.fetchall()
        for token, secret in zip(row, (SECRET, SESSION), strict=True):
            self.assertTrue(token)
            self.assertNotIn(secret, token)
        self.assertEqual(self.company._trace_secret("trace_app_secret"), SECRET)

    def test_the_mask_that_comes_back_changes_nothing(self):
        self._as("it_admin", self.company).trace_app_secret = "********"
        self.assertEqual(self.company._trace_secret("trace_app_secret"), SECRET)
        self._as("it_admin", self.company).trace_app_secret = " new "
        self.assertEqual(self.company._trace_secret("trace_app_secret"), "new")

    def test_the_trail_tells_that_a_secret_changed_and_not_which(self):
        self.env.flush_all()
        self._as("it_admin", self.company).trace_session = "fresh-session"
        self.env.flush_all()
        self.env.cr.execute(
            """SELECT changes::text FROM pharma_audit_entry
                WHERE res_model = 'res.company' AND res_id = %s
                ORDER BY id DESC LIMIT 1""",
            [self.company.id],
        )
        (text,) = self.env.cr.fetchone()
        self.assertIn("trace_session_encrypted", text)
        token = self.company.sudo().trace_session_encrypted
        self.assertNotIn(token, text)

    def test_only_it_sets_them(self):
        for role in sorted(set(ROLES) - {"it_admin"}):
            for values in ({"trace_upload": True}, {"trace_ref_ent_id": "x"}):
                with (
                    self.subTest(role),
                    self.assertRaises(UserError),
                ):
                    self._as(role, self.company).write(values)

    def test_only_it_sets_our_own_number_at_the_partner_too(self):
        own = self.company.partner_id
        for role in ("seller", "purchaser", "qa"):
            with self.subTest(role), self.assertTold("Only the IT administrator"):
                self._as(role, own).write({"trace_ent_id": "x"})
        self._as("seller", self.hospital).write({"trace_ent_id": "ent-new"})
        self._as("it_admin", self.company).trace_ent_id = "ent-own"
        self.assertEqual(own.trace_ent_id, "ent-own")

    def test_uploading_is_not_switched_on_half_set_up(self):
        self.company.trace_session = False
        with self.assertTold("fill in Session Key", ValidationError):
            self._as("it_admin", self.company).trace_upload = True

    def test_all_can_be_set_and_switched_on_at_once(self):
        company = self.env["res.company"].create({"name": "新公司"})
        company.write(
            {
                "trace_upload": True,
                "trace_ref_ent_id": "ref",
                "trace_endpoint": "https://example.com/router/rest",
                "trace_app_key": "1",
                "trace_app_secret": "2",
                "trace_session": "3",
            }
        )
        self.assertTrue(company.trace_upload)

    def test_credentials_travel_encrypted_only(self):
        for address in (
            "http://example.com/router/rest",
            "ftp://example.com",
            "example.com",
            "https://user:word@example.com/",
            "https://",
            "https://[::1",
        ):
            with (
                self.subTest(address),
                self.assertTold("begins with https", ValidationError),
            ):
                self.company.trace_endpoint = address

    def test_a_secret_of_another_server_is_told_in_words(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_company SET trace_session_encrypted = 'gAAAAA' WHERE id = %s",
            [self.company.id],
        )
        self.env.invalidate_all()
        with self.assertTold("Enter them again"):
            self.company._trace_secret("trace_session")
