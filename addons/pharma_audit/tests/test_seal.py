from unittest.mock import patch

from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.pharma_audit.models import pharma_audit_seal
from odoo.addons.pharma_audit.tools import verify_audit as chain

from .common import AuditCommon


@tagged("post_install", "-at_install")
class TestSeal(AuditCommon):
    """Every entry is sealed once, whatever order transactions end in."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Seal._seal()

    def _sealed(self):
        return [
            number
            for seal in self.Seal.search([], order="number")
            for number in chain.expand(seal._as_link().ranges)
        ]

    def test_each_entry_is_in_one_seal(self):
        self._seal_some(4)
        sealed = self._sealed()
        self.assertEqual(len(sealed), len(set(sealed)))
        self.env.cr.execute("SELECT id FROM pharma_audit_entry")
        self.assertEqual(set(sealed), {number for (number,) in self.env.cr.fetchall()})

    def test_seal_names_the_one_before(self):
        seals = self._seal_some(3)
        for former, latter in zip(seals, seals[1:], strict=False):
            self.assertEqual(latter.previous_hash, former.hash)
            self.assertEqual(latter.number, former.number + 1)

    def test_nothing_new_needs_no_seal(self):
        count = self.Seal.search_count([])
        self.Seal._seal()
        self.assertEqual(self.Seal.search_count([]), count)

    def test_entry_that_appears_late_is_sealed_late(self):
        """A transaction that took its id early ended after later ones were sealed."""
        self.env.cr.execute("SELECT nextval('pharma_audit_entry_id_seq')")
        early = self.env.cr.fetchone()[0]
        self._seal_some(1)
        self.env.cr.execute(
            "INSERT INTO pharma_audit_entry (id, origin, operation)"
            " VALUES (%s, 'shell', 'update')",
            (early,),
        )
        self.Seal._seal()
        last = self.Seal.search([], limit=1)
        self.assertEqual(last._as_link().ranges, ((early, early),))
        self.assertEqual(self._verify().state, "intact")

    def test_full_batches_leave_nothing_behind(self):
        partners = self.env["res.partner"].create(
            [{"name": f"批量 {number}"} for number in range(25)]
        )
        self.env.flush_all()
        self.assertTrue(partners)
        with patch.object(pharma_audit_seal, "BATCH", 10):
            self.Seal._seal()
        self.test_each_entry_is_in_one_seal()
        self.assertEqual(self._verify().state, "intact")

    def test_database_moved_to_another_server_goes_on(self):
        """Transactions count from a low number there; see tools/frontier.py."""
        self._seal_some(1)
        self._tamper(
            "UPDATE pharma_audit_seal SET candidate_txid = candidate_txid + 1000000000",
            table="pharma_audit_seal",
        )
        last = self.Seal.search([], limit=1)
        pointers = self.Seal._next_pointers(last)
        self.assertEqual(pointers.frontier_id, last.candidate_id)
        self.assertLess(pointers.candidate_txid, last.candidate_txid)

    def test_seal_that_exists_already_is_left_to_who_made_it(self):
        """A run whose look at the database is older than the other run's end."""
        last = self._seal_some(1)[-1]
        self.partner.phone = "late"
        self.env.flush_all()
        with (
            patch.object(
                type(self.Seal), "search", lambda self, *a, **k: self.browse()
            ),
            mute_logger("odoo.sql_db"),
        ):
            self.assertFalse(self.Seal._seal_batch())
        self.assertEqual(self.Seal.search([], limit=1), last)

    def test_second_run_at_once_leaves_the_work_to_the_first(self):
        self.partner.phone = "run"
        self.env.flush_all()
        count = self.Seal.search_count([])
        # A lock of its own: this class has held the job's since it sealed first.
        lock = pharma_audit_seal.LOCK + 1
        with (
            self.registry.cursor() as other,
            patch.object(pharma_audit_seal, "LOCK", lock),
        ):
            other.execute("SELECT pg_try_advisory_xact_lock(%s)", (lock,))
            self.assertTrue(other.fetchone()[0])
            self.assertFalse(self.Seal._seal_batch())
        self.assertEqual(self.Seal.search_count([]), count)
        self.Seal._seal()
        self.assertEqual(self.Seal.search_count([]), count + 1)

    def test_clock_set_back_an_hour_breaks_nothing_and_is_told(self):
        """CS-24: the chain follows ids, not the clock."""
        self._seal_some(1)
        with freeze_time("2020-01-01 00:00:00"):
            last = self._seal_some(1)[-1]
        self.assertIn("clock", last.note)
        self.assertEqual(self._verify().state, "intact")

    def test_digest_is_a_setting_and_counts_from_now_on(self):
        self._seal_some(1)
        self.env["ir.config_parameter"].set_param("pharma_audit.algorithm", "sha256")
        seals = self._seal_some(1)
        self.assertEqual(seals[-1].algorithm, "sha256")
        self.assertIn("sm3", seals.mapped("algorithm"))
        self.assertEqual(self._verify().state, "intact")

    def test_job_seals_tells_and_makes_partitions(self):
        self.partner.phone = "job"
        self.env.flush_all()
        job = self.env.ref("pharma_audit.ir_cron_seal")
        before = self.Seal.search_count([])
        with self.enter_registry_test_mode(), mute_logger("odoo.addons.base"):
            job.method_direct_trigger()
        self.assertGreater(self.Seal.search_count([]), before)

    def test_head_prints_as_a_qr_code(self):
        seal = self._seal_some(1)[-1]
        self.assertEqual(chain.parse_head(seal.head_text), (seal.number, seal.hash))
        self.assertTrue(seal.qr_code)
