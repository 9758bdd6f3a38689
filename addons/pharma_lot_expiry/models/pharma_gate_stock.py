from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from odoo import models
from odoo.fields import Domain

from odoo.addons.pharma_gsp.tools.gate import Finding

from ..tools import expiry
from ..tools.allocation import Shelf
from .trading import Trading


@dataclass(frozen=True)
class Want:
    """What an order wants of a product from a warehouse, in the product's own unit."""

    subject: Any
    product: Any
    warehouse: Any
    lines: Any
    wish: Any

    @property
    def place(self):
        return self.product, self.warehouse

    @cached_property
    def needed(self):
        return sum(line._pharma_undelivered() for line in self.lines)

    @cached_property
    def reserved(self):
        """What the order has reserved already."""
        own = self.lines.move_ids.move_line_ids.filtered(
            lambda line: line.state in ("assigned", "partially_available")
        )
        return sum(own.mapped("quantity_product_uom"))


class PharmaGate(models.AbstractModel):
    """Checks about stock: nothing is promised twice, nothing taken from others."""

    _inherit = "pharma.gate"

    def _check_stock_short(self, code, subjects, standing):
        """An order is confirmed for what lies on the shelf for it (OB-01, ST-11)."""
        for want, shelf in self._shelves(self._wants(subjects)):
            if want.product.uom_id.compare(want.needed, shelf.promisable) > 0:
                yield Finding(
                    code,
                    want.subject,
                    self._short_sentence(want, shelf),
                    self.env._(
                        "Order less, wait for the next receipt, or take the line off "
                        "the order."
                    ),
                    want.product.product_tmpl_id,
                    line=want.lines[0],
                    size=f"{want.needed:g} / {shelf.promisable:g}",
                )

    def _short_sentence(self, want, shelf):
        """What can be promised, and where the rest went."""
        reasons = [
            text
            for quantity, text in (
                (
                    shelf.promised,
                    self.env._("%g are promised to other orders", shelf.promised),
                ),
                (
                    shelf.set_apart,
                    self.env._("%g are reserved for transfers", shelf.set_apart),
                ),
                (
                    shelf.short_lived,
                    self.env._(
                        "%(quantity)g end before %(limit)s, too early for this "
                        "customer",
                        quantity=shelf.short_lived,
                        limit=want.wish.sellable_from,
                    ),
                ),
                (shelf.held, self.env._("%g are on hold", shelf.held)),
                (shelf.expired, self.env._("%g have expired", shelf.expired)),
            )
            if quantity
        ]
        return self.env._(
            "%(product)s: %(needed)g are ordered, %(promisable)g can be promised"
            "%(why)s.",
            product=want.product.display_name,
            needed=want.needed,
            promisable=shelf.promisable,
            why=" (" + ", ".join(reasons) + ")" if reasons else "",
        )

    def _wants(self, subjects):
        """What each order wants of each product, a ``Want`` for each warehouse."""
        wants = []
        for subject in subjects:
            if subject.is_distribution_service:
                continue
            lines = self.env["sale.order.line"].union(
                *(line.record for line in subject.lines)
            )
            storable = lines.filtered(lambda line: line.product_id.is_storable)
            wishes = subject.partner._pharma_wishes(
                storable.product_id, storable.order_id._pharma_delivery_day()
            )
            places = storable.grouped(lambda line: (line.product_id, line.warehouse_id))
            wants += [
                Want(subject, product, warehouse, found, wishes[product])
                for (product, warehouse), found in places.items()
            ]
        return wants

    def _shelves(self, wants):
        """(Want, Shelf) pairs, in a few queries whatever the number of wants."""
        if not wants:
            return []
        lines = self.env["sale.order.line"].union(*(want.lines for want in wants))
        elsewhere = lines._pharma_demand_elsewhere()
        rows = self._quant_rows(lines.product_id, lines.warehouse_id)
        trading = Trading(lines.product_id)
        found = []
        for place, sharing in self._by_place(wants).items():
            demand = elsewhere[place]
            ours = demand.reserved + sum(want.reserved for want in sharing)
            for number, want in enumerate(sharing):
                shelf = self._shelf(want, rows[place], demand.needed, ours)
                shelf = self._without_held_packs(shelf, want, trading)
                found.append((want, self._shared(shelf, want, sharing[:number])))
        return found

    def _without_held_packs(self, shelf, want, trading):
        """The shelf less the single packs on hold in its warehouse."""
        kept = sum(
            packs
            for lot, place, packs in trading.held_packs
            if lot.product_id == want.product and place.warehouse_id == want.warehouse
        )
        return replace(
            shelf,
            good=shelf.good - kept,
            fitting=shelf.fitting - kept,
            held=shelf.held + kept,
        )

    def _by_place(self, wants):
        places = defaultdict(list)
        for want in wants:
            places[want.place].append(want)
        return places

    def _shared(self, shelf, want, earlier):
        """The shelf as orders confirmed together, but earlier, leave it."""
        taking = sum(
            other.needed - other.reserved
            for other in earlier
            if other.wish.sellable_from >= want.wish.sellable_from
        )
        return replace(
            shelf,
            promised=shelf.promised + sum(other.needed for other in earlier),
            fitting=shelf.fitting - taking,
        )

    def _quant_rows(self, products, warehouses):
        """{(product, warehouse): [(state, last day, lot id, quantity, reserved)]}"""
        quants = self.env["stock.quant"]
        holds = self.env["pharma.lot.hold"]._active_holds(products)
        found = quants.search_fetch(
            Domain("product_id", "in", products.ids)
            & Domain("location_id.warehouse_id", "in", warehouses.ids)
            & Domain("location_id.usage", "=", "internal"),
            [
                "product_id",
                "location_id",
                "lot_id",
                "expiry_date",
                "quantity",
                "reserved_quantity",
            ],
        )
        held = found.filtered_domain(quants._held_domain(holds)) if holds else ()
        today, rows = self.env["stock.lot"]._today(), defaultdict(list)
        for quant in found:
            state = (
                "expired"
                if expiry.is_expired(quant.expiry_date, today)
                else "held"
                if quant in held or quant.location_id.is_pharma_quarantine
                else "good"
                if quant.expiry_date
                else "undated"
            )
            key = quant.product_id, quant.location_id.warehouse_id
            rows[key].append((state, quant))
        return rows

    def _shelf(self, want, rows, promised, ours):
        """Add up one product in one warehouse for one customer.

        :param promised: to other orders
        :param ours: what orders have reserved, this one and others
        """
        wish = want.wish
        chosen = want.lines.pharma_lot_id
        sums = defaultdict(float)
        for state, quant in rows:
            if state != "good":
                sums[state] += quant.quantity
                continue
            free = quant.quantity - quant.reserved_quantity
            sums["good"] += quant.quantity
            sums["set_apart"] += quant.reserved_quantity
            if not wish.takes(quant.expiry_date, quant.lot_id.id):
                sums["short_lived"] += free
            elif not chosen or quant.lot_id in chosen:
                sums["fitting"] += free
        sums["fitting"] += want.reserved
        sums["set_apart"] = max(sums["set_apart"] - ours, 0)
        sums.pop("undated", None)
        return Shelf(promised=promised, **sums)

    def _check_lot_taken(self, code, subjects, standing):
        """Nobody takes what was reserved for another order, or what isn't there."""
        for subject in subjects:
            for line, free in subject.extra.get("taken", ()):
                yield Finding(
                    code,
                    subject,
                    self.env._(
                        "Lot %(lot)s of %(product)s at %(place)s: %(taken)g are taken, "
                        "but only %(free)g lie there for this transfer.",
                        taken=line.quantity_product_uom,
                        free=max(free, 0),
                        place=line.location_id.display_name,
                        **self._lot_names(line),
                    ),
                    self.env._(
                        "Take what was reserved for this transfer, or count the shelf."
                    ),
                    line.lot_id,
                    line=line.move_id,
                )
