import json
import os
from pathlib import Path

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import email_normalize

from ..tools.verify_audit import parse_head

HEAD_SUFFIX = ".jsonl"
# One message a day is read; one a minute is not.
MAIL_EVERY_HOURS = 24
HEADS_AT_ONCE = 1000


class PharmaAuditTarget(models.Model):
    """A place outside the database where the heads of the chain are written down.

    Who could rewrite the whole chain can't rewrite what another machine or a mailbox
    has kept. A target that is full or gone never holds up sealing: it is told once, and
    what it missed is made up for when it is back.
    """

    _name = "pharma.audit.target"
    _description = "Outside Target of the Audit Trail"
    _inherit = ["mail.thread", "mail.activity.mixin"]

    name = fields.Char(required=True, translate=True)
    kind = fields.Selection(
        [("file", "File"), ("mail", "Mail")], required=True, default="file"
    )
    path = fields.Char(
        "File",
        help="A file on the server whose name ends in .jsonl, best on a disk of "
        "another machine. Heads are added at its end.",
    )
    email = fields.Char("Mail Address")
    last_number = fields.Integer("Heads Told up to", readonly=True, copy=False)
    last_hash = fields.Char(readonly=True, copy=False)
    last_success = fields.Datetime("Last Told", readonly=True, copy=False)
    failing_since = fields.Datetime(readonly=True, copy=False, tracking=True)
    last_error = fields.Char(readonly=True, copy=False)
    active = fields.Boolean(default=True)
    state = fields.Selection(
        [("new", "Nothing told yet"), ("ok", "Up to date"), ("failing", "Failing")],
        compute="_compute_state",
    )

    @api.depends("failing_since", "last_success")
    def _compute_state(self):
        for target in self:
            target.state = (
                "failing"
                if target.failing_since
                else "ok"
                if target.last_success
                else "new"
            )

    @api.constrains("kind", "path", "email")
    def _check_address(self):
        for target in self:
            if target.kind == "mail" and not email_normalize(target.email or ""):
                raise ValidationError(
                    self.env._("%s needs one valid mail address.", target.name)
                )
            if target.kind == "file":
                path = Path(target.path or "")
                if not path.is_absolute() or path.suffix != HEAD_SUFFIX:
                    raise ValidationError(
                        self.env._(
                            "%s needs the whole path of a file whose name ends in "
                            ".jsonl, such as /mnt/safe/heads.jsonl.",
                            target.name,
                        )
                    )

    def action_try(self):
        """Tell the target now and say what came of it."""
        self.ensure_one()
        self.check_access("write")
        # sudo: what was told is written by the product only; the right is checked.
        self.sudo()._push()
        if self.failing_since:
            raise UserError(self.last_error)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("Told up to seal %s.", self.last_number),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    @api.model
    def _cron_push(self):
        """Every minute, apart from sealing: only heads that are committed leave."""
        self._push_heads()
        self.env["ir.cron"]._commit_progress(remaining=0)

    @api.model
    def _push_heads(self):
        """Tell every target what it doesn't know yet; one that fails stops no other."""
        for target in self.search([]):
            target._push()

    def _push(self):
        self.ensure_one()
        seals = self._untold()
        if not seals or not self._is_due():
            return
        try:
            with self.env.cr.savepoint():
                getattr(self, f"_push_{self.kind}")(seals)
        except Exception as error:  # noqa: BLE001  (whatever it is, sealing goes on)
            self._note_failure(error)
        else:
            self.write(
                {
                    "last_number": seals[-1].number,
                    "last_hash": seals[-1].hash,
                    "last_success": fields.Datetime.now(),
                    "failing_since": False,
                    "last_error": False,
                }
            )

    def _untold(self):
        """Seals to tell, oldest first; a mail carries the newest head only."""
        domain = [("number", ">", self.last_number)]
        Seal = self.env["pharma.audit.seal"]
        if self.kind == "mail":
            return Seal.search(domain, order="number desc", limit=1)
        return Seal.search(domain, order="number", limit=HEADS_AT_ONCE)

    def _is_due(self):
        if self.kind != "mail" or not self.last_success:
            return True
        due = fields.Datetime.add(self.last_success, hours=MAIL_EVERY_HOURS)
        return fields.Datetime.now() >= due

    def _push_file(self, seals):
        """Add a line for each seal and see it on the disk before believing it."""
        lines = "".join(
            json.dumps(
                {
                    "head": f"{seal.number}:{seal.hash}",
                    "date": seal.date,
                    "algorithm": seal.algorithm,
                    "entries": seal.entry_count,
                }
            )
            + "\n"
            for seal in seals
        )
        with Path(self.path).open("a", encoding="utf-8") as stream:
            stream.write(lines)
            stream.flush()
            os.fsync(stream.fileno())

    def _push_mail(self, seals):
        template = self.env.ref("pharma_audit.mail_template_head")
        template.send_mail(
            seals[-1].id,
            email_values={"email_to": self.email},
            force_send=True,
            raise_exception=True,
        )

    def _note_failure(self, error):
        """Say it once, when it begins."""
        reason = getattr(error, "strerror", None) or str(error) or repr(error)
        message = self.env._(
            "%(target)s can't take the heads of the audit trail: %(reason)s. Sealing "
            "goes on; what it misses is told as soon as it answers again.",
            target=self.name,
            reason=reason,
        )
        is_new = not self.failing_since
        self.write(
            {
                "failing_since": self.failing_since or fields.Datetime.now(),
                "last_error": message,
            }
        )
        if is_new:
            self._alert(message)

    @api.model
    def _alert(self, message):
        """Tell those who look after the trail."""
        # sudo: jobs and staff without rights on users raise alerts too.
        group = self.env.ref("pharma_audit.pharma_audit_group_manager").sudo()
        partners = group.all_user_ids.partner_id
        if partners:
            self.env["mail.thread"].sudo().message_notify(
                partner_ids=partners.ids,
                subject=self.env._("Audit trail"),
                body=message,
            )

    def _known_heads(self):
        """{seal number: hash} that the targets kept, to hold against the chain."""
        heads = {}
        for target in self:
            if target.last_number and target.last_hash:
                heads[target.last_number] = target.last_hash
            if target.kind == "file":
                heads |= target._heads_of_file()
        return heads

    def _heads_of_file(self):
        try:
            text = Path(self.path).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return {}
        heads = {}
        for line in text.splitlines():
            try:
                number, value = parse_head(json.loads(line)["head"])
            except (ValueError, KeyError, TypeError, AttributeError):
                continue
            # The first word counts: lines added later can't unsay it.
            heads.setdefault(number, value)
        return heads
