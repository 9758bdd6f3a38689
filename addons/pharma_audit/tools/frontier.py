"""Up to which id the trail is settled: nothing can appear there any more.

Transactions end in another order than they took their ids, so an entry may become
visible long after later ones. PostgreSQL tells the oldest transaction still running and
the first number not yet given to any.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Pointers:
    """What a seal remembers for the next one.

    Every entry up to ``frontier_id`` is sealed and none can join them. Ids up to
    ``candidate_id`` follow as soon as every transaction below ``candidate_txid`` has
    ended. ``high_id`` is the last id that had been given out when the seal was made.
    """

    frontier_id: int = 0
    candidate_id: int = 0
    candidate_txid: int = 0
    high_id: int = 0


def advance(
    last: Pointers, oldest_running: int, first_unused: int, high_id: int
) -> Pointers:
    """The pointers of the next seal, if it seals all it sees beyond ``last``.

    Whatever transaction took an id up to the former ``high_id`` had its number by then,
    so a number below the first unused one of now. Once all below that have ended, those
    ids are settled. Where transactions count from a lower number than before, the
    database was restored on another server, and none of the old ones runs.
    """
    is_settled = oldest_running >= last.candidate_txid
    is_moved = first_unused < last.candidate_txid
    if is_settled or is_moved:
        return Pointers(last.candidate_id, last.high_id, first_unused, high_id)
    return replace(last, high_id=high_id)


def capped(pointers: Pointers, last_sealed: int) -> Pointers:
    """The same, when the seal was full: what lies beyond its last entry isn't sealed.

    >>> capped(Pointers(10, 20, 5, 30), 8).frontier_id
    8
    """
    return replace(
        pointers,
        frontier_id=min(pointers.frontier_id, last_sealed),
        high_id=min(pointers.high_id, last_sealed),
    )
