from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestDemoAudit(TransactionCase):
    """The demo's own making is in the trail, sealed and proved."""

    def test_trade_of_every_kind_is_recorded(self):
        groups = self.env["pharma.audit.entry"]._read_group(
            [], ["res_model"], ["__count"]
        )
        recorded = dict(groups)
        for model in (
            "pharma.document",
            "sale.order",
            "stock.move.line",
            "stock.quant",
        ):
            self.assertGreater(recorded.get(model, 0), 100, model)

    def test_staff_stands_behind_its_own_work(self):
        seller = self.env["res.users"].search([("login", "=", "seller")])
        entries = self.env["pharma.audit.entry"].search_count(
            [("user_id", "=", seller.id), ("res_model", "=", "sale.order")], limit=10
        )
        self.assertTrue(entries)

    def test_trail_was_sealed_told_and_proved(self):
        proof = self.env["pharma.audit.verification"].search([], limit=1)
        self.assertEqual(proof.state, "intact", proof.problem)
        self.assertGreater(proof.entry_count, 50_000)
        target = self.env["pharma.audit.target"].search([], limit=1)
        self.assertEqual(target.state, "ok", target.last_error)
