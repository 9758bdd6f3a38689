from odoo import api, fields, models
from odoo.tools import format_date, formatLang


class PharmaExpiryDigestLine(models.Model):
    """A lot as it was told of: where it stood and where it stands."""

    _name = "pharma.expiry.digest.line"
    _description = "Lot of an Expiry Task"
    _order = "expiry_date, id"
    _rec_name = "lot_id"

    digest_id = fields.Many2one(
        "pharma.expiry.digest", required=True, readonly=True, index=True
    )
    company_id = fields.Many2one(related="digest_id.company_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    lot_id = fields.Many2one("stock.lot", required=True, readonly=True, index=True)
    product_id = fields.Many2one(
        related="lot_id.product_id", store=True, string="Product"
    )
    expiry_date = fields.Date("Expires after", readonly=True)
    tier_id = fields.Many2one("pharma.expiry.tier", readonly=True)
    tier_color = fields.Integer(related="tier_id.color")
    previous_tier_id = fields.Many2one("pharma.expiry.tier", "Before", readonly=True)
    is_expired = fields.Boolean("Expired", readonly=True)
    is_new = fields.Boolean("New", readonly=True, help="Came to this tier since told.")
    told_date = fields.Date("Told on", readonly=True)
    quantity = fields.Float("On Hand", digits="Product Unit", readonly=True)
    product_uom_id = fields.Many2one(related="product_id.uom_id")
    value = fields.Monetary("Value at Cost", readonly=True)
    days_left = fields.Integer(compute="_compute_days_left")

    @api.depends("expiry_date", "digest_id.closed_date")
    def _compute_days_left(self):
        """Of an open task as of today, of a closed one as of its last list."""
        today = self.env["stock.lot"]._today()
        for line in self:
            is_open = line.digest_id.state == "open"
            day = today if is_open else line.digest_id.date
            line.days_left = (line.expiry_date - day).days if line.expiry_date else 0

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.digest_id._check_open()
        return lines

    def write(self, vals):
        self.digest_id._check_open()
        return super().write(vals)

    def unlink(self):
        self.digest_id._check_open()
        return super().unlink()

    def action_open_lot(self):
        self.ensure_one()
        return self.lot_id.get_formview_action()

    def _sentence(self):
        values = {
            "product": self.product_id.display_name,
            "lot": self.lot_id.name,
            "day": format_date(self.env, self.expiry_date),
            "quantity": formatLang(
                self.env, self.quantity, dp="Product Unit", rounding_unit="units"
            ),
            "unit": self.product_uom_id.name,
            "tier": self.tier_id.name,
        }
        if self.is_expired:
            return self.env._(
                "%(product)s, lot %(lot)s: expired after %(day)s — %(quantity)s "
                "%(unit)s",
                **values,
            )
        return self.env._(
            "%(product)s, lot %(lot)s: %(tier)s, expires after %(day)s — %(quantity)s "
            "%(unit)s",
            **values,
        )
