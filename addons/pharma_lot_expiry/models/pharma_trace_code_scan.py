from dataclasses import dataclass, replace
from typing import Any

from odoo import api, models
from odoo.tools import SQL

from ..tools import code_scan, code_state, gs1, trace_code
from ..tools.expiry import is_expired

# Reasons that may mean goods came round a second time, 回流药 (FA-55).
SUSPICIOUS = frozenset(
    {"wrong_lot", "wrong_date", "already_in", "already_out", "destroyed", "recalled"}
)
LISTED_CHILDREN = 10


@dataclass(frozen=True)
class ScanAnswer:
    """What a scan station tells; records are of the superuser, ids of anybody.

    ``verdict``: ok, ignored (nothing to do), ask (a person decides) or blocked.
    ``reason``: one word for it; ``sentence``: the same for people, in their language.
    ``line`` is the line of the transfer the pack counts for, empty where there is none.
    """

    verdict: str
    reason: str
    sentence: str
    parsed: Any = None
    code: Any = None
    product: Any = None
    lot: Any = None
    level: str = "box"
    packs: int = 0
    line: Any = None

    @property
    def code_id(self):
        return self.code.id if self.code else False

    def as_dict(self):
        """The same in plain values, for a screen."""
        return {
            "verdict": self.verdict,
            "reason": self.reason,
            "sentence": self.sentence,
            "code": self.parsed.code if self.parsed else False,
            "code_id": self.code_id,
            "product_id": self.product.id if self.product else False,
            "product": self.product.display_name if self.product else False,
            "lot_id": self.lot.id if self.lot else False,
            "lot": self.lot.name if self.lot else False,
            "level": self.level,
            "packs": self.packs,
            "line_id": self.line.id if self.line else False,
        }


