from odoo.tests import TransactionCase, tagged

from odoo.addons.pharma_gsp.tools.four_flow import OWNERS


@tagged("post_install", "-at_install")
class TestDemoFourFlows(TransactionCase):
    """The board shows every kind of gap, and what became of some (CS-30)."""

    def test_every_kind_of_gap_is_there(self):
        flows = self.env["pharma.four.flow"].search(
            [("status", "=", "gap"), ("is_closed", "=", False)]
        )
        codes = set(",".join(flows.mapped("gap_codes")).split(","))
        self.assertEqual(codes, set(OWNERS))

    def test_most_of_the_past_is_closed(self):
        flows = self.env["pharma.four.flow"]
        closed = flows.search_count([("is_closed", "=", True)])
        gaps = flows.search_count([("status", "=", "gap"), ("is_closed", "=", False)])
        self.assertGreater(closed, 2 * gaps)
        self.assertTrue(flows.search_count([("status", "=", "waiting")]))

    def test_explanations_stand_in_every_state(self):
        notes = self.env["pharma.flow.explanation"].search([])
        states = set(notes.mapped("state"))
        self.assertEqual(states, {"requested", "granted", "refused"})
        self.assertTrue(any(notes.sale_id.mapped("pharma_flow_closed")))

    def test_nothing_is_closed_with_a_hidden_gap(self):
        hidden = self.env["pharma.four.flow"].search(
            [("is_closed", "=", True), ("status", "in", ("gap", "waiting"))]
        )
        self.assertFalse(hidden)
