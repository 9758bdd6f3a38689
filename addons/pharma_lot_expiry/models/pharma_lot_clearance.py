from odoo import api, fields, models
from odoo.tools import SQL

# Days of deliveries that say how fast a product sells.
SALES_DAYS = 90
MONTH_DAYS = 30


class PharmaLotClearance(models.Model):
    """Lots a tier suggests to clear, and whether they would sell in time (ST-12).

    Read live: which lots, from the tiers; how fast, from the deliveries of the last 90
    days, returns taken off. Goods that end earlier are sold earlier, so the lots of a
    product queue up: a lot is left over if its queue lasts longer than it lives.
    """

    _name = "pharma.lot.clearance"
    _description = "Clearance Suggestion"
    _auto = False
    _order = "expiry_date, id"
    _rec_name = "lot_id"
    _depends = {
        "product.product": ["standard_price"],
        "product.template": ["categ_id"],
        "stock.location": ["usage", "warehouse_id"],
        "stock.lot": ["expiry_date", "product_id"],
        "stock.move.line": [
            "date",
            "location_dest_id",
            "location_id",
            "product_id",
            "quantity_product_uom",
            "state",
        ],
        "stock.quant": [
            "company_id",
            "location_id",
            "lot_id",
            "product_id",
            "quantity",
        ],
    }

    lot_id = fields.Many2one("stock.lot", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    categ_id = fields.Many2one("product.category", "Category", readonly=True)
    warehouse_id = fields.Many2one("stock.warehouse", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    tier_id = fields.Many2one("pharma.expiry.tier", readonly=True)
    tier_color = fields.Integer(related="tier_id.color")
    expiry_date = fields.Date("Expires after", readonly=True)
    days_left = fields.Integer(readonly=True, aggregator="min")
    quantity = fields.Float("On Hand", digits="Product Unit", readonly=True)
    product_uom_id = fields.Many2one(related="product_id.uom_id")
    value = fields.Monetary("Value at Cost", readonly=True)
    monthly_sales = fields.Float(
        "Sold per Month", digits="Product Unit", readonly=True, aggregator="max"
    )
    months_of_cover = fields.Float(
        "Months of Cover",
        digits=(12, 1),
        readonly=True,
        aggregator="max",
        help="How long this lot and those that end before it last at that pace.",
    )
    left_over = fields.Float(
        digits="Product Unit",
        readonly=True,
        help="What would still lie there after its last day.",
    )
    left_over_value = fields.Monetary("Value Left Over", readonly=True)
    will_not_sell = fields.Boolean("Won't Sell in Time", readonly=True)

    @property
    def _table_query(self):
        return self._clearance_query(self.env["stock.lot"]._today())

    @api.model
    def _clearance_query(self, day):
        """One row for each lot and warehouse, as ``day`` finds it in China."""
        return SQL(
            """
            WITH stock AS (
                SELECT min(quant.id) AS id,
                       quant.lot_id,
                       quant.product_id,
                       place.warehouse_id,
                       quant.company_id,
                       lot.expiry_date,
                       lot.expiry_date - %(day)s AS days_left,
                       sum(quant.quantity) AS quantity
                  FROM stock_quant quant
                  JOIN stock_location place ON place.id = quant.location_id
                  JOIN stock_lot lot ON lot.id = quant.lot_id
                 WHERE place.usage = 'internal'
                   AND place.warehouse_id IS NOT NULL
                   AND quant.lot_id IN %(lots)s
                 GROUP BY quant.lot_id, quant.product_id, place.warehouse_id,
                          quant.company_id, lot.expiry_date
                HAVING sum(quant.quantity) > 0
            ), sales AS (
                SELECT line.product_id, place.warehouse_id,
                       sum(line.quantity_product_uom * CASE
                           WHEN target.usage = 'customer' THEN 1 ELSE -1 END)
                           / %(months)s AS monthly
                  FROM stock_move_line line
                  JOIN stock_location source ON source.id = line.location_id
                  JOIN stock_location target ON target.id = line.location_dest_id
                  JOIN stock_location place ON place.id = CASE
                       WHEN target.usage = 'customer' THEN source.id ELSE target.id END
                 WHERE line.state = 'done'
                   AND line.date >= %(since)s
                   AND line.product_id IN (SELECT product_id FROM stock)
                   AND (target.usage = 'customer') != (source.usage = 'customer')
                 GROUP BY line.product_id, place.warehouse_id
            ), queue AS (
                SELECT stock.*,
                       greatest(coalesce(sales.monthly, 0), 0) AS monthly_sales,
                       sum(stock.quantity) OVER (
                           PARTITION BY stock.product_id, stock.warehouse_id
                           ORDER BY stock.expiry_date, stock.id) AS ahead
                  FROM stock
                  LEFT JOIN sales USING (product_id, warehouse_id)
            ), leftover AS (
                SELECT queue.*,
                       least(quantity, greatest(
                           0, ahead - monthly_sales * (days_left + 1) / %(month)s
                       )) AS left_over
                  FROM queue
            )
            SELECT leftover.id,
                   leftover.lot_id,
                   leftover.product_id,
                   template.categ_id,
                   leftover.warehouse_id,
                   leftover.company_id,
                   leftover.expiry_date,
                   leftover.days_left,
                   leftover.quantity,
                   leftover.monthly_sales,
                   leftover.ahead / nullif(monthly_sales, 0) AS months_of_cover,
                   leftover.left_over,
                   leftover.left_over > 0 AS will_not_sell,
                   leftover.quantity * cost.price AS value,
                   leftover.left_over * cost.price AS left_over_value,
                   %(tier)s AS tier_id
              FROM leftover
              JOIN product_product product ON product.id = leftover.product_id
              JOIN product_template template ON template.id = product.product_tmpl_id
              CROSS JOIN LATERAL (
                  SELECT coalesce(
                      (product.standard_price ->> leftover.company_id::text)::float, 0
                  ) AS price
              ) cost
            """,
            day=day,
            lots=self._lots(
                self.env["pharma.expiry.tier"]._stopped_domain(
                    "suggests_clearance", day
                )
            ),
            months=SALES_DAYS / MONTH_DAYS,
            month=MONTH_DAYS,
            since=fields.Datetime.subtract(fields.Datetime.now(), days=SALES_DAYS),
            tier=self._tier_of_row(day),
        )

    @api.model
    def _tier_of_row(self, day):
        tiers = self.env["pharma.expiry.tier"]
        in_force = tiers.search([("state", "=", "active")])
        cases = SQL(" ").join(
            SQL(
                "WHEN leftover.lot_id IN %s THEN %s",
                self._lots(tiers._lot_domain(tier.ids, day)),
                tier.id,
            )
            for tier in in_force
        )
        return SQL("CASE %s END", cases) if in_force else SQL("NULL::integer")

    @api.model
    def _lots(self, domain):
        # sudo: which lots there are; the rows' own rules say who sees them.
        return self.env["stock.lot"].sudo()._search(domain).subselect()

    def action_open_lot(self):
        self.ensure_one()
        return self.lot_id.get_formview_action()
