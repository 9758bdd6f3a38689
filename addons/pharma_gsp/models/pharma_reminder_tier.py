from odoo import api, fields, models, tools


class PharmaReminderTier(models.Model):
    """Days before an end date at which its owner and QA are reminded (FA-31)."""

    _name = "pharma.reminder.tier"
    _description = "Reminder Tier"
    _order = "days desc"
    _rec_name = "days"

    days = fields.Integer("Days before the End", required=True)
    active = fields.Boolean(default=True)

    _days_uniq = models.Constraint("UNIQUE(days)", "This tier exists already.")
    _days_positive = models.Constraint(
        "CHECK(days > 0)", "A reminder comes at least one day before the end."
    )

    @api.model
    @tools.ormcache()
    def _tiers(self):
        """All tiers in days, longest first."""
        return tuple(self.sudo().search([]).mapped("days"))

    @api.model_create_multi
    def create(self, vals_list):
        tiers = super().create(vals_list)
        self.env.registry.clear_cache()
        return tiers

    def write(self, vals):
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()
