from odoo import api, models
from odoo.exceptions import UserError

from ..tools.gate import Subject

OPERATION_SIDES = {"receipt": "purchase", "delivery": "sale"}


class StockMove(models.Model):
    _name = "stock.move"
    _inherit = ["pharma.posted", "stock.move", "pharma.gated"]

    _posted_fields = frozenset(
        {
            "company_id",
            "date",
            "location_dest_id",
            "location_id",
            "origin",
            "partner_id",
            "picking_id",
            "product_id",
            "product_uom",
            "product_uom_qty",
            "purchase_line_id",
            "quantity",
            "sale_line_id",
            "scrap_id",
            "state",
            "to_refund",
        }
    )
    # Goods nobody ordered come to an order after they moved.
    _posted_once_fields = frozenset({"purchase_line_id", "sale_line_id"})
    _posted_follows = {
        "date": "picking_id.date_done",
        "partner_id": "picking_id.partner_id",
    }
    _posted_parents = ("picking_id",)

    @api.constrains("state")
    def _check_gate(self):
        """Goods cross our border: whoever does it and by whatever door."""
        done = self.filtered(lambda move: move.state == "done")
        for operation in self._gate_sides():
            done._gate_crossing(operation)._gate_enforce(operation)
        done._check_quarantine_exit()

    @api.constrains(
        "state", "quantity", "to_refund", "purchase_line_id", "sale_line_id"
    )
    def _check_flow_reopen(self):
        done = self.filtered(lambda move: move.state == "done")
        done.purchase_line_id.order_id._pharma_flow_reopen()
        done.sale_line_id.order_id._pharma_flow_reopen()

    @api.model
    def _gate_sides(self):
        """{operation the gate knows: side of the subject} of what goods can do."""
        return OPERATION_SIDES

    def _gate_crossing(self, operation):
        """Moves that are a receipt from a supplier, or a delivery to a customer."""
        if operation == "receipt":
            return self.filtered(
                lambda move: (
                    "supplier" in move._gate_sources().mapped("usage")
                    and not all(move._gate_targets().mapped("is_pharma_quarantine"))
                )
            )
        return self.filtered(
            lambda move: (
                "customer" in move._gate_targets().mapped("usage")
                and set(move._gate_sources().mapped("usage")) != {"customer"}
            )
        )

    def _gate_sources(self):
        """Where goods really come from: detailed lines may differ from their move."""
        return self.move_line_ids.location_id or self.location_id

    def _gate_targets(self):
        return self.move_line_ids.location_dest_id or self.location_dest_id

    def _gate_subjects(self, operation):
        today = self._gate_today()
        return [
            moves._gate_subject(operation, today, lines)
            for moves in self.grouped(lambda move: move.picking_id or move).values()
            if (lines := self._gate_lines(moves))
        ]

    def _gate_subject(self, operation, today, lines):
        """One transfer (or a lone move) as the gate sees it."""
        first = self[0]
        orders = first._gate_order_lines(operation, self).order_id
        address = first.picking_id.partner_id or first.partner_id
        partner = (
            address.commercial_partner_id or orders[:1].partner_id.commercial_partner_id
        )
        sale = orders[:1] if operation == "delivery" else None
        return Subject(
            record=first.picking_id or first,
            operation=operation,
            side=self._gate_sides()[operation],
            company=first.company_id,
            partner=partner,
            lines=lines,
            day=today,
            person=sale.pharma_person_id if sale else None,
            ship_to=address if operation == "delivery" else None,
            is_online=bool(sale) and sale.pharma_channel == "portal",
            is_cash=bool(sale) and sale.pharma_settlement == "cash",
            is_pickup=bool(sale) and sale.pharma_delivery_mode == "pickup",
            is_distribution_service=bool(sale)
            and sale.pharma_order_kind == "distribution",
            extra={
                "orders": orders,
                "without_order": self.filtered(
                    lambda move: not move._is_ordered(operation)
                ),
            },
        )

    @api.model
    def _gate_order_lines(self, operation, moves):
        return moves.purchase_line_id if operation == "receipt" else moves.sale_line_id

    def _is_ordered(self, operation):
        """Whether the goods stand on a confirmed order (RC-01)."""
        return any(
            line.product_id == self.product_id
            and line.order_id.state in ("sale", "purchase")
            for line in self._gate_order_lines(operation, self)
        )

    def _check_quarantine_exit(self):
        """Goods leave quarantine by QA's hand only (FA-32, TV-29)."""
        leaving = self.filtered(
            lambda move: (
                move.product_id.pharma_controlled
                and any(move._gate_sources().mapped("is_pharma_quarantine"))
                and not all(move._gate_targets().mapped("is_pharma_quarantine"))
            )
        )
        if leaving and not self.env.user.has_group("pharma_gsp.pharma_gsp_group_qa"):
            raise UserError(
                self.env._(
                    "%s is in quarantine; only the quality department moves it on, "
                    "after deciding on it.",
                    leaving[0].product_id.display_name,
                )
            )

    def _may_still_set(self, name, value):
        """Goods that moved come to an order of whom they were moved for only."""
        if name in self._posted_once_fields and value and not self[name]:
            order = self.env[self._fields[name].comodel_name].browse(value).order_id
            address = self.picking_id.partner_id or self.partner_id
            return (
                order.company_id == self.company_id
                and order.partner_id.commercial_partner_id
                == address.commercial_partner_id
            )
        return super()._may_still_set(name, value)

    def _is_posted(self):
        return self.state == "done" and self.product_id.pharma_controlled

    @api.model
    def _may_join(self, parent, vals):
        """What is scrapped from a transfer is noted there, while it is scrapped."""
        # sudo: what is posted doesn't depend on what the acting user may see.
        scrap = self.env["stock.scrap"].sudo().browse(vals.get("scrap_id") or [])
        return (
            scrap.state == "draft"
            and scrap.picking_id == parent
            and scrap.product_id.id == vals.get("product_id")
        )

    def _correction_document(self):
        return self.picking_id or self

    def _correction_rows(self):
        return [self, *self.move_line_ids]

    def _row_name(self):
        return self.product_id.display_name
