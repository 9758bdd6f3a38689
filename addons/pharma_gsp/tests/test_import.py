from datetime import timedelta

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PharmaCommon

ROWS = 5000
BAD_ROWS = range(100, ROWS, 250)


@tagged("post_install", "-at_install")
class TestImport(PharmaCommon):
    """Lists typed in elsewhere: every mistake told with its row, nothing half done."""

    def _load_companies(self, bad_rows, count=ROWS):
        good, bad = "91350100M000100Y43", "9135010OM000100Y43"
        rows = [
            [f"公司 {row}", bad if row in bad_rows else good] for row in range(count)
        ]
        return self._as("purchaser", self.env["res.partner"]).load(
            ["name", "uscc"], rows
        )

    def test_all_twenty_bad_codes_among_thousands_are_told_with_their_rows(self):
        """TV-06 at scale: 5,000 companies, 20 malformed codes."""
        count = self.env["res.partner"].search_count([])
        result = self._load_companies(BAD_ROWS)
        self.assertFalse(result["ids"])
        self.assertEqual(len(BAD_ROWS), 20)
        self.assertEqual(
            [message["rows"]["from"] for message in result["messages"]], [*BAD_ROWS]
        )
        for message in result["messages"]:
            self.assertIn("not a unified", message["message"])
        self.assertEqual(self.env["res.partner"].search_count([]), count)

    def test_companies_without_a_mistake_are_all_imported(self):
        """A twentieth of the rows, since creating them takes Odoo's time."""
        result = self._load_companies((), ROWS // 20)
        self.assertFalse(result["messages"])
        self.assertEqual(len(result["ids"]), ROWS // 20)

    def test_code_that_only_fails_its_check_digit_is_imported(self):
        """TV-04"""
        result = self._as("purchaser", self.env["res.partner"]).load(
            ["name", "uscc"], [["公司", "91350211M0000XUF46"]]
        )
        self.assertTrue(result["ids"])

    def _load_documents(self, *rows):
        return self._as("purchaser", self.env["pharma.document"]).load(
            ["type_id", "partner_id/.id", "number", "issue_date", "expiry_date"],
            [
                [code, str(self.supplier.id), number, str(issued), str(end)]
                for code, number, issued, end in rows
            ],
        )

    def test_papers_are_imported_as_drafts_by_their_department(self):
        later = self.today + timedelta(days=90)
        result = self._load_documents(
            ("DIST_LICENCE", "鄂AA027100001", self.today, later),
            ("Quality agreement", "QA-1", self.today, later),
        )
        self.assertFalse(result["messages"])
        documents = self.env["pharma.document"].browse(result["ids"])
        self.assertEqual(set(documents.mapped("state")), {"draft"})
        self.assertEqual(documents.submitted_by_id, self.users["purchaser"])

    @mute_logger("odoo.sql_db")
    def test_wrong_papers_are_told_with_their_rows_and_nothing_is_imported(self):
        later = self.today + timedelta(days=90)
        result = self._load_documents(
            ("DIST_LICENCE", "鄂AA027100001", self.today, later),
            ("DIST_LICENCE", "鄂AA027100002", self.today, ""),
            ("NO_SUCH_TYPE", "X", self.today, later),
            ("BUSINESS_LICENCE", "9135010OM000100Y43", self.today, later),
        )
        self.assertFalse(result["ids"])
        rows = {message["rows"]["from"] for message in result["messages"]}
        self.assertEqual(rows, {1, 2, 3})

    def test_import_brings_nothing_into_force(self):
        """CS-05"""
        result = self._as("purchaser", self.env["pharma.document"]).load(
            ["type_id", "partner_id/.id", "number", "expiry_date", "state"],
            [
                [
                    "DIST_LICENCE",
                    str(self.supplier.id),
                    "鄂AA027100001",
                    str(self.today),
                    "Verified",
                ]
            ],
        )
        documents = self.env["pharma.document"].browse(result["ids"] or [])
        self.assertNotIn("verified", documents.mapped("state"))
        result = self._as("purchaser", self.env["pharma.dossier"]).load(
            ["kind", "partner_id/.id", "state"],
            [["Supplier", str(self._create_partner("新").id), "Active"]],
        )
        dossiers = self.env["pharma.dossier"].browse(result["ids"] or [])
        self.assertNotIn("active", dossiers.mapped("state"))
