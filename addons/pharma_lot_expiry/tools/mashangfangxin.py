"""Client of the national trace platform (码上放心) over its open gateway (FA-56).

Requests are form posts with signed parameters; the codes of a bill travel as a zipped
XML file in base64. A call never raises for what the platform or the network does: it
returns an `Answer` that says what to do next.
"""

import base64
import gzip
import hashlib
import hmac
import json
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from xml.etree import ElementTree

import requests

from .trace_bill import PLATFORM_KINDS, Problem

UPLOAD = "alibaba.alihealth.drug.kyt.uploadcircubill"
QUERY = "alibaba.alihealth.drug.kyt.searchstatus"
CHINA = timedelta(hours=8)
MASK = "***"
SECRET_PARAMETERS = ("session", "sign")

# How a call ended.
RECEIVED = "received"  # the platform has the file and works on it
ACCEPTED = "accepted"  # it took the bill over
REJECTED = "rejected"  # it refuses the bill; the same bill would be refused again
RETRY = "retry"  # nobody knows or nothing happened; the same bill may go again
SETUP = "setup"  # credentials or address; no bill will pass until IT acts

SETUP_CODES = {11, 12, 13, 21, 22, 24, 25, 26, 27, 28, 29, 30, 31, 53}
SESSION_ERRORS = {"invalid-sessionkey", "session-expired", "session-not-exist"}
BUSY_CODES = {7, 10}
BUSY_STATUSES = {408, 425, 429}
# The same bill number again. «追溯码重复», a code twice, is another matter.
DUPLICATE_BILL = re.compile(
    r"^BILL\w*DUPLICATE|(?:单据(?:编?号|编码)|文件名)[^码]{0,30}(?:重复|已存在|已上传)"
)
DEAL_STATUS = {"0": RECEIVED, "1": RECEIVED, "3": ACCEPTED, "4": REJECTED}


@dataclass(frozen=True)
class BillFile:
    """A bill as the platform wants it; ``moment`` in UTC."""

    number: str
    type_code: str
    direction: str
    event: str
    moment: datetime
    own_id: str
    from_id: str
    to_id: str
    physic_type: int
    codes: tuple
    dest_id: str = ""
    operator: str = ""


@dataclass(frozen=True)
class Answer:
    """What came of a call; texts as sent and received, without secrets."""

    outcome: str
    code: str = ""
    message: str = ""
    receipt: str = ""
    problems: tuple = ()
    request: str = field(default="", repr=False)
    answer: str = field(default="", repr=False)
    status: int = 0
    is_duplicate: bool = False


def sign(parameters, secret, method):
    """The signature over all parameters, sorted by name.

    :param method: "md5" (secret around the text) or "hmac-sha256" (keyed by it)

    >>> sign({"b": "2", "a": "1"}, "x", "md5")
    'C960417C90C9AA13CBE175B77EF83732'
    """
    text = "".join(name + parameters[name] for name in sorted(parameters)).encode()
    key = secret.encode()
    if method == "md5":
        # The platform's own scheme; not used to protect anything else.
        digest = hashlib.md5(key + text + key, usedforsecurity=False)
    elif method == "hmac-sha256":
        digest = hmac.new(key, text, hashlib.sha256)
    else:
        raise ValueError(f"unknown way to sign: {method}")
    return digest.hexdigest().upper()


def bill_xml(bill):
    """The bill file: one element per code.

    :rtype: bytes
    """
    direction = "WareHouseIn" if bill.direction == "in" else "WareHouseOut"
    document = ElementTree.Element("Document")
    events = ElementTree.SubElement(document, "Events")
    event = ElementTree.SubElement(
        events, "Event", Name=bill.event or direction, MainAction=direction
    )
    rows = ElementTree.SubElement(event, "DataField")
    corporation = (
        {"FromCorpID": bill.from_id}
        if bill.direction == "in"
        else {"ToCorpID": bill.to_id}
    )
    common = {
        "CorpOrderID": bill.number,
        "Actor": bill.operator,
        "ActDate": china_time(bill.moment),
        **corporation,
    }
    for code in bill.codes:
        ElementTree.SubElement(rows, "Data", Code=code, **common)
    return ElementTree.tostring(document, encoding="utf-8", xml_declaration=True)


