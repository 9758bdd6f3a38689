from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.pharma_gsp.tools.validity import china_day


class StockPicking(models.Model):
    """The delivery note (随货同行单) that goes with the goods (OB-13, RC-02)."""

    _inherit = "stock.picking"

    pharma_print_ids = fields.One2many(
        "pharma.delivery.print", "picking_id", "Delivery Note Prints", readonly=True
    )
    pharma_print_count = fields.Integer(
        "Prints", compute="_compute_pharma_print_count", compute_sudo=True
    )

    @api.depends("pharma_print_ids")
    def _compute_pharma_print_count(self):
        counts = dict(
            self.env["pharma.delivery.print"]._read_group(
                [("picking_id", "in", self.ids)], ["picking_id"], ["__count"]
            )
        )
        for picking in self:
            picking.pharma_print_count = counts.get(picking._origin, 0)

    def action_pharma_delivery_note(self):
        """Print; what was printed before asks for a reason first."""
        self._check_delivery_note()
        if any(self.mapped("pharma_print_count")):
            return {
                "type": "ir.actions.act_window",
                "name": self.env._("Print Again"),
                "res_model": "pharma.delivery.reprint",
                "view_mode": "form",
                "target": "new",
                "context": {"default_picking_ids": self.ids},
            }
        return self._print_delivery_note()

    def action_open_pharma_prints(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Delivery Note Prints"),
            "res_model": "pharma.delivery.print",
            "view_mode": "list",
            "domain": [("picking_id", "=", self.id)],
        }

    def action_pharma_lot_labels(self):
        """Labels of all lots of these transfers."""
        lots = self.move_line_ids.lot_id
        if not lots:
            raise UserError(
                self.env._(
                    "There is no lot yet. Enter the lots first, then print their "
                    "labels."
                )
            )
        return lots.action_pharma_labels()

    @api.private
    def _print_delivery_note(self, reason=None):
        """Draw the numbers and print.

        :param reason: why it is printed again, for what was printed before
        :raise UserError: where goods aren't reserved, or must not leave
        """
        self._check_may_print()
        self._check_delivery_note()
        prints = self.env["pharma.delivery.print"]._draw(self, reason)
        report = self.env.ref("pharma_lot_expiry.report_delivery_note")
        return report.report_action(prints.ids, config=False)

    def _check_may_print(self):
        """Who handles goods prints their paper; finance may write deliveries, too."""
        self.check_access("write")
        user = self.env.user
        if not (self.env.su or user.has_group("stock.group_stock_user")):
            raise AccessError(
                self.env._("Delivery notes are printed by the warehouse. Ask it.")
            )

    def _check_delivery_note(self):
        """Paper goes only with goods that are there and may leave (OB-03, ST-10)."""
        for picking in self:
            if picking.picking_type_code != "outgoing":
                raise UserError(
                    self.env._(
                        "%s is no delivery to a customer: a delivery note belongs to "
                        "those only.",
                        picking.name,
                    )
                )
            lines = picking._delivery_note_lines()
            if picking.state not in ("assigned", "done") or not lines:
                raise UserError(
                    self.env._(
                        "Nothing is reserved for %s yet, so there are no lots to "
                        "print. Check availability first.",
                        picking.name,
                    )
                )
            picking._check_delivery_note_lots(lines)

    def _check_delivery_note_lots(self, lines):
        drugs = lines.filtered("product_id.pharma_controlled")
        for line in drugs.filtered(lambda line: not line.lot_id):
            raise UserError(
                self.env._(
                    "%(product)s on %(delivery)s has no lot yet. Enter it: each line "
                    "of a delivery note is one lot.",
                    product=line.product_id.display_name,
                    delivery=self.name,
                )
            )
        for line in drugs & self._delivery_note_bad_lines(drugs):
            raise UserError(
                self.env._(
                    "Lot %(lot)s of %(product)s must not leave: it is expired, on hold "
                    "or without a date. Reserve %(delivery)s anew; good lots take its "
                    "place.",
                    lot=line.lot_id.name,
                    product=line.product_id.display_name,
                    delivery=self.name,
                )
            )

    def _delivery_note_bad_lines(self, lines):
        """Lines whose lot must not leave now; goods that left are judged by that day.

        A lot held after it was shipped doesn't take its paper away.
        """
        if self.state == "done":
            day = china_day(self.date_done)
            return lines.filtered(lambda line: line.lot_id._is_expired(day))
        holds = self.env["pharma.lot.hold"]._active_holds(lines.product_id)
        shelves = {str(place.id) for place in holds.location_id}
        return lines.filtered(
            lambda line: (
                line.lot_id.pharma_state != "good"
                or shelves & set(line.location_id.parent_path.split("/"))
            )
        )

    def _delivery_note_lines(self):
        """What is reserved, or left."""
        return self.move_line_ids.filtered(
            lambda line: line.quantity > 0 and line.state != "cancel"
        )
