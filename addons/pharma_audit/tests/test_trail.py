import psycopg2

from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import AuditCommon


@tagged("post_install", "-at_install")
class TestTrail(AuditCommon):
    """Whatever changes a row, and by whatever way, leaves its entry."""

    def test_update_keeps_old_and_new(self):
        with self.recorded() as entries:
            self.partner.write({"phone": "027-1", "city": "武汉"})
        [entry] = entries
        self.assertEqual(entry.operation, "update")
        self.assertEqual(
            (entry.res_model, entry.res_id), ("res.partner", self.partner.id)
        )
        self.assertEqual(entry.changes["phone"], [None, "027-1"])
        self.assertEqual(entry.changes["city"], [None, "武汉"])

    def test_nothing_changed_leaves_nothing(self):
        self.partner.phone = "1"
        with self.recorded() as entries:
            self.env.cr.execute(
                "UPDATE res_partner SET phone = phone, write_date = now()"
                " WHERE id = %s",
                (self.partner.id,),
            )
        self.assertFalse(entries)

    def test_creation_and_deletion_keep_every_value(self):
        with self.recorded() as entries:
            partner = self.env["res.partner"].create({"name": "短命单位", "phone": "1"})
        created = self._changes(entries, "res.partner")
        self.assertEqual(created["phone"], [None, "1"])
        partner_id = partner.id
        with self.recorded() as entries:
            partner.unlink()
        [entry] = [e for e in entries if e.operation == "delete"]
        self.assertEqual((entry.res_model, entry.res_id), ("res.partner", partner_id))
        self.assertEqual(entry.changes["phone"], ["1", None])

    def test_links_are_recorded_on_both_ends(self):
        tag = self.env["res.partner.category"].create({"name": "重点客户"})
        with self.recorded() as entries:
            self.partner.category_id = tag
        [entry] = [e for e in entries if e.operation == "add"]
        self.assertEqual(entry.changes, {"category_id": [None, tag.id]})
        self.assertEqual((entry.related_model, entry.related_id), (tag._name, tag.id))
        with self.recorded() as entries:
            self.partner.category_id = [Command.clear()]
        self.assertEqual([e.operation for e in entries], ["remove"])

    def test_who_gives_a_group_to_whom_is_recorded(self):
        group = self.env.ref("base.group_partner_manager")
        with self.recorded() as entries:
            self.staff.with_user(self.env.ref("base.user_admin")).write(
                {"group_ids": [Command.link(group.id)]}
            )
        [entry] = [e for e in entries if e.operation == "add"]
        self.assertEqual(entry.user_id, self.env.ref("base.user_admin"))
        ends = {
            (entry.res_model, entry.res_id),
            (entry.related_model, entry.related_id),
        }
        self.assertEqual(ends, {("res.groups", group.id), ("res.users", self.staff.id)})
        about = self.Entry._search_about("res.users", [self.staff.id])
        self.assertIn(entry, self.Entry.search(about))

    def test_sql_past_the_orm_is_recorded_and_told(self):
        """No session of Odoo introduced itself: the connection tells who it is."""
        with self.recorded() as entries:
            self.env.cr.execute("SELECT set_config('pharma_audit.session', '', true)")
            self.env.cr.execute(
                "UPDATE res_partner SET phone = '110' WHERE id = %s",
                (self.partner.id,),
            )
        [entry] = entries
        self.assertEqual(entry.origin, "sql")
        self.assertFalse(entry.user_id)
        self.assertRegex(entry.source, r"pid \d+")
        self.assertEqual(entry.changes["phone"][1], "110")

    def test_changed_id_is_no_way_out(self):
        """A row that is given another id is told as one gone and one come."""
        tag = self.env["res.partner.bank"].create(
            {"acc_number": "1", "partner_id": self.partner.id}
        )
        with self.recorded() as entries:
            self.env.cr.execute(
                "UPDATE res_partner_bank SET id = id + 100000 WHERE id = %s",
                (tag.id,),
            )
        self.assertEqual({entry.res_id for entry in entries}, {tag.id, tag.id + 100000})

    def test_emptied_table_is_told(self):
        with self.recorded() as entries:
            self.env.cr.execute("TRUNCATE ir_config_parameter")
        self.assertEqual([e.operation for e in entries], ["truncate"])

    def test_cascade_is_recorded(self):
        bank = self.env["res.partner.bank"].create(
            {"acc_number": "2", "partner_id": self.partner.id}
        )
        with self.recorded() as entries:
            self.env.cr.execute(
                "DELETE FROM res_partner_bank WHERE id = %s", (bank.id,)
            )
        self.assertEqual(entries[0].res_id, bank.id)

    def test_secrets_are_masked_but_their_change_is_told(self):
        with self.recorded() as entries:
            self.staff.password = "correct horse battery"
        changes = self._changes(entries, "res.users")
        self.assertEqual(changes["password"][1], "•••")
        self.assertNotIn("horse", str([e.changes for e in entries]))

    def test_only_secret_parameters_are_masked(self):
        with self.recorded() as entries:
            self.env["ir.config_parameter"].set_param("test.api_key", "x1y2")
            self.env["ir.config_parameter"].set_param("test.limit", "7")
        values = {e.changes["key"][1]: e.changes["value"][1] for e in entries}
        self.assertEqual(values, {"test.api_key": "•••", "test.limit": "7"})

    def test_former_secret_stays_masked_when_its_key_changes(self):
        self.env["ir.config_parameter"].set_param("test.apiToken", "hidden")
        self.env.flush_all()
        with self.recorded() as entries:
            self.env.cr.execute(
                "UPDATE ir_config_parameter SET key = 'test.public', value = 'open'"
                " WHERE key = 'test.apiToken'"
            )
        self.assertEqual(entries[0].changes["value"], ["•••", "•••"])

    def test_table_of_the_same_name_in_the_session_catches_nothing(self):
        self.env.cr.execute(
            "CREATE TEMP TABLE pharma_audit_entry (LIKE public.pharma_audit_entry)"
            " ON COMMIT DROP"
        )
        self.env.cr.execute(
            "UPDATE res_partner SET phone = 'temp' WHERE id = %s", (self.partner.id,)
        )
        self.env.cr.execute("DROP TABLE pg_temp.pharma_audit_entry")
        last = self.Entry.search([], limit=1)
        self.assertEqual(last.changes["phone"][1], "temp")

    def test_long_values_are_kept_as_their_digest(self):
        with self.recorded() as entries:
            self.partner.comment = "长" * 5000
        value = self._changes(entries, "res.partner")["comment"][1]
        self.assertEqual(set(value), {"length", "sha256"})

    def test_what_a_constraint_refuses_leaves_no_entry(self):
        with (
            mute_logger("odoo.sql_db"),
            self.recorded() as entries,
            self.assertRaises(psycopg2.errors.NotNullViolation),
            self.env.cr.savepoint(flush=False),
        ):
            self.env.cr.execute(
                "UPDATE res_partner_bank SET acc_number = NULL"
                " WHERE id = (SELECT min(id) FROM res_partner_bank)"
            )
            self.env.cr.execute("UPDATE res_company SET name = NULL")
        self.assertFalse(entries)

    def test_bulk_write_is_one_statement_of_entries(self):
        partners = self.env["res.partner"].create(
            [{"name": f"批量 {number}"} for number in range(200)]
        )
        self.env.flush_all()
        with self.recorded() as entries:
            self.env.cr.execute(
                "UPDATE res_partner SET phone = '1' WHERE id = ANY(%s)",
                (partners.ids,),
            )
        self.assertEqual(len(entries), 200)
        self.assertEqual({e.txid for e in entries}, {entries[0].txid})

    def test_session_is_introduced_once_a_transaction(self):
        """The trail costs one small query a transaction, not one a write."""
        self.partner.write({"phone": "1"})
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        self.partner.write({"phone": "2"})
        self.env.flush_all()
        self.assertEqual(self.env.cr.sql_log_count - before, 1)

    def test_session_is_known_again_after_a_rollback_to_a_savepoint(self):
        self.env.cr.cache.clear()
        self.env.cr.execute("SELECT set_config('pharma_audit.session', '', true)")
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self.partner.write({"phone": "3"})
            self.env.flush_all()
            raise ZeroDivisionError
        with self.recorded() as entries:
            self.partner.write({"phone": "4"})
        self.assertNotEqual(entries[0].origin, "sql")

    def test_each_user_answers_for_his_own_in_one_transaction(self):
        admin = self.env.ref("base.user_admin")
        with self.recorded() as entries:
            self.partner.with_user(admin).write({"phone": "5"})
            self.partner.write({"ref": "6"})
        self.assertEqual(
            [(e.user_id.id, *e.changes) for e in entries],
            [(admin.id, "phone"), (self.env.uid, "ref")],
        )