def file_content(xml):
    """Zipped and in base64. Without a time inside, so that a bill stays the same file.

    >>> gzip.decompress(base64.b64decode(file_content(b"<a/>")))
    b'<a/>'
    """
    return base64.b64encode(gzip.compress(xml, mtime=0)).decode()


def china_time(moment):
    """
    >>> china_time(datetime(2026, 5, 1, 16, 0))
    '2026-05-02 00:00:00'
    """
    return (moment + CHINA).strftime("%Y-%m-%d %H:%M:%S")


class Client:
    """One account at the platform.

    :param clock: returns now in UTC; signed times more than 10 minutes off are refused
    :param session: a `requests` session, for tests
    """

    def __init__(
        self,
        endpoint,
        app_key,
        secret,
        session_key,
        clock,
        sign_method="hmac-sha256",
        timeout=20,
    ):
        self.endpoint = endpoint
        self.app_key = app_key
        self.secret = secret
        self.session_key = session_key
        self.clock = clock
        self.sign_method = sign_method
        self.timeout = timeout

    def upload(self, bill):
        """Hand a bill in. The same number twice is no error: the platform has it.

        :param bill: a `BillFile`
        :rtype: Answer
        """
        return self._call(
            UPLOAD,
            {
                "bill_code": bill.number,
                "bill_time": china_time(bill.moment),
                "bill_type": bill.type_code,
                "physic_type": str(bill.physic_type),
                "ref_user_id": bill.own_id,
                "from_user_id": bill.from_id,
                "to_user_id": bill.to_id,
                "dest_user_id": bill.dest_id,
                "oper_ic_code": self.app_key,
                "oper_ic_name": bill.operator,
                "file_content": file_content(bill_xml(bill)),
                "upload_file_name": f"{bill.number}.xml",
                "client_type": "2",
            },
            self._read_upload,
        )

    def query(self, bill):
        """What became of a bill handed in: its processing takes the platform a while.

        :rtype: Answer
        """
        day = bill.moment + CHINA
        return self._call(
            QUERY,
            {
                "ref_ent_id": bill.own_id,
                "bill_code": bill.number,
                "bill_type": "AI" if bill.direction == "in" else "AO",
                "begin_date": (day - timedelta(days=1)).strftime("%Y-%m-%d"),
                "end_date": (self.clock() + CHINA + timedelta(days=1)).strftime(
                    "%Y-%m-%d"
                ),
                "page": "1",
                "page_size": "20",
            },
            lambda body: _read_query(body, bill.number),
        )

    def _call(self, method, values, read):
        parameters = self._signed(method, values)
        texts = {"request": self._masked_request(parameters)}
        try:
            response = requests.post(
                self.endpoint,
                data=parameters,
                timeout=self.timeout,
                # Followed, it would carry the session to somebody else.
                allow_redirects=False,
            )
        except requests.Timeout:
            return Answer(RETRY, "timeout", **texts)
        except requests.RequestException as error:
            return Answer(RETRY, "network", self._masked(str(error)), **texts)
        response.encoding = "utf-8"  # or it would be guessed
        # What is read further down is the masked text: secrets end here.
        texts["answer"] = self._masked(response.text)
        texts["status"] = response.status_code
        return _read_answer(method, read, texts)

    def _read_upload(self, body):
        if _is_true(body.get("response_success")):
            return {"outcome": RECEIVED, "receipt": str(body.get("model") or "")}
        code = str(body.get("sub_msg_code") or body.get("msg_code") or "")
        message = str(body.get("msg_info") or "")
        texts = (str(body.get("msg_code") or ""), code, message)
        if any(map(DUPLICATE_BILL.search, texts)):
            return {
                "outcome": RECEIVED,
                "code": code,
                "message": message,
                "receipt": str(body.get("model") or ""),
                "is_duplicate": True,
            }
        return {
            "outcome": REJECTED,
            "code": code,
            "message": message,
            "problems": _platform_problems(body),
        }

    def _signed(self, method, values):
        parameters = {
            "method": method,
            "app_key": self.app_key,
            "session": self.session_key,
            "timestamp": china_time(self.clock()),
            "v": "2.0",
            "format": "json",
            "sign_method": self.sign_method,
            **values,
        }
        # What is empty is neither sent nor signed.
        parameters = {name: value for name, value in parameters.items() if value}
        parameters["sign"] = sign(parameters, self.secret, self.sign_method)
        return parameters

    def _masked_request(self, parameters):
        masked = dict.fromkeys(SECRET_PARAMETERS & parameters.keys(), MASK)
        return json.dumps(parameters | masked, ensure_ascii=False, indent=1)

    def _masked(self, text):
        for secret in filter(None, (self.secret, self.session_key)):
            text = text.replace(secret, MASK)
        return text


