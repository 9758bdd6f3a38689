from odoo import api, fields, models
from odoo.fields import Command


class PharmaRecallContact(models.TransientModel):
    """A call or a visit to a customer, and what it answered."""

    _name = "pharma.recall.contact"
    _description = "Note Contact"

    customer_id = fields.Many2one(
        "pharma.recall.customer", required=True, readonly=True
    )
    channel = fields.Selection(
        [("phone", "Phone"), ("visit", "Visit"), ("letter", "Letter or fax")],
        required=True,
        default="phone",
    )
    note = fields.Char("Whom You Reached", required=True)
    has_answer = fields.Boolean("It Told Quantities")
    remark = fields.Text()
    line_ids = fields.One2many(
        "pharma.recall.contact.line",
        "contact_id",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
    )

    @api.depends("customer_id")
    def _compute_line_ids(self):
        for contact in self:
            contact.line_ids = [Command.clear()] + [
                Command.create(
                    {
                        "line_id": line.id,
                        "on_hand": line.on_hand,
                        "used": line.used,
                        "sent_back": line.sent_back,
                    }
                )
                for line in contact.customer_id.line_ids
            ]

    def action_note(self):
        self.customer_id.check_access("read")
        self.customer_id._note_contact(self.channel, self.note)
        if self.has_answer:
            self.customer_id._take_reply(
                {
                    line.line_id.id: {
                        "on_hand": line.on_hand,
                        "used": line.used,
                        "sent_back": line.sent_back,
                    }
                    for line in self.line_ids
                },
                self.remark,
                f"{self.env.user.name} ({self.note})",
            )
        return {"type": "ir.actions.act_window_close"}


class PharmaRecallContactLine(models.TransientModel):
    _name = "pharma.recall.contact.line"
    _description = "Quantities Told"

    contact_id = fields.Many2one(
        "pharma.recall.contact", required=True, ondelete="cascade"
    )
    line_id = fields.Many2one("pharma.recall.customer.line", "Lot", required=True)
    due_qty = fields.Float("Got", related="line_id.due_qty")
    on_hand = fields.Float(digits="Product Unit")
    used = fields.Float(digits="Product Unit")
    sent_back = fields.Float(digits="Product Unit")
