from collections import defaultdict
from dataclasses import replace

from odoo import api, fields, models
from odoo.fields import Domain

from ..tools.allocation import Wish
from .trading import Trading

INSIDE = {"internal", "transit"}
# Nobody is supplied from there.
OUTSIDE = {"inventory", "supplier"}
OPEN_STATES = ("waiting", "confirmed", "partially_available", "assigned")


class StockMove(models.Model):
    _inherit = "stock.move"

    is_pharma_controlled = fields.Boolean(related="product_id.pharma_controlled")

    # What is reserved

    def _update_reserved_quantity(
        self,
        need,
        location_id,
        lot_id=None,
        package_id=None,
        owner_id=None,
        strict=True,
    ):
        self = self._wishing()
        wanted = self.sale_line_id.pharma_lot_id
        if wanted and not lot_id:
            lot_id = wanted
        return super()._update_reserved_quantity(
            need, location_id, lot_id, package_id, owner_id, strict
        )

    def _get_available_quantity(
        self,
        location_id,
        lot_id=None,
        package_id=None,
        owner_id=None,
        strict=False,
        allow_negative=False,
    ):
        self = self._wishing(pharma_reserving=True)
        return super()._get_available_quantity(
            location_id, lot_id, package_id, owner_id, strict, allow_negative
        )

    def _set_quantity_done_prepare_vals(self, qty):
        return super(StockMove, self._wishing())._set_quantity_done_prepare_vals(qty)

    def _set_lot_ids(self):  # pylint: disable=missing-return
        for move in self:
            super(StockMove, move._wishing())._set_lot_ids()

    def _wishing(self, **context):
        """The move with what it wants of the stock; set anew each time, see quants."""
        if not self.product_id.pharma_controlled:
            return self
        return self.with_context(pharma_wish=self._pharma_wish(), **context)

    def _pharma_wish(self):
        """What the goods of this move are for.

        :rtype: tools.allocation.Wish
        """
        if self._is_way_out():
            return Wish(is_way_out=True)
        partner = self._pharma_customer()
        if not partner:
            return Wish()
        day = self.env["stock.lot"]._planned_day(self.date)
        return Trading.of(self, self.product_id).wish(partner, day, self.product_id)

    def _is_way_out(self):
        """Whether bad goods may go there: nobody is supplied from it.

        What leaves our shelves on a customer's order is on no way out, wherever
        somebody points it.
        """
        is_sold = bool(self.sale_line_id) and (
            "customer" not in self._gate_sources().mapped("usage")
        )
        return all(
            target.is_pharma_quarantine or target.usage in OUTSIDE and not is_sold
            for target in self._gate_targets()
        )

    def _pharma_customer(self):
        """Whom the goods are for in the end, also while they are only being picked."""
        final = self.location_final_id or self.location_dest_id
        if final.usage != "customer":
            return self.env["res.partner"]
        order = self.sale_line_id.order_id
        partner = order.partner_id or self.picking_id.partner_id or self.partner_id
        return partner.commercial_partner_id

    # Reservations of lots that went bad

    def _action_assign(self, force_qty=False):
        """Whoever touches a reservation finds bad lots gone and good ones in place."""
        freed = self._pharma_free_bad_lots()
        before = freed._reserved_now()
        trading = Trading(self.product_id.filtered("pharma_controlled"))
        self = self.with_context(pharma_trading=trading)
        result = super()._action_assign(force_qty=force_qty)
        freed._settle(before)
        return result

    def _pharma_free_bad_lots(self, hold=None):
        """Drop what is reserved of lots that may no longer be traded (ST-10, ST-13).

        Lines already picked stay: the goods are in somebody's hands, and the gate
        tells her when she ships them.

        :return: ``pharma.freed.reservation`` records, nothing reserved anew yet
        """
        lines = self._pharma_bad_lines()
        if not lines:
            return self.env["pharma.freed.reservation"]
        values = [line._prepare_freed_values(hold) for line in lines]
        # sudo: seller or picker free what the law frees, whoever reserved it.
        lines.sudo().unlink()
        return self.env["pharma.freed.reservation"].sudo().create(values)

    def _pharma_bad_lines(self):
        """Reserved, unpicked lines of these moves whose lot can't be traded now."""
        lines = self.move_line_ids.filtered(
            lambda line: (
                line.product_id.pharma_controlled
                and line.lot_id
                and not line.picked
                and line.state not in ("done", "cancel")
                and line.location_id.usage in INSIDE
                and not line.move_id._is_way_out()
            )
        )
        bad = lines.lot_id.filtered(lambda lot: lot.pharma_state in ("expired", "held"))
        held = self.env["pharma.lot.hold"]._held_locations(lines.location_id)
        return lines.filtered(
            lambda line: line.lot_id in bad or line.location_id in held
        )

    def _pharma_replace_bad_lots(self, hold=None):
        """Free bad lots and reserve good ones instead, in this transaction.

        :return: ``pharma.freed.reservation`` records that say what came instead
        """
        freed = self._pharma_free_bad_lots(hold)
        before = freed._reserved_now()
        freed.move_id._action_assign()
        freed._settle(before)
        return freed

    @api.model
    def _cron_free_expired_lots(self):
        """Nightly: orders hit by lots that ended yesterday (ST-10)."""
        lines = self.env["stock.move.line"].search(
            self._reserved_line_domain()
            & Domain("lot_id.expiry_date", "<", self.env["stock.lot"]._today())
        )
        pickings = lines.move_id.grouped("picking_id")
        for done, moves in enumerate(pickings.values(), 1):
            moves._pharma_replace_bad_lots()
            if not self.env["ir.cron"]._commit_progress(
                1, remaining=len(pickings) - done
            ):
                break

    @api.model
    def _reserved_line_domain(self):
        """Lines of drugs reserved on our shelves and not yet in anybody's hands."""
        return (
            Domain("state", "in", ("assigned", "partially_available"))
            & Domain("picked", "=", False)
            & Domain("product_id.pharma_controlled", "=", True)
            & Domain("location_id.usage", "in", tuple(INSIDE))
        )

    # The gate

    @api.model
    def _gate_sides(self):
        return {**super()._gate_sides(), "transfer": "transfer"}

    def _gate_crossing(self, operation):
        """Goods that stay ours, or come back, and may be supplied from again."""
        if operation != "transfer":
            return super()._gate_crossing(operation)
        return self.filtered(
            lambda move: (
                not move._is_way_out()
                and set(move._gate_targets().mapped("usage")) != {"customer"}
                and not set(move._gate_sources().mapped("usage")) <= OUTSIDE
            )
        )

    def _gate_subject(self, operation, today, lines):
        if operation != "transfer":
            return super()._gate_subject(operation, today, lines)
        subject = super()._gate_subject("receipt", today, lines)
        partner = subject.partner or subject.company.partner_id
        return replace(subject, operation=operation, side=operation, partner=partner)

    @api.model
    def _open_demand_domain(self):
        """Goods confirmed to customers that haven't left yet."""
        return Domain("state", "in", OPEN_STATES) & Domain("sale_line_id", "!=", False)

    def _pharma_check_taken(self, lines):
        """Enforce LOT_TAKEN before core would quietly unreserve other orders.

        :param lines: ``stock.move.line`` about to be done
        """
        taken = defaultdict(list)
        for line, free in lines._pharma_free():
            if line.product_id.uom_id.compare(line.quantity_product_uom, free) > 0:
                taken[line.move_id.picking_id or line.move_id].append((line, free))
        today = self._gate_today()
        subjects = []
        for rows in taken.values():
            moves = self.browse().union(*(line.move_id for line, _free in rows))
            subject = moves._gate_subject("transfer", today, self._gate_lines(moves))
            extra = {**subject.extra, "taken": rows, "checks": ("LOT_TAKEN",)}
            subjects.append(replace(subject, extra=extra))
        if subjects:
            self.env["pharma.gate"]._enforce(subjects)

    def _action_done(self, cancel_backorder=False):
        """Codes follow their goods, in the same transaction (FA-53)."""
        moves = super()._action_done(cancel_backorder=cancel_backorder)
        done = moves.filtered(lambda move: move.state == "done" and not move.scrap_id)
        # sudo: whoever may move the goods moves their codes.
        codes = self.env["pharma.trace.code"].sudo()
        for picking, moved in done.grouped("picking_id").items():
            if picking:
                codes._post(picking.sudo(), moved.product_id)
        return moves

    @api.constrains("state", "partner_id", "purchase_line_id", "sale_line_id")
    def _check_lot_flow(self):
        """What moved is noted at once, by whatever door it came to be done (TV-61)."""
        done = self.filtered(lambda move: move.state == "done")
        self.env["pharma.lot.flow"]._record(done.move_line_ids)
