from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.http import request

from ..tools.gate import Subject


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = [
        "pharma.posted",
        "sale.order",
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
            "date_order",
            "fiscal_position_id",
            "name",
            "partner_id",
            "partner_invoice_id",
            "partner_shipping_id",
            "pharma_channel",
            "pharma_delivery_mode",
            "pharma_order_kind",
            "pharma_person_id",
            "pharma_settlement",
            "pricelist_id",
            "state",
        }
    )
    _correctable_fields = (
        "date_order",
        "partner_shipping_id",
        "pharma_person_id",
        "pharma_settlement",
        "pharma_delivery_mode",
    )

    pharma_person_id = fields.Many2one(
        "pharma.person",
        "Buyer's Purchaser",
        domain="[('partner_id', 'parent_of', partner_id), ('role', '=', 'purchase')]",
        help="Who ordered for the buyer. Empty: anyone it authorised (FA-24).",
    )
    pharma_channel = fields.Selection(
        [("desk", "Sales desk"), ("portal", "Portal")],
        "Channel",
        default="desk",
        required=True,
        copy=False,
        readonly=True,
    )
    pharma_settlement = fields.Selection(
        [("bank", "Bank transfer"), ("cash", "Cash")],
        "Settlement",
        default="bank",
        required=True,
    )
    pharma_delivery_mode = fields.Selection(
        [("delivery", "We deliver"), ("pickup", "Buyer picks up")],
        "Handing Over",
        default="delivery",
        required=True,
    )
    pharma_order_kind = fields.Selection(
        [("sale", "Sale"), ("distribution", "Distribution service (vaccines)")],
        "Kind of Order",
        default="sale",
        required=True,
        help="A distribution service moves its owner's vaccines; nothing is sold.",
    )

    _pharma_flow_open_idx = models.Index("(id) WHERE pharma_flow_closed IS NOT TRUE")

    @api.constrains(
        "state",
        "partner_id",
        "partner_shipping_id",
        "pharma_person_id",
        "pharma_settlement",
        "pharma_delivery_mode",
        "pharma_order_kind",
    )
    def _check_gate(self):
        """Every door leads here: buttons, write, import, RPC, portal and jobs."""
        self.filtered(lambda order: order.state == "sale")._gate_enforce("sale_confirm")

    @api.constrains("state", "partner_id", "currency_id", "commitment_date")
    def _check_flow_reopen(self):
        self._pharma_flow_reopen()

    @api.model_create_multi
    def create(self, vals_list):
        if self._is_portal_request():
            for vals in vals_list:
                vals["pharma_channel"] = "portal"
        return super().create(vals_list)

    def write(self, vals):
        if "pharma_channel" in vals and not self.env.su:
            raise UserError(
                self.env._(
                    "By which channel an order came can't be changed. Take the order "
                    "anew at the sales desk."
                )
            )
        return super().write(vals)

    def _is_portal_request(self):
        """Whether a customer acts here herself, not our sales desk.

        The portal's routes act as superuser, so the request is asked who came.
        """
        user = (request and request.env.user) or self.env.user
        return user.share

    def _gate_subjects(self, operation):
        today = self._gate_today()
        return [
            Subject(
                record=order,
                operation=operation,
                side="sale",
                company=order.company_id,
                partner=order.partner_id.commercial_partner_id,
                lines=lines,
                day=today,
                person=order.pharma_person_id,
                ship_to=order.partner_shipping_id,
                is_online=order.pharma_channel == "portal"
                or order._is_portal_request(),
                is_cash=order.pharma_settlement == "cash",
                is_pickup=order.pharma_delivery_mode == "pickup",
                is_distribution_service=order.pharma_order_kind == "distribution",
            )
            for order in self
            if (lines := self._gate_lines(order.order_line))
        ]

    def _is_posted(self):
        """Something of it was delivered or invoiced."""
        return any(line._is_posted() for line in self.order_line)

    def _posted_date(self):
        return self.date_order

    def _correction_rows(self):
        return [self, *self.order_line.filtered(lambda line: line._is_posted())]

    def _correction_domain(self, name):
        domain = super()._correction_domain(name)
        if name == "partner_shipping_id":
            buyer = self.partner_id.commercial_partner_id
            return domain & Domain("id", "child_of", buyer.ids)
        return domain


class SaleOrderLine(models.Model):
    _name = "sale.order.line"
    _inherit = ["pharma.posted", "sale.order.line"]

    _posted_fields = frozenset(
        {
            "discount",
            "invoice_lines",
            "is_downpayment",
            "order_id",
            "price_subtotal",
            "price_total",
            "price_unit",
            "product_id",
            "product_uom_id",
            "product_uom_qty",
            "qty_delivered",
            "qty_delivered_method",
            "qty_invoiced",
            "tax_ids",
        }
    )
    _correctable_fields = ("product_uom_qty", "price_unit", "discount", "tax_ids")

    # A row of the four-flow board is found by this number.
    _pharma_flow_idx = models.Index("((id * 2 + 1))")

    @api.constrains(
        "product_id", "product_uom_qty", "price_unit", "discount", "invoice_lines"
    )
    def _check_flow_reopen(self):
        self.order_id._pharma_flow_reopen()

    @api.constrains("is_downpayment", "product_id")
    def _check_downpayment(self):
        self.order_id._check_downpayments(self)

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._refuse_posted_links(self.env["account.move.line"])
        lines._gate_recheck()
        return lines

    def write(self, vals):
        grown = self.filtered(lambda line: line._is_growing(vals))
        before = self.invoice_lines if "invoice_lines" in vals else None
        result = super().write(vals)
        if before is not None:
            self._refuse_posted_links(before)
        grown._gate_recheck()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_flow_reopen(self):
        self.order_id._pharma_flow_reopen()

    def _refuse_posted_links(self, before):
        """A posted invoice line stays with its order, seen from the order too."""
        # sudo: what is posted doesn't depend on what the acting user may see.
        before, after = before.sudo(), self.sudo().invoice_lines
        for line in ((after - before) | (before - after)).with_prefetch():
            if line._is_posted():
                raise UserError(
                    self.env._(
                        "%(invoice)s is posted and stands as proof: its order "
                        "line can't be changed. %(cure)s",
                        invoice=line._posted_name(),
                        cure=line.move_id._posted_cure(),
                    )
                )

    def _is_growing(self, vals):
        """More or other goods: asked again. Less is always possible."""
        return bool(vals.keys() & {"product_id", "product_uom_id", "order_id"}) or (
            vals.get("product_uom_qty", 0) > self.product_uom_qty
        )

    def _gate_recheck(self):
        orders = self.order_id.filtered(lambda order: order.state == "sale")
        orders._gate_enforce("sale_confirm")

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
            return domain & Domain("type_tax_use", "=", "sale")
        return domain

    def _apply_correction(self, values):
        """A new quantity would fetch the price list's price; the agreed one stays.

        QA's approval also opens an order its seller locked.
        """
        locked = self.order_id.filtered("locked")
        locked.locked = False
        result = super()._apply_correction(
            {"price_unit": self.price_unit, "discount": self.discount, **values}
        )
        locked.locked = True
        return result
