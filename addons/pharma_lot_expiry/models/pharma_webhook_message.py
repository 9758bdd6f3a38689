from odoo import api, fields, models
from odoo.exceptions import UserError

# Minutes until the next try; after the last one somebody has to look.
DELAYS = (1, 5, 30, 120, 480)
KEPT_DAYS = 90


class PharmaWebhookMessage(models.Model):
    """A text waiting for, or taken by, the robot of a chat group.

    Written in the transaction that has something to say and sent after it by a job: a
    robot that is slow or gone holds up nobody, and what was rolled back is never told.
    """

    _name = "pharma.webhook.message"
    _description = "Message to a Robot"
    _order = "id desc"
    _rec_name = "notice_id"

    notice_id = fields.Many2one(
        "pharma.expiry.notice", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="notice_id.company_id", store=True)
    text = fields.Text(required=True, readonly=True)
    state = fields.Selection(
        [("waiting", "Waiting"), ("sent", "Sent"), ("failed", "Failed")],
        default="waiting",
        required=True,
        readonly=True,
    )
    tries = fields.Integer(readonly=True)
    next_try = fields.Datetime(default=fields.Datetime.now, readonly=True)
    sent_date = fields.Datetime("Sent on", readonly=True)
    last_error = fields.Char(readonly=True)

    _due_idx = models.Index("(next_try) WHERE state = 'waiting'")

    @api.model_create_multi
    def create(self, vals_list):
        messages = super().create(vals_list)
        self._wake(messages.mapped("next_try"))
        return messages

    def action_retry(self):
        """Try what failed once more, from the first delay on."""
        self.check_access("write")
        failed = self.filtered(lambda message: message.state == "failed")
        if not failed:
            raise UserError(self.env._("Only messages that failed are sent once more."))
        # sudo: the state moves by this button and the job only; the right is checked.
        failed.sudo().write(
            {"state": "waiting", "tries": 0, "next_try": fields.Datetime.now()}
        )
        self._wake([fields.Datetime.now()])

    def write(self, vals):
        if not self.env.su:
            raise UserError(
                self.env._("Messages stand as sent. Use the button «Send Again».")
            )
        return super().write(vals)

    @api.model
    def _wake(self, moments):
        self.env.ref("pharma_lot_expiry.ir_cron_webhook")._trigger(at=moments)

    @api.model
    def _cron_send(self):
        """Send what is due, one by one; each is noted before the next goes out."""
        due = self.search(
            [("state", "=", "waiting"), ("next_try", "<=", fields.Datetime.now())],
            order="id",
        )
        for number, message in enumerate(due, 1):
            if message.try_lock_for_update():
                message._send()
            left = len(due) - number
            if not self.env["ir.cron"]._commit_progress(1, remaining=left):
                break

    def _send(self):
        reason = self.notice_id._post(self.text)
        tries = self.tries + 1
        values = {"tries": tries, "last_error": reason}
        if not reason:
            values |= {"state": "sent", "sent_date": fields.Datetime.now()}
        elif tries > len(DELAYS):
            values["state"] = "failed"
        else:
            values["next_try"] = fields.Datetime.add(
                fields.Datetime.now(), minutes=DELAYS[tries - 1]
            )
            self._wake([values["next_try"]])
        self.write(values)
        if values.get("state") == "failed":
            self.notice_id.message_post(
                body=self.env._("The robot didn't take a message: %s", reason)
            )

    @api.autovacuum
    def _gc_sent(self):
        """What was sent long ago is of no use to anybody."""
        limit = fields.Datetime.subtract(fields.Datetime.now(), days=KEPT_DAYS)
        self.search([("state", "=", "sent"), ("sent_date", "<", limit)]).unlink()