class PharmaTraceCode(models.Model):
    _inherit = "pharma.trace.code"

    @api.model
    def _check_scan(self, code_text, picking, line=None):
        """Whether a scanned code fits a transfer, and what to tell if not.

        Reads only, but for the mapping queue: a code nobody can tell the product of
        goes there (FA-52).

        :param code_text: as the scanner sent it
        :param line: the stock.move.line the person has in mind, if she chose one
        :rtype: ScanAnswer
        """
        # sudo: what a pack is doesn't depend on who holds it.
        self, picking = self.sudo(), picking.sudo()
        try:
            parsed = trace_code.parse(code_text)
        except trace_code.TraceCodeError as error:
            return self._unreadable(code_text, error)
        code = self._find([code_text]).get(code_text, self.browse())
        goods = self._goods_of(code, parsed, line)
        printed = self._printed(code_text)
        lines, chosen = self._lines_for(picking, goods["product"], code, printed, line)
        facts = self._facts(picking, parsed, code, goods, printed, lines, chosen)
        verdict = code_scan.decide(facts)
        if verdict.reason == "unmapped":
            self.env["pharma.code.mapping"]._note(parsed)
        answer = ScanAnswer(
            verdict.kind,
            verdict.reason,
            "",
            parsed=parsed,
            code=code,
            product=goods["product"],
            lot=code.lot_id or chosen.lot_id,
            level=goods["level"],
            packs=goods["packs"],
            line=chosen,
        )
        sentence = self._scan_sentence(answer, facts, picking)
        return replace(answer, sentence=sentence)

    @api.model
    def _printed(self, text):
        """Lot and expiry printed in a GS1 code, or nothing of the kind."""
        try:
            scan = gs1.parse(text)
        except gs1.Gs1Error:
            return gs1.Scan()
        return scan if scan.gtin else gs1.Scan()

    @api.model
    def _goods_of(self, code, parsed, line):
        """What a code stands for: as known, as mapped or as the person says (FA-52)."""
        if code:
            return {
                "product": code.product_id,
                "level": code.level,
                "packs": code.packs,
                "is_mapped": True,
            }
        found = self.env["pharma.code.mapping"]._goods([parsed]).get(parsed.code)
        # Codes of other platforms name no product: the chosen line does.
        if not found and line and not parsed.drug_id:
            found = (line.product_id, "box", 1)
        product, level, packs = found or (self.env["product.product"], "box", 1)
        return {
            "product": product,
            "level": level,
            "packs": packs,
            "is_mapped": bool(found),
        }

    @api.model
    def _lines_for(self, picking, product, code, printed, line):
        """(lines the pack may count for, the one it counts for)."""
        # sudo: as in _check_scan.
        lines = line.sudo() if line else picking.move_line_ids
        lines = lines.filtered(lambda each: each.product_id == product)
        lot = self._lot_name(code, printed)
        exact = lines.filtered(lambda each: _written_lot(each) == lot) if lot else lines
        blank = lines.filtered(lambda each: not _written_lot(each))
        return lines, (exact or blank)[:1]

    @api.model
    def _lot_name(self, code, printed):
        return code.lot_id.name or printed.lot or None

    @api.model
    def _facts(self, picking, parsed, code, goods, printed, lines, chosen):
        """Everything the decision asks about."""
        product = goods["product"]
        has_line = bool(lines) or (
            not picking.move_line_ids and product in picking.move_ids.product_id
        )
        lot = code.lot_id or chosen.lot_id
        above, inside = code._around()
        expiry = lot.expiry_date or chosen.expiry_date or printed.expiry
        return code_scan.Facts(
            step=picking._trace_step(),
            state=code.state or None,
            is_own=not code or code.company_id == picking.company_id,
            is_mapped=goods["is_mapped"],
            **self._scans_around(picking, code, above, inside),
            **self._content_facts(picking, code, inside),
            has_line=has_line,
            lot=self._lot_name(code, printed),
            lots=tuple({_written_lot(each): None for each in lines} or {"": None}),
            is_wrong_date=bool(
                printed.expiry and lot.expiry_date and printed.expiry != lot.expiry_date
            ),
            is_held=self._is_goods_held(product, lot.name or chosen.lot_name)
            or self._is_code_held(parsed, {code.id} | above | inside),
            is_expired=is_expired(expiry, self.env["stock.lot"]._today()),
            is_quarantined=picking.location_dest_id.is_pharma_quarantine,
            is_customer_wrong=self._is_customer_wrong(picking, code),
        )

    def _around(self):
        """(ids of what this pack lies in, ids of what lies in it)."""
        if not self:
            return set(), set()
        above = set(self._ancestors()[self.id][1:]) if self.parent_id else set()
        inside = set() if self.level == "box" else set(self._content()) - {self.id}
        return above, inside

    @api.model
    def _scans_around(self, picking, code, above, inside):
        """Open scans of this pack, of what it lies in and of what lies in it."""
        if not code:
            return {}
        scans = self.env["pharma.trace.scan"].search_fetch(
            [("state", "=", "open"), ("code_id", "in", [code.id, *above, *inside])],
            ["code_id", "picking_id"],
        )
        here = {s.code_id.id for s in scans if s.picking_id == picking}
        return {
            "is_here": code.id in here,
            "is_parent_here": bool(here & above),
            "is_child_here": bool(here & inside),
            "is_elsewhere": len(scans) > len(here),
        }

    @api.model
    def _content_facts(self, picking, code, inside):
        """Of an opened pack: which pieces are not where it is (TV-18)."""
        if not code.is_opened:
            return {}
        step = picking._trace_step()
        pieces = self.search_fetch(
            [("id", "in", [*inside]), ("own_state", "!=", False)],
            ["code", "own_state"],
            order="code",
        )
        elsewhere = [
            piece.code
            for piece in pieces
            if step and code_state.obstacle(piece.own_state, step)
        ]
        return {
            "is_opened": True,
            "children_elsewhere": tuple(elsewhere[:LISTED_CHILDREN]),
        }

    @api.model
    def _is_goods_held(self, product, lot_name):
        """Whether the product or this lot of it is on hold (ST-13)."""
        holds = self.env["pharma.lot.hold"]._active_holds(product)
        return any(
            hold.product_id == product
            and (
                hold.kind == "product"
                or hold.kind == "lot"
                and hold.lot_name == lot_name
            )
            for hold in holds
        )

    @api.model
    def _is_code_held(self, parsed, around):
        """Whether this pack, what it lies in or what lies in it is on hold."""
        held = self._held_texts()
        if not held:
            return False
        return parsed.code in held or not around.isdisjoint(self._held_codes().ids)

    @api.model
    def _held_texts(self):
        """Codes on hold, written as they are stored."""
        # sudo: a hold counts for who can't see it, in every company.
        holds = self.env["pharma.lot.hold"].sudo()
        texts = set()
        for hold in holds.search_fetch(
            [("state", "=", "active"), ("kind", "=", "code")], ["trace_code"]
        ):
            try:
                texts.add(trace_code.parse(hold.trace_code).code)
            except trace_code.TraceCodeError:
                continue  # held by a text that no pack can carry
        return texts

    @api.model
    def _held_codes(self):
        """The codes on hold that we know."""
        return self.browse(
            [code.id for code in self._find(self._held_texts()).values()]
        )

    @api.model
    def _held_packs(self, products):
        """Packs of these products that lie on our shelves and are on hold (ST-13).

        :return: [(lot, place, number of smallest packs)]
        """
        # sudo: as in _held_texts.
        held = self.sudo()._held_codes()
        return [
            (code.lot_id, code.location_id, code.packs)
            for code in held
            if code.product_id in products
            and code.state in ("in_stock", "reserved", "returned")
            and not code.location_id.is_pharma_quarantine
        ]

    def _related_ids(self):
        """Ids of these codes, of all they lie in and of all that lies in them."""
        above = (
            {i for ids in self._ancestors().values() for i in ids} if self else set()
        )
        return [*{*above, *self._content()}]

    @api.model
    def _is_customer_wrong(self, picking, code):
        """What comes back must come from whom it went to (OB-20)."""
        owner = code.partner_id.commercial_partner_id
        partner = picking.partner_id.commercial_partner_id
        return (
            picking._trace_step() == "take_back"
            and bool(owner and partner)
            and owner != partner
        )

    @api.model
    def _tell_refusal(self, answer, picking, text):
        """Keep what was refused; call QA where goods may have come round again."""
        self.env["pharma.trace.event"]._tell(
            "refuse",
            answer.code.ids if answer.code else [],
            document=picking,
            scanned_text=(text or "")[:200],
            reason=answer.reason,
            sentence=answer.sentence,
        )
        if answer.reason in SUSPICIOUS:
            self._call_quality(answer, picking)

    @api.model
    def _call_quality(self, answer, picking):
        """One activity for each of QA and code, however often it is scanned."""
        # sudo: whoever scans calls the quality department.
        picking = picking.sudo()
        xmlid = "pharma_gsp.mail_activity_type_gate"
        summary = self.env._("Doubtful code %s", answer.parsed.code)
        if summary in picking.activity_ids.mapped("summary"):
            return
        # sudo: who holds a role is readable by IT only.
        for user in self.env.ref("pharma_gsp.pharma_gsp_group_qa").sudo().all_user_ids:
            picking.activity_schedule(
                xmlid, user_id=user.id, summary=summary, note=answer.sentence
            )

    @api.model
    def _claim(self, answer, picking):
        """The row of a code that was just found to fit, taken for this transaction.

        Whoever scans it, its case or a piece of it at the same time has to begin anew
        (PostgreSQL tells a serialisation error, Odoo repeats the request) and is told
        then what was scanned meanwhile.
        """
        if answer.code:
            holder = answer.code._holders()[answer.code.id]
            # Losing the race is no error worth a line in the log.
            self.env.cr.execute(
                SQL(
                    "UPDATE pharma_trace_code SET own_state = own_state WHERE id = %s",
                    holder,
                ),
                log_exceptions=False,
            )
            return answer.code.id
        return self._introduce(answer, picking)

    @api.model
    def _introduce(self, answer, picking):
        """The id of a code seen for the first time, at its receipt."""
        self.env.cr.execute(
            SQL(
                """INSERT INTO pharma_trace_code (code, kind, product_id, lot_id, level,
                       packs, is_opened, own_state, company_id)
                   VALUES (%s, %s, %s, %s, %s, %s, FALSE, 'announced', %s)
                   ON CONFLICT (code) DO UPDATE SET own_state = excluded.own_state
                   RETURNING id""",
                answer.parsed.code,
                answer.parsed.kind,
                answer.product.id,
                answer.lot.id or None,
                answer.level,
                answer.packs,
                picking.company_id.id,
            ),
            log_exceptions=False,
        )
        return self.env.cr.fetchone()[0]


def _written_lot(line):
    """The lot number on a line: of its lot, or as typed at a receipt."""
    return line.lot_id.name or (line.lot_name or "").strip()
