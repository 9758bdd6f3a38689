"""Who asked for which role, what was answered, and the yearly review of them all."""

HIRED_DAYS = 500
# Who asks, for whom, roles, reason, answer, by whom, with which words, days ago.
REQUESTS = (
    (
        "admin",
        "keeper",
        "storekeeper",
        "襄阳分仓启用后人手不足，兼任保管员。",
        "approved",
        "qa_manager",
        "岗位培训已完成，同意。",
        160,
    ),
    (
        "receiver",
        "receiver",
        "keeper",
        "夜班养护员请假，临时兼任养护。",
        "approved",
        "qa_manager",
        "",
        120,
    ),
    (
        "picker",
        "picker",
        "dispatcher",
        "晚间运输交接由拣货组承担。",
        "approved",
        "quality_head",
        "",
        75,
    ),
    (
        "receiver",
        "receiver",
        "inspector",
        "验收员休假期间代为验收。",
        "refused",
        "qa_manager",
        "收货与验收须由两人分别担任，请安排其他验收员顶岗。",
        40,
    ),
    (
        "seller",
        "seller",
        "finance",
        "便于核对客户回款。",
        "withdrawn",
        "seller",
        "",
        22,
    ),
    ("picker", "picker", "reviewer", "复核台高峰期支援。", "requested", None, "", 2),
    ("reviewer", "reviewer", "dispatcher", "承担冷链交接。", "requested", None, "", 1),
    ("admin", "inspector", "keeper", "部门合并，兼任养护。", "requested", None, "", 0),
)
# Who was looked at, by whom, days ago. Whom nobody looked at is due since long.
REVIEWS = (
    ("purchaser", "qa_manager", 350),
    ("receiver", "qa_manager", 350),
    ("inspector", "qa_manager", 350),
    ("admin", "qa_manager", 340),
    ("seller", "qa_manager", 130),
    ("finance", "qa_manager", 130),
    ("qa", "qa_manager", 130),
    ("auditor", "quality_head", 130),
    ("qa_manager", "quality_head", 130),
    ("quality_head", "qa_manager", 130),
    ("picker", "qa_manager", 370),
)
# Held for a while, no longer needed: login, role, reason.
WITHDRAWN = ("receiver", "keeper", "临时兼任期满。")


def load(world):
    _hire(world)
    _request(world)
    _review(world)
    _withdraw(world)
    # The reviewers are called as the nightly job does.
    world.env["pharma.role.holder"]._cron_remind()


def _hire(world):
    """The staff is older than this database."""
    users = world.env["res.users"].union(
        *(world.users[row["login"]] for row in world.staff if row["kind"] == "internal")
    )
    hired = world.moment(world.day(-HIRED_DAYS))
    world.backdate(users, create_date=dict.fromkeys(users.ids, hired))


def _role(world, name):
    return world.env.ref(f"pharma_gsp.pharma_gsp_group_{name}")


def _request(world):
    asked, decided, applied = {}, {}, {}
    requests = world.env["pharma.role.request"]
    for asker, login, role, reason, state, decider, answer, days in REQUESTS:
        request = world.model("pharma.role.request", asker).create(
            {
                "user_id": world.users[login].id,
                "grant_role_ids": _role(world, role).ids,
                "reason": reason,
            }
        )
        _decide(world, request, state, decider, answer)
        asked[request.id] = world.moment(world.day(-days), 9, 20)
        if state != "requested":
            decided[request.id] = world.moment(world.day(-days), 15, 5)
        if state == "approved":
            applied[request.id] = decided[request.id]
        requests |= request.with_env(world.env)
    world.backdate(
        requests, create_date=asked, decided_date=decided, applied_date=applied
    )


def _decide(world, request, state, decider, answer):
    if state == "requested":
        return
    request = world.acting(decider, request)
    if answer:
        request.answer = answer
    button = {
        "approved": request.action_approve,
        "refused": request.action_refuse,
        "withdrawn": request.action_withdraw,
    }[state]
    button()


def _holder(world, login, role=None):
    """What one holds; without a role, the one she was hired for."""
    domain = [("user_id", "=", world.users[login].id)]
    domain += (
        [("role_id", "=", _role(world, role).id)]
        if role
        else [("request_id", "=", False)]
    )
    return world.env["pharma.role.holder"].search(domain)


def _review(world):
    values = []
    for login, reviewer, days in REVIEWS:
        holder = world.acting(reviewer, _holder(world, login))
        values.append(
            {
                **holder._prepare_review_values("kept"),
                "date": world.moment(world.day(-days), 16, 40),
            }
        )
    # Written with their days: what is append-only can't be dated back later.
    world.env["pharma.role.review"].create(values)


def _withdraw(world):
    login, role, reason = WITHDRAWN
    world.acting("qa_manager", _holder(world, login, role))._withdraw(reason)
