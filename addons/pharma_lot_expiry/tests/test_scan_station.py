from datetime import date, timedelta

from odoo.exceptions import AccessError, ConcurrencyError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.pharma_gsp.tests.common import PharmaCommon, PharmaHttpCommon

GTIN = "06901234567892"
EAN = "6901234567892"
GS = "\x1d"


class ScanWorld:
    """A hospital's delivery of two lots, and the device in the picker's hand."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.station = cls.env["pharma.scan.station"]
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.shelf = cls._place("A-01")
        cls.product = cls.drug.product_variant_id
        cls.product.barcode = EAN
        cls.near = cls._lot("A2405B", days=400, quantity=6)
        cls.far = cls._lot("B0001", days=700, quantity=6)
        cls.serial = 0

    @classmethod
    def _place(cls, name, **values):
        return cls.env["stock.location"].create(
            {
                "name": name,
                "barcode": f"LOC-{name}",
                "location_id": cls.warehouse.lot_stock_id.id,
                "usage": "internal",
                **values,
            }
        )

    @classmethod
    def _lot(cls, name, days, quantity=0, product=None, place=None):
        lot = cls.env["stock.lot"].create(
            {
                "name": name,
                "product_id": (product or cls.product).id,
                "expiry_date": cls.today + timedelta(days=days),
            }
        )
        if quantity:
            cls.env["stock.quant"]._update_available_quantity(
                lot.product_id, place or cls.shelf, quantity, lot_id=lot
            )
        return lot

    def _delivery(self, quantity=8, lots=None):
        """A confirmed sale whose delivery is reserved lot by lot, in this order."""
        order = self._as("seller", self._create_sale(quantity=quantity))
        order.action_confirm()
        delivery = order.sudo().picking_ids
        lots = lots or {self.near: 6, self.far: quantity - 6}
        delivery.move_ids.move_line_ids.unlink()
        self.env["stock.move.line"].create(
            [
                {
                    "move_id": delivery.move_ids.id,
                    "picking_id": delivery.id,
                    "product_id": lot.product_id.id,
                    "product_uom_id": lot.product_id.uom_id.id,
                    "lot_id": lot.id,
                    "quantity": packs,
                    "location_id": self._lies_at(lot).id,
                    "location_dest_id": delivery.location_dest_id.id,
                }
                for lot, packs in lots.items()
                if packs
            ]
        )
        return delivery

    def _lies_at(self, lot):
        """Where a lot lies."""
        quants = lot.quant_ids.filtered(
            lambda quant: quant.location_id.usage == "internal" and quant.quantity > 0
        )
        return quants[:1].location_id or self.shelf

    def _receipt(self, quantity=10):
        return self._ordered(quantity=quantity).sudo().picking_ids

    def _scan(self, text, mode, picking=None, uid=None, **values):
        type(self).serial += 1
        return {
            "uid": uid or f"device-{self.serial:06}",
            "text": text,
            "mode": mode,
            "picking_id": picking.id if picking else False,
            "at": "2026-11-24T01:02:03.000Z",
            **values,
        }

    def _send(self, role, *scans):
        return self._as(role, self.station).submit(list(scans))["results"]

    def _say(self, role, text, mode, picking=None, **values):
        (answer,) = self._send(role, self._scan(text, mode, picking, **values))
        return answer

    def assertAnswered(self, answer, verdict, reason, sentence):
        self.assertEqual(
            (answer["verdict"], answer["reason"]), (verdict, reason), answer
        )
        self.assertRegex(answer["sentence"], sentence)

    def _scanned(self, mode, picking, role):
        payload = self._as(role, self.station).get_transfer(mode, picking.id)
        return {line["lot"]: line["scanned"] for line in payload["lines"]}


@tagged("post_install", "-at_install")
class TestScanPick(ScanWorld, PharmaCommon):
    """Goods on their way out (OB-12)."""

    def test_packs_are_counted_on_their_line(self):
        delivery = self._delivery()
        answer = self._say("picker", f"5*L:{self.near.id}", "pick", delivery)
        self.assertAnswered(answer, "ok", "", "A2405B: 5 so far")
        self._say("picker", f"L:{self.near.id}", "pick", delivery)
        self.assertEqual(
            self._scanned("pick", delivery, "picker"), {"A2405B": 6, "B0001": 0}
        )
        self.assertEqual(sum(delivery.move_line_ids.mapped("quantity")), 8)

    def test_noise_of_a_scanner_stops_no_other_scan(self):
        """A NUL among the characters is no reason to lose the next pack."""
        delivery = self._delivery()
        noisy = self._scan("ab\0cd", "pick", delivery)
        good = self._scan("A2405B", "pick", delivery)
        answers = self._send("picker", noisy, good)
        self.assertEqual([a["verdict"] for a in answers], ["refused", "ok"])

    def test_what_no_scanner_sends_is_a_sentence(self):
        delivery = self._delivery()
        for number in ("x", 10**30, -1, [1], float("inf"), 2**31):
            for scan in (
                self._scan("A2405B", "pick", picking_id=number),
                self._scan(EAN, "pick", delivery, answer={"lot_id": number}),
            ):
                with self.subTest(str(scan)), self.assertTold("number that no record"):
                    self._send("picker", scan)
        with self.assertTold("without its number"):
            self._send("picker", "A2405B")
        for answer in (
            {"lot_name": "A2405B\0"},
            {"lot_name": "A2405B\ud800"},
            {"lot_id": self.near.id, "source_id": 2**31 - 1},
            {"lot_id": 2**31 - 1},
            "A2405B",
        ):
            with self.subTest(str(answer)):
                told = self._say("picker", EAN, "pick", delivery, answer=answer)
                self.assertIn(told["verdict"], ("ok", "ask"))

    def test_every_way_to_name_a_lot_counts(self):
        day = self.near.expiry_date.strftime("%y%m%d")
        for text in (
            f"L:{self.near.id}",
            "A2405B",
            "a2405b",
            f"01{GTIN}17{day}10A2405B",
            f"]d2{GS}01{GTIN}10A2405B{GS}17{day}",
            f"(01){GTIN}(10)A2405B",
        ):
            with self.subTest(text):
                delivery = self._delivery(6)
                self.assertAnswered(
                    self._say("picker", text, "pick", delivery), "ok", "", "A2405B"
                )
                delivery.sudo().sale_id._action_cancel()

    def test_a_barcode_without_lot_asks_which_one_where_there_are_two(self):
        delivery = self._delivery()
        answer = self._say("picker", EAN, "pick", delivery)
        self.assertAnswered(answer, "ask", "which_lot", "Which lot")
        chosen = next(
            o["answer"]
            for o in answer["options"]
            if o["answer"]["lot_id"] == self.far.id
        )
        again = self._say("picker", EAN, "pick", delivery, answer=chosen)
        self.assertAnswered(again, "ok", "", "B0001: 1 so far")

    def test_a_case_counts_all_its_packs(self):
        self.env["pharma.pack.level"].create(
            {
                "product_tmpl_id": self.drug.id,
                "level": "case",
                "quantity": 6,
                "gtin": "16901234567899",
            }
        )
        delivery = self._delivery(6)
        answer = self._say("picker", "16901234567899", "pick", delivery)
        self.assertAnswered(answer, "ok", "", "6 × ")

    def test_what_does_not_belong_is_refused_in_its_own_words(self):
        other = self._create_drug("CHEM", name="布洛芬片").product_variant_id
        other_lot = self._lot("X1", 300, product=other)
        third = self._lot("C0003", 300, quantity=5)
        delivery = self._delivery()
        cases = [
            (f"L:{other_lot.id}", "product", "isn't on"),
            (f"L:{third.id}", "lot", r"Wrong lot: .*A2405B \(.*A-01\).* this is C0003"),
            (f"7*L:{self.near.id}", "over", "Only 6 more"),
            ("NOPE", "unknown", "«NOPE» is unknown"),
            ("8385793", "unknown", "only half of a trace code"),
            ("8385793000087976666", "short", "has fewer"),
            ("838579300008797666601", "long", "has more"),
            ("8385793000087976666083857930000879766660", "two", "ran together"),
            ("8385793O000879766660", "letter", "letter among"),
            ("***", "noise", "noise"),
            (f"01{GTIN[:-1]}317270531", "gs1", "last digit of field"),
            (f"01{GTIN}17271301", "gs1", "no date of the calendar"),
            (f"01{GTIN}17270230", "gs1", "no date of the calendar"),
            (f"01{GTIN}1127053117250601", "gs1", "dates swapped"),
            ("L:99999999", "unknown", "isn't on file"),
            ("P:NOWHERE", "unknown", "No location"),
        ]
        for text, reason, sentence in cases:
            with self.subTest(text):
                answer = self._say("picker", text, "pick", delivery)
                self.assertAnswered(answer, "refused", reason, sentence)
        self.assertEqual(
            self._scanned("pick", delivery, "picker"), {"A2405B": 0, "B0001": 0}
        )

    def test_one_too_many_is_refused(self):
        delivery = self._delivery()
        self._say("picker", f"6*L:{self.near.id}", "pick", delivery)
        answer = self._say("picker", f"L:{self.near.id}", "pick", delivery)
        self.assertAnswered(answer, "refused", "over", "one too many")

    def test_too_many_within_one_batch_is_refused_as_well(self):
        delivery = self._delivery()
        answers = self._send(
            "picker",
            *[self._scan(f"2*L:{self.far.id}", "pick", delivery) for _ in range(3)],
        )
        self.assertEqual([a["verdict"] for a in answers], ["ok", "refused", "refused"])

    def test_an_expired_lot_does_not_leave_from_the_first_second_on(self):
        """TV-45: the last day counts, the second after it doesn't."""
        delivery = self._delivery()
        day = self.near.expiry_date
        with self._in_china(f"{day} 23:59:59"):
            answer = self._say("picker", "A2405B", "pick", delivery)
        self.assertAnswered(answer, "ok", "", "A2405B")
        with self._in_china(f"{day + timedelta(days=1)} 00:00:00"):
            answer = self._say("picker", "A2405B", "pick", delivery)
        self.assertAnswered(answer, "refused", "expired", f"expired after {day}")

    def test_a_held_lot_does_not_leave_until_qa_lifts_it(self):
        delivery = self._delivery()
        hold = self._as("picker", self.env["pharma.lot.hold"]).create(
            {"kind": "lot", "lot_id": self.near.id, "reason": "破损"}
        )
        answer = self._say("picker", "A2405B", "pick", delivery)
        self.assertAnswered(answer, "refused", "held", f"{hold.name}: 破损")
        self._as("qa", hold).lift("已查清")
        # Another lot had been reserved meanwhile.
        delivery.sudo().do_unreserve()
        delivery.sudo().action_assign()
        self.assertAnswered(
            self._say("picker", "A2405B", "pick", delivery), "ok", "", "A2405B"
        )

    def test_a_shelf_on_hold_holds_what_lies_there(self):
        delivery = self._delivery()
        self._as("picker", self.env["pharma.lot.hold"]).create(
            {"kind": "location", "location_id": self.shelf.id, "reason": "漏水"}
        )
        answer = self._say("picker", "A2405B", "pick", delivery)
        self.assertAnswered(answer, "refused", "held", "漏水")

    def test_a_code_without_separator_is_asked_about_never_guessed(self):
        """TV-23"""
        delivery = self._delivery()
        day = self.near.expiry_date.strftime("%y%m%d")
        answer = self._say(
            "picker", f"01{GTIN}17{day}10A2405B11250601", "pick", delivery
        )
        self.assertAnswered(answer, "ask", "ambiguous", "separator")
        whole, split = answer["options"]
        self.assertIn("A2405B11250601", whole["label"])
        self.assertIn("made 2025-06-01", split["label"])
        again = self._say("picker", split["text"], "pick", delivery)
        self.assertAnswered(again, "ok", "", "A2405B")

    def test_a_lot_number_of_two_products_is_asked_about(self):
        other = self._create_drug("CHEM", name="布洛芬片").product_variant_id
        elsewhere = self._create_drug("CHEM", name="维生素C片").product_variant_id
        for product in (other, elsewhere):
            self._lot("T100", 300, product=product)
        answer = self._say("picker", "T100", "pick", self._delivery())
        self.assertAnswered(answer, "ask", "ambiguous", "several products")
        self.assertEqual(len(answer["options"]), 2)

    def test_a_scan_sent_again_is_answered_again_and_counted_once(self):
        delivery = self._delivery()
        scan = self._scan(f"L:{self.near.id}", "pick", delivery)
        first = self._send("picker", scan)
        self.assertEqual(self._send("picker", scan), first)
        self.assertEqual(self._send("picker", scan, scan), first * 2)
        self.assertEqual(self._scanned("pick", delivery, "picker")["A2405B"], 1)

    def test_the_number_of_somebody_elses_scan_tells_nothing(self):
        delivery = self._delivery()
        theirs = self._scan(f"L:{self.near.id}", "pick", delivery)
        self._send("picker", theirs)
        colleague = self._create_user("picker", login="second_picker")
        mine = self._scan(f"L:{self.far.id}", "pick", delivery)
        answers = self.station.with_user(colleague).submit([theirs, mine])["results"]
        self.assertAnswered(answers[0], "refused", "stranger", "Somebody else's scan")
        self.assertFalse(answers[0]["text"] or answers[0]["picking_id"])
        self.assertEqual(answers[1]["verdict"], "ok")
        self.assertEqual(
            self._scanned("pick", delivery, "picker"), {"A2405B": 1, "B0001": 1}
        )

    def test_undo_takes_back_once(self):
        delivery = self._delivery()
        scan = self._scan(f"3*L:{self.near.id}", "pick", delivery)
        self._send("picker", scan)
        for reason in ("undone", "undo"):
            answer = self._say("picker", "", "pick", delivery, undo=scan["uid"])
            self.assertEqual(answer["reason"], reason)
        self.assertEqual(self._scanned("pick", delivery, "picker")["A2405B"], 0)

    def test_undo_within_the_batch_of_its_scan(self):
        """Both waited for the network together."""
        delivery = self._delivery()
        scan = self._scan(f"3*L:{self.near.id}", "pick", delivery)
        undo = self._scan("", "pick", delivery, undo=scan["uid"])
        answers = self._send(
            "picker", scan, undo, self._scan("A2405B", "pick", delivery)
        )
        self.assertEqual([a["verdict"] for a in answers], ["ok", "info", "ok"])
        self.assertEqual(self._scanned("pick", delivery, "picker")["A2405B"], 1)

    def test_nobody_takes_back_the_scan_of_another(self):
        delivery = self._delivery()
        scan = self._scan(f"L:{self.near.id}", "pick", delivery)
        self._send("picker", scan)
        colleague = self._create_user("picker", login="second_picker")
        undo = self._scan("", "pick", delivery, undo=scan["uid"])
        (answer,) = self.station.with_user(colleague).submit([undo])["results"]
        self.assertAnswered(answer, "refused", "undo", "isn't yours")
        self.assertEqual(self._scanned("pick", delivery, "picker")["A2405B"], 1)

    def test_two_devices_on_one_transfer_take_turns(self):
        """The second of two at once begins anew instead of counting one too many."""
        delivery = self._delivery()
        self._say("picker", "A2405B", "pick", delivery)
        taken = self.env["pharma.scan.entry"].search(
            [("picking_id", "=", delivery.id)], limit=1
        )
        with self.assertRaises(ConcurrencyError):
            self.env["pharma.scan.entry"]._record(
                [
                    {
                        "uid": "other-device-1",
                        "mode": "pick",
                        "verdict": "ok",
                        "picking_id": delivery.id,
                        "sequence": taken.sequence,
                        "user_id": self.env.uid,
                        "company_id": self.company.id,
                    }
                ]
            )

    def test_finish_tells_what_is_missing_before_it_ships(self):
        delivery = self._delivery()
        station = self._as("picker", self.station)
        with self.assertTold("Nothing of .* was scanned"):
            station.finish("pick", delivery.id)
        self._say("picker", f"6*L:{self.near.id}", "pick", delivery)
        outcome = station.finish("pick", delivery.id)
        self.assertFalse(outcome["done"])
        self.assertEqual([line["lot"] for line in outcome["missing"]], ["B0001"])
        self.assertEqual(delivery.state, "assigned")
        outcome = station.finish("pick", delivery.id, "backorder")
        self.assertTrue(outcome["done"], outcome)
        self.assertEqual(delivery.move_line_ids.lot_id, self.near)
        self.assertEqual(delivery.move_ids.quantity, 6)
        self.assertEqual(delivery.backorder_ids.move_ids.product_uom_qty, 2)

    def test_a_whole_delivery_leaves_by_the_usual_button(self):
        delivery = self._delivery()
        self._send(
            "picker",
            self._scan(f"6*L:{self.near.id}", "pick", delivery),
            self._scan(f"2*L:{self.far.id}", "pick", delivery),
        )
        outcome = self._as("picker", self.station).finish("pick", delivery.id)
        self.assertTrue(outcome["done"])
        self.assertEqual(delivery.state, "done")
        self.assertFalse(delivery.backorder_ids)
        answer = self._say("picker", "A2405B", "pick", delivery)
        self.assertAnswered(answer, "refused", "closed", "finished or cancelled")

    def test_the_gate_holds_at_finish_too(self):
        delivery = self._delivery()
        self._send(
            "picker",
            self._scan(f"6*L:{self.near.id}", "pick", delivery),
            self._scan(f"2*L:{self.far.id}", "pick", delivery),
        )
        self._expire(self._paper(self.hospital, "PRACTICE_LICENCE"))
        self.assertRefused(
            lambda: self._as("picker", self.station).finish("pick", delivery.id),
            "LICENCE_EXPIRED",
            "SCOPE_PARTNER",
        )

    def test_a_batch_costs_few_queries(self):
        delivery = self._delivery()
        scans = [self._scan(f"L:{self.near.id}", "pick", delivery) for _ in range(6)]
        self._say("picker", "WARM", "pick", delivery)
        station = self._as("picker", self.station)
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        station.submit(scans)
        self.assertLess(self.env.cr.sql_log_count - before, 75)


