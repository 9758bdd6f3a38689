from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..tools import expiry_tier

EFFECTS = (
    expiry_tier.STOPS_BUYING,
    expiry_tier.NEEDS_CONSENT,
    expiry_tier.BLOCKS_SALE,
    expiry_tier.SUGGESTS_CLEARANCE,
)
NOTIFIES = {
    "purchase": "notifies_purchase",
    "sale": "notifies_sale",
    "warehouse": "notifies_warehouse",
    "quality": "notifies_quality",
}
# What a tier decides: fixed from its first day on, so that the past stays explained.
DECISIVE_FIELDS = {
    "criterion",
    "months",
    "percent",
    "applies_to",
    "storage_class",
    "scope_ids",
    "categ_id",
    "date_from",
    "replaces_id",
    *EFFECTS,
    *NOTIFIES.values(),
}


class PharmaExpiryTier(models.Model):
    """How near its end a lot is, whom to tell and what that stops (ST-10, ST-12).

    The smallest tier that reaches a lot is its tier; what a larger one stops stays
    stopped. A tier in force isn't edited but replaced from a day on (CS-22).
    """

    _name = "pharma.expiry.tier"
    _description = "Expiry Tier"
    _inherit = ["mail.thread"]
    _order = "criterion, months, percent, date_from, id"

    name = fields.Char(required=True, translate=True, tracking=True)
    color = fields.Integer("Colour", default=3)
    criterion = fields.Selection(
        [("months", "Months left"), ("share", "Share of the shelf life left")],
        required=True,
        default="months",
        tracking=True,
    )
    months = fields.Integer(
        "At Most (months)",
        default=6,
        tracking=True,
        help="A lot with exactly so many calendar months left is in the tier.",
    )
    percent = fields.Integer(
        "At Most (per cent)",
        default=25,
        tracking=True,
        help="Of the shelf life registered with the product.",
    )
    applies_to = fields.Selection(
        [
            ("all", "All products"),
            ("storage", "A storage class"),
            ("special", "Special control"),
            ("scope", "Business scopes"),
            ("category", "A product category"),
        ],
        "For",
        required=True,
        default="all",
        tracking=True,
    )
    storage_class = fields.Selection(
        selection=lambda self: self._selection_storage_class(), tracking=True
    )
    scope_ids = fields.Many2many(
        "pharma.scope",
        "pharma_expiry_tier_scope_rel",
        string="Scopes",
        help="Those below them count too.",
    )
    categ_id = fields.Many2one(
        "product.category", "Category", ondelete="restrict", tracking=True
    )
    date_from = fields.Date(
        "In Force from",
        required=True,
        default=lambda self: self.env["stock.lot"]._today(),
        tracking=True,
    )
    date_to = fields.Date(
        "Last Day in Force", tracking=True, help="Empty: until further notice."
    )
    replaces_id = fields.Many2one(
        "pharma.expiry.tier", readonly=True, index="btree_not_null"
    )
    notifies_purchase = fields.Boolean("Tell Purchase", tracking=True)
    notifies_sale = fields.Boolean("Tell Sales", tracking=True)
    notifies_warehouse = fields.Boolean("Tell the Warehouse", tracking=True)
    notifies_quality = fields.Boolean("Tell QA", tracking=True)
    stops_buying = fields.Boolean(
        tracking=True, help="Such goods are received with an override of QA only."
    )
    needs_consent = fields.Boolean(
        "Needs the Customer's Consent",
        tracking=True,
        help="Such goods leave with the customer's recorded consent or an override.",
    )
    blocks_sale = fields.Boolean(tracking=True, help="Such goods aren't sold at all.")
    suggests_clearance = fields.Boolean(
        tracking=True, help="Such goods are listed for clearance."
    )
    state = fields.Selection(
        [("coming", "Coming"), ("active", "In force"), ("past", "Past")],
        compute="_compute_state",
        search="_search_state",
    )

    _months_positive = models.Constraint(
        "CHECK(criterion != 'months' OR months BETWEEN 1 AND 120)",
        "A tier begins 1 to 120 months before the end.",
    )
    _percent_range = models.Constraint(
        "CHECK(criterion != 'share' OR percent BETWEEN 1 AND 99)",
        "A share of the shelf life is 1 to 99 per cent.",
    )

    @api.depends("date_from", "date_to")
    def _compute_state(self):
        today = self.env["stock.lot"]._today()
        for tier in self:
            if tier.date_to and tier.date_to < today:
                tier.state = "past"
            elif tier.date_from and tier.date_from > today:
                tier.state = "coming"
            else:
                tier.state = "active"

    def _search_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = self.env["stock.lot"]._today()
        past = Domain("date_to", "<", today)
        coming = Domain("date_from", ">", today) & ~past
        domains = {"past": past, "coming": coming, "active": ~past & ~coming}
        return Domain.OR(domains[state] for state in value if state)

    @api.model
    def _selection_storage_class(self):
        field = self.env["product.template"]._fields["storage_class"]
        return field._description_selection(self.env)

    @api.constrains("applies_to", "storage_class", "scope_ids", "categ_id")
    def _check_class(self):
        needed = {
            "storage": "storage_class",
            "scope": "scope_ids",
            "category": "categ_id",
        }
        for tier in self:
            name = needed.get(tier.applies_to)
            if name and not tier[name]:
                raise ValidationError(
                    self.env._(
                        "Tier «%(tier)s» is for a class of products: choose its "
                        "%(field)s.",
                        tier=tier.name,
                        field=self._fields[name]._description_string(self.env),
                    )
                )

    @api.constrains("date_from", "date_to")
    def _check_dates(self):
        for tier in self:
            # A tier replaced on its first day never counted: it ends the day before.
            first = fields.Date.subtract(tier.date_from, days=1)
            if tier.date_to and tier.date_to < first:
                raise ValidationError(
                    self.env._(
                        "Tier «%s» can't end before it begins: look at its two days.",
                        tier.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            for vals in vals_list:
                self._check_no_past(vals)
        tiers = super().create(vals_list)
        for tier in tiers.filtered("replaces_id"):
            if tier.replaces_id.state == "past":
                raise UserError(
                    self.env._("A tier that is past stays past. Make a new one.")
                )
            # sudo: the day follows from the new tier, whose writing was allowed.
            tier.replaces_id.sudo().date_to = fields.Date.subtract(
                tier.date_from, days=1
            )
        self.env.registry.clear_cache()
        return tiers

    def write(self, vals):
        if not self.env.su:
            self._check_still_open(vals)
            self._check_no_past(vals)
        result = super().write(vals)
        if vals.keys() & (DECISIVE_FIELDS | {"date_to"}):
            self.env.registry.clear_cache()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_only_coming(self):
        if self.filtered(lambda tier: tier.state != "coming"):
            raise UserError(
                self.env._(
                    "A tier that counted is kept: it explains what was decided. Give "
                    "it a last day instead."
                )
            )

    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache()
        return result

    def action_replace(self):
        """A new tier like this one, to take its place from a day on (CS-22)."""
        self.ensure_one()
        values = self.copy_data()[0]
        values.pop("date_to", None)
        values["date_from"] = fields.Date.add(self.env["stock.lot"]._today(), days=1)
        values["replaces_id"] = self.id
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Replace Tier"),
            "res_model": self._name,
            "view_mode": "form",
            "context": {f"default_{name}": value for name, value in values.items()},
        }

    def _check_still_open(self, vals):
        """What counted stays as it was: decisions point back to it (CS-22)."""
        counted = self.filtered(lambda tier: tier.state != "coming")
        if counted and vals.keys() & DECISIVE_FIELDS:
            raise UserError(
                self.env._(
                    "Tier «%s» is in force already and explains what was decided. Use "
                    "the button «Replace» to change it from a day on.",
                    counted[0].name,
                )
            )
        if counted.filtered(lambda tier: tier.state == "past") and "date_to" in vals:
            raise UserError(
                self.env._("A tier that is past stays past. Make a new one.")
            )

    @api.model
    def _check_no_past(self, vals):
        """Nobody makes or ends a tier for days that are over."""
        today = self.env["stock.lot"]._today()
        days = [fields.Date.to_date(vals.get(n)) for n in ("date_from", "date_to")]
        if any(day and day < today for day in days):
            raise UserError(
                self.env._(
                    "A tier begins today at the earliest and ends today at the "
                    "earliest: what was decided before stays decided."
                )
            )
