from odoo import api, fields, models
from odoo.fields import Domain

from ..tools import four_flow
from ..tools.gate import Subject


class PurchaseOrder(models.Model):
    _name = "purchase.order"
    _inherit = [
        "pharma.posted",
        "purchase.order",
        "pharma.gated",
        "pharma.flow.closable",
    ]

    _posted_fields = frozenset(
        {
            "amount_tax",
            "amount_total",
            "amount_untaxed",
            "company_id",
            "currency_id",
            "date_approve",
            "date_order",
            "fiscal_position_id",
            "name",
            "partner_id",
            "pharma_person_id",
            "state",
        }
    )
    _correctable_fields = ("date_order", "pharma_person_id")

    pharma_person_id = fields.Many2one(
        "pharma.person",
        "Supplier's Sales Person",
        domain="[('partner_id', 'parent_of', partner_id), ('role', '=', 'sales')]",
        help="Who sold for the supplier. Empty: anyone it authorised (FA-07).",
    )

    _pharma_flow_open_idx = models.Index("(id) WHERE pharma_flow_closed IS NOT TRUE")

    @api.constrains("state", "partner_id", "pharma_person_id")
    def _check_gate(self):
        """Every door leads here: buttons, write, import, RPC, portal and jobs."""
        self.filtered(
            lambda order: order.state in ("to approve", "purchase")
        )._gate_enforce("purchase_confirm")

    @api.constrains("state", "partner_id", "currency_id")
    def _check_flow_reopen(self):
        self._pharma_flow_reopen()

    def _gate_subjects(self, operation):
        today = self._gate_today()
        return [
            Subject(
                record=order,
                operation=operation,
                side="purchase",
                company=order.company_id,
                partner=order.partner_id.commercial_partner_id,
                lines=lines,
                day=today,
                person=order.pharma_person_id,
            )
            for order in self
            if (lines := self._gate_lines(order.order_line))
        ]

    def _is_posted(self):
        """Something of it was received or billed."""
        return any(line._is_posted() for line in self.order_line)

    def _posted_date(self):
        return self.date_approve

    def _correction_rows(self):
        return [self, *self.order_line.filtered(lambda line: line._is_posted())]


class PurchaseOrderLine(models.Model):
    _name = "purchase.order.line"
    _inherit = ["pharma.posted", "purchase.order.line"]

    _posted_fields = frozenset(
        {
            "discount",
            "is_downpayment",
            "order_id",
            "price_subtotal",
            "price_total",
            "price_unit",
            "product_id",
            "product_qty",
            "product_uom_id",
            "product_uom_qty",
            "qty_invoiced",
            "qty_received",
            "qty_received_manual",
            "qty_received_method",
            "tax_ids",
        }
    )
    _correctable_fields = ("product_qty", "price_unit", "discount", "tax_ids")

    # A row of the four-flow board is found by this number.
    _pharma_flow_idx = models.Index("((id * 2))")

    @api.constrains("product_id", "product_qty", "price_unit", "discount", "order_id")
    def _check_flow_reopen(self):
        self.order_id._pharma_flow_reopen()

    @api.constrains("is_downpayment", "product_id")
    def _check_downpayment(self):
        self.order_id._check_downpayments(self)

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._gate_recheck()
        return lines

    def write(self, vals):
        grown = self.filtered(lambda line: line._is_growing(vals))
        result = super().write(vals)
        grown._gate_recheck()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_flow_reopen(self):
        self.order_id._pharma_flow_reopen()

    def _prepare_account_move_line(self, move=False):
        """The bill starts with the lots received, to be compared with what it says."""
        values = super()._prepare_account_move_line(move)
        return {**values, "pharma_lot_names": self._pharma_unbilled_lots()}

    def _pharma_unbilled_lots(self):
        """Lots received that no posted bill of the line names yet, else all."""
        # sudo: finance bills goods without reading the warehouse's records.
        received = self.sudo().move_ids.filtered(
            lambda move: (
                move.state == "done" and move.location_dest_id.usage != "supplier"
            )
        )
        names = received.move_line_ids.lot_id.mapped("name")
        # sudo: which lots are billed is asked for those who see no bills too.
        posted = self.sudo().invoice_lines.filtered(
            lambda line: line.parent_state == "posted"
        )
        printed = filter(None, posted.mapped("pharma_lot_names"))
        billed = four_flow.lots(" ".join(printed))
        fresh = [name for name in names if not four_flow.lots(name) <= billed]
        return ", ".join(fresh or names)

    def _is_growing(self, vals):
        """More or other goods: asked again. Less is always possible."""
        return (
            bool(vals.keys() & {"product_id", "product_uom_id", "order_id"})
            or vals.get("product_qty", 0) > self.product_qty
        )

    def _gate_recheck(self):
        orders = self.order_id.filtered(
            lambda order: order.state in ("to approve", "purchase")
        )
        orders._gate_enforce("purchase_confirm")

    def _is_posted(self):
        if self.order_id.state in ("draft", "sent"):
            return False
        return self.product_id.pharma_controlled and (
            "done" in self.move_ids.mapped("state")
            or "posted" in self.invoice_lines.mapped("parent_state")
        )

    def _correction_document(self):
        return self.order_id

    def _row_name(self):
        return self.product_id.display_name

    def _correction_domain(self, name):
        domain = super()._correction_domain(name)
        if name == "tax_ids":
            return domain & Domain("type_tax_use", "=", "purchase")
        return domain

    def _apply_correction(self, values):
        """A new quantity would fetch the price list's price; the agreed one stays."""
        return super()._apply_correction(
            {"price_unit": self.price_unit, "discount": self.discount, **values}
        )
