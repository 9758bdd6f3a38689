from contextlib import contextmanager

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.pharma_gsp.exceptions import GateRefusal

from .common import PharmaCommon, PharmaHttpCommon

# {document: (role that does it, button, value of its last state, check it breaks)}
DOCUMENTS = {
    "purchase_order": ("purchaser", "button_confirm", "purchase", "LICENCE_EXPIRED"),
    "receipt": ("receiver", "button_validate", "done", "LICENCE_EXPIRED"),
    "sale_order": ("seller", "action_confirm", "sale", "LICENCE_EXPIRED"),
    "delivery": ("picker", "button_validate", "done", "LICENCE_EXPIRED"),
    "vendor_bill": ("finance", "action_post", "posted", "ORDER_MISSING"),
    "customer_invoice": ("finance", "action_post", "posted", "ORDER_MISSING"),
    "payment": ("finance", "action_post", "paid", "BANK_ACCOUNT"),
}


class Documents:
    """One illegal document of each kind, ready for its last step."""

    def _illegal(self, kind):
        return getattr(self, f"_illegal_{kind}")()

    def _illegal_purchase_order(self):
        order = self._create_purchase()
        self._expire(self._paper(self.supplier, "DIST_LICENCE"))
        return order

    def _illegal_sale_order(self):
        order = self._create_sale()
        self._expire(self._paper(self.hospital, "PRACTICE_LICENCE"))
        return order

    def _illegal_receipt(self):
        receipt = self._ordered().sudo().picking_ids
        self._expire(self._paper(self.supplier, "DIST_LICENCE"))
        return self._picked(receipt)

    def _illegal_delivery(self):
        delivery = self._sold().sudo().picking_ids
        self._expire(self._paper(self.hospital, "PRACTICE_LICENCE"))
        return self._picked(delivery)

    def _picked(self, picking):
        for move in picking.move_ids:
            move.write({"quantity": move.product_uom_qty, "picked": True})
        return picking

    def _illegal_vendor_bill(self):
        return self._create_invoice("in_invoice", self.supplier)

    def _illegal_customer_invoice(self):
        return self._create_invoice("out_invoice", self.hospital)

    def _create_invoice(self, move_type, partner, **values):
        return self.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": partner.id,
                "invoice_date": self.today,
                "ref": "FP-1",
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": self.drug.product_variant_id.id,
                            "quantity": 1,
                            "price_unit": 10,
                            "tax_ids": False,
                        }
                    )
                ],
                **values,
            }
        )

    def _illegal_payment(self):
        return self.env["account.payment"].create(
            {
                "payment_type": "outbound",
                "partner_type": "supplier",
                "partner_id": self.supplier.id,
                "amount": 100,
            }
        )


