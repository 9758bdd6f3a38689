"""What holds, transfers, mails and lot movements know of recalls."""

from odoo import api, fields, models
from odoo.exceptions import UserError


class PharmaLotHold(models.Model):
    _inherit = "pharma.lot.hold"

    recall_id = fields.Many2one("pharma.recall", index="btree_not_null")

    @api.model_create_multi
    def create(self, vals_list):
        """Only a recall says that it is the one that holds."""
        if not self.env.su:
            for vals in vals_list:
                vals["recall_id"] = False
        return super().create(vals_list)

    @api.private
    def lift(self, reason):
        """Not while the recall runs; its packs are in stock again afterwards."""
        # sudo: whether a recall runs doesn't depend on who may read it.
        running = self.sudo().recall_id.filtered(lambda r: r.state == "running")
        if running:
            raise UserError(
                self.env._(
                    "%s holds these goods. They move again once it is closed and QA "
                    "lifts the hold.",
                    ", ".join(running.mapped("name")),
                )
            )
        result = super().lift(reason)
        self._lift_codes()
        return result

    def _lift_codes(self):
        """Packs of lots that nothing holds any more are no longer recalled (FA-53)."""
        lots = self.filtered(lambda hold: hold.recall_id and hold.kind == "lot").lot_id
        free = lots - self._held_lots(lots)
        if free:
            # sudo: states of codes follow from holds; who lifts was checked.
            recall = self.sudo().recall_id[:1]
            recall.env["pharma.recall.code"]._take_step(
                "lift_recall", recall._twins(free), recall
            )


class StockPicking(models.Model):
    _inherit = "stock.picking"

    recall_customer_id = fields.Many2one(
        "pharma.recall.customer",
        copy=False,
        readonly=True,
        index="btree_not_null",
    )
    recall_id = fields.Many2one(
        "pharma.recall", related="recall_customer_id.recall_id", store=True, index=True
    )


class MailMail(models.Model):
    _inherit = "mail.mail"

    # The mail holds the customer's secret link, so it isn't a message on the record.
    recall_customer_id = fields.Many2one(
        "pharma.recall.customer", readonly=True, index="btree_not_null"
    )

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        """A customer is notified once its mail has left, not when it was queued."""
        # sudo: the queue runs as anybody and stamps nothing else.
        customers = self.sudo().recall_customer_id
        if customers and not failure_type:
            now = fields.Datetime.now()
            customers.filtered(lambda c: not c.notified_date).write(
                {"notified_date": now, "channel": "mail"}
            )
            customers.write({"notify_failure": False})
        elif customers:
            customers.write({"notify_failure": failure_reason or failure_type})
        return super()._postprocess_sent_message(
            success_pids, success_emails, failure_reason, failure_type
        )


class PharmaLotFlow(models.Model):
    _inherit = "pharma.lot.flow"

    @api.model
    def _record(self, lines):
        result = super()._record(lines)
        self._tell_recalls(lines)
        return result

    @api.model
    def _correct(self, lines):
        result = super()._correct(lines)
        self._tell_recalls(lines)
        return result

    @api.model
    def _tell_recalls(self, lines):
        """Recalled goods that came back count at once (TV-60)."""
        back = lines.filtered(lambda line: line.location_id.usage == "customer")
        if back.lot_id:
            self.env["pharma.recall.customer.line"]._goods_came_back(back.lot_id)
