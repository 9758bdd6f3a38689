"""The trail at a running server: doors, sealing, what a superuser can't hide."""

import os
import re
import signal
import subprocess
import sys
from contextlib import closing

import psycopg2
import pytest
import requests

import databases
from conftest import DATABASE
from odoo_client import Rpc, RpcError
from project import ADDONS, ROOT

SCRIPT = ADDONS / "pharma_audit" / "tools" / "verify_audit.py"
HOLD_A_BATCH = """
print("held:", env["pharma.audit.seal"]._seal_batch() is not None, flush=True)
import time; time.sleep(120)
"""


def entries(rpc, *domain, limit=5):
    return rpc("auditor").search_read(
        "pharma.audit.entry",
        list(domain),
        "user_id",
        "origin",
        "operation",
        "note",
        "res_id",
        "summary",
        limit=limit,
    )


def run_job(rpc, name):
    """Wake a job as its schedule does, and wait until it is done."""
    admin = rpc("admin")
    (job,) = admin.search("ir.cron", ["cron_name", "=", name])
    admin.button("ir.cron", "method_direct_trigger", job)


@pytest.fixture(scope="module")
def seal(rpc):
    return lambda: run_job(rpc, "Audit trail: seal")


def proof(rpc, head=False):
    """Have the trail proved on the screen; state, sentences and the row named."""
    auditor = rpc("auditor")
    wizard = auditor.create("pharma.audit.verify", head=head)
    action = auditor.button("pharma.audit.verify", "action_verify", wizard)
    return auditor.search_read(
        "pharma.audit.verification",
        [["id", "=", action["res_id"]]],
        "state",
        "problem",
        "problem_entry_id",
    )[0]


