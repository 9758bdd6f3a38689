"""One after the other at the same shelf, so that nobody meets a conflict."""

# A namespace of advisory locks; any number nobody else uses.
SPACE = {"stock": 0x5048}


def wait_for_turn(env, space, ids):
    """Let transactions that want the same things pass one by one, first come first.

    PostgreSQL shows a transaction the world as it was when it began. Who waited would
    then decide on an old world and be thrown out at the end, again and again while
    many want the same. So a transaction that has written nothing yet starts anew once
    its turn has come; nothing of it is lost, it only sees the present.

    :param space: key of ``SPACE``
    :param ids: numbers of the things wanted, always locked in the same order
    """
    if not ids:
        return
    cr = env.cr
    env.flush_all()
    cr.execute("SELECT pg_current_xact_id_if_assigned() IS NULL")
    (has_written_nothing,) = cr.fetchone()
    keys = (SPACE[space], sorted(set(ids)))
    if not has_written_nothing:
        cr.execute("SELECT pg_advisory_xact_lock(%s, id) FROM unnest(%s) id", keys)
        return
    cr.execute("SELECT pg_advisory_lock(%s, id) FROM unnest(%s) id", keys)

    def leave():
        cr.execute("SELECT pg_advisory_unlock(%s, id) FROM unnest(%s) id", keys)

    # Nothing was written: this only lets go of the old view of the world.
    cr.commit()  # pylint: disable=invalid-commit
    env.invalidate_all()
    cr.postcommit.add(leave)
    cr.postrollback.add(leave)
