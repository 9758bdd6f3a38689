from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import SQL

from .common import AuditCommon


@tagged("post_install", "-at_install")
class TestTable(AuditCommon):
    """Which tables are recorded is itself out of reach."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Table = cls.env["pharma.audit.table"]
        cls.shipped = cls.env.ref("pharma_audit.pharma_audit_table_partner")

    def test_every_shipped_table_is_recording(self):
        for table in self.Table.search([]):
            self.assertEqual(table.state, "recording", table.res_model)

    def test_table_that_does_not_exist_is_refused_with_a_sentence(self):
        for name in ("no.such.model", "res.partner; DROP TABLE x", "mail.thread", ""):
            with (
                self.subTest(name),
                self.assertRaisesRegex(ValidationError, "There is no table"),
            ):
                self.Table.create({"res_model": name})

    def test_field_that_does_not_exist_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "no field"):
            self.Table.create({"res_model": "res.country", "ignored_fields": "nme"})

    def test_table_that_vanished_is_shown_and_stops_no_other(self):
        """An add-on was uninstalled: its record remains, its table doesn't."""
        table = self.Table.create({"res_model": "res.country"})
        self.env.cr.execute(
            "UPDATE pharma_audit_table SET res_model = 'gone.model' WHERE id = %s",
            (table.id,),
        )
        table.invalidate_recordset()
        self.assertFalse(self.Table._install_triggers())
        self.assertEqual(table.state, "missing")

    def test_further_table_is_recorded_from_now_on(self):
        country = self.env.ref("base.cn")
        self.Table.with_user(self.manager).create({"res_model": "res.country"})
        with self.recorded() as entries:
            country.vat_label = "税号"
        self.assertEqual([e.res_model for e in entries], ["res.country"])

    def test_table_taken_off_again_is_recorded_no_more(self):
        table = self.Table.with_user(self.manager).create({"res_model": "res.country"})
        table.unlink()
        with self.recorded() as entries:
            self.env.ref("base.cn").vat_label = "x"
        self.assertFalse(entries)

    def test_shipped_table_can_be_switched_off_by_nobody(self):
        for user in (self.manager, self.env.ref("base.user_admin")):
            table = self.shipped.with_user(user)
            for values in ({"active": False}, {"ignored_fields": "name"}):
                with self.assertRaises(UserError):
                    table.write(values)
            with self.assertRaises(UserError):
                table.unlink()

    def test_superuser_switches_nothing_off_either(self):
        with self.assertRaises(UserError):
            self.shipped.sudo().write({"active": False})

    def test_field_that_is_no_link_belongs_to_nothing(self):
        """Its values would be read as numbers, and writing would break."""
        with self.assertRaisesRegex(ValidationError, "stored link"):
            self.Table.create({"res_model": "res.country", "parent_field": "name"})

    def test_nobody_ships_by_hand(self):
        table = self.Table.with_user(self.manager).create(
            {"res_model": "res.country", "is_shipped": True}
        )
        self.assertFalse(table.is_shipped)

    def test_trigger_taken_off_is_put_back_and_told(self):
        """What nobody may switch off, a superuser of the database can: not quietly."""
        self.env.cr.execute(
            """SELECT tgname FROM pg_trigger WHERE tgrelid = 'res_partner'::regclass
                  AND tgname LIKE 'pharma\\_audit\\_update%'"""
        )
        [(name,)] = self.env.cr.fetchall()
        self.env.cr.execute(
            SQL("ALTER TABLE res_partner DISABLE TRIGGER %s", SQL.identifier(name))
        )
        self.assertEqual(self.shipped.state, "broken")
        with self.recorded() as entries:
            self.Seal._restore_guards()
        [alert] = [e for e in entries if e.operation == "alert"]
        self.assertIn("res_partner", alert.note)
        self.shipped.invalidate_recordset()
        self.assertEqual(self.shipped.state, "recording")
        notified = self.env["mail.message"].search([], limit=1, order="id desc")
        self.assertIn(self.manager.partner_id, notified.notified_partner_ids)

    def test_present_triggers_are_not_made_again(self):
        self.assertFalse(self.Table._install_triggers())
