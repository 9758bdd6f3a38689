"""The doors by which a document may come into force: what people and programs try.

Each door is a function of a client's factory and a document. It returns when the
document was let through and raises ``Refused`` when it wasn't.
"""

import time
from base64 import b64encode
from dataclasses import dataclass, field

import databases
from odoo_client import GATE_REFUSAL, RpcError
from papers import png

CRON_TIMEOUT = 60


class Refused(Exception):
    """The door stayed shut; the message is what the person or program was told."""


@dataclass(frozen=True)
class Document:
    """A document on its way into force."""

    model: str
    id: int
    login: str  # who brings it, the least role for it
    button: str
    state: str  # what it is once in force
    customer: str | None = None  # who signs it on the portal; None: by the link alone
    tables: dict = field(default_factory=dict)

    def current_state(self, rpc):
        return rpc("auditor").read(self.model, self.id, "state")


def sale(order_id, customer=None):
    return Document(
        "sale.order", order_id, "seller", "action_confirm", "sale", customer
    )


def purchase(order_id):
    return Document(
        "purchase.order", order_id, "purchaser", "button_confirm", "purchase"
    )


def journal_entry(move_id):
    return Document("account.move", move_id, "finance", "action_post", "posted")


def payment(payment_id):
    return Document(
        "account.payment", payment_id, "finance", "action_post", "in_process"
    )


def transfer(picking_id, login):
    return Document("stock.picking", picking_id, login, "button_validate", "done")


def by_button(rpc, document):
    try:
        rpc(document.login).button(document.model, document.button, document.id)
    except RpcError as error:
        _expect_gate(error)


def by_write(rpc, document):
    """Skip the button and write what it would have written."""
    try:
        rpc(document.login).write(document.model, document.id, state=document.state)
    except RpcError as error:
        _expect_gate(error)


def by_import(rpc, document):
    """Odoo's importer lists what went wrong instead of failing."""
    answer = rpc(document.login)(
        document.model, "load", [".id", "state"], [[str(document.id), document.state]]
    )
    if not answer["ids"]:
        raise Refused("\n".join(message["message"] for message in answer["messages"]))


def by_external_api(rpc, document):
    answer = rpc(document.login).json2(
        document.model, document.button, ids=[document.id]
    )
    if answer.ok:
        return
    error = answer.json()
    assert (answer.status_code, error["name"]) == (422, GATE_REFUSAL), error
    raise Refused(error["message"])


def by_portal(rpc, document):
    """The customer signs the quotation with the link from the mail."""
    url = rpc("seller").button("sale.order", "action_preview_sale_order", document.id)[
        "url"
    ]
    token = url.partition("access_token=")[2].partition("&")[0]
    signature = {
        "access_token": token,
        "name": "王芳",
        "signature": b64encode(png()).decode(),
    }
    try:
        answer = rpc(document.customer).post(
            f"/my/orders/{document.id}/accept", signature
        )
    except RpcError as error:
        _expect_gate(error)
    else:
        assert "error" not in answer, answer


def by_scheduled_job(rpc, document):
    """A job the administrator made, run by the scheduler itself."""
    job_id = rpc("admin").create(
        "ir.cron",
        name=f"e2e {document.model} {document.id}",
        model_id=rpc("admin").search("ir.model", ("model", "=", document.model))[0],
        state="code",
        code=f"model.browse({document.id}).{document.button}()",
        nextcall="2020-01-01 00:00:00",
        interval_type="months",
    )
    database = rpc("admin").server.db
    failures = _run_job(job_id, database)
    if failures:
        raise Refused("the job failed")


def _run_job(job_id, database):
    """Wake the scheduler and wait for the job; how often it failed."""
    databases.query("SELECT pg_notify('cron_trigger', %s)", database)
    deadline = time.monotonic() + CRON_TIMEOUT
    while time.monotonic() < deadline:
        ((lastcall, failures),) = databases.query(
            "SELECT lastcall, failure_count FROM ir_cron WHERE id = %s",
            job_id,
            database=database,
        )
        if lastcall:
            return failures
        time.sleep(0.1)
    raise AssertionError("the scheduler didn't run the job")


def _expect_gate(error):
    if not error.is_refusal:
        raise error
    raise Refused(str(error)) from error


# By the name the gate gives the door in its event.
DOORS = {
    "button": (by_button, "web"),
    "write": (by_write, "web"),
    "import": (by_import, "import"),
    "external API": (by_external_api, "rpc"),
    "scheduled job": (by_scheduled_job, "cron"),
}
CUSTOMER_DOORS = {"portal": (by_portal, "portal")}


def doors_of(document):
    """{what is tried: (how, the door in the gate's event)}"""
    return DOORS | (CUSTOMER_DOORS if document.model == "sale.order" else {})
