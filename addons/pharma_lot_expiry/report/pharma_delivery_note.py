from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools.image import image_data_uri

from odoo.addons.pharma_gsp.tools.validity import china_day

from ..tools.paper import Column, fit, paginate, wrap

# A4 across between margins of 8 mm, in the px of wkhtmltopdf (125 per inch).
WIDTH, HEIGHT = 1380, 935
FONT, LINE, PADDING = 13, 17, 7
TITLE, TABLE_HEAD, FOOT = 46, 42, 160
LABEL = 108
BREAK = Markup("<br/>")


class PharmaDeliveryNote(models.AbstractModel):
    """What stands on each page of a delivery note (随货同行单; OB-13, RC-02)."""

    _name = "report.pharma_lot_expiry.delivery_note"
    _description = "Delivery Note"

    @api.model
    def _get_report_values(self, docids, data=None):
        prints = self.env["pharma.delivery.print"].browse(docids)
        prints._check_fetchable()
        return {"notes": [self._prepare_note(note) for note in prints]}

    @api.model
    def _prepare_note(self, note):
        """One delivery, cut into pages."""
        picking = note.picking_id
        columns = fit(self._columns(picking), WIDTH)
        goods = self._goods(picking)
        rows = [self._wrapped(columns, line) for line in goods]
        head = self._head(note)
        room = HEIGHT - TITLE - self._head_height(head) - TABLE_HEAD
        pages = paginate([row["height"] for row in rows], room, FOOT)
        return {
            "note": note,
            "company": picking.company_id,
            "columns": columns,
            "head": head,
            "pages": [[rows[index] for index in page] for page in pages],
            "totals": self._totals(picking, goods),
            "seal": self._seal(picking.company_id),
            "width": WIDTH,
            "label_width": LABEL,
        }

    @api.model
    def _columns(self, picking):
        prices = [
            Column("price", self.env._("Price"), 66, True),
            Column("amount", self.env._("Amount"), 82, True),
        ]
        return [
            Column("no", self.env._("No."), 44, True),
            Column("name", self.env._("Generic Name"), 138),
            Column("form", self.env._("Dosage Form"), 60),
            Column("spec", self.env._("Specification"), 100),
            Column("unit", self.env._("Unit"), 46),
            Column("mah", self.env._("MAH"), 108),
            Column("maker", self.env._("Maker"), 108),
            Column("approval", self.env._("Approval No."), 138),
            Column("lot", self.env._("Lot"), 92),
            Column("made", self.env._("Made on"), 84),
            Column("expiry", self.env._("Expires after"), 84),
            Column("quantity", self.env._("Quantity"), 64, True),
            Column("pieces", self.env._("Cases + Loose"), 62, True),
            *(prices if self._shows_prices(picking) else []),
            Column("storage", self.env._("Storage"), 104),
        ]

    @api.model
    def _shows_prices(self, picking):
        return picking.partner_id.commercial_partner_id.pharma_note_prices

    @api.model
    def _goods(self, picking):
        """One line per order line and lot, however many shelves it lay on (OB-03)."""
        found = picking._delivery_note_lines().grouped(
            lambda line: (line.move_id, line.lot_id)
        )
        return [
            self._prepare_goods(number, move, lot, lines)
            for number, ((move, lot), lines) in enumerate(found.items(), 1)
        ]

    @api.model
    def _prepare_goods(self, number, move, lot, lines):
        product = move.product_id
        unit = move.product_uom
        base = sum(lines.mapped("quantity_product_uom"))
        quantity = product.uom_id._compute_quantity(base, unit, round=False)
        price, amount = self._price(move, unit, quantity)
        return {
            "no": str(number),
            "name": product.generic_name or product.name,
            "form": product.dosage_form or "",
            "spec": " ".join(filter(None, (product.strength, product.pack_spec))),
            "unit": unit.name,
            "mah": product.mah_id.name or "",
            "maker": (lot.manufacturer_id or product.manufacturer_id).name or "",
            "approval": product.approval_number or "",
            "lot": lot.name or "",
            "made": str(lot.production_date or ""),
            "expiry": lot.expiry_label or str(lot.expiry_date or ""),
            "quantity": self._number(quantity),
            "pieces": self._pieces(product, base),
            "price": self._money(price),
            "amount": self._money(amount),
            "storage": product.storage_text or "",
            "_quantity": (unit.name, quantity),
            "_amount": amount,
        }

    @api.model
    def _price(self, move, unit, quantity):
        """Unit price with tax and its amount, in the unit on the note."""
        sale_line = move.sale_line_id
        if not sale_line:
            return 0.0, 0.0
        price = sale_line.product_uom_id._compute_price(
            sale_line.price_reduce_taxinc, unit
        )
        return price, sale_line.currency_id.round(price * quantity)

    @api.model
    def _pieces(self, product, quantity):
        """Whole cases and loose packs, as the goods stand on the pallet (件数)."""
        case = product.pack_level_ids.filtered(lambda level: level.level == "case")
        if not case:
            return ""
        whole, loose = divmod(quantity, case.quantity)
        return f"{self._number(whole)} + {self._number(loose)}"

    @api.model
    def _wrapped(self, columns, line):
        """A row whose lines are broken already, and its height in px."""
        cells = [
            wrap(line[column.key], (column.width - PADDING) / FONT)
            for column in columns
        ]
        return {
            "cells": [BREAK.join(lines) for lines in cells],
            "height": max(map(len, cells)) * LINE + PADDING,
        }

    @api.model
    def _head(self, note):
        """Rows of (label, lines of text, px): the parties, repeated on every page."""
        picking = note.picking_id
        company = picking.company_id
        consignee = picking.partner_id.commercial_partner_id
        order = picking.sale_id
        third, rest = WIDTH // 3, WIDTH - WIDTH // 3
        return [
            self._head_row(
                (self.env._("Supplier"), company.name, rest),
                (self.env._("Licence No."), self._licence(company), third),
            ),
            self._head_row(
                (
                    self.env._("Address"),
                    company.partner_id.contact_address_inline,
                    rest,
                ),
                (self.env._("Delivery No."), picking.name, third),
            ),
            self._head_row(
                (self.env._("Consignee"), consignee.name, rest),
                (
                    self.env._("Order No."),
                    " / ".join(filter(None, (order.name, order.client_order_ref))),
                    third,
                ),
            ),
            self._head_row(
                (
                    self.env._("Deliver to"),
                    picking.partner_id.contact_address_inline,
                    rest,
                ),
                (self.env._("Ship Date"), str(self._ship_day(picking)), third),
            ),
        ]

    @api.model
    def _head_row(self, *cells):
        return [
            (
                label,
                BREAK.join(wrap(text or "—", (width - LABEL - PADDING) / FONT)),
                width - LABEL,
            )
            for label, text, width in cells
        ]

    @api.model
    def _head_height(self, head):
        return sum(
            max(str(text).count("<br/>") + 1 for _label, text, _width in row) * LINE
            + PADDING
            for row in head
        )

    @api.model
    def _licence(self, company):
        """Number of our distribution licence in force."""
        # sudo: what stands on a public licence, for whoever may print.
        papers = company.partner_id.sudo().pharma_document_ids
        return ", ".join(
            papers.filtered(
                lambda paper: (
                    paper.type_id.code == "DIST_LICENCE" and paper.state == "verified"
                )
            ).mapped("number")
        )

    @api.model
    def _ship_day(self, picking):
        """The day it left; for what still stands here, the day it is planned for."""
        if picking.state == "done":
            return china_day(picking.date_done)
        planned = china_day(picking.scheduled_date)
        return max(planned, china_day(fields.Datetime.now()))

    @api.model
    def _totals(self, picking, goods):
        """Lines, packs by unit and, where prices show, the amount."""
        units = {}
        for line in goods:
            unit, quantity = line["_quantity"]
            units[unit] = units.get(unit, 0) + quantity
        currency = picking.sale_id.currency_id or picking.company_id.currency_id
        amount = sum(line["_amount"] for line in goods)
        return {
            "lines": len(goods),
            "quantity": ", ".join(
                f"{self._number(quantity)} {unit}" for unit, quantity in units.items()
            ),
            "amount": f"{currency.symbol} {self._money(amount)}"
            if self._shows_prices(picking)
            else "",
        }

    @api.model
    def _seal(self, company):
        # sudo: whoever may print a delivery note seals it; the file stays QA's.
        seal = company.sudo().pharma_outbound_seal
        return image_data_uri(seal) if seal else None

    @api.model
    def _number(self, quantity):
        """At most three decimals, none for whole numbers."""
        return f"{quantity:.3f}".rstrip("0").rstrip(".")

    @api.model
    def _money(self, amount):
        return f"{amount:,.2f}"
