import base64
import zipfile
from io import BytesIO

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .test_trace_code import BOX, CASE, MIDDLE, TraceCommon, number


def code_xml(code, layer, parent=None):
    inside = f' parentCode="{parent}"' if parent else ""
    return f'<Code curCode="{code}" packLayer="{layer}"{inside} flag="0"/>'


def case_xml(case=1, middles=2, boxes=10):
    """One case of so many middle packs of so many boxes each, the largest first."""
    top = number(CASE, case)
    lines = [code_xml(top, 3)]
    for m in range(middles):
        middle = number(MIDDLE, case * 100 + m)
        lines.append(code_xml(middle, 2, top))
        lines += [
            code_xml(number(BOX, case * 10000 + m * 100 + b), 1, middle)
            for b in range(boxes)
        ]
    return lines


def document(lines, lot="M2406C", made="2025-06-01", expiry="2027-05-31"):
    body = "\n".join(lines)
    return (
        '<?xml version="1.0" encoding="UTF-8"?><Document License=""><Events>'
        '<Event name="RelationCreate"><Relation productCode="8385793">\n'
        f'<Batch batchNo="{lot}" madeDate="{made}" validateDate="{expiry}">\n'
        f"{body}\n</Batch></Relation></Event></Events></Document>"
    )


class ImportCommon(TraceCommon):
    """Files of the platform, uploaded by the receiver."""

    def _upload(self, content, role="receiver", filename="a.xml", run=True):
        raw = content.encode() if isinstance(content, str) else content
        record = self._as(role, self.env["pharma.trace.import"]).create(
            {"filename": filename, "file": base64.b64encode(raw)}
        )
        if run:
            record.action_import()
        return record

    def assertFailed(self, record, *problems):
        """The file is refused for these (line, kind), and nothing of it is kept."""
        self.assertEqual(record.state, "failed")
        self.assertEqual([(p.line, p.kind) for p in record.problem_ids], [*problems])
        self.assertFalse(self._own(self.codes))


