import gzip
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
        name = f"{self.Entry._partition_name(month)}.jsonl.gz"
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
        with gzip.open(path) as stream:
            report = chain.verify_export(stream)
        self.assertTrue(report.is_intact, report.first)

    def test_less_than_five_years_can_not_be_set(self):
        with self.assertRaises(ValidationError):
            self.env["res.config.settings"].create(
                {"pharma_audit_retention_months": 59}
            )
        self.env["ir.config_parameter"].set_param("pharma_audit.retention_months", "1")
        self.assertEqual(self.Archive._retention_months(), 60)
        self.env["ir.config_parameter"].set_param("pharma_audit.retention_months", "x")
        self.assertEqual(self.Archive._retention_months(), 120)
