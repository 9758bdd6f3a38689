from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..tools import correction

DECIDING_GROUPS = ("pharma_gsp_group_qa", "pharma_gsp_group_quality_head")
MAIL_FIELDS = {
    "activity_ids",
    "message_follower_ids",
    "message_ids",
    "message_main_attachment_id",
}


class PharmaChangeRequest(models.Model):
    """A correction of a posted record: asked with reason, decided by QA (CS-20, TV-52).

    Approving executes it, in the same transaction, as a new version of the document;
    if the document changed since it was asked, nothing happens and it must be asked
    anew. The state moves by the buttons only, for the superuser as well.
    """

    _name = "pharma.change.request"
    _description = "Change Request"
    _inherit = ["mail.thread", "mail.activity.mixin", "pharma.about"]
    _order = "id desc"
    _mail_post_access = "read"

    reason = fields.Text(required=True, readonly=True)
    line_ids = fields.One2many(
        "pharma.change.request.line", "request_id", "Changes", readonly=True
    )
    changes_text = fields.Text("Changes in Words", compute="_compute_changes_text")
    requested_by_id = fields.Many2one(
        "res.users", "Requested by", required=True, readonly=True, index=True
    )
    decided_by_id = fields.Many2one("res.users", "Decided by", readonly=True)
    decided_date = fields.Datetime("Decided on", readonly=True)
    outcome = fields.Text(readonly=True, help="Why it wasn't executed.")
    version_id = fields.Many2one("pharma.record.version", "New Version", readonly=True)
    comparison = fields.Html(related="version_id.comparison", string="Side by Side")
    state = fields.Selection(
        [
            ("requested", "To decide"),
            # Lives within the transaction that executes; the lock looks for it.
            ("approved", "Being executed"),
            ("executed", "Executed"),
            ("refused", "Refused"),
            ("stale", "Changed meanwhile"),
            ("withdrawn", "Withdrawn"),
        ],
        default="requested",
        required=True,
        readonly=True,
        index=True,
        tracking=True,
    )

    @api.depends("line_ids")
    def _compute_changes_text(self):
        for request in self:
            request.changes_text = "\n".join(
                f"{line.row_name} · {line.field_label}: "
                f"{line.old_text or '–'} → {line.new_text or '–'}"
                for line in request.line_ids
            )

    @api.model_create_multi
    def create(self, vals_list):
        """Born asked by who acts, whatever was passed (CS-03); see ``_ask``."""
        for vals in vals_list:
            vals.update(
                state="requested",
                requested_by_id=self.env.uid,
                decided_by_id=False,
                decided_date=False,
                outcome=False,
                version_id=False,
            )
        requests = super().create(vals_list)
        requests._notify_deciders()
        return requests

    def write(self, vals):
        if vals.keys() - MAIL_FIELDS:
            self._refuse_by_hand()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Change requests are kept as proof."))

    def _refuse_by_hand(self):
        raise UserError(
            self.env._("A change request stands as written; withdraw it and ask anew.")
        )

    # Asking

    @api.model
    def _ask(self, document, wishes, reason):
        """File a request of the acting user.

        :param document: a posted record the user may read
        :param wishes: list of (row record, field name, text typed)
        :raise UserError: one line per wish that can't be
        """
        document.check_access("read")
        if not (reason or "").strip():
            raise UserError(self.env._("Say why the record is to be corrected."))
        if not wishes:
            raise UserError(self.env._("Nothing was changed: type a new value first."))
        lines = self._prepare_lines(document, wishes)
        # sudo: everybody who may read the document may ask, by this way only.
        return self.sudo().create(
            {
                "res_model": document._name,
                "res_id": document.id,
                "document_name": document.display_name,
                "company_id": document.company_id.id or self.env.company.id,
                "reason": reason.strip(),
                "line_ids": [Command.create(line) for line in lines],
            }
        )

    @api.model
    def _prepare_lines(self, document, wishes):
        rows, lines, problems = document._correction_rows(), [], []
        for row, name, text in wishes:
            try:
                lines.append(self._prepare_line(rows, row, name, text))
            except UserError as error:
                problems.append(
                    f"{row._row_name()} · {row._field_label(name)}: {error}"
                )
        if problems:
            raise UserError("\n".join(problems))
        return lines

    @api.model
    def _prepare_line(self, rows, row, name, text):
        if row not in rows or name not in row._correction_fields():
            raise UserError(self.env._("This can't be corrected by a request."))
        if not row.sudo()._is_posted():  # sudo: as in the lock itself
            raise UserError(self.env._("This isn't posted: change it directly."))
        value = row._parse_correction(name, text)
        return {
            "res_model": row._name,
            "res_id": row.id,
            "row_name": row._row_name(),
            "field_name": name,
            "field_label": row._field_label(name),
            "old_value": row._value_as_json(name),
            "old_text": row._value_in_words(name),
            "new_value": {"type": row._fields[name].type, "value": value},
            "new_text": row._value_in_words(name, value),
        }

    def _notify_deciders(self):
        groups = [self.env.ref(f"pharma_gsp.{name}") for name in DECIDING_GROUPS]
        # sudo: groups aren't readable by everybody; only these are used.
        users = self.env["res.users"].union(*(g.sudo().all_user_ids for g in groups))
        for request in self:
            concerned = users.filtered(
                lambda user, r=request: r.company_id in user.company_ids
            )
            for user in concerned - request.requested_by_id:
                request.activity_schedule(
                    "pharma_gsp.mail_activity_type_change",
                    user_id=user.id,
                    summary=request.document_name,
                )

    # Deciding

    def action_approve(self):
        """Execute the correction, unless the document changed meanwhile."""
        for request in self:
            request._check_may_decide()
            outdated = request.line_ids.filtered(lambda line: line._is_outdated())
            if outdated:
                request._close("stale", request._stale_sentence(outdated))
            else:
                request._execute()

    def action_refuse(self):
        self.ensure_one()
        self._check_may_decide()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Refuse"),
            "res_model": "pharma.change.request.refuse",
            "view_mode": "form",
            "target": "new",
            "context": {"default_request_id": self.id},
        }

    def action_withdraw(self):
        for request in self:
            request._check_open()
            if request.requested_by_id != self.env.user:
                raise UserError(
                    self.env._(
                        "Only %s, who asked for it, can withdraw this request.",
                        request.requested_by_id.name,
                    )
                )
            request._close("withdrawn")

    def _refuse(self, reason):
        for request in self:
            request._check_may_decide()
            request._close("refused", reason)

    def _check_open(self):
        self.ensure_one()
        if self.state != "requested":
            raise UserError(self.env._("This request was decided on already."))

    def _check_may_decide(self):
        self._check_open()
        user = self.env.user
        if not any(user.has_group(f"pharma_gsp.{name}") for name in DECIDING_GROUPS):
            raise UserError(
                self.env._("Only the quality department decides on corrections.")
            )
        if self.requested_by_id == user:
            raise UserError(
                self.env._(
                    "You asked for this yourself; another person of the quality "
                    "department decides."
                )
            )
        self.check_access("read")

    def _stale_sentence(self, lines):
        line = lines[0]
        record = line._record()
        return self.env._(
            "%(field)s of %(row)s changed since this was asked: it was %(old)s, now it "
            "is %(now)s. Nothing was executed; ask anew.",
            field=line.field_label,
            row=line.row_name,
            old=line.old_text or "–",
            now=(record and record._value_in_words(line.field_name)) or "–",
        )

    def _close(self, state, outcome=False, **values):
        """Move to a last state and say so to who asked."""
        decided = state != "withdrawn"
        self._move(
            {
                "state": state,
                "outcome": outcome,
                "decided_by_id": self.env.uid if decided else False,
                "decided_date": fields.Datetime.now(),
                **values,
            }
        )
        # sudo: the buttons above asked who may.
        request = self.sudo()
        request.activity_feedback(["pharma_gsp.mail_activity_type_change"])
        if decided:
            label = dict(self._fields["state"]._description_selection(self.env))[state]
            request.message_post(
                body=Markup("<b>%s</b><br/>%s") % (label, outcome or self.reason),
                partner_ids=self.requested_by_id.partner_id.ids,
            )

    def _move(self, vals):
        """Write past the guard of ``write``: the buttons checked who, when and what."""
        # sudo: nobody has the right to write; only the buttons lead here.
        request = super(PharmaChangeRequest, self.sudo())
        return request.write(vals)

    def action_open_versions(self):
        self.ensure_one()
        return self._document().with_env(self.env).action_pharma_versions()

    # Executing

    def _execute(self):
        document = self._document()
        before = document._snapshot()
        # Only this transaction will ever see this state; the lock asks for it. A second
        # approval at the same time waits here and then finds the request decided.
        self._move({"state": "approved"})
        self.env.flush_all()
        for record, values in self._values_by_record():
            record._apply_correction(values)
        self.env.flush_all()
        self._check_exact(document, before)
        document._recheck_correction(self.line_ids)
        # sudo: versions are written here only.
        version = self.env["pharma.record.version"].sudo()
        now = fields.Datetime.now()
        self._move({"decided_by_id": self.env.uid, "decided_date": now})
        version = version._record(document, before, self)
        self._close("executed", version_id=version.id, decided_date=now)
        document.message_post(
            body=self.env._(
                "Corrected as version %(version)s: %(reason)s",
                version=version.version,
                reason=self.reason,
            )
        )

    def _values_by_record(self):
        """[(row, {field: new value})], the fields of a row in one write."""
        values = {}
        for line in self.line_ids:
            record = line._record()
            values.setdefault(record, {})[line.field_name] = line._new_to_write()
        return values.items()

    def _check_exact(self, document, before):
        """What was approved is what happened, nothing less and nothing else."""
        asked = {(x.res_model, x.res_id, x.field_name) for x in self.line_ids}
        unfulfilled = self.line_ids.filtered(lambda line: not line._is_fulfilled())
        others = [
            cell
            for cell in correction.compare(before, document._snapshot())
            if cell.is_changed
            and (cell.model, cell.row_id, cell.field) not in asked
            and not self.env[cell.model]._is_derived(cell.field)
        ]
        if unfulfilled or others:
            names = [line.field_label for line in unfulfilled]
            names += [f"{cell.row} · {cell.label}" for cell in others]
            raise UserError(
                self.env._(
                    "The correction can't be executed as approved: it would leave %s "
                    "otherwise than asked. Refuse it and have it asked anew.",
                    "、".join(names),
                )
            )

    @api.model
    def _approved_values(self, records):
        """{(id, field): value} of the request being executed now, for these records.

        "Approved" is a state no committed request is ever in, so what is found here was
        approved in this transaction.
        """
        name = next(iter(records))._name
        records = self.env[name].union(*records)
        # sudo: the lock doesn't depend on what the acting user may see.
        lines = (
            self.env["pharma.change.request.line"]
            .sudo()
            .search(
                [
                    ("request_id.state", "=", "approved"),
                    ("res_model", "=", records._name),
                    ("res_id", "in", records.ids),
                ]
            )
        )
        return {(x.res_id, x.field_name): x._new_to_write() for x in lines}
