"""The way of a lot as a graph whose sums balance (TV-61).

A flow is what crossed one border between two places, added up. Both ends become nodes:
partners, warehouses, quarantines, losses. Goods that come back have nodes of their own,
so that the graph reads from left to right without turning.
"""

from collections import defaultdict
from typing import NamedTuple

# Columns of the diagram, from where goods come to where they return.
SOURCE, ACCEPTANCE, FIRST, SECOND, OUT, BACK = range(6)
INSIDE = {"internal", "transit"}


class Place(NamedTuple):
    """A location and the node it is part of: a warehouse, a quarantine, a transit."""

    usage: str
    key: str
    is_quarantine: bool = False


class Flow(NamedTuple):
    """:param partner: key of the partner's node without its side; "0" for nobody"""

    kind: str
    source: int
    target: int
    partner: str
    quantity: float
    moves: int = 1
    first: str = ""
    last: str = ""


class Edge(NamedTuple):
    source: str
    target: str
    kind: str
    quantity: float
    moves: int
    first: str
    last: str


class Balance(NamedTuple):
    """What came in, went out, is there and is lost, all in the product's unit."""

    received: float = 0.0
    returned_by_customers: float = 0.0
    found: float = 0.0
    made: float = 0.0
    delivered: float = 0.0
    returned_to_suppliers: float = 0.0
    used: float = 0.0
    scrapped: float = 0.0
    lost: float = 0.0
    stock: float = 0.0

    @property
    def total_in(self):
        return self.received + self.returned_by_customers + self.found + self.made

    @property
    def total_out(self):
        return self.delivered + self.returned_to_suppliers + self.used

    @property
    def total_loss(self):
        return self.scrapped + self.lost

    @property
    def difference(self):
        """What is there beyond what came in, less what went out and was lost.

        >>> Balance(received=10, delivered=4, stock=5, lost=1).difference
        0.0
        >>> Balance(received=10, stock=12).difference
        2.0
        """
        stock = self.total_in - self.total_out - self.total_loss
        return round(self.stock - stock, 6)


# What goods from such a place are, and what goods to it are.
CAME = {
    "supplier": "received",
    "customer": "returned_by_customers",
    "inventory": "found",
    "production": "made",
}
WENT = {
    "supplier": "returned_to_suppliers",
    "customer": "delivered",
    "inventory": "lost",
    "production": "used",
}


def balance(flows, places, stock) -> Balance:
    """Sums of flows, and what lies there now.

    >>> places = {1: Place("supplier", "s"), 2: Place("internal", "w")}
    >>> balance([Flow("receipt", 1, 2, "7", 10.0)], places, stock=10.0).difference
    0.0
    """
    sums = defaultdict(float)
    for flow in flows:
        came = CAME.get(places[flow.source].usage)
        went = WENT.get(places[flow.target].usage)
        if came:
            sums[came] += flow.quantity
        if went:
            sums["scrapped" if flow.kind == "scrap" else went] += flow.quantity
    return Balance(stock=stock, **sums)


def edges(flows, places) -> list[Edge]:
    """Flows between nodes, those of the same two nodes and kind added up.

    >>> places = {1: Place("supplier", "s"), 2: Place("internal", "w")}
    >>> [edge[:4] for edge in edges([Flow("receipt", 1, 2, "7", 10.0)], places)]
    [('supplier:7', 'w', 'receipt', 10.0)]
    """
    found, ends = {}, {}
    for flow in flows:
        way = flow[:3]
        if way not in ends:  # partners are many, ways are few
            ends[way] = _ends(*way, places)
        (came, is_from), (went, is_to) = ends[way]
        key = (
            came + flow.partner if is_from else came,
            went + flow.partner if is_to else went,
            flow.kind,
        )
        old = found.get(key)
        found[key] = Edge(
            *key,
            flow.quantity + (old.quantity if old else 0.0),
            flow.moves + (old.moves if old else 0),
            min(flow.first, old.first) if old else flow.first,
            max(flow.last, old.last) if old else flow.last,
        )
    return list(found.values())


def _ends(kind, source, target, places):
    """Two pairs: the key of the node at an end, and whether a partner completes it."""
    source, target = places[source], places[target]
    came = {
        "supplier": ("supplier:", True),
        "customer": ("customer:", True),
        "inventory": ("found", False),
        "production": ("made", False),
    }.get(source.usage, (source.key, False))
    if source.usage == "customer" and target.usage in INSIDE:
        return came, (f"back:{target.key}", False)
    went = {
        "supplier": ("returned:", True),
        "customer": ("customer:", True),
        "inventory": ("scrapped" if kind == "scrap" else "lost", False),
        "production": ("used", False),
    }.get(target.usage, (target.key, False))
    return came, went


def columns(edges, quarantines) -> dict:
    """{node key: column}; places that nothing came to from outside stand further right.

    :param quarantines: keys of places where goods wait for acceptance
    """
    outside = {"supplier", "found", "made"}
    entered = {edge.target for edge in edges if _side(edge.source) in outside}
    entered |= {edge.target for edge in edges if edge.source in quarantines}
    found = {}
    for key in dict.fromkeys(key for edge in edges for key in edge[:2]):
        side = _side(key)
        if side in outside:
            found[key] = SOURCE
        elif side == "back":
            found[key] = BACK
        elif side in ("customer", "returned", "scrapped", "lost", "used"):
            found[key] = OUT
        elif key in quarantines:
            found[key] = ACCEPTANCE
        else:
            found[key] = FIRST if key in entered else SECOND
    if SECOND in found.values() and FIRST not in found.values():
        found = {k: FIRST if c == SECOND else c for k, c in found.items()}
    return found


def _side(key):
    return key.partition(":")[0]
