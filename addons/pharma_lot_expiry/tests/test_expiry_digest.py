import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import RecordCapturer, tagged
from odoo.tools import mute_logger

from odoo.addons.pharma_gsp.tests.common import PharmaCommon, PharmaHttpCommon

from ..models.pharma_expiry_notice import ALLOWED_HOSTS, MASK
from ..models.pharma_webhook_message import DELAYS
from ..tools.expiry import add_months
from .test_expiry_tier import TierWorld

DAY = timedelta(days=1)
WEDNESDAY = fields.Date.to_date("2026-11-25")


class DigestWorld(TierWorld):
    """Stock near its end in a warehouse, and nights on which the job runs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Of its own: what others put on shelves or wrote down is no matter here.
        cls.warehouse = cls.env["stock.warehouse"].create(
            {"name": "Expiry Test", "code": "EXT"}
        )
        cls.env["pharma.expiry.notice"].search([]).unlink()
        cls.digests = cls.env["pharma.expiry.digest"]

    def _shelve(self, expiry, quantity=10, warehouse=None, name=None):
        lot = self._lot(expiry, name=name)
        self._move(lot, quantity, warehouse)
        return lot

    def _move(self, lot, quantity, warehouse=None):
        self.env["stock.quant"]._update_available_quantity(
            lot.product_id,
            (warehouse or self.warehouse).lot_stock_id,
            quantity,
            lot_id=lot,
        )

    def _night(self, day, warehouse=None):
        """Run the job's work on a day; returns the tasks it told of."""
        with self._in_china(f"{day} 00:40:00"):
            told = self.digests._tell_of(warehouse or self.warehouse)
            self.env.flush_all()
        self.env.invalidate_all()
        return told

    def _task(self, department, **values):
        return self._tasks(department=department, **values)

    def _tasks(self, **values):
        return self.digests.search(
            [
                ("warehouse_id", "=", self.warehouse.id),
                *((name, "=", value) for name, value in values.items()),
            ]
        )


