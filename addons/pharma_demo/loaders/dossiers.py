"""First-approval files in every state, with the papers they ask for.

Old files are put in force with their decisions written into the past. Files of the last
weeks walk through the buttons, in the hands of the people who would press them.
"""

from .documents import Paper, annual_report, file_papers, file_with_former, verify

# Days until papers end that the tables don't name: one for each reminder (FA-31).
ENDS = {
    ("B043", "LETTER"): 1,
    ("B020", "LETTER"): 5,
    ("S07", "LETTER"): 6,
    ("S01", "QUALITY_AGREEMENT"): 12,
    ("S06", "COLD_CAPABILITY"): 52,
    ("S10", "AGENT_LETTER"): 75,
    ("B046", "DIST_LICENCE"): 82,
    ("Q0005", "DEVICE_CERT"): 55,
}
# How the file of a partner stands now, when its table says so.
PAST_STATES = {"active", "due", "expired", "suspended", "terminated"}
NEW_CUSTOMERS = ("B027", "B048", "B053", "B059")
RENEWED_TYPES = {"QUALITY_AGREEMENT", "LETTER"}
MAIN_TYPES = {
    "DIST_LICENCE",
    "PROD_LICENCE",
    "PRACTICE_LICENCE",
    "CLINIC_FILING",
    "OTHER_PERMIT",
}
# Products we can't trade for want of the scope stay in preparation.
OUT_OF_SCOPE = ("RAD", "VAC")
# Where other product files stand: how many, taken evenly from plain drugs.
PRODUCT_STATES = (
    ("draft", 5),
    ("review_qa", 6),
    ("review_head", 4),
    ("rejected", 3),
    ("new", 12),
    ("change", 6),
    ("change_review", 2),
    ("suspended", 4),
    ("terminated", 2),
)
PAPERLESS_PRODUCT_TYPES = {
    "LABEL_SAMPLE",
    "TEST_REPORT",
    "QUALITY_STANDARD",
    "MAKER_LICENCE",
}
NOTES = {
    "supplier": "补充采购渠道，品种齐全、配送及时，拟建立长期合作关系。",
    "buyer": "新开发客户，主动提出采购需求，资质齐全，拟建立业务关系。",
    "product": "客户有采购需求，拟引进该品种。",
}


def load(world):
    _create_partner_files(world)
    _create_product_files(world)
    _file_partner_papers(world)
    _file_product_papers(world)
    _put_old_files_in_force(world)
    _walk_partner_files(world)
    _walk_product_files(world)


def state_of(row):
    return "new" if row["code"] in NEW_CUSTOMERS else row["dossier_state"]


def applicant(kind):
    return "seller" if kind == "buyer" else "purchaser"


def product_states(world):
    """{code: state} of the products whose file isn't simply active."""
    states, plain = {}, []
    for row in world.catalogue:
        if set(OUT_OF_SCOPE) & set(row["scopes"].split()):
            states[row["code"]] = "out_of_scope"
        elif row["scopes"] in ("CHEM", "CPM"):
            plain.append(row["code"])
    wanted = [state for state, count in PRODUCT_STATES for _ in range(count)]
    chosen = world.random("product states").sample(plain, len(wanted))
    return states | dict(zip(chosen, wanted, strict=True))


def _create_files(world, kind, subjects):
    """``subjects``: {code: values}; the department that asks creates the file."""
    files = world.model("pharma.dossier", applicant(kind)).create(
        [{"kind": kind, "note": NOTES[kind], **values} for values in subjects.values()]
    )
    for code, dossier in zip(subjects, files, strict=True):
        # Alone, so that reading one doesn't compute the checklists of all.
        world.dossiers[code, kind] = world.env["pharma.dossier"].browse(dossier.id)


def _create_partner_files(world):
    for kind, rows in (("supplier", world.suppliers), ("buyer", world.buyers)):
        subjects = {
            row["code"]: {
                "partner_id": world.partners[row["code"]].id,
                "scope_ids": world.scope_ids(row["licence_scopes"]),
            }
            for row in rows
        }
        _create_files(world, kind, subjects)


