import time

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools import verify_audit as chain
from .big_integer import BigInteger

WINDOW = 50_000  # entries held in memory at once
SEALS_AT_ONCE = 1000
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
        "res.users", default=lambda self: self.env.user, readonly=True
    )
    head = fields.Char(
        "Head to Compare",
        help="A head that was printed or mailed, as NUMBER:HASH. Empty: those that the "
        "targets keep are compared.",
    )
    entry_count = BigInteger("Entries Checked", readonly=True)
    seal_count = fields.Integer("Seals Checked", readonly=True)
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

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if not self.env.su:  # spelled out, or default_… in the context would count
                vals.update(state="waiting", problem=False, problem_entry_id=False)
            vals["user_id"] = self.env.uid
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su and vals.keys() - {"head"}:
            raise UserError(self.env._("What was found stands as it was found."))
        return super().write(vals)

    @api.model
    def action_verify_now(self):
        """Start a proof and show it; a long one goes on by itself."""
        return self.create([{}]).action_verify()

    def action_verify(self):
        self.ensure_one()
        if self.state != "waiting":
            raise UserError(
                self.env._("This proof was made already. Start a new one.")
            )
        self.check_access("read")
        self._heads()  # a head typed wrong is told before any work
        # sudo: the proof is written by the product only; whoever may read may ask.
        proof = self.sudo()
        if self._sealed_count() > INLINE_LIMIT:
            self.env.ref("pharma_audit.ir_cron_verify").sudo()._trigger()
        else:
            proof._verify()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    @api.model
    def _cron_verify(self):
        """Make the proofs asked for, and one of its own every week."""
        progress = self.env["ir.cron"]._commit_progress
        for proof in self.search([("state", "=", "waiting")], order="id"):
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
        report = self._report()
        self.write(
            {
                "entry_count": report.entries,
                "seal_count": report.seals,
                "seconds": time.monotonic() - started,
                "state": "intact" if report.is_intact else "broken",
                "problem": self._sentences(report),
                "problem_entry_id": report.first and report.first.entry,
            }
        )

    def _report(self):
        verifier = chain.Verifier(
            self._heads(), self.env["pharma.audit.archive"]._archived_ranges()
        )
        return self._follow(verifier)

    @api.model
    def _follow(self, verifier):
        """Give the verifier all seals with their entries, a window at a time."""
        Seal = self.env["pharma.audit.seal"]
        strays, ranges, after, reached = [], [], 0, 0
        while seals := Seal.search(
            [("number", ">", after)], order="number", limit=SEALS_AT_ONCE
        ):
            links = [seal._as_link() for seal in seals]
            for window in _windows(links):
                strays += self._check_window(verifier, window, reached + 1)
                ranges += [pair for link in window for pair in link.ranges]
                reached = max(reached, window[-1].ranges[-1][1])
            after = seals[-1].number
            Seal.invalidate_model()
        known = chain.merge(ranges)
        settled = Seal.search([], limit=1).frontier_id
        strays += self._ids_between(reached + 1, settled)
        for entry in sorted(strays):
            # A later one may belong to a transaction that ended just now.
            if entry <= settled and not chain.contains(known, entry):
                verifier.add_stray(entry)
        return verifier.finish()

    @api.model
    def _check_window(self, verifier, links, start):
        """Check some seals; return ids met on the way that are none of theirs."""
        first = min(start, *(link.ranges[0][0] for link in links))
        last = max(link.ranges[-1][1] for link in links)
        lines = self.env["pharma.audit.seal"]._lines(first, last)
        owned, strays = _assign(links, lines)
        for link, own in zip(links, owned, strict=True):
            verifier.check(link, own)
        return strays

    @api.model
    def _ids_between(self, first, last):
        self.env.cr.execute(
            SQL(
                "SELECT id FROM pharma_audit_entry WHERE id BETWEEN %s AND %s"
                " ORDER BY id LIMIT %s",
                first,
                last,
                chain.MAX_PROBLEMS,
            )
        )
        return [number for (number,) in self.env.cr.fetchall()]

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


def _windows(links):
    """Consecutive seals of about WINDOW entries together."""
    window, count = [], 0
    for link in links:
        if window and count + link.count > WINDOW:
            yield window
            window, count = [], 0
        window.append(link)
        count += link.count
    if window:
        yield window


def _assign(links, lines):
    """The lines of each seal, and the ids of lines that are nobody's here."""
    owners = sorted(
        (first, last, position)
        for position, link in enumerate(links)
        for first, last in link.ranges
    )
    owned, strays, current = [[] for _link in links], [], 0
    for line in lines:
        number = chain.line_id(line)
        while current < len(owners) and owners[current][1] < number:
            current += 1
        if current < len(owners) and owners[current][0] <= number:
            owned[owners[current][2]].append(line)
        else:
            strays.append(number)
    return owned, strays