@tagged("post_install", "-at_install")
class TestScanReceive(ScanWorld, PharmaCommon):
    """Goods on their way in, and back."""

    def _day(self, days=500):
        return (self.today + timedelta(days=days)).strftime("%y%m%d")

    def test_a_new_lot_is_made_of_what_the_pack_says(self):
        receipt = self._receipt()
        made = (self.today - timedelta(days=30)).strftime("%y%m%d")
        text = f"01{GTIN}11{made}17{self._day()}10N77"
        answer = self._say("receiver", f"10*{text}", "receive", receipt)
        self.assertAnswered(answer, "ok", "", "N77: 10 so far")
        outcome = self._as("receiver", self.station).finish("receive", receipt.id)
        self.assertTrue(outcome["done"], outcome)
        lot = receipt.move_line_ids.lot_id
        self.assertEqual(
            (lot.name, lot.expiry_date, lot.production_date),
            (
                "N77",
                self.today + timedelta(days=500),
                self.today - timedelta(days=30),
            ),
        )

    def test_a_pack_without_lot_asks_once_and_the_next_follow(self):
        receipt = self._receipt()
        answer = self._say("receiver", EAN, "receive", receipt)
        self.assertAnswered(answer, "ask", "which_lot", "Which lot")
        self.assertEqual(answer["form"], {"lot_name": "", "with_expiry": True})
        typed = {"lot_name": "N88", "expiry_label": "2027.13"}
        answer = self._say("receiver", EAN, "receive", receipt, answer=typed)
        self.assertAnswered(answer, "refused", "refused", "twelve months")
        typed["expiry_label"] = f"{self.today.year + 1}.05"
        answer = self._say("receiver", EAN, "receive", receipt, answer=typed)
        self.assertAnswered(answer, "ok", "", "N88: 1 so far")
        answer = self._say("receiver", f"9*{EAN}", "receive", receipt)
        self.assertAnswered(answer, "ok", "", "N88: 10 so far")
        self._as("receiver", self.station).finish("receive", receipt.id)
        lot = receipt.move_line_ids.lot_id
        self.assertEqual(
            (lot.name, lot.expiry_date), ("N88", date(self.today.year + 1, 5, 31))
        )

    def test_a_new_lot_without_date_asks_for_it(self):
        receipt = self._receipt()
        answer = self._say(
            "receiver", EAN, "receive", receipt, answer={"lot_name": "N99"}
        )
        self.assertAnswered(answer, "ask", "expiry", "N99 is new")

    def test_two_lots_of_one_line_become_two_lines(self):
        receipt = self._receipt()
        self._send(
            "receiver",
            self._scan(f"7*01{GTIN}17{self._day()}10N1", "receive", receipt),
            self._scan(f"3*01{GTIN}17{self._day(600)}10N2", "receive", receipt),
        )
        self._as("receiver", self.station).finish("receive", receipt.id)
        self.assertEqual(receipt.state, "done")
        self.assertEqual(
            {line.lot_id.name: line.quantity for line in receipt.move_line_ids},
            {"N1": 7, "N2": 3},
        )

    def test_what_must_not_come_in_is_refused(self):
        receipt = self._receipt()
        self._as("receiver", self.env["pharma.lot.hold"]).create(
            {"kind": "lot", "lot_id": self.far.id, "reason": "召回"}
        )
        far_day = self.far.expiry_date.strftime("%y%m%d")
        cases = [
            (f"01{GTIN}17{self._day(-1)}10OLD", "expired", "don't accept it"),
            (f"01{GTIN}17{self._day(333)}10A2405B", "conflict", "on file"),
            (f"01{GTIN}17{self._day(333)}10a2405b", "conflict", "on file"),
            (f"01{GTIN}17{far_day}10B0001", "held", "召回"),
            (f"11*01{GTIN}17{self._day()}10N1", "over", "Only 10 more"),
        ]
        for text, reason, sentence in cases:
            with self.subTest(text):
                answer = self._say("receiver", text, "receive", receipt)
                self.assertAnswered(answer, "refused", reason, sentence)

    def test_the_same_new_lot_with_two_dates_is_a_conflict(self):
        receipt = self._receipt()
        self._say("receiver", f"01{GTIN}17{self._day()}10N1", "receive", receipt)
        answer = self._say(
            "receiver", f"01{GTIN}17{self._day(501)}10n1", "receive", receipt
        )
        self.assertAnswered(answer, "refused", "conflict", "on this pack")

    def test_fewer_than_ordered_leaves_a_backorder(self):
        receipt = self._receipt()
        self._say("receiver", f"4*01{GTIN}17{self._day()}10N1", "receive", receipt)
        outcome = self._as("receiver", self.station).finish(
            "receive", receipt.id, "backorder"
        )
        self.assertTrue(outcome["done"])
        self.assertEqual(receipt.move_ids.quantity, 4)
        self.assertEqual(receipt.backorder_ids.move_ids.product_uom_qty, 6)

    def test_only_a_lot_that_was_delivered_comes_back(self):
        delivery = self._delivery()
        self._send(
            "picker",
            self._scan(f"6*L:{self.near.id}", "pick", delivery),
            self._scan(f"2*L:{self.far.id}", "pick", delivery),
        )
        self._as("picker", self.station).finish("pick", delivery.id)
        stranger = self._lot("C0003", 300)
        wizard = self.env["stock.return.picking"].create({"picking_id": delivery.id})
        back = self.env["stock.picking"].browse(
            wizard.action_create_returns_all()["res_id"]
        )
        answer = self._say("receiver", f"L:{stranger.id}", "return", back)
        self.assertAnswered(answer, "refused", "lot", "wasn't delivered")
        answer = self._say("receiver", "2*A2405B", "return", back)
        self.assertAnswered(answer, "ok", "", "2 so far")
        outcome = self._as("receiver", self.station).finish("return", back.id, "cancel")
        self.assertTrue(outcome["done"], outcome)
        self.assertEqual(back.move_line_ids.lot_id, self.near)
        self.assertEqual(back.move_line_ids.quantity, 2)


