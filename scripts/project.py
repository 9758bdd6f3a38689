"""Shared by the Python scripts: where things live, how to tell a step and run Odoo."""

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ADDONS = ROOT / "addons"
RUN = ROOT / ".run"
LOG = RUN / "log"
FILESTORE = RUN / "data" / "filestore"
TAIL = 25


class StepFailed(Exception):
    """What went wrong, told on the terminal by whoever runs the step."""


@contextmanager
def step(sentence):
    """One line on the terminal: the sentence, then how long it took."""
    print(f"· {sentence} … ", end="", flush=True)
    started = time.monotonic()
    outcome = "failed after "
    try:
        yield
        outcome = ""
    finally:
        print(f"{outcome}{time.monotonic() - started:.0f}s", flush=True)


def tail(path, lines=TAIL):
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])


def run_odoo(log_name, *arguments, stdin=None):
    """Run Odoo to its end, its log in .run/log; if it fails, raise with its end."""
    log = LOG / f"{log_name}.log"
    with log.open("a") as output:
        process = subprocess.run(
            [ROOT / "scripts" / "odoo", *arguments],
            stdout=output,
            stderr=subprocess.STDOUT,
            input=stdin,
            text=True,
            check=False,
        )
    if process.returncode:
        raise StepFailed(
            f"{tail(log)}\n\nOdoo ended with status {process.returncode}; "
            f"the whole log is {log.relative_to(ROOT)}"
        )


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def main(function, *arguments):
    """Run a script; a failed step ends it with a sentence instead of a traceback."""
    os.chdir(ROOT)
    try:
        sys.exit(function(*arguments))
    except StepFailed as failure:
        sys.exit(f"\n{failure}")
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        sys.exit(130)