@tagged("post_install", "-at_install")
class TestExpiryDigest(DigestWorld, PharmaCommon):
    """One shared task of a department in a warehouse, only of what is new (ST-10)."""

    def test_each_department_gets_one_task_of_the_tiers_that_tell_it(self):
        six = self._shelve(add_months(WEDNESDAY, 6))
        nine = self._shelve(add_months(WEDNESDAY, 9))
        twelve = self._shelve(add_months(WEDNESDAY, 12))
        self._shelve(add_months(WEDNESDAY, 12) + DAY)
        told = self._night(WEDNESDAY)
        self.assertEqual(
            {digest.department: digest.line_ids.lot_id for digest in told},
            {
                "purchase": six | nine | twelve,
                "sale": six | nine,
                "warehouse": six,
                "quality": six,
            },
        )
        line = self._task("warehouse").line_ids
        self.assertEqual(line.tier_id, self._shipped(6))
        self.assertEqual((line.quantity, line.value), (10, 100))
        self.assertFalse(line.previous_tier_id)
        self.assertTrue(line.is_new)

    def test_the_second_run_of_a_day_tells_nothing(self):
        self._shelve(add_months(WEDNESDAY, 6))
        self.assertEqual(len(self._night(WEDNESDAY)), 4)
        with RecordCapturer(self.env["mail.message"]) as messages:
            self.assertFalse(self._night(WEDNESDAY))
        self.assertFalse(messages.records)

    def test_what_did_not_change_is_not_told_again_until_the_next_week(self):
        self._shelve(add_months(WEDNESDAY, 6) - 20 * DAY)
        self._night(WEDNESDAY)
        for day in range(1, 5):  # through Sunday
            with self.subTest(day):
                self.assertFalse(self._night(WEDNESDAY + day * DAY))
        monday = WEDNESDAY + 5 * DAY
        told = self._night(monday)
        self.assertEqual(len(told), 4)
        self.assertEqual(len(self._tasks(state="open")), 4)
        self.assertFalse(told.line_ids.filtered("is_new"))
        self.assertFalse(self._night(monday + DAY))

    def test_a_lot_that_changes_tier_is_told_in_the_open_task(self):
        """Never two: the open one is brought up to date and told once more."""
        lot = self._shelve(add_months(WEDNESDAY, 6) + 2 * DAY)
        other = self._shelve(add_months(WEDNESDAY, 9) - 5 * DAY)
        self._night(WEDNESDAY)
        task = self._task("purchase")
        self.assertFalse(self._night(WEDNESDAY + DAY))
        told = self._night(WEDNESDAY + 2 * DAY)
        self.assertEqual(told, self._tasks(state="open"))
        self.assertEqual(self._task("purchase"), task)
        lines = {line.lot_id: line for line in task.line_ids}
        self.assertEqual(lines[lot].tier_id, self._shipped(6))
        self.assertEqual(lines[lot].previous_tier_id, self._shipped(9))
        self.assertEqual([lines[lot].is_new, lines[other].is_new], [True, False])
        self.assertEqual(task.new_count, 1)
        self.assertEqual(task.date, WEDNESDAY + 2 * DAY)

    def test_after_closing_a_change_makes_a_new_task_of_what_changed(self):
        lot = self._shelve(add_months(WEDNESDAY, 6) + 2 * DAY)
        self._shelve(add_months(WEDNESDAY, 9) - 5 * DAY)
        self._night(WEDNESDAY)
        old = self._task("sale")
        self._as("seller", old).action_close()
        self.assertFalse(self._night(WEDNESDAY + DAY))
        self._night(WEDNESDAY + 2 * DAY)
        new = self._task("sale", state="open")
        self.assertEqual(new.line_ids.lot_id, lot)
        self.assertEqual(len(old.line_ids), 2)
        self.assertFalse(self._night(WEDNESDAY + 2 * DAY))

    def test_goods_that_left_or_came_are_noted(self):
        gone = self._shelve(add_months(WEDNESDAY, 6))
        kept = self._shelve(add_months(WEDNESDAY, 6) - DAY)
        self._night(WEDNESDAY)
        self._move(gone, -10)
        self._move(kept, 5)
        came = self._shelve(add_months(WEDNESDAY, 3))
        self._night(WEDNESDAY + DAY)
        lines = self._task("warehouse").line_ids
        self.assertEqual(
            {line.lot_id: line.quantity for line in lines}, {kept: 15, came: 10}
        )

    def test_a_lot_that_expires_on_the_shelf_is_told_once_more(self):
        lot = self._shelve(WEDNESDAY)
        self._night(WEDNESDAY)
        self._night(WEDNESDAY + DAY)
        line = self._task("warehouse").line_ids
        self.assertTrue(line.is_expired and line.is_new)
        self.assertEqual(line.lot_id, lot)
        self.assertFalse(self._night(WEDNESDAY + 2 * DAY))
        with self._in_china("2026-11-27 12:00:00"):
            self.assertEqual(line.days_left, -2)

    def test_each_warehouse_has_its_own(self):
        branch = self.env["stock.warehouse"].create({"name": "Branch", "code": "BR"})
        here = self._shelve(add_months(WEDNESDAY, 6))
        there = self._shelve(add_months(WEDNESDAY, 3), warehouse=branch)
        self._move(here, 7, branch)
        self._night(WEDNESDAY)
        told = self._night(WEDNESDAY, branch)
        self.assertEqual(self._task("sale").line_ids.lot_id, here)
        branch_task = told.filtered(lambda task: task.department == "sale")
        self.assertEqual(
            {line.lot_id: line.quantity for line in branch_task.line_ids},
            {here: 7, there: 10},
        )

    def test_other_goods_and_places_are_not_told_of(self):
        lot = self._lot(add_months(WEDNESDAY, 3))
        self.env["stock.quant"]._update_available_quantity(
            lot.product_id,
            self.env.ref("stock.stock_location_customers"),
            5,
            lot_id=lot,
        )
        office = self.env["product.product"].create(
            {
                "name": "Ink",
                "type": "consu",
                "is_storable": True,
                "pharma_controlled": False,
                "tracking": "lot",
            }
        )
        ink = self.env["stock.lot"].create(
            {"name": "I", "product_id": office.id, "expiry_date": WEDNESDAY}
        )
        self._move(ink, 5)
        self.assertFalse(self._night(WEDNESDAY))

    def test_the_job_goes_through_all_warehouses_in_slices(self):
        self._shelve(add_months(self.today, 6))
        branch = self.env["stock.warehouse"].create({"name": "Branch", "code": "BR"})
        cron = self.env.ref("pharma_lot_expiry.ir_cron_expiry_digest")
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
            cron.method_direct_trigger()
        self.env.invalidate_all()
        self.assertTrue(branch.expiry_told_date and self.warehouse.expiry_told_date)
        self.assertEqual(len(self._tasks()), 4)

    def test_a_thousand_lots_take_few_queries(self):
        lots = self.env["stock.lot"].create(
            [
                {
                    "name": f"N{number}",
                    "product_id": self.drug.product_variant_id.id,
                    "expiry_date": add_months(WEDNESDAY, 3) - (number % 80) * DAY,
                }
                for number in range(1000)
            ]
        )
        self.env["stock.quant"].create(
            [
                {
                    "product_id": lot.product_id.id,
                    "location_id": self.warehouse.lot_stock_id.id,
                    "lot_id": lot.id,
                    "quantity": 1,
                }
                for lot in lots
            ]
        )
        self._shelve(add_months(WEDNESDAY, 6), name="warm")
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(260):
            self._night(WEDNESDAY)
        self.assertEqual(self._task("sale").lot_count, 1001)
        with self.assertQueryCount(30):
            self.assertFalse(self._night(WEDNESDAY))

    # -- seeing to it ------------------------------------------------------------------

    def test_anybody_of_the_department_closes_for_all(self):
        self._shelve(add_months(WEDNESDAY, 6))
        self._night(WEDNESDAY)
        colleague = self._create_user("storekeeper", login="other_storekeeper")
        task = self._task("warehouse")
        self._as("keeper", task).write({"remark": "移至近效期区"})
        self._as("keeper", task).action_close()
        self.assertEqual(task.closed_by_id, self.users["keeper"])
        self.assertEqual(task.with_user(colleague).state, "closed")
        with self.assertTold("Test keeper closed this task"):
            task.with_user(colleague).action_close()

    def test_another_department_can_not(self):
        self._shelve(add_months(WEDNESDAY, 6))
        self._night(WEDNESDAY)
        task = self._task("purchase")
        for role in ("seller", "keeper", "qa", "picker", "auditor"):
            with self.subTest(role):
                with self.assertTold("another department's"):
                    self._as(role, task).action_close()
                with self.assertTold("another department's"):
                    self._as(role, task).write({"remark": "x"})
                self.assertFalse(self._as(role, task).is_mine)
        mine = self._as("purchaser", self._tasks()).filtered("is_mine")
        found = mine.search([("is_mine", "=", True), ("id", "in", self._tasks().ids)])
        self.assertEqual(found, mine)
        self.assertEqual(mine.sudo(), task)

    def test_who_a_notice_lists_may_close_too(self):
        self._shelve(add_months(WEDNESDAY, 6))
        self._night(WEDNESDAY)
        self.env["pharma.expiry.notice"].create(
            {
                "department": "purchase",
                "user_ids": [Command.link(self.users["finance"].id)],
            }
        )
        task = self._as("finance", self._task("purchase"))
        self.assertTrue(task.is_mine)
        task.action_close()
        self.assertEqual(task.closed_by_id, self.users["finance"])

    def test_a_closed_task_stands(self):
        self._shelve(add_months(WEDNESDAY, 6))
        self._night(WEDNESDAY)
        task = self._task("purchase")
        self._as("purchaser", task).action_close()
        for record in (self._as("purchaser", task), task):
            with self.subTest(str(record.env.uid)):
                with self.assertTold("stands as it is"):
                    record.write({"remark": "later"})
                with self.assertTold("kept as proof"):
                    task.unlink()
        for change in (
            lambda: task.line_ids.write({"quantity": 0}),
            lambda: task.line_ids.unlink(),
            lambda: task.line_ids.copy(),
        ):
            with self.assertTold("stands as it is"):
                change()

    def test_only_the_remark_is_written_by_hand(self):
        self._shelve(add_months(WEDNESDAY, 6))
        self._night(WEDNESDAY)
        task = self._as("purchaser", self._task("purchase"))
        for values in (
            {"state": "closed"},
            {"date": WEDNESDAY},
            {"line_ids": [Command.clear()]},
            {"closed_by_id": self.users["qa"].id},
        ):
            with self.subTest(str(values)), self.assertTold("stands as told"):
                task.write(values)
        with self.assertRaises(AccessError):
            task.line_ids.write({"quantity": 1})
        with self.assertRaises(AccessError):
            self._as("purchaser", self.digests).create(
                {
                    "department": "purchase",
                    "warehouse_id": self.warehouse.id,
                    "date": WEDNESDAY,
                }
            )

    def test_import_can_not_close(self):
        self._shelve(add_months(WEDNESDAY, 6))
        self._night(WEDNESDAY)
        task = self._task("purchase")
        result = self._as("purchaser", self.digests).load(
            [".id", "state"], [[str(task.id), "closed"]]
        )
        self.assertIn("stands as told", str(result["messages"]))

    # -- telling -----------------------------------------------------------------------

    def test_role_holders_of_the_company_are_told(self):
        other = self.env["res.company"].create({"name": "B"})
        stranger = self._create_user(
            "purchaser",
            login="stranger",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self._shelve(add_months(WEDNESDAY, 6))
        with RecordCapturer(self.env["mail.message"]) as messages:
            self._night(WEDNESDAY)
        of_purchase = messages.records.filtered(
            lambda m: m.res_id == self._task("purchase").id
        )
        self.assertIn(self.users["purchaser"].partner_id, of_purchase.partner_ids)
        self.assertNotIn(self.users["seller"].partner_id, of_purchase.partner_ids)
        self.assertNotIn(stranger.partner_id, of_purchase.partner_ids)
        self.assertIn("1 lots near their end", of_purchase[0].subject)
        self.assertIn("6 months", of_purchase[0].body)

    def test_the_warehouses_own_notice_comes_before_the_general_one(self):
        notices = self.env["pharma.expiry.notice"]
        channel = self.env["discuss.channel"].create({"name": "效期"})
        notices.create({"department": "sale", "is_mailed": True})
        notices.create(
            {
                "department": "sale",
                "warehouse_id": self.warehouse.id,
                "user_ids": [Command.link(self.users["finance"].id)],
                "is_only_listed": True,
                "channel_id": channel.id,
            }
        )
        self._shelve(add_months(WEDNESDAY, 6))
        with RecordCapturer(self.env["mail.message"]) as messages:
            self._night(WEDNESDAY)
        of_sale = messages.records.filtered(lambda m: m.res_id == self._task("sale").id)
        mailed = of_sale.filtered(lambda m: m.model == "pharma.expiry.digest")
        self.assertEqual(mailed.partner_ids, self.users["finance"].partner_id)
        self.assertIn("6 months", channel.message_ids[0].body)

    def test_one_notice_for_a_department_and_place(self):
        notices = self._as("qa_manager", self.env["pharma.expiry.notice"])
        notices.create({"department": "sale"})
        with self.assertRaises(Exception) as caught, mute_logger("odoo.sql_db"):
            notices.create({"department": "sale"})
        self.assertIn("place_uniq", str(caught.exception))


class Receiver(BaseHTTPRequestHandler):
    """A robot of a chat group: answers as told, remembers what came."""

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        self.server.got.append((self.path, json.loads(self.rfile.read(length))))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.server.answer)

    def log_message(self, *args):
        """Be quiet."""


