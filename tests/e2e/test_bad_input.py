"""What people send by mistake, in a hurry or twice: a sentence comes back, no crash."""

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest

import papers
from odoo_client import RpcError
from trade import Trade, in_days

SENTENCES = {"odoo.exceptions.UserError", "odoo.exceptions.ValidationError"}
IMPORTED_ROWS = 500
BAD_ROWS = 20
EMOJI = "康民💊大药房😀有限公司"


@pytest.fixture(scope="module")
def trade(rpc):
    return Trade(rpc)


@pytest.fixture(scope="module")
def company(trade):
    return trade.create_partner("purchaser", "上传试验医药有限公司")


def prepare_licence(trade, page_id, **values):
    type_id = trade.type_ids["BUSINESS_LICENCE"]
    return trade.prepare_paper(type_id, page_id, **values)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("扫描件.pdf", lambda: papers.huge_pdf(50)),
        ("执照.pdf", papers.executable),
        ("执照.pdf", papers.corrupt_pdf),
        ("执照.pdf", lambda: b""),
        ("执照.svg", lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
    ],
    ids=["50 MiB", "exe named .pdf", "half a PDF", "empty", "SVG"],
)
def test_a_file_that_is_no_page_is_refused_with_a_sentence(trade, company, name, make):
    client = trade.rpc("purchaser")
    page_id = client.upload(name, make())
    with pytest.raises(RpcError, match=name) as error:
        client.create(
            "pharma.document", **prepare_licence(trade, page_id, partner_id=company)
        )
    assert error.value.name in SENTENCES
    assert not trade.reader.search("pharma.document", ("partner_id", "=", company))


def test_a_bad_page_does_not_get_into_a_paper_that_is_filed(trade):
    partner_id = trade.create_partner("purchaser", "换页试验医药有限公司")
    client = trade.rpc("purchaser")
    document_id = trade.file_paper(
        "purchaser", "BUSINESS_LICENCE", partner_id=partner_id
    )
    pages = client.read("pharma.document", document_id, "attachment_ids")
    bad = client.upload("执照.pdf", papers.executable())
    with pytest.raises(RpcError) as error:
        client.write("pharma.document", document_id, attachment_ids=[(4, bad)])
    assert error.value.name in SENTENCES
    assert client.read("pharma.document", document_id, "attachment_ids") == pages


def test_a_paper_is_not_filed_twice_for_one_holder(trade):
    partner_id = trade.create_partner("purchaser", "重复试验医药有限公司")
    values = {"partner_id": partner_id, "number": "QA-2026-1"}
    trade.file_paper("purchaser", "QUALITY_AGREEMENT", **values)
    with pytest.raises(RpcError, match="QA-2026-1") as error:
        trade.file_paper("purchaser", "QUALITY_AGREEMENT", **values)
    assert error.value.name in SENTENCES


def test_the_same_file_for_two_companies_needs_a_reason(trade):
    page = papers.pdf("agreement")
    client = trade.rpc("purchaser")
    documents = []
    for name in ("甲方医药有限公司", "乙方医药有限公司"):
        partner_id = trade.create_partner("purchaser", name)
        page_id = client.upload("协议.pdf", page)
        values = trade.prepare_paper(
            trade.type_ids["QUALITY_AGREEMENT"], page_id, partner_id=partner_id
        )
        documents.append(client.create("pharma.document", **values))
    first, second = documents
    with pytest.raises(RpcError) as error:
        trade.rpc("qa").button("pharma.document", "action_verify", second)
    assert error.value.name in SENTENCES
    client.write("pharma.document", second, duplicate_reason="集团统一协议")
    trade.rpc("qa").button("pharma.document", "action_verify", second)
    assert trade.reader.read("pharma.document", second, "state") == "verified"
    assert trade.reader.read("pharma.document", first, "state") == "draft"


def at_once(*calls):
    """Make the calls at the same moment; what each of them raised, or None."""
    start = Barrier(len(calls))

    def run(call):
        start.wait()
        try:
            call()
        except RpcError as error:
            return error
        return None

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def assert_one_wins(errors):
    (lost,) = filter(None, errors)
    assert lost.name in SENTENCES, lost.name
    assert str(lost).strip()


def press_at_once(trade, model, method, record_id, *logins):
    clients = [trade.rpc(login) for login in logins]
    return at_once(
        *(partial(client.button, model, method, record_id) for client in clients)
    )


def test_two_officers_approve_the_same_step_at_once(trade):
    _partner, dossier_id = trade.prepare_partner(
        "supplier", "WHOLESALER", "同时审批医药有限公司", "CHEM"
    )
    trade.apply(dossier_id, "supplier")
    assert_one_wins(
        press_at_once(
            trade, "pharma.dossier", "action_approve", dossier_id, "qa", "qa_manager"
        )
    )
    approvals = trade.reader(
        "pharma.dossier.step",
        "search_count",
        [("dossier_id", "=", dossier_id), ("decision", "=", "approved")],
    )
    assert approvals == 1
    assert trade.reader.read("pharma.dossier", dossier_id, "state") == "review"


