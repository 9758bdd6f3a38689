from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import PDF, PharmaCommon, picture


@tagged("post_install", "-at_install")
class TestDocument(PharmaCommon):
    """Papers: what is accepted, who puts them in force, what stays (FA-32)."""

    def _filed(self, code="DIST_LICENCE", role="purchaser", pages=None, **values):
        """A draft as a department files it."""
        return self._as(role, self.env["pharma.document"]).create(
            {
                "type_id": self._type(code).id,
                "partner_id": self.supplier.id,
                "number": "鄂AA027100001",
                "expiry_date": self.today + timedelta(days=90),
                "attachment_ids": [Command.set(pages.ids)] if pages else [],
                **values,
            }
        )

    def _uploaded(self, raw, name="page.pdf"):
        return self._as("purchaser", self.env["ir.attachment"]).create(
            {"name": name, "raw": raw, "res_model": "pharma.document"}
        )

    def test_who_corrected_a_draft_cannot_verify_it(self):
        """Four eyes: the one who typed the number is not the one who compares it."""
        document = self._as("qa", self._filed().sudo())
        document.number = "鄂AA027100002"
        with self.assertRaises(UserError):
            document.action_verify()
        document = self._as("qa_manager", document)
        document.action_verify()
        self.assertEqual(document.state, "verified")

    # Pages

    def test_good_pages_are_accepted(self):
        for name, raw in (
            ("a.pdf", PDF),
            ("a.png", picture()),
            ("a.jpg", picture(form="JPEG")),
            ("a.webp", picture(form="WEBP")),
        ):
            with self.subTest(name):
                page = self._uploaded(raw, name)
                self.assertEqual(self._filed(number=name, pages=page).page_count, 1)

    @mute_logger("pypdf._reader")
    def test_files_that_are_no_pages_are_refused_with_the_reason(self):
        archive = BytesIO()
        with ZipFile(archive, "w") as stream:
            stream.writestr("a", "a")
        for name, raw, sentence in (
            ("program.pdf", b"MZ\x90\x00" + b"\0" * 100, "not a PDF or picture inside"),
            ("page.html", b"<html><script>1</script></html>", "not a PDF or picture"),
            ("table.xlsx", archive.getvalue(), "not a PDF or picture"),
            ("broken.pdf", b"%PDF-1.4\nnothing", "can't be opened"),
            ("cut.png", picture(300, 300)[:-40], "can't be opened"),
            ("empty.pdf", b"", "is empty"),
            ("large.pdf", PDF + b"%" * (50 * 1024 * 1024), "MiB is the limit"),
        ):
            with self.subTest(name), self.assertTold(sentence, ValidationError):
                self._filed(number=name, pages=self._uploaded(raw, name))

    def test_refused_page_cannot_come_in_by_replacing_a_good_one(self):
        page = self._uploaded(PDF)
        self._filed(pages=page)
        with self.assertTold("not a PDF or picture", ValidationError):
            page.write({"raw": b"MZ" + b"\0" * 100})

    def test_scan_stays_bit_for_bit_as_uploaded(self):
        """Odoo shrinks pictures wider than 1920 pixels."""
        scan = picture(2400, 40)
        page = self._uploaded(scan, "scan.png")
        self._filed(pages=page)
        self.assertEqual(page.raw, scan)

    def test_page_of_a_verified_paper_is_neither_replaced_nor_deleted_nor_moved(self):
        """FA-32: also when reached beside its document, also by the superuser."""
        page = self._uploaded(PDF)
        document = self._filed(pages=page)
        self._as("qa", document).action_verify()
        for attachment in (page, self._as("qa_manager", page), page.sudo()):
            for change in (
                lambda a=attachment: a.write({"raw": PDF + b"\n"}),
                lambda a=attachment: a.write({"res_id": 0}),
                attachment.unlink,
            ):
                with self.assertTold("is verified"):
                    change()
        self.assertEqual(page.raw, PDF)

    def test_page_of_a_draft_can_be_deleted(self):
        page = self._uploaded(PDF)
        self._filed(pages=page)
        page.unlink()
        self.assertFalse(page.exists())

    def test_file_of_somebody_else_is_not_drawn_into_a_document(self):
        secret = self.env["ir.attachment"].create({"name": "salaries", "raw": PDF})
        with self.assertRaises(AccessError):
            self._filed(pages=secret)

    def test_pages_are_read_by_staff_and_nobody_else(self):
        page = self._uploaded(PDF)
        self._filed(pages=page)
        self.assertTrue(self._as("auditor", page).has_access("read"))
        quiet = {"no_reset_password": True}
        for group in ("base.group_user", "base.group_portal", "base.group_public"):
            user = new_test_user(self.env, f"test_{group}", group, quiet)
            with self.subTest(group):
                self.assertFalse(page.with_user(user).has_access("read"))

    # Duplicates

    def test_same_file_elsewhere_waits_for_an_explanation(self):
        first = self._filed(pages=self._uploaded(PDF))
        second = self._filed(
            number="鄂AA027100002",
            partner_id=self.hospital.id,
            pages=self._uploaded(PDF),
        )
        self.assertEqual(second.duplicate_ids, first)
        with self.assertTold("is also filed as"):
            self._as("qa", second).action_verify()
        second.duplicate_reason = "同一集团"
        self._as("qa", second).action_verify()
        self.assertEqual(second.state, "verified")

    def test_same_file_in_versions_of_one_paper_is_no_duplicate(self):
        first = self._filed(pages=self._uploaded(PDF))
        second = self._filed(previous_id=first.id, pages=self._uploaded(PDF))
        self.assertFalse(second.duplicate_ids)

    def test_same_number_is_not_filed_twice_for_one_holder(self):
        self._filed(number="鄂AA027100009")
        for number in ("鄂AA027100009", " 鄂ＡＡ０２７１００００９ ", "鄂aa0271-00009"):
            with self.subTest(number), self.assertTold("filed already"):
                self._filed(number=number)

    def test_same_number_may_stand_with_another_holder(self):
        self._filed(number="鄂AA027100009")
        other = self._filed(number="鄂AA027100009", partner_id=self.hospital.id)
        self.assertTrue(other)

    # Dates

    def test_paper_does_not_end_before_it_was_issued(self):
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
            self._filed(
                issue_date=self.today, expiry_date=self.today - timedelta(days=1)
            )

    def test_paper_may_end_on_the_day_of_issue(self):
        self.assertTrue(self._filed(issue_date=self.today, expiry_date=self.today))

    def test_paper_that_always_ends_needs_its_last_day(self):
        with self.assertTold("needs the last day", ValidationError):
            self._filed(expiry_date=False)

    def test_optional_end_is_either_a_day_or_long_term(self):
        uscc = {"number": "91350100M000100Y43"}
        licence = self._filed(
            "BUSINESS_LICENCE",
            partner_id=self._create_partner("新").id,
            expiry_date=False,
            is_long_term=True,
            **uscc,
        )
        self.assertEqual(licence.days_left, 0)
        for values in (
            {"expiry_date": False, "is_long_term": False},
            {"expiry_date": self.today, "is_long_term": True},
        ):
            with self.assertTold("either the last day", ValidationError):
                self._filed("BUSINESS_LICENCE", **uscc, **values)

    def test_long_term_paper_never_expires(self):
        paper = self._filed(
            "BUSINESS_LICENCE",
            partner_id=self._create_partner("新").id,
            number="91350100M000100Y43",
            expiry_date=False,
            is_long_term=True,
        )
        self._as("qa", paper).action_verify()
        self.assertTrue(paper.is_valid_on(self.today + timedelta(days=20000)))
        self.assertEqual(paper.live_status, "valid")

    def test_letter_runs_for_a_year_at_most(self):
        """FA-07"""
        person = self.supplier.pharma_person_ids
        values = {"partner_id": False, "person_id": person.id, "number": False}
        with self.assertTold("366 days at most", ValidationError):
            self._filed(
                "LETTER",
                issue_date=self.today,
                expiry_date=self.today + timedelta(days=367),
                **values,
            )
        letter = self._filed(
            "LETTER",
            issue_date=self.today,
            expiry_date=self.today + timedelta(days=366),
            **values,
        )
        self.assertEqual(letter.state, "draft")

    # Numbers and names

    def test_number_is_filed_in_half_width(self):
        """A scanner's or a keyboard's full-width digits are the same number."""
        self.assertEqual(
            self._filed(number="鄂ＡＡ０２７１００００１").number, "鄂AA027100001"
        )

    def test_uscc_on_a_business_licence_must_be_well_formed(self):
        """TV-06"""
        with self.assertTold("not a unified social credit code", ValidationError):
            self._filed("BUSINESS_LICENCE", number="9135010OM000100Y43")

    def test_unusual_licence_number_warns_but_is_filed(self):
        """TV-11"""
        self.assertFalse(self._filed(number="琼AA898000001").number_warning)
        self.assertTrue(self._filed(number="琼XA898000001").number_warning)

    def test_required_number_is_asked_for(self):
        with self.assertTold("needs its number", ValidationError):
            self._filed(number=False)

    def test_emoji_and_rare_characters_are_kept(self):
        supplier = self._create_partner("😀医药𠮷有限公司")
        paper = self._filed(partner_id=supplier.id, issuer="局😀")
        self.assertEqual(paper.issuer, "局😀")
        self.assertIn("😀医药𠮷有限公司", paper.display_name)

    def test_paper_of_a_person_is_not_filed_for_a_company(self):
        with self.assertTold("File it there", ValidationError):
            self._filed("LETTER")

    def test_paper_has_exactly_one_holder(self):
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
            self._filed(product_tmpl_id=self.drug.id)

    # Four eyes

    def test_department_files_and_qa_verifies(self):
        document = self._filed()
        self._as("qa", document).action_verify()
        self.assertEqual(document.state, "verified")
        self.assertEqual(document.submitted_by_id, self.users["purchaser"])
        self.assertEqual(document.verified_by_id, self.users["qa"])

    def test_nobody_but_qa_verifies(self):
        document = self._filed()
        for role in ("purchaser", "seller", "finance", "quality_head", "it_admin"):
            with self.subTest(role), self.assertRaises(UserError):
                self._as(role, document).action_verify()

    def test_qa_officer_does_not_verify_what_she_filed(self):
        document = self._filed(role="qa")
        with self.assertTold("You filed"):
            self._as("qa", document).action_verify()
        self._as("qa_manager", document).action_verify()
        self.assertEqual(document.state, "verified")

    def test_who_filed_comes_from_the_session(self):
        """CS-03: neither values nor defaults name somebody else."""
        other = self.users["seller"].id
        model = self._as("qa", self.env["pharma.document"])
        for document in (
            self._filed(role="qa", submitted_by_id=other),
            model.with_context(default_submitted_by_id=other).create(
                {
                    "type_id": self._type("SEAL_SPECIMEN").id,
                    "partner_id": self.hospital.id,
                }
            ),
        ):
            self.assertEqual(document.submitted_by_id, self.users["qa"])

    def test_document_is_not_born_verified(self):
        """CS-05: neither by values nor by defaults of the context."""
        self.assertEqual(self._filed(state="verified").state, "draft")
        document = (
            self._as("purchaser", self.env["pharma.document"])
            .with_context(default_state="verified")
            .create(
                {
                    "type_id": self._type("SEAL_SPECIMEN").id,
                    "partner_id": self.hospital.id,
                }
            )
        )
        self.assertEqual(document.state, "draft")

    def test_document_is_not_verified_twice(self):
        document = self._as("qa", self._filed())
        document.action_verify()
        with self.assertTold("verified already"):
            document.action_verify()

    # What is verified stays

    def test_verified_paper_is_locked_for_everybody(self):
        """FA-32, by write() as RPC and imports use it."""
        document = self._filed()
        self._as("qa", document).action_verify()
        values = {
            "number": "鄂AA027100002",
            "expiry_date": self.today + timedelta(days=999),
            "issue_date": self.today,
            "scope_ids": [Command.set(self._scopes("NARC").ids)],
            "attachment_ids": [Command.clear()],
            "partner_id": self.hospital.id,
            "company_id": self.company.id,
            "type_id": self._type("QUALITY_AGREEMENT").id,
        }
        for role in ("purchaser", "qa_manager"):
            for name, value in values.items():
                with self.subTest(role, field=name), self.assertTold("new version"):
                    self._as(role, document).write({name: value})

    def test_state_is_not_written(self):
        """CS-05"""
        document = self._filed()
        for role in ("purchaser", "qa", "qa_manager"):
            for values in ({"state": "verified"}, {"verified_by_id": 1}):
                with self.subTest(role), self.assertTold("by its buttons only"):
                    self._as(role, document).write(values)

    def test_verified_paper_is_not_deleted(self):
        """CS-20"""
        document = self._filed()
        self._as("qa", document).action_verify()
        for records in (self._as("purchaser", document), document.sudo()):
            with self.assertTold("kept as proof"):
                records.unlink()

    def test_draft_may_be_deleted_by_its_department(self):
        document = self._filed()
        document.unlink()
        self.assertFalse(document.exists())

    def _void(self, role, document, reason):
        self._as(role, self.env["pharma.document.void"]).create(
            {"document_ids": [Command.set(document.ids)], "reason": reason}
        ).action_void()

    def test_qa_declares_a_paper_void_with_a_reason(self):
        document = self._filed()
        self._as("qa", document).action_verify()
        with self.assertTold("Write down why"):
            self._void("qa", document, " ")
        self._void("qa", document, "伪造")
        self.assertEqual((document.state, document.void_reason), ("void", "伪造"))

    def test_nobody_but_qa_declares_a_paper_void(self):
        document = self._filed()
        with self.assertRaises(AccessError):
            self._void("purchaser", document, "x")
        with self.assertTold("Only the quality department"):
            document.void("x")

    def test_void_paper_no_longer_counts(self):
        licence = self._paper(self.supplier, "DIST_LICENCE")
        self._void("qa", licence, "吊销")
        order = self._as("purchaser", self._create_purchase())
        self.assertRefused(order.button_confirm, "DOCUMENT_MISSING", "SCOPE_PARTNER")

    # Versions and types

    def test_renewal_is_of_the_same_type_and_holder(self):
        licence = self._paper(self.supplier, "DIST_LICENCE")
        with self.assertTold("same type and holder", ValidationError):
            self._filed(previous_id=licence.id, partner_id=self.hospital.id)

    def test_former_version_counts_until_the_new_one_is_verified(self):
        """FA-32"""
        licence = self._paper(self.supplier, "DIST_LICENCE")
        renewal = self._filed(previous_id=licence.id, number=licence.number)
        self.assertEqual((licence.state, renewal.version), ("verified", 2))
        self._as("qa", renewal).action_verify()
        self.assertEqual(licence.state, "superseded")

    def test_type_in_use_is_archived_instead_of_deleted(self):
        kind = self._as("qa_manager", self._type("QUALITY_AGREEMENT"))
        with self.assertTold("Archive it instead"):
            kind.unlink()
        unused = kind.copy({"code": "NEW"})
        unused.unlink()
        self.assertFalse(unused.exists())

    def test_new_mandatory_type_is_asked_for_at_once(self):
        self._as("qa_manager", self.env["pharma.document.type"]).create(
            {
                "code": "ESG",
                "name": "ESG promise",
                "supplier_kind_ids": [Command.set(self._kind("WHOLESALER").ids)],
            }
        )
        order = self._as("purchaser", self._create_purchase())
        refusal = self.assertRefused(order.button_confirm, "DOCUMENT_MISSING")
        self.assertIn("ESG promise", str(refusal))

    def test_live_status_can_be_searched(self):
        licence = self._paper(self.supplier, "DIST_LICENCE")
        for days, status in ((200, "valid"), (10, "due"), (-1, "expired")):
            self._expire(licence, self.today + timedelta(days=days))
            with self.subTest(status):
                self.assertEqual(licence.live_status, status)
                found = self.env["pharma.document"].search(
                    [("live_status", "=", status)]
                )
                self.assertIn(licence, found)
