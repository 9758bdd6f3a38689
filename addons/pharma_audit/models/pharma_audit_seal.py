import io
import json
import logging
from base64 import b64decode, b64encode
from dataclasses import asdict

import psycopg2
import qrcode

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools import verify_audit as chain
from ..tools.frontier import Pointers, advance, capped
from ..tools.verify_database import read_lines
from .big_integer import BigInteger

_logger = logging.getLogger(__name__)

BATCH = 10_000
# Any number will do, as long as nobody else locks it: 'pharma_audit seal' in ASCII.
LOCK = 0x70615F7365616C
# The clock may be corrected by so much without anybody asking.
CLOCK_TOLERANCE_SECONDS = 120


class PharmaAuditSeal(models.Model):
    """One link of the chain: a batch of entries bound by a digest to all before it.

    Transactions end in another order than they took their ids, so an entry may appear
    long after later ones were sealed. A seal therefore names its ids as ranges, and
    every run seals whatever it sees beyond the frontier of the last seal that no seal
    holds yet; ``tools/frontier.py`` says how far the frontier may move on.
    """

    _name = "pharma.audit.seal"
    _description = "Seal of the Audit Trail"
    _inherit = ["pharma.append.only"]
    _order = "number desc"
    _rec_name = "number"

    number = fields.Integer(required=True, readonly=True, aggregator=None)
    date = fields.Char("Sealed at (UTC)", required=True, readonly=True)
    algorithm = fields.Char("Digest", required=True, readonly=True)
    entry_count = fields.Integer("Entries", required=True, readonly=True)
    first_id = BigInteger("First Entry", readonly=True, aggregator=None)
    last_id = BigInteger("Last Entry", readonly=True, aggregator=None)
    ranges = fields.Text(required=True, readonly=True)
    leaves = fields.Binary(attachment=False, required=True, readonly=True)
    previous_hash = fields.Char(required=True, readonly=True)
    hash = fields.Char("Head", required=True, readonly=True)
    note = fields.Char(readonly=True)
    frontier_id = BigInteger(readonly=True, aggregator=None)
    candidate_id = BigInteger(readonly=True, aggregator=None)
    candidate_txid = BigInteger(readonly=True, aggregator=None)
    high_id = BigInteger(readonly=True, aggregator=None)
    qr_code = fields.Binary(compute="_compute_qr_code")
    head_text = fields.Char("Head in Full", compute="_compute_qr_code")

    _number_uniq = models.Constraint("UNIQUE(number)", "This seal exists already.")
    _last_idx = models.Index("(last_id)")

    @api.depends("number", "hash")
    def _compute_qr_code(self):
        for seal in self:
            seal.head_text = f"pharma-audit:{seal.number}:{seal.hash}"
            stream = io.BytesIO()
            qrcode.make(seal.head_text, border=2).save(stream, "PNG")
            seal.qr_code = b64encode(stream.getvalue())

    def action_seal_now(self):
        """Seal what happened up to this moment, without waiting for the job."""
        self.check_access("read")
        # sudo: sealing changes nothing; the sooner the better.
        self.sudo()._seal()
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    @api.model
    def _cron_seal(self):
        """Every minute: seal, then look after partitions and triggers.

        Each batch is committed for itself: a job that is killed has sealed what it
        sealed, and the next one goes on from there. Heads are told by a job of its own
        (``pharma.audit.target._cron_push``), so they never leave before their seal.
        """
        progress = self.env["ir.cron"]._commit_progress
        while self._seal_batch():
            if not progress(1, remaining=1):
                return
        progress(remaining=1)
        self._try_upkeep(self.env["pharma.audit.entry"]._create_partitions)
        self._try_upkeep(self._restore_guards)
        progress(remaining=0)

    @api.model
    def _try_upkeep(self, work):
        """Upkeep waits for nobody: a table in use is looked after the next minute."""
        try:
            with self.env.cr.savepoint():
                self.env.cr.execute("SET LOCAL lock_timeout = '2s'")
                work()
        except psycopg2.Error:
            _logger.info("upkeep of the audit trail put off", exc_info=True)
        else:
            self.env.cr.execute("SET LOCAL lock_timeout TO DEFAULT")

    @api.model
    def _seal(self):
        while self._seal_batch():
            pass

    @api.model
    def _seal_batch(self):
        """Seal up to BATCH entries; whether there may be more.

        Two runs at once: the second one finds the lock taken and leaves; one that began
        before the first ended finds the seal there.
        """
        self.env.cr.execute("SELECT pg_try_advisory_xact_lock(%s)", (LOCK,))
        if not self.env.cr.fetchone()[0]:
            return False
        last = self.search([], limit=1)
        ids, is_full = self._unsealed_ids(last.frontier_id)
        pointers = self._next_pointers(last)
        if is_full:
            pointers = capped(pointers, ids[-1])
        try:
            with self.env.cr.savepoint():
                if ids:
                    self.create([self._prepare_values(last, pointers, ids)])
        except psycopg2.errors.UniqueViolation:
            return False
        return is_full

    @api.model
    def _next_pointers(self, last):
        former = Pointers(
            last.frontier_id, last.candidate_id, last.candidate_txid, last.high_id
        )
        self.env.cr.execute(
            """SELECT pg_snapshot_xmin(s)::text::bigint,
                      pg_snapshot_xmax(s)::text::bigint,
                      (SELECT last_value FROM pharma_audit_entry_id_seq)
                 FROM pg_current_snapshot() s"""
        )
        return advance(former, *self.env.cr.fetchone())

    @api.model
    def _unsealed_ids(self, frontier_id):
        """Ids beyond the frontier that no seal holds, and whether there may be more."""
        recent = self.search([("last_id", ">", frontier_id)])
        sealed = chain.merge(
            (first, last) for seal in recent for first, last in json.loads(seal.ranges)
        )
        gaps = _gaps(sealed, frontier_id)
        self.env.cr.execute(
            SQL(
                "SELECT id FROM pharma_audit_entry WHERE id > %s AND (%s)"
                " ORDER BY id LIMIT %s",
                frontier_id,
                SQL(" OR ").join(
                    SQL("id BETWEEN %s AND %s", first, last) for first, last in gaps
                ),
                BATCH,
            )
        )
        rows = self.env.cr.fetchall()
        # A number that stands twice counts once; see _prepare_values.
        return list(dict.fromkeys(number for (number,) in rows)), len(rows) == BATCH

    @api.model
    def _prepare_values(self, last, pointers, ids):
        wanted, by_id = set(ids), {}
        for line in self._lines(ids[0], ids[-1]):
            number = chain.line_id(line)
            if number in wanted:
                # Of two with one number the second was forged: no seal knows it.
                by_id.setdefault(number, line)
        lines = list(by_id.values())
        now = fields.Datetime.now().isoformat()
        seal = chain.make_seal(
            last.number + 1,
            now,
            self._algorithm(),
            last.hash or chain.GENESIS,
            lines,
        )
        return {
            "number": seal.number,
            "date": seal.date,
            "algorithm": seal.algorithm,
            "entry_count": seal.count,
            "first_id": ids[0],
            "last_id": ids[-1],
            "ranges": json.dumps(seal.ranges),
            "leaves": b64encode(seal.leaves),
            "previous_hash": seal.previous,
            "hash": seal.hash,
            "note": self._clock_note(last, now),
            **asdict(pointers),
        }

    @api.model
    def _clock_note(self, last, now):
        """The chain follows ids: a wrong clock breaks nothing, it is told (CS-24)."""
        if not last:
            return False
        back = fields.Datetime.to_datetime(
            last.date.replace("T", " ")[:19]
        ) - fields.Datetime.to_datetime(now.replace("T", " ")[:19])
        if back.total_seconds() <= CLOCK_TOLERANCE_SECONDS:
            return False
        note = self.env._(
            "The server's clock went back by %s minutes.",
            round(back.total_seconds() / 60),
        )
        self.env["pharma.audit.target"]._alert(note)
        return note

    @api.model
    def _algorithm(self):
        # sudo: parameters are read by the system only.
        name = (
            self.env["ir.config_parameter"].sudo().get_param("pharma_audit.algorithm")
        )
        return name if name in chain.ALGORITHMS else "sm3"

    @api.model
    def _lines(self, first, last):
        """The lines of the entries between two ids, as PostgreSQL writes them."""
        return read_lines(self.env.cr._obj, first, last)

    def _as_link(self):
        """This seal as the verifier knows it."""
        return chain.Seal(
            number=self.number,
            date=self.date,
            algorithm=self.algorithm,
            ranges=tuple((first, last) for first, last in json.loads(self.ranges)),
            previous=self.previous_hash,
            leaves=b64decode(self.leaves),
            hash=self.hash,
        )

    def _write_export(self, stream):
        """Write these seals with their entries, as ``verify_audit.py`` reads them.

        Entries of archived months come from their files.

        :param stream: binary, written to piece by piece
        """
        archives = self.env["pharma.audit.archive"]._archives()
        header = {"format": chain.FORMAT, "database": self.env.cr.dbname}
        stream.write(json.dumps(header).encode() + b"\n")
        for seal in self.sorted("number"):
            link = seal._as_link()
            stream.write(json.dumps({"seal": link.as_dict()}).encode() + b"\n")
            lines = [
                line
                for line in self._lines(seal.first_id, seal.last_id)
                if chain.contains(link.ranges, chain.line_id(line))
            ]
            for line in archives.complete(link, lines):
                stream.write(line + b"\n")

    @api.model
    def _restore_guards(self):
        """What is missing was taken off by somebody: put it back and tell it."""
        missing = self.env["pharma.audit.table"]._install_triggers()
        tables = sorted({table for table, _trigger in missing})
        tables += self.env["pharma.audit.entry"]._restore_own_guards()
        if tables:
            note = self.env._(
                "Recording or its protection was off for: %s. It was switched on "
                "again; changes made meanwhile are not in the trail.",
                ", ".join(tables),
            )
            self.env["pharma.audit.entry"]._log("alert", self.browse(), note)
            self.env["pharma.audit.target"]._alert(note)


def _gaps(sealed, frontier_id):
    """Ranges beyond the frontier that ``sealed`` leaves open, the last one endless.

    >>> _gaps(((1, 3), (7, 9)), 2)
    [(4, 6), (10, 9223372036854775807)]
    """
    gaps, start = [], frontier_id + 1
    for first, last in sealed:
        if first > start:
            gaps.append((start, first - 1))
        start = max(start, last + 1)
    return [*gaps, (start, 2**63 - 1)]
