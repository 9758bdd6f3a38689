from odoo import api, fields, models, tools
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..tools import expiry_tier
from ..tools.expiry_tier import Facts, Rule

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
        "pharma.expiry.tier", "Replaces", readonly=True, index="btree_not_null"
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

    # -- what others ask ---------------------------------------------------------------

    @api.model
    def _tiers(self, lots, day=None):
        """The tier of each lot on a day; expired and undated lots are in none.

        :param lots: stock.lot records
        :param day: a day in China, today if None
        :return: {lot: pharma.expiry.tier record, empty where there is none}
        """
        pairs = [(lot.product_id, lot.expiry_date) for lot in lots]
        return dict(zip(lots, self._tiers_of_dates(pairs, day), strict=True))

    @api.model
    def _tiers_of_dates(self, pairs, day=None):
        """The tiers of goods by product and last day, also where no lot exists yet.

        :param pairs: list of (product.product, date or None)
        :return: list of pharma.expiry.tier records, in the order of ``pairs``
        """
        day = day or self.env["stock.lot"]._today()
        rules = self._rules()
        facts = self._facts(pairs)
        found = (expiry_tier.tier_of(rules, fact, day) for fact in facts)
        return [self._of_rule(rule) for rule in found]

    @api.model
    def _stopped(self, pairs, effect, day=None):
        """Like ``_tiers_of_dates``: the tier that stops goods by this effect."""
        day = day or self.env["stock.lot"]._today()
        rules = self._rules()
        facts = self._facts(pairs)
        found = (expiry_tier.stopped_by(rules, fact, day, effect) for fact in facts)
        return [self._of_rule(rule) for rule in found]

    @api.model
    def _sale_limits(self, products, day=None):
        """From which last day of use on goods may be sold on a day.

        :param products: product.product records
        :return: {product: SaleLimits(free, with_consent)}; both are the day itself
            where no tier stops anything
        """
        day = day or self.env["stock.lot"]._today()
        rules = self._rules()
        facts = self._facts([(product, None) for product in products])
        return {
            product: expiry_tier.sale_limits(rules, fact, day)
            for product, fact in zip(products, facts, strict=True)
        }

    @api.model
    def _lot_domain(self, tier_ids, day=None):
        """Lots that are in one of these tiers, or in none where False is among them."""
        found, none = [], []
        for lots, layers in self._layers(day):
            smaller = Domain.FALSE
            for rule, covered in layers:
                if rule.id in tier_ids:
                    found.append(lots & covered & ~smaller)
                smaller |= covered
            none.append(lots & ~smaller)
        return Domain.OR(found + (none if False in tier_ids else []))

    @api.model
    def _stopped_domain(self, effect, day=None):
        """Lots that a tier stops by this effect, or lists for clearance."""
        return Domain.OR(
            lots & covered
            for lots, layers in self._layers(day)
            for rule, covered in layers
            if effect in rule.effects
        )

    @api.model
    def _layers(self, day=None):
        """The tiers as domains of lots, smallest first.

        How far a share reaches depends on the product's shelf life: with such tiers
        there is a stack for each shelf life in use, otherwise one for all lots.

        :return: list of (domain of the lots concerned, [(rule, domain it covers)])
        """
        day = day or self.env["stock.lot"]._today()
        rules = [rule for rule in self._rules() if rule.is_in_force(day)]
        # sudo: as in _facts.
        products = self.env["product.product"].sudo().with_context(active_test=False)
        classes = {rule: self._class_domain(rule, products) for rule in rules}
        stacks = [(Domain.TRUE, 0)]
        if any(rule.criterion == "share" for rule in rules):
            templates = products.env["product.template"].with_context(active_test=False)
            lives = templates._read_group([], ["shelf_life_months"])
            stacks = [
                (Domain("product_id.shelf_life_months", "=", life or 0), life or 0)
                for (life,) in lives
            ]
        return [
            (
                lots,
                [
                    (
                        rule,
                        Domain("expiry_date", ">=", day)
                        & Domain("expiry_date", "<=", reach)
                        & classes[rule],
                    )
                    for reach, rule in expiry_tier.order(rules, life, day)
                ],
            )
            for lots, life in stacks
        ]

    @api.model
    def _class_domain(self, rule, products):
        """Lots of the product class a tier is for."""
        if rule.applies_to == "all":
            return Domain.TRUE
        path, operator, value = {
            "special": ("is_special", "=", True),
            "storage": ("storage_class", "in", list(rule.values)),
            "scope": ("pharma_scope_ids", "child_of", list(rule.values)),
            "category": ("categ_id", "child_of", list(rule.values)),
        }[rule.applies_to]
        found = products._search(Domain(path, operator, value))
        return Domain("product_id", "in", found)

    @api.model
    def _of_rule(self, rule):
        return self.browse(rule.id if rule else ())

    @api.model
    def _facts(self, pairs):
        """What the tiers ask of goods, read for all of them at once.

        :return: list of ``tools.expiry_tier.Facts``, in the order of ``pairs``
        """
        # sudo: how near its end something is doesn't depend on who looks.
        products = self.env["product.product"].sudo()
        products = products.union(*(product for product, _expiry in pairs))
        return [
            self._fact(products.browse(product.id), expiry) for product, expiry in pairs
        ]

    @api.model
    def _fact(self, product, expiry):
        return Facts(
            expiry=expiry or None,
            shelf_life_months=product.shelf_life_months,
            storage_class=product.storage_class or None,
            is_special=product.is_special,
            scopes=_lineage(product.pharma_scope_ids),
            categories=_lineage(product.categ_id),
        )

    @api.model
    @tools.ormcache()
    def _rules(self):
        """All tiers as plain values, past and coming ones too."""
        return tuple(tier._rule() for tier in self.sudo().search([]))

    def _rule(self):
        values = {
            "storage": [self.storage_class],
            "scope": self.scope_ids.ids,
            "category": self.categ_id.ids,
        }
        return Rule(
            id=self.id,
            limit=self.months if self.criterion == "months" else self.percent,
            criterion=self.criterion,
            applies_to=self.applies_to,
            values=frozenset(values.get(self.applies_to, ())),
            effects=frozenset(
                name for name in (*EFFECTS, *NOTIFIES.values()) if self[name]
            ),
            start=self.date_from,
            end=self.date_to or None,
        )


def _lineage(records):
    """Ids of the records and of all above them, from their stored paths."""
    return frozenset(
        int(part)
        for path in records.mapped("parent_path")
        for part in (path or "").split("/")
        if part
    )
