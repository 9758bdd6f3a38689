from contextlib import closing

from psycopg2.errors import LockNotAvailable

from odoo import SUPERUSER_ID, api
from odoo.sql_db import db_connect
from odoo.tests import BaseCase, get_db_name, tagged
from odoo.tools import mute_logger

from odoo.addons.pharma_lot_expiry.models.turn import SPACE, wait_for_turn

# Nobody's products.
IDS = (-3, -2, -1)


@tagged("post_install", "-at_install")
class TestTurn(BaseCase):
    """Locks end with their transaction, however it ends (OB-01)."""

    def _cursor(self):
        return db_connect(get_db_name()).cursor()

    def _held(self):
        with closing(self._cursor()) as cr:
            cr.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
                " AND classid = %s AND objid::int = ANY(%s)",
                (SPACE["stock"], list(IDS)),
            )
            return cr.fetchone()[0]

    def _wait(self, cr, ids=IDS):
        wait_for_turn(api.Environment(cr, SUPERUSER_ID, {}), "stock", ids)

    def test_locks_end_with_the_transaction(self):
        ends = {
            "commit": lambda cr: cr.commit(),  # pylint: disable=invalid-commit
            "rollback": lambda cr: cr.rollback(),
            # As a request does that was refused.
            "close": lambda cr: cr.close(),
        }
        for name, end in ends.items():
            with self.subTest(name), closing(self._cursor()) as cr:
                self._wait(cr)
                self._wait(cr)
                self.assertEqual(self._held(), len(IDS))
                end(cr)
                self.assertEqual(self._held(), 0)

    def test_who_waits_sees_what_was_written_meanwhile(self):
        with closing(self._cursor()) as cr, closing(self._cursor()) as other:
            cr.execute("SELECT 1")
            key = "pharma_lot_expiry.test_turn"
            other.execute(
                "INSERT INTO ir_config_parameter (key, value) VALUES (%s, '1')", (key,)
            )
            other.commit()
            query = "SELECT count(*) FROM ir_config_parameter WHERE key = %s"
            cr.execute(query, (key,))
            self.assertEqual(cr.fetchone(), (0,))
            self._wait(cr)
            cr.execute(query, (key,))
            self.assertEqual(cr.fetchone(), (1,))
            other.execute("DELETE FROM ir_config_parameter WHERE key = %s", (key,))
            other.commit()

    def test_what_was_written_before_is_not_committed(self):
        with closing(self._cursor()) as cr, closing(self._cursor()) as other:
            cr.execute("CREATE TABLE pharma_test_turn ()")
            self._wait(cr)
            self.assertEqual(self._held(), len(IDS))
            other.execute("SELECT to_regclass('pharma_test_turn')")
            self.assertEqual(other.fetchone(), (None,))
            cr.rollback()
            self.assertEqual(self._held(), 0)

    def test_a_wait_broken_off_leaves_no_lock(self):
        with closing(self._cursor()) as first, closing(self._cursor()) as second:
            self._wait(first, IDS[-1:])
            second.execute("SET lock_timeout = '100ms'")
            second.commit()
            with self.assertRaises(LockNotAvailable), mute_logger("odoo.sql_db"):
                self._wait(second)
            second.rollback()
            self.assertEqual(self._held(), 1)
