from odoo import api, fields, models
from odoo.tools import SQL

from .pharma_lot_report import COST_GROUPS


class PharmaStockAge(models.Model):
    """Stock as it lies now: one row per shelf and lot, with its age and its end.

    A query, not a table: the day is China's of the moment somebody looks, so that no
    job has to run at midnight (ST-10). Values are at cost, as the books have it.
    """

    _name = "pharma.stock.age"
    _inherit = "pharma.lot.report"
    _description = "Stock Ageing"
    _auto = False
    _order = "expiry_date, id"
    _ratios = {"slow_share:avg": ("slow_value", "value")}
    _depends = {
        "stock.quant": [
            "company_id",
            "expiry_date",
            "in_date",
            "location_id",
            "lot_id",
            "owner_id",
            "product_id",
            "quantity",
            "reserved_quantity",
        ],
        "stock.lot": ["manufacturer_id", "production_date", "standard_price"],
        "stock.location": ["company_id", "usage", "warehouse_id"],
        "stock.move.line": ["date", "location_dest_id", "lot_id", "state"],
        "product.product": ["product_tmpl_id", "standard_price"],
        "product.template": [
            "categ_id",
            "is_special",
            "lot_valuated",
            "pharma_controlled",
            "storage_class",
        ],
        "res.company": ["pharma_slow_age_days", "pharma_slow_sale_days"],
    }

    product_tmpl_id = fields.Many2one("product.template", readonly=True)
    location_id = fields.Many2one("stock.location", readonly=True)
    quantity = fields.Float("On Hand")
    reserved_quantity = fields.Float("Reserved", digits="Product Unit", readonly=True)
    value = fields.Monetary(
        "Value at Cost", readonly=True, aggregator="sum", groups=COST_GROUPS
    )
    production_date = fields.Date("Made on", readonly=True)
    days_left = fields.Integer(readonly=True, aggregator="min")
    expiry_tier_id = fields.Many2one(
        "pharma.expiry.tier",
        readonly=True,
        help="Empty: further from its end than any tier reaches, or past it.",
    )
    lot_state = fields.Selection(
        selection=lambda self: (
            self.env["stock.lot"]
            ._fields["pharma_state"]
            ._description_selection(self.env)
        ),
        readonly=True,
    )
    age_days = fields.Integer(
        "Days since Receipt", readonly=True, aggregator="max", help="How long it lies."
    )
    last_sale_date = fields.Date(
        "Last Sold on",
        readonly=True,
        help="When one of this lot was last delivered to a customer; empty if never.",
    )
    is_slow = fields.Boolean(
        "Slow",
        readonly=True,
        help="Older than the company's limit and not sold within it (CM-11).",
    )
    slow_quantity = fields.Float(
        "Slow Stock", digits="Product Unit", readonly=True, aggregator="sum"
    )
    slow_value = fields.Monetary(
        "Value of Slow Stock", readonly=True, aggregator="sum", groups=COST_GROUPS
    )
    slow_share = fields.Float(
        readonly=True,
        aggregator="avg",
        groups=COST_GROUPS,
        help="Value of slow stock ÷ value of stock (CM-11).",
    )

    @api.model
    def _select(self):
        today = self.env["stock.lot"]._today()
        value = SQL("(q.quantity * %s)", self._unit_cost())
        return SQL(
            """
            SELECT q.id, q.product_id, p.product_tmpl_id, t.categ_id, q.lot_id,
                   lot.manufacturer_id, q.location_id, l.warehouse_id, q.company_id,
                   c.currency_id, t.storage_class, t.is_special, q.quantity,
                   q.reserved_quantity, %(value)s AS value, lot.production_date,
                   q.expiry_date, q.expiry_date - %(today)s AS days_left,
                   %(tier)s AS expiry_tier_id, %(lot_state)s AS lot_state,
                   %(today)s - %(received)s AS age_days,
                   %(last_sale)s AS last_sale_date,
                   %(is_slow)s AS is_slow,
                   CASE WHEN %(is_slow)s THEN q.quantity ELSE 0 END AS slow_quantity,
                   CASE WHEN %(is_slow)s THEN %(value)s ELSE 0 END AS slow_value,
                   CASE WHEN %(is_slow)s THEN 1.0 ELSE 0.0 END AS slow_share
            """,
            value=value,
            today=SQL("%s::date", today),
            tier=self._tier(today),
            lot_state=self._lot_state(today),
            received=self._china_day(SQL("q.in_date")),
            last_sale=self._last_sale(),
            is_slow=self._is_slow(today),
        )

    @api.model
    def _from(self):
        return SQL(
            """
              FROM stock_quant q
              JOIN stock_location l ON l.id = q.location_id
              JOIN product_product p ON p.id = q.product_id
              JOIN product_template t ON t.id = p.product_tmpl_id
              JOIN res_company c ON c.id = q.company_id
         LEFT JOIN stock_lot lot ON lot.id = q.lot_id
             WHERE l.usage IN ('internal', 'transit')
               AND t.pharma_controlled
               AND q.quantity <> 0
            """
        )

    @api.model
    def _unit_cost(self):
        """Cost of one unit as stock_account keeps it; goods of others cost nothing."""
        cost = SQL(
            "COALESCE((CASE WHEN t.lot_valuated THEN lot.standard_price"
            " ELSE p.standard_price END ->> q.company_id::text)::numeric, 0)"
        )
        return SQL(
            "CASE WHEN l.company_id IS NULL OR q.owner_id <> c.partner_id"
            " THEN 0 ELSE %s END",
            cost,
        )

    @api.model
    def _customer_locations(self):
        # sudo: where customers' goods go is no secret.
        customers = self.env["stock.location"].sudo().with_context(active_test=False)
        return tuple(customers.search([("usage", "=", "customer")]).ids) or (0,)

    @api.model
    def _last_sale(self):
        """Day of a lot's last delivery: one look into an index per place."""
        return SQL(
            """(SELECT max((SELECT %s
                              FROM stock_move_line s
                             WHERE s.lot_id = q.lot_id
                               AND s.location_dest_id = customer.id
                               AND s.state = 'done'
                          ORDER BY s.date DESC LIMIT 1))
                  FROM unnest(%s) AS customer(id))""",
            self._china_day(SQL("s.date")),
            list(self._customer_locations()),
        )

    @api.model
    def _is_slow(self, today):
        """Older than the company allows, and none of the lot sold since (CM-11).

        Both limits still count as good: goods of the 90th day are not slow yet, and a
        sale 90 days ago still counts.
        """
        return SQL(
            """(%(today)s::date - %(received)s > c.pharma_slow_age_days
                AND NOT EXISTS (SELECT FROM stock_move_line s
                                 WHERE s.lot_id = q.lot_id
                                   AND s.location_dest_id IN %(customers)s
                                   AND s.state = 'done'
                                   AND s.date >=
                                       (%(today)s::date - c.pharma_slow_sale_days)
                                               - interval '8 hours'))""",
            today=today,
            received=self._china_day(SQL("q.in_date")),
            customers=self._customer_locations(),
        )

    @api.model
    def _tier(self, today):
        """The smallest tier that reaches a lot, as the tiers stack themselves."""
        # sudo: how near its end something is doesn't depend on who looks.
        lots = self.env["stock.lot"].sudo()
        branches = [
            SQL(
                "WHEN q.lot_id IN %s THEN %s",
                lots._search(concerned & covered).subselect(),
                rule.id,
            )
            for concerned, layers in self.env["pharma.expiry.tier"]._layers(today)
            for rule, covered in layers
        ]
        if not branches:
            return SQL("NULL::integer")
        return SQL("CASE %s END", SQL(" ").join(branches))

    @api.model
    def _lot_state(self, today):
        """As ``stock.lot`` says it, and held as well where the shelf is."""
        holds = self.env["pharma.lot.hold"]
        # sudo: a hold counts for who can't see it, in every company.
        lots = self.env["stock.lot"].sudo().search(holds._held_lot_domain())
        places = holds.sudo().search(
            [("state", "=", "active"), ("kind", "=", "location")]
        )
        shelves = self.env["stock.location"].sudo()
        shelves = shelves.search([("id", "child_of", places.location_id.ids)])
        return SQL(
            """CASE WHEN q.expiry_date < %s THEN 'expired'
                    WHEN q.lot_id IN %s OR q.location_id IN %s THEN 'held'
                    WHEN q.expiry_date IS NULL THEN 'undated'
                    ELSE 'good' END""",
            today,
            tuple(lots.ids) or (0,),
            tuple(shelves.ids) or (0,),
        )
