"""The chain that seals the audit trail: whatever is done to a sealed row is named."""

import gzip
import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.pharma_audit.tools import verify_audit as chain
from odoo.addons.pharma_audit.tools.archive import Archives, file_digest

SCRIPT = Path(chain.__file__)


def line(number, text="阿莫西林"):
    return json.dumps(
        [number, "2026-01-01T00:00:00", text], ensure_ascii=False
    ).encode()


def build(batches, algorithm="sm3"):
    """[(seal, lines)] of a chain over batches of ids."""
    groups, previous = [], chain.GENESIS
    for number, ids in enumerate(batches, 1):
        lines = [line(entry) for entry in ids]
        seal = chain.make_seal(number, f"d{number}", algorithm, previous, lines)
        groups.append((seal, lines))
        previous = seal.hash
    return groups


def verify(groups, **options):
    verifier = chain.Verifier(**options)
    for seal, lines in groups:
        verifier.check(seal, lines)
    return verifier.finish()


BATCHES = [[1, 2, 3], [5, 6, 9], [4, 10, 11, 12]]


@pytest.mark.parametrize("algorithm", chain.ALGORITHMS)
def test_untouched_chain_is_intact(algorithm):
    report = verify(build(BATCHES, algorithm))
    assert report.is_intact
    assert (report.entries, report.seals) == (10, 3)
    assert report.head == build(BATCHES, algorithm)[-1][0].hash


def test_one_flipped_byte_names_its_row():
    """TV-53."""
    for position, (_seal, lines) in enumerate(build(BATCHES)):
        for index in range(len(lines)):
            groups = build(BATCHES)
            row = groups[position][1][index]
            groups[position][1][index] = row[:-3] + bytes([row[-3] ^ 1]) + row[-2:]
            report = verify(groups)
            assert report.first.kind == "altered"
            assert report.first.entry == BATCHES[position][index]


def test_deleted_row_is_named():
    groups = build(BATCHES)
    del groups[1][1][1]
    assert verify(groups).first == chain.Problem("deleted", 2, 6)


def test_row_put_between_sealed_ones_is_named():
    groups = build(BATCHES)
    groups[1][1].insert(2, line(7))
    assert verify(groups).first == chain.Problem("inserted", 2, 7)


def test_row_no_seal_knows_is_named():
    verifier = chain.Verifier()
    for seal, lines in build(BATCHES):
        verifier.check(seal, lines)
    verifier.add_stray(8)
    assert verifier.finish().first == chain.Problem("inserted", None, 8)


def test_end_cut_off_with_its_seal_is_found_by_a_known_head():
    groups = build(BATCHES)
    heads = {3: groups[2][0].hash}
    assert verify(groups, heads=heads).is_intact
    report = verify(groups[:2], heads=heads)
    assert report.first == chain.Problem("seal_missing", 3)


def test_missing_seal_in_the_middle_is_named():
    groups = build(BATCHES)
    report = verify([groups[0], groups[2]])
    assert report.first == chain.Problem("seal_missing", 2)


def test_chain_made_anew_after_a_change_differs_from_the_known_head():
    """Whoever can recompute everything is caught by what was printed before."""
    heads = {2: build(BATCHES)[1][0].hash}
    forged, previous = [], chain.GENESIS
    for number, ids in enumerate(BATCHES, 1):
        lines = [line(entry, "改") for entry in ids]
        seal = chain.make_seal(number, f"d{number}", "sm3", previous, lines)
        forged.append((seal, lines))
        previous = seal.hash
    assert verify(forged).is_intact
    assert verify(forged, heads=heads).first == chain.Problem("head", 2)


@pytest.mark.parametrize(
    "change", [{"date": "other"}, {"hash": "f" * 64}, {"previous": "e" * 64}]
)
def test_altered_seal_is_named(change):
    groups = build(BATCHES)
    groups[1] = (replace(groups[1][0], **change), groups[1][1])
    problems = verify(groups).problems
    assert problems[0].kind == "seal_altered"
    assert problems[0].seal == 2


def test_altered_marks_are_told_from_altered_rows():
    groups = build(BATCHES)
    seal = groups[1][0]
    groups[1] = (replace(seal, leaves=b"x" * len(seal.leaves)), groups[1][1])
    assert verify(groups).problems == [chain.Problem("seal_altered", 2)]


@pytest.mark.parametrize(
    "change",
    [
        {"algorithm": "md5"},
        {"ranges": ()},
        {"ranges": ((1, 10**12),)},
        {"ranges": ((6, 9), (5, 5))},
        {"leaves": b""},
    ],
)
def test_seal_that_cannot_be_followed_is_named_at_once(change):
    groups = build(BATCHES)
    groups[1] = (replace(groups[1][0], **change), groups[1][1])
    assert verify(groups).problems[0] == chain.Problem("seal_altered", 2)


