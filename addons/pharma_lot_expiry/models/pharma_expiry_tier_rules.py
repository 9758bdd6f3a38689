from dataclasses import replace

from odoo import api, models, tools
from odoo.fields import Domain

from ..tools import expiry_tier
from ..tools.expiry_tier import Facts, Rule
from .pharma_expiry_tier import EFFECTS, NOTIFIES


class PharmaExpiryTier(models.Model):
    """What others ask of the tiers: which one goods are in, and what that stops.

    The tiers are read once and kept as plain values; the decision is taken by
    ``tools.expiry_tier``, live, so that no job has to run for a refusal.
    """

    _inherit = "pharma.expiry.tier"

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
        tiers = self._on(day)
        found = (next(iter(tiers.of(fact)), None) for fact in self._facts(pairs))
        return [self._of_rule(rule) for rule in found]

    @api.model
    def _stopped(self, pairs, effect, day=None):
        """Like ``_tiers_of_dates``: the tier that stops goods by this effect."""
        tiers = self._on(day)
        found = (tiers.stopping(fact, effect) for fact in self._facts(pairs))
        return [self._of_rule(rule) for rule in found]

    @api.model
    def _sale_limits(self, products, day=None):
        """From which last day of use on goods may be sold on a day.

        :param products: product.product records
        :return: {product: SaleLimits(free, with_consent)}; both are the day itself
            where no tier stops anything
        """
        tiers = self._on(day)
        facts = self._facts([(product, None) for product in products])
        return {
            product: tiers.sale_limits(fact)
            for product, fact in zip(products, facts, strict=True)
        }

    @api.model
    def _lots_on_hand(self, products, warehouses, day):
        """Lots near their end that lie in the warehouses, not reserved, not held.

        :return: {(product, warehouse): lots that are in some tier, the worst first}
        """
        # sudo: what lies in a warehouse is told to who sells and buys.
        rows = (
            self.env["stock.quant"]
            .sudo()
            ._read_group(
                Domain("product_id", "in", products.ids)
                & Domain("location_id.usage", "=", "internal")
                & Domain("location_id.is_pharma_quarantine", "=", False)
                & Domain("location_id.warehouse_id", "in", warehouses.ids)
                & Domain("expiry_date", ">=", day)
                & Domain("expiry_date", "<=", self._horizon(day)),
                ["product_id", "location_id.warehouse_id", "lot_id"],
                ["quantity:sum", "reserved_quantity:sum"],
            )
        )
        free = [row[:3] for row in rows if row[3] > row[4]]
        # sudo: as above.
        none = self.env["stock.lot"].sudo()
        lots = none.union(*(lot for _p, _w, lot in free))
        held = self.env["pharma.lot.hold"]._held_lots(lots)
        found = {}
        for product, warehouse, lot in free:
            if lot not in held:
                key = (product.id, warehouse.id)
                found[key] = found.get(key, none) | lot
        return {key: lots.sorted("expiry_date") for key, lots in found.items()}

    @api.model
    def _horizon(self, day):
        """The latest last day of use any lot in a tier can have."""
        longest = 0
        if any(rule.criterion == "share" for rule in self._rules()):
            # sudo: as in _facts.
            products = self.env["product.template"].sudo()
            ((longest,),) = products._read_group([], [], ["shelf_life_months:max"])
        stack = self._on(day).stack(longest or 0)
        return max((reach for reach, _rule in stack), default=day)

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
        tiers = self._on(day)
        day = tiers.day
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
                    for reach, rule in tiers.stack(life)
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
    def _on(self, day=None):
        """The tiers as they count on a day, today in China if None."""
        return expiry_tier.Tiers(self._rules(), day or self.env["stock.lot"]._today())

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
        known = {product.id: self._fact(product) for product in products}
        return [
            replace(known.get(product.id, Facts()), expiry=expiry or None)
            for product, expiry in pairs
        ]

    @api.model
    def _fact(self, product):
        return Facts(
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
        # sudo: kept for everybody, so it mustn't depend on who asks first.
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
