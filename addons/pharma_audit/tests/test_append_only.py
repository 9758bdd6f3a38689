import psycopg2

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from .common import AuditCommon


@tagged("post_install", "-at_install")
class TestAppendOnly(AuditCommon):
    """Nobody changes what is written: neither the ORM nor SQL (CS-21)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Seal._seal()

    def _tables(self):
        self.env.cr.execute(
            """SELECT inhrelid::regclass::text FROM pg_inherits
                WHERE inhparent = 'pharma_audit_entry'::regclass"""
        )
        partitions = [name for (name,) in self.env.cr.fetchall()]
        self.assertGreaterEqual(len(partitions), 4)
        return ["pharma_audit_entry", "pharma_audit_seal", *partitions]

    def test_database_refuses_update_delete_and_truncate(self):
        for table in ("pharma_audit_entry", "pharma_audit_seal"):
            for statement in (
                "UPDATE %s SET id = id",
                "DELETE FROM %s",
                "TRUNCATE %s CASCADE",
            ):
                with self.subTest(f"{table}: {statement}"):
                    self._assert_refused(statement, table)

    def test_partitions_refuse_it_too(self):
        this_month = self.Entry._partition_name(self.env.cr.now().date())
        self.assertIn(this_month, self._tables())
        for statement in (
            "UPDATE %s SET note = 'x'",
            "DELETE FROM %s",
            "TRUNCATE %s",
        ):
            with self.subTest(statement):
                self._assert_refused(statement, this_month)

    def test_a_session_that_poses_as_a_replica_is_refused_too(self):
        """ENABLE ALWAYS: session_replication_role switches nothing off."""
        self.env.cr.execute(
            """SELECT tgrelid::regclass::text, tgname FROM pg_trigger
                WHERE tgname LIKE 'pharma\\_append\\_only%' AND tgenabled <> 'A'"""
        )
        self.assertEqual(self.env.cr.fetchall(), [])

    def test_guard_switched_off_is_put_back_and_told(self):
        table = self.Entry._partition_name(self.env.cr.now().date())
        self.env.cr.execute(
            SQL("ALTER TABLE %s DISABLE TRIGGER USER", SQL.identifier(table))
        )
        self.env.cr.execute(
            "CREATE OR REPLACE FUNCTION pharma_append_only() RETURNS trigger"
            " LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
        )
        self.assertEqual(
            set(self.Entry._restore_own_guards()), {table, "pharma_append_only"}
        )
        self.assertFalse(self.Entry._restore_own_guards())
        self._assert_refused("DELETE FROM %s", table)

    def test_second_row_with_one_number_is_sealed_by_nobody(self):
        self.partner.phone = "twin"
        self.env.flush_all()
        number = self._last_id()
        self.env.cr.execute(
            "INSERT INTO pharma_audit_entry (id, origin, operation)"
            " VALUES (%s, 'web', 'update')",
            (number,),
        )
        self.Seal._seal()
        proof = self._verify()
        self.assertEqual((proof.state, proof.problem_entry_id), ("broken", number))

    def test_number_below_one_is_refused(self):
        """The sealing job would never look there."""
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.errors.CheckViolation),
            self.env.cr.savepoint(flush=False),
        ):
            self.env.cr.execute(
                "INSERT INTO pharma_audit_entry (id, origin, operation)"
                " VALUES (-1, 'web', 'update')"
            )

    def _assert_refused(self, statement, table):
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaisesRegex(psycopg2.errors.RaiseException, "append-only"),
            self.env.cr.savepoint(flush=False),
        ):
            self.env.cr.execute(SQL(statement, SQL.identifier(table)))

    def test_orm_refuses_even_the_superuser(self):
        entry = self.Entry.search([], limit=1)
        seal = self.Seal.search([], limit=1)
        for record in (entry, seal):
            with self.assertRaises(UserError):
                record.write({"note": "x"})
            with self.assertRaises(UserError):
                record.unlink()
        with self.assertRaises(UserError):
            self.Entry.create({"note": "x"})

    def test_viewer_reads_and_nothing_else(self):
        for model in ("pharma.audit.entry", "pharma.audit.seal"):
            records = self.env[model].with_user(self.viewer)
            self.assertTrue(records.search([], limit=1).read())
            for operation in ("write", "create", "unlink"):
                self.assertFalse(records.has_access(operation))

    def test_staff_reads_no_trail(self):
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            self.Entry.with_user(self.staff).search([])
