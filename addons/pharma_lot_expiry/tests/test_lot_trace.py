from io import BytesIO

import openpyxl

from odoo import Command
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.pharma_gsp.tests.common import PharmaHttpCommon

from .trace_common import TraceCommon, TraceWorld


class TraceStory(TraceWorld):
    """A lot that went every way there is, through two companies."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.company_ids |= cls.other_company
        cls.clinic = cls._create_partner("诊所", phone="027-1234", city="宜昌")
        cls.far_away = cls._create_partner("外地医院")
        cls.twin = cls._create_lot("L-1", company=cls.other_company)
        cls.their_stock = cls.other_company_warehouse.lot_stock_id
        cls.second = cls.other_warehouse.lot_stock_id
        quarantine = cls.warehouse.pharma_quarantine_location_id
        inter = cls.env.ref("stock.stock_location_inter_company")
        own, twin = {"lot": cls.lot}, {"lot": cls.twin}
        for source, target, quantity, values in (
            (cls.supplier_place, quarantine, 100, {"partner": cls.supplier, **own}),
            (quarantine, cls.stock, 100, own),
            (cls.stock, cls.second, 30, own),
            (cls.second, cls.customer_place, 12, {"partner": cls.clinic, **own}),
            (cls.stock, cls.customer_place, 20, {"partner": cls.hospital, **own}),
            (cls.customer_place, cls.stock, 5, {"partner": cls.hospital, **own}),
            (cls.stock, cls.supplier_place, 4, {"partner": cls.supplier, **own}),
            (cls.stock, cls.loss_place, 3, own),
            (cls.loss_place, cls.stock, 1, own),
            (cls.stock, inter, 10, own),
            (inter, cls.their_stock, 10, twin),
            (
                cls.their_stock,
                cls.customer_place,
                6,
                {"partner": cls.far_away, **twin},
            ),
        ):
            cls._move(source, target, quantity, **values)
        cls.env["stock.scrap"].create(
            {
                "product_id": cls.product.id,
                "lot_id": cls.lot.id,
                "location_id": cls.stock.id,
                "scrap_qty": 2,
            }
        ).do_scrap()
        cls.env.flush_all()

    def _trace(self, role="qa", lots=None, env=None):
        trace = env or self._as(role, self.env["pharma.lot.trace"])
        return trace.action_trace((lots or self.lot).ids)

    def _labels(self, data, side):
        return {node["label"] for node in data["nodes"] if node["side"] == side}


@tagged("post_install", "-at_install")
class TestLotTrace(TraceStory, TraceCommon):
    """A lot is followed both ways, and its sums balance (TV-61)."""

    def test_in_is_out_and_stock_and_loss(self):
        """TV-61: receipts, deliveries, returns both ways, scrap, counts, transfers."""
        balance = self._trace()["balance"]
        self.assertTrue(balance["is_balanced"], balance)
        wanted = {
            "received": 100,
            "returned_by_customers": 5,
            "found": 1,
            "delivered": 38,
            "returned_to_suppliers": 4,
            "scrapped": 2,
            "lost": 3,
            "stock": 59,
            "difference": 0,
        }
        self.assertEqual({name: balance[name] for name in wanted}, wanted)
        self.assertEqual(balance["explanations"], [])

    def test_the_graph_leads_from_suppliers_to_customers_and_back(self):
        data = self._trace()
        self.assertEqual(self._labels(data, "supplier"), {self.supplier.name})
        self.assertIn(self.hospital.name, self._labels(data, "customer"))
        self.assertIn(self.clinic.name, self._labels(data, "customer"))
        self.assertEqual(self._labels(data, "returned"), {self.supplier.name})
        self.assertEqual(self._labels(data, "back"), {self.warehouse.name})
        self.assertEqual(len(self._labels(data, "quarantine")), 1)
        kinds = {edge[2] for edge in data["edges"]}
        self.assertLessEqual({"receipt", "release", "transfer", "delivery"}, kinds)

    def test_each_place_shows_what_lies_there(self):
        stock = {n["label"]: n["stock"] for n in self._trace()["nodes"] if n["stock"]}
        self.assertEqual(stock[self.other_warehouse.name], 18)
        self.assertEqual(stock[self.other_company_warehouse.name], 4)

    def test_another_company_is_told_by_name_only(self):
        data = self._trace()
        self.assertIn("Customers of 东海医药", self._labels(data, "customer"))
        self.assertNotIn(self.far_away.name, str(data))

    def test_who_works_in_both_companies_sees_both(self):
        self.users["qa"].company_ids |= self.other_company
        data = self._trace()
        self.assertIn(self.far_away.name, self._labels(data, "customer"))

    def test_goods_nobody_moved_are_explained(self):
        self._put(7)
        balance = self._trace()["balance"]
        self.assertFalse(balance["is_balanced"])
        self.assertEqual(balance["difference"], 7)
        (explanation,) = balance["explanations"]
        self.assertIn(self.stock.complete_name, explanation["text"])

    def test_a_falsified_movement_is_explained(self):
        self.env.cr.execute(
            "UPDATE pharma_lot_flow SET quantity = 99 WHERE kind = 'receipt'"
        )
        balance = self._trace()["balance"]
        self.assertEqual(balance["difference"], 1)
        self.assertIn("stands as 99", balance["explanations"][0]["text"])

    def test_a_correction_keeps_the_sums_true(self):
        """CS-20: a posted receipt corrected by request; the flow follows at once."""
        lot = self._create_lot("L-9")
        picking = self._receive(10, lot=lot)
        self.assertEqual(self._trace(lots=lot)["balance"]["received"], 10)
        self._correct(picking, picking.move_line_ids, "receiver", quantity="8")
        balance = self._trace(lots=lot)["balance"]
        self.assertEqual((balance["received"], balance["stock"]), (8, 8))
        self.assertTrue(balance["is_balanced"])

    def test_a_hold_and_what_is_printed_stand_on_top(self):
        self._as("keeper", self.env["pharma.lot.hold"]).create(
            {"lot_id": self.lot.id, "reason": "破损"}
        )
        (lot,) = self._trace()["lots"]
        self.assertEqual(lot["state"], "held")
        self.assertEqual([hold["reason"] for hold in lot["holds"]], ["破损"])
        self.assertEqual(lot["expiry"], str(self.lot.expiry_date))

    def test_all_lots_of_a_product_balance_together(self):
        other = self._create_lot("L-2")
        self._move(self.supplier_place, self.stock, 11, lot=other)
        balance = self._trace(lots=self.lot | other)["balance"]
        self.assertEqual(balance["received"], 111)
        self.assertTrue(balance["is_balanced"])

    def test_lots_of_two_products_are_not_added_up(self):
        other = self._create_drug(
            "CHEM", name="布洛芬片", approval_number="国药准字H20210040"
        )
        lot = self._create_lot("M-1", product=other.product_variant_id)
        with self.assertTold("different products"):
            self._trace(lots=self.lot | lot)

    def test_what_is_no_lot_is_refused_in_words(self):
        trace = self._as("qa", self.env["pharma.lot.trace"])
        for wrong in (None, [], "1", [False], ["1"], [1.5], list(range(1, 600))):
            with self.subTest(lots=wrong), self.assertRaises(UserError):
                trace.action_trace(wrong)
        with self.assertRaises(MissingError):
            trace.action_trace([999999999])

    def test_a_trace_takes_few_queries(self):
        """A thousand customers cost as many queries as ten."""
        self._trace("auditor")  # what any first call looks up once
        counts = []
        for many in (2, 40):
            for number in range(many):
                partner = self._create_partner(f"客户 {many}-{number}")
                self._move(self.stock, self.customer_place, 0.1, partner=partner)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._trace("auditor")
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(max(counts) - min(counts), 2)
        self.assertLess(max(counts), 45)

    # From where

    def test_each_way_leads_to_the_lot(self):
        self._put(5, lot=self._create_lot("L-0"))
        receipt = self._receive(10)
        order = self._create_sale(quantity=2)
        order.action_confirm()
        self._validate(order.picking_ids, "picker")
        trace = self._as("qa", self.env["pharma.lot.trace"])
        purchase = receipt.purchase_id or receipt.move_ids.purchase_line_id.order_id
        for record in (
            self.lot,
            self.product,
            self.drug,
            self.supplier,
            receipt,
            purchase,
        ):
            with self.subTest(start=record._name):
                found = trace.action_lots(record._name, record.id)
                names = [row["name"] for row in found["lots"]]
                self.assertIn("L-1", names)
        for record in (self.hospital, order, order.picking_ids):
            with self.subTest(start=record._name):
                found = trace.action_lots(record._name, record.id)
                self.assertTrue(found["lots"])
                self.assertIn(self.hospital.id, found["partner_ids"])

    def test_an_invoice_leads_to_the_lot_and_back(self):
        picking = self._receive(10)
        order = picking.move_ids.purchase_line_id.order_id
        order.action_create_invoice()
        bill = order.invoice_ids
        trace = self._as("qa", self.env["pharma.lot.trace"])
        found = trace.action_lots("account.move", bill.id)
        self.assertEqual([row["name"] for row in found["lots"]], ["L-1"])
        rows = trace.action_invoices(self.lot.ids)["rows"]
        self.assertIn(bill.id, [row["id"] for row in rows])

    def test_a_lot_that_never_moved_is_found(self):
        lot = self._create_lot("L-NEW")
        found = self._as("qa", self.env["pharma.lot.trace"]).action_lots(
            "stock.lot", lot.id
        )
        self.assertEqual([row["id"] for row in found["lots"]], lot.ids)
        self.assertTrue(self._trace(lots=lot)["balance"]["is_balanced"])

    def test_what_leads_nowhere_is_refused(self):
        trace = self._as("qa", self.env["pharma.lot.trace"])
        for model, number in (("res.users", 1), (None, 1), ("stock.lot", "1")):
            with self.subTest(model=model), self.assertTold("Nothing leads"):
                trace.action_lots(model, number)

    def test_a_scan_marks_what_is_meant(self):
        self._create_lot("L-11")
        trace = self._as("qa", self.env["pharma.lot.trace"])
        groups = {group["model"]: group for group in trace.action_search(" l-1 ")}
        exact = [r["name"] for r in groups["stock.lot"]["records"] if r["is_exact"]]
        self.assertEqual(set(exact), {"L-1"})
        self.assertEqual(trace.action_search("  "), [])
        self.assertEqual(trace.action_search("没有这个"), [])

    def test_an_element_string_leads_to_its_lot(self):
        self.product.barcode = "6901234567892"
        trace = self._as("qa", self.env["pharma.lot.trace"])
        (group,) = trace.action_search("(01)06901234567892(17)280228(10)L-1")
        self.assertEqual(group["model"], "stock.lot")
        self.assertEqual(
            [(r["id"], r["is_exact"]) for r in group["records"]], [(self.lot.id, True)]
        )

    def test_a_trace_code_leads_to_its_lot(self):
        """The 20 digits of one pack, scanned into the box."""
        digits = "81234567890123456789"
        self.env.cr.execute(
            """INSERT INTO pharma_trace_code (code, kind, product_id, lot_id, level,
                   packs, company_id, own_state)
               VALUES (%s, 'cn20', %s, %s, 'box', 1, %s, 'in_stock') RETURNING id""",
            (digits, self.product.id, self.lot.id, self.company.id),
        )
        (number,) = self.env.cr.fetchone()
        trace = self._as("qa", self.env["pharma.lot.trace"])
        (group,) = trace.action_search(digits)
        self.assertEqual(group["model"], "pharma.trace.code")
        self.assertEqual([r["id"] for r in group["records"]], [number])
        found = trace.action_lots("pharma.trace.code", number)
        self.assertEqual([row["name"] for row in found["lots"]], ["L-1"])

    # Who may

    def test_readers_of_lots_may_trace(self):
        for role in ("picker", "qa", "auditor", "purchaser", "seller", "receiver"):
            with self.subTest(role=role):
                trace = self._as(role, self.env["pharma.lot.trace"])
                self.assertTrue(trace.action_trace(self.lot.ids)["edges"])
                self.assertTrue(trace.action_search("L-1"))
                trace.action_contacts(self.lot.ids)
                trace.action_invoices(self.lot.ids)

    def test_strangers_may_not(self):
        portal = self.env["res.users"].create(
            {
                "name": "客户",
                "login": "trace_portal",
                "group_ids": [Command.set([self.env.ref("base.group_portal").id])],
            }
        )
        trace = self.env["pharma.lot.trace"].with_user(portal)
        for call in (
            lambda: trace.action_trace(self.lot.ids),
            lambda: trace.action_search("L-1"),
            lambda: trace.action_lots("stock.lot", self.lot.id),
            lambda: trace.action_contacts(self.lot.ids),
            lambda: trace.action_invoices(self.lot.ids),
            lambda: trace._export(self.lot.ids, BytesIO()),
            lambda: trace._printed(self.lot),
        ):
            with self.assertRaises(AccessError):
                call()

    def test_a_lot_of_another_company_is_not_opened(self):
        for call in (
            lambda trace: trace.action_trace(self.twin.ids),
            lambda trace: trace.action_lots("stock.lot", self.twin.id),
            lambda trace: trace.action_contacts(self.twin.ids),
        ):
            with self.assertRaises(AccessError):
                call(self._as("qa", self.env["pharma.lot.trace"]))

    def test_contacts_are_of_own_companies(self):
        contacts = self._as("qa", self.env["pharma.lot.trace"]).action_contacts(
            self.lot.ids
        )
        names = {contact["name"] for contact in contacts}
        self.assertIn(self.clinic.name, names)
        self.assertNotIn(self.far_away.name, names)
        supplier = next(c for c in contacts if c["side"] == "supplier")
        self.assertEqual(supplier["person"], "王芳")
        clinic = next(c for c in contacts if c["name"] == "诊所")
        self.assertEqual(clinic["phone"], "027-1234")
        self.assertIn("解放大道", clinic["address"])

    # To take along

    def test_the_workbook_holds_every_movement(self):
        file = BytesIO()
        trace = self._as("auditor", self.env["pharma.lot.trace"])
        name = trace._export(self.lot.ids, file)
        self.assertTrue(name.endswith(".xlsx"))
        book = openpyxl.load_workbook(BytesIO(file.getvalue()))
        self.assertEqual(
            book.sheetnames,
            ["Summary", "Flow", "Partners", "Movements", "Invoices"],
        )
        summary = {row[0]: row[1] for row in book["Summary"].values}
        self.assertEqual(summary["In stock"], 59)
        self.assertEqual(summary["Balance"], "Balanced")
        moved = self.env["pharma.lot.flow"].search_count([("lot_id", "=", self.lot.id)])
        self.assertEqual(book["Movements"].max_row, moved + 1)
        partners = {row[1]: row[2:5] for row in book["Partners"].values}
        self.assertEqual(partners[self.hospital.name], (20, 5, 15))
        self.assertEqual(partners[self.supplier.name], (100, 4, 96))

    def test_what_a_partner_is_called_is_never_a_formula(self):
        partner = self._create_partner("=1+1")
        self._move(self.stock, self.customer_place, 1, partner=partner)
        file = BytesIO()
        self._as("qa", self.env["pharma.lot.trace"])._export(self.lot.ids, file)
        book = openpyxl.load_workbook(BytesIO(file.getvalue()))
        cell = next(c for c in book["Partners"]["B"] if c.value == "=1+1")
        self.assertEqual(cell.data_type, "s")

    def test_an_export_is_written_down(self):
        self._as("auditor", self.env["pharma.lot.trace"])._export(
            self.lot.ids, BytesIO()
        )
        entry = self.env["pharma.audit.entry"].search(
            [("operation", "=", "export"), ("res_model", "=", "stock.lot")], limit=1
        )
        self.assertEqual(entry.user_id.id or entry.user_id, self.users["auditor"].id)

    def test_the_print_names_the_parties(self):
        report = self._as("auditor", self.env["ir.actions.report"])
        html, _type = report._render_qweb_html(
            "pharma_lot_expiry.lot_trace", self.lot.ids
        )
        text = html.decode()
        for word in (self.supplier.name, "诊所", "Balanced", "L-1"):
            self.assertIn(word, text)

    # For an inspector

    def test_a_lot_can_be_inspected(self):
        """CS-34: what it is, where it went, what held it, all trade around it."""
        self._as("keeper", self.env["pharma.lot.hold"]).create(
            {"lot_id": self.lot.id, "reason": "破损"}
        )
        inspection = self._as("auditor", self.env["pharma.inspection"])
        data = inspection.action_open("stock.lot", self.lot.id)
        sections = {section["code"]: section for section in data["sections"]}
        self.assertEqual(sections["lot_holds"]["total"], 1)
        self.assertGreater(sections["lot_flow"]["total"], 8)
        self.assertEqual(data["kind"], "Lot")
        found = {group["model"] for group in inspection.action_search("L-1")}
        self.assertIn("stock.lot", found)


@tagged("post_install", "-at_install")
class TestLotTraceDoors(TraceStory, PharmaHttpCommon):
    """The same through the server's own doors."""

    def test_the_workbook_comes_over_http(self):
        self.authenticate("test_auditor", "test_auditor")
        answer = self.url_open(f"/pharma/trace/{self.lot.id}.xlsx")
        self.assertEqual(answer.status_code, 200)
        self.assertIn("spreadsheetml", answer.headers["Content-Type"])
        self.assertIn(
            "Movements", openpyxl.load_workbook(BytesIO(answer.content)).sheetnames
        )

    @mute_logger("odoo.http")
    def test_refusals_come_over_http(self):
        self.assertNotIn(
            "spreadsheetml",
            self.url_open(f"/pharma/trace/{self.lot.id}.xlsx").headers["Content-Type"],
        )
        self.authenticate("test_auditor", "test_auditor")
        self.assertEqual(self.url_open("/pharma/trace/x.xlsx").status_code, 400)
        self.assertEqual(
            self.url_open(f"/pharma/trace/{self.twin.id}.xlsx").status_code, 403
        )

    @mute_logger("odoo.http")
    def test_rpc_traces_but_writes_no_movement(self):
        user = self.users["qa"]
        answer = self._json2(
            user, "pharma.lot.trace", "action_trace", lot_ids=self.lot.ids
        )
        self.assertTrue(answer.json()["balance"]["is_balanced"])
        flow = self.env["pharma.lot.flow"].search([], limit=1)
        for method, arguments in (
            ("write", {"ids": flow.ids, "vals": {"quantity": 1}}),
            ("unlink", {"ids": flow.ids}),
            ("create", {"vals_list": [{"lot_id": self.lot.id}]}),
            ("_backfill", {}),
        ):
            with self.subTest(method=method):
                answer = self._json2(user, "pharma.lot.flow", method, **arguments)
                self.assertGreaterEqual(answer.status_code, 400)
