from datetime import datetime, time, timedelta

from odoo.fields import Command
from odoo.tests import tagged

from .common import PharmaCommon


@tagged("post_install", "-at_install")
class TestSupplierLock(PharmaCommon):
    """Expired or missing supplier papers stop buying and receiving, live (FA-32)."""

    def _last_day_is(self, document):
        """Give a paper a last day some weeks ahead, so that only it ends then."""
        last_day = self.today + timedelta(days=40)
        self._expire(document, last_day)
        return last_day

    def _renew(self, document, **values):
        """A new version as the purchaser files it from the Renew button."""
        context = document.action_renew()["context"]
        return (
            self._as("purchaser", self.env["pharma.document"])
            .with_context(**context)
            .create({"expiry_date": self.today + timedelta(days=600), **values})
        )

    # The clock: TV-28

    def test_licence_counts_until_the_last_minute_of_its_last_day(self):
        """TV-28: 23:59 in China on the last day."""
        last_day = self._last_day_is(self._paper(self.supplier, "DIST_LICENCE"))
        order = self._as("purchaser", self._create_purchase())
        with self._in_china(datetime.combine(last_day, time(23, 59))):
            order.button_confirm()
        self.assertEqual(order.state, "purchase")

    def test_licence_locks_at_midnight_after_its_last_day(self):
        """TV-28: 00:00 in China, while the server's day is still the day before."""
        last_day = self._last_day_is(self._paper(self.supplier, "DIST_LICENCE"))
        order = self._as("purchaser", self._create_purchase())
        midnight = datetime.combine(last_day + timedelta(days=1), time.min)
        with self._in_china(midnight):
            self.assertRefused(order.button_confirm, "LICENCE_EXPIRED", "SCOPE_PARTNER")
        self.assertEqual(order.state, "draft")

    # At the receipt, TV-29

    def test_receipt_is_refused_once_the_licence_has_expired(self):
        """TV-29: valid at the order, expired at the receipt."""
        receipt = self._ordered().picking_ids
        self._expire(self._paper(self.supplier, "DIST_LICENCE"))
        self.assertRefused(
            lambda: self._validate(receipt, "receiver"),
            "LICENCE_EXPIRED",
            "SCOPE_PARTNER",
        )

    def _quarantined(self):
        receipt = self._as("receiver", self._ordered().picking_ids)
        self._expire(self._paper(self.supplier, "DIST_LICENCE"))
        receipt.move_ids.quantity = 10
        receipt.move_ids.picked = True
        receipt.action_pharma_quarantine()
        return receipt

    def test_refused_goods_go_to_quarantine(self):
        """TV-29: goods already in transit wait for QA, and the event says so."""
        receipt = self._quarantined()
        self.assertEqual(receipt.state, "done")
        self.assertTrue(receipt.move_line_ids.location_dest_id.is_pharma_quarantine)
        event = self.env["pharma.gate.event"].search([("res_id", "=", receipt.id)])
        self.assertEqual(event.mapped("result"), ["quarantined"])
        self.assertIn("LICENCE_EXPIRED", event.line_ids.mapped("check_code"))

    def test_quarantine_calls_every_qa_officer(self):
        """TV-29"""
        called = self._quarantined().sudo().activity_ids.user_id
        self.assertLessEqual(self.users["qa"] | self.users["qa_manager"], called)

    def test_goods_in_quarantine_are_not_reserved(self):
        """TV-29"""
        self._quarantined()
        order = self._as("seller", self._create_sale())
        order.action_confirm()
        self.assertFalse(order.sudo().picking_ids.move_line_ids)

    def _move_out_of_quarantine(self, role, source="move"):
        warehouse = self._quarantined().picking_type_id.sudo().warehouse_id
        quarantine = warehouse.pharma_quarantine_location_id
        wide = warehouse.view_location_id
        picking = self._as(role, self.env["stock.picking"]).create(
            {
                "picking_type_id": warehouse.int_type_id.id,
                "location_id": quarantine.id if source == "move" else wide.id,
                "location_dest_id": warehouse.lot_stock_id.id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": self.drug.product_variant_id.id,
                            "product_uom_qty": 10,
                            "location_id": quarantine.id
                            if source == "move"
                            else wide.id,
                            "location_dest_id": warehouse.lot_stock_id.id,
                            "picked": True,
                            "move_line_ids": [
                                Command.create(
                                    {
                                        "product_id": self.drug.product_variant_id.id,
                                        "quantity": 10,
                                        "location_id": quarantine.id,
                                        "location_dest_id": warehouse.lot_stock_id.id,
                                    }
                                )
                            ],
                        }
                    )
                ],
            }
        )
        picking.button_validate()
        return picking

    def test_storekeeper_cannot_take_goods_out_of_quarantine(self):
        """TV-29"""
        with self.assertTold("only the quality department"):
            self._move_out_of_quarantine("storekeeper")

    def test_transfer_from_the_whole_warehouse_does_not_reach_into_quarantine(self):
        """TV-29: the line says where goods really lie, whatever its transfer says."""
        with self.assertTold("only the quality department"):
            self._move_out_of_quarantine("storekeeper", source="line")

    def test_qa_moves_goods_on_from_quarantine(self):
        """TV-29"""
        self.assertEqual(self._move_out_of_quarantine("qa").state, "done")

    def test_receipt_into_quarantine_cannot_land_in_stock(self):
        """TV-29: a line that leads elsewhere is a receipt like any other."""
        receipt = self._as("receiver", self._ordered().picking_ids)
        stock = receipt.location_dest_id
        self._expire(self._paper(self.supplier, "DIST_LICENCE"))
        receipt.move_ids.write({"quantity": 10, "picked": True})
        quarantine = receipt.picking_type_id.warehouse_id.pharma_quarantine_location_id
        receipt.move_ids.location_dest_id = quarantine
        receipt.move_ids.move_line_ids.location_dest_id = stock
        self.assertRefused(receipt.button_validate, "LICENCE_EXPIRED", "SCOPE_PARTNER")

    # Other papers and persons: TV-31, TV-32

    def test_expired_quality_agreement_blocks_although_the_licence_is_fine(self):
        """TV-31"""
        self._expire(self._paper(self.supplier, "QUALITY_AGREEMENT"))
        order = self._as("purchaser", self._create_purchase())
        refusal = self.assertRefused(order.button_confirm, "DOCUMENT_EXPIRED")
        self.assertIn("Quality agreement", str(refusal))

    def test_expired_letter_of_the_only_sales_person_blocks(self):
        """TV-31, FA-07"""
        person = self.supplier.pharma_person_ids
        letter = person.document_ids.filtered(lambda d: d.type_id.code == "LETTER")
        self._expire(letter)
        order = self._as("purchaser", self._create_purchase())
        refusal = self.assertRefused(order.button_confirm, "PERSON_MISSING")
        self.assertIn("Letter of authorisation ended on", str(refusal))

    def test_a_second_sales_person_keeps_trade_going(self):
        """FA-07: blocked only when no usable person is left."""
        self._expire(self.supplier.pharma_person_ids.document_ids[0])
        self._create_person(self.supplier, "sales", name="李强")
        order = self._as("purchaser", self._create_purchase())
        order.button_confirm()
        self.assertEqual(order.state, "purchase")

    def test_chosen_sales_person_must_be_usable_herself(self):
        """FA-07: another person's letter doesn't help whom the order names."""
        stranger = self.env["pharma.person"].create(
            {"name": "李强", "partner_id": self.supplier.id, "role": "sales"}
        )
        order = self._create_purchase(pharma_person_id=stranger.id)
        self.assertRefused(
            self._as("purchaser", order).button_confirm, "PERSON_MISSING"
        )

    def test_letter_for_patent_medicines_does_not_cover_a_chemical_drug(self):
        """TV-32"""
        self.supplier.pharma_person_ids.scope_ids = self._scopes("CPM")
        order = self._as("purchaser", self._create_purchase())
        self.assertRefused(order.button_confirm, "PERSON_SCOPE")

    def test_letter_that_names_products_covers_only_these(self):
        """TV-32"""
        other = self._create_drug("CHEM", name="头孢克肟片")
        self.supplier.pharma_person_ids.product_tmpl_ids = self.drug
        self._as("purchaser", self._create_purchase()).button_confirm()
        order = self._as("purchaser", self._create_purchase(drugs=other))
        self.assertRefused(order.button_confirm, "PERSON_SCOPE")

    def test_letter_for_another_province_does_not_cover_ours(self):
        """FA-07: the letter's territory."""
        ours, other = self.env.ref("base.cn").state_ids[:2]
        self.company.partner_id.state_id = ours
        self.supplier.pharma_person_ids.state_ids = other
        order = self._as("purchaser", self._create_purchase())
        self.assertRefused(order.button_confirm, "PERSON_SCOPE")

    # The supplier's file: FA-01, FA-13, FA-30

    def test_contract_maker_may_not_sell(self):
        """FA-01: a C licence makes drugs for others."""
        maker = self._create_supplier("CHEM", kind="MAKER_C")
        order = self._as("purchaser", self._create_purchase(partner=maker))
        self.assertRefused(order.button_confirm, "PARTNER_KIND")

    def test_supplier_without_a_kind_cannot_be_judged(self):
        self.supplier.pharma_supplier_kind_id = False
        self.supplier.pharma_dossier_ids.sudo().state = "active"
        order = self._as("purchaser", self._create_purchase())
        self.assertRefused(order.button_confirm, "PARTNER_KIND")

    def test_supplier_without_a_file_is_refused(self):
        """FA-30, with everything else that nobody has seen yet."""
        stranger = self._create_partner(
            "陌生医药", pharma_supplier_kind_id=self._kind("WHOLESALER").id
        )
        order = self._as("purchaser", self._create_purchase(partner=stranger))
        self.assertRefused(
            order.button_confirm,
            "PARTNER_DOSSIER",
            "DOCUMENT_MISSING",
            "SCOPE_PARTNER",
            "PERSON_MISSING",
        )

    def test_suspended_supplier_is_refused(self):
        """FA-30"""
        self._as("qa", self.supplier.pharma_dossier_ids).decide("suspended", "投诉")
        order = self._as("purchaser", self._create_purchase())
        self.assertRefused(order.button_confirm, "PARTNER_DOSSIER")

    def test_missing_paper_is_refused_by_its_name(self):
        agreement = self._paper(self.supplier, "QUALITY_AGREEMENT")
        self._as("qa", agreement).void("假的")
        order = self._as("purchaser", self._create_purchase())
        refusal = self.assertRefused(order.button_confirm, "DOCUMENT_MISSING")
        self.assertIn("Quality agreement", str(refusal))

    def test_drug_under_change_is_sold_but_not_bought(self):
        """FA-13"""
        self.drug.strength = "0.5g"
        self.assertEqual(self.drug.pharma_state, "change")
        order = self._as("purchaser", self._create_purchase())
        self.assertRefused(order.button_confirm, "PRODUCT_DOSSIER")
        sale = self._as("seller", self._create_sale())
        sale.action_confirm()
        self.assertEqual(sale.state, "sale")

    def test_drug_whose_change_is_under_review_is_still_sold(self):
        """FA-13: asking QA to approve the change must not stop the sale."""
        self.drug.strength = "0.5g"
        self._as("purchaser", self.drug.pharma_dossier_ids).action_apply()
        sale = self._as("seller", self._create_sale())
        sale.action_confirm()
        order = self._as("purchaser", self._create_purchase())
        self.assertRefused(order.button_confirm, "PRODUCT_DOSSIER")

    def test_ended_registration_warns_until_qa_makes_it_block(self):
        """FA-08, FA-10: lots made before may be sold, so the law doesn't block."""
        self._expire(self._paper(self.drug, "APPROVAL"))
        order = self._ordered()
        event = self.env["pharma.gate.event"].search([("res_id", "=", order.id)])
        self.assertEqual(event.line_ids.mapped("check_code"), ["PRODUCT_DOCUMENT"])
        self.assertEqual(event.result, "warned")
        self._as("qa_manager", self._type("APPROVAL")).on_expiry = "block"
        order = self._as("purchaser", self._create_purchase())
        self.assertRefused(order.button_confirm, "PRODUCT_DOCUMENT")

    def test_cold_capability_stops_cold_goods_only(self):
        """FA-09"""
        cold = self._create_drug("BIO COLD", name="人血白蛋白", storage_class="cold")
        self._file("COLD_CAPABILITY", self.supplier)
        self._as("purchaser", self._create_purchase(drugs=cold)).button_confirm()
        for paper in self._paper(self.supplier, "COLD_CAPABILITY"):
            self._expire(paper)
        order = self._as("purchaser", self._create_purchase(drugs=cold))
        self.assertRefused(order.button_confirm, "DOCUMENT_EXPIRED")
        order = self._as("purchaser", self._create_purchase())
        order.button_confirm()
        self.assertEqual(order.state, "purchase")

    # Renewal (FA-32) and our own papers (FA-33)

    def test_unverified_renewal_does_not_unlock(self):
        """FA-32"""
        licence = self._paper(self.supplier, "DIST_LICENCE")
        self._expire(licence)
        self._renew(licence)
        order = self._as("purchaser", self._create_purchase())
        self.assertRefused(order.button_confirm, "LICENCE_EXPIRED", "SCOPE_PARTNER")

    def test_verified_renewal_unlocks_and_supersedes_the_old_version(self):
        """FA-32"""
        licence = self._paper(self.supplier, "DIST_LICENCE")
        self._expire(licence)
        renewal = self._renew(licence)
        self._as("qa", renewal).action_verify()
        order = self._as("purchaser", self._create_purchase())
        order.button_confirm()
        self.assertEqual((licence.state, renewal.version), ("superseded", 2))

    def test_old_date_is_never_edited(self):
        """FA-32: not by QA and not by the superuser either."""
        licence = self._paper(self.supplier, "DIST_LICENCE")
        self._expire(licence)
        for document in (self._as("qa_manager", licence), licence.sudo()):
            with self.assertTold("new version"):
                document.write({"expiry_date": self.today + timedelta(days=90)})

    def test_our_own_expired_licence_stops_buying_and_selling(self):
        """FA-33"""
        self._expire(self._paper(self.company.partner_id, "DIST_LICENCE"))
        order = self._as("purchaser", self._create_purchase())
        self.assertRefused(order.button_confirm, "OWN_LICENCE", "SCOPE_OWN")
        sale = self._as("seller", self._create_sale())
        self.assertRefused(sale.action_confirm, "OWN_LICENCE", "SCOPE_OWN")

    def test_our_own_expired_annual_report_only_warns(self):
        """FA-02, FA-33"""
        self._expire(self._paper(self.company.partner_id, "ANNUAL_REPORT"))
        order = self._as("purchaser", self._create_purchase())
        order.button_confirm()
        event = self.env["pharma.gate.event"].search([("res_id", "=", order.id)])
        self.assertEqual(event.mapped("result"), ["warned"])