@tagged("post_install", "-at_install")
class TestWebhook(DigestWorld, PharmaCommon):
    """Robots of WeCom, DingTalk and Feishu get a text, after the transaction."""

    def setUp(self):
        super().setUp()
        self.robot = HTTPServer(("127.0.0.1", 0), Receiver)
        self.robot.got, self.robot.answer = [], b'{"errcode": 0, "errmsg": "ok"}'
        thread = threading.Thread(target=self.robot.serve_forever, daemon=True)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.robot.server_close)
        self.addCleanup(self.robot.shutdown)
        self.url = f"http://127.0.0.1:{self.robot.server_port}/send?key=K"
        self._allow("127.0.0.1")

    def _allow(self, hosts):
        self.env["ir.config_parameter"].set_param(ALLOWED_HOSTS, hosts)

    def _notice(self, kind="wecom", **values):
        return self._as("qa_manager", self.env["pharma.expiry.notice"]).create(
            {
                "department": "sale",
                "webhook_kind": kind,
                "webhook_url": self.url,
                **values,
            }
        )

    def _run_queue(self):
        with self.enter_registry_test_mode():
            self.env.ref("pharma_lot_expiry.ir_cron_webhook").method_direct_trigger()
        self.env.invalidate_all()

    def test_a_task_is_sent_as_text_once(self):
        notice = self._notice().sudo()
        self._shelve(add_months(WEDNESDAY, 6), name="LOT77")
        self._night(WEDNESDAY)
        message = self.env["pharma.webhook.message"].search(
            [("notice_id", "=", notice.id)]
        )
        self.assertEqual(message.state, "waiting")
        self.assertEqual(self.robot.got, [])  # nothing leaves inside the transaction
        self._run_queue()
        self._run_queue()
        ((path, body),) = self.robot.got
        self.assertEqual(path, "/send?key=K")
        self.assertEqual(body["msgtype"], "text")
        for word in ("LOT77", "6 months", "/odoo/pharma-expiry-tasks/"):
            self.assertIn(word, body["text"]["content"])
        self.assertEqual(message.state, "sent")

    def test_dingtalk_and_feishu_are_signed(self):
        for kind, where in (("dingtalk", "path"), ("feishu", "body")):
            notice = self._notice(kind, department="quality", webhook_secret="SEC1")
            notice.action_try_webhook()
            path, body = self.robot.got[-1]
            self.assertIn("sign", path if where == "path" else body, kind)
            notice.unlink()

    def test_the_address_and_the_secret_are_written_only(self):
        notice = self._notice(webhook_secret="SEC1")
        self.env.invalidate_all()
        values = notice.read()[0]
        self.assertNotIn("key=K", str(values))
        self.assertNotIn("SEC1", str(values))
        self.assertEqual(values["webhook_secret"], MASK)
        with self.assertRaises(AccessError):
            notice.read(["webhook_url_encrypted"])
        # The form sends the masks back with other changes.
        notice.write({"webhook_url": values["webhook_url"], "webhook_secret": MASK})
        self.assertFalse(notice._post("x"))
        self.env.cr.execute("SELECT * FROM pharma_expiry_notice")
        self.assertNotIn("SEC1", str(self.env.cr.fetchall()))
        exported = notice.sudo().export_data(["webhook_url", "webhook_secret"])["datas"]
        self.assertNotIn("SEC1", str(exported))

    def test_the_host_shown_is_the_one_messages_go_to(self):
        lie = {"webhook_host": "https://robot.example", "has_webhook_secret": True}
        notice = self._notice(**lie)
        self.assertEqual(
            (notice.webhook_host, notice.has_webhook_secret),
            ("http://127.0.0.1", False),
        )
        for role in ("qa_manager", "it_admin"):
            for name, value in lie.items():
                with self.subTest(f"{role} {name}"), self.assertTold("host shows"):
                    self._as(role, notice).write({name: value})

    def test_a_robot_that_refuses_is_tried_again_later_and_then_given_up(self):
        self.robot.answer = b'{"errcode": 93000, "errmsg": "invalid"}'
        notice = self._notice().sudo()
        message = self.env["pharma.webhook.message"].create(
            {"notice_id": notice.id, "text": "x"}
        )
        self._run_queue()
        self.assertEqual((message.state, message.tries), ("waiting", 1))
        self.assertIn("93000", message.last_error)
        self.assertGreater(message.next_try, fields.Datetime.now())
        self._run_queue()
        self.assertEqual(message.tries, 1)  # not due yet
        for _try in DELAYS:
            message.next_try = fields.Datetime.now()
            self._run_queue()
        self.assertEqual(message.state, "failed")
        self.assertIn("93000", notice.message_ids[0].body)
        with self.assertTold("Only messages that failed"):
            self._as("it_admin", message.copy()).action_retry()
        self.robot.answer = b'{"errcode": 0}'
        self._as("it_admin", message).action_retry()
        self._run_queue()
        self.assertEqual(message.state, "sent")

    def test_private_hosts_are_refused_unless_allowed(self):
        notice = self._notice()
        self._allow("")
        self.assertIn("over https only", notice._post("x"))
        with self.assertTold("over https only", ValidationError):
            notice.write({"webhook_url": "http://example.com/x"})
        notice.write({"webhook_url": f"https://127.0.0.1:{self.robot.server_port}/"})
        with self.assertTold("inside a network"):
            notice.action_try_webhook()
        self.assertEqual(self.robot.got, [])

    def test_a_robot_nobody_answers_at_holds_up_nobody(self):
        self.robot.shutdown()
        self.robot.server_close()
        notice = self._notice().sudo()
        message = self.env["pharma.webhook.message"].create(
            {"notice_id": notice.id, "text": "x"}
        )
        self._run_queue()
        self.assertEqual(message.state, "waiting")
        self.assertIn("nobody answers", message.last_error)

    def test_who_looks_after_neither_quality_nor_it_sees_no_robot(self):
        notice = self._notice()
        for role in ("seller", "keeper"):
            with self.subTest(role), self.assertRaises(AccessError):
                self._as(role, notice).read(["webhook_host"])
        message = self.env["pharma.webhook.message"].create(
            {"notice_id": notice.id, "text": "x"}
        )
        with self.assertTold("stand as sent"):
            self._as("it_admin", message).write({"text": "y"})


@tagged("post_install", "-at_install")
class TestExpiryDigestDoors(DigestWorld, PharmaHttpCommon):
    """The same through RPC."""

    @mute_logger("odoo.http")
    def test_rpc_closes_for_the_department_only(self):
        self._shelve(add_months(WEDNESDAY, 6))
        self._night(WEDNESDAY)
        task = self._task("purchase")
        arguments = ("pharma.expiry.digest", "action_close")
        answer = self._json2(self.users["seller"], *arguments, ids=task.ids)
        self.assertEqual(answer.status_code, 422)
        self.assertEqual(task.state, "open")
        answer = self._json2(self.users["purchaser"], *arguments, ids=task.ids)
        self.assertEqual(answer.status_code, 200)
        self.env.invalidate_all()
        self.assertEqual(task.state, "closed")
        answer = self._json2(
            self.users["purchaser"],
            "pharma.expiry.digest",
            "write",
            ids=task.ids,
            vals={"remark": "x"},
        )
        self.assertEqual(answer.status_code, 422)
        self.assertIn("stands as it is", answer.text)
