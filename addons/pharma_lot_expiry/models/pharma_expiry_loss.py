from odoo import api, fields, models
from odoo.tools import SQL

from .pharma_lot_report import COST_GROUPS


class PharmaExpiryLoss(models.Model):
    """What expiry cost, against what was sold in the same time (CM-12).

    One row per lot that left the books: delivered (returns deducted) or written off.
    A write-off counts as expired when the lot's last day was over on the day it was
    written off, or the scrap gives expiry as its reason; goods found again count back.
    Cost is the value of the stock move, shared among its lots by quantity.
    """

    _name = "pharma.expiry.loss"
    _inherit = "pharma.lot.report"
    _description = "Expiry Loss"
    _auto = False
    _order = "date desc, id desc"
    _ratios = {"loss_rate:avg": ("loss", "cogs")}
    _depends = {
        "stock.move.line": [
            "date",
            "location_dest_id",
            "location_id",
            "lot_id",
            "move_id",
            "owner_id",
            "product_id",
            "quantity_product_uom",
            "state",
        ],
        "stock.move": ["product_uom", "quantity", "scrap_id", "value"],
        "stock.lot": ["expiry_date", "manufacturer_id"],
        "stock.location": ["company_id", "usage", "warehouse_id"],
        "stock.scrap": ["scrap_reason_tag_ids"],
        "product.product": ["product_tmpl_id"],
        "product.template": ["categ_id", "is_special", "storage_class", "uom_id"],
        "uom.uom": ["factor"],
    }

    date = fields.Date("Day", readonly=True)
    kind = fields.Selection(
        [("sale", "Goods sold"), ("loss", "Expired, written off")], readonly=True
    )
    move_id = fields.Many2one("stock.move", "Stock Move", readonly=True)
    scrap_id = fields.Many2one("stock.scrap", readonly=True)
    loss_quantity = fields.Float(
        "Quantity Written off", digits="Product Unit", readonly=True
    )
    loss = fields.Monetary(
        "Expiry Loss", readonly=True, aggregator="sum", groups=COST_GROUPS
    )
    cogs = fields.Monetary(
        "Cost of Goods Sold",
        readonly=True,
        aggregator="sum",
        groups=COST_GROUPS,
        help="The base of the rate: cost of deliveries less returns of the same time.",
    )
    loss_rate = fields.Float(
        "Loss ÷ Cost of Goods Sold",
        readonly=True,
        aggregator="avg",
        digits=(16, 4),
        groups=COST_GROUPS,
        help="CM-12. Empty where nothing was sold in that time.",
    )

    @api.model
    def _select(self):
        signed = SQL(
            "(CASE WHEN source.usage IN ('internal', 'transit') THEN 1 ELSE -1 END)"
        )
        is_sale = SQL("'customer' IN (source.usage, target.usage)")
        cost = SQL(
            """%s * COALESCE(m.value * line.quantity_product_uom / NULLIF(
                   m.quantity * move_uom.factor / product_uom.factor, 0), 0)""",
            signed,
        )
        return SQL(
            """
            SELECT line.id, line.move_id, m.scrap_id, line.product_id, t.categ_id,
                   line.lot_id, lot.expiry_date, lot.manufacturer_id,
                   COALESCE(source.warehouse_id, target.warehouse_id) AS warehouse_id,
                   line.company_id, c.currency_id, t.storage_class, t.is_special,
                   %(day)s AS date,
                   CASE WHEN %(is_sale)s THEN 'sale' ELSE 'loss' END AS kind,
                   %(quantity)s AS quantity,
                   CASE WHEN %(is_sale)s THEN 0 ELSE %(quantity)s END AS loss_quantity,
                   CASE WHEN %(is_sale)s THEN 0 ELSE %(cost)s END AS loss,
                   CASE WHEN %(is_sale)s THEN %(cost)s ELSE 0 END AS cogs,
                   NULL::numeric AS loss_rate
            """,
            day=self._china_day(SQL("line.date")),
            is_sale=is_sale,
            quantity=SQL("%s * line.quantity_product_uom", signed),
            cost=cost,
        )

    @api.model
    def _from(self):
        return SQL(
            """
              FROM stock_move_line line
              JOIN stock_move m ON m.id = line.move_id
              JOIN stock_location source ON source.id = line.location_id
              JOIN stock_location target ON target.id = line.location_dest_id
              JOIN product_product p ON p.id = line.product_id
              JOIN product_template t ON t.id = p.product_tmpl_id
              JOIN res_company c ON c.id = line.company_id
              JOIN uom_uom move_uom ON move_uom.id = m.product_uom
              JOIN uom_uom product_uom ON product_uom.id = t.uom_id
         LEFT JOIN stock_lot lot ON lot.id = line.lot_id
             WHERE line.state = 'done'
               AND t.pharma_controlled
               AND (line.owner_id IS NULL OR line.owner_id = c.partner_id)
               AND ((source.usage IN ('internal', 'transit')
                     AND target.usage IN ('customer', 'inventory'))
                    OR (target.usage IN ('internal', 'transit')
                        AND source.usage IN ('customer', 'inventory')))
               AND ('customer' IN (source.usage, target.usage)
                    OR lot.expiry_date < %(day)s
                    OR m.scrap_id IN (SELECT stock_scrap_id
                                        FROM stock_scrap_stock_scrap_reason_tag_rel
                                       WHERE stock_scrap_reason_tag_id = %(reason)s))
            """,
            day=self._china_day(SQL("line.date")),
            reason=self.env["ir.model.data"]._xmlid_to_res_id(
                "pharma_lot_expiry.scrap_reason_expired", raise_if_not_found=False
            )
            or 0,
        )
