"""One after the other at the same shelf, so that nobody meets a conflict."""

from odoo.sql_db import Cursor

# A namespace of advisory locks; any number nobody else uses.
SPACE = {"stock": 0x5048}


def wait_for_turn(env, space, ids, starts_anew=True):
    """Let transactions that want the same things pass one by one, first come first.

    PostgreSQL shows a transaction the world as it was when it began. Who waited would
    then decide on an old world and be thrown out at the end, again and again while
    many want the same. So a transaction that has written nothing yet starts anew once
    its turn has come; nothing of it is lost, it only sees the present.

    :param space: key of ``SPACE``
    :param ids: numbers of the things wanted, always locked in the same order
    :param starts_anew: only where no savepoint is open: ending the old view ends those
        too. Else a conflict is left to Odoo, which repeats the request.
    """
    if not ids:
        return
    cr = env.cr
    env.flush_all()
    keys = (SPACE[space], sorted(set(ids)))
    # A test's cursor lives inside another transaction and can't start anew.
    if not (starts_anew and isinstance(cr, Cursor)) or _has_written(cr):
        cr.execute("SELECT pg_advisory_xact_lock(%s, id) FROM unnest(%s) id", keys)
        return
    connection = cr._cnx

    def leave():
        """Let the next one in; the cursor may be closed already by then."""
        with connection.cursor() as raw:
            raw.execute("SELECT pg_advisory_unlock(%s, id) FROM unnest(%s) id", keys)
        connection.rollback()

    # Before waiting: some locks may be held already when the wait is broken off.
    cr.postrollback.add(leave)
    cr.execute("SELECT pg_advisory_lock(%s, id) FROM unnest(%s) id", keys)
    # Nothing was written: this only lets go of the old view of the world.
    cr.commit()  # pylint: disable=invalid-commit
    env.invalidate_all()
    cr.postcommit.add(leave)
    cr.postrollback.add(leave)


def _has_written(cr):
    cr.execute("SELECT pg_current_xact_id_if_assigned() IS NOT NULL")
    return cr.fetchone()[0]
