"""Post JSON to an address outside, never to a machine of ours by a trick.

The name is looked up once and every address it has is looked at before the connection
goes to exactly that one, so that a name can't point elsewhere a moment later. No
redirect is followed and no proxy of the environment is used.
"""

import ipaddress
import json
import socket
from collections.abc import Iterable
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from .webhook import BadAddress, check_address

ANSWER_BYTES = 65536


class NotSent(OSError):
    """The other side can't be reached or doesn't speak HTTP."""


def is_public(address: str) -> bool:
    """Whether an IP address lies in the open internet.

    >>> is_public("203.0.114.7"), is_public("127.0.0.1"), is_public("::ffff:10.0.0.1")
    (True, False, False)
    """
    ip = ipaddress.ip_address(address.split("%")[0])
    if ip.version == 6:
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])
        if inner:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


def post_json(
    url: str, body: dict, allowed_hosts: Iterable[str] = (), timeout: float = 10
) -> tuple[int, bytes]:
    """(status, first 64 KiB of the answer) of a POST.

    :param allowed_hosts: may be private and without TLS
    :raise BadAddress: for an address nothing may be sent to
    :raise NotSent: when nobody answers there
    """
    host = check_address(url, allowed_hosts)
    parts = urlsplit(url.strip())
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    target = parts.path or "/"
    target += f"?{parts.query}" if parts.query else ""
    payload = json.dumps(body, ensure_ascii=False).encode()
    try:
        with closing(kind(host, parts.port, timeout=timeout)) as connection:
            # http.client opens its socket by this; TLS still checks the certificate's
            # name.
            connection._create_connection = lambda address, timeout, source: _connect(
                address, timeout, allowed_hosts
            )
            connection.request(
                "POST",
                target,
                payload,
                {"Content-Type": "application/json; charset=utf-8"},
            )
            answer = connection.getresponse()
            return answer.status, answer.read(ANSWER_BYTES)
    except (OSError, HTTPException, UnicodeError) as error:  # the last: odd addresses
        raise NotSent(str(error) or type(error).__name__) from error


def _connect(address, timeout, allowed_hosts):
    host, port = address
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    if host not in allowed_hosts and not all(is_public(row[4][0]) for row in found):
        raise BadAddress("private", host)
    failure = None
    for family, kind, protocol, _name, place in found:
        sock = socket.socket(family, kind, protocol)
        sock.settimeout(timeout)
        try:
            sock.connect(place)
        except OSError as error:
            sock.close()
            failure = error
        else:
            return sock
    raise failure or OSError("no address")
