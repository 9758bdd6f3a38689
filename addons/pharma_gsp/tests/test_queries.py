from odoo.tests import tagged

from .common import PharmaCommon


@tagged("post_install", "-at_install")
class TestQueries(PharmaCommon):
    """The gate asks the database as often for fifty lines as for five."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.drugs = cls.env["product.template"].union(
            *(cls._create_drug("CHEM", name=f"药品 {number}") for number in range(50))
        )

    def _queries(self, work, *args):
        """How many queries a piece of work takes with nothing in the cache."""
        work(*args)  # fills the registry's own caches, which outlive a transaction
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        work(*args)
        return self.env.cr.sql_log_count - before

    def _find(self, orders, operation):
        gate = self.env["pharma.gate"]
        self.assertFalse(gate._findings(orders._gate_subjects(operation)))

    def test_fifty_lines_of_a_sale_cost_no_more_than_five(self):
        few = self._create_sale(drugs=self.drugs[:5])
        many = self._create_sale(drugs=self.drugs)
        self.assertEqual(
            self._queries(self._find, many, "sale_confirm"),
            self._queries(self._find, few, "sale_confirm"),
        )

    def test_fifty_lines_of_a_purchase_cost_no_more_than_five(self):
        few = self._create_purchase(drugs=self.drugs[:5])
        many = self._create_purchase(drugs=self.drugs)
        self.assertEqual(
            self._queries(self._find, many, "purchase_confirm"),
            self._queries(self._find, few, "purchase_confirm"),
        )

    def test_ten_orders_at_once_cost_no_more_than_two(self):
        """The night run takes all open orders together."""
        orders = self.env["sale.order"].union(
            *(self._create_sale(drugs=self.drugs[:3]) for _number in range(10))
        )
        self.assertEqual(
            self._queries(self._find, orders, "sale_confirm"),
            self._queries(self._find, orders[:2], "sale_confirm"),
        )

    def _read(self, dossiers, names):
        dossiers.read(names)

    def test_list_of_files_costs_no_more_for_twelve_than_for_two(self):
        names = ["display_name", "completeness", "live_state", "next_end_date"]
        dossiers = self.drugs.pharma_dossier_ids
        few = self._queries(self._read, dossiers[:2], names)
        many = self._queries(self._read, dossiers[:12], names)
        self.assertLessEqual(many, few)

    def test_list_of_partner_files_costs_no_more_for_four_than_for_two(self):
        for _number in range(4):
            self._create_buyer("HOSPITAL", "CHEM")
        names = ["display_name", "completeness", "live_state", "next_end_date"]
        dossiers = self.env["pharma.dossier"].search([("kind", "=", "buyer")])
        few = self._queries(self._read, dossiers[:2], names)
        many = self._queries(self._read, dossiers[:4], names)
        self.assertLessEqual(many, few)