@tagged("post_install", "-at_install")
class TestScanInside(ScanWorld, PharmaCommon):
    """Put away, count, review, look up."""

    def _quantity(self, lot, place):
        return sum(
            self.env["stock.quant"]
            .search([("lot_id", "=", lot.id), ("location_id", "=", place.id)])
            .mapped("quantity")
        )

    def test_goods_then_shelf_moves_them(self):
        target = self._place("B-02")
        answer = self._say("storekeeper", "4*A2405B", "putaway")
        self.assertAnswered(answer, "ok", "", "from .*A-01")
        answer = self._say("storekeeper", "P:LOC-B-02", "putaway")
        self.assertAnswered(answer, "info", "shelved", "B-02 now: 4 packs")
        self.assertEqual(self._quantity(self.near, target), 4)
        self.assertEqual(self._quantity(self.near, self.shelf), 2)

    def test_goods_and_shelf_may_come_in_one_batch(self):
        target = self._place("B-02")
        answers = self._send(
            "storekeeper",
            self._scan("2*A2405B", "putaway"),
            self._scan("3*B0001", "putaway"),
            self._scan("LOC-B-02", "putaway"),
            self._scan("LOC-B-02", "putaway"),
        )
        self.assertEqual([a["reason"] for a in answers], ["", "", "shelved", "nothing"])
        self.assertEqual(self._quantity(self.near, target), 2)
        self.assertEqual(self._quantity(self.far, target), 3)

    def test_what_is_reserved_or_in_hand_already_stays(self):
        self._delivery()
        answer = self._say("storekeeper", "A2405B", "putaway")
        self.assertAnswered(answer, "refused", "over", "reserved for orders")
        answer = self._say("storekeeper", "4*B0001", "putaway")
        self.assertEqual(answer["verdict"], "ok")
        answer = self._say("storekeeper", "B0001", "putaway")
        self.assertAnswered(answer, "refused", "over", "free packs")

    def test_goods_from_two_places_are_asked_about(self):
        other = self._place("B-02")
        self.env["stock.quant"]._update_available_quantity(
            self.product, other, 5, lot_id=self.near
        )
        answer = self._say("storekeeper", "A2405B", "putaway")
        self.assertAnswered(answer, "ask", "from", "Where did you take it from")
        chosen = next(o for o in answer["options"] if "B-02" in o["label"])
        again = self._say("storekeeper", "A2405B", "putaway", answer=chosen["answer"])
        self.assertAnswered(again, "ok", "", "B-02")

    def test_the_shelf_becomes_where_a_transfer_goes(self):
        bay, one, two = self._place("IN"), self._place("S1"), self._place("S2")
        lot = self._lot("Z9", 500, quantity=5, place=bay)
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": self.warehouse.int_type_id.id,
                "location_id": bay.id,
                "location_dest_id": self.warehouse.lot_stock_id.id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": self.product.id,
                            "product_uom_qty": 5,
                            "location_id": bay.id,
                            "location_dest_id": self.warehouse.lot_stock_id.id,
                        }
                    )
                ],
            }
        )
        picking.action_confirm()
        picking.action_assign()
        station = self._as("storekeeper", self.station)
        outside = (
            self.warehouse.view_location_id.child_ids - self.warehouse.lot_stock_id
        )
        answers = self._send(
            "storekeeper",
            self._scan("3*Z9", "putaway", picking),
            self._scan(f"P:{outside[0].id}", "putaway", picking),
            self._scan("LOC-S1", "putaway", picking),
            self._scan("2*Z9", "putaway", picking),
        )
        self.assertEqual(
            [a["reason"] for a in answers], ["", "location", "shelved", ""]
        )
        with self.assertTold("Scan the shelf"):
            station.finish("putaway", picking.id)
        self._say("storekeeper", "LOC-S2", "putaway", picking)
        self.assertTrue(station.finish("putaway", picking.id)["done"])
        self.assertEqual((self._quantity(lot, one), self._quantity(lot, two)), (3, 2))

    def test_of_a_line_in_cases_exactly_the_scanned_packs_move(self):
        case = self.env["uom.uom"].create(
            {
                "name": "Case of 12",
                "relative_factor": 12,
                "relative_uom_id": self.product.uom_id.id,
            }
        )
        self.product.uom_ids = [Command.link(case.id)]
        lot = self._lot("CASES", 500, quantity=24)
        shelf = self._place("S3")
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": self.warehouse.int_type_id.id,
                "location_id": self.shelf.id,
                "location_dest_id": self.warehouse.lot_stock_id.id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": self.product.id,
                            "product_uom": case.id,
                            "product_uom_qty": 2,
                            "location_id": self.shelf.id,
                            "location_dest_id": self.warehouse.lot_stock_id.id,
                        }
                    )
                ],
            }
        )
        picking.action_confirm()
        picking.move_ids.move_line_ids.unlink()
        picking.move_ids.move_line_ids = [
            Command.create(
                {
                    "product_id": self.product.id,
                    "picking_id": picking.id,
                    "product_uom_id": case.id,
                    "lot_id": lot.id,
                    "quantity": 2,
                }
            )
        ]
        self._send(
            "storekeeper",
            self._scan("5*CASES", "putaway", picking),
            self._scan("LOC-S3", "putaway", picking),
        )
        station = self._as("storekeeper", self.station)
        self.assertTrue(station.finish("putaway", picking.id, "backorder")["done"])
        self.assertEqual(
            (self._quantity(lot, self.shelf), self._quantity(lot, shelf)), (19, 5)
        )

    def test_a_count_is_blind_and_tells_the_difference_afterwards(self):
        """ST-16: nothing is adjusted in silence."""
        self._send(
            "storekeeper",
            self._scan("A2405B", "count"),
            self._scan("LOC-A-01", "count"),
            self._scan("5*A2405B", "count"),
        )
        station = self._as("storekeeper", self.station)
        seen = station.get_count()
        self.assertEqual(
            [(line["lot"], line["scanned"]) for line in seen["lines"]], [("A2405B", 5)]
        )
        self.assertNotIn("expected", seen["lines"][0])
        outcome = station.finish_count()
        self.assertEqual(
            {
                r["lot"]: (r["booked"], r["counted"], r["difference"])
                for r in outcome["rows"]
            },
            {"A2405B": (6, 5, -1), "B0001": (6, 0, -6)},
        )
        quants = self.env["stock.quant"].search([("location_id", "=", self.shelf.id)])
        self.assertEqual(
            {q.lot_id.name: (q.inventory_quantity, q.quantity) for q in quants},
            {"A2405B": (5, 6), "B0001": (0, 6)},
        )
        with self.assertTold("Scan the location you count"):
            station.finish_count()

    def test_goods_nobody_booked_are_counted_too(self):
        stray = self._lot("C0003", 300)
        self._send(
            "keeper",
            self._scan("LOC-A-01", "count"),
            self._scan("2*C0003", "count"),
            self._scan(f"01{GTIN}10UNHEARD", "count"),
        )
        self._as("keeper", self.station).finish_count()
        quant = self.env["stock.quant"].search([("lot_id", "=", stray.id)])
        self.assertEqual((quant.inventory_quantity, quant.quantity), (2, 0))

    def test_review_compares_and_changes_nothing(self):
        delivery = self._delivery()
        delivery.move_line_ids.picked = True
        station = self._as("reviewer", self.station)
        self._say("reviewer", f"6*L:{self.near.id}", "review", delivery)
        outcome = station.finish("review", delivery.id)
        self.assertFalse(outcome["done"])
        self.assertEqual([line["lot"] for line in outcome["missing"]], ["B0001"])
        self._say("reviewer", f"2*L:{self.far.id}", "review", delivery)
        answer = self._say("reviewer", f"L:{self.far.id}", "review", delivery)
        self.assertAnswered(answer, "refused", "over", "one too many")
        self.assertTrue(station.finish("review", delivery.id)["done"])
        self.assertEqual(delivery.state, "done")

    def test_anybody_of_the_staff_looks_up_anything(self):
        self._delivery()
        seller = self._as("seller", self.station)
        found = seller.look_up("a2405b")
        self.assertEqual((found["title"], found["tone"]), ("A2405B", "good"))
        self.assertEqual(
            [(row["quantity"], row["free"]) for row in found["stock"]], [(6, 0)]
        )
        self.assertEqual(seller.look_up("LOC-A-01")["kind"], "location")
        self.assertEqual(seller.look_up(EAN)["kind"], "product")
        self.assertEqual(seller.look_up("HUH")["tone"], "bad")

    def test_look_up_tells_nothing_of_another_company(self):
        company = self.env["res.company"].create({"name": "兄弟公司"})
        place = self.env["stock.warehouse"].search(
            [("company_id", "=", company.id)], limit=1
        )
        place = place.lot_stock_id
        place.barcode = "FOREIGN"
        self.env["stock.quant"]._update_available_quantity(
            self.product, place, 55, lot_id=self.near
        )
        mine, theirs = "83857930000879766661", "83857930000879766662"
        for text, owner in ((mine, self.company), (theirs, company)):
            code = self.env["pharma.trace.code"].create(
                {
                    "code": text,
                    "kind": "cn20",
                    "product_id": self.product.id,
                    "lot_id": self.near.id,
                    "level": "box",
                    "company_id": owner.id,
                    "own_state": "out",
                    "own_partner_id": self.hospital.id,
                }
            )
            self.env["pharma.trace.event"]._tell(
                "ship", code.ids, company_id=owner.id, partner_id=self.hospital.id
            )
        self.env.flush_all()
        self.env.invalidate_all()
        picker = self._as("picker", self.station)
        self.assertEqual(picker.look_up("FOREIGN")["stock"], [])
        for text, is_told in ((mine, True), (theirs, False)):
            with self.subTest(text):
                found = picker.look_up(text)
                self.assertEqual(found["kind"], "code")
                self.assertEqual(bool(found["moves"]), is_told)
                told = self.hospital.display_name in str(found["facts"])
                self.assertEqual(told, is_told)

    def test_look_up_says_why_goods_may_not_move(self):
        self._as("picker", self.env["pharma.lot.hold"]).create(
            {"kind": "lot", "lot_id": self.near.id, "reason": "破损"}
        )
        found = self._as("finance", self.station).look_up(f"L:{self.near.id}")
        self.assertEqual((found["tone"], found["holds"][0]["reason"]), ("bad", "破损"))


