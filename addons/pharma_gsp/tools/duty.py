"""Which roles one person may not hold together, and what a change does (CS-04, RC-14).

Roles are plain numbers here; a role counts whether it is held directly or because
another one includes it. An archived user's roles give her nothing until she returns.

>>> pairs = [Pair(1, first=10, second=20)]
>>> picker, both = Holding("马晓东", {10}, True), Holding("马晓东", {10, 20}, True)
>>> Change(7, picker, both).broken(pairs)
[Pair(id=1, first=10, second=20)]
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Pair:
    """Two roles that exclude each other."""

    id: int
    first: int
    second: int

    def is_within(self, roles: Iterable[int]) -> bool:
        return {self.first, self.second} <= set(roles)


@dataclass(frozen=True)
class Holding:
    """What a user holds at one moment; without arguments: nobody, nothing."""

    name: str = ""
    roles: frozenset[int] = frozenset()
    active: bool = False

    def __post_init__(self):
        object.__setattr__(self, "roles", frozenset(self.roles))

    @property
    def in_force(self) -> frozenset[int]:
        return self.roles if self.active else frozenset()


@dataclass(frozen=True)
class Change:
    """A user before and after one write."""

    user_id: int
    before: Holding = field(default_factory=Holding)
    after: Holding = field(default_factory=Holding)

    @property
    def granted(self) -> frozenset[int]:
        """Roles that came. With a user who returns, all of hers come.

        >>> gone, back = Holding("x", {1}, False), Holding("x", {1}, True)
        >>> sorted(Change(7, gone, back).granted)
        [1]
        """
        returns = self.after.active and not self.before.active
        return self.after.roles - (frozenset() if returns else self.before.roles)

    @property
    def withdrawn(self) -> frozenset[int]:
        """Roles that were in force and are no longer, also by archiving or deleting.

        >>> here, gone = Holding("x", {1}, True), Holding("x", {1}, False)
        >>> sorted(Change(7, here, gone).withdrawn)
        [1]
        """
        return self.before.in_force - self.after.in_force

    def broken(self, pairs: Iterable[Pair]) -> list[Pair]:
        """Pairs that this change completes; who withdraws a role completes none."""
        granted = self.granted
        return [
            pair
            for pair in pairs
            if pair.is_within(self.after.roles) and granted & {pair.first, pair.second}
        ]


def changes(
    before: Mapping[int, Holding], after: Mapping[int, Holding]
) -> list[Change]:
    """What became of each user whose roles moved; who is missing holds nothing."""
    found = [
        Change(user_id, before.get(user_id, Holding()), after.get(user_id, Holding()))
        for user_id in sorted(before.keys() | after.keys())
    ]
    return [change for change in found if change.granted or change.withdrawn]
