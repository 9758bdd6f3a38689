from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ProductTemplate(models.Model):
    _inherit = "product.template"

    use_expiration_date = fields.Boolean(
        compute="_compute_use_expiration_date", store=True, readonly=False
    )

    def _compute_tracking(self):
        """Every pack of a drug has a lot (LAW-05)."""
        result = super()._compute_tracking()
        self.filtered(
            lambda p: p._needs_lots() and p.tracking == "none"
        ).tracking = "lot"
        return result

    @api.depends("pharma_controlled", "is_storable")
    def _compute_use_expiration_date(self):
        for product in self:
            product.use_expiration_date = (
                product.use_expiration_date or product._needs_lots()
            )

    @api.constrains("tracking", "use_expiration_date", "pharma_controlled")
    def _check_lots_and_dates(self):
        for product in self.filtered(lambda p: p._needs_lots()):
            if product.tracking == "none" or not product.use_expiration_date:
                raise ValidationError(
                    self.env._(
                        "%s is under GSP control: each pack has a lot number and an "
                        "expiry date. Keep tracking by lots and expiration dates "
                        "switched on.",
                        product.display_name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        """Whoever doesn't say otherwise gets lots: forms, imports and RPC alike."""
        return super().create([self._with_lots(vals) for vals in vals_list])

    @api.model
    def _with_lots(self, vals):
        is_drug = (
            vals.get("is_storable")
            and vals.get("type", "consu") == "consu"
            and vals.get("pharma_controlled", True)
        )
        if not is_drug:
            return vals
        return {"tracking": "lot", "use_expiration_date": True, **vals}

    def _needs_lots(self):
        return self.pharma_controlled and self.is_storable

    def _ask_for_lots_where_possible(self):
        """Those that never moved; stock without lots can't get them afterwards."""
        drugs = self.filtered(lambda p: p._needs_lots() and p.tracking == "none")
        moved = self.env["stock.move"]._read_group(
            [("product_id.product_tmpl_id", "in", drugs.ids), ("state", "=", "done")],
            ["product_id"],
        )
        held_back = self.browse().union(*(p.product_tmpl_id for (p,) in moved))
        (drugs - held_back).write({"tracking": "lot", "use_expiration_date": True})
