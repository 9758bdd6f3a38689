"""The client of the trace platform against a server of our own, which signs itself."""

import base64
import gzip
import hashlib
import hmac
import json
import threading
import time
from contextlib import suppress
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl
from xml.etree import ElementTree

import pytest

from odoo.addons.pharma_lot_expiry.tools import mashangfangxin as platform
from odoo.addons.pharma_lot_expiry.tools.trace_bill import Problem

SECRET, SESSION = "top-secret-0123456789", "session-9876543210"
NOW = datetime(2026, 5, 1, 16, 30)
CODES = ("81234567890123456789", "81234567890123456790")
BILL = platform.BillFile(
    number="WH-OUT-00012-201",
    type_code="201",
    direction="out",
    event="SalesWareHouseOut",
    moment=NOW,
    own_id="ref-us",
    from_id="ent-us",
    to_id="ent-them",
    physic_type=3,
    codes=CODES,
    operator="张三 & 李四",
)
UPLOADED = "alibaba_alihealth_drug_kyt_uploadcircubill_response"
QUERIED = "alibaba_alihealth_drug_kyt_searchstatus_response"


def platform_signature(parameters):
    """Computed here anew, from the platform's description, not by the client."""
    rest = {k: v for k, v in parameters.items() if k != "sign"}
    text = "".join(f"{k}{rest[k]}" for k in sorted(rest))
    if rest["sign_method"] == "md5":
        raw = f"{SECRET}{text}{SECRET}".encode()
        return hashlib.md5(raw).hexdigest().upper()
    digest = hmac.new(SECRET.encode(), text.encode(), "sha256")
    return digest.hexdigest().upper()


class Platform(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        parameters = dict(parse_qsl(body, keep_blank_values=True))
        self.server.calls.append(parameters)
        status, answer, wait = self.server.script.pop(0)
        if parameters.get("sign") != platform_signature(parameters):
            answer = {"error_response": {"code": 25, "msg": "Invalid signature"}}
        time.sleep(wait)
        raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        if status == 302:
            self.send_header("Location", self.server.address + "/stolen")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        with suppress(BrokenPipeError):  # the client gave up waiting, as it should
            self.wfile.write(raw)

    def log_message(self, *_args):
        pass


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Platform)
    server.calls, server.script = [], []
    server.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def client(server, **values):
    return platform.Client(
        **{
            "endpoint": f"{server.address}/router/rest",
            "app_key": "23456789",
            "secret": SECRET,
            "session_key": SESSION,
            "clock": lambda: NOW,
            "timeout": 5,
            **values,
        }
    )


def answers(server, answer, status=200, wait=0):
    server.script.append((status, answer, wait))


def uploaded(**values):
    return {UPLOADED: {"response_success": True, "model": "q-1", **values}}


def refused(code, message, **values):
    return {
        UPLOADED: {
            "response_success": False,
            "msg_code": code,
            "msg_info": message,
            **values,
        }
    }


def error(code, sub_code="", message=""):
    return {"error_response": {"code": code, "sub_code": sub_code, "sub_msg": message}}


@pytest.mark.parametrize("method", ["md5", "hmac-sha256"])
def test_a_bill_is_received_and_its_signature_is_right(server, method):
    answers(server, uploaded())
    answer = client(server, sign_method=method).upload(BILL)
    assert (answer.outcome, answer.receipt, answer.status) == ("received", "q-1", 200)


def test_wrong_secret_is_a_matter_of_settings(server):
    answers(server, uploaded())
    answer = client(server, secret="other").upload(BILL)
    assert (answer.outcome, answer.message) == ("setup", "Invalid signature")


