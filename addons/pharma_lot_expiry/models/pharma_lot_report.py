from odoo import api, fields, models
from odoo.tools import SQL

# Who may know what goods cost us.
COST_GROUPS = ",".join(
    f"pharma_gsp.pharma_gsp_group_{role}" for role in ("finance", "purchaser", "reader")
)


class PharmaLotReport(models.AbstractModel):
    """Figures of lots, read live: a query, not a table.

    So no job has to run at midnight for a lot to be expired (ST-10). The inheriting
    model gives the columns (``_select``) and the rows (``_from``).
    """

    _name = "pharma.lot.report"
    _description = "Report"
    _rec_name = "lot_id"

    # {aggregate: (sum above the line, sum below it)}: ratios of sums, not their mean.
    _ratios = {}

    product_id = fields.Many2one("product.product", readonly=True)
    categ_id = fields.Many2one("product.category", "Category", readonly=True)
    lot_id = fields.Many2one("stock.lot", readonly=True)
    expiry_date = fields.Date("Expires after", readonly=True)
    manufacturer_id = fields.Many2one("res.partner", "Maker", readonly=True)
    warehouse_id = fields.Many2one("stock.warehouse", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    storage_class = fields.Selection(
        selection=lambda self: (
            self.env["product.template"]
            ._fields["storage_class"]
            ._description_selection(self.env)
        ),
        readonly=True,
    )
    is_special = fields.Boolean("Special Control", readonly=True)
    quantity = fields.Float(digits="Product Unit", readonly=True)

    @property
    def _table_query(self):
        return SQL("%s %s", self._select(), self._from())

    @api.model
    def _select(self):
        raise NotImplementedError

    @api.model
    def _from(self):
        raise NotImplementedError

    @api.model
    def _china_day(self, moment):
        """The day in China of a moment in SQL."""
        return SQL("(%s + interval '8 hours')::date", moment)

    def _read_group_select(self, aggregate_spec, query):
        if aggregate_spec not in self._ratios:
            return super()._read_group_select(aggregate_spec, query)
        above, below = self._ratios[aggregate_spec]
        return SQL(
            "SUM(%s) / NULLIF(SUM(%s), 0)",
            self._field_to_sql(self._table, above, query),
            self._field_to_sql(self._table, below, query),
        )

    def action_open_lot(self):
        """From a figure to the lot behind it."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "stock.lot",
            "res_id": self.lot_id.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
