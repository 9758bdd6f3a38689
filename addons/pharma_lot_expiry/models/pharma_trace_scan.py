from dataclasses import replace

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..tools import trace_code
from .pharma_trace_code_scan import ScanAnswer


class PharmaTraceScan(models.Model):
    """A code scanned for a transfer that is still open, and what became of it.

    A code is in one open transfer at most; PostgreSQL sees to it, so of ten people who
    scan it at once one wins.
    """

    _name = "pharma.trace.scan"
    _description = "Scanned Code"
    _order = "id desc"
    _rec_name = "code_id"

    uid = fields.Char(
        "Scan Number",
        required=True,
        readonly=True,
        help="Drawn by the device, so that a scan sent twice counts once.",
    )
    picking_id = fields.Many2one(
        "stock.picking", "Transfer", required=True, index=True, ondelete="cascade"
    )
    move_line_id = fields.Many2one(
        "stock.move.line", "Line", index="btree_not_null", ondelete="set null"
    )
    code_id = fields.Many2one(
        "pharma.trace.code", required=True, index=True, ondelete="restrict"
    )
    product_id = fields.Many2one("product.product", required=True)
    lot_id = fields.Many2one("stock.lot", ondelete="set null")
    packs = fields.Integer("Smallest Packs", required=True, default=1)
    user_id = fields.Many2one("res.users", "Who", required=True)
    date = fields.Datetime("When", required=True)
    company_id = fields.Many2one("res.company", required=True, index=True)
    state = fields.Selection(
        [("open", "Open"), ("posted", "Posted"), ("undone", "Undone")],
        required=True,
        default="open",
        readonly=True,
    )

    _uid_uniq = models.Constraint("UNIQUE(uid)", "This scan is recorded already.")
    _open_uniq = models.UniqueIndex(
        "(code_id) WHERE state = 'open'",
        "This code was scanned for another transfer a moment ago.",
    )

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Scans are kept; undo it instead."))

    @api.model
    def _record(self, picking, text, uid, line=None):
        """Check a scanned code and write it down for the transfer if it fits.

        Idempotent by ``uid``: what was recorded is answered again, nothing is doubled.

        :param line: of this transfer; any other is as none
        :return: the answer of ``pharma.trace.code._check_scan``
        :raise AccessError: for who may not work on the transfer
        """
        self._check_warehouse(picking)
        # A scanner's noise may hold what no database takes.
        text, uid = (str(part or "").replace("\0", "") for part in (text, uid))
        if not uid:
            raise UserError(self.env._("The device sent a scan without its number."))
        # sudo: who may work on the transfer may scan for it.
        earlier = self.sudo().search([("uid", "=", uid)], limit=1)
        if earlier and (earlier.user_id.id, earlier.picking_id.id) != (
            self.env.uid,
            picking.id,
        ):
            raise UserError(
                self.env._(
                    "Somebody else's scan carries this number: it isn't counted. Scan "
                    "again."
                )
            )
        if earlier:
            return earlier._answer()
        line = line and line & picking.move_line_ids
        codes = self.env["pharma.trace.code"]
        answer = codes._check_scan(text, picking, line)
        if answer.verdict == "blocked":
            codes._tell_refusal(answer, picking, text)
        if answer.verdict != "ok":
            return answer
        code = codes.browse(codes._claim(answer, picking))
        # sudo: as above; the code was just found to fit.
        self.sudo().create(
            {
                "uid": uid,
                "picking_id": picking.id,
                "move_line_id": answer.line.id,
                "code_id": code.id,
                "product_id": answer.product.id,
                "lot_id": answer.lot.id,
                "packs": answer.packs,
                "user_id": self.env.uid,
                "date": fields.Datetime.now(),
                "company_id": picking.company_id.id,
            }
        )
        return replace(answer, code=code)

    @api.model
    def _check_warehouse(self, picking):
        """Who handles goods scans them; sellers may write transfers, too."""
        picking.check_access("write")
        if not (self.env.su or self.env.user.has_group("stock.group_stock_user")):
            raise AccessError(self.env._("Codes are scanned by the warehouse. Ask it."))

    def _answer(self):
        """What was answered when this scan was recorded."""
        self.ensure_one()
        if self.state == "undone":
            return ScanAnswer(
                "ignored", "undone", self.env._("This scan was taken back.")
            )
        sentence = self.env._(
            "%(product)s, %(packs)s packs: scanned.",
            product=self.product_id.display_name,
            packs=self.packs,
        )
        return ScanAnswer(
            "ok",
            "ok",
            sentence,
            parsed=trace_code.parse(self.code_id.code),
            code=self.code_id,
            product=self.product_id,
            lot=self.lot_id,
            level=self.code_id.level,
            packs=self.packs,
            line=self.move_line_id,
        )

    @api.model
    def _undo(self, uid):
        """Take back a scan of an open transfer; one that is gone already is fine.

        :return: whether there was one to take back
        """
        # sudo: as in _record, after the right to the transfer was asked.
        scan = self.sudo().search([("uid", "=", uid), ("state", "=", "open")], limit=1)
        if not scan:
            return False
        self._check_warehouse(scan.picking_id.with_env(self.env))
        scan.state = "undone"
        return True
