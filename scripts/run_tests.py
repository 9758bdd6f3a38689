"""Unit, add-on and end-to-end tests; the last line is `N passed, N failed`.

The environment narrows it: KIND=unit|addon|e2e, ADDON=pharma_x (add-on tests only).
"""

import fcntl
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from traceback import format_exc

import databases
from check_translations import untranslated
from odoo_test_log import OdooTestLog
from project import (
    ADDONS,
    LOG,
    ROOT,
    RUN,
    StepFailed,
    free_port,
    main,
    run_odoo,
    step,
    tail,
)

KINDS = {"unit", "addon", "e2e"}
BROWSER_TOOLS = ("chrom", "websocket")
LINES = 60


class Tally:
    """How many tests passed, and the names of those that failed."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def fail(self, name, details=""):
        self.failed += 1
        print(f"\n✗ {name}\n{details}\n", flush=True)

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed"


def run_tool(log, *command):
    """Run a Python tool with its output in a log; tell whether it was content."""
    with log.open("w") as output:
        return not subprocess.call(
            [sys.executable, "-m", *command],
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
        )


def run_pytest(tally, kind):
    report, log = LOG / f"{kind}.xml", LOG / f"{kind}.log"
    report.unlink(missing_ok=True)
    with step(f"{kind} tests"):
        content = run_tool(log, "pytest", f"tests/{kind}", f"--junitxml={report}")
    cases = ET.parse(report).getroot().findall(".//testcase") if report.exists() else []
    for case in cases:
        problems = [child.text for child in case if child.tag in {"failure", "error"}]
        if problems:
            tally.fail(
                f"{case.get('classname')}.{case.get('name')}", "\n".join(problems)
            )
        elif case.find("skipped") is None:
            tally.passed += 1
    if not content and not tally.failed:
        tally.fail(f"{kind} tests: pytest itself failed", tail(log))


def test_files(addon):
    return {path.stem for path in (ADDONS / addon / "tests").glob("test_*.py")}


def run_addon_tests(tally, layer, addons):
    """What to test of add-ons on a copy of the template that has them installed."""
    database = f"test_{layer}"
    databases.clone(layer, database)
    check_log(tally, LOG / f"template-{layer}.log")
    if tested := [addon for addon in addons if test_files(addon)]:
        run_post_install_tests(tally, database, tested)
    if missing := untranslated(database, addons):
        tally.fail(f"translations: {len(missing)} terms", "\n".join(missing[:LINES]))
    databases.drop(database)


def run_post_install_tests(tally, database, addons):
    log = LOG / f"{database}.log"
    log.unlink(missing_ok=True)
    tags = ",".join(f"/{addon}" for addon in addons)
    status = ""
    with step(f"add-on tests of {', '.join(addons)}"):
        try:
            run_odoo(
                database,
                "-d",
                database,
                "--test-tags",
                tags,
                "--http-port",
                free_port(),
            )
        except StepFailed as failure:
            status = str(failure)
    judge_addon_tests(tally, addons, log, status)


def judge_addon_tests(tally, addons, log, status):
    found = OdooTestLog(log.read_text(errors="replace").splitlines())
    tally.passed += found.passed
    for test, traceback in found.failed.items():
        tally.fail(test, "\n".join(traceback[-LINES:]))
    for test, reason in found.skipped.items():
        if any(tool in reason.lower() for tool in BROWSER_TOOLS):
            tally.fail(test, f"skipped for want of a browser: {reason}")
    for addon in addons:
        for file in sorted(test_files(addon) - found.files[addon]):
            tally.fail(
                f"{addon}.{file}",
                "No test of this file ran: is it imported and post_install?",
            )
    if status and not found.failed:
        tally.fail("add-on tests: Odoo itself failed", status)
    if not found.failed:
        check_log(tally, log)


def check_log(tally, log):
    """A warning in the log is a failure, unless checklog-odoo.cfg excuses it."""
    result = LOG / "checklog.log"
    if not run_tool(
        result, "checklog_odoo", "--config=checklog-odoo.cfg", "--no-echo", str(log)
    ):
        tally.fail(f"warnings in {log.relative_to(ROOT)}", tail(result, LINES))


def run_addons(tally, chosen):
    own = {path.parent.name for path in ADDONS.glob("*/__manifest__.py")}
    if chosen and chosen not in own:
        raise StepFailed(f"there is no add-on {chosen}")
    for layer in databases.layers().values():
        if part := [name for name in layer.modules if name in own & {chosen or name}]:
            run_addon_tests(tally, layer.name, part)


def run_with_database(tally, kinds, addon):
    """The connection tells `make demo-down` beside us to leave PostgreSQL running."""
    with databases.connect():
        if "addon" in kinds:
            run_addons(tally, addon)
        if "e2e" in kinds:
            databases.prepare("demo")
            run_pytest(tally, "e2e")


def run(kind, addon):
    kinds = {kind} if kind else {"addon"} if addon else KINDS
    tally = Tally()
    try:
        if not kinds <= KINDS:
            raise StepFailed(f"KIND is unit, addon or e2e, not {kind}")
        with (RUN / "test.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if "unit" in kinds:
                run_pytest(tally, "unit")
            if kinds - {"unit"}:
                run_with_database(tally, kinds, addon)
    except StepFailed as failure:
        tally.fail("preparation", str(failure))
    except Exception:
        tally.fail("preparation", format_exc())
    print(tally)
    return bool(tally.failed)


if __name__ == "__main__":
    main(run, os.environ.get("KIND"), os.environ.get("ADDON"))
