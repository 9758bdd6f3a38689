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
        code = self._find([code_text]).get(code_text, self.browse()).sudo()
        goods = self._goods_of(code, parsed, line)
        printed = self._printed(code_text)
        lines, chosen = self._lines_for(picking, goods["product"], code, printed, line)
        facts = self._facts(picking, code, goods, printed, lines, chosen)
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
        """What a code stands for: as known, as mapped, or as the person says (FA-52)."""
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
    def _facts(self, picking, code, goods, printed, lines, chosen):
        """Everything the decision asks about."""
        product = goods["product"]
        has_line = bool(lines) or (
            not picking.move_line_ids and product in picking.move_ids.product_id
        )
        lot = code.lot_id or chosen.lot_id
        expiry = lot.expiry_date or chosen.expiry_date or printed.expiry
        return code_scan.Facts(
            step=picking._trace_step(),
            state=code.state or None,
            is_own=not code or code.company_id == picking.company_id,
            is_mapped=goods["is_mapped"],
            **self._scans_around(picking, code),
            **self._content_facts(picking, code),
            has_line=has_line,
            lot=self._lot_name(code, printed),
            lots=tuple({_written_lot(each): None for each in lines} or {"": None}),
            is_wrong_date=bool(
                printed.expiry and lot.expiry_date and printed.expiry != lot.expiry_date
            ),
            is_held=self._is_held(code, product, lot.name or chosen.lot_name),
            is_expired=is_expired(expiry, self.env["stock.lot"]._today()),
            is_quarantined=picking.location_dest_id.is_pharma_quarantine,
            is_customer_wrong=self._is_customer_wrong(picking, code),
        )

    @api.model
    def _scans_around(self, picking, code):
        """Open scans of this pack, of what it lies in and of what lies in it."""
        if not code:
            return {}
        above = set(code._ancestors()[code.id][1:])
        around = above | {code.id}
        if code.level != "box":
            around |= set(code._content())
        scans = self.env["pharma.trace.scan"].search_fetch(
            [("state", "=", "open"), ("code_id", "in", [*around])],
            ["code_id", "picking_id"],
        )
        here = {s.code_id.id for s in scans if s.picking_id == picking}
        return {
            "is_here": code.id in here,
            "is_parent_here": bool(here & above),
            "is_child_here": bool(here - above - {code.id}),
            "is_elsewhere": len(scans) > len(here),
        }

    @api.model
    def _content_facts(self, picking, code):
        """Of an opened pack: which pieces are not where it is (TV-18)."""
        if not code.is_opened:
            return {}
        step = picking._trace_step()
        pieces = self.search_fetch(
            [("id", "in", code._content()), ("own_state", "!=", False)],
            ["code", "own_state"],
            order="code",
        )
        elsewhere = [
            piece.code
            for piece in pieces - code
            if step and code_state.obstacle(piece.own_state, step)
        ]
        return {
            "is_opened": True,
            "children_elsewhere": tuple(elsewhere[:LISTED_CHILDREN]),
        }

    @api.model
    def _is_held(self, code, product, lot_name):
        """Whether product, lot, this code or what it lies in is on hold (ST-13)."""
        texts = [code.code]
        if code.parent_id:
            texts = self.browse(code._ancestors()[code.id]).mapped("code")
        return bool(
            self.env["pharma.lot.hold"].search_count(
                [
                    ("state", "=", "active"),
                    "|",
                    "&",
                    ("product_id", "=", product.id),
                    "|",
                    ("kind", "=", "product"),
                    "&",
                    ("kind", "=", "lot"),
                    ("lot_name", "=", lot_name or False),
                    "&",
                    ("kind", "=", "code"),
                    ("trace_code", "in", list(filter(None, texts))),
                ],
                limit=1,
            )
        )

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
            self.env.execute_query(
                SQL(
                    """UPDATE pharma_trace_code SET own_state = own_state
                        WHERE id = %s RETURNING id""",
                    holder,
                )
            )
            return answer.code.id
        return self._introduce(answer, picking)

    @api.model
    def _introduce(self, answer, picking):
        """The id of a code seen for the first time, at its receipt."""
        (row,) = self.env.execute_query(
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
            )
        )
        return row[0]


def _written_lot(line):
    """The lot number on a line: of its lot, or as typed at a receipt."""
    return line.lot_id.name or (line.lot_name or "").strip()
