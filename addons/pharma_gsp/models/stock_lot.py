from odoo import models


class StockLot(models.Model):
    """The number printed on the pack: what posted transfers say was moved."""

    _name = "stock.lot"
    _inherit = ["pharma.posted", "stock.lot"]

    _posted_fields = frozenset({"company_id", "name", "product_id"})
    _correctable_fields = ("name",)

    def _is_posted(self):
        return self.product_id.pharma_controlled and bool(
            self.env["stock.move.line"].search_count(
                [("lot_id", "=", self.id), ("state", "=", "done")], limit=1
            )
        )
