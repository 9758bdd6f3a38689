from collections import Counter
from functools import cached_property


class Trading:
    """Holds and wishes of a batch of drugs, asked of the database once.

    It travels in the context for the time of one call, so nothing in it grows old.

    :param products: ``product.product`` records under control
    """

    def __init__(self, products):
        self.products = products
        self._wishes = {}

    @classmethod
    def of(cls, records, products):
        """The one in the context if it knows these products, else a new one."""
        known = records.env.context.get("pharma_trading")
        if isinstance(known, cls) and products <= known.products:
            return known
        return cls(products.with_env(records.env))

    @cached_property
    def holds(self):
        return self.products.env["pharma.lot.hold"]._active_holds(self.products)

    @cached_property
    def held_packs(self):
        """Single packs on hold, whose lots may be sold."""
        return self.products.env["pharma.trace.code"]._held_packs(self.products)

    def kept_back(self, place):
        """{lot: packs of it on hold in a place or below}"""
        kept = Counter()
        for lot, where, packs in self.held_packs:
            if lot and (where.parent_path or "").startswith(place.parent_path):
                kept[lot] += packs
        return kept

    def holds_of(self, products):
        """Holds on these products, and those of locations."""
        return self.holds.filtered(
            lambda hold: hold.kind == "location" or hold.product_id in products
        )

    def wish(self, partner, day, product):
        """What a customer takes of a product on a day: ``tools.allocation.Wish``."""
        key = partner, day
        if key not in self._wishes:
            self._wishes[key] = partner._pharma_wishes(self.products, day)
        return self._wishes[key][product]