def test_second_row_with_a_sealed_number_is_named():
    groups = build(BATCHES)
    groups[1][1].insert(1, line(5, "伪造"))
    assert verify(groups).first == chain.Problem("inserted", 2, 5)


def archived(tmp_path, groups, ranges, name="2001_03.jsonl.gz"):
    """A file as the product writes it, with what was moved to it."""
    path = tmp_path / name
    with gzip.open(path, "wb") as stream:
        stream.write(export(groups))
    return path, file_digest(path), ranges


def test_archived_rows_are_proved_from_their_file(tmp_path):
    groups = build(BATCHES)
    file = archived(tmp_path, groups[:2], [(1, 3), (5, 5)])
    left = [(groups[0][0], []), (groups[1][0], groups[1][1][1:]), groups[2]]
    archives = Archives([file])
    whole = [(seal, archives.complete(seal, lines)) for seal, lines in left]
    assert verify(whole).is_intact


def test_rows_missing_from_file_and_table_are_named(tmp_path):
    """Who writes an archive of his own hides nothing: its rows must be there."""
    groups = build(BATCHES)
    path, digest, ranges = archived(tmp_path, groups[:1], [(1, 3), (6, 6)])
    left = [(groups[0][0], []), (groups[1][0], groups[1][1][:1]), groups[2]]
    for file in ((path, digest, ranges), (path, "0" * 64, ranges)):
        archives = Archives([file])
        whole = [(seal, archives.complete(seal, lines)) for seal, lines in left]
        kinds = {problem.kind for problem in verify(whole).problems}
        assert kinds == {"deleted"}


def export(groups, header=None):
    stream = io.BytesIO()
    stream.write(json.dumps(header or {"format": chain.FORMAT}).encode() + b"\n")
    for seal, lines in groups:
        stream.write(json.dumps({"seal": seal.as_dict()}).encode() + b"\n")
        stream.writelines(row + b"\n" for row in lines)
    return stream.getvalue()


def run(path, *arguments):
    """As an inspector runs it: alone, with an empty path for modules."""
    return subprocess.run(
        [sys.executable, "-I", str(SCRIPT), str(path), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_script_alone_proves_an_export(tmp_path):
    groups = build(BATCHES)
    path = tmp_path / "audit.jsonl"
    path.write_bytes(export(groups))
    result = run(path, "--head", f"3:{groups[2][0].hash}")
    assert result.returncode == 0, result.stderr
    assert result.stdout.endswith("intact\n")


def test_script_alone_names_the_broken_row(tmp_path):
    path = tmp_path / "audit.jsonl"
    path.write_bytes(export(build(BATCHES)).replace(b"\n[9,", b"\n[9,  ", 1))
    result = run(path)
    assert result.returncode == 1
    assert "BROKEN: entry 9 was altered" in result.stdout


def test_export_of_a_later_part_is_proved_from_there_on():
    report = chain.verify_export(io.BytesIO(export(build(BATCHES)[1:])))
    assert report.is_intact
    assert report.seals == 2


@pytest.mark.parametrize("content", [b"", b"{}\n", b"[1]\n", b"no json\n"])
def test_anything_else_is_no_export(content):
    with pytest.raises(ValueError):
        chain.verify_export(io.BytesIO(content))


@pytest.mark.parametrize(
    "text", ["", "17", "17:short", "x:" + "a" * 64, ":" + "a" * 64]
)
def test_head_typed_wrong_is_refused(text):
    with pytest.raises(ValueError):
        chain.parse_head(text)


def test_unknown_digest_is_refused():
    with pytest.raises(chain.UnknownAlgorithmError):
        chain.make_seal(1, "d", "md5", chain.GENESIS, [line(1)])


def test_sm3_is_that_of_the_standard():
    """GB/T 32905-2016, appendix A."""
    assert chain.sm3(b"abcd" * 16).hex() == (
        "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
    )


@given(st.sets(st.integers(1, 400), min_size=1))
def test_ranges_hold_just_their_ids(ids):
    ranges = chain.compress(sorted(ids))
    assert list(chain.expand(ranges)) == sorted(ids)
    assert {n for n in range(402) if chain.contains(ranges, n)} == ids
    assert chain.merge(reversed(ranges)) == ranges


@given(st.lists(st.integers(1, 9), min_size=1, max_size=5), st.data())
def test_any_change_of_any_row_is_found(sizes, data):
    start, batches = 1, []
    for size in sizes:
        batches.append(list(range(start, start + size)))
        start += size
    groups = build(batches)
    entry = data.draw(st.integers(1, start - 1))
    kind = data.draw(st.sampled_from(["altered", "deleted"]))
    for _seal, lines in groups:
        for index, row in enumerate(lines):
            if chain.line_id(row) == entry:
                lines[index : index + 1] = (
                    [line(entry, "改")] if kind == "altered" else []
                )
                break
    first = verify(groups).first
    assert (first.kind, first.entry) == (kind, entry)
