from collections import defaultdict

from odoo import api, models
from odoo.exceptions import UserError

from ..tools.scan import lot_key


class PharmaScanCount(models.AbstractModel):
    """Blind count of one place (ST-16): what is booked is told afterwards only."""

    _name = "pharma.scan.count"
    _description = "Count by Scanning"

    @api.model
    def finish_count(self):
        """Close the count of the place this person scanned last.

        What was counted becomes the counted quantity of its stock, to be looked at and
        applied like any other count; what is on file there and wasn't scanned, zero.

        :return: ``{place, rows}``, each row with booked, counted and difference
        :raise UserError: when no place was scanned
        """
        self._check_mode("count")
        place, entries = self._count_in_hand()
        if not place:
            raise UserError(self.env._("Scan the location you count first."))
        counted = self._counted(entries.filtered("product_id"))
        quants = self._quants_at(place)
        rows = self._count_rows(counted, quants)
        self._write_counts(place, rows, quants)
        entries.write({"finished": True})
        return {
            "place": place.display_name,
            "rows": [
                {
                    "product": row["product"].display_name,
                    "lot": row["lot"].name or "",
                    "booked": row["booked"],
                    "counted": row["counted"],
                    "difference": row["counted"] - row["booked"],
                }
                for row in rows
            ],
        }

    @api.model
    def get_count(self):
        """The place being counted and what was counted there, never what is due."""
        self._check_mode("count")
        place, entries = self._count_in_hand()
        totals = self._counted(entries.filtered("product_id"))
        return {
            "id": 0,
            "mode": "count",
            "name": place.display_name or "",
            "lines": [
                {
                    "key": f"{product.id}-{lot.id}",
                    "product": product.display_name,
                    "lot": lot.name or "",
                    "expiry": str(lot.expiry_date or ""),
                    "scanned": packs,
                }
                for (product, lot), packs in totals.items()
            ],
        }

    @api.model
    def _open_entries(self):
        # sudo: nobody but the station writes scans; these are this person's own.
        return (
            self.env["pharma.scan.entry"]
            .sudo()
            .search(
                [
                    ("mode", "=", "count"),
                    ("user_id", "=", self.env.uid),
                    ("finished", "=", False),
                    ("undone", "=", False),
                    ("picking_id", "=", False),
                    ("location_id", "!=", False),
                    ("verdict", "in", ("ok", "warn", "info")),
                ],
                order="id",
            )
        )

    @api.model
    def _count_in_hand(self):
        """The place being counted and the scans there."""
        entries = self._open_entries()
        places = entries.filtered(lambda entry: entry.reason == "place")
        place = places[-1:].location_id
        return place, entries.filtered(lambda entry: entry.location_id == place)

    @api.model
    def _counted(self, entries):
        totals = defaultdict(float)
        for entry in entries:
            totals[entry.product_id, entry.lot_id] += entry.packs
        return totals

    @api.model
    def _place_of(self, ledger):
        """Where this person counts now: the location scanned last."""
        for values in reversed(ledger.added):
            if values.get("reason") == "place" and not values.get("undone"):
                return self.env["stock.location"].browse(values["location_id"])
        return self._count_in_hand()[0]

    @api.model
    def _start_count(self, ledger, reading):
        place = reading.location
        if place.usage not in ("internal", "transit"):
            return self._no(
                reading,
                "location",
                self.env._("%s is no place for stock.", place.display_name),
            )
        return self._note(
            reading,
            "place",
            self.env._("You count %s now. Scan what lies there.", place.display_name),
            location_id=place.id,
        )

    @api.model
    def _decide_counted(self, ledger, reading):
        place = self._place_of(ledger)
        if not place:
            return self._no(
                reading,
                "nothing",
                self.env._("Scan the location first, then the packs that lie there."),
            )
        if reading.product.tracking != "none" and not reading.lot_key:
            reading = self._with_lot(ledger, reading)
            if reading.reason:
                return self._ask(reading, **self._lot_form(ledger, reading))
        if reading.product.tracking != "none" and not reading.lot:
            return self._no(
                reading,
                "unknown",
                self.env._(
                    "Lot %(lot)s of %(product)s isn't on file. Put it aside and tell "
                    "the quality department.",
                    lot=reading.lot_name,
                    product=reading.product.display_name,
                ),
            )
        return self._yes(
            reading,
            self.env._(
                "%(packs)g × %(goods)s counted",
                packs=reading.packs,
                goods=self._goods_name(reading),
            ),
            location_id=place.id,
        )

    @api.model
    def _lots_at(self, ledger, product):
        """Lots a pack at the place may be of, by name alone: the count is blind."""
        return (
            self.env["stock.quant"]
            .search(
                [
                    ("location_id", "=", self._place_of(ledger).id),
                    ("product_id", "=", product.id),
                ]
            )
            .lot_id.sorted(lambda lot: lot_key(lot.name))
        )

    @api.model
    def _quants_at(self, place):
        return self.env["stock.quant"].search(
            [
                ("location_id", "=", place.id),
                ("package_id", "=", False),
                ("owner_id", "=", False),
            ]
        )

    @api.model
    def _count_rows(self, counted, quants):
        booked = defaultdict(float)
        for quant in quants:
            booked[quant.product_id, quant.lot_id] += quant.quantity
        keys = sorted(
            {*booked, *counted},
            key=lambda key: (key[0].display_name, key[1].name or ""),
        )
        return [
            {
                "product": product,
                "lot": lot,
                "booked": booked.get((product, lot), 0.0),
                "counted": counted.get((product, lot), 0.0),
            }
            for product, lot in keys
            if booked.get((product, lot)) or counted.get((product, lot))
        ]

    @api.model
    def _write_counts(self, place, rows, quants):
        """Counted quantities as the inventory screen would have them."""
        Quant = self.env["stock.quant"].with_context(inventory_mode=True)
        by_key = {(quant.product_id, quant.lot_id): quant for quant in quants}
        missing = []
        for row in rows:
            quant = by_key.get((row["product"], row["lot"]))
            if quant:
                quant.with_env(Quant.env).inventory_quantity = row["counted"]
                quant.with_env(Quant.env).user_id = self.env.uid
            else:
                missing.append(
                    {
                        "product_id": row["product"].id,
                        "lot_id": row["lot"].id,
                        "location_id": place.id,
                        "inventory_quantity": row["counted"],
                        "user_id": self.env.uid,
                    }
                )
        Quant.create(missing)