@tagged("post_install", "-at_install")
class TestDoors(Documents, PharmaCommon):
    """Every door of every document leads through the gate (CS-05)."""

    @contextmanager
    def _undone(self):
        """One combination doesn't disturb the next."""
        savepoint = self.env.cr.savepoint()
        try:
            yield
        finally:
            savepoint.rollback()
            savepoint.close(rollback=False)
            self.env.invalidate_all()

    def _knock(self, door):
        """Try a door with each document.

        :param door: function of (record as its role, button, last state)
        """
        for kind, (role, button, state, code) in DOCUMENTS.items():
            with self.subTest(kind), self._undone():
                record = self._as(role, self._illegal(kind))
                with self.assertRaises(GateRefusal) as caught:
                    door(record, button, state)
                codes = {f["code"] for f in caught.exception.context["findings"]}
                self.assertIn(code, codes)
                self.assertNotEqual(record.state, state)

    def test_button(self):
        self._knock(lambda record, button, state: getattr(record, button)())

    def test_button_of_the_superuser(self):
        self._knock(lambda record, button, state: getattr(record.sudo(), button)())

    def test_button_pressed_by_a_copy_of_the_context(self):
        """No context key opens the gate."""
        keys = dict.fromkeys(
            (
                "skip_validation_check",
                "skip_gate",
                "import_file",
                "install_mode",
                "tracking_disable",
                "validate_analytic",
                "no_check",
            ),
            True,
        )
        self._knock(
            lambda record, button, state: getattr(record.with_context(**keys), button)()
        )

    def _write_state(self, record, state):
        """As RPC can: on the moves where the state of a transfer comes from."""
        target = record.move_ids if record._name == "stock.picking" else record
        target.write({"state": state})
        self.env.flush_all()

    def test_write_of_the_state_by_the_role(self):
        self._knock(lambda record, button, state: self._write_state(record, state))

    def test_write_of_the_state_by_the_superuser(self):
        self._knock(
            lambda record, button, state: self._write_state(record.sudo(), state)
        )

    def test_copy_of_a_document(self):
        def copy_and_press(record, button, state):
            copy = record.copy()
            if copy._name == "stock.picking":
                self._picked(copy)
            elif copy._name == "account.move":
                copy.write({"invoice_date": self.today, "ref": "FP-2"})
            getattr(copy, button)()

        self._knock(copy_and_press)

    def test_scheduled_job(self):
        """A job runs its server action as superuser."""

        def run_job(record, button, state):
            self.env["ir.cron"].create(
                {
                    "name": "night",
                    "model_id": self.env["ir.model"]._get_id(record._name),
                    "state": "code",
                    "code": f"model.browse({record.id}).{button}()",
                    "interval_number": 1,
                    "interval_type": "days",
                }
            ).ir_actions_server_id.run()

        self._knock(run_job)

    @mute_logger(
        "odoo.addons.base.models.ir_cron", "odoo.addons.base.models.ir_actions"
    )
    def test_job_that_is_refused_changes_nothing(self):
        order = self._illegal_sale_order()
        job = self.env["ir.cron"].create(
            {
                "name": "night",
                "model_id": self.env["ir.model"]._get_id("sale.order"),
                "state": "code",
                "code": f"model.browse({order.id}).action_confirm()",
                "interval_number": 1,
                "interval_type": "days",
            }
        )
        with self.enter_registry_test_mode():
            job.method_direct_trigger()
        self.assertEqual(order.state, "draft")

    # Import of records that are born in their last state

    def _import(self, role, model, values):
        """{field path: value} as the one row of a file."""
        fields, row = zip(*values.items(), strict=True)
        return self._as(role, self.env[model]).load(
            list(fields), [[str(value) for value in row]]
        )

    def _imports(self):
        """(role, model, row) of each kind of document."""
        product = self.drug.product_variant_id.id
        locations = {
            "supplier": self.env.ref("stock.stock_location_suppliers").id,
            "customer": self.env.ref("stock.stock_location_customers").id,
            "stock": self.env["stock.warehouse"].search([], limit=1).lot_stock_id.id,
        }
        move = {"product_id/.id": product, "product_uom_qty": 5, "state": "done"}
        line = "invoice_line_ids"
        invoice = {
            "invoice_date": self.today,
            "state": "posted",
            f"{line}/product_id/.id": product,
            f"{line}/price_unit": 10,
        }
        return {
            "purchase_order": (
                "purchaser",
                "purchase.order",
                {
                    "partner_id/.id": self.supplier.id,
                    "order_line/product_id/.id": product,
                    "order_line/product_qty": 5,
                    "state": "purchase",
                },
            ),
            "sale_order": (
                "seller",
                "sale.order",
                {
                    "partner_id/.id": self.hospital.id,
                    "order_line/product_id/.id": product,
                    "order_line/product_uom_qty": 5,
                    "state": "sale",
                },
            ),
            "receipt": (
                "receiver",
                "stock.move",
                {
                    **move,
                    "location_id/.id": locations["supplier"],
                    "location_dest_id/.id": locations["stock"],
                },
            ),
            "delivery": (
                "picker",
                "stock.move",
                {
                    **move,
                    "location_id/.id": locations["stock"],
                    "location_dest_id/.id": locations["customer"],
                },
            ),
            "vendor_bill": (
                "finance",
                "account.move",
                {
                    **invoice,
                    "move_type": "in_invoice",
                    "partner_id/.id": self.supplier.id,
                },
            ),
            "customer_invoice": (
                "finance",
                "account.move",
                {
                    **invoice,
                    "move_type": "out_invoice",
                    "partner_id/.id": self.hospital.id,
                },
            ),
            "payment": (
                "finance",
                "account.payment",
                {
                    "payment_type": "outbound",
                    "partner_type": "supplier",
                    "partner_id/.id": self.supplier.id,
                    "amount": 100,
                    "state": "paid",
                },
            ),
        }

    def test_import_in_the_last_state(self):
        self._expire(self._paper(self.supplier, "DIST_LICENCE"))
        self._expire(self._paper(self.hospital, "PRACTICE_LICENCE"))
        imports = self._imports()
        self.assertEqual(imports.keys(), DOCUMENTS.keys())
        for kind, (role, model, row) in imports.items():
            with self.subTest(kind):
                count = self.env[model].search_count([])
                result = self._import(role, model, row)
                self.assertFalse(result["ids"])
                # Odoo itself lets no invoice be born posted.
                self.assertRegex(
                    result["messages"][0]["message"],
                    r"^1\. |already in the posted state",
                )
                self.assertEqual(self.env[model].search_count([]), count)

    # Growing what was confirmed

    def _line_values(self, **values):
        return {
            "order_id": values.pop("order").id,
            "product_id": self.drug.product_variant_id.id,
            **values,
        }

    def _orders(self):
        """(order confirmed when all was fine, quantity field, model of lines)"""
        sale, purchase = self._sold(), self._ordered()
        self._expire(self._paper(self.supplier, "DIST_LICENCE"))
        self._expire(self._paper(self.hospital, "PRACTICE_LICENCE"))
        return [(sale, "product_uom_qty"), (purchase, "product_qty")]

    def test_line_added_to_a_confirmed_order(self):
        for order, quantity in self._orders():
            with self.subTest(order._name):
                self.assertRefused(
                    lambda order=order, quantity=quantity: order.order_line.create(
                        self._line_values(order=order, **{quantity: 1})
                    ),
                    "LICENCE_EXPIRED",
                    "SCOPE_PARTNER",
                )

    def test_line_written_with_a_confirmed_order(self):
        for order, quantity in self._orders():
            with self.subTest(order._name):
                line = Command.create(
                    {"product_id": self.drug.product_variant_id.id, quantity: 1}
                )
                self.assertRefused(
                    lambda order=order, line=line: order.write({"order_line": [line]}),
                    "LICENCE_EXPIRED",
                    "SCOPE_PARTNER",
                )

    def test_quantity_raised_on_a_confirmed_order(self):
        for order, quantity in self._orders():
            with self.subTest(order._name):
                self.assertRefused(
                    lambda order=order, q=quantity: order.order_line.write({q: 99}),
                    "LICENCE_EXPIRED",
                    "SCOPE_PARTNER",
                )

    def test_quantity_lowered_on_a_confirmed_order_is_fine(self):
        for order, quantity in self._orders():
            with self.subTest(order._name):
                order.order_line.write({quantity: 1})
                self.assertEqual(order.order_line[quantity], 1)

    def test_line_moved_over_from_a_draft_order(self):
        for order, _quantity in self._orders():
            draft = order.copy()
            with self.subTest(order._name):
                self.assertRefused(
                    lambda order=order, draft=draft: draft.order_line.write(
                        {"order_id": order.id}
                    ),
                    "LICENCE_EXPIRED",
                    "SCOPE_PARTNER",
                )

    def test_larger_unit_on_a_confirmed_order(self):
        for order, _quantity in self._orders():
            with self.subTest(order._name), self.assertRaises(UserError):
                order.order_line.write(
                    {"product_uom_id": self.env.ref("uom.product_uom_dozen").id}
                )

    def test_order_of_a_change_of_partner_after_confirmation(self):
        stranger = self._create_partner("陌生人")
        for order in (self._sold(), self._ordered()):
            with self.subTest(order._name), self.assertRaises(GateRefusal):
                order.write({"partner_id": stranger.id})

    # Goods without an order

    def _bare_move(self, source, target, **values):
        warehouse = self.env["stock.warehouse"].search([], limit=1)
        places = {
            "stock": warehouse.lot_stock_id.id,
            "customer": self.env.ref("stock.stock_location_customers").id,
            "supplier": self.env.ref("stock.stock_location_suppliers").id,
            "wide": warehouse.view_location_id.id,
        }
        move = self._as("storekeeper", self.env["stock.move"]).create(
            {
                "product_id": self.drug.product_variant_id.id,
                "product_uom_qty": 5,
                "location_id": places[source],
                "location_dest_id": places[target],
                "partner_id": self.hospital.id,
                **values,
            }
        )
        move._action_confirm()
        move.write({"quantity": 5, "picked": True})
        return move

    def test_bare_move_to_a_customer(self):
        self._stock(self.drug)
        self.assertRefused(
            self._bare_move("stock", "customer")._action_done, "ORDER_MISSING"
        )

    def test_bare_move_from_a_supplier(self):
        move = self._bare_move("supplier", "stock", partner_id=self.supplier.id)
        self.assertRefused(move._action_done, "ORDER_MISSING")

    def test_bare_transfer_to_a_customer(self):
        self._stock(self.drug)
        warehouse = self.env["stock.warehouse"].search([], limit=1)
        picking = self._as("picker", self.env["stock.picking"]).create(
            {
                "picking_type_id": warehouse.out_type_id.id,
                "partner_id": self.hospital.id,
                "location_id": warehouse.lot_stock_id.id,
                "location_dest_id": self.env.ref("stock.stock_location_customers").id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": self.drug.product_variant_id.id,
                            "product_uom_qty": 5,
                            "location_id": warehouse.lot_stock_id.id,
                            "location_dest_id": self.env.ref(
                                "stock.stock_location_customers"
                            ).id,
                        }
                    )
                ],
            }
        )
        picking.action_confirm()
        self._picked(picking)
        self.assertRefused(picking.button_validate, "ORDER_MISSING")

    def test_order_that_is_not_confirmed_is_no_order(self):
        self._stock(self.drug)
        draft = self._create_sale()
        move = self._bare_move("stock", "customer", sale_line_id=draft.order_line.id)
        self.assertRefused(move._action_done, "ORDER_MISSING")

    def test_order_of_another_product_is_no_order(self):
        other = self._create_drug("CHEM", name="头孢克肟片")
        self._stock(self.drug)
        sold = self._sold(drugs=other)
        move = self._bare_move("stock", "customer", sale_line_id=sold.order_line.id)
        self.assertRefused(move._action_done, "ORDER_MISSING")

    def test_internal_move_whose_line_leads_to_a_customer(self):
        self._stock(self.drug)
        move = self._bare_move("stock", "stock")
        customers = self.env.ref("stock.stock_location_customers")
        move.move_line_ids.location_dest_id = customers
        self.assertRefused(move._action_done, "ORDER_MISSING")

    def test_internal_move_is_nobodys_business(self):
        self._stock(self.drug)
        move = self._bare_move("stock", "stock")
        move._action_done()
        self.assertEqual(move.state, "done")

    def test_delivery_of_another_company_than_ordered(self):
        other = self._create_buyer("HOSPITAL", "CHEM")
        delivery = self._picked(self._sold().sudo().picking_ids)
        delivery.partner_id = other
        self.assertRefused(
            self._as("picker", delivery).button_validate, "PARTY_MISMATCH"
        )

    # Invoices and money

    def test_invoice_of_another_company_than_ordered(self):
        """CS-32"""
        other = self._create_buyer("HOSPITAL", "CHEM")
        invoice = self._as("finance", self._sold())._create_invoices()
        invoice.partner_id = other
        self.assertRefused(invoice.action_post, "PARTY_MISMATCH")

    def test_receipt_documents_are_invoices_too(self):
        """CS-30: a sales or purchase receipt isn't a way round the order."""
        for move_type, partner in (
            ("out_receipt", self.hospital),
            ("in_receipt", self.supplier),
        ):
            move = self._as("finance", self._create_invoice(move_type, partner))
            with self.subTest(move_type):
                self.assertRefused(move.action_post, "ORDER_MISSING")

    def test_invoice_of_services_needs_no_order(self):
        service = self.env["product.product"].create(
            {"name": "咨询", "type": "service", "taxes_id": False}
        )
        invoice = self._create_invoice("out_invoice", self.hospital)
        invoice.invoice_line_ids.product_id = service
        self._as("finance", invoice).action_post()
        self.assertEqual(invoice.state, "posted")

    def _posted_invoice(self):
        invoice = self._as("finance", self._sold())._create_invoices()
        invoice.action_post()
        return invoice

    def test_payment_of_another_buyer_does_not_settle_an_invoice(self):
        """CS-32: where both meet, whatever made them."""
        invoice = self._posted_invoice()
        payment = self._as("finance", self.env["account.payment"]).create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": self._create_buyer("HOSPITAL", "CHEM").id,
                "amount": invoice.amount_total,
            }
        )
        payment.action_post()
        lines = (payment.move_id | invoice).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        self.assertRefused(lines.reconcile, "THIRD_PARTY_PAYER")

    def _booked(self, partner, amount):
        """Money booked by hand, without a payment."""
        bank = self.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", self.company.id)], limit=1
        )
        entry = self._as("finance", self.env["account.move"]).create(
            {
                "move_type": "entry",
                "journal_id": bank.id,
                "line_ids": [
                    Command.create(
                        {"account_id": bank.default_account_id.id, "debit": amount}
                    ),
                    Command.create(
                        {
                            "account_id": partner.property_account_receivable_id.id,
                            "partner_id": partner.id,
                            "credit": amount,
                        }
                    ),
                ],
            }
        )
        entry.action_post()
        return entry

    def test_money_booked_for_another_company_does_not_settle_an_invoice(self):
        """CS-32"""
        invoice = self._posted_invoice()
        entry = self._booked(self._create_partner("个人"), invoice.amount_total)
        lines = (entry | invoice).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        self.assertRefused(lines.reconcile, "THIRD_PARTY_PAYER")

    def test_money_booked_for_the_buyer_settles_its_invoice(self):
        """CS-32"""
        invoice = self._posted_invoice()
        entry = self._booked(self.hospital, invoice.amount_total)
        (entry | invoice).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        ).reconcile()
        self.assertEqual(invoice.payment_state, "paid")

    # Goods outside control

    def test_goods_outside_control_trade_without_any_file(self):
        """Office supplies, taken out of control by QA."""
        paper = self.env["product.template"].create(
            {"name": "复印纸", "type": "consu", "taxes_id": False}
        )
        with self.assertTold("Only the quality department"):
            self._as("purchaser", paper).pharma_controlled = False
        self._as("qa", paper).pharma_controlled = False
        stranger = self._create_partner("文具店")
        order = self._create_sale(drugs=paper, partner=stranger)
        self._as("seller", order).action_confirm()
        self.assertEqual(order.state, "sale")

    def test_new_goods_are_under_control_from_birth(self):
        goods = self._as("purchaser", self.env["product.template"]).create(
            {"name": "新品", "type": "consu"}
        )
        self.assertTrue(goods.pharma_controlled)
        with self.assertTold("Only the quality department"):
            goods.create({"name": "新品", "type": "consu", "pharma_controlled": False})


