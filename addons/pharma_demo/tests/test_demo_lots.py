from datetime import timedelta

from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestDemoLots(TransactionCase):
    """Every screen of lots, expiry, trace codes and recalls has something to show."""

    def _states(self, model, domain=(), field="state"):
        return {value for (value,) in self.env[model]._read_group([*domain], [field])}

    def test_lots_lie_in_every_tier_of_both_warehouses(self):
        tiers = self.env["pharma.expiry.tier"].search([])
        for code in ("WH1", "WH2"):
            quants = self.env["stock.quant"].search(
                [
                    ("location_id.warehouse_id.code", "=", code),
                    ("location_id.usage", "=", "internal"),
                    ("quantity", ">", 0),
                ]
            )
            self.assertEqual(tiers - quants.lot_id.expiry_tier_id, tiers.browse(), code)
            self.assertIn("expired", quants.lot_id.mapped("pharma_state"))

    def test_lots_stand_in_every_state_but_undated(self):
        for state in ("good", "held", "expired"):
            with self.subTest(state):
                self.assertTrue(
                    self.env["stock.lot"].search([("pharma_state", "=", state)])
                )

    def test_holds_of_every_kind_some_lifted(self):
        holds = self.env["pharma.lot.hold"].search([])
        self.assertLessEqual({"lot", "product", "location"}, set(holds.mapped("kind")))
        self.assertEqual(set(holds.mapped("state")), {"active", "lifted"})

    def test_orders_hit_are_replaced_or_short(self):
        freed = self.env["pharma.freed.reservation"].search([])
        self.assertEqual(set(freed.mapped("cause")), {"expired", "held"})
        self.assertTrue(freed.filtered("missing"))
        self.assertTrue(freed.filtered(lambda line: not line.missing))

    def test_expiry_tasks_consents_and_notices(self):
        self.assertEqual(self._states("pharma.expiry.digest"), {"open", "closed"})
        self.assertEqual(
            self._states("pharma.life.consent"), {"requested", "granted", "refused"}
        )
        self.assertTrue(self.env["pharma.expiry.notice"].search_count([]))
        self.assertTrue(self.env["pharma.lot.clearance"].search_count([]))

    def test_codes_stand_in_many_states(self):
        states = self._states("pharma.trace.code", field="own_state")
        self.assertLessEqual(
            {"announced", "in_stock", "out", "returned", "recalled"}, states
        )
        opened = self.env["pharma.trace.code"].search([("is_opened", "=", True)])
        self.assertTrue(opened)

    def test_events_happened_on_their_days(self):
        events = self.env["pharma.trace.event"].search([("step", "=", "ship")])
        self.assertGreaterEqual(len({event.date.date() for event in events}), 8)
        self.assertTrue(
            self.env["pharma.trace.event"].search_count([("step", "=", "refuse")])
        )

    def test_files_were_taken_and_refused(self):
        self.assertEqual(self._states("pharma.trace.import"), {"done", "failed"})
        problems = self.env["pharma.trace.import.problem"].search([])
        self.assertLessEqual({"duplicate", "unmapped"}, set(problems.mapped("kind")))

    def test_codes_to_map_stand_in_every_state(self):
        self.assertEqual(
            self._states("pharma.code.mapping"), {"open", "done", "ignored"}
        )

    def test_upload_bills_and_gaps(self):
        self.assertLessEqual(
            {"waiting", "ready", "sent", "accepted", "rejected", "failed", "cancelled"},
            self._states("pharma.trace.bill"),
        )
        self.assertLessEqual(
            {"no_codes", "rejected", "failed", "problem"},
            self._states("pharma.trace.gap", field="reason"),
        )
        self.assertFalse(self.env.company.trace_upload)

    def test_a_recall_runs_and_a_drill_is_closed(self):
        recalls = self.env["pharma.recall"].search([])
        found = {(recall.is_drill, recall.state) for recall in recalls}
        self.assertEqual(found, {(True, "closed"), (False, "running")})
        recall = recalls.filtered(lambda each: not each.is_drill)
        self.assertGreaterEqual(recall.customer_count, 12)
        self.assertEqual(
            set(recall.customer_ids.mapped("state")),
            {"pending", "notified", "read", "replied", "recovered"},
        )
        self.assertTrue(recall.customer_ids.filtered("is_overdue"))
        self.assertEqual(set(recall.picking_ids.mapped("state")), {"done", "assigned"})

    def test_the_hospital_finds_the_recall_at_the_portal(self):
        hospital = self.env["res.users"].search([("login", "=", "hospital")])
        partner = hospital.partner_id.commercial_partner_id
        line = self.env["pharma.recall.customer"].search(
            [("partner_id", "=", partner.id), ("recall_state", "=", "running")]
        )
        self.assertEqual(line.state, "notified")

    def test_slow_stock_losses_prints_and_scans(self):
        self.assertTrue(
            self.env["pharma.stock.age"].search_count([("is_slow", "=", True)])
        )
        losses = self.env["pharma.expiry.loss"].search([("kind", "=", "loss")])
        self.assertGreaterEqual(len(losses), 8)
        self.assertGreaterEqual(len({loss.date.month for loss in losses}), 5)
        self.assertTrue(all(loss.loss > 0 for loss in losses))
        prints = self.env["pharma.delivery.print"].search([])
        self.assertEqual({1, 2}, set(prints.mapped("number")))
        self.assertLessEqual(
            {"ok", "refused"}, self._states("pharma.scan.entry", field="verdict")
        )

    def test_lot_movements_agree_with_the_transfers(self):
        self.assertEqual(self.env["pharma.lot.flow"]._differences(), [])
        first = self.env["pharma.lot.flow"].search([], order="date", limit=1)
        today = self.env["stock.lot"]._today()
        self.assertLess(first.date.date(), today - timedelta(days=150))

    def test_the_busiest_lot_balances(self):
        """TV-61: what came in is what went out and what lies here."""
        ((lot, _count),) = self.env["pharma.lot.flow"]._read_group(
            [], ["lot_id"], ["__count"], order="__count desc, lot_id", limit=1
        )
        balance = 0
        for flow in self.env["pharma.lot.flow"].search([("lot_id", "=", lot.id)]):
            inside = ("internal", "transit")
            came = flow.location_dest_id.usage in inside
            left = flow.location_id.usage in inside
            balance += (came - left) * flow.quantity
        stock = lot.quant_ids.filtered(lambda q: q.location_id.usage == "internal")
        self.assertEqual(balance, sum(stock.mapped("quantity")))
        self.assertGreater(balance, 0)

    def test_no_lot_is_negative(self):
        self.assertFalse(
            self.env["stock.quant"].search(
                [("location_id.usage", "=", "internal"), ("quantity", "<", 0)]
            )
        )
