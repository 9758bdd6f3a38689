from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.pharma_gsp.tools.scope import ScopeCycle, ScopeTree, missing

TREE = ScopeTree.build(
    [
        ("CHEM", None, False),
        ("CPM", None, False),
        ("BIO", None, False),
        ("ANAB", None, False),
        ("INSULIN", "ANAB", False),
        ("INSULIN_PEN", "INSULIN", False),
        ("COLD", None, True),
        ("BLOOD", "", True),
        ("COLD_DEEP", "COLD", True),
    ]
)


@pytest.mark.parametrize(
    ("required", "held", "expected"),
    [
        pytest.param(
            ["BIO", "COLD"], ["CHEM", "CPM"], (("BIO",), ("COLD",)), id="TV-34 buyer"
        ),
        pytest.param(
            ["BIO", "COLD"], ["CHEM", "COLD"], (("BIO",), ()), id="TV-34 own company"
        ),
        pytest.param(["ANAB"], ["CHEM"], (("ANAB",), ()), id="TV-36 anabolic"),
        pytest.param(["INSULIN"], ["INSULIN"], ((), ()), id="TV-36 insulin"),
        pytest.param(["INSULIN"], ["ANAB"], ((), ()), id="parent covers child"),
        pytest.param(["INSULIN_PEN"], ["ANAB"], ((), ()), id="and grandchild"),
        pytest.param(["ANAB"], ["INSULIN"], (("ANAB",), ()), id="never the reverse"),
        pytest.param(["COLD_DEEP"], ["COLD"], ((), ()), id="flags nest as well"),
        pytest.param([], ["CHEM"], ((), ()), id="nothing required"),
        pytest.param(
            ["BIO", "CHEM", "COLD", "BLOOD", "BIO"],
            [],
            (("BIO", "CHEM"), ("COLD", "BLOOD")),
            id="given order, each once",
        ),
        pytest.param(["NEW"], ["CHEM"], (("NEW",), ()), id="unknown code"),
        pytest.param(["NEW"], ["NEW"], ((), ()), id="unknown code held"),
    ],
)
def test_missing(required, held, expected):
    assert missing(required, held, TREE) == expected


def test_ids_serve_as_codes_and_generators_as_input():
    tree = ScopeTree.build(iter([(1, None, False), (2, 1, False)]))
    assert missing(iter([2, 1]), iter([1]), tree) == ((), ())
    assert missing(iter([2, 1]), iter([2]), tree) == ((1,), ())


@pytest.mark.parametrize(
    "rows",
    [
        [("A", "A", False)],
        [("A", "B", False), ("B", "A", False)],
        [("C", "A", False), ("A", "B", False), ("B", "A", False)],
    ],
)
def test_a_scope_cannot_be_part_of_itself(rows):
    with pytest.raises(ScopeCycle):
        ScopeTree.build(rows)


def test_a_tree_is_a_value():
    same = ScopeTree.build(TREE.scopes)
    assert same == TREE
    assert hash(same) == hash(TREE)
    with pytest.raises(FrozenInstanceError):
        TREE.scopes = ()


codes = st.lists(st.sampled_from([code for code, _parent, _flag in TREE.scopes]))


@given(codes, codes)
def test_missing_is_part_of_the_required(required, held):
    scopes, flags = missing(required, held, TREE)
    assert {*scopes, *flags} <= set(required) - set(held)
    assert not any(TREE.is_flag(code) for code in scopes)
    assert all(TREE.is_flag(code) for code in flags)


@given(codes, codes, codes)
def test_holding_more_never_makes_more_missing(required, held, more):
    few, many = (missing(required, [*held, *h], TREE) for h in ([], more))
    assert {*many[0], *many[1]} <= {*few[0], *few[1]}
