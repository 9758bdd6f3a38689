from datetime import timedelta

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.pharma_gsp.tests.common import PharmaCommon, PharmaHttpCommon

from ..tools.expiry import add_months
from .test_expiry_tier import TierWorld

DAY = timedelta(days=1)


class ConsentWorld(TierWorld):
    """A hospital, a lot in the three-month tier, and what the hospital signed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # What a customer asks for has tests of its own.
        cls.env["pharma.partner.kind"].search([]).min_life_months = 0

    def _ask(self, lot, role="seller", **values):
        consents = self._as(role, self.env["pharma.life.consent"])
        proof = self._as(role, self.env["ir.attachment"]).create(
            {"name": "consent.pdf", "raw": b"%PDF", "res_model": "pharma.life.consent"}
        )
        return consents.create(
            {
                "partner_id": self.hospital.id,
                "kind": "lot",
                "lot_id": lot.id,
                "min_months": 0,
                "reason": "急需",
                "attachment_ids": [Command.set(proof.ids)],
                **values,
            }
        )

    def _agreed(self, lot, **values):
        consent = self._ask(lot, **values)
        self._as("qa", consent).action_grant()
        return consent

    def _for(self, lot, partner=None, day=None, company=None):
        return self.env["pharma.life.consent"]._for(
            partner or self.hospital, lot, day or self.today, company
        )

    def _on_shelf(self, lot, quantity=100):
        warehouse = self.env["stock.warehouse"].search(
            [("company_id", "=", self.company.id)], limit=1
        )
        self.env["stock.quant"]._update_available_quantity(
            lot.product_id, warehouse.lot_stock_id, quantity, lot_id=lot
        )
        return lot

    def _delivery(self, lot, quantity=5):
        """A confirmed sale whose delivery takes just this lot.

        It is confirmed for goods of long life, which lie there as well.
        """
        end = self.today + 900 * DAY
        known = self.env["stock.lot"].search([("expiry_date", "=", end)])
        self._on_shelf(known or self._lot(end))
        order = self._as("seller", self._create_sale(quantity=quantity))
        order.action_confirm()
        picking = order.sudo().picking_ids
        move = picking.move_ids
        move.move_line_ids.unlink()
        move.move_line_ids = [
            Command.create(
                {
                    "product_id": lot.product_id.id,
                    "lot_id": lot.id,
                    "quantity": quantity,
                    "picked": True,
                    "picking_id": picking.id,
                }
            )
        ]
        return picking


@tagged("post_install", "-at_install")
class TestLifeConsent(ConsentWorld, PharmaCommon):
    """Customers agree in writing to goods that end soon (ST-11)."""

    def test_a_consent_counts_when_somebody_of_qa_granted_it(self):
        lot = self._lot(self.today + 20 * DAY)
        consent = self._ask(lot)
        self.assertFalse(self._for(lot))
        with self.assertTold("Only the quality department"):
            consent.action_grant()
        self._as("qa", consent).action_grant()
        self.assertEqual(self._for(lot), lot)
        self._as("qa", consent).action_withdraw()
        self.assertFalse(self._for(lot))

    def test_nobody_grants_her_own_request(self):
        consent = self._ask(self._lot(self.today + 20 * DAY), "qa")
        with self.assertTold("somebody else decides"):
            consent.action_grant()

    def test_it_counts_for_its_customer_lot_company_and_days_only(self):
        lot = self._lot(self.today + 20 * DAY)
        other_lot = self._lot(self.today + 21 * DAY)
        address = self.env["res.partner"].create(
            {"name": "仓库", "parent_id": self.hospital.id, "type": "delivery"}
        )
        self._agreed(lot, valid_from=self.today, valid_to=self.today + 5 * DAY)
        self.assertEqual(self._for(lot | other_lot), lot)
        self.assertEqual(self._for(lot, address), lot)
        self.assertFalse(self._for(lot, self.supplier))
        self.assertFalse(
            self._for(lot, company=self.env["res.company"].create({"name": "B"}))
        )
        for left, counts in ((-1, False), (0, True), (5, True), (6, False)):
            with self.subTest(left):
                found = self._for(lot, day=self.today + left * DAY)
                self.assertEqual(bool(found), counts)

    def test_it_counts_down_to_the_shortest_life_agreed(self):
        product = self.drug.product_variant_id
        least = add_months(self.today, 2)
        enough, short = self._lot(least), self._lot(least - DAY)
        self._agreed(
            enough, kind="product", lot_id=False, product_id=product.id, min_months=2
        )
        self.assertEqual(self._for(enough | short), enough)
        self.assertFalse(self._for(enough, day=self.today + DAY))
        self._agreed(
            short,
            kind="product",
            lot_id=False,
            product_id=product.id,
            life_kind="date",
            min_expiry=short.expiry_date,
        )
        self.assertEqual(self._for(enough | short), enough | short)

    def test_consents_of_many_lots_take_one_query(self):
        lots = self.env["stock.lot"].create(
            [
                {
                    "name": f"N{number}",
                    "product_id": self.drug.product_variant_id.id,
                    "expiry_date": self.today + number * DAY,
                }
                for number in range(200)
            ]
        )
        self._agreed(lots[20])
        self._for(lots)
        self.env.flush_all()
        # One for the consents; reading the one found and its proof rule may add one.
        with self.assertQueryCount(2):
            self.assertEqual(self._for(lots), lots[20])

    def test_without_proof_there_is_no_consent(self):
        with self.assertTold("without proof", ValidationError):
            self._ask(self._lot(self.today), attachment_ids=False)

    def test_nonsense_is_refused(self):
        lot = self._lot(self.today + 20 * DAY)
        contact = self.env["res.partner"].create(
            {"name": "x", "parent_id": self.hospital.id}
        )
        for values, words in (
            ({"min_months": -1}, "0 to 60"),
            ({"min_months": 61}, "0 to 60"),
            ({"life_kind": "date"}, "earliest expiry date"),
            ({"valid_to": self.today - DAY}, "before it begins"),
            ({"lot_id": False}, "Choose the lot"),
            ({"kind": "product", "lot_id": False}, "Choose the lot"),
            ({"partner_id": contact.id}, "contact or address"),
        ):
            with self.subTest(str(values)), self.assertTold(words, ValidationError):
                self._ask(lot, **values)

    def test_who_may_not_sell_does_not_ask(self):
        lot = self._lot(self.today + 20 * DAY)
        for role in ("purchaser", "picker", "auditor"):
            with self.subTest(role), self.assertRaises(AccessError):
                self._ask(lot, role)

    def test_a_request_stands_as_written_and_is_born_undecided(self):
        lot = self._lot(self.today + 20 * DAY)
        consent = self._ask(lot, state="granted")
        self.assertEqual(consent.state, "requested")
        with self.assertTold("stands as written"):
            consent.write({"min_months": 1})
        with self.assertTold("stands as written"):
            self._as("qa", consent).write({"state": "granted"})


@tagged("post_install", "-at_install")
class TestTierGate(ConsentWorld, PharmaCommon):
    """What a tier stops at our border (ST-10, ST-11)."""

    def test_short_lived_goods_need_the_consent_of_who_gets_them(self):
        """Boundary: three months to the day need it, a day more doesn't."""
        end = add_months(self.today, 3)
        near, far = (self._on_shelf(self._lot(d)) for d in (end, end + DAY))
        picking = self._delivery(near)
        error = self.assertRefused(
            self._as("picker", picking).button_validate, "LOT_TIER_CONSENT"
        )
        for word in (near.name, "3 months", str(end), self.hospital.name, "Consents"):
            self.assertIn(word, str(error))
        self._agreed(near)
        self._as("picker", picking).button_validate()
        self.assertEqual(picking.state, "done")
        other = self._delivery(far)
        self._as("picker", other).button_validate()
        self.assertEqual(other.state, "done")

    def test_qa_may_let_one_delivery_pass_instead(self):
        """ST-11: the customer's consent, or an override."""
        lot = self._on_shelf(self._lot(self.today + 10 * DAY))
        picking = self._delivery(lot)
        error = self.assertRefused(
            self._as("picker", picking).button_validate, "LOT_TIER_CONSENT"
        )
        (finding,) = error.context["findings"]
        check = self.env["pharma.gate.check"].search(
            [("code", "=", "LOT_TIER_CONSENT")]
        )
        override = self._as("picker", self.env["pharma.gate.override"]).create(
            {
                "check_id": check.id,
                "reason": "抢救用药",
                **{
                    name: finding[name]
                    for name in (
                        "target_model",
                        "target_id",
                        "cure_model",
                        "cure_id",
                        "sentence",
                    )
                },
            }
        )
        self._as("qa", override).action_grant()
        self._as("picker", picking).button_validate()
        self.assertEqual(picking.state, "done")

    def test_what_a_tier_blocks_is_not_sold_with_consent_either(self):
        self._tier(2, blocks_sale=True)
        lot = self._on_shelf(self._lot(self.today + 30 * DAY))
        self._agreed(lot)
        picking = self._delivery(lot)
        for role in ("picker", "qa"):
            with self.subTest(role):
                self.assertRefused(
                    self._as(role, picking).sudo().button_validate, "LOT_TIER_SALE"
                )

    def test_what_a_larger_tier_blocks_stays_blocked_in_a_smaller_one(self):
        self._tier(5, blocks_sale=True)
        lot = self._on_shelf(self._lot(self.today + 10 * DAY))
        self.assertEqual(lot.expiry_tier_id, self._shipped(1))
        self._agreed(lot)
        self.assertRefused(
            self._as("picker", self._delivery(lot)).button_validate, "LOT_TIER_SALE"
        )

    def _receipt(self, expiry):
        receipt = self._ordered().sudo().picking_ids
        receipt.move_ids.move_line_ids.unlink()
        receipt.move_ids.move_line_ids = [
            Command.create(
                {
                    "product_id": self.drug.product_variant_id.id,
                    "lot_name": "NEW1",
                    "expiry_date": expiry,
                    "quantity": 10,
                    "picked": True,
                    "picking_id": receipt.id,
                }
            )
        ]
        return receipt

    def test_goods_too_near_their_end_are_received_with_an_override_only(self):
        end = add_months(self.today, 6)
        receipt = self._receipt(end)
        self.assertEqual(receipt.move_line_ids.expiry_tier_id, self._shipped(6))
        error = self.assertRefused(
            self._as("receiver", receipt).button_validate, "LOT_TIER_PURCHASE"
        )
        for word in ("NEW1", "6 months", str(end), "Refuse these goods"):
            self.assertIn(word, str(error))
        good = self._receipt(end + DAY)
        self._as("receiver", good).button_validate()
        self.assertEqual(good.state, "done")

    def test_writing_the_state_meets_the_same_refusal(self):
        lot = self._on_shelf(self._lot(self.today + 10 * DAY))
        picking = self._delivery(lot)

        def write():
            picking.move_ids.write({"state": "done"})
            self.env.flush_all()

        self.assertRefused(write, "LOT_TIER_CONSENT")


@tagged("post_install", "-at_install")
class TestTierGateDoors(ConsentWorld, PharmaHttpCommon):
    """The same through RPC."""

    @mute_logger("odoo.http")
    def test_rpc_meets_the_tier_too(self):
        lot = self._on_shelf(self._lot(self.today + 10 * DAY))
        picking = self._delivery(lot)
        answer = self._json2(
            self.users["picker"], "stock.picking", "button_validate", ids=picking.ids
        )
        self.assertEqual(answer.status_code, 422)
        self.assertIn(lot.name, answer.text)
        self.assertNotEqual(picking.state, "done")

    @mute_logger("odoo.http")
    def test_rpc_can_not_grant_a_consent_without_being_qa(self):
        consent = self._ask(self._lot(self.today + 20 * DAY))
        answer = self._json2(
            self.users["seller"], "pharma.life.consent", "action_grant", ids=consent.ids
        )
        self.assertEqual(answer.status_code, 422)
        self.assertEqual(consent.state, "requested")
