from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools import code_state

# Where the pack is with somebody else, or nowhere.
GONE = frozenset({"out", "destroyed"})


class PharmaTraceCode(models.Model):
    """What happens to codes when goods move: one statement each, however many."""

    _inherit = "pharma.trace.code"

    @api.model
    def _post(self, picking, products):
        """Codes scanned for a transfer follow its goods (FA-53).

        :param products: of the moves that were just done
        :raise UserError: if one of them can't take that step any more
        """
        for group in self._posting_groups(picking, products):
            scans, code_ids, packs, source, target = group
            step = code_state.step_of(
                source.usage,
                target.usage,
                is_released=source.is_pharma_quarantine
                and not target.is_pharma_quarantine,
            )
            if step:
                self._take_step(picking, step, scans, code_ids, target, packs)
            self._close_scans(scans)

    @api.model
    def _posting_groups(self, picking, products):
        """[(scan ids, code ids, packs, source, target)] of open scans; one query."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """SELECT array_agg(scan.id), array_agg(scan.code_id), sum(scan.packs),
                          COALESCE(line.location_id, %s),
                          COALESCE(line.location_dest_id, %s)
                     FROM pharma_trace_scan scan
                     LEFT JOIN stock_move_line line ON line.id = scan.move_line_id
                    WHERE scan.picking_id = %s AND scan.state = 'open'
                      AND scan.product_id = ANY(%s)
                    GROUP BY 4, 5""",
                picking.location_id.id,
                picking.location_dest_id.id,
                picking.id,
                products.ids,
            )
        )
        locations = self.env["stock.location"]
        return [
            (scans, codes, packs, locations.browse(source), locations.browse(target))
            for scans, codes, packs, source, target in rows
        ]

    @api.model
    def _take_step(self, picking, step, scans, code_ids, target, packs):
        self.browse(code_ids)._open_around(picking)
        moved = self._update_states(picking, step, scans, target)
        if moved < len(code_ids):
            self.invalidate_model()
            self.browse(code_ids)._refuse_step(step, picking)
        self.invalidate_model()
        self.env["pharma.trace.event"]._tell(
            step,
            code_ids,
            document=picking,
            location_id=target.id,
            partner_id=picking.partner_id.id,
            pack_count=packs,
        )

    @api.model
    def _update_states(self, picking, step, scans, target):
        """Move all codes of these scans; the number of those that could.

        What a sister company sold to us counts as on its way.
        """
        changes = code_state.TRANSITIONS[step]
        (after,) = {changes[state] for state in changes} if step != "move" else ({None})
        is_first_time = step in ("receive", "find", "pass_through")
        rows = self.env.execute_query(
            SQL(
                """WITH moved AS (
                       UPDATE pharma_trace_code code
                          SET own_state = COALESCE(%(after)s, code.own_state),
                              own_location_id = %(location)s,
                              own_partner_id = %(partner)s,
                              company_id = %(company)s,
                              lot_id = COALESCE(code.lot_id, line.lot_id)
                         FROM pharma_trace_scan scan
                         LEFT JOIN stock_move_line line ON line.id = scan.move_line_id
                        WHERE scan.id = ANY(%(scans)s) AND code.id = scan.code_id
                          AND (code.own_state = ANY(%(before)s)
                               OR %(is_first)s AND code.own_state = 'out'
                                  AND code.company_id <> %(company)s)
                    RETURNING code.id)
                   SELECT count(*) FROM moved""",
                after=after,
                location=None if after in GONE else target.id,
                partner=(picking.partner_id.id or None) if after == "out" else None,
                company=picking.company_id.id,
                scans=scans,
                before=[*changes],
                is_first=is_first_time,
            )
        )
        return rows[0][0]

    def _take(self, step, document, location=None, partner=None):
        """Let these packs, and all they hold, take a step outside of a transfer.

        :param step: one of ``tools.code_state.STEPS``, such as destroy or recall
        :param document: the record that makes it happen
        :raise UserError: if one of them can't
        """
        codes = self.sudo()  # sudo: codes are moved by documents, never by hand
        codes._open_around(document)
        changes = code_state.TRANSITIONS[step]
        pairs = [*changes.items()]
        moved = self.env.execute_query(
            SQL(
                """UPDATE pharma_trace_code code
                      SET own_state = change.after,
                          own_location_id = CASE WHEN change.after = ANY(%s) THEN NULL
                              ELSE COALESCE(%s, own_location_id) END,
                          own_partner_id = CASE WHEN change.after = 'in_stock' THEN NULL
                              ELSE COALESCE(%s, own_partner_id) END
                     FROM (SELECT unnest(%s), unnest(%s)) AS change(before, after)
                    WHERE code.id = ANY(%s) AND code.own_state = change.before
                RETURNING code.packs""",
                [*GONE],
                location.id if location else None,
                partner.id if partner else None,
                [before for before, _after in pairs],
                [after for _before, after in pairs],
                codes.ids,
            )
        )
        self.invalidate_model()
        if len(moved) < len(codes):
            codes._refuse_step(step, document)
        return self.env["pharma.trace.event"]._tell(
            step,
            codes.ids,
            document=document,
            location_id=location.id if location else False,
            partner_id=partner.id if partner else False,
            pack_count=sum(packs for (packs,) in moved),
        )

    def _refuse_step(self, step, document):
        """Say which of these can't go along, and what it is instead."""
        doubtful = [
            code
            for code in self
            if not code.own_state or code_state.obstacle(code.own_state, step)
        ]
        labels = dict(self._fields["state"]._description_selection(self.env))
        code = doubtful[0] if doubtful else self[:1]
        raise UserError(
            self.env._(
                "Code %(code)s can't go along with %(document)s: it is «%(state)s». "
                "Take it off, and set the pack apart.",
                code=code.code,
                document=document.display_name,
                state=labels.get(code.state, ""),
            )
        )

    def _open_around(self, document):
        """One piece leaves: whatever closed pack it lies in is opened for ever (TV-18).

        The other pieces of each opened pack stand for themselves from now on, where
        the whole was.
        """
        self.flush_model(["own_state", "parent_id"])
        opened = self.env.execute_query(
            SQL(
                """WITH RECURSIVE up(node, parent_id, own_state) AS (
                       SELECT id, parent_id, own_state FROM pharma_trace_code
                        WHERE id = ANY(%s)
                       UNION
                       SELECT code.id, code.parent_id, code.own_state
                         FROM up JOIN pharma_trace_code code ON code.id = up.parent_id
                        WHERE up.own_state IS NULL)
                   SELECT DISTINCT parent_id FROM up WHERE own_state IS NULL""",
                self.ids,
            )
        )
        packs = self.browse([number for (number,) in opened if number])
        if not packs:
            return
        holders = packs._holders()
        self.env.execute_query(
            SQL(
                """WITH holder(pack_id, id) AS (SELECT unnest(%s), unnest(%s)),
                   freed AS (
                       UPDATE pharma_trace_code piece
                          SET own_state = pack.own_state,
                              own_location_id = pack.own_location_id,
                              own_partner_id = pack.own_partner_id
                         FROM holder JOIN pharma_trace_code pack ON pack.id = holder.id
                        WHERE piece.parent_id = holder.pack_id
                          AND piece.own_state IS NULL
                       RETURNING piece.id)
                   SELECT count(*) FROM freed""",
                [*holders],
                [*holders.values()],
            )
        )
        self.env.execute_query(
            SQL(
                """UPDATE pharma_trace_code SET is_opened = TRUE WHERE id = ANY(%s)
                   RETURNING 1""",
                packs.ids,
            )
        )
        self.invalidate_model()
        self.env["pharma.trace.event"]._tell("open", packs.ids, document)

    @api.model
    def _close_scans(self, scan_ids):
        self.env.execute_query(
            SQL(
                """UPDATE pharma_trace_scan scan
                      SET state = 'posted',
                          lot_id = COALESCE(scan.lot_id, line.lot_id)
                     FROM pharma_trace_scan same
                     LEFT JOIN stock_move_line line ON line.id = same.move_line_id
                    WHERE same.id = scan.id AND scan.id = ANY(%s) RETURNING 1""",
                scan_ids,
            )
        )
        self.env["pharma.trace.scan"].invalidate_model()
