from datetime import timedelta

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import PharmaCommon

ODD_USCC = "91350211M0000XUF46"


@tagged("post_install", "-at_install")
class TestPartner(PharmaCommon):
    """Codes, addresses, archiving and merging of trading partners."""

    # The unified social credit code, FA-40

    def test_code_is_stored_in_capital_half_width_letters(self):
        """TV-06: lower case and blanks are repaired."""
        for typed in (
            "91350100m000100y43",
            " 91350100M000100Y43 ",
            "９１３５０１００M000100Y43",
        ):
            with self.subTest(typed):
                partner = self._create_partner("新", uscc=typed)
                self.assertEqual(partner.uscc, "91350100M000100Y43")

    def test_malformed_code_is_refused(self):
        """TV-06: letter O, 17 characters, forbidden letters."""
        partner = self._create_partner("新")
        for typed in ("9135010OM000100Y43", "91350100M000100Y4", "91350100M000100I43"):
            with self.subTest(typed), self.assertTold("not a unified", ValidationError):
                partner.uscc = typed

    def test_wrong_check_digit_is_accepted_and_flagged(self):
        """TV-03, TV-04"""
        for code in ("91350100M000100Y44", ODD_USCC):
            self.assertFalse(self._create_partner("新", uscc=code).is_uscc_checksum_ok)
        good = self._create_partner("新", uscc="91420100MA0000226Y")
        self.assertTrue(good.is_uscc_checksum_ok)

    def _refused_for_its_code(self):
        supplier = self._create_supplier("CHEM", uscc=ODD_USCC)
        order = self._as("purchaser", self._create_purchase(partner=supplier))
        refusal = self.assertRefused(order.button_confirm, "USCC_CHECKSUM")
        return order, refusal.context["findings"][0]

    def _request_override(self, role, finding, **values):
        check = self.env["pharma.gate.check"].search([("code", "=", finding["code"])])
        return self._as(role, self.env["pharma.gate.override"]).create(
            {
                "check_id": check.id,
                "target_model": finding["target_model"],
                "target_id": finding["target_id"],
                "cure_model": finding["cure_model"],
                "cure_id": finding["cure_id"],
                "sentence": finding["sentence"],
                "reason": "公示系统一致",
                **values,
            }
        )

    def test_qa_lets_a_registered_code_pass_with_proof(self):
        """TV-04: usable afterwards; the flag stays."""
        order, finding = self._refused_for_its_code()
        self.assertEqual(finding["severity"], "approval")
        proof = self._as("purchaser", self.env["ir.attachment"]).create(
            {"name": "gsxt.png", "raw": b"x"}
        )
        override = self._request_override(
            "purchaser", finding, attachment_ids=[Command.set(proof.ids)]
        )
        self._as("qa", override).action_grant()
        order.button_confirm()
        self.assertEqual(order.state, "purchase")
        self.assertFalse(order.partner_id.is_uscc_checksum_ok)
        event = self.env["pharma.gate.event"].search([("res_id", "=", order.id)])
        self.assertEqual(event.mapped("result"), ["overridden"])

    def test_override_of_a_code_serves_the_next_order_too(self):
        """TV-04: it is granted for the partner, not for one order."""
        order, finding = self._refused_for_its_code()
        self._as("qa", self._request_override("purchaser", finding)).action_grant()
        later = self._create_purchase(partner=order.partner_id)
        self._as("purchaser", later).button_confirm()
        self.assertEqual(later.state, "purchase")

    # Archiving and merging

    def test_partner_with_open_orders_is_not_archived(self):
        self._ordered()
        with self.assertTold("still has open orders"):
            self._as("purchaser", self.supplier).action_archive()

    def test_partner_without_open_orders_is_archived(self):
        self._as("purchaser", self.supplier).action_archive()
        self.assertFalse(self.supplier.active)

    def test_buyer_with_open_orders_is_not_archived(self):
        self._sold()
        with self.assertTold("still has open orders"):
            self._as("seller", self.hospital).write({"active": False})

    def _merge(self, partners, into):
        self.env["base.partner.merge.automatic.wizard"].create(
            {
                "partner_ids": [Command.set(partners.ids)],
                "dst_partner_id": into.id,
            }
        ).action_merge()

    def test_two_licensed_companies_are_not_merged(self):
        with self.assertTold("can't be merged"):
            self._merge(self.supplier | self.hospital, self.supplier)

    def test_stranger_merges_into_the_licensed_company_only(self):
        stranger = self._create_partner("江南医药")
        with self.assertTold("choose it as the destination"):
            self._merge(self.supplier | stranger, stranger)
        self._merge(self.supplier | stranger, self.supplier)
        self.assertFalse(stranger.exists())

    def test_partner_on_documents_is_merged_into_no_other(self):
        """CS-20: an address goods were sent to counts as well."""
        address = self._create_partner(
            "东区药房", is_company=False, uscc=False, parent_id=self.hospital.id
        )
        order = self._sold(partner=self.hospital)
        self.env.cr.execute(
            "UPDATE sale_order SET partner_shipping_id = %s WHERE id = %s",
            (address.id, order.id),
        )
        self.env.invalidate_all()
        with self.assertTold("stands on S"):
            self._merge(address | self.hospital, self.hospital)

    # Receiving addresses: FA-24

    def _warehouse(self, **values):
        return self._as("seller", self.env["res.partner"]).create(
            {
                "name": "东院仓库",
                "type": "delivery",
                "parent_id": self.hospital.id,
                "street": "东湖路 9 号",
                **values,
            }
        )

    def _sale_to(self, address):
        return self._as("seller", self._create_sale(partner_shipping_id=address.id))

    def test_delivery_elsewhere_is_refused_until_qa_confirms_the_address(self):
        """FA-24"""
        address = self._warehouse()
        order = self._sale_to(address)
        self.assertRefused(order.action_confirm, "DELIVERY_ADDRESS")
        self._as("qa", address).action_pharma_license_address()
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_only_qa_confirms_an_address(self):
        """FA-24: neither its button nor values, defaults and writes of others."""
        address = self._warehouse(is_pharma_address_licensed=True)
        self.assertFalse(address.is_pharma_address_licensed)
        context = {"default_is_pharma_address_licensed": True}
        self.assertFalse(
            self._as("seller", self.env["res.partner"])
            .with_context(**context)
            .create({"name": "x", "parent_id": self.hospital.id})
            .is_pharma_address_licensed
        )
        with self.assertTold("Only the quality department"):
            address.action_pharma_license_address()
        with self.assertTold("with its button"):
            address.write({"is_pharma_address_licensed": True})

    def test_edited_address_needs_a_new_confirmation(self):
        """FA-24"""
        address = self._warehouse()
        for values in ({"street": "西湖路 1 号"}, {"parent_id": self.supplier.id}):
            self._as("qa", address).action_pharma_license_address()
            self.assertTrue(address.is_pharma_address_licensed)
            address.write(values)
            self.assertFalse(address.is_pharma_address_licensed)

    def test_licensed_address_of_another_company_is_no_way_round(self):
        """FA-24"""
        address = self._warehouse(parent_id=self.supplier.id)
        self._as("qa", address).action_pharma_license_address()
        order = self._sale_to(address)
        self.assertRefused(order.action_confirm, "DELIVERY_ADDRESS")

    def test_address_cannot_change_after_confirmation(self):
        """FA-24"""
        order = self._sale_to(self.hospital)
        order.action_confirm()
        self.assertRefused(
            lambda: order.write({"partner_shipping_id": self._warehouse().id}),
            "DELIVERY_ADDRESS",
        )


