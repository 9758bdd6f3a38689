"""What waits on desks: renewals to verify and to obtain, papers taken out of force."""

from datetime import timedelta

from .documents import Paper, file_papers, verify

# Renewals that came in and wait for QA: code of the holder, type.
RENEWALS = (
    ("S11", "DIST_LICENCE", "purchaser"),
    ("S01", "QUALITY_AGREEMENT", "purchaser"),
    ("B010", "PRACTICE_LICENCE", "seller"),
    ("B035", "DIST_LICENCE", "seller"),
    ("B011", "PRACTICE_LICENCE", "seller"),
)
PRODUCT_RENEWALS = 4
REQUESTED_DAYS = 40
VOID = (
    ("S01", "GXP_CERT", "旧版 GMP 证书，2019-12-01 起取消，作废。"),
    ("S08", "SITE_VISIT", "误归档到其他企业，作废后重新归档。"),
    ("B045", "THIRD_PARTY_PAYMENT", "第三方付款协议已终止，作废。"),
)


def load(world):
    _renew(world)
    _request_renewals(world)
    _void(world)
    _allow_third_party_payer(world)
    _verify_pickup_persons_later(world)
    _sweep_mail(world)


def _current(world, holder, code):
    documents = holder.pharma_document_ids.filtered(
        lambda d: d.type_id == world.document_type(code) and d.state == "verified"
    )
    return documents.sorted("expiry_date")[-1:]


def _renew(world):
    papers = {}
    for code, doc_type, login in RENEWALS:
        former = _current(world, world.partners[code], doc_type)
        papers.setdefault(login, []).append(_renewal(world, former))
    ending = world.env["pharma.document"].search(
        [
            ("type_id", "=", world.document_type("APPROVAL").id),
            ("state", "=", "verified"),
            ("expiry_date", "!=", False),
        ],
        order="expiry_date, id",
        limit=PRODUCT_RENEWALS,
    )
    papers["purchaser"] += [_renewal(world, former) for former in ending]
    for login, renewals in papers.items():
        file_papers(world, login, renewals)


def _renewal(world, former):
    start = min(former.expiry_date, world.today)
    span = timedelta(days=360 if former.type_id.max_validity_days else 1800)
    if former.type_id.code == "QUALITY_AGREEMENT":
        span = timedelta(days=365)
    return Paper(
        former.type_id.code,
        former._holder(),
        number=former.number or "",
        issuer=former.issuer or "",
        issue=start,
        end=start + span,
        scopes=" ".join(former.scope_ids.mapped("code")),
        previous=former,
    )


def _request_renewals(world):
    """QA asked the owners of what ends soon to get the successors."""
    documents = world.env["pharma.document"].search(
        [
            ("state", "=", "verified"),
            ("type_id.on_expiry", "=", "block"),
            ("expiry_date", ">=", world.today),
            ("expiry_date", "<=", world.day(REQUESTED_DAYS)),
        ]
    )
    world.acting("qa", documents).action_request_renewal()


def _void(world):
    papers = [
        Paper(
            code,
            world.partners[partner],
            number=f"ZF-{partner}",
            issue=world.day(-260),
            end=world.day(120) if code == "THIRD_PARTY_PAYMENT" else None,
        )
        for partner, code, _reason in VOID
    ]
    documents = file_papers(world, "purchaser", papers)
    verify(world, documents, days_ago=90)
    for document, (_partner, _code, reason) in zip(documents, VOID, strict=True):
        world.acting("qa", document).void(reason)


def _allow_third_party_payer(world):
    """A clinic's bills may be paid by a chain, by an agreement in force (CS-32)."""
    paper = Paper(
        "THIRD_PARTY_PAYMENT",
        world.partners["B021"],
        number="DF-2025-021",
        issue=world.day(-100),
        end=world.day(265),
        values=(("related_partner_id", world.partners["B041"].id),),
    )
    verify(world, file_papers(world, "seller", [paper]), days_ago=95)


def _verify_pickup_persons_later(world):
    """New letters of pick-up persons: handed in today, not yet verified."""
    papers = [
        Paper(
            "LETTER",
            world.env["pharma.person"].create(
                {"name": name, "partner_id": world.partners[code].id, "role": "pickup"}
            ),
            number=f"SQ-{code}-pickup-2",
            issuer=world.partners[code].name,
            issue=world.day(-2),
            end=world.day(300),
        )
        for code, name in (("B017", "毕小满"), ("B041", "路远航"), ("B029", "梅若兰"))
    ]
    file_papers(world, "seller", papers)


def _sweep_mail(world):
    """Odoo writes to users whose password changed; nobody reads it here."""
    world.env["mail.mail"].search([("state", "=", "outgoing")]).unlink()
