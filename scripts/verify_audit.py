"""Verify the audit trail of a database without its server; say what is broken first.

    verify_audit.py DATABASE [--head NUMBER:HASH ...]

The status is 0 when the trail is intact and 1 when it is broken.
"""

import argparse
import time

from odoo.tools import config

import databases
from project import ROOT, main


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("database")
    parser.add_argument("--head", action="append", default=[])
    return parser.parse_args()


def run(options):
    config.parse_config(["-c", str(ROOT / "odoo.conf")], setup_logging=False)
    # Found only now that the configuration says where add-ons are.
    from odoo.addons.pharma_audit.tools.verify_audit import parse_head, tell
    from odoo.addons.pharma_audit.tools.verify_database import verify

    started = time.monotonic()
    with databases.connect(options.database) as connection:
        # One look at all: what is sealed meanwhile is verified next time.
        connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
        with connection.cursor() as cursor:
            report = verify(
                cursor, dict(map(parse_head, options.head)), config["data_dir"]
            )
    print(f"verified in {time.monotonic() - started:.1f} s")
    return tell(report)


if __name__ == "__main__":
    main(run, parse_arguments())
