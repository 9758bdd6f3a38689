import logging
from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import trace_bill

_logger = logging.getLogger(__name__)

QA = "pharma_gsp.pharma_gsp_group_qa"
OPERATORS = (QA, "pharma_gsp.pharma_gsp_group_storekeeper")
# Nothing left yet: what a bill says may still follow its transfer.
OPEN_STATES = ("waiting", "ready")
RESENDABLE_STATES = ("rejected", "failed", "cancelled")
CANCELLABLE_STATES = (*OPEN_STATES, "rejected", "failed")


class PharmaTraceBill(models.Model):
    """What is told the national trace platform about one transfer (FA-56).

    Queued when the transfer is done, checked and sent by a job of its own: goods never
    wait for the platform. Only that job and the buttons here move a bill.
    """

    _name = "pharma.trace.bill"
    _description = "Upload Bill"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _mail_post_access = "read"

    name = fields.Char("Bill Number", required=True, readonly=True, copy=False)
    revision = fields.Integer(default=1, readonly=True, copy=False)
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    picking_id = fields.Many2one(
        "stock.picking", "Transfer", required=True, readonly=True, ondelete="restrict"
    )
    partner_id = fields.Many2one("res.partner", readonly=True)
    type_id = fields.Many2one("pharma.trace.bill.type", "Bill Type", readonly=True)
    direction = fields.Selection(related="type_id.direction")
    date = fields.Datetime("Transfer Done", readonly=True, index=True)
    own_id = fields.Char("Our Number (ref_ent_id)", readonly=True)
    from_id = fields.Char("Sender (ent_id)", readonly=True)
    to_id = fields.Char("Receiver (ent_id)", readonly=True)
    dest_id = fields.Char("Direct Receiver (ent_id)", readonly=True)
    codes = fields.Text("Trace Codes", readonly=True, help="One per line, as uploaded.")
    code_count = fields.Integer("Codes", readonly=True)
    pack_count = fields.Float(
        "Packs in Codes",
        digits="Product Unit",
        readonly=True,
        help="Packs the codes stand for; a case counts with all it holds.",
    )
    is_special = fields.Boolean(
        "Special Drugs",
        readonly=True,
        help="With codes that begin with 89, which the platform counts as special "
        "drugs (FA-51).",
    )
    problem_ids = fields.One2many(
        "pharma.trace.bill.problem", "bill_id", "Problems", readonly=True
    )
    problem_summary = fields.Char("To Do", compute="_compute_problem_summary")
    try_ids = fields.One2many(
        "pharma.trace.bill.try", "bill_id", "Calls", readonly=True
    )
    document = fields.Text("Bill File", compute="_compute_document")
    checked_date = fields.Datetime("Last Checked", readonly=True)
    attempts = fields.Integer("Tries", readonly=True, copy=False)
    polls = fields.Integer("Times Asked", readonly=True, copy=False)
    next_try = fields.Datetime(readonly=True, copy=False)
    sending_since = fields.Datetime(readonly=True, copy=False)
    sent_date = fields.Datetime("Handed in", readonly=True, copy=False)
    closed_date = fields.Datetime("Decided", readonly=True, copy=False)
    receipt = fields.Char("Receipt Number", readonly=True, copy=False)
    answer_code = fields.Char(readonly=True, copy=False)
    answer_message = fields.Char("Last Answer", readonly=True, copy=False)
    note = fields.Text("Explained by QA", readonly=True, copy=False)
    is_uploading = fields.Boolean(related="company_id.trace_upload")
    state = fields.Selection(
        [
            ("waiting", "To be checked"),
            ("ready", "Ready"),
            ("sending", "Being sent"),
            ("sent", "Handed in"),
            ("accepted", "Accepted"),
            ("rejected", "Refused"),
            ("failed", "Given up"),
            ("cancelled", "Cancelled"),
        ],
        default="waiting",
        required=True,
        readonly=True,
        index=True,
        copy=False,
    )

    _name_uniq = models.Constraint(
        "UNIQUE(company_id, name)", "This company used that bill number already."
    )
    _picking_uniq = models.Constraint(
        "UNIQUE(picking_id)", "This transfer is in the upload queue already."
    )
    _due_idx = models.Index(
        "(next_try) WHERE state IN ('waiting', 'ready', 'sending', 'sent')"
    )

    @api.depends("problem_ids.kind", "answer_message", "state")
    def _compute_problem_summary(self):
        for bill in self:
            blocking = bill.problem_ids.filtered("is_blocking")
            if bill.state == "waiting" and not bill.checked_date:
                bill.problem_summary = False
            elif bill.state in ("waiting", "rejected"):
                bill.problem_summary = (
                    blocking[:1].sentence or bill.answer_message or False
                )
            elif bill.state in ("failed", "ready"):
                bill.problem_summary = bill.answer_message
            else:
                bill.problem_summary = False

    @api.depends("codes", "name", "from_id", "to_id", "date", "type_id")
    def _compute_document(self):
        for bill in self:
            bill.document = bill.codes and bill._bill_text()

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise UserError(
                self.env._("Bills are queued by the transfers themselves, when done.")
            )
        return super().create(vals_list)

    def write(self, vals):
        fixed = vals.keys() - {"message_main_attachment_id", "message_follower_ids"}
        if not self.env.su and fixed:
            raise UserError(
                self.env._(
                    "An upload bill shows what the platform was told and answered. Use "
                    "its buttons: check again, send again, cancel."
                )
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Upload bills are kept as proof; cancel instead."))

    # Buttons

    def action_check(self):
        """Read the transfer again and say what is still wrong."""
        self._check_operator()
        self._require_state(OPEN_STATES)
        # sudo: bills move by these buttons and the job only; see _check_operator.
        self.sudo()._check_bills()

    def action_send_now(self):
        """Don't wait for the next try."""
        self._check_operator()
        self._require_state(("ready",))
        for company in self.company_id.filtered(lambda c: not c.trace_upload):
            raise UserError(
                self.env._(
                    "%s doesn't upload to the platform. The IT administrator switches "
                    "it on in the upload settings.",
                    company.name,
                )
            )
        # sudo: as in action_check.
        self.sudo().write({"next_try": fields.Datetime.now()})
        self._wake_sender()

    def action_send_again(self):
        """Back into the queue.

        A refused bill gets a new number, since the platform keeps the refused one; a
        bill it perhaps has keeps its number, so that it can't be counted twice.
        """
        self._check_operator()
        self._require_state(RESENDABLE_STATES)
        # sudo: as in action_check.
        bills = self.sudo()
        for bill in bills:
            revision = bill.revision + (bill.state == "rejected")
            bill.write(
                {
                    "revision": revision,
                    "name": self._number(bill.picking_id, bill.type_id, revision),
                    "state": "waiting",
                    "attempts": 0,
                    "polls": 0,
                    "closed_date": False,
                    "note": False,
                }
            )
            bill._close_activities()
        bills._check_bills()
        self._wake_sender()

    def action_cancel(self):
        """Ask for the reason first; see ``cancel``."""
        self._check_qa()
        self._require_state(CANCELLABLE_STATES)
        return self._ask_reason("cancel", self.env._("Cancel Upload"))

    def action_explain(self):
        """Why packs and codes differ for good reason; see ``explain``."""
        self._check_qa()
        self._require_state(("accepted",))
        return self._ask_reason("explain", self.env._("Explain Difference"))

    @api.private
    def cancel(self, reason):
        """Never send these; kept with who said so and why.

        :raise UserError: for anybody but QA, and for what is on its way already
        """
        self._check_qa()
        self._require_state(CANCELLABLE_STATES)
        self._keep_reason(reason, {"state": "cancelled"})

    @api.private
    def explain(self, reason):
        """Take accepted bills out of the gap list although packs and codes differ."""
        self._check_qa()
        self._require_state(("accepted",))
        self._keep_reason(reason, {})

    def _keep_reason(self, reason, values):
        if not (reason or "").strip():
            raise UserError(self.env._("Write down why: it is kept as proof."))
        # sudo: as in action_check.
        self.sudo().write(
            {"note": reason.strip(), "closed_date": fields.Datetime.now(), **values}
        )
        for bill in self:
            bill.message_post(body=reason.strip())
        self._close_activities()

    def _ask_reason(self, purpose, title):
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": "pharma.trace.bill.cancel",
            "view_mode": "form",
            "target": "new",
            "context": {"default_bill_ids": self.ids, "default_purpose": purpose},
        }

    def _check_operator(self):
        if not any(map(self.env.user.has_group, OPERATORS)):
            raise UserError(
                self.env._(
                    "The upload queue is worked by storekeepers and the quality "
                    "department. Ask one of them."
                )
            )
        self.check_access("read")

    def _check_qa(self):
        if not self.env.user.has_group(QA):
            raise UserError(
                self.env._(
                    "Only the quality department decides that a transfer is not "
                    "reported, or why packs and codes differ."
                )
            )
        self.check_access("read")

    def _require_state(self, states):
        """Ask the database, not the screen: the sender may have been faster."""
        # sudo: only the state of bills the user may read is looked at.
        locked = self.sudo().try_lock_for_update(allow_referencing=True)
        locked.invalidate_recordset(["state"])
        if locked != self.sudo() or any(b.state not in states for b in locked):
            raise UserError(
                self.env._(
                    "The bill moved on in the meantime, or isn't at this step. Load "
                    "the page again and look at its state."
                )
            )

    # Queueing

    @api.model
    def _queue_quietly(self, pickings):
        """Queue done transfers; what fails here never stops goods.

        A transfer missed here stands in the gap list and is queued by the next job.
        """
        if not pickings:
            return
        # What core left to be written must fail as core's own, not as ours.
        self.env.flush_all()
        try:
            with self.env.cr.savepoint():
                # sudo: whoever moves goods reports them, without rights on bills.
                self.sudo()._queue(pickings.sudo())
        except Exception:  # pylint: disable=broad-except
            _logger.exception("no upload bills for transfers %s", pickings.ids)

    @api.model
    def _queue(self, pickings):
        """A bill for each transfer that has none and moved coded goods out or in.

        :return: the new bills
        """
        movements = {picking: picking._trace_movement() for picking in pickings}
        concerned = self._unqueued(
            [p for p, movement in movements.items() if trace_bill.concerns(movement)]
        )
        if not concerned:
            return self.browse()
        types = self.env["pharma.trace.bill.type"]._of(set(movements.values()))
        bills = self.create(
            [
                self._prepare_values(picking, types[movements[picking]])
                for picking in concerned
            ]
        )
        self._wake_sender()
        return bills

    @api.model
    def _unqueued(self, pickings):
        """Those of coded drugs, or with codes all the same, without a bill yet."""
        queued = self.search_fetch(
            [("picking_id", "in", [picking.id for picking in pickings])], ["picking_id"]
        ).picking_id
        return [
            picking
            for picking in pickings
            if picking not in queued
            and (picking._trace_moves() or picking.trace_scan_count)
        ]

    @api.model
    def _prepare_values(self, picking, bill_type):
        return {
            "name": self._number(picking, bill_type, 1),
            "company_id": picking.company_id.id,
            "picking_id": picking.id,
            "partner_id": picking.partner_id.commercial_partner_id.id,
            "type_id": bill_type.id,
            "date": picking.date_done,
        }

    @api.model
    def _number(self, picking, bill_type, revision):
        """Unique within the company, since numbers of transfers are."""
        parts = [picking.name.replace("/", "-"), bill_type.code or "000"]
        if revision > 1:
            parts.append(f"R{revision}")
        return "-".join(parts)

    @api.model
    def _wake_sender(self):
        # sudo: waking the job sends nothing that isn't due.
        self.env.ref("pharma_lot_expiry.ir_cron_trace_send").sudo()._trigger()

    def _call_to(self, group, activity_type, summary):
        """One activity for every holder of a role, unless one is open already."""
        # sudo: who holds a role is readable by IT only.
        users = self.env.ref(group).sudo().all_user_ids
        type_id = self.env.ref(activity_type).id
        open_for = defaultdict(set)
        for activity in self.activity_ids:
            if activity.activity_type_id.id == type_id:
                open_for[activity.res_id].add(activity.user_id)
        for bill in self:
            for user in users - self.env["res.users"].union(*open_for[bill.id]):
                bill.activity_schedule(activity_type, user_id=user.id, summary=summary)

    def _close_activities(self):
        # sudo: the activity may be a colleague's.
        self.sudo().activity_feedback(
            ["pharma_lot_expiry.mail_activity_type_trace_bill"]
        )
