from odoo import api, fields, models
from odoo.fields import Domain

SHOWN = 12


class PharmaScanLookup(models.AbstractModel):
    """What is this? The answer to any code, for all staff, changing nothing."""

    _name = "pharma.scan.lookup"
    _description = "Look up by Scanning"

    @api.model
    @api.readonly
    def look_up(self, text):
        """What a scanned text is, and what is known of it.

        :return: ``{title, kind, tone, sentence, facts, stock, moves, holds}``; where
            the text is nothing, only the sentence that says why
        """
        self._check_staff()
        # sudo: where goods are is no secret among the staff; only own companies' are
        # shown, and partners only to those who may read transfers.
        reader = self.sudo().with_context(allowed_company_ids=self.env.companies.ids)
        (reading,) = reader._read([text], self.env["product.product"])
        if reading.code:
            return reader._look_up_code(reading)
        if reading.reason:
            return {
                "title": reading.scan.text or "",
                "tone": "bad",
                "sentence": reading.sentence,
                "options": list(reading.options),
            }
        if reading.picking:
            return reader._look_up_picking(reading.picking)
        if reading.location:
            return reader._look_up_location(reading.location)
        return reader._look_up_goods(reading)

    @api.model
    def _look_up_goods(self, reading):
        lot = reading.lot
        product = reading.product
        if reading.lot_name and not lot:
            return {
                "title": reading.lot_name,
                "kind": "lot",
                "tone": "bad",
                "sentence": self.env._(
                    "Lot %(lot)s of %(product)s never came in here.",
                    lot=reading.lot_name,
                    product=product.display_name,
                ),
                "facts": self._product_facts(product),
            }
        domain = Domain("product_id", "=", product.id)
        if lot:
            domain &= Domain("lot_id", "=", lot.id)
        return {
            "title": lot.name if lot else product.display_name,
            "kind": "lot" if lot else "product",
            **self._lot_standing(lot),
            "facts": [*self._product_facts(product), *self._lot_facts(lot)],
            "stock": self._stock_rows(domain),
            "moves": self._move_rows(domain),
            "holds": self._hold_rows(product, lot),
            "record": ["stock.lot", lot.id] if lot else ["product.product", product.id],
        }

    @api.model
    def _lot_standing(self, lot):
        """Tone and one sentence: may these goods move?"""
        if not lot:
            return {"tone": "", "sentence": ""}
        state = lot.pharma_state
        sentences = {
            "good": self.env._("Good: %s days left.", lot.remaining_days),
            "undated": self.env._("No expiry date is on file: it can't be sold."),
            "held": self.env._("On hold: it can't be sold."),
            "expired": self.env._("Expired: it can't be sold."),
        }
        tone = "good" if state == "good" else "bad"
        sentence = sentences[state]
        if state == "good" and not lot.expiry_date:
            sentence = self.env._("Good.")
        return {"tone": tone, "sentence": sentence}

    @api.model
    def _product_facts(self, product):
        return [
            (label, value)
            for label, value in (
                (self.env._("Product"), product.display_name),
                (self.env._("Specification"), product.pack_spec),
                (self.env._("Maker"), product.manufacturer_id.name),
                (self.env._("Approval number"), product.approval_number),
                (self.env._("Storage"), product.storage_text),
            )
            if value
        ]

    @api.model
    def _lot_facts(self, lot):
        if not lot:
            return []
        return [
            (label, str(value))
            for label, value in (
                (self.env._("Lot"), lot.name),
                (self.env._("Made on"), lot.production_date),
                (self.env._("Expires after"), lot.expiry_date),
            )
            if value
        ]

    @api.model
    def _stock_rows(self, domain):
        groups = self.env["stock.quant"]._read_group(
            domain
            & Domain("location_id.usage", "in", ("internal", "transit"))
            & Domain("company_id", "in", self.env.companies.ids),
            ["location_id", "lot_id"],
            ["quantity:sum", "reserved_quantity:sum"],
            limit=SHOWN,
        )
        return [
            {
                "place": place.display_name,
                "lot": lot.name or "",
                "expiry": str(lot.expiry_date or ""),
                "quantity": quantity,
                "free": self._free(lot, quantity - reserved),
            }
            for place, lot, quantity, reserved in groups
            if quantity
        ]

    @api.model
    def _free(self, lot, unreserved):
        """Packs that may be sold: none of a lot that may not move."""
        return unreserved if not lot or lot.pharma_state == "good" else 0

    @api.model
    def _reads_transfers(self):
        return self.env["stock.picking"].with_user(self.env.user).has_access("read")

    @api.model
    def _move_rows(self, domain):
        """Last movements, for those who may read transfers."""
        if not self._reads_transfers():
            return []
        lines = self.env["stock.move.line"].search(
            domain
            & Domain("state", "=", "done")
            & Domain("company_id", "in", self.env.companies.ids),
            order="date desc, id desc",
            limit=SHOWN,
        )
        return [
            {
                "date": fields.Datetime.to_string(line.date),
                "document": line.picking_id.name or line.reference or "",
                "partner": line.picking_id.partner_id.commercial_partner_id.name or "",
                "from": line.location_id.display_name,
                "to": line.location_dest_id.display_name,
                "quantity": line.quantity_product_uom,
            }
            for line in lines
        ]

    @api.model
    def _hold_rows(self, product, lot):
        holds = self.env["pharma.lot.hold"]._active_holds(product)
        return [
            {"name": hold.name, "reason": hold.reason or ""}
            for hold in holds
            if hold.kind == "product"
            or (hold.kind == "lot" and lot and hold.lot_name == lot.name)
        ]

    @api.model
    def _look_up_location(self, place):
        domain = Domain("location_id", "child_of", place.id)
        holds = self.env["pharma.lot.hold"].search(
            [
                ("state", "=", "active"),
                ("kind", "=", "location"),
                ("location_id", "parent_of", place.id),
            ]
        )
        products = self.env["stock.quant"]._read_group(
            domain
            & Domain("quantity", ">", 0)
            & Domain("company_id", "in", self.env.companies.ids),
            ["product_id", "lot_id"],
            ["quantity:sum", "reserved_quantity:sum"],
            limit=SHOWN * 3,
        )
        return {
            "title": place.display_name,
            "kind": "location",
            "tone": "bad" if holds else "",
            "sentence": self.env._("Everything here is on hold.") if holds else "",
            "facts": [],
            "stock": [
                {
                    "place": product.display_name,
                    "lot": lot.name or "",
                    "expiry": str(lot.expiry_date or ""),
                    "quantity": quantity,
                    "free": self._free(lot, quantity - reserved),
                }
                for product, lot, quantity, reserved in products
            ],
            "moves": [],
            "holds": [{"name": h.name, "reason": h.reason or ""} for h in holds],
            "record": ["stock.location", place.id],
        }

    @api.model
    def _look_up_picking(self, picking):
        if not picking.with_user(self.env.user).has_access("read"):
            return {
                "title": picking.name,
                "tone": "bad",
                "sentence": self.env._("You may not read this transfer."),
            }
        states = dict(picking._fields["state"]._description_selection(self.env))
        return {
            "title": picking.name,
            "kind": "picking",
            "tone": "",
            "sentence": states[picking.state],
            "facts": [
                (label, value)
                for label, value in (
                    (self.env._("Partner"), picking.partner_id.display_name),
                    (self.env._("Order"), picking.origin),
                    (
                        self.env._("Due"),
                        fields.Datetime.to_string(picking.scheduled_date),
                    ),
                )
                if value
            ],
            "stock": [],
            "moves": [
                {
                    "date": fields.Datetime.to_string(line.date),
                    "document": line.product_id.display_name,
                    "partner": line.lot_id.name or "",
                    "from": line.location_id.display_name,
                    "to": line.location_dest_id.display_name,
                    "quantity": line.quantity_product_uom,
                }
                for line in picking.move_line_ids[: SHOWN * 3]
            ],
            "holds": [],
            "record": ["stock.picking", picking.id],
        }

    @api.model
    def _look_up_code(self, reading):
        """One pack by its trace code: what, where, and what happened to it."""
        reading = self._with_parsed_code(reading)
        code = self.env["pharma.trace.code"]._find([reading.code]).get(reading.code)
        if not code:
            product = reading.product
            return {
                "title": reading.code,
                "kind": "code",
                "tone": "bad",
                "sentence": self.env._("This code never came in here."),
                "facts": self._product_facts(product) if product else [],
            }
        states = dict(code._fields["state"]._description_selection(self.env))
        levels = dict(code._fields["level"]._description_selection(self.env))
        lot = code.lot_id
        is_ours = not code.company_id or code.company_id in self.env.companies
        holder = (
            code.partner_id if self._reads_transfers() else code.partner_id.browse()
        )
        is_good = code.state == "in_stock" and (not lot or lot.pharma_state == "good")
        return {
            "title": code.code,
            "kind": "code",
            "tone": "good" if is_good else "bad",
            "sentence": states.get(code.state, ""),
            "facts": [
                *self._product_facts(code.product_id),
                *self._lot_facts(lot),
                (self.env._("Level"), levels[code.level]),
                *(
                    (label, value)
                    for label, value in (
                        (self.env._("Packed in"), code.parent_id.code),
                        (self.env._("Where"), code.location_id.display_name),
                        (self.env._("Held by"), holder.display_name),
                    )
                    if value and is_ours
                ),
            ],
            "stock": [],
            "moves": self._event_rows(code),
            "holds": self._hold_rows(code.product_id, lot),
            "record": ["pharma.trace.code", code.id],
        }

    @api.model
    def _event_rows(self, code):
        """Last events of the user's companies, for those who may read transfers."""
        if not self._reads_transfers():
            return []
        own = code.event_ids.filtered(
            lambda event: not event.company_id or event.company_id in self.env.companies
        )
        events = own.sorted("id", reverse=True)[:SHOWN]
        steps = dict(events._fields["step"]._description_selection(self.env))
        return [
            {
                "date": fields.Datetime.to_string(event.date),
                "document": event.document_name or "",
                "partner": event.partner_id.name or "",
                "from": steps[event.step],
                "to": event.location_id.display_name or "",
                "quantity": event.pack_count,
            }
            for event in events
        ]