def test_two_officers_verify_the_same_paper_at_once(trade, company):
    document_id = trade.file_paper("purchaser", "BUSINESS_LICENCE", partner_id=company)
    assert_one_wins(
        press_at_once(
            trade, "pharma.document", "action_verify", document_id, "qa", "qa_manager"
        )
    )
    assert trade.reader.read("pharma.document", document_id, "state") == "verified"


def test_two_officers_approve_the_same_correction_at_once(trade):
    """The correction is executed once, as one version (CS-20)."""
    (request_id, *_others) = trade.reader.search(
        "pharma.change.request",
        ("state", "=", "requested"),
        ("res_model", "=", "stock.picking"),
    )
    receipt_id = trade.reader.read("pharma.change.request", request_id, "res_id")
    officers = ("qa", "qa_manager")
    assert_one_wins(
        press_at_once(
            trade, "pharma.change.request", "action_approve", request_id, *officers
        )
    )
    state = trade.reader.read("pharma.change.request", request_id, "state")
    assert state == "executed"
    versions = trade.reader.search(
        "pharma.record.version",
        ("res_model", "=", "stock.picking"),
        ("res_id", "=", receipt_id),
    )
    assert len(versions) == 2


def test_two_purchasers_apply_at_once(trade):
    """A double click: the second one finds the file under review."""
    _partner, dossier_id = trade.prepare_partner(
        "supplier", "WHOLESALER", "重复提交医药有限公司", "CHEM"
    )
    logins = ("purchaser", "purchaser")
    assert_one_wins(
        press_at_once(trade, "pharma.dossier", "action_apply", dossier_id, *logins)
    )
    steps = trade.reader.search("pharma.dossier.step", ("dossier_id", "=", dossier_id))
    assert len(steps) == 1


def test_an_import_lists_all_bad_rows_and_imports_none(trade):
    """Spread over the file, for Odoo gives up where every tenth row is bad."""
    step = IMPORTED_ROWS // BAD_ROWS
    bad = set(range(step - 1, IMPORTED_ROWS, step))
    rows = [
        [
            f"导入试验 {number} 号医药有限公司",
            "not a code" if number in bad else trade.uscc(),
            "武汉市",
        ]
        for number in range(IMPORTED_ROWS)
    ]
    answer = import_file(
        trade.rpc("purchaser"), "res.partner", ["name", "uscc", "city"], rows
    )
    assert not answer["ids"]
    assert {message["rows"]["from"] for message in answer["messages"]} == bad
    assert all("NOT A CODE" in m["message"].upper() for m in answer["messages"])
    imported = trade.reader(
        "res.partner", "search_count", [("name", "like", "导入试验")]
    )
    assert imported == 0


def import_file(client, model, fields, rows):
    """Upload a CSV file to Odoo's importer and run it."""
    stream = io.StringIO()
    csv.writer(stream).writerows([fields, *rows])
    import_id = client.create("base_import.import", res_model=model)
    response = client.session.post(
        client.server.base_url + "/base_import/set_file",
        data={"id": import_id, "csrf_token": client.csrf_token},
        files={"ufile": ("import.csv", stream.getvalue().encode(), "text/csv")},
    )
    assert response.json() == {"result": True}
    preview = client(
        "base_import.import",
        "parse_preview",
        [import_id],
        {"has_headers": True, "separator": ",", "quoting": '"', "encoding": "utf-8"},
    )
    return client(
        "base_import.import",
        "execute_import",
        [import_id],
        fields,
        fields,
        preview["options"],
    )


def test_emoji_in_names_go_the_whole_way(trade):
    buyer = trade.approved_partner("buyer", "PHARMACY", EMOJI, "CHEM CPM")
    client = trade.rpc("seller")
    assert client.search("res.partner", ("name", "like", "💊大药房")) == [buyer]
    page_id = client.upload("照片📷😀.png", papers.png())
    document_id = client.create(
        "pharma.document",
        **trade.prepare_paper(
            trade.type_ids["THIRD_PARTY_PAYMENT"],
            page_id,
            partner_id=buyer,
            number="协议🤝1",
            expiry_date=in_days(90),
        ),
    )
    document = client.read("pharma.document", document_id, "display_name", "number")
    assert document["number"] == "协议🤝1"
    assert EMOJI in document["display_name"]
    file = client.get(f"/web/content/{page_id}", params={"download": "1"})
    assert file.ok
    assert "%F0%9F%93%B7" in file.headers["Content-Disposition"]
    order_id = trade.sale(
        buyer, (trade.product_of("CHEM"), 1, 10), client_order_ref="急🚑"
    )
    client.button("sale.order", "action_confirm", order_id)
    assert client.read("sale.order", order_id, "state") == "sale"


def test_a_form_saved_with_a_stranger_s_page_is_refused(trade, company):
    """Pages are drawn in by number, so any number may come."""
    foreign = trade.rpc("finance").upload(
        "合同.pdf", papers.pdf("private"), "res.company"
    )
    client = trade.rpc("purchaser")
    with pytest.raises(RpcError) as error:
        client.create(
            "pharma.document",
            **prepare_licence(trade, foreign, partner_id=company, number=trade.uscc()),
        )
    assert error.value.name == "odoo.exceptions.AccessError"