@tagged("post_install", "-at_install")
class TestScanRights(ScanWorld, PharmaCommon):
    MODES = {
        "receive": {"receiver", "inspector"},
        "putaway": {"storekeeper", "keeper"},
        "pick": {"picker"},
        "review": {"reviewer"},
        "return": {"receiver", "inspector"},
        "count": {"storekeeper", "keeper"},
    }

    def test_each_role_has_its_modes(self):
        for role, user in self.users.items():
            with self.subTest(role):
                modes = self.station.with_user(user).get_modes()
                self.assertEqual(
                    {mode["mode"] for mode in modes},
                    {mode for mode, roles in self.MODES.items() if role in roles},
                )

    def test_another_role_is_told_whose_work_it_is(self):
        delivery = self._delivery()
        for role in ("reviewer", "seller", "auditor", "it_admin"):
            with self.subTest(role):
                answer = self._say(role, "A2405B", "pick", delivery)
                self.assertAnswered(answer, "refused", "closed", "work of: Picker")
                with self.assertTold("work of: Picker", AccessError):
                    self._as(role, self.station).finish("pick", delivery.id)

    def test_a_transfer_of_another_company_stays_untouched(self):
        company = self.env["res.company"].create({"name": "兄弟公司"})
        warehouse = self.env["stock.warehouse"].search(
            [("company_id", "=", company.id)], limit=1
        )
        foreign = self.env["stock.picking"].create(
            {"picking_type_id": warehouse.out_type_id.id}
        )
        name, number = foreign.name, foreign.id
        for role in ("picker", "seller"):
            with self.subTest(role):
                self.env.flush_all()
                self.env.invalidate_all()
                scan = self._scan("A2405B", "pick", picking_id=number)
                (answer,) = self._send(role, scan)
                self.assertEqual(answer["verdict"], "refused")
                self.assertNotIn(name, answer["sentence"])
                entry = self.env["pharma.scan.entry"].search(
                    [("uid", "=", scan["uid"])]
                )
                self.assertEqual(
                    (entry.picking_id.id, entry.company_id), (False, self.company)
                )

    def test_strangers_have_no_station(self):
        stranger = self.env["res.users"].create(
            {
                "name": "Guest",
                "login": "guest_of_the_house",
                "group_ids": [Command.set(self.env.ref("base.group_user").ids)],
            }
        )
        station = self.station.with_user(stranger)
        for call in (
            station.get_modes,
            lambda: station.look_up("A2405B"),
            lambda: station.submit([self._scan("A2405B", "pick")]),
            station.get_count,
        ):
            with self.assertRaises(AccessError):
                call()

    def test_scans_are_written_by_the_station_only(self):
        delivery = self._delivery()
        self._say("picker", "A2405B", "pick", delivery)
        entry = self.env["pharma.scan.entry"].search([], limit=1)
        mine = self._as("picker", entry)
        for call in (
            lambda: mine.write({"undone": True}),
            lambda: mine.create({"uid": "12345678", "mode": "pick", "verdict": "ok"}),
            mine.unlink,
        ):
            with self.assertRaises(AccessError):
                call()
        with self.assertRaises(UserError):
            entry.sudo().write({"packs": 99})
        with self.assertRaises(UserError):
            entry.sudo().unlink()

    def test_the_auditor_reads_the_scans(self):
        self._say("picker", "A2405B", "pick", self._delivery())
        self.assertTrue(self._as("auditor", self.env["pharma.scan.entry"]).search([]))


