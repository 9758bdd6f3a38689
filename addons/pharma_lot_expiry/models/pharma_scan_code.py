from dataclasses import replace

from odoo import api, models

from ..tools import trace_code
from ..tools.scan import lot_key

COUNTED = ("ok", "warn")


class NotCounted(Exception):
    """Takes back what was recorded of a code whose pack isn't counted after all."""

    def __init__(self, values):
        super().__init__(values["reason"])
        self.values = values


class PharmaScanCode(models.AbstractModel):
    """Trace codes at the station (FA-52..55, TV-16..20).

    Whether a code fits is decided by ``pharma.trace.code``; here its packs are counted
    with those that were scanned by lot.
    """

    _name = "pharma.scan.code"
    _description = "Trace Codes by Scanning"

    @api.model
    def _decide_code(self, ledger, scan, reading):
        reading = self._with_parsed_code(reading)
        if ledger.picking and ledger.mode != "review" and ledger.picking._trace_step():
            return self._record_code(ledger, scan, reading)
        if reading.code in ledger.codes:
            return self._no(
                reading,
                "duplicate",
                self.env._("%s is scanned already; nothing to do.", reading.code),
            )
        reading = self._goods_of_code(reading)
        if not reading.product:
            return self._no(reading, reading.reason, reading.sentence)
        if ledger.mode == "review" and not self._was_picked(ledger, reading):
            return self._no(
                reading,
                "not_picked",
                self.env._(
                    "%(code)s wasn't picked for %(transfer)s. Take it out and tell the "
                    "picker.",
                    code=reading.code,
                    transfer=ledger.picking.name,
                ),
            )
        return self._decide_packs(ledger, reading)

    @api.model
    def _with_parsed_code(self, reading):
        """The code as it is stored, without blanks and separators."""
        try:
            return replace(reading, code=trace_code.parse(reading.code).code)
        except trace_code.TraceCodeError:
            return reading

    @api.model
    def _record_code(self, ledger, scan, reading):
        """Claim a code for the transfer; of ten people who scan it at once one wins."""
        scans = self.env["pharma.trace.scan"]
        text = reading.scan.text if reading.kind == "gs1" else reading.code
        try:
            with self.env.cr.savepoint():
                line = self._chosen_line(ledger, reading)
                answer = scans._record(ledger.picking, text, scan["uid"], line)
                if answer.verdict == "ask":
                    return self._ask(self._asked_by_code(ledger, reading, answer))
                if answer.verdict != "ok":
                    told = replace(reading, product=answer.product, lot=answer.lot)
                    return self._no(told, answer.reason, answer.sentence)
                values = self._decide_packs(ledger, self._told(reading, answer))
                if values["verdict"] in COUNTED:
                    return values
                raise NotCounted(values)
        except NotCounted as unfit:
            return unfit.values

    @api.model
    def _chosen_line(self, ledger, reading):
        """The line whose lot the person said the pack is of, or none."""
        if not reading.lot:
            return self.env["stock.move.line"]
        return ledger.lines.filtered(lambda line: line.lot_id == reading.lot)[:1]

    @api.model
    def _told(self, reading, answer):
        """The reading with what is known of the code."""
        lot = answer.lot.with_env(self.env) or reading.lot
        product = answer.product.with_env(self.env)
        if not lot and reading.lot_name:
            lot = self._known_lot(product, reading.lot_key)
        return replace(
            reading,
            product=product,
            lot=lot,
            lot_name=(lot.name if lot else "") or reading.lot_name,
            packs=answer.packs,
        )

    @api.model
    def _asked_by_code(self, ledger, reading, answer):
        lines = ledger.lines.filtered(
            lambda line: line.product_id == answer.product and line.lot_id
        )
        return replace(
            reading,
            product=answer.product,
            reason=answer.reason,
            sentence=answer.sentence,
            options=tuple(
                {"label": self._lot_label(lot), "answer": {"lot_id": lot.id}}
                for lot in lines.lot_id
            ),
        )

    @api.model
    def _decide_packs(self, ledger, reading):
        if ledger.mode == "count":
            return self._decide_counted(ledger, reading)
        if not ledger.picking:
            return self._decide_free_goods(ledger, reading)
        return self._decide_goods(ledger, reading)

    @api.model
    def _goods_of_code(self, reading):
        """Product, lot and packs a code stands for where nothing happens to it."""
        codes = self.env["pharma.trace.code"]
        code = codes._find([reading.code]).get(reading.code)
        if code:
            # sudo: what a pack is doesn't depend on who holds it.
            code = code.sudo()
            lot = code.lot_id.with_env(self.env)
            return replace(
                reading,
                product=code.product_id.with_env(self.env),
                lot=lot or reading.lot,
                lot_name=lot.name or reading.lot_name,
                packs=code.packs,
            )
        return replace(
            reading,
            product=None,
            reason="unknown",
            sentence=self.env._(
                "%s never came in here. Set the pack apart and call the quality "
                "department.",
                reading.code,
            ),
        )

    @api.model
    def _was_picked(self, ledger, reading):
        """Whether this pack, or what it lies in, was scanned when it was picked.

        Goods picked by their lot number have no codes to compare with.
        """
        # sudo: what a colleague picked is what is reviewed.
        picked = ledger.picking.sudo()._trace_codes()
        if not picked.filtered(lambda code: code.product_id == reading.product):
            return True
        code = self.env["pharma.trace.code"]._find([reading.code])[reading.code]
        around = code.sudo()._ancestors()[code.id]
        return bool(set(around) & set(picked.ids))

    @api.model
    def _tie_codes(self, ledger):
        """Tell the scanned codes which of the new lines their packs are on."""
        entries = ledger.entries.filtered("code")
        # sudo: the person scanned them, or a colleague on the same transfer.
        scans = (
            self.env["pharma.trace.scan"]
            .sudo()
            .search([("uid", "in", entries.mapped("uid"))])
        )
        lots = {entry.uid: lot_key(entry.lot_name) for entry in entries}
        lines = {
            (line.product_id.id, lot_key(line.lot_id.name or line.lot_name)): line
            for line in ledger.picking.move_line_ids
        }
        by_line = {}
        for scan in scans:
            line = lines.get((scan.product_id.id, lots[scan.uid]))
            by_line.setdefault(line, scans.browse())
            by_line[line] |= scan
        # A write for each line, as each has a lot of its own.
        for line, found in by_line.items():
            if line:
                found.write({"move_line_id": line.id, "lot_id": line.lot_id.id})
