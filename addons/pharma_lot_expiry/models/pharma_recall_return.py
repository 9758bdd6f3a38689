from collections import defaultdict

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..tools import recall as rules


class PharmaRecall(models.Model):
    """Fetching goods back: transfers into quarantine, and what really came."""

    _inherit = "pharma.recall"

    def action_create_returns(self):
        """Transfers for all that customers say they have and nobody fetches yet."""
        self.ensure_one()
        self._check_may_start()
        return self._create_returns(self.customer_ids)

    @api.model
    def _returned(self, lines):
        """{(partner id, product id, lot number): quantity} back ever, in one query."""
        groups = (
            # sudo: a recall counts what came back to any company.
            self.env["pharma.lot.flow"]
            .sudo()
            ._read_group(
                [
                    ("kind", "in", ("customer_return", "dropship_return")),
                    ("product_id", "in", lines.product_id.ids),
                    ("lot_name", "in", lines.mapped("lot_name")),
                ],
                ["partner_id", "product_id", "lot_name"],
                ["quantity:sum"],
            )
        )
        return {
            (partner.id, product.id, name): quantity
            for partner, product, name, quantity in groups
        }

    def _create_returns(self, customers):
        """One batch of customer returns into quarantine, lots filled in.

        :raise UserError: in a drill, before the start, or if nothing is left to fetch
        """
        self.ensure_one()
        if self.state != "running" or self.is_drill:
            raise UserError(
                self.env._("Returns are made while a recall runs; a drill makes none.")
            )
        # sudo: deliveries of every company, after the check of the caller.
        customers = customers.sudo()
        wanted = customers._wanted_back()
        plans = customers._plan_returns(wanted) if wanted else {}
        if not plans:
            raise UserError(
                self.env._(
                    "Nothing is left to fetch: no customer says it has goods that no "
                    "return is made for yet."
                )
            )
        pickings = self.env["stock.picking"].browse(
            [
                self._create_return(picking, customer, parts).id
                for (picking, customer), parts in plans.items()
            ]
        )
        return {**self.action_open_returns(), "domain": [("id", "in", pickings.ids)]}

    def _create_return(self, delivery, customer, parts):
        """A return of one delivery.

        :param parts: list of (done move line of the delivery, quantity back)
        """
        delivery = delivery.with_company(delivery.company_id)
        wizard = delivery.env["stock.return.picking"].create(
            {"picking_id": delivery.id}
        )
        by_move = defaultdict(float)
        for line, quantity in parts:
            by_move[line.move_id] += quantity
        for row in wizard.product_return_moves:
            unit = row.product_id.uom_id
            row.quantity = unit._compute_quantity(by_move[row.move_id], row.uom_id)
        picking = wizard._create_return()
        warehouse = picking.picking_type_id.warehouse_id
        target = warehouse.pharma_quarantine_location_id or picking.location_dest_id
        picking.move_ids.move_line_ids.unlink()
        picking.write(
            {
                "recall_customer_id": customer.id,
                "trace_reason": "recall",
                "origin": f"{customer.recall_id.name} · {delivery.name}",
                "location_dest_id": target.id,
            }
        )
        moves = {move.origin_returned_move_id: move for move in picking.move_ids}
        for move in moves.values():
            move.location_dest_id = target
        picking.write(
            {
                "move_line_ids": [
                    Command.create(
                        {
                            "move_id": moves[line.move_id].id,
                            "product_id": line.product_id.id,
                            "product_uom_id": line.product_id.uom_id.id,
                            "lot_id": line.lot_id.id,
                            "quantity": quantity,
                            "location_id": picking.location_id.id,
                            "location_dest_id": target.id,
                        }
                    )
                    for line, quantity in parts
                ]
            }
        )
        return picking


class PharmaRecallCustomer(models.Model):
    _inherit = "pharma.recall.customer"

    def _wanted_back(self):
        """{customer line: quantity} on hand there that no return is made for yet."""
        lines = self.line_ids.filtered(lambda line: line.on_hand > 0)
        moving = defaultdict(float)
        for line in self.env["stock.move.line"].search_fetch(
            [
                ("picking_id.recall_customer_id", "in", self.ids),
                ("state", "!=", "cancel"),
            ],
            ["picking_id", "lot_id", "quantity_product_uom"],
        ):
            key = (
                line.picking_id.recall_customer_id,
                line.product_id,
                line.lot_id.name,
            )
            moving[key] += line.quantity_product_uom
        wanted = {
            line: round(
                line.on_hand - moving[line.customer_id, line.product_id, line.lot_name],
                rules.PLACES,
            )
            for line in lines
        }
        return {line: quantity for line, quantity in wanted.items() if quantity > 0}

    def _plan_returns(self, wanted):
        """{(delivery, customer): [(its move line, quantity)]}, newest first."""
        offers = self._deliveries_with_goods_out(wanted)
        plans = defaultdict(list)
        for line, quantity in wanted.items():
            key = (line.partner_id.id, line.product_id.id, line.lot_name)
            for source, part in rules.allocate(quantity, offers[key]):
                plans[source.picking_id, line.customer_id].append((source, part))
        return plans

    def _deliveries_with_goods_out(self, wanted):
        """{(partner, product, lot number): [(move line, still out)]} in two queries."""
        products = self.env["product.product"].union(*(w.product_id for w in wanted))
        flows = self.env["pharma.lot.flow"].search_fetch(
            [
                ("kind", "=", "delivery"),
                ("partner_id", "in", self.partner_id.ids),
                ("product_id", "in", products.ids),
                ("lot_name", "in", [line.lot_name for line in wanted]),
                ("picking_id", "!=", False),
            ],
            ["partner_id", "product_id", "lot_name", "move_line_id", "quantity"],
            order="date desc, id desc",
        )
        returned = defaultdict(float)
        for back in self.env["stock.move.line"].search_fetch(
            [
                (
                    "move_id.origin_returned_move_id",
                    "in",
                    flows.move_line_id.move_id.ids,
                ),
                ("state", "!=", "cancel"),
            ],
            ["move_id", "lot_id", "quantity_product_uom"],
        ):
            key = (back.move_id.origin_returned_move_id, back.lot_id.name)
            returned[key] += back.quantity_product_uom
        offers = defaultdict(list)
        for flow in flows:
            key = (flow.move_line_id.move_id, flow.lot_name)
            gone = min(returned[key], flow.quantity)
            returned[key] -= gone
            offers[flow.partner_id.id, flow.product_id.id, flow.lot_name].append(
                (flow.move_line_id, flow.quantity - gone)
            )
        return offers
