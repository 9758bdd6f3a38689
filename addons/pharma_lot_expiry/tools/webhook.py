"""Text messages for the group robots of WeCom, DingTalk and Feishu.

Pure: what is posted where, and what the answer means. ``tools.outbound`` posts it.
"""

import base64
import hmac
import json
from collections.abc import Iterable
from hashlib import sha256
from urllib.parse import urlencode, urlsplit

# Bytes of text a robot takes: longer ones are refused whole.
LIMITS = {"wecom": 2048, "dingtalk": 20000, "feishu": 20000}
ELLIPSIS = "…"


class BadAddress(ValueError):
    """An address nothing may be sent to; ``kind`` says why: format, scheme, private."""

    def __init__(self, kind, host=""):
        super().__init__(f"{kind}: {host}")
        self.kind = kind
        self.host = host


def clip(text: str, limit: int) -> str:
    """The beginning of a text that fits into so many bytes, whole characters only.

    >>> clip("效期提醒", 9), clip("abc", 3)
    ('效期…', 'abc')
    """
    if len(text.encode()) <= limit:
        return text
    kept = text.encode()[: limit - len(ELLIPSIS.encode())]
    return kept.decode(errors="ignore") + ELLIPSIS


def check_address(url: str, allowed_hosts: Iterable[str] = ()) -> str:
    """The host of an address we may post to: https, or a host allowed by name.

    >>> check_address("https://robot.example/send?key=1")
    'robot.example'

    :raise BadAddress: for anything else
    """
    try:
        parts = urlsplit((url or "").strip())
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise BadAddress("format") from error
    if not host or parts.username or parts.password:
        raise BadAddress("format", host or "")
    is_allowed = parts.scheme == "http" and host in allowed_hosts
    if parts.scheme != "https" and not is_allowed:
        raise BadAddress("scheme", host)
    return host


def request(kind: str, url: str, text: str, secret: str | None, now: float) -> tuple:
    """(address, JSON body) of a text message, signed where the robot asks for it.

    :param kind: "wecom", "dingtalk" or "feishu"
    :param now: seconds since 1970; signatures hold for an hour
    """
    text = clip(text, LIMITS[kind])
    return {"wecom": _wecom, "dingtalk": _dingtalk, "feishu": _feishu}[kind](
        url, text, secret, now
    )


def failure(status: int, answer: bytes) -> str | None:
    """Why a robot didn't take a message, or None if it did.

    Robots answer 200 to what they refuse, too: the code inside counts.

    >>> failure(200, b'{"errcode": 0, "errmsg": "ok"}')
    >>> failure(200, b'{"code": 19021, "msg": "sign match fail"}')
    '19021 sign match fail'
    """
    if status != 200:
        return f"HTTP {status}"
    try:
        found = json.loads(answer)
        code = found.get("errcode", found.get("code", found.get("StatusCode", 0)))
    except (ValueError, AttributeError):
        return "the answer is no JSON object"
    words = found.get("errmsg") or found.get("msg") or ""
    return f"{code} {words}".strip() if code else None


def _wecom(url, text, secret, now):
    return url, {"msgtype": "text", "text": {"content": text}}


def _dingtalk(url, text, secret, now):
    if secret:
        stamp = str(int(now * 1000))
        sign = _digest(secret, f"{stamp}\n{secret}")
        joint = "&" if urlsplit(url).query else "?"
        url += joint + urlencode({"timestamp": stamp, "sign": sign})
    return url, {"msgtype": "text", "text": {"content": text}}


def _feishu(url, text, secret, now):
    body = {"msg_type": "text", "content": {"text": text}}
    if secret:
        stamp = str(int(now))
        # The text to sign is the key here, and nothing is signed with it.
        body |= {"timestamp": stamp, "sign": _digest(f"{stamp}\n{secret}", "")}
    return url, body


def _digest(key, message):
    return base64.b64encode(
        hmac.new(key.encode(), message.encode(), sha256).digest()
    ).decode()
