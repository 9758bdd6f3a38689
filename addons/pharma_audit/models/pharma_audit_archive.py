import gzip
import os
from pathlib import Path

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models, tools
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools import verify_audit as chain
from ..tools.archive import Archives, file_digest
from .big_integer import BigInteger

# Records are kept five years at least (CS-26); ten cover drugs that live five years
# and must be kept five more.
MIN_MONTHS = 60
DEFAULT_MONTHS = 120


class PharmaAuditArchive(models.Model):
    """A month of the trail that was moved to a file after its time of retention.

    The seals stay, and every verification reads the file again and proves it.
    """

    _name = "pharma.audit.archive"
    _description = "Archived Month of the Audit Trail"
    _inherit = ["pharma.append.only"]
    _order = "month desc"
    _rec_name = "month"

    month = fields.Date(required=True, readonly=True)
    file_name = fields.Char(required=True, readonly=True)
    sha256 = fields.Char("SHA-256 of the File", required=True, readonly=True)
    entry_count = BigInteger("Entries", readonly=True)
    ranges = fields.Json(readonly=True)
    user_id = fields.Many2one(
        "res.users", default=lambda self: self.env.user, readonly=True
    )

    _month_uniq = models.Constraint("UNIQUE(month)", "This month is archived already.")

    @api.model
    def _retention_months(self):
        # sudo: parameters are read by the system only.
        value = (
            self.env["ir.config_parameter"]
            .sudo()
            .get_param("pharma_audit.retention_months", DEFAULT_MONTHS)
        )
        try:
            return max(int(value), MIN_MONTHS)
        except ValueError:
            return DEFAULT_MONTHS

    @api.model
    def _archive_month(self, month):
        """Move a month to a file in the data directory and drop its partition.

        :param month: its first day
        :raise UserError: before its time of retention is over, or with unsealed rows
        """
        self._check_may_go(month)
        partition = self.env["pharma.audit.entry"]._partition_name(month)
        ranges, seals = self._sealed_rows(partition)
        path = self._write_file(partition, seals)
        archive = self.create(
            [
                {
                    "month": month,
                    "file_name": path.name,
                    "sha256": file_digest(path),
                    "entry_count": sum(last - first + 1 for first, last in ranges),
                    "ranges": ranges,
                }
            ]
        )
        self.env.cr.execute(SQL("DROP TABLE %s", SQL.identifier(partition)))
        self.env["pharma.audit.entry"]._log(
            "alert",
            archive,
            self.env._(
                "%(month)s was archived: %(count)s entries are in %(file)s now.",
                month=month.strftime("%Y-%m"),
                count=archive.entry_count,
                file=path.name,
            ),
        )
        return archive

    @api.model
    def _write_file(self, partition, seals):
        """A file that is whole or isn't there, and never overwrites another."""
        path = _folder() / f"{self.env.cr.dbname}-{partition}.jsonl.gz"
        if path.exists():
            raise UserError(
                self.env._(
                    "%s exists already. Move it to a safe place first; nothing was "
                    "removed.",
                    path.name,
                )
            )
        draft = path.with_suffix(".part")
        with draft.open("wb") as raw, gzip.open(raw, "wb") as stream:
            seals._write_export(stream)
        with draft.open("rb") as raw:
            os.fsync(raw.fileno())
        return draft.rename(path)

    @api.model
    def _archives(self):
        """The archived months, to be read again."""
        return Archives(
            (_folder() / archive.file_name, archive.sha256, archive.ranges or ())
            for archive in self.search([])
        )

    @api.model
    def _sealed_rows(self, partition):
        """Ranges of the partition's ids, and the seals that hold them, all of them."""
        self.env.cr.execute("SELECT to_regclass(%s)", (partition,))
        if self.env.cr.fetchone() == (None,):
            raise UserError(
                self.env._("There are no entries of this month, or they went before.")
            )
        self.env.cr.execute(
            SQL("SELECT id FROM %s ORDER BY id", SQL.identifier(partition))
        )
        ranges = chain.compress(number for (number,) in self.env.cr.fetchall())
        seals = self.env["pharma.audit.seal"].browse()
        if ranges:
            seals = seals.search(
                [("last_id", ">=", ranges[0][0]), ("first_id", "<=", ranges[-1][1])],
                order="number",
            )
        held = chain.merge(pair for seal in seals for pair in seal._as_link().ranges)
        if any(not chain.contains(held, n) for n in chain.expand(ranges)):
            raise UserError(
                self.env._("Rows of this month aren't sealed yet. Seal them first.")
            )
        return ranges, seals

    @api.model
    def _check_may_go(self, month):
        kept = fields.Date.today() - relativedelta(months=self._retention_months())
        if month + relativedelta(months=1) > kept.replace(day=1):
            raise UserError(
                self.env._(
                    "%(month)s is kept until %(months)s months have passed. Nothing "
                    "was removed.",
                    month=month.strftime("%Y-%m"),
                    months=self._retention_months(),
                )
            )


def _folder():
    return Path(tools.config["data_dir"])
