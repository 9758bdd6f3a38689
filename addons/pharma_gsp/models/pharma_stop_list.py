from odoo import fields, models
from odoo.tools import SQL

HORIZON_DAYS = 90


class PharmaStopList(models.Model):
    """What will be stopped when papers end in the next 90 days (FA-31, FA-32).

    One row per paper in force that blocks when it ends and has no verified successor
    yet, with the open orders it would hit. A view on live data: nothing is stored.
    """

    _name = "pharma.stop.list"
    _description = "Stop List of Tomorrow"
    _auto = False
    _order = "expiry_date, id"
    _rec_name = "holder_name"

    document_id = fields.Many2one("pharma.document", readonly=True)
    type_id = fields.Many2one("pharma.document.type", readonly=True)
    holder_name = fields.Char("What Stops", readonly=True)
    partner_id = fields.Many2one("res.partner", readonly=True)
    product_tmpl_id = fields.Many2one("product.template", "Product", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    responsible_id = fields.Many2one("res.users", "Owner", readonly=True)
    expiry_date = fields.Date("Last Day", readonly=True)
    days_left = fields.Integer(readonly=True, aggregator="min")
    # Two digits each: groups come in the order of the keys.
    bucket = fields.Selection(
        [
            ("01", "Within 1 day"),
            ("07", "Within 7 days"),
            ("15", "Within 15 days"),
            ("30", "Within 30 days"),
            ("60", "Within 60 days"),
            ("90", "Within 90 days"),
        ],
        "Ends",
        readonly=True,
    )
    open_order_count = fields.Integer("Open Orders", readonly=True)
    amount = fields.Monetary("Amount at Stake", readonly=True)

    @property
    def _table_query(self):
        """Papers ending soon, joined with the open order lines they stop."""
        return SQL(
            """
            WITH today AS (
                SELECT (now() AT TIME ZONE 'Asia/Shanghai')::date AS day
            ), paper AS (
                SELECT document.*,
                       type.carries_scopes,
                       COALESCE(document.partner_id, person.partner_id) AS trader_id,
                       document.expiry_date - today.day AS days_left
                  FROM pharma_document document
                  JOIN pharma_document_type type ON type.id = document.type_id
                  LEFT JOIN pharma_person person ON person.id = document.person_id
                 CROSS JOIN today
                 WHERE document.state = 'verified'
                   AND type.on_expiry = 'block'
                   AND document.expiry_date >= today.day
                   AND document.expiry_date <= today.day + %(horizon)s
            ), open_line AS (
                SELECT sale.id AS order_id,
                       partner.commercial_partner_id AS trader_id,
                       product.product_tmpl_id,
                       line.price_subtotal
                           * (1 - LEAST(line.qty_delivered
                                        / NULLIF(line.product_uom_qty, 0), 1))
                           / COALESCE(NULLIF(sale.currency_rate, 0), 1) AS amount,
                       'sale' AS kind
                  FROM sale_order_line line
                  JOIN sale_order sale ON sale.id = line.order_id
                  JOIN res_partner partner ON partner.id = sale.partner_id
                  JOIN product_product product ON product.id = line.product_id
                 WHERE sale.state = 'sale'
                   AND line.qty_delivered < line.product_uom_qty
                UNION ALL
                SELECT purchase.id,
                       partner.commercial_partner_id,
                       product.product_tmpl_id,
                       line.price_subtotal
                           * (1 - LEAST(line.qty_received
                                        / NULLIF(line.product_qty, 0), 1))
                           / COALESCE(NULLIF(purchase.currency_rate, 0), 1),
                       'purchase'
                  FROM purchase_order_line line
                  JOIN purchase_order purchase ON purchase.id = line.order_id
                  JOIN res_partner partner ON partner.id = purchase.partner_id
                  JOIN product_product product ON product.id = line.product_id
                 WHERE purchase.state IN ('to approve', 'purchase')
                   AND line.qty_received < line.product_qty
            )
            SELECT paper.id,
                   paper.id AS document_id,
                   paper.type_id,
                   COALESCE(
                       person.name, product.generic_name, partner.name
                   ) AS holder_name,
                   paper.trader_id AS partner_id,
                   paper.product_tmpl_id,
                   paper.company_id,
                   company.currency_id,
                   paper.responsible_id,
                   paper.expiry_date,
                   paper.days_left,
                   CASE
                       WHEN paper.days_left <= 1 THEN '01'
                       WHEN paper.days_left <= 7 THEN '07'
                       WHEN paper.days_left <= 15 THEN '15'
                       WHEN paper.days_left <= 30 THEN '30'
                       WHEN paper.days_left <= 60 THEN '60'
                       ELSE '90'
                   END AS bucket,
                   COALESCE(stake.open_order_count, 0) AS open_order_count,
                   COALESCE(stake.amount, 0) AS amount
              FROM paper
              LEFT JOIN res_partner partner ON partner.id = paper.trader_id
              LEFT JOIN product_template product ON product.id = paper.product_tmpl_id
              LEFT JOIN pharma_person person ON person.id = paper.person_id
              LEFT JOIN res_company own ON own.partner_id = paper.partner_id
              JOIN res_company company
                ON company.id = COALESCE(
                    paper.company_id, own.id, (SELECT min(id) FROM res_company)
                )
              LEFT JOIN LATERAL (
                  SELECT count(DISTINCT (kind, order_id)) AS open_order_count,
                         sum(open_line.amount) AS amount
                    FROM open_line
                   WHERE open_line.trader_id = paper.trader_id
                      OR open_line.product_tmpl_id = paper.product_tmpl_id
                      OR own.id IS NOT NULL
              ) stake ON TRUE
             WHERE NOT EXISTS (
                 SELECT FROM pharma_document later
                  WHERE later.state = 'verified'
                    AND later.type_id = paper.type_id
                    AND (later.company_id IS NULL
                         OR later.company_id = paper.company_id)
                    AND (later.expiry_date IS NULL
                         OR later.expiry_date > paper.expiry_date)
                    AND (later.partner_id = paper.partner_id
                         OR later.product_tmpl_id = paper.product_tmpl_id
                         OR later.person_id = paper.person_id)
             )
            """,
            horizon=HORIZON_DAYS,
        )

    def action_request_renewal(self):
        return self.document_id.action_request_renewal()

    def action_open_document(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "pharma.document",
            "res_id": self.document_id.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