def _create_product_files(world):
    subjects = {
        row["code"]: {
            "product_tmpl_id": world.products[row["code"]].product_tmpl_id.id,
            "supplier_id": world.partners[row["supplier_codes"].split()[0]].id,
        }
        for row in world.catalogue
    }
    _create_files(world, "product", subjects)


# Papers of partners


def _file_partner_papers(world):
    for kind, rows in (("supplier", world.suppliers), ("buyer", world.buyers)):
        old, renewed, open_papers = [], [], []
        for row in rows:
            papers = _partner_papers(world, kind, row)
            if state_of(row) == "draft":
                papers = papers[:2]
            if state_of(row) not in PAST_STATES:
                open_papers += papers
                continue
            for paper in papers:
                is_renewed = _is_renewed(kind, row, paper)
                (renewed if is_renewed else old).append(paper)
        login = applicant(kind)
        verify(world, file_papers(world, login, old), days_ago=210)
        verify(world, file_with_former(world, login, renewed), days_ago=60)
        file_papers(world, login, open_papers)


def _is_renewed(kind, row, paper):
    """Suppliers' yearly papers and our oldest customers' letters had forerunners."""
    if paper.code not in RENEWED_TYPES or paper.true_end or not paper.issue:
        return False
    return kind == "supplier" or row["code"] < "B011"


def _partner_papers(world, kind, row):
    dossier = world.dossiers[row["code"], kind]
    types = world.env["pharma.document.type"]
    papers = [
        _partner_paper(world, row, types.browse(rule.id).code)
        for rule in dossier._required_rules()
    ]
    if row["kind"] == "WHOLESALER" and _only(row, "NARC", "PSY1"):
        papers.append(_partner_paper(world, row, "SPECIAL_DESIGNATION"))
    roles = ("sales",) if kind == "supplier" else ("purchase", "pickup")
    for role in roles:
        papers += _person_papers(world, row, role)
    return papers


def _partner_paper(world, row, code):
    partner = world.partners[row["code"]]
    index = int(row["code"][1:])
    authority = row["province"] + "药品监督管理局"
    if code == "ANNUAL_REPORT":
        return annual_report(world, partner)
    if code in ("BUSINESS_LICENCE", "LEGAL_PERSON_CERT"):
        return _identity_paper(world, row, partner)
    number, scopes, days, span = "", "", 260 + 17 * index % 400, 1095
    if code in MAIN_TYPES:
        number, scopes = row["licence_no"], _licence_scopes(row)
        days, span = _int(row["licence_days_left"]), 1826
    elif code == "DEVICE_LICENCE":
        number = (
            row.get("device_licence_no")
            or f"{row['city'][:1]}药监械经营备2025{9000 + index}号"
        )
        scopes = _only(row, "DEV2", "DEV3")
    elif code == "PURCHASE_CARD":
        number, scopes = row["purchase_card_no"], _only(row, "NARC", "PSY1")
        days = _int(row["purchase_card_days_left"])
    elif code == "SPECIAL_DESIGNATION":
        number = f"演示麻精批〔2025〕{index:03d}号"
        scopes = _only(row, "NARC", "PSY1", "PSY2")
    elif code == "RAD_PERMIT":
        number, scopes = f"演示放药许〔2025〕{index:03d}号", "RAD"
        authority = row["province"] + "卫生健康委员会"
    elif code == "QUALITY_AGREEMENT":
        number, days = (
            f"ZB-{row['code']}-{world.today.year}",
            _int(row["quality_agreement_days_left"]),
        )
        span, authority = 365, row["name"]
    elif world.document_type(code).expiry_policy == "none":
        days, authority = None, row["name"]
    return _dated(
        world, Paper(code, partner, number, authority, scopes=scopes), row, days, span
    )


def _identity_paper(world, row, partner):
    """Public institutions hold a legal person certificate instead (FA-21)."""
    is_public = row["uscc"].startswith("12")
    return Paper(
        "LEGAL_PERSON_CERT" if is_public else "BUSINESS_LICENCE",
        partner,
        number=partner.uscc,
        issuer=row["city"] + ("事业单位登记管理局" if is_public else "市场监督管理局"),
        issue=world.day(-1500),
        end=world.day(900) if is_public else None,
    )


