"""Reads the log of Odoo's test runner: which tests began, failed and were skipped."""

import re
from collections import defaultdict

LINE = re.compile(r"^[\d-]+ [\d:,]+ \d+ [A-Z]+ \S+ (?P<logger>\S+): (?P<message>.*)$")
TEST_LOGGER = re.compile(r"^odoo\.addons\.(?P<addon>\w+)\.tests\.(?P<file>\w+)$")
EVENT = re.compile(
    r"^(?P<verb>Starting|skipped|FAIL:|ERROR:) (?:Subtest )?"
    r"(?P<test>(?:setUp|tearDown)Class \(\S+\)|\S+)(?P<rest>.*)$"
)


class OdooTestLog:
    """
    >>> log = OdooTestLog([
    ...   "2026-01-02 03:04:05,6 9 INFO d odoo.addons.x.tests.test_a: Starting A.b ...",
    ...   "2026-01-02 03:04:05,7 9 INFO d odoo.addons.x.tests.test_a: Starting A.c ...",
    ...   "2026-01-02 03:04:05,8 9 ERROR db odoo.addons.x.tests.test_a: FAIL: A.b",
    ...   "Traceback (most recent call last):",
    ...   "2026-01-02 03:04:05,9 9 INFO d odoo.addons.x.tests.test_a: skipped A.c : x",
    ... ])
    >>> log.passed, log.skipped, log.files["x"]
    (0, {'x.test_a.A.c': 'x'}, {'test_a'})
    >>> log.failed
    {'x.test_a.A.b': ['Traceback (most recent call last):']}
    """

    def __init__(self, lines):
        self.started = set()
        self.files = defaultdict(set)
        self.failed = {}
        self.skipped = {}
        traceback = None
        for line in lines:
            if found := LINE.match(line):
                traceback = self._take_in(found["logger"], found["message"])
            elif traceback is not None:
                traceback.append(line)

    def _take_in(self, logger, message):
        """Read one line; return where a traceback goes, if one follows."""
        source = TEST_LOGGER.match(logger)
        event = EVENT.match(message)
        if not event or not (source or logger.startswith("odoo.tests.")):
            return None
        test = event["test"]
        if source:
            test = f"{source['addon']}.{source['file']}.{test}"
        match event["verb"]:
            case "Starting":
                self.started.add(test)
                self.files[source["addon"]].add(source["file"])
            case "skipped":
                self.skipped[test] = event["rest"].removeprefix(" : ")
            case _:
                return self.failed.setdefault(test, [])
        return None

    @property
    def passed(self):
        return len(self.started - self.failed.keys() - self.skipped.keys())
