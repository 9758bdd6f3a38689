from odoo import api, models
from odoo.fields import Domain


class StockMoveLine(models.Model):
    _name = "stock.move.line"
    _inherit = ["pharma.posted", "stock.move.line"]

    _posted_fields = frozenset(
        {
            "company_id",
            "date",
            "location_dest_id",
            "location_id",
            "lot_id",
            "lot_name",
            "move_id",
            "owner_id",
            "package_id",
            "picking_id",
            "product_id",
            "product_uom_id",
            "quantity",
            "quantity_product_uom",
            "result_package_id",
            "state",
        }
    )
    _correctable_fields = ("quantity", "lot_id", "location_id", "location_dest_id")
    _posted_follows = {"date": "move_id.date"}
    _posted_parents = ("move_id", "picking_id")

    def _is_posted(self):
        return self.state == "done" and self.product_id.pharma_controlled

    @api.model
    def _may_join(self, parent, vals):
        """Goods scrapped from a transfer are lines of a move of their own."""
        # sudo: whether a line may join doesn't depend on who adds it.
        move = self.env["stock.move"].sudo().browse(vals.get("move_id") or [])
        return bool(move) and (move.state != "done" or move.scrap_id.state == "draft")

    def _correction_document(self):
        return self.picking_id or self.move_id

    def _correction_fields(self):
        """Goods are moved again rather than said to have come from elsewhere."""
        names = list(super()._correction_fields())
        if self.tracking == "none":
            names.remove("lot_id")
        for name in ("location_id", "location_dest_id"):
            if self[name].usage not in ("internal", "transit"):
                names.remove(name)
        return tuple(names)

    def _correction_domain(self, name):
        domain = super()._correction_domain(name)
        if name == "lot_id":
            return domain & Domain("product_id", "=", self.product_id.id)
        if name in ("location_id", "location_dest_id"):
            return domain & Domain("usage", "=", self[name].usage)
        return domain

    def _row_name(self):
        parts = (self.product_id.display_name, self.lot_id.name)
        return " · ".join(part for part in parts if part)