@tagged("post_install", "-at_install")
class TestDoorsOverHttp(Documents, PharmaHttpCommon):
    """The same documents, pressed by an integration (CS-05)."""

    @mute_logger("odoo.http")
    def _assert_refused_by_rpc(self, kind):
        role, button, state, _code = DOCUMENTS[kind]
        record = self._illegal(kind)
        answer = self._json2(self.users[role], record._name, button, ids=record.ids)
        self.assertEqual(answer.status_code, 422, answer.text)
        self.assertRegex(answer.json()["message"], r"^1\. ")
        self.assertNotEqual(record.state, state)
        event = self.env["pharma.gate.event"].search([("res_id", "=", record.id)])
        self.assertEqual(event.user_id, self.users[role])

    def test_order_of_a_locked_supplier(self):
        self._assert_refused_by_rpc("purchase_order")

    def test_receipt_of_a_locked_supplier(self):
        self._assert_refused_by_rpc("receipt")

    def test_order_of_a_locked_buyer(self):
        self._assert_refused_by_rpc("sale_order")

    def test_delivery_to_a_locked_buyer(self):
        self._assert_refused_by_rpc("delivery")

    def test_bill_without_an_order(self):
        self._assert_refused_by_rpc("vendor_bill")

    def test_invoice_without_an_order(self):
        self._assert_refused_by_rpc("customer_invoice")

    def test_payment_to_an_unknown_account(self):
        self._assert_refused_by_rpc("payment")

    @mute_logger("odoo.http")
    def test_state_written_by_rpc(self):
        order = self._illegal_sale_order()
        answer = self._json2(
            self.users["seller"],
            "sale.order",
            "write",
            ids=order.ids,
            vals={"state": "sale"},
        )
        self.assertEqual(answer.status_code, 422, answer.text)
        self.assertEqual(order.state, "draft")

    @mute_logger("odoo.http")
    def test_order_created_confirmed_by_rpc(self):
        self._expire(self._paper(self.hospital, "PRACTICE_LICENCE"))
        line = {"product_id": self.drug.product_variant_id.id, "product_uom_qty": 1}
        answer = self._json2(
            self.users["seller"],
            "sale.order",
            "create",
            vals_list=[
                {
                    "partner_id": self.hospital.id,
                    "state": "sale",
                    "order_line": [[0, 0, line]],
                }
            ],
        )
        self.assertEqual(answer.status_code, 422, answer.text)
        self.assertFalse(
            self.env["sale.order"].search([("partner_id", "=", self.hospital.id)])
        )
