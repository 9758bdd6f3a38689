from odoo import api, fields, models

from ..tools import code_state


class StockPicking(models.Model):
    """A transfer and the codes scanned for it (OB-12)."""

    _inherit = "stock.picking"

    trace_scan_ids = fields.One2many(
        "pharma.trace.scan", "picking_id", "Scanned Codes", readonly=True
    )
    trace_scan_count = fields.Integer(
        "Number of Codes", compute="_compute_trace_scan_count"
    )

    @api.depends("trace_scan_ids.state")
    def _compute_trace_scan_count(self):
        counts = dict(
            # sudo: how many were scanned is no secret to who sees the transfer.
            self.env["pharma.trace.scan"]
            .sudo()
            ._read_group(
                [("picking_id", "in", self.ids), ("state", "!=", "undone")],
                ["picking_id"],
                ["__count"],
            )
        )
        for picking in self:
            picking.trace_scan_count = counts.get(picking._origin, 0)

    @api.constrains("partner_id")
    def _check_lot_flow(self):
        """Whom goods went to may be corrected after they moved."""
        done = self.move_line_ids.filtered(lambda line: line.state == "done")
        self.env["pharma.lot.flow"]._record(done)

    def action_scan_code(self, code, uid, line_id=None):
        """Scan a code for this transfer; the answer tells whether it counts.

        :param code: as the scanner sent it
        :param uid: drawn by the device for this scan; sent twice, it counts once
        :param line_id: of the stock.move.line the person chose, if she did
        :return: ``ScanAnswer.as_dict()``
        """
        self.ensure_one()
        line = self.env["stock.move.line"].browse(line_id or [])
        return self.env["pharma.trace.scan"]._record(self, code, uid, line).as_dict()

    def action_undo_scan(self, uid):
        """Take back one scan of this transfer.

        :return: whether there was one
        """
        self.ensure_one()
        return self.env["pharma.trace.scan"]._undo(uid)

    def action_open_trace_codes(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Codes of %s", self.display_name),
            "res_model": "pharma.trace.scan",
            "view_mode": "list",
            "domain": [("picking_id", "=", self.id)],
            "context": {"create": False},
        }

    def action_cancel(self):
        result = super().action_cancel()
        # sudo: what was scanned for a transfer ends with it.
        self.sudo().trace_scan_ids.filtered(
            lambda scan: scan.state == "open"
        ).state = "undone"
        return result

    def _trace_codes(self):
        """Codes scanned for these transfers: the packs that were in hand.

        What lies in them: ``_smallest()`` of the result.
        """
        scans = self.env["pharma.trace.scan"].sudo()  # sudo: as in the count above
        found = scans.search_fetch(
            [("picking_id", "in", self.ids), ("state", "!=", "undone")], ["code_id"]
        )
        return found.code_id.with_env(self.env)

    def _trace_step(self):
        """What this transfer does to codes, or None."""
        self.ensure_one()
        if self.state in ("done", "cancel"):
            return None
        source, target = self.location_id, self.location_dest_id
        return code_state.step_of(
            source.usage,
            target.usage,
            is_released=source.is_pharma_quarantine and not target.is_pharma_quarantine,
        )
