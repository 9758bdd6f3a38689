"""Rights are asked for, approved and kept apart; no post stays empty (CS-04)."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from odoo_client import Rpc, RpcError

NUMBERS = count(1)
ROUNDS = 3


@pytest.fixture(scope="module")
def role_ids(rpc):
    """{"picker": database id of its group}"""
    rows = rpc("admin").search_read(
        "ir.model.data",
        [("module", "=", "pharma_gsp"), ("model", "=", "res.groups")],
        "name",
        "res_id",
    )
    prefix = "pharma_gsp_group_"
    return {row["name"].removeprefix(prefix): row["res_id"] for row in rows}


@pytest.fixture
def hire(rpc):
    """IT makes a user, who holds no role yet; she goes when the test ends."""
    hired = []

    def create():
        login = f"newcomer{next(NUMBERS)}"
        values = {"name": "新员工", "login": login, "password": login}
        hired.append(rpc("admin").create("res.users", **values))
        return hired[-1], login

    yield create
    for user_id in hired:
        rpc("admin").write("res.users", user_id, active=False)


def ask(rpc, user_id, grant=(), withdraw=(), asker="admin"):
    return rpc(asker).create(
        "pharma.role.request",
        user_id=user_id,
        grant_role_ids=list(grant),
        withdraw_role_ids=list(withdraw),
        reason="轮岗",
    )


def approve(rpc, request_id, decider="qa_manager"):
    rpc(decider).button("pharma.role.request", "action_approve", request_id)


def roles(rpc, user_id):
    return set(rpc("admin").read("res.users", user_id, "pharma_role_ids"))


def test_a_newcomer_gets_her_role_by_request_only(server, rpc, role_ids, hire):
    user_id, login = hire()
    picker = role_ids["picker"]
    for model, record_id, values in (
        ("res.users", user_id, {"group_ids": [(4, picker)]}),
        ("res.groups", picker, {"user_ids": [(4, user_id)]}),
    ):
        with pytest.raises(RpcError):
            rpc("admin").write(model, record_id, **values)
    assert roles(rpc, user_id) == set()
    request_id = ask(rpc, user_id, [picker])
    for login_without_say in ("admin", "seller", "qa", "auditor"):
        with pytest.raises(RpcError):
            approve(rpc, request_id, login_without_say)
    approve(rpc, request_id)
    assert roles(rpc, user_id) == {picker}
    hers = Rpc(server, login, login)
    assert hers.search("pharma.role.request", ("user_id", "=", user_id))


def test_two_excluded_roles_are_refused_with_the_reason(rpc, role_ids, hire):
    """CS-04, TV-50: as approved request and by hand."""
    user_id, _login = hire()
    approve(rpc, ask(rpc, user_id, [role_ids["picker"]]))
    request_id = ask(rpc, user_id, [role_ids["reviewer"]])
    warning = rpc("qa_manager").read("pharma.role.request", request_id, "warning")
    with pytest.raises(RpcError) as error:
        approve(rpc, request_id)
    assert warning in str(error.value)
    with pytest.raises(RpcError) as error:
        rpc("admin").write("res.users", user_id, group_ids=[(4, role_ids["reviewer"])])
    assert warning in str(error.value)
    assert roles(rpc, user_id) == {role_ids["picker"]}


def test_nobody_approves_her_own_rights(rpc, role_ids):
    manager = rpc("qa_manager")
    request_id = ask(rpc, manager.uid, [role_ids["keeper"]], asker="qa_manager")
    with pytest.raises(RpcError):
        approve(rpc, request_id)
    rpc("quality_head").write("pharma.role.request", request_id, answer="不需要")
    rpc("quality_head").button("pharma.role.request", "action_refuse", request_id)
    assert rpc("admin").read("pharma.role.request", request_id, "state") == "refused"


def test_import_gives_no_role(rpc, role_ids, hire):
    user_id, _login = hire()
    result = rpc("admin")(
        "res.users",
        "load",
        [".id", "group_ids/.id"],
        [[str(user_id), str(role_ids["picker"])]],
    )
    assert not result["ids"]
    assert roles(rpc, user_id) == set()


def test_a_review_keeps_and_withdraws(rpc, role_ids, hire):
    user_id, _login = hire()
    approve(rpc, ask(rpc, user_id, [role_ids["keeper"]]))
    (holder_id,) = rpc("qa_manager").search(
        "pharma.role.holder", ("user_id", "=", user_id)
    )
    rpc("qa_manager").button("pharma.role.holder", "action_keep", holder_id)
    assert rpc("auditor").read("pharma.role.holder", holder_id, "review_date")
    action = rpc("quality_head").button(
        "pharma.role.holder", "action_open_withdraw", holder_id
    )
    wizard_id = rpc("quality_head")(
        action["res_model"],
        "create",
        [{"reason": "调离岗位"}],
        context=action["context"],
    )[0]
    rpc("quality_head").button(action["res_model"], "action_withdraw", wizard_id)
    assert roles(rpc, user_id) == set()
    decisions = rpc("auditor").search_read(
        "pharma.role.review", [("user_id", "=", user_id)], "decision"
    )
    assert [row["decision"] for row in decisions] == ["withdrawn", "kept"]


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_of_the_last_two_heads_one_stays(server, rpc, role_ids, hire, _round):
    """Two administrators take the role away at the same moment (CS-04)."""
    head = role_ids["quality_head"]
    first_id, (second_id, _login) = rpc("quality_head").uid, hire()
    approve(rpc, ask(rpc, second_id, [head]))
    hands = [Rpc(server, "admin", "admin") for _hand in range(2)]

    def take(hand, user_id):
        try:
            hand.write("res.users", user_id, group_ids=[(3, head)])
        except RpcError as error:
            return error
        return None

    with ThreadPoolExecutor() as pool:
        errors = list(pool.map(take, hands, (first_id, second_id)))
    try:
        assert sum(error is None for error in errors) == 1, errors
        holders = rpc("admin").search("res.users", ("all_group_ids", "in", [head]))
        assert len(holders) == 1
    finally:
        if head not in roles(rpc, first_id):
            approve(rpc, ask(rpc, first_id, [head]))
