from odoo.tests import tagged

from .common import PharmaCommon


@tagged("post_install", "-at_install")
class TestSaleGate(PharmaCommon):
    def test_licensed_sale_confirms_for_the_seller(self):
        order = self._as("seller", self._create_sale())
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_sale_to_an_unapproved_buyer_is_refused(self):
        stranger = self._create_buyer("HOSPITAL", "CHEM", active=False)
        order = self._as("seller", self._create_sale(partner=stranger))
        self.assertRefused(
            order.action_confirm,
            "PARTNER_DOSSIER",
            "DOCUMENT_MISSING",
            "SCOPE_PARTNER",
            "PERSON_MISSING",
        )
