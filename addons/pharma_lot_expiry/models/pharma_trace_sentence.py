from odoo import api, models

from ..tools import gs1, trace_code
from .pharma_trace_code_scan import ScanAnswer


class PharmaTraceCode(models.Model):
    """What a scan station says: one sentence for each answer."""

    _inherit = "pharma.trace.code"

    @api.model
    def _unreadable(self, text, error):
        """The answer to what is no code of a pack."""
        try:
            is_ambiguous = gs1.parse(text).is_ambiguous
        except gs1.Gs1Error:
            is_ambiguous = False
        if is_ambiguous:
            return ScanAnswer("ask", "ambiguous", self._ambiguous_sentence())
        return ScanAnswer("blocked", "unreadable", self._unreadable_sentence(error))

    @api.model
    def _ambiguous_sentence(self):
        return self.env._(
            "The lot and the serial number run together in this code. Look at the pack "
            "and type both."
        )

    @api.model
    def _unreadable_sentence(self, error):
        """Why a text is no trace code, for people.

        :param error: a ``tools.trace_code.TraceCodeError``
        """
        sentences = {
            "empty": self.env._("Nothing was scanned."),
            "short": self.env._(
                "«%(text)s» has %(count)s digits, a trace code has 20. Scan it again.",
                text=error.text,
                count=len(trace_code.compact(error.text)),
            ),
            "long": self.env._(
                "«%(text)s» has %(count)s places, a trace code has 20. Scan it again.",
                text=error.text,
                count=len(trace_code.compact(error.text)),
            ),
            "glued": self.env._(
                "Two codes ran together: «%s». Scan one pack at a time.", error.text
            ),
            "letter": self.env._(
                "There is a letter among the digits of «%s». A zero is not an O: scan "
                "the pack rather than typing.",
                error.text,
            ),
            "characters": self.env._("«%s» is no trace code of a pack.", error.text),
            "no_serial": self.env._(
                "This code names the product, not the single pack. Scan the trace code."
            ),
            "gs1": self.env._(
                "«%s» is a damaged or wrongly printed GS1 code. Scan it again, or set "
                "the pack apart.",
                error.text,
            ),
        }
        return sentences[error.kind]

    @api.model
    def _scan_sentence(self, answer, facts, picking):
        names = {
            "code": answer.parsed.code,
            "product": answer.product.display_name or "",
            "lot": facts.lot or "",
            "lots": ", ".join(filter(None, facts.lots)),
            "packs": answer.packs,
            "drug_id": answer.parsed.drug_id or "",
            "partner": answer.code.partner_id.display_name or "",
            "children": ", ".join(facts.children_elsewhere),
            "transfer": picking.display_name,
        }
        return self._scan_sentences()[answer.reason] % names

    @api.model
    def _scan_sentences(self):
        """{reason: sentence with names to fill in}."""
        return {
            "ok": self.env._("%(product)s, %(packs)s packs: scanned."),
            "no_step": self.env._(
                "No codes are scanned for %(transfer)s: it is finished, or it moves "
                "nothing of our stock."
            ),
            "unmapped": self.env._(
                "Nobody has said yet which product %(drug_id)s means. It waits in the "
                "mapping queue; set the pack apart until then."
            ),
            "unknown": self.env._(
                "%(code)s never came in here. Set the pack apart and call the quality "
                "department."
            ),
            "duplicate": self.env._("%(code)s is scanned already; nothing to do."),
            "parent_here": self.env._(
                "%(code)s is counted already with the case it lies in; nothing to do."
            ),
            "child_here": self.env._(
                "Single packs of %(code)s are scanned already. Undo them to take the "
                "whole, or go on piece by piece."
            ),
            "elsewhere": self.env._(
                "%(code)s, or a pack in it or around it, is scanned for another "
                "transfer that is still open. Undo it there first."
            ),
            "incomplete": self.env._(
                "%(code)s is not complete: %(children)s left it already. Scan the "
                "packs that are in it one by one."
            ),
            "opened": self.env._(
                "%(code)s was opened. Scan the packs that are in it one by one."
            ),
            "not_received": self.env._(
                "%(code)s is announced but was never received here. Receive it first."
            ),
            "on_the_way": self.env._(
                "%(code)s is still on its way to us. Receive it first."
            ),
            "already_in": self.env._(
                "%(code)s is in stock already. The same code can't come in twice: set "
                "the pack apart and call the quality department."
            ),
            "already_out": self.env._(
                "%(code)s is already sold and went to %(partner)s. Set the pack apart "
                "and call the quality department."
            ),
            "returned": self.env._(
                "%(code)s came back and waits for acceptance. It can't go out before."
            ),
            "destroyed": self.env._(
                "%(code)s was destroyed by our books. Set the pack apart and call the "
                "quality department."
            ),
            "recalled": self.env._(
                "%(code)s is recalled. Set the pack apart; it moves only back."
            ),
            "sample": self.env._("%(code)s was drawn as a sample and isn't for sale."),
            "wrong_customer": self.env._(
                "%(code)s went to %(partner)s, not to who returns it now. Refuse it."
            ),
            "wrong_product": self.env._(
                "%(product)s is not on %(transfer)s. Put the pack back."
            ),
            "wrong_lot": self.env._(
                "This pack is of lot %(lot)s, the line says %(lots)s. Put it back and "
                "take the right lot, or have the line changed."
            ),
            "wrong_date": self.env._(
                "The expiry date in this code is another than that of lot %(lot)s. Set "
                "the pack apart and call the quality department."
            ),
            "which_lot": self.env._(
                "%(product)s is on several lines: %(lots)s. Choose the lot printed on "
                "the pack."
            ),
            "held": self.env._(
                "%(product)s, code %(code)s, is on hold. It stays until the quality "
                "department lifts it."
            ),
            "expired": self.env._(
                "%(product)s, code %(code)s, is expired. Set it apart."
            ),
        }
