"""Filing papers: ours here, everybody else's for the loader of first-approval files."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from odoo.fields import Command

from .papers import TITLES, render

BATCH = 200
HOLDER_FIELDS = {
    "res.partner": "partner_id",
    "product.template": "product_tmpl_id",
    "pharma.person": "person_id",
}
OWN_TYPES = {
    "business": "BUSINESS_LICENCE",
    "drug_wholesale": "DIST_LICENCE",
    "narcotic_designation": "SPECIAL_DESIGNATION",
    "device_iii": "DEVICE_LICENCE",
    "device_ii": "DEVICE_LICENCE",
}
NEVER_ENDING_DAYS = 3650  # a filing without an end, for a type that asks for one


@dataclass(frozen=True)
class Paper:
    """A paper to file. No ``end``: long-term, or of a type that never ends.

    ``true_end`` is the day it really ends: papers that ended lately must be in force
    while the orders of their time are made.
    """

    code: str
    holder: Any
    number: str = ""
    issuer: str = ""
    issue: date | None = None
    end: date | None = None
    scopes: str = ""
    true_end: date | None = None
    previous: Any = None
    has_page: bool = True
    values: tuple = ()


def load(world):
    """Our own papers: QA files them, the QA manager verifies (FA-33)."""
    documents = file_papers(world, "qa", _own_papers(world))
    verify(world, documents, "qa_manager", days_ago=400)


def _own_papers(world):
    us = world.company.partner_id
    papers = []
    for row in world.profile["licences"]:
        code, days = OWN_TYPES[row["kind"]], row["days_left"]
        if days is None and code == "DEVICE_LICENCE":
            days = NEVER_ENDING_DAYS
        papers.append(
            Paper(
                code,
                us,
                number=row["licence_no"],
                issuer="湖北省药品监督管理局",
                issue=world.day(-420),
                end=days and world.day(days),
                scopes=row["scopes"],
            )
        )
    return [*papers, annual_report(world, us)]


def annual_report(world, holder):
    """Disclosed until 30 June for the year before."""
    year = world.today.year + (world.today.month > 5)
    return Paper(
        "ANNUAL_REPORT",
        holder,
        number=f"{year - 1} 年度",
        issue=date(year - 1, 6, 12),
        end=date(year, 6, 30),
    )


def file_papers(world, login, papers):
    """Papers as drafts filed by ``login``, in the order given.

    :return: recordset of ``pharma.document``
    """
    model = world.model("pharma.document", login)
    documents = model
    for start in range(0, len(papers), BATCH):
        documents += model.create(
            [_prepare_values(world, paper) for paper in papers[start : start + BATCH]]
        )
    for document, paper in zip(documents, papers, strict=True):
        if paper.true_end:
            world.true_ends[document.id] = paper.true_end
    return documents.with_env(world.env)


def verify(world, documents, login="qa", days_ago=0):
    """Put papers in force; ``days_ago`` dates it, spread over the week before."""
    world.acting(login, documents)._verify()
    if days_ago:
        moments = {
            document.id: world.moment(world.day(-days_ago - index % 7), 10, index % 60)
            for index, document in enumerate(documents)
        }
        world.backdate(documents, verified_date=moments, create_date=moments)


def file_with_former(world, login, paper_list):
    """Papers that renew a former version, each filed after the one it renews."""
    former = file_papers(world, login, [_former(paper) for paper in paper_list])
    verify(world, former, days_ago=420)
    return file_papers(
        world,
        login,
        [
            replace(paper, previous=document)
            for paper, document in zip(paper_list, former, strict=True)
        ],
    )


def _former(paper):
    days = (paper.end - paper.issue).days
    return replace(
        paper,
        number=paper.number and f"{paper.number}-旧",
        end=paper.issue - timedelta(days=1),
        issue=paper.issue - timedelta(days=days),
        true_end=None,
    )


def _prepare_values(world, paper):
    doc_type = world.document_type(paper.code)
    values = {
        "type_id": doc_type.id,
        HOLDER_FIELDS[paper.holder._name]: paper.holder.id,
        "number": paper.number or False,
        "issuer": paper.issuer or False,
        "issue_date": paper.issue,
        "expiry_date": paper.end,
        "is_long_term": not paper.end and doc_type.expiry_policy == "optional",
        "previous_id": paper.previous.id if paper.previous else False,
        **dict(paper.values),
    }
    if paper.scopes:
        values["scope_ids"] = [Command.set(world.scope_ids(paper.scopes))]
    if paper.has_page:
        values["attachment_ids"] = [Command.create(page_values(paper))]
    return values


def page_values(paper):
    title = TITLES[paper.code]
    holder = paper.holder.name
    rows = [("持有人", holder)]
    if paper.holder._name == "pharma.person":
        rows += [("委托单位", paper.holder.partner_id.name)]
        rows += [("证件尾号", paper.holder.id_number_tail)]
    rows += [
        ("编号", paper.number or "—"),
        ("发证机关", paper.issuer or "—"),
        ("签发日期", paper.issue or "—"),
        ("有效期至", paper.end or "长期"),
        ("范围", paper.scopes or "—"),
    ]
    return {
        "name": f"{title}_{holder}.pdf",
        "raw": render(title, rows, holder),
        "mimetype": "application/pdf",
        "res_model": "pharma.document",
    }
