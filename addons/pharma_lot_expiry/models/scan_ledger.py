"""How far one transfer is scanned: its lines, and the scans that count on them."""

from collections import defaultdict
from functools import cached_property

from odoo import fields
from odoo.fields import Domain

from ..tools.scan import Row, lot_key, spread

# Modes whose lines name the lot; in the others any lot may come.
BY_LINE = ("pick", "putaway", "review")
OPEN_STATES = ("confirmed", "waiting", "assigned")


class Ledger:
    """The rows of a transfer and what was scanned of them.

    Read once for a batch of scans; answers within the batch are added in memory.

    :param picking: the transfer, or an empty recordset for work without one
    :param mode: what is done with it; each mode counts for itself
    """

    def __init__(self, picking, mode):
        self.env = picking.env
        self.picking = picking
        self.mode = mode
        self.added = []

    @cached_property
    def moves(self):
        return self.picking.move_ids.filtered(lambda move: move.state != "cancel")

    @cached_property
    def products(self):
        return self.moves.product_id

    @cached_property
    def lines(self):
        """Detailed lines to scan: in review those that were picked, if any were."""
        lines = self.picking.move_line_ids.filtered(
            lambda line: line.state != "cancel" and line.quantity_product_uom > 0
        )
        if self.mode == "review":
            lines = lines.filtered("picked") or lines
        return lines.sorted(
            lambda line: (line.location_id.complete_name or "", line.id)
        )

    @cached_property
    def rows(self):
        if self.mode in BY_LINE:
            return [
                Row(
                    line.id,
                    line.product_id.id,
                    lot_key(line.lot_id.name or line.lot_name)
                    if line.lot_id or line.lot_name
                    else (None if line.tracking != "none" else ""),
                    line.quantity_product_uom,
                )
                for line in self.lines
            ]
        return [
            Row(move.id, move.product_id.id, None, move.product_qty)
            for move in self.moves
        ]

    @cached_property
    def entries(self):
        """Scans that count, the oldest first."""
        Entry = self.env["pharma.scan.entry"]
        domain = Entry._counted_domain() & self._domain()
        # sudo: what a colleague scanned counts too.
        return Entry.sudo().search(domain, order="id")

    def _domain(self):
        domain = Domain("mode", "=", self.mode)
        domain &= Domain("picking_id", "=", self.picking.id)
        if not self.picking:
            domain &= Domain("user_id", "=", self.env.uid)
        return domain

    @cached_property
    def scanned(self):
        """{(product id, lot key): packs}"""
        totals = defaultdict(float)
        for entry in self.entries:
            totals[entry.product_id.id, lot_key(entry.lot_name)] += entry.packs
        return totals

    @cached_property
    def codes(self):
        return set(self.entries.filtered("code").mapped("code"))

    @cached_property
    def sequence(self):
        # sudo: as in entries.
        last = (
            self.env["pharma.scan.entry"]
            .sudo()
            .search(
                [("picking_id", "=", self.picking.id), ("mode", "=", self.mode)],
                order="sequence desc",
                limit=1,
            )
        )
        return last.sequence

    def next_sequence(self):
        """The number of the next scan of this transfer; 0 without a transfer."""
        if not self.picking:
            return 0
        self.sequence += 1
        return self.sequence

    def add(self, values):
        """Count an answer of this batch."""
        self.added.append(values)
        if values["verdict"] in ("ok", "warn") and values.get("product_id"):
            key = values["product_id"], lot_key(values.get("lot_name"))
            self.scanned[key] += values["packs"]
            if values.get("code"):
                self.codes.add(values["code"])

    def undo(self, product_id, lot_name, packs, code):
        self.scanned[product_id, lot_key(lot_name)] -= packs
        self.codes.discard(code)

    @property
    def filled(self):
        """{row key: {lot key: packs}}"""
        return spread(self.rows, self.scanned)

    def last_lot(self, product):
        """The lot last counted of a product by this person: the pack in hand."""
        mine = [
            self._lot_values(entry)
            for entry in self.entries
            if entry.product_id == product and entry.user_id.id == self.env.uid
        ]
        mine += [
            values
            for values in self.added
            if values.get("product_id") == product.id
            and values["verdict"] in ("ok", "warn")
        ]
        return next(
            (values for values in reversed(mine) if values.get("lot_name")), None
        )

    def lot_values(self, product, key):
        """What the first scan of this lot told: its number and dates as printed."""
        told = [self._lot_values(entry) for entry in self.entries] + self.added
        return next(
            (
                values
                for values in told
                if values.get("product_id") == product.id
                and lot_key(values.get("lot_name")) == key
                and (values.get("expiry_date") or values.get("expiry_label"))
            ),
            None,
        )

    def _lot_values(self, entry):
        return {
            "product_id": entry.product_id.id,
            "lot_id": entry.lot_id.id,
            "lot_name": entry.lot_name,
            "expiry_date": entry.expiry_date,
            "expiry_label": entry.expiry_label,
            "production_date": entry.production_date,
        }

    # What the screen shows.

    def payload(self):
        picking = self.picking
        lines = self._line_payloads() if self.mode in BY_LINE else self._move_payloads()
        return {
            "id": picking.id,
            "name": picking.name,
            "mode": self.mode,
            "partner": picking.partner_id.commercial_partner_id.name or "",
            "origin": picking.origin or "",
            "to": picking.location_dest_id.display_name
            if picking.picking_type_code == "internal"
            else "",
            "is_done": picking.state == "done",
            "lines": lines,
            "expected": sum(line["expected"] for line in lines),
            "scanned": sum(line["scanned"] for line in lines),
            "last": [entry._answer() for entry in self._last_entries()],
        }

    def _last_entries(self):
        # sudo: as in entries.
        return self.env["pharma.scan.entry"].sudo().search(self._domain(), limit=20)

    def _line_payloads(self):
        filled = self.filled
        today = self.env["stock.lot"]._today()
        return [
            {
                "key": line.id,
                **self._product_payload(line.product_id),
                **self._lot_payload(line.lot_id, today),
                "lot": line.lot_id.name or line.lot_name or "",
                "location": line.location_id.display_name,
                "expected": line.quantity_product_uom,
                "scanned": sum(filled[line.id].values()),
                "lots": [],
            }
            for line in self.lines
        ]

    def _move_payloads(self):
        filled = self.filled
        return [
            {
                "key": move.id,
                **self._product_payload(move.product_id),
                "lot": "",
                "expiry": "",
                "tone": "",
                "location": "",
                "expected": move.product_qty,
                "scanned": sum(filled[move.id].values()),
                "lots": [
                    self._received_payload(move.product_id, key, packs)
                    for key, packs in filled[move.id].items()
                ],
            }
            for move in self.moves
        ]

    def _received_payload(self, product, key, packs):
        values = self.lot_values(product, key) or {"lot_name": key}
        day = values.get("expiry_date")
        return {
            "lot": values["lot_name"] or "",
            "expiry": fields.Date.to_string(day) if day else "",
            "packs": packs,
        }

    def _product_payload(self, product):
        return {
            "product": product.display_name,
            "detail": " · ".join(
                filter(
                    None,
                    (product.pack_spec, product.manufacturer_id.name),
                )
            ),
            "uom": product.uom_id.name,
        }

    def _lot_payload(self, lot, today):
        """The lot's day and its standing: its state, or soon (half a year left)."""
        day = lot.expiry_date
        tone = lot.pharma_state if lot else ""
        if tone == "good" and (day - today).days < 183:
            tone = "soon"
        return {"expiry": fields.Date.to_string(day) if day else "", "tone": tone}