@tagged("post_install", "-at_install")
class TestTraceImport(ImportCommon):
    """The maker's file is taken whole or not at all (FA-54)."""

    def test_a_case_is_announced_with_all_it_holds(self):
        record = self._upload(document(case_xml()))
        self.assertEqual(record.state, "done", record.problem_ids.mapped("sentence"))
        self.assertEqual((record.code_count, record.pack_count), (23, 20))
        case = self._code(number(CASE, 1))
        self.assertEqual(
            (case.level, case.packs, case.state), ("case", 20, "announced")
        )
        self.assertEqual(case.child_ids.mapped("packs"), [10, 10])
        box = case._smallest()[0]
        self.assertEqual((box.level, box.packs), ("box", 1))
        self.assertEqual((box.state, box.own_state), ("announced", False))
        self.assertEqual(box.holder_id, case)
        self.assertEqual(box.lot_id.name, "M2406C")
        self.assertEqual(box.event_ids.mapped("step"), ["announce"])
        self.assertEqual(len(case._smallest()), 20)

    def test_a_lot_not_met_before_is_made_with_its_dates(self):
        self._upload(document(case_xml(), lot="NEW1", expiry="2027.05"))
        lot = self._code(number(CASE, 1)).lot_id
        self.assertEqual(str(lot.expiry_date), "2027-05-31")
        self.assertEqual(str(lot.production_date), "2025-06-01")

    def test_a_lot_known_with_another_date_refuses_the_file(self):
        self.lot.write({"expiry_date": "2027-01-31"})
        text = document(case_xml(), lot=self.lot.name)
        self.assertFailed(self._upload(text), (2, "lot_dates"))

    def test_every_contradiction_is_listed_with_its_line(self):
        case, middle, box = number(CASE, 1), number(MIDDLE, 1), number(BOX, 1)
        good = [code_xml(case, 3), code_xml(middle, 2, case)]
        cases = {
            "duplicate": [*good, code_xml(box, 1, middle), code_xml(box, 1, middle)],
            "two_parents": [*good, code_xml(box, 1, middle), code_xml(box, 1, case)],
            "no_parent": [code_xml(box, 1, middle)],
            "nesting": [code_xml(middle, 2), code_xml(number(MIDDLE, 2), 2, middle)],
            "code": [*good, code_xml("8385793000000000000O", 1, middle)],
            "layer": [code_xml(case, 0)],
        }
        lines = {"duplicate": 6, "two_parents": 6, "no_parent": 3, "nesting": 4}
        for kind, codes in cases.items():
            with self.subTest(kind):
                line = lines.get(kind, 2 + len(codes))
                self.assertFailed(self._upload(document(codes)), (line, kind))

    def test_a_circle_is_told_as_such(self):
        one, two = number(MIDDLE, 1), number(MIDDLE, 2)
        codes = [code_xml(one, 2, two), code_xml(two, 2, one)]
        self.assertFailed(self._upload(document(codes)), (3, "cycle"), (4, "cycle"))

    def test_code_of_another_product_or_of_nobody(self):
        other = self._create_drug("CHEM", name="头孢")
        self._map(other, {"box": ("8222222", 1)})
        case = case_xml(middles=1, boxes=2)
        self.assertFailed(
            self._upload(document([*case, code_xml(number("8222222", 1), 1)])),
            (3 + len(case), "other_product"),
        )
        self.assertFailed(
            self._upload(document([*case, code_xml(number("8333333", 1), 1)])),
            (3 + len(case), "unmapped"),
        )
        self.assertEqual(
            self.env["pharma.code.mapping"]
            .search([("state", "=", "open")], limit=1)
            .identification_code,
            "8333333",
        )

    def test_month_13_and_swapped_dates(self):
        self.assertFailed(
            self._upload(document(case_xml(), made="2025-13-01")), (2, "date")
        )
        self.assertFailed(
            self._upload(document(case_xml(), made="2027-06-01")), (2, "dates")
        )

    def test_files_that_are_none(self):
        good = document(case_xml()).encode()
        for name, content, word in (
            ("cut off", good[:-40], "cut off"),
            ("other root", b"<html/>", "html"),
            ("document type", b'<!DOCTYPE a [<!ENTITY b "c">]><Document/>', "type"),
            (
                "wrong encoding",
                good.replace(b"M2406C", "批号".encode("gbk")),
                "cut off",
            ),
            ("unknown encoding", good.replace(b"UTF-8", b"X-99"), "encoding"),
            ("blank", b"  ", "empty"),
            ("no code", document([]).encode(), "no code"),
        ):
            with self.subTest(name):
                record = self._upload(content)
                self.assertFailed(record)
                self.assertIn(word, record.file_problem)

    def test_chinese_encodings_are_read(self):
        text = document(case_xml(), lot="批号1").replace("UTF-8", "GBK")
        record = self._upload(text.encode("gbk"))
        self.assertEqual(record.state, "done", record.file_problem)
        self.assertEqual(self._code(number(CASE, 1)).lot_id.name, "批号1")

    def test_too_large_a_file_is_refused_unread(self):
        """Also one that a zip hides."""
        self.company.pharma_aggregation_limit = 1
        content = document([*case_xml(), " " * (2 << 20)])
        with self.assertTold("larger than 1 MB"):
            self._upload(content)
        record = self._upload(self._zip({"a.xml": content}))
        self.assertIn("larger than 1 MB", record.file_problem)

    def _zip(self, files):
        stream = BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return stream.getvalue()

    def test_zip_with_one_file(self):
        record = self._upload(self._zip({"b.xml": document(case_xml())}))
        self.assertEqual(record.state, "done")
        with self.assertTold("exactly one"):
            self._upload(self._zip({"b.xml": "", "c.xml": ""}))

    def test_a_zip_damaged_inside_is_told_in_words(self):
        whole = self._zip({"b.xml": document(case_xml())})
        for name, place in (("checksum", 16), ("content", 40)):
            with self.subTest(name):
                content = bytearray(whole)
                # The checksum read is that of the list at the end.
                at = whole.rindex(b"PK\x01\x02") + 16 if place == 16 else place
                content[at : at + 4] = b"\xff" * 4
                record = self._upload(bytes(content))
                self.assertFailed(record)
                self.assertIn("damaged", record.file_problem)

    def test_imported_once(self):
        record = self._upload(document(case_xml()))
        with self.assertTold("imported already"):
            record.action_import()
        second = self._upload(document(case_xml()))
        self.assertEqual(second.state, "failed")
        self.assertEqual({p.kind for p in second.problem_ids}, {"known"})
        self.assertEqual(len(self._own(self.codes)), 23)

    def test_a_refused_file_can_be_corrected(self):
        record = self._upload(document([code_xml(number(CASE, 1), 0)]))
        self.assertEqual(record.state, "failed")
        good = base64.b64encode(document(case_xml()).encode())
        record.write({"file": good})
        record.action_import()
        self.assertEqual((record.state, record.problem_count), ("done", 0))

    def test_who_imports(self):
        with self.assertRaises(AccessError):
            self._upload(document(case_xml()), role="seller")
        record = self._upload(document(case_xml()), run=False)
        with self.assertRaises(UserError):
            record.with_user(self.users["seller"]).action_import()
        with self.assertRaises(UserError):
            record.write({"state": "done"})
        forged = self._as("receiver", self.env["pharma.trace.import"]).create(
            {"file": base64.b64encode(b"x"), "state": "done", "code_count": 7}
        )
        self.assertEqual((forged.state, forged.code_count), ("draft", 0))