def test_parameters_are_those_of_the_interface(server):
    answers(server, uploaded())
    client(server).upload(BILL)
    (sent,) = server.calls
    assert sent.pop("sign")
    content = sent.pop("file_content")
    assert sent == {
        "method": "alibaba.alihealth.drug.kyt.uploadcircubill",
        "app_key": "23456789",
        "session": SESSION,
        "timestamp": "2026-05-02 00:30:00",
        "v": "2.0",
        "format": "json",
        "sign_method": "hmac-sha256",
        "bill_code": "WH-OUT-00012-201",
        "bill_time": "2026-05-02 00:30:00",
        "bill_type": "201",
        "physic_type": "3",
        "ref_user_id": "ref-us",
        "from_user_id": "ent-us",
        "to_user_id": "ent-them",
        "oper_ic_code": "23456789",
        "oper_ic_name": "张三 & 李四",
        "upload_file_name": "WH-OUT-00012-201.xml",
        "client_type": "2",
    }
    document = ElementTree.fromstring(gzip.decompress(base64.b64decode(content)))
    event = document.find("Events/Event")
    assert event.attrib == {"Name": "SalesWareHouseOut", "MainAction": "WareHouseOut"}
    rows = event.findall("DataField/Data")
    assert tuple(row.get("Code") for row in rows) == CODES
    assert rows[0].attrib == {
        "Code": CODES[0],
        "CorpOrderID": "WH-OUT-00012-201",
        "Actor": "张三 & 李四",
        "ActDate": "2026-05-02 00:30:00",
        "ToCorpID": "ent-them",
    }


def test_the_same_bill_is_the_same_file(server):
    for _time in range(2):
        answers(server, uploaded())
        client(server).upload(BILL)
        time.sleep(1.1)
    first, second = server.calls
    assert first["file_content"] == second["file_content"]


def test_secrets_are_kept_nowhere(server):
    answers(server, refused("X", f"echo {SECRET} {SESSION}"))
    answer = client(server).upload(BILL)
    assert SECRET not in repr(server.calls)
    sign = server.calls[0]["sign"]
    for text in (answer.request, answer.answer, repr(answer)):
        assert SECRET not in text
        assert SESSION not in text
        assert sign not in text
    assert json.loads(answer.request)["session"] == "***"
    assert answer.message == "echo *** ***"


def test_business_rejection_names_the_codes(server):
    details = json.dumps(
        {"3": CODES[0], "6": f"{CODES[1]}(下级);{CODES[0]}(上级)", "99": "?"}
    )
    answers(
        server,
        refused(
            "FAIL", "追溯码重复", operation_info_map={"code_check_error_info": details}
        ),
    )
    answer = client(server).upload(BILL)
    assert (answer.outcome, answer.message) == ("rejected", "追溯码重复")
    assert answer.problems == (
        Problem("duplicate", (CODES[0],)),
        Problem("family", (CODES[1], CODES[0])),
        Problem("platform", ()),
    )


@pytest.mark.parametrize(
    "details",
    ["", "{", "[1]", {"code_check_error_info": "{"}, {"code_check_error_info": "[]"}],
)
def test_unreadable_details_leave_the_rejection_standing(server, details):
    answers(server, refused("FAIL", "单据错误", operation_info_map=details))
    answer = client(server).upload(BILL)
    assert (answer.outcome, answer.problems) == ("rejected", ())


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("BILL_FILE_NAME_DUPLICATE_UPLOAD", "文件名重复"),
        ("BILL_CODE_DUPLICATE", ""),
        ("FAIL", "单据号WH-OUT-00012-201重复"),
        ("FAIL", "单据编号已存在"),
    ],
)
def test_the_same_bill_again_is_received(server, code, message):
    answers(server, refused(code, message, model="q-0"))
    answer = client(server).upload(BILL)
    assert answer.outcome == "received"
    assert answer.is_duplicate
    assert answer.receipt == "q-0"


@pytest.mark.parametrize(
    "message", ["追溯码重复出库", "单据中追溯码重复", "单据号为空", "码已存在"]
)
def test_a_code_twice_is_no_duplicate_bill(server, message):
    answers(server, refused("FAIL", message))
    assert client(server).upload(BILL).outcome == "rejected"


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (error(27, "invalid-sessionkey", "SessionKey非法"), "setup"),
        (error(15, "session-expired"), "setup"),
        (error(26), "setup"),
        (error("27", "invalid-sessionkey"), "setup"),
        (error(25), "setup"),
        (error(29), "setup"),
        (error(7, "accesscontrol.limited-by-app-access-count"), "retry"),
        (error(10), "retry"),
        (error(15, "isp.http-read-timeout"), "retry"),
        (error(15, "isp.remote-service-error"), "retry"),
        (error(50, "isv.invalid-parameter", "非法参数"), "rejected"),
        (error(15, "isv.bill-type-error"), "rejected"),
    ],
)
def test_errors_of_the_gateway_say_whose_turn_it_is(server, answer, outcome):
    answers(server, answer)
    assert client(server).upload(BILL).outcome == outcome


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408, 429])
def test_trouble_of_the_server_is_tried_again(server, status):
    answers(server, b"<html>oops</html>", status)
    answer = client(server).upload(BILL)
    assert (answer.outcome, answer.status) == ("retry", status)
    assert answer.answer == "<html>oops</html>"


