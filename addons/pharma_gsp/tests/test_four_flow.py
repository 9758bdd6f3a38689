from psycopg2 import IntegrityError

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ROLES
from .four_flow_common import FlowCommon


@tagged("post_install", "-at_install")
class TestFourFlow(FlowCommon):
    """Order, goods, invoice and money as the documents tell them (CS-30 … CS-33)."""

    # Purchases

    def test_order_waits_for_its_goods_until_promised(self):
        order = self._ordered()
        order.sudo().order_line.date_planned = f"{self.today} 02:00:00"
        self.assertEqual(self._status(order), {"waiting"})
        self.assertEqual(self._codes(order, 1), {"GOODS_MISSING"})
        row = self._rows(order)
        self.assertEqual((row.ordered, row.moved, row.invoiced), (10, 0, 0))
        self.assertEqual(row.ordered_amount, 100)

    def test_promised_day_is_a_day_in_china(self):
        """Boundary: 23:30 in China is still the day before in Greenwich's morning."""
        order = self._ordered()
        order.sudo().order_line.date_planned = "2030-05-09 16:30:00"
        self.assertEqual(str(self._rows(order).promised), "2030-05-10")

    def test_all_four_agree(self):
        order = self._matched_purchase()
        row = self._rows(order)
        self.assertEqual(row.status, "matched")
        self.assertEqual(
            (row.ordered, row.moved, row.invoiced, row.paid_quantity), (10, 10, 10, 10)
        )
        self.assertEqual(
            (row.ordered_amount, row.invoiced_amount, row.paid_amount), (100, 100, 100)
        )
        self.assertEqual(self._codes(order, 200), set())

    def test_part_received_billed_and_paid(self):
        order = self._ordered()
        self._receive(order, 4)
        self._pay(self._bill(order, quantity=4))
        self.assertEqual(self._codes(order, 5), {"GOODS_MISSING"})
        self._receive(order)
        self._pay(self._bill(order, quantity=6))
        self.assertEqual(self._codes(order, 60), set())

    def test_bill_is_missing_a_week_after_the_goods(self):
        """Boundary: the seventh day is in time, the eighth isn't."""
        order = self._ordered()
        self._receive(order)
        self.assertEqual(self._status(order, 7), {"waiting"})
        self.assertEqual(self._codes(order, 8), {"INVOICE_MISSING"})
        self.company.pharma_flow_invoice_days = 10
        self.assertEqual(self._codes(order, 10), set())

    def test_draft_bill_is_no_bill(self):
        order = self._ordered()
        self._receive(order)
        self._draft_bill(order)
        self.assertEqual(self._codes(order, 8), {"INVOICE_MISSING"})

    def test_more_received_than_ordered(self):
        order = self._ordered()
        self._receive(order, 12)
        self.assertEqual(self._codes(order), {"GOODS_OVER"})
        self.assertEqual(self._rows(order).amount, 20)

    def test_more_billed_than_received_by_an_override(self):
        order = self._ordered()
        self._receive(order, 4)
        self._overridden(self._draft_bill(order, quantity=10)).action_post()
        self.assertEqual(self._codes(order, 5), {"GOODS_MISSING", "INVOICE_OVER"})

    def _overridden(self, bill):
        """Have QA let pass what the gate holds against a bill."""
        for finding in bill._gate_findings("vendor_bill"):
            code, model, target, cure_model, cure = finding.key
            override = self._as("finance", self.env["pharma.gate.override"]).create(
                {
                    "check_id": self.env.ref(
                        f"pharma_gsp.pharma_gate_check_{code.lower()}"
                    ).id,
                    "target_model": model,
                    "target_id": target,
                    "cure_model": cure_model,
                    "cure_id": cure,
                    "sentence": finding.sentence,
                    "reason": "已核实",
                }
            )
            self._as("qa", override).action_grant()
        return bill

    def test_prepaid_goods_are_awaited_then_missed(self):
        order = self._ordered()
        bill = self._overridden(self._draft_bill(order))
        bill.action_post()
        self._pay(bill)
        self.assertEqual(self._status(order), {"waiting"})
        self.assertEqual(
            self._codes(order, 5), {"GOODS_MISSING", "INVOICE_OVER", "PAYMENT_OVER"}
        )

    def test_returned_after_the_bill_until_credited_and_refunded(self):
        order = self._ordered()
        receipt = self._receive(order)
        bill = self._bill(order)
        self._pay(bill)
        self._return(receipt, 2)
        self.assertEqual(self._codes(order), {"INVOICE_OVER", "PAYMENT_OVER"})
        note = self._credit(bill, 2)
        self.assertEqual(self._codes(order), {"PAYMENT_OVER"})
        self.assertEqual(self._rows(order).amount, 20)
        self._pay(note)
        self.assertEqual(self._status(order), {"matched"})

    def test_returned_to_be_exchanged(self):
        order = self._ordered()
        receipt = self._receive(order)
        self._pay(self._bill(order))
        self._return(receipt, 2, to_refund=False)
        self.assertEqual(
            self._codes(order, 5), {"GOODS_MISSING", "INVOICE_OVER", "PAYMENT_OVER"}
        )

    def test_price_other_than_ordered(self):
        order = self._ordered()
        self._receive(order)
        self._overridden(self._draft_bill(order, price=10.5)).action_post()
        self.assertEqual(self._codes(order), {"PRICE_DIFF"})
        self.assertEqual(self._rows(order).amount, 5)

    def test_other_lot_on_the_bill(self):
        order = self._ordered(drugs=self.lot_drug)
        self._receive(order, lot="A2603")
        self._overridden(self._draft_bill(order, lots="B2603")).action_post()
        self.assertEqual(self._codes(order), {"LOT_DIFF"})
        row = self._rows(order)
        self.assertEqual((row.lots_moved, row.lots_invoiced), ("A2603", "B2603"))

    def test_payment_is_overdue_the_day_after_it_was_due(self):
        order = self._ordered()
        self._receive(order)
        bill = self._bill(order)
        bill.invoice_date_due = self.today
        self.assertEqual(self._status(order), {"waiting"})
        self.assertEqual(self._codes(order, 1), {"PAYMENT_MISSING"})
        self._pay(bill, amount=40)
        self.assertEqual(self._codes(order, 1), {"PAYMENT_MISSING"})
        self.assertEqual(self._rows(order).paid, 40)

    def test_money_sent_to_somebody_elses_account(self):
        """CS-30, from before the gate: a payment whose bank account isn't theirs."""
        order = self._matched_purchase()
        payment = self.env["account.payment"].search(
            [("partner_id", "=", self.supplier.id)]
        )
        stranger = self._create_partner("陌生人")
        other = self.env["res.partner.bank"].create(
            {"partner_id": stranger.id, "acc_number": "6222020299999999999"}
        )
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_payment SET partner_bank_id = %s WHERE id IN %s",
            (other.id, tuple(payment.ids)),
        )
        self.assertEqual(self._codes(order), {"WRONG_PAYER"})

    def test_dozens_on_the_order_pieces_in_the_stock(self):
        """Line unit other than the product's, and the bill's other than the line's."""
        dozen = self.env.ref("uom.product_uom_dozen")
        piece = self.env.ref("uom.product_uom_unit")
        order = self._create_purchase()
        order.order_line.write({"product_uom_id": dozen.id, "price_unit": 12})
        order = self._as("purchaser", order)
        order.button_confirm()
        self._receive(order)
        bill = self._draft_bill(order)
        bill.invoice_line_ids.write(
            {"product_uom_id": piece.id, "quantity": 120, "price_unit": 1}
        )
        bill.action_post()
        self._pay(bill)
        row = self._rows(order)
        self.assertEqual((row.ordered, row.moved, row.invoiced), (10, 10, 10))
        self.assertEqual(row.status, "matched")

    def test_discount_and_tax(self):
        tax = self.env["account.tax"].create(
            {"name": "13", "amount": 13, "type_tax_use": "purchase"}
        )
        order = self._create_purchase()
        order.order_line.write({"discount": 7, "tax_ids": [Command.set(tax.ids)]})
        order = self._as("purchaser", order)
        order.button_confirm()
        self._receive(order)
        bill = self._bill(order)
        self.assertEqual(bill.amount_total, 105.09)
        self._pay(bill)
        row = self._rows(order)
        self.assertEqual((row.paid, row.paid_amount), (105.09, 93))
        self.assertEqual(row.status, "matched")

    def test_ordered_in_dollars_billed_and_paid_in_yuan(self):
        """Rounding on the way between two currencies is no gap."""
        dollar = self.env.ref("base.USD")
        dollar.active = True
        self.env["res.currency.rate"].create(
            {
                "currency_id": dollar.id,
                "name": self.today,
                "rate": 0.1397,
                "company_id": self.company.id,
            }
        )
        order = self._create_purchase(currency_id=dollar.id)
        order.order_line.write({"product_qty": 7, "price_unit": 3.33})
        order = self._as("purchaser", order)
        order.button_confirm()
        self._receive(order)
        bill = self._draft_bill(order, currency_id=self.company.currency_id.id)
        bill.invoice_line_ids.price_unit = round(3.33 / 0.1397, 4)
        bill.action_post()
        self._pay(bill)
        row = self._rows(order)
        self.assertEqual(row.status, "matched")
        self.assertAlmostEqual(row.ordered_amount, 23.31 / 0.1397, 2)

    def test_dollar_bill_paid_in_yuan(self):
        dollar = self.env.ref("base.USD")
        dollar.active = True
        rates = [
            {"name": self.today, "rate": 0.1397, "currency_id": dollar.id},
        ]
        self.env["res.currency.rate"].create(rates)
        order = self._create_purchase(currency_id=dollar.id)
        order.order_line.write({"product_qty": 7, "price_unit": 3.33})
        order = self._as("purchaser", order)
        order.button_confirm()
        self._receive(order)
        bill = self._bill(order)
        self._pay(bill, currency_id=self.company.currency_id.id)
        self.assertEqual(bill.amount_residual, 0)
        self.assertEqual(self._status(order), {"matched"})

    def test_free_goods_need_no_bill(self):
        order = self._create_purchase()
        order.order_line.price_unit = 0
        order = self._as("purchaser", order)
        order.button_confirm()
        self._receive(order)
        self.assertEqual(self._status(order, 30), {"matched"})

    def test_services_sections_and_drafts_are_no_flows(self):
        service = self.env["product.product"].create(
            {"name": "运费", "type": "service", "pharma_controlled": False}
        )
        order = self._create_purchase()
        self.assertFalse(self._rows(order))
        order.write(
            {
                "order_line": [
                    Command.create(
                        {
                            "name": "药品",
                            "display_type": "line_section",
                            "product_qty": 0,
                        }
                    ),
                    Command.create(
                        {"product_id": service.id, "product_qty": 1, "price_unit": 9}
                    ),
                ]
            }
        )
        self._as("purchaser", order).button_confirm()
        self.assertEqual(self._rows(order).purchase_line_id, order.order_line[0])

    def test_goods_outside_control_are_shown_and_marked(self):
        paper = self.env["product.template"].create(
            {"name": "复印纸", "type": "consu", "pharma_controlled": False}
        )
        order = self._create_purchase(drugs=paper)
        self._as("purchaser", order).button_confirm()
        self.assertFalse(self._rows(order).is_controlled)
        self.assertTrue(self._rows(self._ordered()).is_controlled)

    # Sales

    def test_sale_from_order_to_money(self):
        order = self._sold()
        self.assertEqual(self._codes(order, 3), {"GOODS_MISSING"})
        self._deliver(order)
        self.assertEqual(self._codes(order, 8), {"INVOICE_MISSING"})
        invoice = self._invoice(order)
        due = (invoice.invoice_date_due - self.today).days
        self.assertEqual(self._status(order, due), {"waiting"})
        self.assertEqual(self._codes(order, due + 1), {"PAYMENT_MISSING"})
        self._pay(invoice)
        self.assertEqual(self._status(order), {"matched"})

    def test_owner_of_a_sales_gap(self):
        order = self._sold()
        order.sudo().commitment_date = "2020-01-02 02:00:00"
        row = self._rows(order)
        self.assertEqual((row.owner, row.owners), ("warehouse", "warehouse"))
        self.assertEqual(str(row.since), "2020-01-03")
        self.assertEqual(row.age_days, (self.today - row.since).days)

    def test_buyer_returned_goods_after_the_invoice(self):
        order = self._sold()
        delivery = self._deliver(order)
        invoice = self._invoice(order)
        self._pay(invoice)
        self._return(delivery, 1)
        self.assertEqual(self._codes(order), {"INVOICE_OVER", "PAYMENT_OVER"})

    def _pay_by(self, invoice, payer):
        payment = self._as("finance", self.env["account.payment"]).create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": self.hospital.id,
                "pharma_payer_id": payer.id,
                "amount": invoice.amount_total,
            }
        )
        payment.action_post()
        lines = (payment.move_id | invoice).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        lines.reconcile()
        return payment

    def test_another_company_pays_by_agreement_until_that_proves_void(self):
        """CS-32"""
        payer = self._create_partner("代付公司")
        agreement = self._file(
            "THIRD_PARTY_PAYMENT", self.hospital, related_partner_id=payer.id
        )
        order = self._sold()
        self._deliver(order)
        self._pay_by(self._invoice(order), payer)
        self.assertEqual(self._status(order), {"matched"})
        self._as("qa", agreement).void("伪造")
        self.assertEqual(self._codes(order), {"WRONG_PAYER"})

    # The board

    def test_board_is_searched_and_grouped_by_gaps(self):
        late = self._ordered()
        late.sudo().order_line.date_planned = "2020-01-02 02:00:00"
        self._matched_purchase()
        flows = self._as("finance", self.env["pharma.four.flow"])
        code = self.env.ref("pharma_gsp.pharma_flow_code_goods_missing")
        for domain in (
            [("status", "=", "gap"), ("is_closed", "=", False)],
            [("gap_code_ids", "in", code.ids)],
            [("gap_code_ids", "ilike", code.name)],
            [("owners", "like", "purchase")],
            [("age_days", ">", 30)],
        ):
            with self.subTest(domain):
                self.assertEqual(flows.search(domain).purchase_id, late)
        groups = flows._read_group(
            [("status", "=", "gap")], ["code_id", "owner"], ["amount:sum"]
        )
        self.assertEqual(groups, [(code.with_env(flows.env), "purchase", 100.0)])

    def test_row_tells_its_gaps_in_words(self):
        order = self._ordered()
        order.sudo().order_line.date_planned = "2020-01-02 02:00:00"
        row = self._rows(order, "finance")
        self.assertRegex(str(row.gap_text), r"Goods missing</b> — 10 .*100\.00.*01/03")
        self.assertEqual(row.gap_code_ids.mapped("code"), ["GOODS_MISSING"])

    def test_row_leads_to_its_documents(self):
        order = self._matched_purchase()
        row = self._rows(order, "finance")
        self.assertEqual(row.action_open_order()["res_id"], order.id)
        self.assertEqual(
            row.action_open_transfers()["res_id"], order.sudo().picking_ids.id
        )
        self.assertEqual(
            row.action_open_invoices()["res_id"], order.sudo().invoice_ids.id
        )
        self.assertEqual(row.action_open_payments()["res_model"], "account.payment")
        with self.assertTold("none yet"):
            self._rows(self._ordered(), "finance").action_open_payments()

    def test_buyers_see_purchases_sellers_sales_finance_both(self):
        purchase, sale = self._ordered(), self._sold()
        both = self._rows(purchase) | self._rows(sale)
        seen = {
            "purchaser": self._rows(purchase),
            "seller": self._rows(sale),
            "finance": both,
            "receiver": both,
            "qa": both,
            "auditor": both,
        }
        for role, expected in seen.items():
            with self.subTest(role):
                flows = self._as(role, self.env["pharma.four.flow"])
                self.assertEqual(flows.search([("id", "in", both.ids)]), expected)

    def test_warehouse_sees_quantities_but_no_money(self):
        row = self._rows(self._ordered(), "receiver")
        self.assertEqual(row.ordered, 10)
        for name in ("ordered_amount", "amount", "unit_price", "paid"):
            with self.subTest(name), self.assertRaises(AccessError):
                row.read([name])
        self.assertNotIn("100", str(row.gap_text))

    def test_nobody_writes_the_board(self):
        row = self._rows(self._ordered())
        for role in ROLES:
            for operation in ("write", "create", "unlink"):
                self.assertFalse(self._as(role, row).has_access(operation))

    def test_sister_company_sees_nothing(self):
        order = self._ordered()
        company = self.env["res.company"].create({"name": "兄弟公司"})
        user = self._create_user(
            "finance",
            login="other_finance",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        rows = self._rows(order)
        self.assertTrue(rows)
        self.assertFalse(rows.with_user(user).search([("purchase_id", "=", order.id)]))

    def test_tolerances_are_never_negative(self):
        for field in (
            "pharma_flow_quantity_tolerance",
            "pharma_flow_amount_tolerance",
            "pharma_flow_invoice_days",
        ):
            with (
                self.subTest(field),
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
            ):
                self.company[field] = -1
                self.env.flush_all()

    def test_tolerances_end_where_the_match_would(self):
        """CS-31: nobody switches it off by a wide tolerance."""
        for field, most in (
            ("pharma_flow_quantity_tolerance", 5),
            ("pharma_flow_amount_tolerance", 1),
            ("pharma_flow_invoice_days", 31),
        ):
            self.company[field] = most
            self.env.flush_all()
            with (
                self.subTest(field),
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
            ):
                self.company[field] = most + 1
                self.env.flush_all()

    def test_only_quality_sets_the_tolerances(self):
        for role in ("qa_manager", "quality_head"):
            self._as(role, self.company).pharma_flow_invoice_days = 3
            with self.subTest(role), self.assertRaises(AccessError):
                self._as(role, self.company).name = "别的公司"
        for role in ("it_admin", "finance"):
            with self.subTest(role), self.assertRaises(AccessError):
                self._as(role, self.company).pharma_flow_invoice_days = 4
        self._as("it_admin", self.company).pharma_due_days = 20
