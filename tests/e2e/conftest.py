"""A server on a copy of the demo database, and two ways in: RPC and a browser."""

import os
import subprocess
import time
from functools import cache
from urllib.error import URLError
from urllib.request import urlopen

import pytest

import browser as chromium_tools
import databases
import screen
from odoo_client import Rpc, Server
from project import LOG, ROOT, free_port

DATABASE = os.environ.get("PHARMA_E2E_DB", "test_e2e")
START_TIMEOUT = 120


@pytest.fixture(scope="session")
def server():
    """Odoo whose scheduled jobs wait for a test to wake them."""
    databases.clone("demo", DATABASE)
    put_jobs_to_sleep()
    take_orders_for_goods_to_come()
    port = free_port()
    command = [ROOT / "scripts" / "odoo", "-d", DATABASE, f"--http-port={port}"]
    base_url = f"http://127.0.0.1:{port}"
    with (LOG / "e2e-server.log").open("w") as log:
        process = subprocess.Popen(
            [*command, "--max-cron-threads=1"], stdout=log, stderr=subprocess.STDOUT
        )
        try:
            wait_until_it_answers(base_url, process)
            yield Server(base_url, DATABASE)
        finally:
            process.terminate()
            process.wait(timeout=30)
    databases.drop(DATABASE)


def take_orders_for_goods_to_come():
    """Most tests ask who may buy what, of drugs made for them and never received.

    As a company may do; what is promised is asked in test_last_boxes.
    """
    databases.query(
        "UPDATE pharma_gate_check SET severity = 'warn' WHERE code = 'STOCK_SHORT'",
        database=DATABASE,
    )


def put_jobs_to_sleep():
    databases.query("UPDATE ir_cron SET nextcall = '2999-01-01'", database=DATABASE)
    databases.query("DELETE FROM ir_cron_trigger", database=DATABASE)


def wait_until_it_answers(base_url, process):
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urlopen(f"{base_url}/web/login", timeout=60).close()
            return
        except URLError:
            time.sleep(0.3)
    pytest.exit("the server did not start: see .run/log/e2e-server.log", returncode=1)


@pytest.fixture(scope="session")
def rpc(server):
    """`rpc("seller")` → her client, logged in once; `rpc(None)` is not logged in."""
    return cache(lambda login: Rpc(server, login, password=login))


@pytest.fixture(scope="session")
def browser():
    with chromium_tools.chromium() as instance:
        yield instance


@pytest.fixture
def page(server, browser, rpc):
    """`page("seller", width=390)` → a Playwright page in Chinese, logged in.

    A console error or an error dialog on any of them fails the test.
    """
    pages = []

    def open_page(login, width=screen.DESK):
        page = chromium_tools.new_page(browser, server.base_url, width)
        pages.append(page)
        page.context.add_init_script(screen.COUNT_REQUESTS)
        page.context.add_cookies([rpc(login).cookie])
        page.goto("/odoo")
        page.wait_for_selector(".o_main_navbar")
        return page

    yield open_page
    found = [problem for page in pages for problem in chromium_tools.problems(page)]
    for page in pages:
        page.context.close()
    assert not found, "\n".join(found)
