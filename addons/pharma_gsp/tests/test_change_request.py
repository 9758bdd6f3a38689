from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged

from odoo.addons.pharma_gsp.exceptions import GateRefusal

from .common import PharmaCommon
from .posted import PostedTrade


@tagged("post_install", "-at_install")
class TestChangeRequest(PostedTrade, PharmaCommon):
    """A correction is asked for with reason, approved by QA, executed as a version."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.line = cls.receipt.move_line_ids

    def _stocked(self, lot=None, location=None):
        return sum(
            self.env["stock.quant"]
            .search(
                [
                    ("lot_id", "=", (lot or self.lot).id),
                    ("location_id", "=", (location or self.line.location_dest_id).id),
                ]
            )
            .mapped("quantity")
        )

    def _versions(self, record):
        return self.env["pharma.record.version"].search(
            [("res_model", "=", record._name), ("res_id", "=", record.id)],
            order="version",
        )

    def _approve(self, request, role="qa"):
        self._as(role, request).action_approve()
        self.assertEqual(request.state, "executed")
        return request

    # TV-52

    def test_auditor_is_offered_no_correction(self):
        """She changes nothing, so she isn't invited to."""
        for role, offered in (("receiver", True), ("auditor", False)):
            actions = self._as(role, self.env["ir.actions.actions"])
            bound = actions.get_bindings("stock.picking").get("action", ())
            names = [action["name"] for action in bound]
            with self.subTest(role):
                self.assertEqual("Request Correction" in names, offered)

    def test_lots_on_a_bill_are_corrected_and_matched_again(self):
        """CS-31"""
        entry = self.bill.invoice_line_ids
        self.assertEqual(entry.pharma_lot_names, "A1")
        strange = self._ask(self.bill, {(entry, "pharma_lot_names"): "B7"}, "finance")
        with self.assertTold("B7"):
            self._as("qa", strange).action_approve()
        request = self._ask(self.bill, {(entry, "pharma_lot_names"): "a1"}, "finance")
        self._approve(request)
        self.assertEqual(entry.pharma_lot_names, "a1")

    def test_received_quantity_is_corrected_as_version_two(self):
        """TV-52: with reason, old and new value, requester, approver and time."""
        before = fields.Datetime.now()
        self.assertEqual(self._stocked(), 7)
        request = self._ask(self.receipt, {(self.line, "quantity"): "11"})
        self.assertEqual(request.state, "requested")
        self.assertEqual(self.line.quantity, 12)
        self._approve(request)
        self.assertEqual(self.line.quantity, 11)
        self.assertEqual(self.receipt.move_ids.quantity, 11)
        self.assertEqual(self._stocked(), 6)
        self.assertEqual(self.purchase.order_line.qty_received, 11)
        first, second = self._versions(self.receipt)
        self.assertEqual((first.version, second.version), (1, 2))
        self.assertEqual(first.date, self.receipt.date_done)
        self.assertEqual(second.reason, request.reason)
        self.assertEqual(second.requested_by_id, self.users["receiver"])
        self.assertEqual(second.approved_by_id, self.users["qa"])
        self.assertGreaterEqual(second.date, before)
        self.assertEqual(second.request_id, request)
        self.assertEqual(request.version_id, second)
        self.assertEqual(
            [(c["label"], c["old"], c["new"]) for c in second.changes],
            [
                ("Quantity", "12", "11"),
                ("Quantity in Product UoM", "12", "11"),
            ],
        )
        for text in ("12", "11", "Version", self.drug.name):
            self.assertIn(text, request.comparison)

    def test_second_correction_is_version_three(self):
        self._approve(self._ask(self.receipt, {(self.line, "quantity"): "11"}))
        self._approve(
            self._ask(self.receipt, {(self.line, "quantity"): "10"}, "storekeeper"),
            "quality_head",
        )
        self.assertEqual(self._versions(self.receipt).mapped("version"), [1, 2, 3])
        self.assertEqual(self.receipt.pharma_version_count, 3)

    def test_versions_are_written_once(self):
        version = self._approve(
            self._ask(self.receipt, {(self.line, "quantity"): "11"})
        ).version_id
        with self.assertTold("can't be changed"):
            version.sudo().write({"reason": "x"})
        with self.assertTold("can't be deleted"):
            version.sudo().unlink()

    def test_lock_is_closed_again_after_a_correction(self):
        """What was approved once is approved for once."""
        self._approve(self._ask(self.receipt, {(self.line, "quantity"): "11"}))
        self._approve(self._ask(self.receipt, {(self.line, "quantity"): "10"}))
        with self.assertTold("can't be changed"):
            self.line.sudo().quantity = 11

    def test_nothing_but_what_is_asked_passes_while_executing(self):
        request = self._ask(self.receipt, {(self.line, "quantity"): "11"})
        request._move({"state": "approved"})
        for values in ({"quantity": 10}, {"quantity": 11, "lot_id": self.other_lot.id}):
            with self.subTest(str(values)), self.assertTold("can't be changed"):
                self.line.sudo().write(values)
        with self.assertTold("can't be changed"):
            self.delivery.move_line_ids.sudo().quantity = 11

    # Every kind of document

    def _corrections(self):
        """(document, role that asks, {(row, field): text}, {(row, field): value})."""
        address = self._create_partner(
            "门诊药房", parent_id=self.hospital.id, type="delivery", is_company=False
        )
        self._as("qa", address).action_pharma_license_address()
        bank = self._create_bank("6222020200112233446")
        sale, purchase = self.sale.order_line, self.purchase.order_line
        return {
            "lot of a delivery": (
                self.receipt,
                "receiver",
                {(self.line, "lot_id"): "Ａ２"},
                {(self.line, "lot_id"): self.other_lot},
            ),
            "date of a receipt": (
                self.receipt,
                "receiver",
                {(self.receipt, "date_done"): "2026-07-31 14:30"},
                {
                    (self.receipt.move_ids, "date"): fields.Datetime.to_datetime(
                        "2026-07-31 14:30:00"
                    )
                },
            ),
            "name of a lot": (
                self.lot,
                "storekeeper",
                {(self.lot, "name"): "A9"},
                {(self.lot, "name"): "A9"},
            ),
            "price of a purchase": (
                self.purchase,
                "purchaser",
                {(purchase, "price_unit"): "９．８", (purchase, "discount"): "5"},
                {
                    (purchase, "price_unit"): 9.8,
                    (self.purchase, "amount_total"): 111.72,
                },
            ),
            "quantity of a purchase": (
                self.purchase,
                "purchaser",
                {(purchase, "product_qty"): "15"},
                {(purchase, "product_qty"): 15, (purchase, "price_unit"): 10},
            ),
            "quantity of a sale": (
                self.sale,
                "seller",
                {(sale, "product_uom_qty"): "6"},
                {(sale, "product_uom_qty"): 6, (sale, "qty_delivered"): 5},
            ),
            "how a sale is handed over": (
                self.sale,
                "seller",
                {(self.sale, "pharma_delivery_mode"): "buyer picks up"},
                {(self.sale, "pharma_delivery_mode"): "pickup"},
            ),
            "where a sale is shipped": (
                self.sale,
                "seller",
                {(self.sale, "partner_shipping_id"): address.display_name},
                {(self.sale, "partner_shipping_id"): address},
            ),
            "number of a bill": (
                self.bill,
                "finance",
                {(self.bill, "ref"): "ＦＰ－２"},
                {(self.bill, "ref"): "FP-2"},
            ),
            "memo of a payment": (
                self.outgoing,
                "finance",
                {(self.outgoing, "memo"): "八月货款"},
                {
                    (self.outgoing, "memo"): "八月货款",
                    (self.outgoing.move_id, "ref"): "八月货款",
                },
            ),
            "account of a payment": (
                self.outgoing,
                "finance",
                {(self.outgoing, "partner_bank_id"): bank.acc_number},
                {(self.outgoing, "partner_bank_id"): bank},
            ),
            "payment that never was": (
                self.incoming,
                "finance",
                {(self.incoming, "state"): "Canceled"},
                {
                    (self.incoming, "state"): "canceled",
                    (self.incoming.move_id, "state"): "cancel",
                    (self.invoice, "payment_state"): "not_paid",
                },
            ),
        }

    def test_each_kind_of_document_is_corrected(self):
        for name, (document, role, wishes, result) in self._corrections().items():
            with self.subTest(name):
                savepoint = self.env.cr.savepoint()
                request = self._ask(document, wishes, role)
                self._as("qa_manager", request).action_approve()
                self.assertEqual(request.state, "executed", request.outcome)
                for (record, field), value in result.items():
                    record.invalidate_recordset()
                    found = record.sudo()[field]
                    if isinstance(value, float):
                        self.assertAlmostEqual(found, value)
                    else:
                        self.assertEqual(found, value)
                self.assertEqual(request.version_id.version, 2)
                savepoint.rollback()
                savepoint.close(rollback=False)
                self.env.invalidate_all()

    def test_goods_go_to_the_corrected_lot_and_place(self):
        shelf = self.env["stock.location"].create(
            {"name": "货架", "location_id": self.line.location_dest_id.id}
        )
        place = self.line.location_dest_id
        self._approve(
            self._ask(
                self.receipt,
                {
                    (self.line, "lot_id"): "A2",
                    (self.line, "location_dest_id"): shelf.complete_name,
                },
            )
        )
        self.assertEqual(self._stocked(self.other_lot, shelf), 12)
        # Five of lot A1 were delivered from where they now never were.
        self.assertEqual(self._stocked(self.lot, place), -5)

    def test_taxes_are_corrected_by_name(self):
        tax = self.env["account.tax"].create(
            {"name": "进项 9%（测试）", "amount": 9, "type_tax_use": "purchase"}
        )
        line = self.purchase.order_line
        self._approve(
            self._ask(self.purchase, {(line, "tax_ids"): tax.name}, "purchaser")
        )
        self.assertEqual(line.tax_ids, tax)
        self._approve(self._ask(self.purchase, {(line, "tax_ids"): "-"}, "purchaser"))
        self.assertFalse(line.tax_ids)

    def test_locked_sale_is_corrected_and_stays_locked(self):
        self._as("seller", self.sale).sudo().locked = True
        line = self.sale.order_line
        self._approve(self._ask(self.sale, {(line, "price_unit"): "11"}, "seller"))
        self.assertEqual(line.price_unit, 11)
        self.assertTrue(self.sale.locked)

    def test_supplier_price_list_does_not_slip_in(self):
        """A new quantity would fetch another price; it wasn't approved."""
        self.env["product.supplierinfo"].create(
            {
                "partner_id": self.supplier.id,
                "product_tmpl_id": self.drug.id,
                "min_qty": 14,
                "price": 5,
            }
        )
        line = self.purchase.order_line
        self._approve(
            self._ask(self.purchase, {(line, "product_qty"): "15"}, "purchaser")
        )
        self.assertEqual(line.price_unit, 10)

    # Four eyes

    def test_requester_does_not_approve(self):
        request = self._ask(self.receipt, {(self.line, "quantity"): "11"}, "qa")
        for button in ("action_approve", "action_refuse"):
            with self.subTest(button), self.assertTold("asked for this yourself"):
                getattr(self._as("qa", request), button)()
        self._approve(request, "qa_manager")

    def test_only_the_quality_department_decides(self):
        request = self._ask(self.receipt, {(self.line, "quantity"): "11"})
        outsiders = set(self.users) - {"qa", "qa_manager", "quality_head", "auditor"}
        for role in sorted(outsiders):
            for button in ("action_approve", "action_refuse"):
                # IT isn't even shown it: AccessError is a UserError too.
                with self.subTest(role, button=button), self.assertRaises(UserError):
                    getattr(self._as(role, request), button)()
                with self.assertRaises(UserError):
                    self._as(role, request)._refuse("x")
        self.assertEqual(request.state, "requested")

    def test_superuser_is_nobody_of_the_quality_department(self):
        request = self._ask(self.receipt, {(self.line, "quantity"): "11"})
        admin = self.env.ref("base.user_admin")
        for user in (self.env.ref("base.user_root"), admin):
            with self.subTest(user.login), self.assertTold("Only the quality"):
                request.with_user(user).sudo().action_approve()

    def test_auditor_reads_and_asks_for_nothing(self):
        request = self._ask(self.receipt, {(self.line, "quantity"): "11"})
        self.assertTrue(self._as("auditor", request).read(["changes_text"]))
        with self.assertRaises(AccessError):
            self._as("auditor", self.env["pharma.change.request.ask"]).create({})

    # Decisions

    def test_refused_with_a_reason(self):
        request = self._ask(self.receipt, {(self.line, "quantity"): "11"})
        action = self._as("qa", request).action_refuse()
        self._as("qa", self.env[action["res_model"]]).with_context(
            **action["context"]
        ).create({"reason": "送货单写明 12 盒"}).action_refuse()
        self.assertEqual(request.state, "refused")
        self.assertEqual(request.outcome, "送货单写明 12 盒")
        self.assertEqual(self.line.quantity, 12)
        self.assertFalse(self._versions(self.receipt))
        with self.assertTold("decided on already"):
            self._as("qa_manager", request).action_approve()

    def test_withdrawn_by_who_asked(self):
        request = self._ask(self.receipt, {(self.line, "quantity"): "11"})
        with self.assertTold("can withdraw"):
            self._as("storekeeper", request).action_withdraw()
        self._as("receiver", request).action_withdraw()
        self.assertEqual(request.state, "withdrawn")
        with self.assertTold("decided on already"):
            self._as("qa", request).action_approve()

    def test_record_changed_meanwhile(self):
        request = self._ask(self.receipt, {(self.line, "quantity"): "11"})
        other = self._ask(
            self.receipt,
            {(self.line, "quantity"): "10", (self.receipt, "origin"): "P1"},
            "storekeeper",
        )
        self._approve(other)
        self._as("qa", request).action_approve()
        self.assertEqual(request.state, "stale")
        self.assertRegex(request.outcome, r"^Quantity of .*A1 changed .* now it is 10")
        self.assertEqual(self.line.quantity, 10)
        self.assertEqual(self._versions(self.receipt).mapped("version"), [1, 2])

    def test_record_that_is_gone_is_stale(self):
        """Only SQL can do that."""
        line = self.purchase.order_line
        request = self._ask(self.purchase, {(line, "price_unit"): "9"}, "purchaser")
        self.env.cr.execute(
            "UPDATE pharma_change_request_line SET res_id = 0 WHERE request_id = %s",
            (request.id,),
        )
        request.invalidate_recordset()
        request.line_ids.invalidate_recordset()
        self._as("qa", request).action_approve()
        self.assertEqual(request.state, "stale")

    def test_two_approvals_execute_once(self):
        request = self._ask(self.receipt, {(self.line, "quantity"): "11"})
        self._approve(request)
        with self.assertTold("decided on already"):
            self._as("qa_manager", request).action_approve()
        self.assertEqual(self._versions(self.receipt).mapped("version"), [1, 2])

    def test_activity_for_the_quality_department(self):
        request = self._ask(self.receipt, {(self.line, "quantity"): "11"}, "qa")
        asked = request.activity_ids.user_id
        for role in ("qa_manager", "quality_head"):
            self.assertIn(self.users[role], asked)
        self.assertNotIn(self.users["qa"], asked)
        self._approve(request, "qa_manager")
        self.assertFalse(request.activity_ids)

    def test_document_and_requester_are_told(self):
        request = self._ask(self.receipt, {(self.line, "quantity"): "11"})
        self._approve(request)
        self.assertIn("version 2", self.receipt.message_ids[:1].body)
        message = request.message_ids.filtered("partner_ids")
        self.assertEqual(message.partner_ids, self.users["receiver"].partner_id)

    # The gate holds

    def test_more_goods_of_a_supplier_whose_licence_ended(self):
        self._expire(self._paper(self.supplier, "DIST_LICENCE"))
        for document, role, row, field in (
            (self.purchase, "purchaser", self.purchase.order_line, "product_qty"),
            (self.receipt, "receiver", self.line, "quantity"),
        ):
            more = self._ask(document, {(row, field): "15"}, role)
            with self.subTest(document._name), self.assertRaises(GateRefusal):
                self._as("qa", more).action_approve()
            self.env.invalidate_all()
            self.assertEqual(more.state, "requested")
            self.assertEqual(row[field], 12)

    def test_fewer_goods_of_a_supplier_whose_licence_ended(self):
        """A mistake of the past is corrected whatever became of the papers since."""
        self._expire(self._paper(self.supplier, "DIST_LICENCE"))
        self._approve(self._ask(self.receipt, {(self.line, "quantity"): "11"}))

    def test_receipt_from_somebody_else(self):
        self._create_partner("陌生人")
        request = self._ask(self.receipt, {(self.receipt, "partner_id"): "陌生人"})
        with self.assertRaises(GateRefusal):
            self._as("qa", request).action_approve()
        self.env.invalidate_all()
        self.assertEqual(self.receipt.partner_id, self.supplier)

    def test_payment_to_an_account_nobody_confirmed(self):
        bank = self.env["res.partner.bank"].create(
            {"partner_id": self.supplier.id, "acc_number": "6222020200119999999"}
        )
        request = self._ask(
            self.outgoing,
            {(self.outgoing, "partner_bank_id"): bank.acc_number},
            "finance",
        )
        with self.assertRaises(GateRefusal):
            self._as("qa", request).action_approve()
        self.env.invalidate_all()
        self.assertEqual(self.outgoing.partner_bank_id, self.bank)

    def test_other_product_is_another_receipt(self):
        with self.assertTold("can't be corrected by a request"):
            self._ask(self.receipt, {(self.line, "product_id"): "头孢克肟片"})

    def test_what_core_refuses_stays_refused(self):
        """Less ordered than was delivered."""
        line = self.sale.order_line
        request = self._ask(self.sale, {(line, "product_uom_qty"): "3"}, "seller")
        with self.assertTold("delivered"):
            self._as("qa", request).action_approve()
        self.env.invalidate_all()
        self.assertEqual(request.state, "requested")

    # Asking

    def test_what_can_not_be_asked(self):
        draft = self._ordered()
        self._create_lot("B1")
        wishes = {
            "no number": (self.receipt, self.line, "quantity", "ten", "is no number"),
            "negative": (self.receipt, self.line, "quantity", "－3", "be negative"),
            "unknown lot": (self.receipt, self.line, "lot_id", "ZZ", "called exactly"),
            "same": (self.receipt, self.line, "quantity", "12.0", "present value"),
            "no date": (self.receipt, self.receipt, "date_done", "soon", "no date"),
            "locked for good": (self.receipt, self.line, "product_id", "x", "by a req"),
            "not posted": (draft, draft.order_line, "product_qty", "1", "posted|by a"),
            "row of another": (
                self.receipt,
                self.delivery.move_line_ids,
                "quantity",
                "1",
                "by a request",
            ),
            "payment paid": (
                self.incoming,
                self.incoming,
                "state",
                "Draft",
                "only be corrected to cancelled",
            ),
            "choice": (self.sale, self.sale, "pharma_settlement", "gold", "none of"),
            "needed": (self.sale, self.sale, "pharma_settlement", "-", "be empty"),
        }
        for name, (document, row, field, text, told) in wishes.items():
            with self.subTest(name), self.assertTold(told):
                self._ask(document, {(row, field): text}, "qa")
        self.assertFalse(self.env["pharma.change.request"].search([]))

    def test_every_mistake_is_named_at_once(self):
        with self.assertTold(r"(?s)Quantity: «ten».*Lot.*«ZZ»"):
            self._ask(
                self.receipt,
                {(self.line, "quantity"): "ten", (self.line, "lot_id"): "ZZ"},
            )

    def test_lot_of_another_product_is_no_lot(self):
        other = self._create_drug("CHEM", name="头孢克肟片", tracking="lot")
        self._create_lot("X1", other)
        with self.assertTold("called exactly"):
            self._ask(self.receipt, {(self.line, "lot_id"): "X1"})

    def test_reason_is_needed(self):
        for reason in ("", "  ", False):
            with self.subTest(reason), self.assertTold("Say why"):
                self._ask(self.receipt, {(self.line, "quantity"): "1"}, reason=reason)

    def test_requester_and_time_come_from_the_session(self):
        """CS-03"""
        request = self._ask(self.receipt, {(self.line, "quantity"): "11"})
        self.assertEqual(request.requested_by_id, self.users["receiver"])
        forged = request.sudo().copy_data()[0]
        born = (
            self._as("storekeeper", self.env["pharma.change.request"])
            .sudo()
            .create(
                {
                    **forged,
                    "state": "executed",
                    "requested_by_id": self.users["qa"].id,
                    "decided_by_id": self.users["qa"].id,
                }
            )
        )
        self.assertEqual(born.state, "requested")
        self.assertEqual(born.requested_by_id, self.users["storekeeper"])
        self.assertFalse(born.decided_by_id)

    def test_a_request_stands_as_written(self):
        request = self._ask(self.receipt, {(self.line, "quantity"): "11"})
        for records, values in (
            (request, {"state": "approved"}),
            (request, {"reason": "x"}),
            (request, {"line_ids": [Command.clear()]}),
            (request.line_ids, {"new_value": {"type": "float", "value": 99}}),
        ):
            with self.subTest(str(values)), self.assertTold("stands as written"):
                records.sudo().write(values)
        with self.assertTold("kept as proof"):
            request.sudo().unlink()
        with self.assertTold("stands as written"):
            request.line_ids.sudo().unlink()

    # The form

    def _form(self, document, role):
        return Form(
            self._as(role, self.env["pharma.change.request.ask"]).with_context(
                active_model=document._name, active_id=document.id
            )
        )

    def test_form_lists_what_may_be_corrected(self):
        form = self._form(self.receipt, "receiver")
        lines = [form.line_ids.edit(i) for i in range(len(form.line_ids))]
        seen = [(line.field_label, line.old_text) for line in lines]
        self.assertEqual(
            seen,
            [
                ("Contact", self.supplier.display_name),
                ("Source Document", self.purchase.name),
                ("Date of Transfer", self.receipt._value_in_words("date_done")),
                ("Quantity", "12"),
                ("Lot/Serial Number", "A1"),
                ("To", self.line.location_dest_id.display_name),
            ],
        )

    def test_form_says_at_once_what_can_not_be_read(self):
        form = self._form(self.receipt, "receiver")
        with form.line_ids.edit(3) as line:
            line.new_text = "ten"
            self.assertIn("is no number", line.problem)
            line.new_text = "１１"
            self.assertFalse(line.problem)

    def test_form_asks(self):
        form = self._form(self.receipt, "receiver")
        form.reason = "点数有误"
        with form.line_ids.edit(3) as line:
            line.new_text = " １１ "
        action = form.save().action_ask()
        request = self.env["pharma.change.request"].browse(action["res_id"])
        self.assertEqual(request.line_ids.new_value, {"type": "float", "value": 11.0})
        self.assertEqual(request.requested_by_id, self.users["receiver"])

    def test_long_form_asks_no_more_than_a_short_one(self):
        drugs = self.env["product.template"].union(
            *(self._create_drug("CHEM", name=f"药品 {n}") for n in range(12))
        )
        few = self._ordered(drugs=drugs[:3])
        many = self._ordered(drugs=drugs)
        counts = []
        for order in (few, many):
            receipt = self._move_all(order.picking_ids, "receiver")
            wizard = self._as("receiver", self.env["pharma.change.request.ask"])
            wizard = wizard.with_context(
                active_model=receipt._name, active_id=receipt.id
            )
            values = wizard.default_get(["line_ids", "res_model", "res_id"])
            wizard = wizard.create({**values, "reason": "x"})
            for _again in range(2):  # the first time fills the registry's own caches
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                wizard.line_ids.mapped("old_text")
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*counts)

    def test_form_of_what_is_not_posted(self):
        with self.assertTold("isn't posted"):
            self._form(self._ordered(), "purchaser")

    def test_form_of_something_else(self):
        wizard = self._as("purchaser", self.env["pharma.change.request.ask"])
        for model in ("res.users", "res.partner", "nonsense"):
            with self.subTest(model), self.assertTold("changed directly"):
                wizard.create(
                    {"res_model": model, "res_id": 1, "reason": "x"}
                )._document()

    def test_rows_of_what_one_may_not_read(self):
        """A receiver has no business with payments."""
        with self.assertRaises(AccessError):
            self._form(self.outgoing, "receiver")
        wizard = self._as("receiver", self.env["pharma.change.request.ask"]).create(
            {
                "res_model": self.receipt._name,
                "res_id": self.receipt.id,
                "reason": "x",
                "line_ids": [
                    Command.create(
                        {
                            "res_model": self.outgoing._name,
                            "res_id": self.outgoing.id,
                            "field_name": "memo",
                            "new_text": "x",
                        }
                    )
                ],
            }
        )
        self.env.invalidate_all()
        with self.assertRaises(UserError):
            wizard.action_ask()

    # Who reads

    def test_requests_are_read_by_who_reads_the_document(self):
        memo = self._ask(self.outgoing, {(self.outgoing, "memo"): "x"}, "finance")
        self._approve(memo)
        for role, sees in (
            ("finance", True),
            ("qa", True),
            ("auditor", True),
            ("receiver", False),
            ("picker", False),
        ):
            for record in (memo, memo.line_ids, memo.version_id):
                with self.subTest(role, model=record._name):
                    self.env.invalidate_all()
                    found = self._as(role, self.env[record._name]).search(
                        [("id", "in", record.ids)]
                    )
                    self.assertEqual(bool(found), sees)
                    self.assertEqual(self._as(role, record).has_access("read"), sees)

    def test_sister_company_reads_nothing(self):
        request = self._approve(
            self._ask(self.receipt, {(self.line, "quantity"): "11"})
        )
        company = self.env["res.company"].create({"name": "兄弟公司"})
        user = new_test_user(
            self.env,
            "sister",
            "pharma_gsp.pharma_gsp_group_qa_manager",
            {"no_reset_password": True},
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        for record in (request, request.line_ids, request.version_id):
            self.assertFalse(self.env[record._name].with_user(user).search([]))
        waiting = self._ask(self.receipt, {(self.line, "quantity"): "10"})
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            waiting.with_user(user).action_approve()

    def test_first_version_is_dated_as_the_record(self):
        self._approve(self._ask(self.receipt, {(self.line, "quantity"): "11"}))
        first = self._versions(self.receipt)[0]
        self.assertLess(abs(first.date - self.receipt.date_done), timedelta(seconds=1))
        self.assertFalse(first.approved_by_id)