def _licence_scopes(row):
    """What the main licence says; cards, permits and device papers carry the rest."""
    scopes = row["licence_scopes"].split()
    elsewhere = {"RAD"}
    if row["kind"] == "HOSPITAL":
        elsewhere |= {"NARC", "PSY1"}
    elif row["kind"] not in ("CLINIC", "CDC", "RESEARCH", "MAKER"):
        elsewhere |= {"DEV2", "DEV3"}
    return " ".join(scope for scope in scopes if scope not in elsewhere)


def _person_papers(world, row, role):
    person = world.persons[row["code"], role]
    column = (
        "sales_letter_days_left" if role == "sales" else "purchaser_letter_days_left"
    )
    letter = Paper("LETTER", person, f"SQ-{row['code']}-{role}", row["name"])
    identity = Paper(
        "ID_COPY",
        person,
        issuer="演示公安局",
        issue=world.day(-900),
        end=world.day(2750),
    )
    return [_dated(world, letter, row, _int(row[column]), 365), identity]


def _dated(world, paper, row, days, span):
    """A paper that ended already is in force while its past is told."""
    days = ENDS.get((row["code"], paper.code), days)
    if days is None:
        return _replace(paper, issue=world.day(-300))
    end = world.day(days)
    if days >= 0:
        return _replace(paper, issue=world.day(days - span), end=end)
    return _replace(paper, end=world.day(20), true_end=end)


def _replace(paper, **values):
    return Paper(**{**paper.__dict__, **values})


def _only(row, *codes):
    return " ".join(code for code in row["licence_scopes"].split() if code in codes)


def _int(text):
    return int(text) if text else None


# Papers of products


def _file_product_papers(world):
    states = product_states(world)
    types = world.env["pharma.document.type"]
    in_force, drafts = [], []
    for index, row in enumerate(world.catalogue):
        state = states.get(row["code"], "active")
        codes = [
            types.browse(rule.id).code
            for rule in world.dossiers[row["code"], "product"]._required_rules()
        ]
        papers = [_product_paper(world, row, code, index) for code in codes]
        if state in ("draft", "out_of_scope"):
            papers = papers[:2]
        is_open = state in (
            "draft",
            "out_of_scope",
            "review_qa",
            "review_head",
            "rejected",
            "new",
        )
        (drafts if is_open else in_force).extend(papers)
    verify(world, file_papers(world, "purchaser", in_force), days_ago=230)
    file_papers(world, "purchaser", drafts)


def _product_paper(world, row, code, index):
    product = world.products[row["code"]].product_tmpl_id
    number, issuer, days, span = "", row["manufacturer"], None, 1826
    if code in ("APPROVAL", "DEVICE_CERT"):
        number, issuer = row["approval_number"], "国家药品监督管理局"
        days = 120 + 37 * index % 1500
    elif code == "MAKER_LICENCE":
        number, days = f"SC{index:05d}", 100 + 53 * index % 1600
    elif code == "TEST_REPORT":
        number = f"JY{world.today.year}{index:05d}"
    elif code == "QUALITY_STANDARD":
        number = "《中国药典》2025 年版" if index % 3 else f"YBH{index:05d}"
    paper = Paper(
        code, product, number, issuer, has_page=code not in PAPERLESS_PRODUCT_TYPES
    )
    return _dated(world, paper, row, days, span)


# Files put in force in the past


def _put_old_files_in_force(world):
    old = _old_partner_files(world) + _old_product_files(world)
    dossiers = world.env["pharma.dossier"].union(*(dossier for dossier, _days in old))
    for dossier in dossiers:
        dossier._check_complete(verified=True)
    dossiers.write({"state": "active"})
    world.backdate(
        dossiers,
        active_date={d.id: world.day(-days) for d, days in old},
        applied_date={d.id: world.moment(world.day(-days - 8)) for d, days in old},
        create_date={d.id: world.moment(world.day(-days - 10)) for d, days in old},
        applicant_id={d.id: world.users[applicant(d.kind)].id for d, _days in old},
    )
    world.env["pharma.dossier.step"].create(
        [
            values
            for dossier, days in old
            for values in _past_steps(world, dossier, days)
        ]
    )
    _terminate_in_the_past(world)


