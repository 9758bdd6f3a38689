"""Whatever order transactions end in, every entry is sealed once and none is lost."""

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.pharma_audit.tools.frontier import Pointers, advance, capped


class Database:
    """Transactions that take numbers and ids, end when they like, and a sealing job."""

    def __init__(self, batch):
        self.batch = batch
        self.next_txid = 1
        self.next_id = 1
        self.running = {}  # txid: ids taken so far
        self.visible = set()
        self.sealed = set()
        self.last = Pointers()

    def begin(self):
        self.running[self.next_txid] = []
        self.next_txid += 1

    def write(self, choice):
        if self.running:
            txid = sorted(self.running)[choice % len(self.running)]
            self.running[txid].append(self.next_id)
            self.next_id += 1

    def end(self, choice, *, commits):
        if self.running:
            ids = self.running.pop(sorted(self.running)[choice % len(self.running)])
            if commits:
                self.visible.update(ids)

    def seal(self):
        oldest = min(self.running, default=self.next_txid)
        pointers = advance(self.last, oldest, self.next_txid, self.next_id - 1)
        found = sorted(
            number
            for number in self.visible - self.sealed
            if number > self.last.frontier_id
        )[: self.batch]
        if len(found) == self.batch:
            pointers = capped(pointers, found[-1])
        if found:
            self.sealed.update(found)
            self.last = pointers
        return len(found) == self.batch

    def unknown(self):
        """What a verifier would call put in afterwards."""
        return {
            number
            for number in self.visible - self.sealed
            if number <= self.last.frontier_id
        }


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["begin", "write", "write", "commit", "rollback", "seal"]),
        st.integers(0, 9),
    ),
    max_size=80,
)


@settings(max_examples=400, deadline=None)
@given(STEPS, st.integers(1, 6))
def test_no_schedule_loses_an_entry_or_raises_a_false_alarm(steps, batch):
    database = Database(batch)
    for step, choice in steps:
        match step:
            case "begin":
                database.begin()
            case "write":
                database.write(choice)
            case "seal":
                database.seal()
            case _:
                database.end(choice, commits=step == "commit")
        assert not database.unknown()
    while database.running:
        database.end(0, commits=True)
    while database.seal():
        pass
    assert database.sealed == database.visible


def test_frontier_moves_on_when_nothing_runs():
    """Or every run would look through the whole trail."""
    database = Database(batch=100)
    for _round in range(5):
        database.begin()
        database.write(0)
        database.end(0, commits=True)
        database.seal()
    assert database.last.frontier_id == 3


def test_database_restored_on_another_server_goes_on():
    old = Pointers(50, 70, 1_000_000, 90)
    assert advance(old, 10, 10, 95) == Pointers(70, 90, 10, 95)
