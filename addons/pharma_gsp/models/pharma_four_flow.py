from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_amount, format_date

from ..tools import four_flow
from . import pharma_four_flow_sql

MONEY_GROUPS = ",".join(
    f"pharma_gsp.pharma_gsp_group_{role}"
    for role in ("purchaser", "seller", "finance", "reader")
)
DAYS = (
    "promised",
    "overmoved_since",
    "uninvoiced_since",
    "overinvoiced_since",
    "invoiced_on",
    "due_on",
    "paid_on",
    "wrong_payer_since",
)
NUMBERS = (
    "ordered",
    "moved",
    "returned",
    "invoiced",
    "unit_price",
    "rate",
    "invoiced_untaxed",
    "invoice_lines",
    "invoiced_total",
    "paid",
)


class PharmaFourFlow(models.Model):
    """Order, goods, invoice and money of each order line side by side (CS-30 … CS-33).

    A view on live data: nothing is stored, so nothing can be stale or be tampered with.
    What is due depends on today. An order closed for the four flows (its flag) is left
    out of the board's default filter, which keeps the board fast.
    """

    _name = "pharma.four.flow"
    _description = "Four Flows"
    _auto = False
    _order = "since, id"
    _rec_name = "order_name"
    _depends = {
        "purchase.order": [
            "name",
            "state",
            "partner_id",
            "date_order",
            "currency_id",
            "currency_rate",
            "pharma_flow_closed",
        ],
        "purchase.order.line": [
            "product_id",
            "product_qty",
            "price_unit",
            "price_subtotal",
            "date_planned",
            "qty_received",
            "qty_invoiced",
        ],
        "sale.order": [
            "name",
            "state",
            "partner_id",
            "date_order",
            "commitment_date",
            "currency_id",
            "currency_rate",
            "pharma_flow_closed",
        ],
        "sale.order.line": [
            "product_id",
            "product_uom_qty",
            "price_unit",
            "price_subtotal",
            "customer_lead",
            "qty_delivered",
            "qty_invoiced",
            "invoice_lines",
        ],
        "stock.move": [
            "state",
            "date",
            "quantity",
            "product_uom",
            "to_refund",
            "location_id",
            "location_dest_id",
            "purchase_line_id",
            "sale_line_id",
        ],
        "stock.move.line": ["lot_id", "quantity", "move_id"],
        "account.move": [
            "state",
            "move_type",
            "date",
            "invoice_date",
            "invoice_date_due",
            "amount_total",
            "amount_residual",
            "invoice_currency_rate",
            "commercial_partner_id",
            "matched_payment_ids",
        ],
        "account.move.line": [
            "quantity",
            "price_subtotal",
            "price_total",
            "product_uom_id",
            "purchase_line_id",
            "pharma_lot_names",
        ],
        "account.partial.reconcile": ["debit_move_id", "credit_move_id"],
        "account.payment": [
            "state",
            "amount",
            "move_id",
            "partner_id",
            "partner_bank_id",
            "pharma_payer_id",
        ],
        "pharma.document": ["state", "expiry_date", "related_partner_id"],
        "pharma.flow.explanation": ["state", "quantity", "amount"],
        "product.template": ["type", "pharma_controlled"],
        "res.partner": ["commercial_partner_id"],
        "res.partner.bank": ["partner_id"],
        "uom.uom": ["factor"],
        "res.company": [
            "pharma_flow_quantity_tolerance",
            "pharma_flow_amount_tolerance",
            "pharma_flow_invoice_days",
        ],
    }

    side = fields.Selection(
        [("purchase", "Purchase"), ("sale", "Sale")], "Direction", readonly=True
    )
    order_name = fields.Char("Order", readonly=True)
    purchase_id = fields.Many2one("purchase.order", "Purchase Order", readonly=True)
    sale_id = fields.Many2one("sale.order", "Sale Order", readonly=True)
    purchase_line_id = fields.Many2one("purchase.order.line", readonly=True)
    sale_line_id = fields.Many2one("sale.order.line", readonly=True)
    partner_id = fields.Many2one("res.partner", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    uom_id = fields.Many2one("uom.uom", "Unit", readonly=True)
    user_id = fields.Many2one("res.users", "Buyer or Seller", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    is_controlled = fields.Boolean("Under GSP Control", readonly=True)
    is_closed = fields.Boolean("Closed", readonly=True)
    is_cancelled = fields.Boolean("Order Cancelled", readonly=True)
    date_order = fields.Datetime("Ordered on", readonly=True)
    promised = fields.Date("Goods Promised", readonly=True)
    moved_on = fields.Date("Goods Moved", readonly=True)
    invoiced_on = fields.Date("Invoice Date", readonly=True)
    due_on = fields.Date("Payment Due", readonly=True)
    paid_on = fields.Date("Paid on", readonly=True)
    overmoved_since = fields.Date(readonly=True)
    uninvoiced_since = fields.Date(readonly=True)
    overinvoiced_since = fields.Date(readonly=True)
    wrong_payer_since = fields.Date(readonly=True)
    ordered = fields.Float(digits="Product Unit", readonly=True)
    moved = fields.Float("Goods", digits="Product Unit", readonly=True)
    returned = fields.Float("Returned for Good", digits="Product Unit", readonly=True)
    invoiced = fields.Float(digits="Product Unit", readonly=True)
    paid_quantity = fields.Float("Paid", digits="Product Unit", readonly=True)
    ordered_amount = fields.Monetary("Ordered ¥", readonly=True, groups=MONEY_GROUPS)
    moved_amount = fields.Monetary("Goods ¥", readonly=True, groups=MONEY_GROUPS)
    invoiced_amount = fields.Monetary("Invoiced ¥", readonly=True, groups=MONEY_GROUPS)
    paid_amount = fields.Monetary("Paid ¥", readonly=True, groups=MONEY_GROUPS)
    unit_price = fields.Float(
        "Order Price", digits="Product Price", readonly=True, groups=MONEY_GROUPS
    )
    rate = fields.Float(digits=0, readonly=True, groups=MONEY_GROUPS)
    invoiced_untaxed = fields.Float(readonly=True, groups=MONEY_GROUPS)
    invoice_lines = fields.Integer(readonly=True)
    invoiced_total = fields.Monetary(
        "Invoiced with Tax", readonly=True, groups=MONEY_GROUPS
    )
    paid = fields.Monetary("Paid with Tax", readonly=True, groups=MONEY_GROUPS)
    lots_moved = fields.Char("Lots of the Goods", readonly=True)
    lots_invoiced = fields.Char("Lots on the Invoice", readonly=True)
    explained = fields.Json(readonly=True, groups=MONEY_GROUPS)
    status = fields.Selection(
        [
            ("gap", "Gap"),
            ("waiting", "Waiting"),
            ("explained", "Explained"),
            ("matched", "Matched"),
        ],
        readonly=True,
    )
    gap_codes = fields.Char(readonly=True)
    gap_count = fields.Integer("Gaps", readonly=True)
    explained_codes = fields.Char(readonly=True)
    gap_code_ids = fields.Many2many(
        "pharma.flow.code",
        string="Gaps Found",
        compute="_compute_gap_code_ids",
        search="_search_gap_code_ids",
    )
    code_id = fields.Many2one(
        "pharma.flow.code",
        "Main Gap",
        readonly=True,
        help="Where a line has several gaps, the first one in the flow: it is usually "
        "the cause of the others.",
    )
    owner = fields.Selection(
        [
            ("purchase", "Purchasing"),
            ("warehouse", "Warehouse"),
            ("sales", "Sales"),
            ("finance", "Finance"),
        ],
        "Who Clears It",
        readonly=True,
    )
    owners = fields.Char(readonly=True)
    since = fields.Date("Gap since", readonly=True)
    age_days = fields.Integer("Age (days)", readonly=True, aggregator="max")
    amount = fields.Monetary(
        "Amount at Stake",
        readonly=True,
        groups=MONEY_GROUPS,
        help="That of the line's largest gap: the same money isn't counted twice.",
    )
    gap_text = fields.Html(compute="_compute_gap_text", sanitize=False)

    @property
    def _table_query(self):
        lines = SQL(
            "(%s UNION ALL %s)",
            pharma_four_flow_sql.facts("purchase"),
            pharma_four_flow_sql.facts("sale"),
        )
        return SQL(
            """
            SELECT flow.*, code.id AS code_id
              FROM (%s) flow
              LEFT JOIN pharma_flow_code code ON code.code = flow.main_code
            """,
            pharma_four_flow_sql.verdict(lines, self.env["pharma.document"]._today()),
        )

    @api.depends("gap_codes")
    def _compute_gap_code_ids(self):
        codes = {code.code: code.id for code in self.env["pharma.flow.code"].search([])}
        for flow in self:
            flow.gap_code_ids = [
                codes[code] for code in (flow.gap_codes or "").split(",") if code
            ]

    def _search_gap_code_ids(self, operator, value):
        domains = {"in": Domain("id", "in", value), "any": value}
        if operator not in domains:
            return NotImplemented
        codes = self.env["pharma.flow.code"].search(domains[operator])
        return Domain.OR(Domain("gap_codes", "like", code.code) for code in codes)

    @api.depends("gap_codes", "explained_codes", "status")
    @api.depends_context("lang", "uid")
    def _compute_gap_text(self):
        """The gaps in words, each with its size, age and owner."""
        names = {c.code: c.name for c in self.env["pharma.flow.code"].search([])}
        owners = dict(self._fields["owner"]._description_selection(self.env))
        for flow, verdict in self._judge().items():
            flow.gap_text = Markup("").join(
                Markup("<p><b>%s</b> — %s</p>")
                % (
                    names[gap.code],
                    flow._describe(gap, owners[gap.owner], verdict),
                )
                for gap in (*verdict.gaps, *verdict.waiting, *verdict.explained)
            )

    def action_open_order(self):
        return self._open_records(self.purchase_id or self.sale_id)

    def action_open_transfers(self):
        line = self.purchase_line_id or self.sale_line_id
        return self._open_records(line.move_ids.picking_id)

    def action_open_invoices(self):
        return self._open_records(self._invoices())

    def action_open_payments(self):
        invoices = self._invoices()
        payments = invoices.reconciled_payment_ids | invoices.matched_payment_ids
        return self._open_records(payments)

    def action_explain(self):
        """Ask for an explained gap; the dialog opens on the first one still open."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Explain a Gap"),
            "res_model": "pharma.flow.explanation",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_purchase_line_id": self.purchase_line_id.id,
                "default_sale_line_id": self.sale_line_id.id,
                "default_code_id": self.code_id.id,
            },
        }

    def action_close_orders(self):
        """Close the orders of the selected lines for the four flows."""
        self.purchase_id.action_pharma_close()
        self.sale_id.action_pharma_close()

    def _invoices(self):
        self.ensure_one()
        lines = self.purchase_line_id or self.sale_line_id
        return lines.invoice_lines.move_id

    def _open_records(self, records):
        """Open the one document, or the list of them."""
        if not records:
            raise UserError(self.env._("There is none yet."))
        action = {
            "type": "ir.actions.act_window",
            "name": records._description,
            "res_model": records._name,
            "views": [(False, "list"), (False, "form")],
            "domain": [("id", "in", records.ids)],
        }
        if len(records) == 1:
            action |= {"res_id": records.id, "views": [(False, "form")]}
        return action

    @api.model
    def _of_lines(self, lines):
        """The rows of purchase or sale order lines, as they stand now."""
        is_purchase = lines._name == "purchase.order.line"
        field = "purchase_line_id" if is_purchase else "sale_line_id"
        # What was read before may have changed since: a view has no cache triggers.
        self.invalidate_model(flush=False)
        return self.search([(field, "in", lines.ids)])

    @api.model
    def _of_orders(self, orders):
        """The rows of purchase or sale orders, as they stand now."""
        field = "purchase_id" if orders._name == "purchase.order" else "sale_id"
        self.invalidate_model(flush=False)
        return self.search([(field, "in", orders.ids)])

    def _judge(self):
        """{row: ``tools.four_flow.Verdict``} as of today."""
        today = self.env["pharma.document"]._today()
        # sudo: the amounts that decide aren't shown to everybody who sees the line.
        return {
            flow.with_env(self.env): four_flow.judge(
                flow._facts(), today, flow._tolerances()
            )
            for flow in self.sudo()
        }

    def _facts(self):
        return four_flow.Facts(
            side=self.side,
            is_cancelled=self.is_cancelled,
            lots_moved=four_flow.lots(self.lots_moved),
            lots_invoiced=four_flow.lots(self.lots_invoiced),
            explained={k: tuple(v) for k, v in (self.explained or {}).items()},
            **{name: self[name] for name in NUMBERS},
            **{name: self[name] or None for name in DAYS},
        )

    def _tolerances(self):
        return self.company_id._pharma_flow_tolerances()

    def _describe(self, gap, owner, verdict):
        size = []
        if gap.quantity:
            size.append(f"{gap.quantity:g} {self.uom_id.name}")
        if gap.amount and self._has_field_access(self._fields["amount"], "read"):
            size.append(format_amount(self.env, gap.amount, self.currency_id))
        values = {
            "size": ", ".join(size),
            "day": format_date(self.env, gap.since),
            "owner": owner,
        }
        if gap in verdict.gaps:
            return self.env._(
                "%(size)s, since %(day)s; cleared by: %(owner)s", **values
            )
        if gap in verdict.waiting:
            return self.env._("%(size)s, not due before %(day)s", **values)
        return self.env._("%(size)s, since %(day)s, explained", **values)

    def _gap_sentence(self, verdict):
        """What stands against closing this line, or nothing."""
        codes = self.env["pharma.flow.code"].search([])
        names = dict(zip(codes.mapped("code"), codes.mapped("name"), strict=True))
        owners = dict(self._fields["owner"]._description_selection(self.env))
        return [
            self.env._(
                "%(order)s, %(product)s: %(gap)s — %(size)s.",
                order=self.order_name,
                product=self.product_id.display_name,
                gap=names[gap.code],
                size=self._describe(gap, owners[gap.owner], verdict),
            )
            for gap in (*verdict.gaps, *verdict.waiting)
        ]

    @api.model
    def _cron_close_matched(self):
        """Nightly: close what matches entirely; reopen what doesn't any more.

        Orders with explained gaps are closed by finance, who looks at them.
        """
        for field in ("purchase_id", "sale_id"):
            groups = self._read_group(
                [(field, "!=", False), ("is_closed", "=", False)],
                [field],
                ["status:array_agg"],
            )
            matched = [order.id for order, found in groups if set(found) == {"matched"}]
            self.env[self._fields[field].comodel_name].browse(
                matched
            )._pharma_flow_close()
            hidden = self._read_group(
                [
                    (field, "!=", False),
                    ("is_closed", "=", True),
                    ("status", "=", "gap"),
                ],
                [field],
            )
            for (order,) in hidden:
                order._pharma_flow_reopen()
