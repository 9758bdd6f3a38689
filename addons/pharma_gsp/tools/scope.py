"""What of a required business scope (经营范围) nobody holds (FA-25, FA-26).

>>> tree = ScopeTree.build(
...     [("CHEM", None, False), ("ANAB", None, False), ("INSULIN", "ANAB", False),
...      ("BIO", None, False), ("COLD", None, True)])
>>> missing(["BIO", "COLD"], ["CHEM", "CPM"], tree)
(('BIO',), ('COLD',))
>>> missing(["INSULIN"], ["ANAB"], tree), missing(["ANAB"], ["INSULIN"], tree)
(((), ()), (('ANAB',), ()))
"""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

Code = TypeVar("Code", bound=Hashable)


class ScopeCycle(ValueError):
    """A scope is its own ancestor."""

    def __init__(self, code: Hashable):
        super().__init__(f"{code} is part of itself")
        self.code = code


@dataclass(frozen=True)
class ScopeTree:
    """Scopes as (code, code of the parent or None, whether it is a flag).

    Codes may be texts or ids. Codes the tree doesn't know are roots and no flags.
    """

    scopes: tuple[tuple[Hashable, Hashable | None, bool], ...] = ()

    def __post_init__(self) -> None:
        for code in self._parents:
            self._check_no_cycle(code)

    @classmethod
    def build(cls, scopes: Iterable[tuple]) -> "ScopeTree":
        return cls(tuple(tuple(scope) for scope in scopes))

    @cached_property
    def _parents(self) -> dict:
        return {code: parent for code, parent, _is_flag in self.scopes if parent}

    @cached_property
    def _flags(self) -> frozenset:
        return frozenset(code for code, _parent, is_flag in self.scopes if is_flag)

    def _check_no_cycle(self, code: Hashable) -> None:
        seen = set()
        for ancestor in self.lineage(code):
            if ancestor in seen:
                raise ScopeCycle(ancestor)
            seen.add(ancestor)

    def lineage(self, code: Hashable) -> Iterator[Hashable]:
        """The scope itself, its parent, and so on up."""
        while code is not None:
            yield code
            code = self._parents.get(code)

    def is_flag(self, code: Hashable) -> bool:
        return code in self._flags

    def is_covered(self, code: Hashable, held: frozenset) -> bool:
        """A held parent covers its children; a held child not its parent."""
        return not held.isdisjoint(self.lineage(code))


def missing(
    required: Iterable[Code], held: Iterable[Code], tree: ScopeTree
) -> tuple[tuple[Code, ...], tuple[Code, ...]]:
    """The scopes and the flags not covered, each once, in the order required."""
    holding = frozenset(held)
    gaps = [
        code for code in dict.fromkeys(required) if not tree.is_covered(code, holding)
    ]
    return (
        tuple(code for code in gaps if not tree.is_flag(code)),
        tuple(code for code in gaps if tree.is_flag(code)),
    )
