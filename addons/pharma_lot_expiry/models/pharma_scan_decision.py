from dataclasses import replace

from odoo import api, models

from ..tools.expiry import is_expired
from ..tools.scan import Misplaced, lot_key, place

# Goods on their way to a customer: nothing doubtful may pass.
LEAVING = ("pick", "review")


class PharmaScanDecision(models.AbstractModel):
    """What the station answers to goods, locations and documents (OB-12).

    Every ``_decide…`` returns the values of a ``pharma.scan.entry`` (without those of
    the device), plus ``options`` to choose from and ``extra`` for the screen.
    """

    _name = "pharma.scan.decision"
    _description = "Decision on Scans"

    @api.model
    def _decide(self, ledger, scan, reading):
        if reading.options:
            return self._ask(reading)
        if reading.reason:
            return self._no(reading, reading.reason, reading.sentence)
        if reading.picking:
            return self._decide_document(ledger, reading)
        if reading.location:
            return self._decide_location(ledger, reading)
        reading = self._with_answer(reading, scan["answer"])
        if reading.code:
            return self._decide_code(ledger, scan, reading)
        if ledger.mode == "count":
            return self._decide_counted(ledger, reading)
        if not ledger.picking:
            return self._decide_free_goods(ledger, reading)
        return self._decide_goods(ledger, reading)

    # Answers.

    @api.model
    def _values(self, reading, verdict, reason, sentence, **values):
        lot = reading.lot
        return {
            "kind": reading.kind,
            "verdict": verdict,
            "reason": reason,
            "sentence": sentence,
            "product_id": reading.product.id if reading.product else False,
            "lot_id": lot.id if lot else False,
            "lot_name": reading.lot_name or (lot.name if lot else False),
            "expiry_date": reading.expiry,
            "expiry_label": reading.expiry_label,
            "production_date": reading.production,
            "code": reading.code,
            "source_id": reading.source.id if reading.source else False,
            "packs": 0,
            **values,
        }

    @api.model
    def _yes(self, reading, sentence, verdict="ok", reason="", **values):
        return self._values(
            reading, verdict, reason, sentence, **{"packs": reading.packs, **values}
        )

    @api.model
    def _no(self, reading, reason, sentence):
        return self._values(reading, "refused", reason, sentence)

    @api.model
    def _note(self, reading, reason, sentence, **values):
        return self._values(reading, "info", reason, sentence, **values)

    @api.model
    def _ask(self, reading, **extra):
        return self._values(
            reading,
            "ask",
            reading.reason,
            reading.sentence,
            options=list(reading.options),
            extra=extra,
        )

    @api.model
    def _with_answer(self, reading, answer):
        """The reading completed by what the person said about the pack in hand.

        :raise UserError: for a date that can't be read
        """
        lot = self.env["stock.lot"].browse(answer["lot_id"]).exists()
        if lot and reading.product in (None, lot.product_id):
            reading = replace(reading, lot=lot, lot_name=lot.name)
        if name := str(answer.get("lot_name") or "").strip():
            known = self._known_lot(reading.product, lot_key(name))
            reading = replace(reading, lot=known, lot_name=known.name or name)
        if label := str(answer.get("expiry_label") or "").strip():
            day = self.env["stock.lot"]._read_expiry(label)
            reading = replace(reading, expiry=day, expiry_label=label)
        if source := self.env["stock.location"].browse(answer["source_id"]).exists():
            reading = replace(reading, source=source)
        return reading

    @api.model
    def _known_lot(self, product, key):
        """The lot on file with this number, however it is spelled."""
        lots = self.env["stock.lot"]
        if not product or not key:
            return lots
        found = lots.search([("product_id", "=", product.id)])
        return found.filtered(lambda lot: lot_key(lot.name) == key)[:1]

    # Documents and locations.

    @api.model
    def _decide_document(self, ledger, reading):
        picking = reading.picking
        if picking == ledger.picking:
            return self._note(
                reading, "same", self.env._("%s is the one you work on.", picking.name)
            )
        modes = self._modes_of(picking)
        if not modes:
            return self._no(
                reading,
                "document",
                self.env._(
                    "%s is finished, cancelled, not yet due, or not your work.",
                    picking.name,
                ),
            )
        mode = ledger.mode if ledger.mode in modes else modes[0]
        return self._note(
            reading,
            "open",
            self.env._("Opened %s.", picking.name),
            extra={"open": {"mode": mode, "picking_id": picking.id}},
        )

    @api.model
    def _decide_location(self, ledger, reading):
        if ledger.mode == "putaway":
            return self._put_away(ledger, reading)
        if ledger.mode == "count":
            return self._start_count(ledger, reading)
        lines = ledger.picking.move_line_ids.filtered(
            lambda line: line.location_id == reading.location
        )
        if ledger.mode != "pick" or lines:
            return self._note(reading, "location", reading.location.display_name)
        return self._no(
            reading,
            "location",
            self.env._(
                "Nothing of %(transfer)s lies at %(place)s. Look at the list for where "
                "to go.",
                transfer=ledger.picking.name,
                place=reading.location.display_name,
            ),
        )

    # Goods of a transfer.

    @api.model
    def _decide_goods(self, ledger, reading):
        product = reading.product
        if product not in ledger.products:
            return self._no(
                reading,
                "product",
                self.env._(
                    "%(product)s isn't on %(transfer)s. Put it back.",
                    product=product.display_name,
                    transfer=ledger.picking.name,
                ),
            )
        if product.tracking != "none" and not reading.lot_key:
            reading = self._with_lot(ledger, reading)
            if reading.reason:
                return self._ask(reading, **self._lot_form(ledger, reading))
        if refusal := self._lot_refusal(ledger, reading):
            return self._no(reading, *refusal)
        if self._lacks_expiry(ledger, reading):
            asked = replace(
                reading,
                reason="expiry",
                sentence=self.env._(
                    "Lot %s is new. Type its expiry date as the pack shows it.",
                    reading.lot_name,
                ),
            )
            return self._ask(asked, **self._lot_form(ledger, asked))
        return self._count_goods(ledger, reading)

    @api.model
    def _count_goods(self, ledger, reading):
        """Count packs on the transfer, if that many more are expected."""
        key = reading.product.id, reading.lot_key
        try:
            place(ledger.rows, ledger.scanned, *key, reading.packs)
        except Misplaced as error:
            return self._no(
                reading, error.kind, self._misplaced_sentence(ledger, reading, error)
            )
        total = ledger.scanned[key] + reading.packs
        sentence = self.env._(
            "%(packs)g × %(goods)s: %(total)g so far",
            packs=reading.packs,
            goods=self._goods_name(reading),
            total=total,
        )
        if warning := self._warning(ledger, reading):
            return self._yes(reading, f"{sentence}. {warning}", "warn", "warn")
        return self._yes(reading, sentence)

    @api.model
    def _goods_name(self, reading):
        name = reading.product.display_name
        lot = reading.lot_name or (reading.lot.name if reading.lot else "")
        return self.env._("%(name)s, lot %(lot)s", name=name, lot=lot) if lot else name

    @api.model
    def _misplaced_sentence(self, ledger, reading, error):
        if error.kind == "lot":
            return self.env._(
                "Wrong lot: %(transfer)s takes %(right)s of %(product)s, this is "
                "%(wrong)s. Put it back.",
                transfer=ledger.picking.name,
                right=", ".join(
                    self._lots_of_rows(ledger, error.rows) or [self.env._("none")]
                ),
                product=reading.product.display_name,
                wrong=reading.lot_name or self.env._("without lot"),
            )
        if error.room:
            return self.env._(
                "Only %(room)g more of %(goods)s are expected, you counted %(packs)g.",
                room=error.room,
                goods=self._goods_name(reading),
                packs=reading.packs,
            )
        return self.env._(
            "All of %s is there already: one too many. Put it back.",
            self._goods_name(reading),
        )

    @api.model
    def _lots_of_rows(self, ledger, rows):
        """«A2405B (WH/Stock/A-01)» of the lines that still want a lot."""
        keys = {row.key for row in rows}
        return [
            self.env._(
                "%(lot)s (%(place)s)",
                lot=line.lot_id.name or line.lot_name,
                place=line.location_id.display_name,
            )
            for line in ledger.lines
            if line.id in keys and (line.lot_id or line.lot_name)
        ]

    # Which lot a pack without lot number belongs to.

    @api.model
    def _with_lot(self, ledger, reading):
        """The reading with its lot, or with the question which one it is.

        One lot only on the transfer is that one. At receipt the pack in hand is of the
        lot counted before; nobody types a number for each of a hundred packs.
        """
        product = reading.product
        is_typed = ledger.mode in ("receive", "count")
        if is_typed and (last := ledger.last_lot(product)):
            return replace(
                reading,
                lot=self.env["stock.lot"].browse(last.get("lot_id") or []),
                lot_name=last["lot_name"],
                expiry=last.get("expiry_date"),
                expiry_label=last.get("expiry_label") or "",
                production=last.get("production_date"),
            )
        lots = self._expected_lots(ledger, product)
        if len(lots) == 1 and not is_typed:
            return replace(reading, lot=lots, lot_name=lots.name)
        return replace(
            reading,
            reason="which_lot",
            sentence=self.env._(
                "Which lot is it? The barcode of %s doesn't tell.", product.display_name
            ),
            options=tuple(
                {
                    "label": self._lot_label(lot),
                    "answer": {"lot_id": lot.id},
                }
                for lot in lots
            ),
        )

    @api.model
    def _expected_lots(self, ledger, product):
        """Lots a pack of the product may be of, by what the transfer says."""
        if ledger.mode == "return":
            moves = ledger.moves.filtered(lambda move: move.product_id == product)
            return moves.origin_returned_move_id.move_line_ids.lot_id
        if ledger.mode == "count":
            return self._lots_at(ledger, product)
        lines = ledger.lines.filtered(lambda line: line.product_id == product)
        return lines.lot_id

    @api.model
    def _lot_label(self, lot):
        if not lot.expiry_date:
            return lot.name
        return self.env._("%(lot)s, expires %(day)s", lot=lot.name, day=lot.expiry_date)

    @api.model
    def _lot_form(self, ledger, reading):
        """What the screen needs to ask for a lot number and a printed expiry."""
        if ledger.mode not in ("receive", "count"):
            return {}
        return {
            "form": {
                "lot_name": reading.lot_name or "",
                "with_expiry": ledger.mode == "receive",
            }
        }

    @api.model
    def _lacks_expiry(self, ledger, reading):
        """Whether a received lot would have no date: asked for once per lot (FA-46)."""
        if ledger.mode != "receive" or not reading.product.pharma_controlled:
            return False
        if reading.product.tracking == "none" or reading.expiry:
            return False
        return not (reading.lot and reading.lot.expiry_date) and not ledger.lot_values(
            reading.product, reading.lot_key
        )

    # Lots that may not move.

    @api.model
    def _lot_refusal(self, ledger, reading):
        """(reason, sentence) why packs of this lot may not be counted, or None."""
        lot = reading.lot
        if ledger.mode == "receive":
            return self._receipt_refusal(ledger, reading)
        if ledger.mode == "return" and not self._was_delivered(ledger, reading):
            return "lot", self.env._(
                "Lot %s wasn't delivered to this customer with the delivery that comes "
                "back. Put it aside and tell the quality department.",
                reading.lot_name,
            )
        if ledger.mode not in LEAVING or not lot:
            return None
        if lot._is_expired():
            return "expired", self.env._(
                "Lot %(lot)s expired after %(day)s: it may not leave. Put it to the "
                "expired goods.",
                lot=lot.name,
                day=lot.expiry_date,
            )
        if hold := self._hold_of(ledger, lot):
            return "held", self.env._(
                "Lot %(lot)s is on hold (%(hold)s: %(why)s). It may not leave before "
                "the quality department lifts that.",
                lot=lot.name,
                hold=hold.name,
                why=hold.reason,
            )
        if lot.pharma_state == "undated":
            return "undated", self.env._(
                "Lot %s has no expiry date on file. Have it entered first.", lot.name
            )
        return None

    @api.model
    def _receipt_refusal(self, ledger, reading):
        """What must not come in, or not like this."""
        lot, today = reading.lot, self.env["stock.lot"]._today()
        told = ledger.lot_values(reading.product, reading.lot_key) or {}
        filed = (lot.expiry_date if lot else None) or told.get("expiry_date")
        if filed and reading.expiry and filed != reading.expiry:
            return "conflict", self.env._(
                "Lot %(lot)s expires after %(filed)s on file, after %(read)s on this "
                "pack. Don't count it; tell the quality department.",
                lot=reading.lot_name,
                filed=filed,
                read=reading.expiry,
            )
        day = reading.expiry or filed
        if is_expired(day, today):
            return "expired", self.env._(
                "Lot %(lot)s expired after %(day)s: don't accept it.",
                lot=reading.lot_name,
                day=day,
            )
        if lot and (hold := self._hold_of(ledger, lot)):
            return "held", self.env._(
                "Lot %(lot)s is on hold (%(hold)s: %(why)s). Don't accept it; tell the "
                "quality department.",
                lot=lot.name,
                hold=hold.name,
                why=hold.reason,
            )
        return None

    @api.model
    def _was_delivered(self, ledger, reading):
        if not reading.lot_key or not ledger.moves.origin_returned_move_id:
            return True
        lots = self._expected_lots(ledger, reading.product)
        return reading.lot_key in {lot_key(lot.name) for lot in lots}

    @api.model
    def _hold_of(self, ledger, lot):
        """The hold in force on a lot, its product or where the transfer takes it."""
        lines = ledger.lines.filtered(lambda line: line.lot_id == lot)
        # Held goods are reserved no more; then it is where the lot lies that counts.
        on_shelf = lot.quant_ids.filtered(lambda quant: quant.quantity > 0)
        places = lines.location_id or on_shelf.location_id
        for hold in self.env["pharma.lot.hold"]._active_holds(lot.product_id):
            if (
                hold.kind == "product"
                or (hold.kind == "lot" and lot_key(hold.lot_name) == lot_key(lot.name))
                or (
                    hold.kind == "location"
                    and any(
                        place.parent_path.startswith(hold.location_id.parent_path)
                        for place in places
                    )
                )
            ):
                return hold
        return None

    @api.model
    def _warning(self, ledger, reading):
        """What a person should know about goods that may be counted all the same."""
        lot = reading.lot
        if not lot or ledger.mode in LEAVING:
            return ""
        if lot._is_expired():
            return self.env._("It expired after %s: keep it apart.", lot.expiry_date)
        if self._hold_of(ledger, lot):
            return self.env._("It is on hold: keep it apart.")
        return ""
