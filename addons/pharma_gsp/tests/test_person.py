from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import PharmaCommon

ID_NUMBER = "11010519491231002X"


@tagged("post_install", "-at_install")
class TestPerson(PharmaCommon):
    """Who acts for a partner; ID numbers are kept from curious eyes (FA-44, TV-73)."""

    def _identified(self):
        return self._as("purchaser", self.env["pharma.person"]).create(
            {
                "name": "李强",
                "partner_id": self.supplier.id,
                "role": "sales",
                "id_number": ID_NUMBER,
            }
        )

    def test_only_the_last_four_characters_are_shown(self):
        """TV-73: to the one who typed them too."""
        person = self._identified()
        person.invalidate_recordset()
        self.assertEqual(person.id_number, "**************002X")
        self.assertEqual(person.read(["id_number"])[0]["id_number"][:14], "*" * 14)

    def test_table_holds_no_number_in_the_clear(self):
        """FA-44"""
        person = self._identified()
        person.flush_recordset()
        self.env.cr.execute(
            "SELECT pharma_person::text FROM pharma_person WHERE id = %s", person.ids
        )
        row = self.env.cr.fetchone()[0]
        self.assertNotIn(ID_NUMBER, row)
        self.assertNotIn(ID_NUMBER[:14], row)

    def test_cipher_text_is_read_by_no_role(self):
        person = self._identified()
        for role in ("purchaser", "qa", "qa_manager", "it_admin", "auditor"):
            with self.subTest(role), self.assertRaises(AccessError):
                self._as(role, person).read(["id_number_encrypted"])

    def test_invalid_number_is_refused(self):
        """TV-07"""
        person = self._identified()
        for number in ("110105194912310021", "12345", "11010519491331002X"):
            with self.subTest(number), self.assertTold("not a valid", ValidationError):
                person.id_number = number

    def test_lower_case_and_full_width_numbers_are_taken(self):
        """TV-07"""
        person = self._identified()
        person.id_number = "１１０１０５１９４９１２３１００２x"
        self.assertEqual(self._reveal("qa", person), ID_NUMBER)

    def test_saving_the_mask_keeps_the_number(self):
        person = self._identified()
        person.write({"name": "李小强", "id_number": "**************002X"})
        self.assertEqual(self._reveal("qa", person), ID_NUMBER)

    def _reveal(self, role, person):
        action = self._as(role, person).action_reveal_id_number()
        return action["params"]["message"]

    def test_qa_sees_the_number_and_that_is_written_down(self):
        """TV-73"""
        person = self._identified()
        self.assertEqual(self._reveal("qa", person), ID_NUMBER)
        message = person.sudo().message_ids[0]
        self.assertIn("Looked at the whole ID card number", message.body)
        self.assertEqual(message.author_id, self.users["qa"].partner_id)
        self.assertNotIn(ID_NUMBER, message.body)

    def test_nobody_else_sees_the_number(self):
        """TV-73"""
        person = self._identified()
        for role in ("purchaser", "seller", "auditor", "it_admin", "company_head"):
            with self.subTest(role), self.assertTold("Only the quality department"):
                self._reveal(role, person)

    def test_cipher_text_stays_hidden_in_debug_mode_too(self):
        """FA-44"""
        person = self._as("qa", self._identified())
        self.users["qa"].group_ids |= self.env.ref("base.group_no_one")
        with self.assertRaises(AccessError):
            person.read(["id_number_encrypted"])

    def test_shown_tail_comes_from_the_number_only(self):
        """FA-44"""
        person = self._as("qa", self._identified())
        with self.assertRaises(UserError):
            person.id_number_tail = "0000"

    def test_number_is_not_copied(self):
        copy = self._identified().sudo().copy()
        self.assertFalse(copy.id_number_encrypted)

    def test_person_tells_why_she_may_not_act(self):
        """FA-07"""
        person = self._identified()
        self.assertEqual(person.live_status, "unusable")
        self.assertIn("no verified Letter of authorisation", person.status_reason)
        self._file("LETTER", person.sudo())
        person.invalidate_recordset()
        self.assertIn("no verified Copy of the ID card", person.status_reason)
        card = self._file("ID_COPY", person.sudo())
        person.invalidate_recordset()
        self.assertEqual(person.live_status, "usable")
        self._expire(card)
        person.invalidate_recordset()
        self.assertIn("Copy of the ID card ended on", person.status_reason)

    def test_person_acts_for_a_company_and_not_for_an_address(self):
        address = self._create_partner("仓库", parent_id=self.supplier.id)
        address.is_company = False
        with self.assertTold("company itself", ValidationError):
            self._as("purchaser", self.env["pharma.person"]).create(
                {"name": "李强", "partner_id": address.id, "role": "sales"}
            )
