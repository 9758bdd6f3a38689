from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..tools import recall as rules


class PharmaRecallReply(models.Model):
    """What a customer answered, each time it did; the last answer counts."""

    _name = "pharma.recall.reply"
    _description = "Recall Answer"
    _order = "id desc"

    customer_id = fields.Many2one(
        "pharma.recall.customer", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="customer_id.company_id", store=True)
    date = fields.Datetime("Answered", default=fields.Datetime.now, required=True)
    author = fields.Char("By", required=True)
    remark = fields.Text()
    line_ids = fields.One2many("pharma.recall.reply.line", "reply_id", "Quantities")
    summary = fields.Char(compute="_compute_summary")

    @api.depends("line_ids")
    def _compute_summary(self):
        for reply in self:
            reply.summary = "; ".join(
                self.env._(
                    "%(lot)s: %(on_hand)g on hand, %(used)g used, %(sent)g sent back",
                    lot=line.recall_line_id.lot_name,
                    on_hand=line.on_hand,
                    used=line.used,
                    sent=line.sent_back,
                )
                for line in reply.line_ids
            )

    @api.model_create_multi
    def create(self, vals_list):
        self._check_by_system()
        return super().create(vals_list)

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self._stands_sentence())

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self._stands_sentence())

    def _check_by_system(self):
        if not self.env.su:
            raise UserError(self.env["pharma.recall.customer"]._list_sentence())

    @api.model
    def _stands_sentence(self):
        return self.env._("An answer stands as given; the customer may answer again.")


class PharmaRecallReplyLine(models.Model):
    """One lot of an answer."""

    _name = "pharma.recall.reply.line"
    _description = "Recall Answer Quantity"

    reply_id = fields.Many2one(
        "pharma.recall.reply", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="reply_id.company_id", store=True)
    recall_line_id = fields.Many2one(
        "pharma.recall.customer.line", "Lot", required=True, ondelete="cascade"
    )
    on_hand = fields.Float(digits="Product Unit")
    used = fields.Float(digits="Product Unit")
    sent_back = fields.Float(digits="Product Unit")

    @api.model_create_multi
    def create(self, vals_list):
        self.env["pharma.recall.reply"]._check_by_system()
        return super().create(vals_list)

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self.env["pharma.recall.reply"]._stands_sentence())

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env["pharma.recall.reply"]._stands_sentence())


class PharmaRecallCustomer(models.Model):
    """Taking answers, whoever brings them: portal, link or staff on the phone."""

    _inherit = "pharma.recall.customer"

    def _read_answers(self, texts):
        """Quantities from what was typed, every problem in a sentence of its own.

        :param texts: {line id: {"on_hand": text, "used": text, "sent_back": text}}
        :return: ({line id: {name: quantity}}, list of sentences)
        """
        self.ensure_one()
        answers, problems = {}, []
        for line in self.line_ids:
            answers[line.id] = quantities = {}
            for name, label in self._answer_labels().items():
                text = (texts.get(line.id) or {}).get(name) or ""
                try:
                    quantities[name] = rules.parse_quantity(text, line.due_qty)
                except rules.BadQuantity as error:
                    problems.append(self._bad_quantity_sentence(line, label, error))
            if len(quantities) == len(self._answer_labels()):
                problems += self._answer_problems(line, quantities)
        return answers, problems

    @api.model
    def _answer_labels(self):
        return {
            "on_hand": self.env._("On hand"),
            "used": self.env._("Used or sold on"),
            "sent_back": self.env._("Sent back"),
        }

    def _bad_quantity_sentence(self, line, label, error):
        names = {"lot": line.lot_name, "field": label, "text": error.text[:20]}
        if error.kind == "negative":
            return self.env._(
                "Lot %(lot)s, %(field)s: %(text)s is below zero. Enter 0 or more.",
                **names,
            )
        if error.kind == "more":
            return self.env._(
                "Lot %(lot)s, %(field)s: %(text)s is more than the %(due)g you got.",
                due=line.due_qty,
                **names,
            )
        return self.env._(
            "Lot %(lot)s, %(field)s: «%(text)s» is no number. Write digits, as 12.",
            **names,
        )

    def _answer_problems(self, line, quantities):
        """Sentences on one lot: together they are what the customer got."""
        if min(quantities.values()) < 0:
            return [
                self.env._(
                    "Lot %s: a quantity can't be below zero. Enter 0 or more.",
                    line.lot_name,
                )
            ]
        if rules.adds_up(line.due_qty, **quantities):
            return []
        return [
            self.env._(
                "Lot %(lot)s: on hand, used and sent back make %(sum)g together, but "
                "you got %(due)g. Correct them so that they add up.",
                lot=line.lot_name,
                sum=round(sum(quantities.values()), rules.PLACES),
                due=line.due_qty,
            )
        ]

    def _take_reply(self, answers, remark, author):
        """Keep an answer and let it count.

        :param answers: {line id: {"on_hand": …, "used": …, "sent_back": …}}
        :param author: name of who answered
        :raise UserError: once the recall is over, or if quantities don't add up
        """
        self.ensure_one()
        self._check_running()
        nothing = dict.fromkeys(self._answer_labels(), 0.0)
        answers = {line.id: answers.get(line.id, nothing) for line in self.line_ids}
        problems = [
            problem
            for line in self.line_ids
            for problem in self._answer_problems(line, answers[line.id])
        ]
        if problems:
            raise UserError("\n".join(problems))
        # sudo: answers come from outside; each may touch its own customer only.
        customer = self.sudo()
        customer.env["pharma.recall.reply"].create(
            {
                "customer_id": customer.id,
                "author": author,
                "remark": remark,
                "line_ids": [
                    Command.create({"recall_line_id": line.id, **answers[line.id]})
                    for line in customer.line_ids
                ],
            }
        )
        for line in customer.line_ids:
            line.write(answers[line.id])
        now = fields.Datetime.now()
        customer.write(
            {
                "replied_date": now,
                "remark": remark,
                "unreached_reason": False,
                "notified_date": customer.notified_date or now,
                "channel": customer.channel or "portal",
            }
        )
        customer.activity_unlink(["pharma_lot_expiry.mail_activity_type_recall"])
