import pytest

from odoo.addons.pharma_gsp.tools.duty import Change, Holding, Pair, changes

PICKER, REVIEWER, SELLER = 10, 20, 30
PAIRS = [Pair(1, PICKER, REVIEWER), Pair(2, SELLER, REVIEWER)]


def change(before, after, was_active=True, is_active=True):
    return Change(
        7,
        Holding("马晓东", frozenset(before), was_active),
        Holding("马晓东", frozenset(after), is_active),
    )


@pytest.mark.parametrize(
    ("before", "after", "broken"),
    [
        ([], [PICKER], []),
        ([PICKER], [PICKER, REVIEWER], [1]),
        ([REVIEWER], [PICKER, REVIEWER], [1]),
        ([], [PICKER, REVIEWER], [1]),
        ([REVIEWER], [PICKER, SELLER, REVIEWER], [1, 2]),
        # One in, the other out at once.
        ([PICKER], [REVIEWER], []),
        # From before the pair was forbidden: withdrawing must stay possible.
        ([PICKER, SELLER, REVIEWER], [PICKER, REVIEWER], []),
        ([PICKER, REVIEWER], [PICKER, REVIEWER, SELLER], [2]),
    ],
)
def test_a_change_breaks_the_pairs_it_completes(before, after, broken):
    assert [pair.id for pair in change(before, after).broken(PAIRS)] == broken


@pytest.mark.parametrize(
    ("was_active", "is_active", "granted", "withdrawn"),
    [
        (True, True, {SELLER}, {PICKER}),
        (False, True, {REVIEWER, SELLER}, set()),
        (True, False, {SELLER}, {PICKER, REVIEWER}),
        (False, False, {SELLER}, set()),
    ],
)
def test_an_archived_user_holds_nothing_in_force(
    was_active, is_active, granted, withdrawn
):
    moved = change([PICKER, REVIEWER], [REVIEWER, SELLER], was_active, is_active)
    assert (moved.granted, moved.withdrawn) == (granted, withdrawn)


def test_a_returning_user_brings_her_conflict_to_light():
    back = change([PICKER, REVIEWER], [PICKER, REVIEWER], was_active=False)
    assert [pair.id for pair in back.broken(PAIRS)] == [1]


def test_new_and_deleted_users_hold_nothing_on_the_other_side():
    seller = Holding("叶子航", frozenset({SELLER}), True)
    (created,) = changes({}, {7: seller})
    assert created.granted == {SELLER}
    (deleted,) = changes({7: seller}, {})
    assert deleted.withdrawn == {SELLER}
    assert deleted.before.name == "叶子航"


def test_whose_roles_stay_is_no_change():
    seller = Holding("叶子航", frozenset({SELLER}), True)
    assert changes({7: seller, 8: Holding()}, {7: seller, 8: Holding()}) == []
