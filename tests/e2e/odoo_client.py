"""A user at the server's doors, by the routes the web client and the portal use."""

import re
from dataclasses import dataclass
from itertools import count

import requests

TIMEOUT = 120
# A browser adds these when a person asks for an address; a key would do as well.
INTERACTIVE = {
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-User": "?1",
}
GATE_REFUSAL = "odoo.addons.pharma_gsp.exceptions.GateRefusal"


@dataclass(frozen=True)
class Server:
    base_url: str
    db: str


class RpcError(Exception):
    """What the server answered: ``name`` is the class of the exception there."""

    def __init__(self, error):
        super().__init__(error["data"]["message"])
        self.name = error["data"]["name"]
        self.context = error["data"].get("context") or {}

    @property
    def is_refusal(self):
        return self.name == GATE_REFUSAL

    @property
    def codes(self):
        """Checks of the gate that refused."""
        return {finding["code"] for finding in self.context["findings"]}


class Rpc:
    """Calls model methods as a user, through the routes of the web client."""

    def __init__(self, server, login=None, password=None):
        self.server = server
        self.login = login
        self.session = requests.Session()
        self.numbers = count(1)
        self.context = {}
        self._csrf_token = None
        if login:
            credentials = {"db": server.db, "login": login, "password": password}
            session = self.post("/web/session/authenticate", credentials)
            self.uid = session["uid"]
            self.context = session["user_context"]

    def __call__(self, model, method, *args, context=None, **kwargs):
        kwargs["context"] = self.context | (context or {})
        call = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        return self.post(f"/web/dataset/call_kw/{model}/{method}", call)

    def button(self, model, method, ids, **context):
        """Press a button of a form or list."""
        call = {
            "model": model,
            "method": method,
            "args": [ids if isinstance(ids, list) else [ids]],
            "kwargs": {"context": self.context | context},
        }
        return self.post(f"/web/dataset/call_button/{model}/{method}", call)

    def create(self, model, **values):
        return self(model, "create", [values])[0]

    def write(self, model, ids, **values):
        return self(model, "write", ids if isinstance(ids, list) else [ids], values)

    def read(self, model, record_id, *fields):
        """{field: value} of one record, or the value of a single field."""
        values = self(model, "read", [record_id], fields)[0]
        return values[fields[0]] if len(fields) == 1 else values

    def search(self, model, *domain, **kwargs):
        return self(model, "search", list(domain), **kwargs)

    def search_read(self, model, domain, *fields, **kwargs):
        return self(model, "search_read", domain, fields, **kwargs)

    def upload(self, name, raw, model="pharma.document"):
        """Upload a file as the widget of a form does; the new attachment's id."""
        answer = self.session.post(
            self.server.base_url + "/web/binary/upload_attachment",
            data={"model": model, "id": 0, "csrf_token": self.csrf_token},
            files={"ufile": (name, raw)},
            timeout=TIMEOUT,
        )
        answer.raise_for_status()
        (file,) = answer.json()
        if "error" in file:
            raise AssertionError(file["error"])
        return file["id"]

    def json2(self, model, method, **arguments):
        """The external API: POST /json/2; the session stands in for the key."""
        return self.session.post(
            f"{self.server.base_url}/json/2/{model}/{method}",
            json=arguments,
            headers=INTERACTIVE,
            timeout=TIMEOUT,
        )

    def get(self, path, **kwargs):
        return self.session.get(self.server.base_url + path, timeout=TIMEOUT, **kwargs)

    def post(self, path, params):
        body = {"jsonrpc": "2.0", "id": next(self.numbers), "params": params}
        response = self.session.post(
            self.server.base_url + path, json=body, timeout=TIMEOUT
        )
        response.raise_for_status()
        answer = response.json()
        if "error" in answer:
            raise RpcError(answer["error"])
        return answer.get("result")

    @property
    def cookie(self):
        """Makes a browser this user's, as if she had logged in there."""
        return {
            "name": "session_id",
            "value": self.session.cookies["session_id"],
            "url": self.server.base_url,
        }

    @property
    def csrf_token(self):
        if not self._csrf_token:
            page = self.get("/odoo").text
            self._csrf_token = re.search(r'csrf_token: "(\w+)"', page)[1]
        return self._csrf_token
