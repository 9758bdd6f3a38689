from collections import defaultdict
from dataclasses import replace

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain


class PharmaScanPutaway(models.AbstractModel):
    """Goods first, then the shelf they were put on.

    On an internal transfer the shelf becomes where its lines go. Without one, goods
    are moved at once from where they are on stock.
    """

    _name = "pharma.scan.putaway"
    _description = "Put Away by Scanning"

    @api.model
    def _pending(self, ledger):
        """Scans of this person that lie on no shelf yet: (kept ones, of this batch)."""
        kept = ledger.entries.filtered(
            lambda e: (
                not e.location_id and e.user_id.id == self.env.uid and not e.undone
            )
        )
        return kept, [
            values
            for values in ledger.added
            if values.get("product_id")
            and values["verdict"] in ("ok", "warn")
            and not values.get("location_id")
            and not values.get("undone")
        ]

    @api.model
    def _put_away(self, ledger, reading):
        place = reading.location
        kept, added = self._pending(ledger)
        if not kept and not added:
            return self._no(
                reading,
                "nothing",
                self.env._("Scan the goods first, then the shelf you put them on."),
            )
        if refusal := self._shelf_refusal(ledger, place):
            return self._no(reading, "location", refusal)
        values = {}
        if not ledger.picking:
            picking = self._move_now(kept, added, place)
            kept.write({"picking_id": picking.id, "finished": True})
            for each in added:
                each.update(picking_id=picking.id, finished=True)
            values["picking_id"] = picking.id
        kept.write({"location_id": place.id})
        for each in added:
            each["location_id"] = place.id
        packs = sum(kept.mapped("packs")) + sum(each["packs"] for each in added)
        return self._note(
            reading,
            "shelved",
            self.env._(
                "At %(place)s now: %(packs)g packs.",
                packs=packs,
                place=place.display_name,
            ),
            location_id=place.id,
            **values,
        )

    @api.model
    def _shelf_refusal(self, ledger, place):
        target = ledger.picking.location_dest_id
        if place.usage != "internal":
            return self.env._("%s is no place for stock.", place.display_name)
        if target and not place.parent_path.startswith(target.parent_path):
            return self.env._(
                "%(place)s lies outside %(target)s, where this transfer goes.",
                place=place.display_name,
                target=target.display_name,
            )
        return None

    # Without a transfer.

    @api.model
    def _decide_free_goods(self, ledger, reading):
        """Goods in hand, to be put somewhere else: where do they come from?"""
        product = reading.product
        if product.tracking != "none" and not reading.lot_key:
            lots = self._stock_of(reading).lot_id
            return self._ask(
                replace(
                    reading,
                    reason="which_lot",
                    sentence=self.env._(
                        "Which lot is it? The barcode of %s doesn't tell.",
                        product.display_name,
                    ),
                    options=tuple(
                        {"label": self._lot_label(lot), "answer": {"lot_id": lot.id}}
                        for lot in lots
                    ),
                )
            )
        if product.tracking != "none" and not reading.lot:
            return self._no(
                reading,
                "unknown",
                self.env._("Lot %s isn't on file.", reading.lot_name),
            )
        return self._from_where(ledger, reading)

    @api.model
    def _stock_of(self, reading):
        """Free stock of the goods, by place."""
        domain = Domain("product_id", "=", reading.product.id)
        domain &= Domain("location_id.usage", "=", "internal")
        domain &= Domain("company_id", "in", self.env.companies.ids)
        domain &= Domain("package_id", "=", False) & Domain("owner_id", "=", False)
        if reading.lot:
            domain &= Domain("lot_id", "=", reading.lot.id)
        if reading.source:
            domain &= Domain("location_id", "=", reading.source.id)
        quants = self.env["stock.quant"].search(domain)
        return quants.filtered(lambda q: q.quantity - q.reserved_quantity > 0)

    @api.model
    def _from_where(self, ledger, reading):
        quants = self._stock_of(reading)
        taken = self._taken(ledger, reading)
        enough = quants.filtered(
            lambda q: (
                q.quantity - q.reserved_quantity - taken[q.location_id.id]
                >= reading.packs
            )
        )
        if not enough:
            return self._no(
                reading,
                "over",
                self.env._(
                    "No place has %(packs)g free packs of %(goods)s: what is reserved "
                    "for orders stays where it is.",
                    packs=reading.packs,
                    goods=self._goods_name(reading),
                ),
            )
        if len(enough) > 1:
            return self._ask(
                replace(
                    reading,
                    reason="from",
                    sentence=self.env._("Where did you take it from?"),
                    options=tuple(
                        {
                            "label": quant.location_id.display_name,
                            "answer": {
                                "source_id": quant.location_id.id,
                                "lot_id": reading.lot.id if reading.lot else False,
                            },
                        }
                        for quant in enough
                    ),
                )
            )
        reading = replace(reading, source=enough.location_id)
        sentence = self.env._(
            "%(packs)g × %(goods)s from %(place)s. Now scan the shelf.",
            packs=reading.packs,
            goods=self._goods_name(reading),
            place=reading.source.display_name,
        )
        if warning := self._warning(ledger, reading):
            return self._yes(reading, f"{sentence} {warning}", "warn", "warn")
        return self._yes(reading, sentence)

    @api.model
    def _taken(self, ledger, reading):
        """{location id: packs} this person holds in hand already."""
        kept, added = self._pending(ledger)
        taken = defaultdict(float)
        key = reading.product.id, reading.lot.id if reading.lot else False
        for entry in kept:
            if (entry.product_id.id, entry.lot_id.id) == key:
                taken[entry.source_id.id] += entry.packs
        for values in added:
            if (values["product_id"], values["lot_id"]) == key:
                taken[values["source_id"]] += values["packs"]
        return taken

    @api.model
    def _move_now(self, kept, added, place):
        """One internal transfer of all that is in hand, done.

        :raise UserError: for what a transfer is refused for
        """
        totals = defaultdict(float)
        for entry in kept:
            totals[entry.product_id.id, entry.lot_id.id, entry.source_id.id] += (
                entry.packs
            )
        for values in added:
            key = values["product_id"], values["lot_id"], values["source_id"]
            totals[key] += values["packs"]
        warehouse = place.warehouse_id
        sources = {source for _product, _lot, source in totals}
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": warehouse.int_type_id.id,
                "location_id": sources.pop()
                if len(sources) == 1
                else warehouse.view_location_id.id,
                "location_dest_id": place.id,
                "origin": self.env._("Scan station"),
                "move_ids": [
                    Command.create(self._move_values(*key, packs, place))
                    for key, packs in totals.items()
                ],
            }
        )
        picking.action_confirm()
        picking.move_ids.picked = True
        self._take_codes_along(picking, kept, added)
        picking.with_context(skip_backorder=True).button_validate()
        return picking

    @api.model
    def _take_codes_along(self, picking, kept, added):
        """The trace codes in hand move with their packs."""
        codes = [(entry.uid, entry.code) for entry in kept if entry.code]
        codes += [(each["uid"], each["code"]) for each in added if each.get("code")]
        scans = self.env["pharma.trace.scan"]
        for uid, code in codes:
            answer = scans._record(picking, code, uid)
            if answer.verdict != "ok":
                raise UserError(answer.sentence)

    @api.model
    def _move_values(self, product_id, lot_id, source_id, packs, place):
        product = self.env["product.product"].browse(product_id)
        return {
            "product_id": product_id,
            "product_uom": product.uom_id.id,
            "product_uom_qty": packs,
            "location_id": source_id,
            "location_dest_id": place.id,
            "move_line_ids": [
                Command.create(
                    {
                        "product_id": product_id,
                        "lot_id": lot_id,
                        "quantity": packs,
                        "product_uom_id": product.uom_id.id,
                        "location_id": source_id,
                        "location_dest_id": place.id,
                        "picked": True,
                    }
                )
            ],
        }
