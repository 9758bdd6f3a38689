from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import VIEWER, AuditCommon

MODELS = (
    "pharma.audit.archive",
    "pharma.audit.entry",
    "pharma.audit.seal",
    "pharma.audit.table",
    "pharma.audit.target",
    "pharma.audit.verification",
)


@tagged("post_install", "-at_install")
class TestAuditAccess(AuditCommon):
    """Strangers see nothing; viewers of another company see theirs."""

    def test_strangers_see_nothing(self):
        for group in ("base.group_portal", "base.group_public", "base.group_user"):
            user = self._create_user(group.replace(".", "_"), group)
            for model in (*MODELS, "pharma.audit.verify"):
                records = self.env[model].with_user(user)
                for operation in ("read", "write", "create", "unlink"):
                    self.assertFalse(records.has_access(operation), (group, model))

    def test_viewer_changes_nothing(self):
        for model in MODELS:
            records = self.env[model].with_user(self.viewer)
            self.assertTrue(records.has_access("read"), model)
            for operation in ("write", "create", "unlink"):
                self.assertFalse(records.has_access(operation), (model, operation))

    def test_entries_of_a_sister_company_are_not_seen(self):
        company = self.env["res.company"].create({"name": "兄弟公司"})
        user = new_test_user(
            self.env,
            "audit_sister",
            VIEWER,
            {"no_reset_password": True},
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        with self.recorded() as entries:
            self.env["res.partner"].create(
                {"name": "本公司", "company_id": self.env.company.id}
            )
        entry = entries[0]
        self.assertEqual(entry.company_id, self.env.company)
        seen = self.Entry.with_user(user).search([("id", "=", entry.id)])
        self.assertFalse(seen)
        self.assertTrue(
            self.Entry.with_user(self.viewer).search([("id", "=", entry.id)])
        )