@tagged("post_install", "-at_install")
class TestScanHttp(ScanWorld, PharmaHttpCommon):
    """The same over the wire, as a device sends it."""

    def test_a_resent_batch_is_counted_once(self):
        delivery = self._delivery()
        scans = [self._scan("A2405B", "pick", delivery) for _ in range(3)]
        for _ in range(2):
            response = self._json2(
                self.users["picker"], "pharma.scan.station", "submit", scans=scans
            )
            self.assertEqual(
                [a["verdict"] for a in response.json()["results"]], ["ok"] * 3
            )
        self.assertEqual(self._scanned("pick", delivery, "picker")["A2405B"], 3)

    @mute_logger("odoo.http")
    def test_private_methods_and_the_table_stay_shut(self):
        user = self.users["picker"]
        for model, method, arguments in (
            ("pharma.scan.station", "_decide", {}),
            ("pharma.scan.entry", "_record", {"vals_list": []}),
            ("pharma.scan.entry", "create", {"vals_list": [{"uid": "12345678"}]}),
        ):
            with self.subTest(method):
                response = self._json2(user, model, method, **arguments)
                self.assertIn(response.status_code, (403, 404, 422))


@tagged("post_install", "-at_install")
class TestScanCodes(ScanWorld, PharmaCommon):
    """Trace codes at the station: TV-16..20 from the scanner's side."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["pharma.pack.level"].create(
            {
                "product_tmpl_id": cls.drug.id,
                "level": "box",
                "quantity": 1,
                "identification_code": "8385793",
            }
        )

    def _code(self, number):
        return f"8385793{number:013}"

    def _received(self, count, lot="N1"):
        """A receipt of so many packs, each scanned by its code, finished."""
        receipt = self._receipt(count)
        day = (self.today + timedelta(days=500)).isoformat()
        first = self._scan(
            self._code(1),
            "receive",
            receipt,
            answer={"lot_name": lot, "expiry_label": day},
        )
        others = [
            self._scan(self._code(n), "receive", receipt) for n in range(2, count + 1)
        ]
        answers = self._send("receiver", first, *others)
        self.assertEqual({a["verdict"] for a in answers}, {"ok"}, answers)
        outcome = self._as("receiver", self.station).finish("receive", receipt.id)
        self.assertTrue(outcome["done"], outcome)
        return receipt

    def _known(self, number):
        return (
            self.env["pharma.trace.code"]
            .sudo()
            .search([("code", "=", self._code(number))])
        )

    def test_a_code_without_lot_asks_for_it_and_leaves_nothing_behind(self):
        receipt = self._receipt(3)
        answer = self._say("receiver", self._code(1), "receive", receipt)
        self.assertAnswered(answer, "ask", "which_lot", "Which lot")
        self.assertFalse(receipt.trace_scan_ids.filtered(lambda s: s.state == "open"))

    def test_received_codes_belong_to_the_lot_that_was_typed(self):
        receipt = self._received(3)
        lot = receipt.move_line_ids.lot_id
        self.assertEqual(lot.name, "N1")
        for number in (1, 2, 3):
            self.assertEqual(self._known(number).lot_id, lot)
            self.assertEqual(self._known(number).state, "in_stock")

    def test_the_second_scan_of_a_pack_is_ignored_with_a_message(self):
        """TV-16"""
        receipt = self._receipt(3)
        answer = {"lot_name": "N1", "expiry_label": "2098-05"}
        self._say("receiver", self._code(1), "receive", receipt, answer=answer)
        again = self._say("receiver", self._code(1), "receive", receipt)
        self.assertAnswered(again, "refused", "duplicate", "scanned already")
        payload = self._as("receiver", self.station).get_transfer("receive", receipt.id)
        self.assertEqual(payload["scanned"], 1)

    def test_an_unmapped_code_is_refused_never_guessed(self):
        """TV-17"""
        receipt = self._receipt(3)
        answer = self._say("receiver", "71234560000000000001", "receive", receipt)
        self.assertAnswered(answer, "refused", "unmapped", "mapping queue")

    def test_codes_go_out_once(self):
        """TV-19 and TV-20: wrong lot, and sold already."""
        self._received(3)
        lot = self._known(1).lot_id
        delivery = self._delivery(2, lots={lot: 2})
        other = self._delivery(1, lots={self.near: 1})
        wrong = self._say("picker", self._code(1), "pick", other)
        self.assertAnswered(wrong, "refused", "wrong_lot", "N1")
        answer = self._say("picker", self._code(1), "pick", delivery)
        self.assertAnswered(answer, "ok", "", "N1: 1 so far")
        scan = self._scan(self._code(2), "pick", delivery)
        self._send("picker", scan)
        over = self._say("picker", self._code(3), "pick", delivery)
        self.assertAnswered(over, "refused", "over", "one too many")
        self._say("picker", "", "pick", delivery, undo=scan["uid"])
        self._say("picker", self._code(3), "pick", delivery)
        outcome = self._as("picker", self.station).finish("pick", delivery.id)
        self.assertTrue(outcome["done"], outcome)
        self.assertEqual(
            [self._known(number).state for number in (1, 2, 3)],
            ["out", "in_stock", "out"],
        )
        last = self._delivery(1, lots={lot: 1})
        sold = self._say("picker", self._code(1), "pick", last)
        self.assertAnswered(sold, "refused", "already_out", "already sold")
        unknown = self._say("picker", self._code(9), "pick", last)
        self.assertAnswered(unknown, "refused", "unknown", "never came in")

    def test_a_held_code_does_not_leave(self):
        self._received(3)
        delivery = self._delivery(2, lots={self._known(1).lot_id: 2})
        self._as("picker", self.env["pharma.lot.hold"]).create(
            {
                "kind": "code",
                "product_id": self.product.id,
                "trace_code": self._code(1),
                "reason": "破损",
            }
        )
        answer = self._say("picker", self._code(1), "pick", delivery)
        self.assertAnswered(answer, "refused", "held", "on hold")

    def test_review_takes_only_packs_that_were_picked(self):
        self._received(3)
        delivery = self._delivery(2, lots={self._known(1).lot_id: 2})
        self._send(
            "picker",
            self._scan(self._code(1), "pick", delivery),
            self._scan(self._code(2), "pick", delivery),
        )
        self._as("picker", self.station).finish("pick", delivery.id)
        answers = self._send(
            "reviewer",
            *[self._scan(self._code(n), "review", delivery) for n in (1, 3, 1, 2)],
        )
        self.assertEqual(
            [answer["reason"] for answer in answers],
            ["", "not_picked", "duplicate", ""],
        )
        outcome = self._as("reviewer", self.station).finish("review", delivery.id)
        self.assertTrue(outcome["done"])

    def test_codes_are_put_away_and_counted_with_their_packs(self):
        self._received(3)
        target = self._place("B-02")
        self._send(
            "storekeeper",
            self._scan(self._code(1), "putaway"),
            self._scan("LOC-B-02", "putaway"),
            self._scan("LOC-B-02", "count"),
            self._scan(self._code(1), "count"),
            self._scan(self._code(1), "count"),
        )
        self.assertEqual(self._known(1).location_id, target)
        outcome = self._as("storekeeper", self.station).finish_count()
        self.assertEqual(
            [(r["lot"], r["booked"], r["counted"]) for r in outcome["rows"]],
            [("N1", 1, 1)],
        )

    def test_look_up_tells_the_story_of_a_pack(self):
        self._received(2)
        found = self._as("seller", self.station).look_up(self._code(1))
        self.assertEqual((found["kind"], found["tone"]), ("code", "good"))
        self.assertTrue(found["moves"])
        found = self._as("seller", self.station).look_up(self._code(8))
        self.assertAnswered(
            {"verdict": found["tone"], "reason": found["kind"], **found},
            "bad",
            "code",
            "never came in",
        )


QUEUE_TEST = """
(async () => {
    const { ScanQueue } = odoo.loader.modules.get(
        "@pharma_lot_expiry/scan_station/scan_queue"
    );
    const store = {};
    const storage = {
        getItem: (key) => store[key] ?? null,
        setItem: (key, value) => (store[key] = value),
    };
    const got = [], answers = [];
    let mood = "down";
    const send = async (scans) => {
        if (mood === "down") {
            throw new Error("no line");
        }
        for (const { uid } of scans) {
            if (!got.includes(uid)) got.push(uid);
        }
        if (mood === "deaf") {
            throw new Error("the answer got lost");
        }
        return { results: scans.map(({ uid }) => ({ uid })) };
    };
    const make = () => new ScanQueue({
        key: "test", storage, send,
        onAnswer: ({ uid }) => answers.push(uid),
        onChange: () => {},
    });
    const wait = async (isDone) => {
        for (let i = 0; i < 200 && !isDone(); i++) {
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
        if (!isDone()) throw new Error(`never: ${isDone} ${JSON.stringify(store)}`);
    };
    const same = (a, b) => {
        if (JSON.stringify(a) !== JSON.stringify(b)) {
            throw new Error(`${JSON.stringify(a)} is not ${JSON.stringify(b)}`);
        }
    };
    const uids = [...Array(45).keys()].map((n) => `scan-${n}`);
    const first = make();
    uids.slice(0, 30).forEach((uid) => first.push({ uid }));
    await wait(() => first.isOffline);
    same(first.size, 30);
    same(first.drop("scan-29"), true);
    same(first.drop("scan-29"), false);
    first.push({ uid: "scan-29" });
    first.stop(); // as a reload does
    mood = "deaf";
    const second = make();
    same(second.size, 30);
    uids.slice(30).forEach((uid) => second.push({ uid }));
    await wait(() => got.length >= 20);
    same(answers, []);
    same(second.size, 45);
    mood = "up";
    second.retry();
    await wait(() => !second.size);
    same(got, uids);
    same(answers, uids);
    same(second.isOffline, false);
    console.log("test successful");
})().catch((error) => console.error(error.message));
"""


@tagged("post_install", "-at_install")
class TestScanQueue(ScanWorld, PharmaHttpCommon):
    """In the browser: nothing is lost or doubled, whatever the network does."""

    def test_no_scan_is_lost_or_doubled(self):
        """The line is down, the page reloaded, the first answer lost, then all well."""
        self.browser_js(
            "/odoo/pharma-scan",
            QUEUE_TEST,
            ready="Boolean(document.querySelector('.pharma_scan_modes'))",
            login=self.users["picker"].login,
        )

    def test_a_typed_scan_is_counted_and_told(self):
        delivery = self._delivery()
        self.browser_js(
            f"/odoo/pharma-scan?scan_mode=pick&scan_transfer={delivery.id}",
            """
            (async () => {
                const field = document.querySelector("input[name=scan]");
                field.value = "2*A2405B";
                field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
                for (let i = 0; i < 100; i++) {
                    await new Promise((resolve) => setTimeout(resolve, 50));
                    if (document.querySelector("[data-verdict=ok]")) {
                        const line = document.querySelector("[data-lot=A2405B]");
                        if (line.dataset.scanned === "2") {
                            return console.log("test successful");
                        }
                    }
                }
                console.error("the scan was not counted");
            })();
            """,
            ready="Boolean(document.querySelector('.pharma_scan_line'))",
            login=self.users["picker"].login,
        )
        self.assertEqual(self._scanned("pick", delivery, "picker")["A2405B"], 2)
