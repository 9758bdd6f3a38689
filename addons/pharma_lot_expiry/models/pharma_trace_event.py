from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.pharma_audit.models.door import DOORS, door

from ..tools import code_state
from .loose_many2one import LooseMany2one

STEPS = [
    ("announce", "Announced"),
    ("receive", "Received"),
    ("find", "Found"),
    ("reserve", "Reserved"),
    ("release", "Reservation freed"),
    ("move", "Moved"),
    ("depart", "Sent on the way"),
    ("ship", "Shipped"),
    ("pass_through", "Shipped by the supplier"),
    ("take_back", "Taken back"),
    ("accept", "Accepted back"),
    ("give_back", "Returned to the supplier"),
    ("destroy", "Destroyed"),
    ("lose", "Missing"),
    ("draw_sample", "Drawn as sample"),
    ("recall", "Recalled"),
    ("lift_recall", "Recall lifted"),
    ("open", "Opened"),
    ("refuse", "Scan refused"),
]


class PharmaTraceEvent(models.Model):
    """What happened to codes: what, when, where and why, in the shape of EPCIS.

    Append-only, in the database itself. An event names the packs that were in hand; it
    counts for everything inside them, as long as they are closed.
    """

    _name = "pharma.trace.event"
    _description = "Trace Event"
    _inherit = ["pharma.append.only"]
    _order = "id desc"
    _rec_name = "step"

    date = fields.Datetime("When", required=True, index=True)
    step = fields.Selection(STEPS, "What Happened", required=True, index=True)
    action = fields.Char(help="ADD, OBSERVE or DELETE, as EPCIS has it.")
    biz_step = fields.Char("Business Step", help="As the CBV of GS1 names it.")
    disposition = fields.Char(help="As the CBV of GS1 names it.")
    company_id = fields.Many2one("res.company", index=True, ondelete="restrict")
    location_id = fields.Many2one("stock.location", "Where", ondelete="restrict")
    partner_id = fields.Many2one("res.partner", ondelete="restrict")
    res_model = fields.Char("Document Model")
    res_id = fields.Many2oneReference(
        "Document ID", model_field="res_model", index="btree_not_null"
    )
    document_name = fields.Char("Document")
    user_id = fields.Many2one("res.users", "Who", required=True, ondelete="restrict")
    door = fields.Selection(DOORS, required=True)
    code_count = fields.Integer("Number of Codes")
    pack_count = fields.Integer("Smallest Packs")
    scanned_text = fields.Char("Scanned")
    reason = fields.Char("Why Refused", index="btree_not_null")
    sentence = fields.Text("Told")
    line_ids = fields.One2many("pharma.trace.event.code", "event_id", "Codes")

    @api.model
    def _tell(self, step, code_ids, document=None, **values):
        """Write one event about these codes.

        :param step: one of STEPS
        :param code_ids: numbers of the packs in hand, any number of them
        :param document: the record that made it happen
        :return: the event
        """
        code_ids = [*code_ids]
        action, biz_step, disposition = code_state.EPCIS[step]
        # sudo: events are written by what happens, never by hand.
        event = self.sudo().create(
            {
                "date": fields.Datetime.now(),
                "step": step,
                "action": action,
                "biz_step": biz_step,
                "disposition": disposition,
                "company_id": self.env.company.id,
                "user_id": self.env.uid,
                "door": door(self.env),
                "code_count": len(code_ids),
                **self._document_values(document),
                **values,
            }
        )
        event._link(code_ids)
        return event

    @api.model
    def _document_values(self, document):
        if not document:
            return {}
        values = {
            "res_model": document._name,
            "res_id": document.id,
            "document_name": document.display_name,
        }
        if document.company_id:
            values["company_id"] = document.company_id.id
        return values

    def _link(self, code_ids):
        """Say of which codes; by one statement, since they may be a million."""
        if code_ids:
            self.env.execute_query(
                SQL(
                    """INSERT INTO pharma_trace_event_code (event_id, code_id)
                       SELECT %s, unnest(%s) RETURNING 1""",
                    self.id,
                    code_ids,
                )
            )
            self.env["pharma.trace.event.code"].invalidate_model()

    def action_open_document(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [(False, "form")],
        }


class PharmaTraceEventCode(models.Model):
    """One pack an event is about: nothing but two numbers."""

    _name = "pharma.trace.event.code"
    _description = "Trace Event Code"
    _inherit = ["pharma.append.only"]
    _order = "id"
    _rec_name = "code_id"
    _log_access = False
    _told_by = "pharma.trace.event"

    event_id = LooseMany2one("pharma.trace.event", required=True, index=True)
    code_id = LooseMany2one("pharma.trace.code", required=True, index=True)
