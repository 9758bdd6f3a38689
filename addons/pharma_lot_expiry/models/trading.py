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
