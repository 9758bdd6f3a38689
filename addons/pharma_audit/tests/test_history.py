from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import AuditCommon


@tagged("post_install", "-at_install")
class TestHistory(AuditCommon):
    """From any form: field, old and new value, in words."""

    def _history(self, record, user=None):
        self.env.flush_all()
        self.env.invalidate_all()
        entries = self.Entry.with_user(user or self.env.user)
        return entries.get_history(record._name, record.id)

    def _lines(self, history):
        return {
            line["label"]: (line["old"], line["new"])
            for step in history["steps"]
            for row in step["rows"]
            for line in row["lines"]
        }

    def test_values_are_told_in_words(self):
        country = self.env.ref("base.cn")
        self.partner.write(
            {"country_id": country.id, "is_company": True, "type": "invoice"}
        )
        with self.recorded():
            self.partner.write({"type": "delivery"})
        history = self._history(self.partner)
        lines = self._lines(history)
        self.assertEqual(history["name"], "江南医药")
        self.assertEqual(lines["Country"], ("", country.display_name))

    def test_staff_who_may_read_the_record_reads_its_history(self):
        self.partner.phone = "027"
        history = self._history(self.partner, self.staff)
        self.assertIn("Phone", self._lines(history))

    def test_record_kept_from_a_user_has_no_history_for_her(self):
        rule = self.env["ir.rule"].create(
            {
                "name": "hidden",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "domain_force": f"[('id', '!=', {self.partner.id})]",
            }
        )
        self.assertTrue(rule)
        with self.assertRaises(AccessError):
            self._history(self.partner, self.staff)

    def test_fields_kept_from_a_user_are_left_out(self):
        company = self.env.company
        self.partner.phone = "1"
        self.env.flush_all()
        field = self.env["res.partner"]._fields["phone"]
        self.addCleanup(setattr, field, "groups", field.groups)
        field.groups = "base.group_system"
        self.assertNotIn("Phone", self._lines(self._history(self.partner, self.staff)))
        self.assertTrue(company)

    def test_what_belongs_to_it_is_in_its_history(self):
        bank = self.env["res.partner.bank"].create(
            {"acc_number": "6222", "partner_id": self.partner.id}
        )
        bank.acc_holder_name = "江南"
        history = self._history(self.partner)
        titles = [row["what"] for step in history["steps"] for row in step["rows"]]
        self.assertTrue([title for title in titles if "6222" in title], titles)

    def test_rows_kept_from_a_user_are_left_out_though_the_record_is_hers(self):
        """Accounts of a partner another company entered, for example."""
        bank = self.env["res.partner.bank"].create(
            {"acc_number": "6223", "partner_id": self.partner.id}
        )
        self.env["ir.rule"].create(
            {
                "name": "hidden",
                "model_id": self.env["ir.model"]._get_id("res.partner.bank"),
                "domain_force": f"[('id', '!=', {bank.id})]",
            }
        )
        titles = str(self._history(self.partner, self.viewer)["steps"])
        self.assertNotIn("6223", titles)

    def test_deleted_record_keeps_its_name_for_viewers_only(self):
        partner = self.env["res.partner"].create({"name": "已删除单位"})
        self.env.flush_all()
        partner_id = partner.id
        partner.unlink()
        gone = self.env["res.partner"].browse(partner_id)
        history = self._history(gone, self.viewer)
        self.assertIn("已删除单位", history["name"])
        with self.assertRaises(AccessError):
            self._history(gone, self.staff)

    def test_long_history_comes_in_pages(self):
        for number in range(90):
            self.env.cr.execute(
                "UPDATE res_partner SET phone = %s WHERE id = %s",
                (str(number), self.partner.id),
            )
        first = self._history(self.partner)
        self.assertTrue(first["more"])
        second = self.Entry.get_history(
            "res.partner", self.partner.id, first["last_id"]
        )
        self.assertFalse(second["more"])

    def test_page_of_eighty_costs_no_more_queries_than_one_of_ten(self):
        def change(count):
            for number in range(count):
                self.env.cr.execute(
                    "UPDATE res_partner SET phone = %s WHERE id = %s",
                    (f"{count}-{number}", self.partner.id),
                )

        def cost():
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.Entry.get_history("res.partner", self.partner.id)
            return self.env.cr.sql_log_count - before

        change(10)
        cost()
        few = cost()
        change(70)
        self.assertLessEqual(cost(), few)

    def test_entries_of_a_list_name_their_records_in_batches(self):
        partners = self.env["res.partner"].create(
            [{"name": f"批量 {number}"} for number in range(40)]
        )
        self.env.flush_all()
        domain = [("res_model", "=", "res.partner"), ("res_id", "in", partners.ids)]

        def cost(limit):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.Entry.search(domain, limit=limit).read(["res_name", "summary"])
            return self.env.cr.sql_log_count - before

        cost(5)
        self.assertLessEqual(cost(40), cost(5))