def _read_answer(method, read, texts):
    status = texts["status"]
    if status >= 500 or status in BUSY_STATUSES:
        return Answer(RETRY, str(status), **texts)
    if status >= 300:
        return Answer(SETUP, str(status), **texts)
    try:
        answer = json.loads(texts["answer"])
        error = answer.get("error_response")
        body = answer.get(method.replace(".", "_") + "_response")
        if error is None and not isinstance(body, dict):
            raise ValueError("neither an answer nor an error")
        found = _read_error(error) if error is not None else read(body)
    except (ValueError, AttributeError, TypeError):
        return Answer(RETRY, "unreadable", **texts)
    return Answer(**found, **texts)


def _read_error(error):
    """An error of the gateway: ``isp.`` is its own trouble, ``isv.`` is ours."""
    code, sub_code = int(error.get("code") or 0), str(error.get("sub_code") or "")
    if code in SETUP_CODES or sub_code in SESSION_ERRORS:
        outcome = SETUP
    elif code in BUSY_CODES or sub_code.startswith(("isp.", "accesscontrol.")):
        outcome = RETRY
    else:
        outcome = REJECTED
    return {
        "outcome": outcome,
        "code": sub_code or str(code),
        "message": str(error.get("sub_msg") or error.get("msg") or ""),
    }


def _read_query(body, number):
    result = body.get("result")
    result = result if isinstance(result, dict) else body
    if not _is_true(result.get("response_success", True)):
        # What can't be asked now isn't known now.
        return {
            "outcome": RETRY,
            "code": str(result.get("msg_code") or ""),
            "message": str(result.get("msg_info") or ""),
        }
    rows = [row for row in _rows(result) if str(row.get("bill_code")) == number]
    if not rows:
        return {"outcome": RECEIVED, "code": "not_listed"}
    row = rows[0]
    names = ("deal_status", "result_type", "process_flag")
    status = next((str(row[n]) for n in names if row.get(n) is not None), "")
    return {
        "outcome": DEAL_STATUS.get(status, RECEIVED),
        "code": status,
        "message": str(row.get("process_info") or row.get("remarks") or ""),
        "receipt": str(row.get("store_inout_seq_no") or row.get("bill_id") or ""),
    }


def _rows(value):
    """Every object inside that speaks of a bill: lists are wrapped in various ways."""
    if isinstance(value, dict):
        if "bill_code" in value:
            yield value
        for part in value.values():
            yield from _rows(part)
    elif isinstance(value, list):
        for part in value:
            yield from _rows(part)


def _platform_problems(body):
    """Which codes are at fault, as far as the platform tells: {class: codes}."""
    details = body.get("operation_info_map") or {}
    if isinstance(details, str):
        details = _loads(details)
    text = details.get("code_check_error_info") or details.get("codeCheckErrorInfo")
    found = _loads(text) if isinstance(text, str) else text or {}
    return tuple(
        Problem(
            PLATFORM_KINDS.get(str(number), "platform"),
            tuple(dict.fromkeys(re.findall(r"[0-9A-Za-z]{7,50}", str(codes)))),
        )
        for number, codes in found.items()
    )


def _loads(text):
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _is_true(value):
    return value is True or str(value).lower() == "true"
