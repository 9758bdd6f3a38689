from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError, UserError
from odoo.fields import Domain
from odoo.tools import mute_logger

# What happens to a scan after it was answered.
LATER = {
    "finished",
    "lot_id",
    "location_id",
    "picking_id",
    "undone",
    "undone_date",
}
COUNTED = ("ok", "warn")


class PharmaScanEntry(models.Model):
    """One scan as it arrived, and what the station said to it.

    The device names each scan (``uid``), so one that is sent again after a broken
    connection is answered again, never counted again. How far a transfer is scanned is
    the sum of its entries; the transfer itself changes when it is finished.
    """

    _name = "pharma.scan.entry"
    _description = "Scan"
    _order = "id desc"
    _rec_name = "text"

    uid = fields.Char("Device Number", required=True, readonly=True)
    text = fields.Char("Scanned", readonly=True)
    mode = fields.Selection(
        [
            ("receive", "Receive"),
            ("putaway", "Put Away"),
            ("pick", "Pick"),
            ("review", "Review"),
            ("return", "Return"),
            ("count", "Count"),
        ],
        required=True,
        readonly=True,
    )
    kind = fields.Char("Read as", readonly=True)
    verdict = fields.Selection(
        [
            ("ok", "Counted"),
            ("warn", "Counted with a warning"),
            ("ask", "Asked back"),
            ("info", "Noted"),
            ("refused", "Refused"),
        ],
        required=True,
        readonly=True,
    )
    reason = fields.Char("Reason Code", readonly=True)
    sentence = fields.Char("Answer", readonly=True)
    picking_id = fields.Many2one(
        "stock.picking", "Transfer", readonly=True, index="btree_not_null"
    )
    product_id = fields.Many2one("product.product", readonly=True)
    lot_id = fields.Many2one("stock.lot", readonly=True, index="btree_not_null")
    lot_name = fields.Char("Lot Number", readonly=True)
    expiry_date = fields.Date("Expires after", readonly=True)
    expiry_label = fields.Char("Expiry as Printed", readonly=True)
    production_date = fields.Date("Made on", readonly=True)
    code = fields.Char("Trace Code", readonly=True, index="btree_not_null")
    source_id = fields.Many2one("stock.location", "From", readonly=True)
    location_id = fields.Many2one("stock.location", readonly=True)
    packs = fields.Float(digits="Product Unit", readonly=True)
    sequence = fields.Integer("Number in the Transfer", readonly=True)
    user_id = fields.Many2one("res.users", "Scanned by", required=True, readonly=True)
    scanned_date = fields.Datetime(
        "Scanned on",
        readonly=True,
        help="By the clock of the device; it reaches us later if the network is down.",
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    undone = fields.Boolean(readonly=True)
    undone_date = fields.Datetime(readonly=True)
    finished = fields.Boolean(
        readonly=True, help="Its count, or its transfer, was finished."
    )

    _uid_uniq = models.Constraint("UNIQUE(uid)", "This scan was recorded already.")
    # Two devices on one transfer take turns, or both would count the last pack.
    _sequence_uniq = models.UniqueIndex(
        "(picking_id, mode, sequence) WHERE picking_id IS NOT NULL AND sequence > 0",
        "Another device scanned for this transfer at the same moment.",
    )
    _open_idx = models.Index(
        "(user_id, mode) WHERE picking_id IS NULL AND finished IS NOT TRUE"
    )

    def write(self, vals):
        if vals.keys() - LATER:
            raise UserError(
                self.env._("A scan is kept as it arrived; undo it at the station.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Scans are kept as proof; undo it at the station."))

    @api.model
    def _record(self, vals_list):
        """Keep a batch of answered scans, all or none.

        :raise ConcurrencyError: when another device was faster; the whole request is
            then tried again with what that one left
        """
        # sudo: nobody writes here but the station, after its checks.
        entries = self.sudo()
        try:
            with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                return entries.create(vals_list)
        except UniqueViolation as error:
            raise ConcurrencyError("two devices on one transfer") from error

    @api.model
    def _counted_domain(self):
        """The scans that count."""
        return (
            Domain("verdict", "in", COUNTED)
            & Domain("undone", "=", False)
            & Domain("finished", "=", False)
            & Domain("product_id", "!=", False)
        )

    def _answer(self):
        """What the device is told about this scan, now or when it asks again."""
        self.ensure_one()
        return {
            "uid": self.uid,
            "text": self.text,
            "verdict": self.verdict,
            "reason": self.reason or "",
            "sentence": self.sentence or "",
            "packs": self.packs,
            "undone": self.undone,
            "counted": self.verdict in COUNTED and not self.undone,
            "picking_id": self.picking_id.id,
        }
