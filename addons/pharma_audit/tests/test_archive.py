import gzip
import io
from datetime import date
from pathlib import Path

from odoo import tools
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.pharma_audit.tools import verify_audit as chain

from .common import AuditCommon

OLD = date(2001, 3, 1)


@tagged("post_install", "-at_install")
class TestArchive(AuditCommon):
    """CS-26: nothing goes before its time, and what goes can be proved for ever."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Archive = cls.env["pharma.audit.archive"]
        cls.Entry._create_partition(OLD)
        cls.env.cr.execute(
            "INSERT INTO pharma_audit_entry (date, origin, operation)"
            " SELECT '2001-03-05', 'shell', 'update' FROM generate_series(1, 5)"
        )

    def _archive(self, month):
        partition = self.Entry._partition_name(month)
        name = f"{self.env.cr.dbname}-{partition}.jsonl.gz"
        path = Path(tools.config["data_dir"]) / name
        self.addCleanup(path.unlink, missing_ok=True)
        return self.Archive._archive_month(month), path

    def test_month_within_its_time_of_retention_stays(self):
        month = self.env.cr.now().date().replace(day=1)
        with self.assertRaisesRegex(UserError, "Nothing was removed"):
            self.Archive._archive_month(month)

    def test_unsealed_rows_stay(self):
        with self.assertRaisesRegex(UserError, "sealed"):
            self.Archive._archive_month(OLD)

    def test_old_month_goes_to_a_file_and_the_chain_stays_whole(self):
        self.Seal._seal()
        archive, path = self._archive(OLD)
        self.assertEqual(archive.entry_count, 5)
        self.env.cr.execute(
            "SELECT count(*) FROM pharma_audit_entry WHERE date < '2002-01-01'"
        )
        self.assertEqual(self.env.cr.fetchone()[0], 0)
        self.assertEqual(self._verify().state, "intact")
        self._export_is_intact()
        with gzip.open(path) as stream:
            report = chain.verify_export(stream)
        self.assertTrue(report.is_intact, report.first)

    def _export_is_intact(self):
        """Entries of archived months come along from their file."""
        stream = io.BytesIO()
        self.Seal.search([])._write_export(stream)
        stream.seek(0)
        report = chain.verify_export(stream)
        self.assertTrue(report.is_intact, report.first)

    def test_file_that_was_changed_or_lost_is_told(self):
        self.Seal._seal()
        _archive, path = self._archive(OLD)
        path.write_bytes(path.read_bytes()[:-1])
        self.assertEqual(self._verify().state, "broken")
        path.unlink()
        self.assertEqual(self._verify().state, "broken")

    def test_archive_written_by_hand_hides_no_deletion(self):
        self.Seal._seal()
        entry = self.Seal.search([], limit=1).last_id
        self.Archive.create(
            {
                "month": "2002-01-01",
                "file_name": "nothing.jsonl.gz",
                "sha256": "0" * 64,
                "ranges": [[entry, entry]],
            }
        )
        self._tamper("DELETE FROM pharma_audit_entry WHERE id = %s", entry)
        proof = self._verify()
        self.assertEqual((proof.state, proof.problem_entry_id), ("broken", entry))

    def test_other_file_is_not_overwritten(self):
        self.Seal._seal()
        partition = self.Entry._partition_name(OLD)
        name = f"{self.env.cr.dbname}-{partition}.jsonl.gz"
        path = Path(tools.config["data_dir"]) / name
        path.write_bytes(b"older")
        self.addCleanup(path.unlink, missing_ok=True)
        with self.assertRaisesRegex(UserError, "exists already"):
            self.Archive._archive_month(OLD)
        self.assertEqual(path.read_bytes(), b"older")

    def test_month_without_entries_is_told(self):
        with self.assertRaisesRegex(UserError, "no entries"):
            self.Archive._archive_month(date(2000, 1, 1))

    def test_less_than_five_years_can_not_be_set(self):
        with self.assertRaises(ValidationError):
            self.env["res.config.settings"].create(
                {"pharma_audit_retention_months": 59}
            )
        self.env["ir.config_parameter"].set_param("pharma_audit.retention_months", "1")
        self.assertEqual(self.Archive._retention_months(), 60)
        self.env["ir.config_parameter"].set_param("pharma_audit.retention_months", "x")
        self.assertEqual(self.Archive._retention_months(), 120)