@tagged("post_install", "-at_install")
class TestBankAccount(PharmaCommon):
    """Money goes to and comes from whom the papers name (CS-32, CS-33)."""

    def _account(self, role="purchaser", **values):
        return self._as(role, self.env["res.partner.bank"]).create(
            {
                "partner_id": self.supplier.id,
                "acc_number": "6222020200112233445",
                **values,
            }
        )

    def _confirm(self, account, *roles):
        for role in roles:
            self._as(role, account).action_pharma_confirm()

    def test_qa_and_finance_confirm_an_account_together(self):
        """CS-33, in either order."""
        for number, roles in enumerate((("qa", "finance"), ("finance", "qa"))):
            account = self._account(acc_number=f"62220202001122{number}")
            self._confirm(account, roles[0])
            self.assertFalse(account.pharma_is_verified)
            self._confirm(account, roles[1])
            self.assertTrue(account.pharma_is_verified)

    def test_one_person_with_both_roles_does_not_confirm_alone(self):
        """CS-33: two persons"""
        both = self._create_user("qa", "finance")
        account = self._account().with_user(both)
        account.action_pharma_confirm()
        with self.assertTold("second person"):
            account.action_pharma_confirm()

    def test_other_roles_confirm_nothing(self):
        account = self._account()
        for role in ("purchaser", "seller"):
            with self.subTest(role), self.assertTold("one QA officer and one finance"):
                self._confirm(account, role)

    def test_confirmation_is_not_written_by_hand(self):
        """CS-05: neither values nor defaults nor the stored result."""
        account = self._account()
        confirmed = {
            "pharma_qa_user_id": self.users["qa"].id,
            "pharma_finance_user_id": self.users["finance"].id,
            "pharma_is_verified": True,
        }
        for name, value in confirmed.items():
            with self.subTest(name), self.assertTold("with its button"):
                account.write({name: value})
        context = {f"default_{name}": value for name, value in confirmed.items()}
        model = self._as("purchaser", self.env["res.partner.bank"])
        for values, number in ((confirmed, "1"), ({}, "2")):
            born = model.with_context(**({} if values else context)).create(
                {"partner_id": self.supplier.id, "acc_number": number, **values}
            )
            self.assertFalse(born.pharma_is_verified)

    def test_edited_account_needs_a_new_confirmation(self):
        """CS-33"""
        for number, values in enumerate(
            (
                {"acc_number": "6222020200119999999"},
                {"acc_holder_name": "别人"},
                {"partner_id": self._create_partner("别家").id},
            )
        ):
            account = self._account(acc_number=f"62220202001122{number}")
            self._confirm(account, "qa", "finance")
            account.sudo().write(values)
            self.assertFalse(account.pharma_is_verified)

    # Payments to suppliers: TV-71

    def _pay_supplier(self, account=None):
        payment = self._as("finance", self.env["account.payment"]).create(
            {
                "payment_type": "outbound",
                "partner_type": "supplier",
                "partner_id": self.supplier.id,
                "amount": 100,
                "partner_bank_id": account.id if account else False,
            }
        )
        payment.action_post()
        return payment

    def test_unverified_account_is_not_paid(self):
        """TV-71"""
        account = self._account()
        self._confirm(account, "qa")
        self.assertRefused(lambda: self._pay_supplier(account), "BANK_ACCOUNT")
        self._confirm(account, "finance")
        self.assertIn(self._pay_supplier(account).state, ("in_process", "paid"))

    def test_account_of_somebody_else_is_not_paid(self):
        """TV-71"""
        account = self._account(partner_id=self.hospital.id)
        self._confirm(account, "qa", "finance")
        self.assertRefused(lambda: self._pay_supplier(account), "BANK_ACCOUNT")

    def test_payment_without_any_account_is_refused(self):
        """CS-33"""
        self.assertRefused(self._pay_supplier, "BANK_ACCOUNT")

    def test_account_is_not_exchanged_after_posting(self):
        """TV-71"""
        good, bad = self._account(), self._account(acc_number="1")
        self._confirm(good, "qa", "finance")
        payment = self._pay_supplier(good)
        with self.assertRaises(UserError):
            payment.partner_bank_id = bad

    # Payments of third parties: CS-32

    def _receive(self, payer=None):
        payment = self._as("finance", self.env["account.payment"]).create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": self.hospital.id,
                "amount": 100,
                "pharma_payer_id": payer.id if payer else False,
            }
        )
        payment.action_post()
        return payment

    def test_buyer_pays_for_itself(self):
        """CS-32"""
        self.assertIn(self._receive().state, ("in_process", "paid"))
        self.assertIn(self._receive(self.hospital).state, ("in_process", "paid"))

    def test_third_party_pays_only_with_an_agreement_in_force(self):
        """CS-32"""
        payer = self._create_partner("财政局")
        self.assertRefused(lambda: self._receive(payer), "THIRD_PARTY_PAYER")
        agreement = self._file(
            "THIRD_PARTY_PAYMENT", self.hospital, related_partner_id=payer.id
        )
        self.assertIn(self._receive(payer).state, ("in_process", "paid"))
        self._expire(agreement, self.today - timedelta(days=1))
        self.assertRefused(lambda: self._receive(payer), "THIRD_PARTY_PAYER")

    def test_agreement_names_one_payer_only(self):
        """CS-32"""
        payer, other = self._create_partner("财政局"), self._create_partner("个人")
        self._file("THIRD_PARTY_PAYMENT", self.hospital, related_partner_id=payer.id)
        self.assertRefused(lambda: self._receive(other), "THIRD_PARTY_PAYER")
