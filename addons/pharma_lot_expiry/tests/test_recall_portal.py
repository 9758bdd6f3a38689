import re

from odoo.fields import Datetime
from odoo.tests import tagged
from odoo.tools import mute_logger

from .recall_common import RecallHttpCommon


@tagged("post_install", "-at_install")
class TestRecallPortal(RecallHttpCommon):
    """What customers, strangers and integrations meet at the doors (TV-60)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._deliver(cls.clinic, 8)
        cls._deliver(cls.hospital, 3)
        cls.li = cls._portal_user(cls.clinic, "portal_li")
        cls.recall = cls._started()
        cls.row = cls.recall.sudo().customer_ids.filtered(
            lambda c: c.partner_id == cls.clinic
        )
        cls.other = cls.recall.sudo().customer_ids - cls.row

    def setUp(self):
        super().setUp()
        self.env.flush_all()

    def _get(self, row, token=None):
        query = f"?access_token={token}" if token else ""
        return self.url_open(f"/my/recalls/{row.id}{query}")

    def _post(self, page, row, token=None, **quantities):
        csrf = re.search(r'name="csrf_token" value="(\w+)"', page.text)
        data = {"csrf_token": csrf and csrf.group(1), "remark": "by test"}
        if token:
            data["access_token"] = token
        line = row.line_ids
        data |= {f"{name}_{line.id}": value for name, value in quantities.items()}
        return self.url_open(f"/my/recalls/{row.id}/answer", data=data)

    def test_opening_the_notice_is_the_read_receipt(self):
        self.authenticate("portal_li", "portal_li")
        page = self._get(self.row)
        self.assertEqual(page.status_code, 200)
        for part in ("L-1", "Particles found", self.recall.name):
            self.assertIn(part, page.text)
        self.row.invalidate_recordset()
        self.assertEqual(self.row.read_by, self.li.name)
        self.assertEqual((self.row.state, self.row.channel), ("read", "portal"))
        first = self.row.read_date
        self._get(self.row)
        self.assertEqual(self.row.read_date, first)

    def test_a_customer_answers_and_changes_its_answer_until_the_end(self):
        self.authenticate("portal_li", "portal_li")
        page = self._get(self.row)
        self._post(page, self.row, on_hand="5", used="3")
        self.row.invalidate_recordset()
        self.assertEqual((self.row.on_hand, self.row.used), (5, 3))
        self.assertEqual(self.row.remark, "by test")
        page = self._post(page, self.row, on_hand="5", used="2", sent_back="1")
        self.assertIn("Your answers", page.text)
        self.row.invalidate_recordset()
        self.assertEqual(len(self.row.reply_ids), 2)
        self.assertEqual(self.row.sent_back, 1)
        self.row.unreached_reason = self.other.unreached_reason = "x"
        self._as("quality_head", self.recall).finish("closed", "Done")
        self.env.flush_all()
        page = self._post(page, self.row, on_hand="8")
        self.assertIn("is closed", page.text)
        self.row.invalidate_recordset()
        self.assertEqual(len(self.row.reply_ids), 2)

    def test_bad_quantities_are_told_in_sentences_and_kept_as_typed(self):
        self.authenticate("portal_li", "portal_li")
        page = self._get(self.row)
        for quantities, sentence in (
            ({"on_hand": "eight"}, "is no number"),
            ({"on_hand": "-1", "used": "9"}, "is below zero"),
            ({"on_hand": "9"}, "is more than the 8 you got"),
            ({"on_hand": "5", "used": "2"}, "make 7 together, but you got 8"),
            ({}, "make 0 together"),
            ({"on_hand": "1e3"}, "is no number"),
            ({"on_hand": "<b>8"}, "is no number"),
        ):
            answer = self._post(page, self.row, **quantities)
            self.assertIn(sentence, answer.text, quantities)
            self.assertNotIn("<b>8", answer.text)
        self.assertIn('value="&lt;b&gt;8"', answer.text)
        self.row.invalidate_recordset()
        self.assertFalse(self.row.reply_ids)

    def test_what_no_browser_sends_is_no_answer(self):
        self.authenticate("portal_li", "portal_li")
        page = self._get(self.row)
        csrf = re.search(r'name="csrf_token" value="(\w+)"', page.text).group(1)
        url = f"/my/recalls/{self.row.id}/answer"
        name = f"used_{self.row.line_ids.id}"
        for data, files, sentence in (
            ({name: "a\0b", "remark": "c\0d"}, None, "is no number"),
            ({name: "1\0"}, None, "make 1 together"),
            ({name: "9", "access_token": "\0"}, None, "is more than"),
            ({}, {name: b"8", "remark": b"x", "access_token": b"y"}, "make 0 together"),
        ):
            answer = self.url_open(url, data={"csrf_token": csrf, **data}, files=files)
            self.assertEqual(answer.status_code, 200, data)
            self.assertIn(sentence, answer.text)
        self.assertEqual(self.url_open(f"/my/recalls/{10**20}").status_code, 403)
        self.row.invalidate_recordset()
        self.assertFalse(self.row.reply_ids)

    def test_the_link_opens_without_a_login(self):
        token = self._token(self.row)
        self.env.flush_all()
        page = self._get(self.row, token)
        self.assertEqual(page.status_code, 200)
        self.assertEqual(page.headers["Cache-Control"], "no-store")
        self.assertEqual(page.headers["Referrer-Policy"], "no-referrer")
        self._post(page, self.row, token, used="8")
        self.row.invalidate_recordset()
        self.assertEqual((self.row.state, self.row.used), ("recovered", 8))
        self.assertIn("Link", self.row.reply_ids.author)

    def test_strangers_and_wrong_or_ended_links_are_refused(self):
        token, ended = self._token(self.row), self._token(self.other, days=-1)
        self.env.flush_all()
        for row, key in (
            (self.row, None),
            (self.row, "x"),
            (self.row, token[:-1]),
            (self.row, ended),
            (self.other, token),
            (self.other, ended),
            (self.row.browse(999999999), token),
        ):
            page = self._get(row, key)
            self.assertEqual(page.status_code, 403, (row, key))
            self.assertNotIn("L-1", page.text)
        self.row.invalidate_recordset()
        self.assertFalse((self.row | self.other).filtered("read_date"))

    def test_another_customer_is_refused_in_reading_and_answering(self):
        self.authenticate("portal_li", "portal_li")
        page = self._get(self.row)
        self.assertEqual(self._get(self.other).status_code, 403)
        self.assertEqual(self._post(page, self.other, used="3").status_code, 403)
        self.other.invalidate_recordset()
        self.assertFalse(self.other.reply_ids)

    def test_quantities_of_another_customers_line_change_nothing_there(self):
        self.authenticate("portal_li", "portal_li")
        page = self._get(self.row)
        csrf = re.search(r'name="csrf_token" value="(\w+)"', page.text).group(1)
        self.url_open(
            f"/my/recalls/{self.row.id}/answer",
            data={"csrf_token": csrf, f"used_{self.other.line_ids.id}": "3"},
        )
        self.other.invalidate_recordset()
        self.assertEqual(self.other.used, 0)

    def test_a_drill_is_not_there_for_customers(self):
        lot = self._create_lot("L-9")
        self._put(10, lot)
        self._deliver(self.clinic, 2, lot)
        drill = self._started(is_drill=True, lots=lot)
        row = drill.sudo().customer_ids
        token = self._token(row)
        self.env.flush_all()
        self.assertEqual(self._get(row, token).status_code, 403)
        self.authenticate("portal_li", "portal_li")
        self.assertEqual(self._get(row).status_code, 403)
        page = self.url_open("/my/recalls")
        self.assertIn(self.recall.name, page.text)
        self.assertNotIn(drill.name, page.text)

    def test_home_counts_own_recalls(self):
        self.authenticate("portal_li", "portal_li")
        self.assertIn("/my/recalls", self.url_open("/my/home").text)
        counters = self.make_jsonrpc_request(
            "/my/counters", {"counters": ["recall_count"]}
        )
        self.assertEqual(counters["recall_count"], 1)

    def test_a_new_notice_ends_the_old_link(self):
        token = self._token(self.row)
        self._as("qa", self.row).action_send_notice()
        self.env.flush_all()
        self.assertEqual(self._get(self.row, token).status_code, 403)

    @mute_logger("odoo.http")
    def test_integrations_move_no_state(self):
        qa = self.users["qa"]
        for model, ids, vals in (
            ("pharma.recall", self.recall.ids, {"state": "closed"}),
            ("pharma.recall", self.recall.ids, {"lock_done": "2026-01-01 00:00:00"}),
            ("pharma.recall.customer", self.row.ids, {"replied_date": "2026-01-01"}),
        ):
            answer = self._json2(qa, model, "write", ids=ids, vals=vals)
            self.assertEqual(answer.status_code, 422, answer.text)
        for model, ids, method in (
            ("pharma.recall", self.recall.ids, "finish"),
            ("pharma.recall", self.recall.ids, "_start"),
            ("pharma.recall.customer", self.row.ids, "_take_reply"),
            ("pharma.recall.customer", self.row.ids, "_stamp_read"),
        ):
            answer = self._json2(qa, model, method, ids=ids)
            self.assertEqual(answer.status_code, 403, answer.text)
        answer = self._json2(
            self.users["seller"], "pharma.recall", "action_start", ids=self.recall.ids
        )
        self.assertEqual(answer.status_code, 422)
        self.recall.invalidate_recordset()
        self.assertEqual(self.recall.state, "running")
        self.assertTrue(self.recall.started_date <= Datetime.now())