def verify(*arguments):
    """What `make verify-audit` runs."""
    return subprocess.run(
        [sys.executable, ROOT / "scripts" / "verify_audit.py", DATABASE, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def superuser():
    """A superuser of PostgreSQL where we have one, else the owner of the tables."""
    try:
        return psycopg2.connect(dbname=DATABASE, user="postgres")
    except psycopg2.OperationalError:
        return psycopg2.connect(dbname=DATABASE)


def as_superuser(statement, *values):
    with closing(superuser()) as connection, connection, connection.cursor() as cursor:
        cursor.execute("ALTER TABLE pharma_audit_entry DISABLE TRIGGER ALL")
        cursor.execute(statement, values)
        cursor.execute("ALTER TABLE pharma_audit_entry ENABLE TRIGGER ALL")
        cursor.execute(
            "ALTER TABLE pharma_audit_entry"
            " ENABLE ALWAYS TRIGGER pharma_append_only_row,"
            " ENABLE ALWAYS TRIGGER pharma_append_only_truncate"
        )


def change(rpc, text):
    """A change by a seller; the number of the buyer."""
    seller = rpc("seller")
    (buyer,) = seller.search(
        "res.partner", ["pharma_buyer_kind_id", "!=", False], limit=1
    )
    seller.write("res.partner", buyer, comment=text)
    return buyer


def test_change_in_the_screens_is_there_with_who_and_where_from(rpc):
    buyer = change(rpc, "送货前电话联系")
    (entry,) = entries(
        rpc, ["res_model", "=", "res.partner"], ["res_id", "=", buyer], limit=1
    )
    assert entry["origin"] == "web"
    assert entry["user_id"][0] == rpc("seller").uid
    assert "送货前电话联系" in entry["summary"]


def test_refused_log_in_is_written_down(rpc, server):
    with pytest.raises(RpcError):
        Rpc(server, "seller", password="wrong")
    (entry,) = entries(rpc, ["operation", "=", "login_failed"], limit=1)
    assert entry["note"] == "seller"


def test_wrong_key_of_a_program_is_written_down(rpc, server):
    answer = requests.post(
        f"{server.base_url}/json/2/res.partner/search",
        json={"domain": []},
        headers={"Authorization": "bearer 0123456789abcdef"},
        timeout=60,
    )
    assert answer.status_code == 401
    (entry,) = entries(rpc, ["operation", "=", "login_failed"], limit=1)
    assert entry["origin"] == "rpc"
    assert entry["note"]


def test_seller_reads_no_trail_but_the_history_of_what_she_may_read(rpc):
    buyer = change(rpc, "月结")
    with pytest.raises(RpcError) as refused:
        rpc("seller").search_read("pharma.audit.entry", [], "note")
    assert refused.value.name == "odoo.exceptions.AccessError"
    history = rpc("seller")("pharma.audit.entry", "get_history", "res.partner", buyer)
    assert "月结" in str(history["steps"][0])


def test_look_at_an_id_number_is_masked_and_written_down(rpc):
    """TV-73."""
    purchaser = rpc("purchaser")
    (person,) = purchaser.search(
        "pharma.person", ["id_number_tail", "!=", False], limit=1
    )
    number = purchaser.read("pharma.person", person, "id_number")
    assert re.fullmatch(r"\*{14}[0-9X]{4}", number)
    (entry,) = entries(
        rpc,
        ["operation", "=", "read"],
        ["res_model", "=", "pharma.person"],
        limit=1,
    )
    assert entry["res_id"] == person
    assert entry["user_id"][0] == purchaser.uid
    with pytest.raises(RpcError):
        purchaser.button("pharma.person", "action_reveal_id_number", person)


@pytest.mark.parametrize("table", ["pharma_audit_entry", "pharma_audit_seal"])
@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"]
)
def test_role_of_the_application_changes_nothing(seal, table, statement):
    seal()
    with pytest.raises(psycopg2.errors.RaiseException, match="append-only"):
        databases.query(statement.format(table), database=DATABASE)


def test_job_killed_in_the_middle_and_run_twice_at_once(rpc, seal):
    """kill -9 leaves no half seal; of two at once the second leaves it to the first."""
    seal()
    change(rpc, "被中断的封存")
    command = [ROOT / "scripts" / "odoo", "shell", "-d", DATABASE, "--no-http"]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as process:
        process.stdin.write(HOLD_A_BATCH)
        process.stdin.close()
        while "held:" not in process.stdout.readline():
            assert process.poll() is None, "the shell ended by itself"
        numbers = newest_seal(rpc)
        seal()  # the lock is taken: this run leaves at once
        assert newest_seal(rpc) == numbers
        os.killpg(process.pid, signal.SIGKILL)
    seal()
    assert newest_seal(rpc) == numbers + 1
    assert verify().returncode == 0


def newest_seal(rpc):
    (seal_id,) = rpc("auditor").search_read("pharma.audit.seal", [], "number", limit=1)
    return seal_id["number"]


def test_row_altered_by_a_superuser_is_named_everywhere(rpc, seal, tmp_path):
    """TV-53: on the screen, by make verify-audit and by the script on an export."""
    change(rpc, "改动前")
    seal()
    (entry,) = entries(
        rpc, ["res_model", "=", "res.partner"], ["operation", "=", "update"], limit=1
    )
    as_superuser("UPDATE pharma_audit_entry SET user_id = 1 WHERE id = %s", entry["id"])
    try:
        on_screen = proof(rpc)
        assert on_screen["state"] == "broken"
        assert on_screen["problem_entry_id"] == entry["id"]

        beside = verify()
        assert beside.returncode == 1
        assert f"BROKEN: entry {entry['id']} was altered" in beside.stdout

        export = rpc("auditor").get(f"/pharma_audit/export/1/{newest_seal(rpc)}")
        (tmp_path / "export.jsonl").write_bytes(export.content)
        (tmp_path / "verify.py").write_bytes(
            rpc("auditor").get("/pharma_audit/verify_audit.py").content
        )
        offline = subprocess.run(
            [sys.executable, "-I", "verify.py", "export.jsonl"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert offline.returncode == 1, offline.stderr
        assert f"BROKEN: entry {entry['id']} was altered" in offline.stdout
    finally:
        as_superuser(
            "UPDATE pharma_audit_entry SET user_id = %s WHERE id = %s",
            entry["user_id"] and entry["user_id"][0],
            entry["id"],
        )
    assert verify().returncode == 0


@pytest.mark.parametrize("width", [1400, 390])
def test_history_is_one_click_from_a_form(rpc, page, width):
    buyer = change(rpc, f"宽度 {width}")
    screen = page("seller", width)
    screen.goto(f"/odoo/res.partner/{buyer}")
    screen.locator(".o_cp_action_menus button").first.click()
    screen.locator(".o_pharma_audit_history_menu").click()
    screen.wait_for_selector(".o_pharma_audit_history")
    assert f"宽度 {width}" in screen.locator(".o_pharma_audit_history").inner_text()
