from odoo import api, fields, models

from odoo.addons.pharma_gsp.models import stock_move_line

from ..tools import expiry

# A correction of these in goods that moved changes where the lot went (TV-61).
FLOW_FIELDS = {
    "date",
    "location_dest_id",
    "location_id",
    "lot_id",
    "move_id",
    "picking_id",
    "product_uom_id",
    "quantity",
}


class StockMoveLine(models.Model):
    """Goods received carry what was read from their packs, to compare with the lot."""

    _inherit = "stock.move.line"

    _posted_fields = stock_move_line.StockMoveLine._posted_fields | {
        "expiry_date",
        "expiry_label",
        "production_date",
    }

    expiry_label = fields.Char(
        "Expiry as Printed",
        help="As the pack shows it: 2027-05-31, 20270531, or only a month: 2027.05.",
    )
    expiry_date = fields.Date("Expires after")
    production_date = fields.Date("Made on")
    pharma_lot_reason = fields.Char(
        "Why This Lot",
        help="Why a later lot is taken although an earlier one is free (OB-03).",
    )
    lot_expiry_date = fields.Date("Lot Expires after", related="lot_id.expiry_date")

    # When a lot was sold last: one look per lot, whatever its history.
    _moved_lot_idx = models.Index(
        "(lot_id, location_dest_id, date) WHERE state = 'done'"
    )

    @api.onchange("expiry_label")
    def _onchange_expiry_label(self):
        if self.expiry_label:
            self.expiry_date = self.env["stock.lot"]._read_expiry(self.expiry_label)

    @api.onchange("lot_id")
    def _onchange_lot_dates(self):
        if self.lot_id:
            self.expiry_date = self.lot_id.expiry_date
            self.production_date = self.lot_id.production_date

    @api.depends("expiry_date")
    def _compute_expiration_date(self):
        """Core invents a date from the day of receipt; a drug's is on its pack."""
        drugs = self.filtered(lambda line: line.product_id.pharma_controlled)
        for line in drugs:
            day = line.lot_id.expiry_date or line.expiry_date
            line.expiration_date = expiry.last_moment(day)
        return super(StockMoveLine, self - drugs)._compute_expiration_date()

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create([self._with_printed_dates(vals) for vals in vals_list])
        self.env["pharma.lot.flow"]._record(lines._done())
        return lines

    def write(self, vals):
        moved = self._moved_otherwise(vals)
        done = super().write(self._with_printed_dates(vals))
        self.env["pharma.lot.flow"]._correct(moved)
        return done

    def _moved_otherwise(self, vals):
        """Goods that moved and of which these values now say something else.

        Core dates lines again when their move is done, mostly by the same second.
        """
        if not FLOW_FIELDS & vals.keys():
            return self.browse()
        return self.browse().union(*self._done()._changes(vals, FLOW_FIELDS))

    def _done(self):
        return self.filtered(lambda line: line.state == "done")

    @api.model
    def _with_printed_dates(self, vals):
        """What a pack shows decides over a day that came along with it."""
        vals = dict(vals)
        if vals.get("lot_name"):
            vals["lot_name"] = vals["lot_name"].strip()
        if vals.get("expiry_label"):
            vals["expiry_date"] = self.env["stock.lot"]._read_expiry(
                vals["expiry_label"]
            )
        return vals

    def _prepare_new_lot_vals(self):
        vals = super()._prepare_new_lot_vals()
        if not self.product_id.pharma_controlled:
            return vals
        vals.pop("expiration_date", None)
        return {
            **vals,
            "expiry_label": self.expiry_label,
            "expiry_date": self.expiry_date,
            "production_date": self.production_date,
        }

    def _action_done(self):
        """Nobody ships what another order's lot was reserved for (OB-03)."""
        self.move_id._pharma_check_taken(self)
        return super()._action_done()

    def _prepare_freed_values(self, hold=None):
        """The note that remains of a reservation about to be dropped."""
        order = self.move_id.sale_line_id.order_id
        partner = order.partner_id or self.picking_id.partner_id
        return {
            "cause": "expired" if self.lot_id._is_expired() else "held",
            "hold_id": hold.id if hold else False,
            "company_id": self.company_id.id,
            "move_id": self.move_id.id,
            "picking_id": self.picking_id.id,
            "sale_id": order.id,
            "partner_id": partner.commercial_partner_id.id,
            "product_id": self.product_id.id,
            "lot_id": self.lot_id.id,
            "quantity": self.quantity,
        }

    def _pharma_free(self):
        """(line, what lies there for it) of drugs about to leave a shelf of ours.

        In the product's own unit; a line's own reservation counts as free for it.
        """
        lines = self.filtered(
            lambda line: (
                line.product_id.pharma_controlled
                and line.product_id.is_storable
                and line.lot_id
                and line.location_id.usage in ("internal", "transit")
                and not line.move_id.is_inventory
            )
        )
        if not lines:
            return []
        # sudo: what others reserved counts, seen or not.
        groups = (
            self.env["stock.quant"]
            .sudo()
            ._read_group(
                [
                    ("lot_id", "in", lines.lot_id.ids),
                    ("location_id", "in", lines.location_id.ids),
                ],
                ["lot_id", "location_id"],
                ["quantity:sum", "reserved_quantity:sum"],
            )
        )
        free = {(lot, place): q - reserved for lot, place, q, reserved in groups}
        return [
            (line, free.get(line._shelf_key(), 0) + line._own_reservation())
            for line in lines
        ]

    def _shelf_key(self):
        return self.lot_id, self.location_id

    def _own_reservation(self):
        """What this line reserves itself; core reserves whatever a line says."""
        is_reserving = not self.move_id._should_bypass_reservation(self.location_id)
        return self.quantity_product_uom if is_reserving else 0
