from datetime import date, timedelta

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.pharma_gsp.tests.common import PharmaCommon

from .stock_world import StockWorld

SEE_COST = ("purchaser", "finance", "qa", "qa_manager", "auditor", "company_head")
SEE_QUANTITY = ("keeper", "storekeeper", "seller")
SEE_NOTHING = ("picker", "receiver", "it_admin")


@tagged("post_install", "-at_install")
class TestStockAge(StockWorld, PharmaCommon):
    """Stock by its end and its age, live (ST-10, CM-11)."""

    def _rows(self, lots, role=None):
        rows = self.env["pharma.stock.age"]
        if role:
            rows = self._as(role, rows)
        found = rows.search([("lot_id", "in", lots.ids)])
        return found.sorted(lambda row: lots.ids.index(row.lot_id.id))

    def _row(self, lot):
        return self._rows(lot).ensure_one()

    def test_value_is_that_of_the_books(self):
        quant = self._shelve(self._lot("A"), 40)
        self.assertEqual(self._row(quant.lot_id).value, 400)  # 40 at 10.00
        self.assertEqual(self._row(quant.lot_id).value, quant.value)

    def test_value_of_a_lot_is_its_own_where_lots_are_valued(self):
        self.drug.lot_valuated = True
        first, second = self._lot("A"), self._lot("B")
        quants = self._shelve(first, 10) + self._shelve(second, 10)
        first.standard_price, second.standard_price = 7, 9
        rows = self._rows(first + second)
        self.assertEqual(rows.mapped("value"), [70, 90])
        self.assertEqual(rows.mapped("value"), quants.mapped("value"))

    def test_goods_of_others_cost_us_nothing(self):
        lot = self._lot("A")
        self.env["stock.quant"]._update_available_quantity(
            lot.product_id, self.shelf, 5, lot_id=lot, owner_id=self.supplier
        )
        self.assertEqual((self._row(lot).quantity, self._row(lot).value), (5, 0))

    def test_age_and_life_change_at_midnight_in_china(self):
        lot = self._lot("A", expiry_date=date(2027, 5, 31))
        with self._in_china("2027-05-01 10:00:00"):
            self._shelve(lot)
        for moment, age, left, state in (
            ("2027-05-01 23:59:59", 0, 30, "good"),
            ("2027-05-02 00:00:00", 1, 29, "good"),
            ("2027-05-31 23:59:59", 30, 0, "good"),
            ("2027-06-01 00:00:00", 31, -1, "expired"),
        ):
            with self.subTest(moment), self._in_china(moment):
                self.env.invalidate_all()
                row = self._row(lot)
                self.assertEqual(
                    (row.age_days, row.days_left, row.lot_state), (age, left, state)
                )

    def test_state_and_tier_are_those_of_the_lot(self):
        good, near, held = self._lot("G", 999), self._lot("N", 20), self._lot("H")
        expired, undated = self._lot("E", 1), self._lot("U")
        lots = good + near + held + expired + undated
        for lot in lots:
            self._shelve(lot)
        self.env["pharma.lot.hold"].create({"lot_id": held.id, "reason": "x"})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE stock_quant SET expiry_date = NULL WHERE lot_id = %s;"
            "UPDATE stock_lot SET expiry_date = NULL WHERE id = %s;"
            "UPDATE stock_quant SET expiry_date = %s WHERE lot_id = %s;"
            "UPDATE stock_lot SET expiry_date = %s WHERE id = %s",
            (
                *(undated.id, undated.id),
                *(self.today - timedelta(days=1), expired.id) * 2,
            ),
        )
        self.env.invalidate_all()
        rows = self._rows(lots)
        self.assertEqual(
            rows.mapped("lot_state"), ["good", "good", "held", "expired", "undated"]
        )
        for row in rows:
            self.assertEqual(row.lot_state, row.lot_id.pharma_state)
            self.assertEqual(row.expiry_tier_id, row.lot_id.expiry_tier_id)
        self.assertEqual(rows[1].expiry_tier_id.months, 1)
        self.assertFalse(rows[0].expiry_tier_id)

    def test_held_product_and_held_shelf_are_held(self):
        bin_a = self.env["stock.location"].create(
            {"name": "A-01", "location_id": self.shelf.id}
        )
        lot = self._lot("A")
        self._shelve(lot, location=bin_a)
        hold = self.env["pharma.lot.hold"].create(
            {"kind": "location", "location_id": self.shelf.id, "reason": "x"}
        )
        self.assertEqual(self._row(lot).lot_state, "held")
        self._as("qa", hold).lift("checked")
        self.env.invalidate_all()
        self.assertEqual(self._row(lot).lot_state, "good")
        self.env["pharma.lot.hold"].create(
            {"kind": "product", "product_id": lot.product_id.id, "reason": "x"}
        )
        self.env.invalidate_all()
        self.assertEqual(self._row(lot).lot_state, "held")

    # Slow stock

    def test_slow_from_the_91st_day_on(self):
        """CM-11 at days 89, 90 and 91, for goods never sold."""
        for age, is_slow in ((89, False), (90, False), (91, True)):
            with self.subTest(age):
                lot = self._lot(f"A{age}")
                self._shelve(lot, age=age)
                self.assertEqual(self._row(lot).is_slow, is_slow)

    def test_sale_within_90_days_keeps_goods_from_being_slow(self):
        for days_ago, is_slow in ((89, False), (90, False), (91, True)):
            with self.subTest(days_ago):
                lot = self._lot(f"S{days_ago}")
                self._shelve(lot, 100, age=200)
                self._sell(lot, 10, days_ago)
                row = self._row(lot)
                self.assertEqual(row.is_slow, is_slow)
                self.assertEqual(
                    row.last_sale_date, self.today - timedelta(days=days_ago)
                )

    def test_limits_are_the_company_s(self):
        lot = self._lot("A")
        self._shelve(lot, age=31)
        self.company.pharma_slow_age_days = 30
        self.assertTrue(self._row(lot).is_slow)

    def test_slow_share_is_one_of_values(self):
        """40 + 20 of 100 packs are slow, at 10.00: 600 of 1,000."""
        lots = self._lot("A") + self._lot("B") + self._lot("C")
        for lot, quantity, age in zip(lots, (40, 20, 40), (100, 91, 3), strict=True):
            self._shelve(lot, quantity, age=age)
        [(value, slow, share)] = self.env["pharma.stock.age"]._read_group(
            [("lot_id", "in", lots.ids)],
            [],
            ["value:sum", "slow_value:sum", "slow_share:avg"],
        )
        self.assertEqual((value, slow), (1000, 600))
        self.assertAlmostEqual(share, 0.6)

    # Who sees it

    def test_each_role_sees_what_it_needs(self):
        lot = self._lot("A")
        self._shelve(lot)
        for role in SEE_COST:
            with self.subTest(role):
                self.assertEqual(
                    self._rows(lot, role).read(["value"])[0]["value"], 1000
                )
        for role in SEE_QUANTITY:
            with self.subTest(role):
                rows = self._rows(lot, role)
                self.assertEqual(rows.read(["quantity"])[0]["quantity"], 100)
                with self.assertRaises(AccessError):
                    rows.read(["value"])
                with self.assertRaises(AccessError):
                    rows.formatted_read_group([], [], ["value:sum"])
        for role in SEE_NOTHING:
            with self.subTest(role), self.assertRaises(AccessError):
                self._rows(lot, role)

    def test_nobody_writes_a_report(self):
        row = self._row(self._shelve(self._lot("A")).lot_id)
        for role in ("purchaser", "qa_manager"):
            with self.subTest(role), self.assertRaises(AccessError):
                self._as(role, row).write({"quantity": 1})

    def test_stock_of_a_sister_company_is_not_seen(self):
        self._shelve(self._lot("A"))
        sister = self.env["res.company"].create({"name": "兄弟公司"})
        user = self._create_user(
            "purchaser",
            login="other",
            company_id=sister.id,
            company_ids=[Command.set(sister.ids)],
        )
        self.assertFalse(self.env["pharma.stock.age"].with_user(user).search([]))

    def test_list_graph_and_pivot_open_for_who_has_the_menu(self):
        self._shelve(self._lot("A"))
        for role in (*SEE_COST[:3], *SEE_QUANTITY):
            rows = self._as(role, self.env["pharma.stock.age"])
            for view in ("graph", "pivot", "list", "search"):
                with self.subTest(f"{role} {view}"):
                    arch = rows.get_view(view_type=view)["arch"]
                    if view != "search":
                        self.assertEqual('name="value"' in arch, role in SEE_COST)

    def test_row_leads_to_its_lot(self):
        lot = self._lot("A")
        self._shelve(lot)
        for role in (*SEE_COST, *SEE_QUANTITY):
            with self.subTest(role):
                action = self._as(role, self._row(lot)).action_open_lot()
                self.assertEqual(action["res_id"], lot.id)
                found = self._as(role, self.env[action["res_model"]]).browse(lot.id)
                self.env.invalidate_all()
                [values] = found.read(["name", "product_qty", "expiry_tier_id"])
                self.assertEqual((values["name"], values["product_qty"]), ("A", 100))

    def test_export_is_recorded_like_any_other(self):
        row = self._row(self._shelve(self._lot("A")).lot_id)
        self.users["finance"].group_ids |= self.env.ref("base.group_allow_export")
        taken = self._as("finance", row).export_data(["lot_id/name", "value"])
        self.assertEqual(taken["datas"], [["A", 1000.0]])
        self.env.flush_all()
        self.assertTrue(
            self.env["pharma.audit.entry"].search(
                [("operation", "=", "export"), ("res_model", "=", row._name)]
            )
        )

    def test_many_rows_take_no_more_queries_than_one(self):
        lots = self.env["stock.lot"].union(*(self._lot(f"Q{n}") for n in range(30)))
        for lot in lots:
            self._shelve(lot)
        fields = ["lot_id", "value", "lot_state", "expiry_tier_id", "is_slow"]
        counts = []
        for some in (lots[:1], lots):
            self.env.invalidate_all()
            self._rows(some).read(fields)  # warms what is kept for all
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._rows(some).read(fields)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*counts)
