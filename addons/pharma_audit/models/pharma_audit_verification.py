import time

from odoo import api, fields, models, tools
from odoo.exceptions import UserError

from ..tools import verify_audit as chain
from ..tools.verify_database import verify
from .big_integer import BigInteger

INLINE_LIMIT = 300_000  # entries checked while the user waits
SHOWN_PROBLEMS = 20


class PharmaAuditVerification(models.Model):
    """One proof of the chain: every sealed row against its seal, every seal in line."""

    _name = "pharma.audit.verification"
    _description = "Verification of the Audit Trail"
    _order = "id desc"
    _rec_name = "date"

    date = fields.Datetime(default=fields.Datetime.now, readonly=True)
    user_id = fields.Many2one(
        "res.users", "Asked by", default=lambda self: self.env.user, readonly=True
    )
    head = fields.Char("Head Compared", readonly=True)
    entry_count = BigInteger("Entries Checked", readonly=True)
    seal_count = fields.Integer("Seals Checked", readonly=True)
    head_count = fields.Integer(
        "Heads Compared",
        readonly=True,
        help="Heads kept outside that the chain was held against. None: nothing "
        "outside could be compared.",
    )
    seconds = fields.Float("Took (seconds)", digits=(12, 1), readonly=True)
    problem = fields.Text("What Is Wrong", readonly=True)
    problem_entry_id = BigInteger("First Broken Row", readonly=True)
    state = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("running", "Running"),
            ("intact", "Intact"),
            ("broken", "Broken"),
        ],
        default="waiting",
        required=True,
        readonly=True,
    )

    def _start(self):
        """Prove now, or in the background when it takes longer than a user waits.

        :raise UserError: when the head was typed wrong; nothing is kept then
        """
        self.ensure_one()
        self._heads()
        if self._sealed_count() > INLINE_LIMIT:
            self.env.ref("pharma_audit.ir_cron_verify")._trigger()
        else:
            self._verify()

    @api.model
    def _cron_verify(self):
        """Make the proofs asked for, and one of its own every week."""
        progress = self.env["ir.cron"]._commit_progress
        for proof in self.search([("state", "in", ("waiting", "running"))], order="id"):
            proof.state = "running"
            progress(remaining=1)
            proof._verify()
            progress(1)
        progress(remaining=0)

    @api.model
    def _cron_verify_weekly(self):
        proof = self.create([{}])
        proof._verify()
        if proof.state == "broken":
            self.env["pharma.audit.target"]._alert(proof.problem)

    def _verify(self):
        self.ensure_one()
        started = time.monotonic()
        heads = self._heads()
        report = verify(self.env.cr._obj, heads, tools.config["data_dir"])
        self.write(
            {
                "entry_count": report.entries,
                "seal_count": report.seals,
                "head_count": len(heads),
                "seconds": time.monotonic() - started,
                "state": "intact" if report.is_intact else "broken",
                "problem": self._sentences(report),
                "problem_entry_id": report.first and report.first.entry,
            }
        )

    @api.model
    def _sealed_count(self):
        [(count,)] = self.env["pharma.audit.seal"]._read_group(
            [], [], ["entry_count:sum"]
        )
        return count or 0

    def _heads(self):
        # sudo: where heads are kept is configuration; here they are only compared.
        heads = self.env["pharma.audit.target"].sudo().search([])._known_heads()
        if self.head:
            try:
                number, value = chain.parse_head(self.head)
            except ValueError:
                raise UserError(
                    self.env._(
                        "A head reads NUMBER:HASH, as printed below its QR code. Copy "
                        "it whole."
                    )
                ) from None
            heads[number] = value
        return heads

    def _sentences(self, report):
        """The problems in words, the first broken row first."""
        if report.is_intact:
            return False
        problems = [
            report.first,
            *(problem for problem in report.problems if problem != report.first),
        ]
        told = [self._sentence(problem) for problem in problems[:SHOWN_PROBLEMS]]
        if len(problems) > SHOWN_PROBLEMS:
            told.append(self.env._("… and more"))
        return "\n".join(told)

    def _sentence(self, problem):
        values = {"entry": problem.entry, "seal": problem.seal}
        return {
            "altered": self.env._(
                "Entry %(entry)s was altered after seal %(seal)s was made.", **values
            ),
            "deleted": self.env._(
                "Entry %(entry)s of seal %(seal)s is missing.", **values
            ),
            "inserted": self.env._(
                "Entry %(entry)s was put in afterwards: no seal knows it.", **values
            ),
            "seal_altered": self.env._(
                "Seal %(seal)s itself was altered or made anew.", **values
            ),
            "seal_missing": self.env._("Seal %(seal)s is missing.", **values),
            "head": self.env._(
                "Seal %(seal)s differs from the head that was written down elsewhere.",
                **values,
            ),
        }[problem.kind]