def _old_partner_files(world):
    dice = world.random("partner files")
    return [
        (world.dossiers[row["code"], kind], dice.randint(220, 900))
        for kind, rows in (("supplier", world.suppliers), ("buyer", world.buyers))
        for row in rows
        if state_of(row) in PAST_STATES
    ]


def _old_product_files(world):
    dice, states = world.random("product files"), product_states(world)
    old_states = {"active", "change", "change_review", "suspended", "terminated"}
    return [
        (world.dossiers[row["code"], "product"], dice.randint(200, 1000))
        for row in world.catalogue
        if states.get(row["code"], "active") in old_states
    ]


def _past_steps(world, dossier, days):
    qa, head = (
        world.env.ref(f"pharma_gsp.tier_definition_{who}").name
        for who in ("qa", "quality_head")
    )
    history = (
        ("applied", False, applicant(dossier.kind), 8, dossier.note),
        ("approved", qa, "qa", 4, False),
        ("approved", head, "quality_head", 0, False),
        ("activated", False, "quality_head", 0, False),
    )
    return [
        {
            "dossier_id": dossier.id,
            "decision": decision,
            "name": name,
            "user_id": world.users[login].id,
            "date": world.moment(world.day(-days - before), 9 + position, 20),
            "reason": reason,
        }
        for position, (decision, name, login, before, reason) in enumerate(history)
    ]


def _terminate_in_the_past(world):
    codes = [
        (row["code"], kind)
        for kind, rows in (("supplier", world.suppliers), ("buyer", world.buyers))
        for row in rows
        if state_of(row) == "terminated"
    ]
    codes += [
        (code, "product")
        for code, state in product_states(world).items()
        if state == "terminated"
    ]
    dossiers = world.env["pharma.dossier"].union(
        *(world.dossiers[key] for key in codes)
    )
    dossiers.write({"state": "terminated"})
    world.env["pharma.dossier.step"].create(
        [
            {
                "dossier_id": dossier.id,
                "decision": "terminated",
                "user_id": world.users["qa_manager"].id,
                "date": world.moment(world.day(-190), 15),
                "reason": "合作终止，许可证到期未换证，档案封存。",
            }
            for dossier in dossiers
        ]
    )


# Files of these days, by the buttons


def _apply(world, key):
    dossier = world.dossiers[key]
    world.acting(applicant(dossier.kind), dossier).action_apply()
    return dossier


def _decide(world, login, dossier, decision, reason):
    dossier.invalidate_recordset()
    world.acting(login, dossier).decide(decision, reason)


def approve(world, login, dossier):
    dossier.invalidate_recordset()
    world.acting(login, dossier).action_approve()


def _walk_partner_files(world):
    for kind, rows in (("supplier", world.suppliers), ("buyer", world.buyers)):
        for row in rows:
            _walk(world, (row["code"], kind), state_of(row), row["note"])


def _walk(world, key, state, note):
    if state in PAST_STATES or state == "draft":
        return
    dossier = _apply(world, key)
    if state == "returned":
        _decide(
            world,
            "qa",
            dossier,
            "returned",
            note or "授权委托书未加盖法定代表人印章，请补正后重新申请。",
        )
    elif state == "rejected":
        _decide(world, "qa", dossier, "rejected", note)
    elif state == "new":
        approve(world, "qa", dossier)
        approve(world, "quality_head", dossier)
    elif key[0] == "B052":
        approve(world, "qa", dossier)


def _walk_product_files(world):
    walks = {
        "review_qa": (),
        "review_head": ("qa",),
        "new": ("qa", "quality_head"),
    }
    for code, state in product_states(world).items():
        key = (code, "product")
        if state in walks:
            dossier = _apply(world, key)
            for login in walks[state]:
                approve(world, login, dossier)
        elif state == "rejected":
            dossier = _apply(world, key)
            reason = "注册证书信息与国家药监局数据库不一致，不予通过。"
            _decide(world, "qa", dossier, "rejected", reason)
