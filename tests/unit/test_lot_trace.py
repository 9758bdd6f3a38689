import pytest

from odoo.addons.pharma_lot_expiry.tools import lot_trace
from odoo.addons.pharma_lot_expiry.tools.lot_trace import Flow, Place

PLACES = {
    1: Place("supplier", "x"),
    2: Place("internal", "place:1"),
    3: Place("internal", "quarantine:1", is_quarantine=True),
    4: Place("internal", "place:2"),
    5: Place("customer", "x"),
    6: Place("inventory", "x"),
    7: Place("production", "x"),
    8: Place("transit", "transit:8"),
}


@pytest.mark.parametrize(
    ("kind", "source", "target", "ends"),
    [
        ("receipt", 1, 3, ("supplier:9", "quarantine:1")),
        ("release", 3, 2, ("quarantine:1", "place:1")),
        ("transfer", 2, 8, ("place:1", "transit:8")),
        ("delivery", 2, 5, ("place:1", "customer:9")),
        ("customer_return", 5, 2, ("customer:9", "back:place:1")),
        ("supplier_return", 2, 1, ("place:1", "returned:9")),
        ("scrap", 2, 6, ("place:1", "scrapped")),
        ("loss", 2, 6, ("place:1", "lost")),
        ("gain", 6, 2, ("found", "place:1")),
        ("consumed", 2, 7, ("place:1", "used")),
        ("produced", 7, 2, ("made", "place:1")),
        ("dropship", 1, 5, ("supplier:9", "customer:9")),
    ],
)
def test_both_ends_of_a_flow_are_named(kind, source, target, ends):
    (edge,) = lot_trace.edges([Flow(kind, source, target, "9", 1.0)], PLACES)
    assert edge[:2] == ends


def test_flows_of_two_shelves_of_one_warehouse_are_one():
    places = {**PLACES, 12: Place("internal", "place:1")}
    flows = [
        Flow("delivery", 2, 5, "9", 3.0, 1, "2026-01-02", "2026-01-05"),
        Flow("delivery", 12, 5, "9", 4.0, 2, "2026-01-01", "2026-01-03"),
    ]
    (edge,) = lot_trace.edges(flows, places)
    assert edge[3:] == (7.0, 3, "2026-01-01", "2026-01-05")


def test_every_kind_of_flow_counts_once_in_the_balance():
    flows = [
        Flow("receipt", 1, 2, "9", 100.0),
        Flow("customer_return", 5, 2, "9", 5.0),
        Flow("gain", 6, 2, "0", 2.0),
        Flow("produced", 7, 2, "0", 1.0),
        Flow("delivery", 2, 5, "9", 60.0),
        Flow("supplier_return", 2, 1, "9", 10.0),
        Flow("consumed", 2, 7, "0", 3.0),
        Flow("scrap", 2, 6, "0", 4.0),
        Flow("loss", 2, 6, "0", 1.0),
        Flow("transfer", 2, 4, "0", 20.0),
        Flow("dropship", 1, 5, "9", 7.0),
    ]
    found = lot_trace.balance(flows, PLACES, stock=30.0)
    assert (found.total_in, found.total_out, found.total_loss) == (115.0, 80.0, 5.0)
    assert found.difference == 0


def test_goods_that_nobody_moved_are_a_difference():
    flows = [Flow("receipt", 1, 2, "9", 0.1), Flow("receipt", 1, 2, "9", 0.2)]
    assert lot_trace.balance(flows, PLACES, stock=0.3).difference == 0
    assert lot_trace.balance(flows, PLACES, stock=0.0).difference == -0.3


def test_the_graph_reads_from_left_to_right():
    flows = [
        Flow("receipt", 1, 3, "9", 1.0),
        Flow("release", 3, 2, "0", 1.0),
        Flow("transfer", 2, 4, "0", 1.0),
        Flow("delivery", 4, 5, "8", 1.0),
        Flow("customer_return", 5, 4, "8", 1.0),
    ]
    edges = lot_trace.edges(flows, PLACES)
    found = lot_trace.columns(edges, {"quarantine:1"})
    assert sorted(found, key=found.get) == [
        "supplier:9",
        "quarantine:1",
        "place:1",
        "place:2",
        "customer:8",
        "back:place:2",
    ]


def test_a_lot_only_moved_within_has_no_empty_column():
    edges = lot_trace.edges([Flow("delivery", 2, 5, "8", 1.0)], PLACES)
    assert lot_trace.columns(edges, set())["place:1"] == lot_trace.FIRST
