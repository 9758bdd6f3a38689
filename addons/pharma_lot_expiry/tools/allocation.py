"""What a move wants of the stock, and what can be promised of it (ST-11, OB-03)."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Wish:
    """What the goods of a move are for.

    ``is_way_out``: scrap, quarantine, back to the supplier; anything may go there.
    ``sellable_from``: lots have to end on this day or later; ``agreed_lot_ids`` may end
    earlier, because the customer agreed to it.
    """

    is_way_out: bool = False
    sellable_from: date | None = None
    agreed_lot_ids: tuple[int, ...] = ()

    def takes(self, expiry: date, lot_id: int) -> bool:
        """Whether the customer takes a good lot that ends on that day.

        >>> wish = Wish(sellable_from=date(2027, 6, 1), agreed_lot_ids=(7,))
        >>> wish.takes(date(2027, 5, 31), 8), wish.takes(date(2027, 5, 31), 7)
        (False, True)
        """
        if self.sellable_from is None or expiry >= self.sellable_from:
            return True
        return lot_id in self.agreed_lot_ids


@dataclass(frozen=True)
class Demand:
    """What confirmed orders still need of a product; ``reserved``: have of it."""

    needed: float = 0.0
    reserved: float = 0.0

    def __add__(self, other):
        return Demand(self.needed + other.needed, self.reserved + other.reserved)


@dataclass(frozen=True)
class Shelf:
    """One product in one warehouse, in the product's own unit.

    ``good``: of lots fit for sale; ``fitting``: of these, what lives long enough for
    the customer and isn't reserved for others; ``promised``: to others on confirmed
    orders; ``set_apart``: reserved for something else than orders; ``expired``,
    ``held``, ``short_lived``: why the rest doesn't count.
    """

    good: float = 0.0
    fitting: float = 0.0
    promised: float = 0.0
    set_apart: float = 0.0
    expired: float = 0.0
    held: float = 0.0
    short_lived: float = 0.0

    @property
    def promisable(self) -> float:
        """What one more order may take, so that all orders together find enough.

        >>> Shelf(good=10, fitting=10, promised=7).promisable
        3.0
        >>> Shelf(good=10, fitting=2, promised=7).promisable
        2
        >>> Shelf(good=10, fitting=7, promised=5, set_apart=3).promisable
        2
        """
        free = self.good - self.promised - self.set_apart
        return max(0, min(free, self.fitting))


def is_fefo_break(chosen: date, free: list[date]) -> bool:
    """Whether an earlier lot lies free while a later one is taken (TV-49).

    >>> is_fefo_break(date(2027, 3, 1), [date(2026, 12, 1), date(2027, 3, 1)])
    True
    """
    return bool(free) and min(free) < chosen