@pytest.mark.parametrize("status", [302, 400, 403, 404])
def test_a_wrong_address_is_a_matter_of_settings(server, status):
    answers(server, b"not here", status)
    assert client(server).upload(BILL).outcome == "setup"
    assert len(server.calls) == 1, "a redirect would carry the session away"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b"null",
        b"[]",
        b"7",
        b"{}",
        b'{"other_response": {}}',
        b'{"error_response": "x"}',
        b'{"error_response": {"code": "x"}}',
        b'{"alibaba_alihealth_drug_kyt_uploadcircubill_response": [1]}',
    ],
)
def test_garbled_answers_are_tried_again(server, raw):
    answers(server, raw)
    answer = client(server).upload(BILL)
    assert (answer.outcome, answer.code) == ("retry", "unreadable")


def test_waiting_ends_and_is_tried_again(server):
    answers(server, uploaded(), wait=2)
    began = time.monotonic()
    answer = client(server, timeout=0.3).upload(BILL)
    assert (answer.outcome, answer.code) == ("retry", "timeout")
    assert time.monotonic() - began < 1.5
    assert CODES[0] not in answer.request, "codes travel in the file only"
    assert json.loads(answer.request)["bill_code"] == BILL.number


def test_nobody_there_is_tried_again(server):
    unused = client(server, endpoint="http://127.0.0.1:9/router/rest")
    answer = unused.upload(BILL)
    assert (answer.outcome, answer.code) == ("retry", "network")


def row(**values):
    """An item of the list, wrapped as the gateway wraps lists."""
    items = [{"bill_code": BILL.number, **values}, {"bill_code": "other"}]
    model = {"result_list": {"bill_up_search_dto": items}}
    return {QUERIED: {"result": {"response_success": True, "model": model}}}


@pytest.mark.parametrize(
    ("values", "outcome"),
    [
        ({"deal_status": "0"}, "received"),
        ({"deal_status": 3}, "accepted"),
        ({"deal_status": "4", "process_info": "未激活"}, "rejected"),
        ({"result_type": "1"}, "received"),
        ({"process_flag": "3"}, "accepted"),
        ({"deal_status": "77"}, "received"),
        ({}, "received"),
    ],
)
def test_the_result_is_asked_for(server, values, outcome):
    answers(server, row(**values))
    answer = client(server).query(BILL)
    assert answer.outcome == outcome
    assert answer.message == values.get("process_info", "")


def test_a_bill_not_listed_yet_is_asked_for_again(server):
    answers(server, {QUERIED: {"result": {"response_success": True, "model": {}}}})
    answer = client(server).query(BILL)
    assert (answer.outcome, answer.code) == ("received", "not_listed")


def test_a_query_refused_says_nothing_of_the_bill(server):
    answers(
        server,
        {QUERIED: {"result": {"response_success": "false", "msg_info": "忙"}}},
    )
    assert client(server).query(BILL).outcome == "retry"


def test_the_query_covers_the_days_since_the_transfer(server):
    answers(server, row())
    client(server, clock=lambda: NOW + timedelta(days=3)).query(BILL)
    (sent,) = server.calls
    assert (sent["begin_date"], sent["end_date"]) == ("2026-05-01", "2026-05-06")
    assert (sent["bill_code"], sent["bill_type"]) == (BILL.number, "AO")
    assert sent["ref_ent_id"] == "ref-us"


def test_unknown_way_to_sign_is_refused():
    with pytest.raises(ValueError, match="sha1"):
        platform.sign({}, SECRET, "sha1")
