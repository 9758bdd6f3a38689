from contextlib import contextmanager

from odoo.tests import TransactionCase, new_test_user
from odoo.tools import SQL

VIEWER = "pharma_audit.pharma_audit_group_viewer"
MANAGER = "pharma_audit.pharma_audit_group_manager"


class AuditCommon(TransactionCase):
    """A partner whose changes are followed, and people who may look."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Entry = cls.env["pharma.audit.entry"]
        cls.Seal = cls.env["pharma.audit.seal"]
        cls.viewer = cls._create_user("viewer", VIEWER)
        cls.manager = cls._create_user("manager", MANAGER)
        cls.staff = cls._create_user("staff", "base.group_user")
        cls.partner = cls.env["res.partner"].create({"name": "江南医药"})
        cls.env.flush_all()

    @classmethod
    def _create_user(cls, login, group):
        return new_test_user(
            cls.env, f"audit_{login}", group, {"no_reset_password": True}
        )

    @contextmanager
    def recorded(self):
        """The entries written inside the block, oldest first, in a list."""
        self.env.flush_all()
        before = self._last_id()
        found = []
        yield found
        self.env.flush_all()
        self.Entry.invalidate_model()
        found += self.Entry.search([("id", ">", before)], order="id")

    def _last_id(self):
        self.env.cr.execute("SELECT COALESCE(max(id), 0) FROM pharma_audit_entry")
        return self.env.cr.fetchone()[0]

    def _changes(self, entries, model):
        """{column: [old, new]} of all entries of a model together."""
        found = {}
        for entry in entries:
            if entry.res_model == model:
                found |= entry.changes or {}
        return found

    def _seal_some(self, count=3):
        """Change and seal a few times, each time anew."""
        for number in range(count):
            self.partner.write({"phone": f"{number}{self._last_id()}"})
            self.env.flush_all()
            self.Seal._seal()
        return self.Seal.search([], order="number")

    def _tamper(self, statement, *values, table="pharma_audit_entry"):
        """Do as an owner of the database could, the guards switched off."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL("ALTER TABLE %s DISABLE TRIGGER USER", SQL.identifier(table))
        )
        self.env.cr.execute(SQL(statement, *values))
        self.env.cr.execute(
            SQL("ALTER TABLE %s ENABLE TRIGGER USER", SQL.identifier(table))
        )
        self.env.invalidate_all()

    def _verify(self, **values):
        proof = self.env["pharma.audit.verification"].create([values])
        proof._start()
        return proof
