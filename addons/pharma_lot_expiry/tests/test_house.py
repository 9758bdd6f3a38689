"""What holds for the whole house, asked again with this add-on in it."""

from odoo.tests import tagged

from odoo.addons.pharma_gsp.tests import test_access, test_audit_coverage
from odoo.addons.pharma_gsp.tests.access_matrix import PATH, render

from .common import LotWorld


@tagged("post_install", "-at_install")
class TestAccessWithLots(LotWorld, test_access.TestAccess):
    """Rights of every model of this add-on too."""

    allow_inherited_tests_method = True

    def test_the_printed_matrix_shows_nothing_else(self):
        self.maxDiff = None
        self.assertEqual(
            PATH.read_text(), render(self.env), "see pharma_gsp/tests/access_matrix.py"
        )


@tagged("post_install", "-at_install")
class TestAuditCoverageWithLots(LotWorld, test_audit_coverage.TestAuditCoverage):
    """Every table of this add-on is recorded, or told by its own events."""

    allow_inherited_tests_method = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Some of these orders are for goods that aren't there.
        check = cls.env.ref("pharma_lot_expiry.pharma_gate_check_stock_short")
        check.severity = "warn"
