"""What the robots of WeCom, DingTalk and Feishu are sent, and what never leaves."""

import base64
import hashlib
import hmac
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from odoo.addons.pharma_lot_expiry.tools import outbound, webhook

URL = "https://robot.example/send?key=1"
NOW = 1764000000.5


def test_wecom_text():
    assert webhook.request("wecom", URL, "近效期", None, NOW) == (
        URL,
        {"msgtype": "text", "text": {"content": "近效期"}},
    )


def test_dingtalk_text_with_and_without_secret():
    body = {"msgtype": "text", "text": {"content": "x"}}
    assert webhook.request("dingtalk", URL, "x", None, NOW) == (URL, body)
    url, signed = webhook.request("dingtalk", URL, "x", "SEC1", NOW)
    query = parse_qs(urlsplit(url).query)
    expected = base64.b64encode(
        hmac.new(b"SEC1", b"1764000000500\nSEC1", hashlib.sha256).digest()
    ).decode()
    assert signed == body
    assert query == {"key": ["1"], "timestamp": ["1764000000500"], "sign": [expected]}


def test_feishu_text_with_and_without_secret():
    content = {"msg_type": "text", "content": {"text": "x"}}
    assert webhook.request("feishu", URL, "x", None, NOW) == (URL, content)
    url, body = webhook.request("feishu", URL, "x", "SEC1", NOW)
    expected = base64.b64encode(
        hmac.new(b"1764000000\nSEC1", b"", hashlib.sha256).digest()
    ).decode()
    assert url == URL
    assert body == {**content, "timestamp": "1764000000", "sign": expected}


def test_long_texts_are_cut_at_whole_characters():
    _url, body = webhook.request("wecom", URL, "效" * 1000, None, NOW)
    text = body["text"]["content"]
    assert len(text.encode()) <= 2048
    assert text == "效" * 681 + "…"


@pytest.mark.parametrize(
    ("status", "answer", "reason"),
    [
        (200, b'{"errcode":0,"errmsg":"ok"}', None),
        (200, b'{"code":0,"msg":"success","data":{}}', None),
        (200, b'{"StatusCode":0,"StatusMessage":"success"}', None),
        (200, b'{"errcode":93000,"errmsg":"invalid webhook url"}', "93000 invalid"),
        (200, b'{"code":19021,"msg":"sign match fail"}', "19021 sign"),
        (502, b"", "HTTP 502"),
        (302, b"", "HTTP 302"),
        (200, b"<html>", "no JSON"),
        (200, b"[]", "no JSON"),
    ],
)
def test_the_answer_says_whether_it_was_taken(status, answer, reason):
    found = webhook.failure(status, answer)
    assert (found is None) if reason is None else (reason in found)


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("http://robot.example/", "scheme"),
        ("ftp://robot.example/", "scheme"),
        ("file:///etc/passwd", "format"),
        ("https://", "format"),
        ("https://user:pass@robot.example/", "format"),
        ("https://robot.example:99999/", "format"),
        ("", "format"),
        (None, "format"),
    ],
)
def test_other_addresses_are_refused(url, kind):
    with pytest.raises(webhook.BadAddress) as caught:
        webhook.check_address(url)
    assert caught.value.kind == kind


def test_an_allowed_host_may_do_without_tls():
    assert webhook.check_address("http://relay:8080/x", {"relay"}) == "relay"


@pytest.mark.parametrize(
    ("address", "is_public"),
    [
        ("8.8.8.8", True),
        ("2400:3200::1", True),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fd00::1", False),
        ("fe80::1%eth0", False),
        ("::ffff:127.0.0.1", False),
        ("2002:7f00:1::", False),
    ],
)
def test_only_the_open_internet_is_public(address, is_public):
    assert outbound.is_public(address) is is_public


class Receiver(BaseHTTPRequestHandler):
    """Answers as told and remembers what came."""

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        self.server.got.append((self.path, json.loads(self.rfile.read(length))))
        status, headers, body = self.server.answer
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def receiver():
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    server.got, server.answer = [], (200, [], b'{"errcode": 0}')
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{server.server_port}/send?key=1"
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_message_arrives_at_an_allowed_private_host(receiver):
    answer = outbound.post_json(receiver.url, {"text": "效期"}, {"127.0.0.1"})
    assert answer == (200, b'{"errcode": 0}')
    assert receiver.got == [("/send?key=1", {"text": "效期"})]


def test_redirects_are_not_followed(receiver):
    receiver.answer = (302, [("Location", receiver.url)], b"")
    assert outbound.post_json(receiver.url, {}, {"127.0.0.1"})[0] == 302
    assert len(receiver.got) == 1


def test_a_private_address_is_refused_before_anything_is_sent(receiver):
    port = receiver.server_port
    with pytest.raises(webhook.BadAddress) as caught:
        outbound.post_json(f"https://127.0.0.1:{port}/", {})
    assert caught.value.kind == "private"
    assert receiver.got == []


def test_a_name_with_one_private_address_is_refused(monkeypatch):
    rows = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 443))
        for ip in ("8.8.8.8", "10.0.0.1")
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: rows)
    with pytest.raises(webhook.BadAddress):
        outbound.post_json("https://rebound.example/", {})


def test_nobody_there_is_told_apart_from_a_forbidden_address():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(outbound.NotSent):
        outbound.post_json(f"http://127.0.0.1:{port}/", {}, {"127.0.0.1"}, timeout=2)


@pytest.mark.parametrize(
    "url",
    [
        "https://robot..example/",
        "https://a b/",
        "https://" + "a" * 70 + ".example/",
        "https://[::ffff:127.0.0.1]/",
        "https://127.0.0.1/发送",
    ],
)
def test_an_odd_address_is_not_sent_to_instead_of_stopping_the_job(url):
    """Whatever is wrong with one address, the messages behind it still leave."""
    with pytest.raises((outbound.NotSent, webhook.BadAddress)):
        outbound.post_json(url, {}, {"127.0.0.1"}, timeout=2)
