from datetime import date, timedelta

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.pharma_gsp.tests.common import PharmaCommon, PharmaHttpCommon

from ..tools.expiry import add_months

DAY = timedelta(days=1)


class TierWorld:
    """Lots of a drug that end on chosen days."""

    def _lot(self, expiry, drug=None, name=None, **values):
        product = (drug or self.drug).product_variant_id
        return self.env["stock.lot"].create(
            {
                "name": name or f"L{expiry}",
                "product_id": product.id,
                "expiry_date": expiry,
                **values,
            }
        )

    def _tier(self, months=None, **values):
        """A tier of ours besides the shipped ones."""
        return self.env["pharma.expiry.tier"].create(
            {"name": f"test {months or ''}", "months": months or 6, **values}
        )

    def _only(self, *tiers):
        """Just these tiers count from today on."""
        others = self.env["pharma.expiry.tier"].search([("state", "=", "active")])
        kept = self.env["pharma.expiry.tier"].union(*tiers)
        (others - kept).date_to = self.today - DAY

    def _shipped(self, months):
        return self.env.ref(f"pharma_lot_expiry.pharma_expiry_tier_{months}")


@tagged("post_install", "-at_install")
class TestExpiryTier(TierWorld, PharmaCommon):
    """Which tier a lot is in, on screens, in searches and for who asks (ST-10)."""

    def test_boundary_days_of_every_shipped_tier_in_china(self):
        """The day before, of and after (TV-45): no job has to run for it."""
        lot = self._lot(date(2027, 8, 31))
        for months, begin in (
            (12, date(2026, 8, 31)),
            (9, date(2026, 12, 1)),  # from 30 November it is 9 months and a day
            (6, date(2027, 3, 1)),
            (3, date(2027, 5, 31)),
            (1, date(2027, 7, 31)),
        ):
            for moment, is_in in (
                (f"{begin - DAY} 23:59:59", False),
                (f"{begin} 00:00:00", True),
                (f"{begin + DAY} 12:00:00", True),
            ):
                with self.subTest(moment), self._in_china(moment):
                    self.env.invalidate_all()
                    tier = lot.expiry_tier_id
                    self.assertEqual(tier == self._shipped(months), is_in, tier.name)

    def test_on_its_last_day_a_lot_is_in_the_smallest_tier_then_in_none(self):
        lot = self._lot(date(2027, 8, 31))
        with self._in_china("2027-08-31 23:59:59"):
            self.assertEqual(lot.expiry_tier_id, self._shipped(1))
        self.env.invalidate_all()
        with self._in_china("2027-09-01 00:00:00"):
            self.assertFalse(lot.expiry_tier_id)
            self.assertEqual(lot.pharma_state, "expired")

    def _all_kinds_of_tiers(self):
        scope = self._scopes("CHEM")
        self._tier(5, applies_to="storage", storage_class="cold")
        self._tier(7, applies_to="special")
        self._tier(8, applies_to="scope", scope_ids=[Command.set(scope.ids)])
        self._tier(
            4,
            applies_to="category",
            categ_id=self.env.ref("product.product_category_goods").id,
        )
        self._tier(criterion="share", percent=45)
        self._tier(
            criterion="share",
            percent=12,
            applies_to="scope",
            scope_ids=[Command.set(scope.ids)],
        )

    def test_a_search_finds_what_the_lots_show(self):
        """Whatever the tiers are for; months, shares and classes mixed."""
        self._all_kinds_of_tiers()
        drugs = (
            self.drug
            | self._create_drug("NARC", active=False, storage_class="room")
            | self._create_drug(
                "BIO COLD", active=False, storage_class="cold", shelf_life_months=36
            )
            | self._create_drug(
                "CPM",
                active=False,
                shelf_life_months=60,
                categ_id=self.env.ref("product.product_category_goods").id,
            )
        )
        lots = self.env["stock.lot"]
        for drug in drugs:
            for left in (-1, 0, 20, 50, 100, 130, 170, 200, 230, 260, 300, 360, 400):
                lots |= self._lot(self.today + left * DAY, drug)
        lots |= self.env["stock.lot"].create(
            {"name": "undated", "product_id": self.drug.product_variant_id.id}
        )
        tiers = self.env["pharma.expiry.tier"].search([])
        self.assertGreater(len(lots.expiry_tier_id), 7)
        for tier in (*tiers, self.env["pharma.expiry.tier"]):
            with self.subTest(tier.name):
                self.assertEqual(
                    self.env["stock.lot"].search(
                        [("expiry_tier_id", "=", tier.id), ("id", "in", lots.ids)]
                    ),
                    lots.filtered(lambda lot, t=tier: lot.expiry_tier_id == t),
                )
        clearance = self.env["pharma.expiry.tier"]._stopped_domain("suggests_clearance")
        pairs = [(lot.product_id, lot.expiry_date) for lot in lots]
        stopped = self.env["pharma.expiry.tier"]._stopped(pairs, "suggests_clearance")
        self.assertEqual(
            lots.search(clearance & fields.Domain("id", "in", lots.ids)),
            lots.browse(
                lot.id for lot, tier in zip(lots, stopped, strict=True) if tier
            ),
        )

    def test_a_tier_is_searched_by_its_name_too(self):
        lot = self._lot(add_months(self.today, 6))
        for domain in (
            [("expiry_tier_id", "ilike", "6 mon")],
            [("expiry_tier_id.stops_buying", "=", True)],
            [("expiry_tier_id", "in", self._shipped(6).ids)],
        ):
            with self.subTest(str(domain)):
                self.assertIn(lot, lot.search(domain))
        self.assertNotIn(
            lot, lot.search([("expiry_tier_id", "=", self._shipped(3).id)])
        )
        self.assertNotIn(
            lot, lot.search([("expiry_tier_id", "!=", self._shipped(6).id)])
        )

    def test_a_line_without_a_product_yet_is_in_no_tier(self):
        self.assertFalse(self.env["stock.move.line"].new({}).expiry_tier_id)

    def test_sale_limits_of_products(self):
        limits = self.env["pharma.expiry.tier"]._sale_limits(
            self.drug.product_variant_id, self.today
        )[self.drug.product_variant_id]
        self.assertEqual(limits.free, add_months(self.today, 3) + DAY)
        self.assertEqual(limits.with_consent, self.today)

    def test_tiers_of_a_thousand_lots_take_few_queries(self):
        drugs = self.env["product.template"].create(
            [self._prepare_drug_values("CHEM", name=f"D{n}") for n in range(50)]
        )
        lots = self.env["stock.lot"].create(
            [
                {
                    "name": f"N{number}",
                    "product_id": drugs[number % 50].product_variant_id.id,
                    "expiry_date": self.today + number * DAY,
                }
                for number in range(1000)
            ]
        )
        self.env.flush_all()
        self.env.invalidate_all()
        self.env["pharma.expiry.tier"]._rules()
        with self.assertQueryCount(8):
            tiers = self.env["pharma.expiry.tier"]._tiers(lots)
        self.assertEqual(len(tiers), 1000)

    # -- changing tiers (CS-22) --------------------------------------------------------

    def test_qa_manager_replaces_a_tier_and_the_past_keeps_the_old_one(self):
        old = self._as("qa_manager", self._shipped(6))
        context = old.action_replace()["context"]
        new = old.with_context(**context).create({"months": 7})
        self.assertEqual(old.date_to, self.today)
        lot = self._lot(add_months(self.today, 7) + DAY)
        tiers = self.env["pharma.expiry.tier"]
        self.assertEqual(tiers._tiers(lot, self.today + DAY)[lot], new.sudo())
        self.assertEqual(tiers._tiers(lot, self.today)[lot], self._shipped(9))
        self.assertTrue(new.stops_buying)

    def test_a_tier_in_force_is_not_edited(self):
        tier = self._as("qa_manager", self._shipped(6))
        for values in ({"months": 5}, {"blocks_sale": True}, {"date_from": self.today}):
            with self.subTest(str(values)), self.assertTold("in force already"):
                tier.write(values)
        tier.write({"name": "half a year", "color": 5})
        tier.write({"date_to": self.today})
        with self.assertTold("today at the"):
            tier.write({"date_to": self.today - DAY})
        with self.assertTold("is kept"):
            tier.unlink()

    def test_nobody_makes_a_tier_for_days_that_are_over(self):
        tiers = self._as("qa_manager", self.env["pharma.expiry.tier"])
        with self.assertTold("today at the earliest"):
            tiers.create({"name": "x", "date_from": self.today - DAY})
        coming = tiers.create({"name": "x", "date_from": self.today + DAY})
        coming.write({"months": 8})
        past = self._tier(4, date_from=self.today - 9 * DAY, date_to=self.today - DAY)
        with self.assertTold("stays past"):
            tiers.create({"name": "x", "replaces_id": past.id})
        coming.unlink()

    def test_other_staff_reads_tiers_only(self):
        for role in ("seller", "qa", "auditor", "it_admin"):
            tier = self._as(role, self._shipped(6))
            self.assertTrue(tier.has_access("read"))
            with self.subTest(role), self.assertRaises(AccessError):
                tier.write({"name": "x"})

    def test_a_tier_for_a_class_names_it(self):
        for applies_to in ("storage", "scope", "category"):
            with (
                self.subTest(applies_to),
                self.assertTold("choose its", ValidationError),
            ):
                self._tier(6, applies_to=applies_to)

    def test_import_can_not_change_a_tier_in_force(self):
        result = self._as("qa_manager", self.env["pharma.expiry.tier"]).load(
            ["id", "months"], [["pharma_lot_expiry.pharma_expiry_tier_6", "5"]]
        )
        self.assertIn("in force already", str(result["messages"]))


@tagged("post_install", "-at_install")
class TestExpiryTierDoors(TierWorld, PharmaHttpCommon):
    """The same through RPC."""

    @mute_logger("odoo.http")
    def test_rpc_can_not_change_a_tier_in_force(self):
        tier = self._shipped(6)
        answer = self._json2(
            self.users["qa_manager"],
            "pharma.expiry.tier",
            "write",
            ids=tier.ids,
            vals={"months": 5},
        )
        self.assertEqual(answer.status_code, 422)
        self.assertIn("in force already", answer.text)
        self.assertEqual(tier.months, 6)
