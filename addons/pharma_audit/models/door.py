"""By which door somebody came: for the inspector, never for a decision."""

import threading

from odoo.http import request

DOORS = [
    ("web", "Web screens"),
    ("import", "Import"),
    ("rpc", "RPC"),
    ("portal", "Portal"),
    ("cron", "Scheduled job"),
    ("shell", "Shell"),
]
RPC_PATHS = ("/json/", "/jsonrpc", "/xmlrpc")
IMPORT_METHODS = ("execute_import", "load")


def door(env):
    """One of DOORS, told from the request or the thread at work."""
    if not request:
        name = threading.current_thread().name
        is_cron = name.startswith("odoo.service.cron") or env.context.get("cron_id")
        return "cron" if is_cron else "shell"
    path = request.httprequest.path
    if path.startswith(("/my", "/shop")):
        return "portal"
    if path.startswith(RPC_PATHS):
        return "rpc"
    return "import" if path.endswith(IMPORT_METHODS) else "web"


def acting_user_id(env):
    """Who is logged in; outside a request, as whom the code works.

    Code may act as another user on the way; the operator is who came in by the door
    (CS-03).
    """
    session = request and request.env and request.env.uid
    if session and (env.uid == session or not _is_public(request.env)):
        return session
    return env.uid


def _is_public(env):
    return env.user._is_public()
