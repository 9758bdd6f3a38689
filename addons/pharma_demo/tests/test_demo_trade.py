from odoo.tests import TransactionCase, tagged

OPEN_SALES = [("state", "=", "sale"), ("delivery_status", "!=", "full")]
OPEN_PURCHASES = [("state", "=", "purchase"), ("receipt_status", "!=", "full")]


@tagged("post_install", "-at_install")
class TestDemoTrade(TransactionCase):
    """Six months of trade: enough, balanced, and nothing the gate would refuse."""

    def _blocking(self, records, operation):
        findings = records._gate_findings(operation)
        granted = self.env["pharma.gate"]._granted_overrides(findings)
        return [
            f"{finding.subject.record.display_name}: {finding.sentence}"
            for finding in findings
            if finding.severity != "warn" and finding.key not in granted
        ]

    def test_orders_stand_in_every_state(self):
        sales = self.env["sale.order"].search([])
        self.assertGreaterEqual(len(sales), 250)
        self.assertEqual(
            set(sales.mapped("state")), {"draft", "sent", "sale", "cancel"}
        )
        self.assertLessEqual(
            {"pending", "partial", "full"}, set(sales.mapped("delivery_status"))
        )
        purchases = self.env["purchase.order"].search([])
        self.assertGreaterEqual(len(purchases), 60)
        self.assertEqual(
            set(purchases.mapped("state")), {"draft", "sent", "purchase", "cancel"}
        )
        self.assertLessEqual(
            {"pending", "partial", "full"}, set(purchases.mapped("receipt_status"))
        )

    def test_trade_covers_six_months(self):
        groups = self.env["sale.order"]._read_group(
            [("state", "=", "sale")], ["date_order:month"], ["__count"]
        )
        self.assertGreaterEqual(len(groups), 6)

    def test_no_open_order_would_be_refused(self):
        sales = self.env["sale.order"].search(OPEN_SALES)
        # Confirmed before a lot of theirs was stopped: these wait for goods (ST-13).
        freed = self.env["pharma.freed.reservation"].search([("missing", ">", 0)])
        self.assertEqual(len(freed.sale_id & sales), 1)
        self.assertGreater(len(sales), 10)
        self.assertEqual(self._blocking(sales - freed.sale_id, "sale_confirm"), [])
        purchases = self.env["purchase.order"].search(OPEN_PURCHASES)
        self.assertTrue(purchases)
        self.assertEqual(self._blocking(purchases, "purchase_confirm"), [])

    def test_the_quotations_to_try_are_refused(self):
        for ref, code in (("B042", "DELIVERY_ADDRESS"), ("B029", "SCOPE_SPECIAL")):
            orders = self.env["sale.order"].search(
                [("partner_id.ref", "=", ref), ("state", "=", "draft")]
            )
            codes = {finding.code for finding in orders._gate_findings("sale_confirm")}
            self.assertIn(code, codes)
        order = self.env["purchase.order"].search(
            [("partner_id.ref", "=", "S02"), ("state", "=", "draft")]
        )
        codes = {finding.code for finding in order._gate_findings("purchase_confirm")}
        self.assertIn("LICENCE_EXPIRED", codes)

    def test_refusals_of_past_weeks_are_recorded(self):
        events = self.env["pharma.gate.event"].search([("result", "=", "refused")])
        self.assertGreaterEqual(len(events), 40)
        self.assertGreaterEqual(len(set(events.mapped(lambda e: e.date.date()))), 15)
        self.assertLessEqual(
            {"sale_confirm", "purchase_confirm", "payment", "customer_invoice"},
            set(events.mapped("operation")),
        )

    def test_stock_is_never_negative(self):
        negative = self.env["stock.quant"].search(
            [("location_id.usage", "=", "internal"), ("quantity", "<", 0)]
        )
        self.assertFalse(negative)

    def test_stock_lies_in_its_zone(self):
        quants = self.env["stock.quant"].search(
            [("location_id.usage", "=", "internal"), ("quantity", ">", 0)]
        )
        self.assertGreaterEqual(len(quants.product_id), 400)
        self.assertTrue(all(quants.mapped("lot_id")))
        zones = {"cold": {"冷藏库", "特药冷藏柜"}, "frozen": {"冷冻库"}}
        for quant in quants:
            names = zones.get(quant.product_id.storage_class)
            if names:
                self.assertIn(
                    quant.location_id.name, names, quant.product_id.display_name
                )

    def test_totals_agree(self):
        for order in self.env["sale.order"].search(
            [("invoice_status", "=", "invoiced")]
        ):
            invoices = order.invoice_ids.filtered(
                lambda move: move.move_type == "out_invoice"
            )
            self.assertEqual(
                order.currency_id.compare_amounts(
                    order.amount_total, sum(invoices.mapped("amount_total"))
                ),
                0,
                order.name,
            )

    def test_suppliers_were_paid_to_verified_accounts(self):
        payments = self.env["account.payment"].search(
            [("payment_type", "=", "outbound"), ("state", "!=", "draft")]
        )
        self.assertTrue(payments)
        self.assertTrue(all(payments.partner_bank_id.mapped("pharma_is_verified")))

    def test_every_desk_has_work(self):
        work = {
            "purchaser": [("purchase.order", [("state", "in", ("draft", "sent"))])],
            "receiver": [
                (
                    "stock.picking",
                    [
                        ("picking_type_code", "=", "incoming"),
                        ("state", "=", "assigned"),
                    ],
                )
            ],
            "picker": [
                (
                    "stock.picking",
                    [
                        ("picking_type_code", "=", "outgoing"),
                        ("state", "=", "assigned"),
                    ],
                )
            ],
            "seller": [("sale.order", [("state", "in", ("draft", "sent"))])],
            "finance": [
                (
                    "account.move",
                    [("move_type", "=", "in_invoice"), ("state", "=", "draft")],
                ),
                (
                    "account.move",
                    [("move_type", "=", "out_invoice"), ("state", "=", "draft")],
                ),
                ("sale.order", [("invoice_status", "=", "to invoice")]),
                ("purchase.order", [("invoice_status", "=", "to invoice")]),
            ],
            "qa": [
                ("pharma.document", [("state", "=", "draft")]),
                ("pharma.gate.override", [("state", "=", "requested")]),
            ],
        }
        for login, searches in work.items():
            user = self.env["res.users"].search([("login", "=", login)])
            for model, domain in searches:
                with self.subTest(login=login, model=model):
                    self.assertTrue(
                        self.env[model].with_user(user).search_count(domain)
                    )

    def test_portal_supplier_sees_requests_and_orders(self):
        user = self.env["res.users"].search([("login", "=", "supplier")])
        orders = self.env["purchase.order"].with_user(user).search([])
        self.assertLessEqual({"sent", "purchase"}, set(orders.mapped("state")))
        self.assertEqual(orders.sudo().partner_id, user.partner_id.parent_id)

    def test_portal_customers_see_their_own_orders_only(self):
        for login in ("hospital", "chain", "clinic", "pharmacy"):
            user = self.env["res.users"].search([("login", "=", login)])
            orders = self.env["sale.order"].with_user(user).search([])
            with self.subTest(login=login):
                self.assertTrue(orders)
                self.assertEqual(orders.sudo().partner_id, user.partner_id.parent_id)
