"""Which papers a partner, product or person must show (FA-01 … FA-24)."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class TypeRule:
    """A document type as plain values; ids are database ids."""

    id: int
    code: str
    holder: str  # "partner", "product" or "person"
    is_mandatory: bool
    on_expiry: str  # "block", "warn" or "none"
    carries_scopes: bool
    supplier_kind_ids: frozenset[int] = frozenset()
    buyer_kind_ids: frozenset[int] = frozenset()
    is_own: bool = False
    any_scope_ids: frozenset[int] = frozenset()
    exempt_scope_ids: frozenset[int] = frozenset()
    imported_only: bool = False
    alternative_ids: frozenset[int] = frozenset()

    def concerns_partner(self, side: str, kind_id: int | None) -> bool:
        """``side``: "supplier", "buyer" or "own" (our own company)."""
        if self.holder != "partner":
            return False
        if side == "own":
            return self.is_own
        kinds = self.supplier_kind_ids if side == "supplier" else self.buyer_kind_ids
        return kind_id in kinds

    def concerns_scopes(self, scope_ids: frozenset[int]) -> bool:
        if self.any_scope_ids and not self.any_scope_ids & scope_ids:
            return False
        return not self._is_exempt(scope_ids)

    def _is_exempt(self, scope_ids: frozenset[int]) -> bool:
        """A product is one thing: one exempt scope frees it. A partner trades many."""
        if self.holder == "product":
            return bool(scope_ids & self.exempt_scope_ids)
        return bool(scope_ids) and scope_ids <= self.exempt_scope_ids


def required_of_partner(
    rules: Iterable[TypeRule],
    side: str,
    kind_id: int | None,
    scope_ids: Iterable[int],
) -> list[TypeRule]:
    """The mandatory papers of a partner of that kind for trading those scopes."""
    scopes = frozenset(scope_ids)
    return [
        rule
        for rule in rules
        if rule.is_mandatory
        and rule.concerns_partner(side, kind_id)
        and rule.concerns_scopes(scopes)
    ]


def required_of_product(
    rules: Iterable[TypeRule], scope_ids: Iterable[int], is_imported: bool
) -> list[TypeRule]:
    """The mandatory papers of a product (FA-10, FA-11)."""
    scopes = frozenset(scope_ids)
    return [
        rule
        for rule in rules
        if rule.is_mandatory
        and rule.holder == "product"
        and rule.concerns_scopes(scopes)
        and (is_imported or not rule.imported_only)
    ]


def required_of_person(rules: Iterable[TypeRule]) -> list[TypeRule]:
    """The mandatory papers of an authorised person (FA-07, FA-24)."""
    return [rule for rule in rules if rule.is_mandatory and rule.holder == "person"]
