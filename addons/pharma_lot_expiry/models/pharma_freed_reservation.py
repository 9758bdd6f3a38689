from odoo import api, fields, models


class PharmaFreedReservation(models.Model):
    """A reservation dropped because its lot expired or was held; what came instead."""

    _name = "pharma.freed.reservation"
    _description = "Reservation Freed"
    _order = "id desc"

    date = fields.Datetime(default=fields.Datetime.now, required=True, index=True)
    cause = fields.Selection(
        [("expired", "Expired"), ("held", "On hold")], required=True
    )
    hold_id = fields.Many2one("pharma.lot.hold", index="btree_not_null")
    company_id = fields.Many2one("res.company", index=True)
    move_id = fields.Many2one("stock.move", ondelete="set null", index="btree_not_null")
    picking_id = fields.Many2one(
        "stock.picking", "Transfer", ondelete="set null", index="btree_not_null"
    )
    sale_id = fields.Many2one("sale.order", "Sale Order", index="btree_not_null")
    partner_id = fields.Many2one("res.partner", "Customer")
    product_id = fields.Many2one("product.product", required=True)
    lot_id = fields.Many2one("stock.lot", index="btree_not_null")
    quantity = fields.Float("Freed", digits="Product Unit")
    refilled = fields.Float("Reserved Anew", digits="Product Unit")
    missing = fields.Float(
        "Still Missing", digits="Product Unit", compute="_compute_missing", store=True
    )

    @api.depends("quantity", "refilled")
    def _compute_missing(self):
        for line in self:
            line.missing = max(line.quantity - line.refilled, 0)

    def _reserved_now(self):
        """{move: what it has reserved, in its own unit}"""
        return {move: move.quantity for move in self.move_id}

    def _settle(self, before):
        """Note what the moves got instead, and tell the sellers what they lack.

        :param before: ``_reserved_now()`` before anything was reserved anew
        """
        for move, lines in self.grouped("move_id").items():
            lines._note_refilled(move.quantity - before[move])
        self._tell_sellers()

    def _note_refilled(self, quantity):
        """Share out what one move got anew over its freed lines, the first ones first.

        :param quantity: in the unit of the move
        """
        for line in self:
            line.refilled = min(line.quantity, max(quantity, 0))
            quantity -= line.refilled

    def _tell_sellers(self):
        """One activity per order that lacks goods now."""
        for order, lines in self.filtered("missing").grouped("sale_id").items():
            if order:
                order.activity_schedule(
                    "pharma_gsp.mail_activity_type_gate",
                    user_id=order.user_id.id or self.env.uid,
                    summary=self.env._("Goods are missing after a lot was stopped"),
                    note=lines._missing_sentence(),
                )

    def _missing_sentence(self):
        return "; ".join(
            self.env._(
                "%(product)s: %(missing)g missing, lot %(lot)s can't be sold any more",
                product=line.product_id.display_name,
                missing=line.missing,
                lot=line.lot_id.name,
            )
            for line in self
        )

    def _replaced_sentence(self):
        """What was dropped and what came instead, for who is about to ship it."""
        lots = self.move_id.move_line_ids.lot_id
        return self.env._(
            "Lot %(bad)s can't be shipped any more. Reserved instead: %(good)s. Pick "
            "these and validate again.",
            bad=", ".join(self.lot_id.mapped("name")),
            good=", ".join(lots.mapped("name")) or self.env._("nothing"),
        )
