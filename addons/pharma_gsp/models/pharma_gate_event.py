from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.pharma_audit.models.door import DOORS

OPERATIONS = [
    ("purchase_confirm", "Purchase order"),
    ("receipt", "Receipt"),
    ("sale_confirm", "Sale order"),
    ("delivery", "Delivery"),
    ("vendor_bill", "Vendor bill"),
    ("customer_invoice", "Customer invoice"),
    ("payment", "Payment"),
]


class PharmaGateEvent(models.Model):
    """A refusal, warning or override of the gate, kept also when it rolled back.

    Append-only, in the database itself (CS-10, CS-20).
    """

    _name = "pharma.gate.event"
    _description = "Gate Event"
    _inherit = ["pharma.append.only"]
    _order = "date desc, id desc"
    _rec_name = "document_name"

    date = fields.Datetime(required=True, index=True)
    user_id = fields.Many2one(
        "res.users", required=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one("res.company", index=True, ondelete="restrict")
    operation = fields.Selection(OPERATIONS, required=True, index=True)
    result = fields.Selection(
        [
            ("refused", "Refused"),
            ("warned", "Warned"),
            ("overridden", "Overridden by QA"),
            ("quarantined", "Sent to quarantine"),
        ],
        required=True,
        index=True,
    )
    door = fields.Selection(DOORS, required=True)
    res_model = fields.Char("Document Model", required=True)
    res_id = fields.Many2oneReference("Document ID", model_field="res_model")
    document_name = fields.Char("Document")
    partner_name = fields.Char("Partner")
    line_ids = fields.One2many("pharma.gate.event.line", "event_id", "Findings")
    finding_count = fields.Integer(compute="_compute_finding_count")
    summary = fields.Char(compute="_compute_summary")

    @api.depends("line_ids")
    def _compute_finding_count(self):
        for event in self:
            event.finding_count = len(event.line_ids)

    @api.depends("line_ids.sentence")
    def _compute_summary(self):
        for event in self:
            event.summary = " ".join(event.line_ids.mapped("sentence"))

    def action_open_document(self):
        self.ensure_one()
        document = self.env[self.res_model].browse(self.res_id).exists()
        if not document:
            raise UserError(
                self.env._(
                    "%s doesn't exist: it was refused in the same step that would "
                    "have created it.",
                    self.document_name,
                )
            )
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "view_mode": "form",
            "views": [(False, "form")],
        }


class PharmaGateEventLine(models.Model):
    """One finding of an event, in the words the user read."""

    _name = "pharma.gate.event.line"
    _description = "Gate Event Finding"
    _inherit = ["pharma.append.only"]
    _order = "id"

    event_id = fields.Many2one(
        "pharma.gate.event", required=True, ondelete="restrict", index=True
    )
    date = fields.Datetime(required=True, index=True)
    check_code = fields.Char(required=True, index=True)
    severity = fields.Selection(
        [("warn", "Warns"), ("approval", "QA may override"), ("block", "Blocks")],
        required=True,
    )
    sentence = fields.Text(required=True)
    cure = fields.Text()
    cure_model = fields.Char()
    cure_id = fields.Many2oneReference("Cure Record", model_field="cure_model")
    override_reason = fields.Char()
