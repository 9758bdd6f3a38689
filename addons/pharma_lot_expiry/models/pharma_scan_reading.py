from dataclasses import dataclass, replace

from odoo import api, models

from ..tools import gs1
from ..tools.scan import Scan, classify, lot_key, splits


@dataclass(frozen=True)
class Reading:
    """What a scan means here: the records it names, or why it names none.

    ``packs`` counts smallest packs: a case of ten scanned twice is twenty.
    """

    scan: Scan
    packs: float = 1
    product: object = None
    lot: object = None
    lot_name: str = ""
    expiry: object = None
    production: object = None
    expiry_label: str = ""
    code: str = ""
    location: object = None
    source: object = None
    picking: object = None
    reason: str = ""
    sentence: str = ""
    # Possible meanings, as the device sends the chosen one back: text or answer.
    options: tuple = ()

    @property
    def kind(self):
        return self.scan.kind

    @property
    def lot_key(self):
        return lot_key(self.lot_name or (self.lot.name if self.lot else ""))


class PharmaScanReading(models.AbstractModel):
    """Reads scans: from a text to a product, lot, location, transfer or trace code."""

    _name = "pharma.scan.reading"
    _description = "Reading of Scans"

    @api.model
    def _read(self, texts, products):
        """What each text means.

        :param products: those looked at first when a number belongs to several
        :return: list of ``Reading``, in the order of the texts
        """
        scans = [classify(text) for text in texts]
        elements = {
            scan.text: self._elements(scan.text) for scan in scans if scan.kind == "gs1"
        }
        gathered = self._gather(scans, elements)
        return [self._reading(scan, elements, gathered, products) for scan in scans]

    @api.model
    def _elements(self, text):
        """The GS1 values of an element string, or the error that forbids to use any."""
        try:
            return gs1.parse(text)
        except gs1.Gs1Error as error:
            return error

    @api.model
    def _gather(self, scans, elements):
        """All records the texts of a batch may name, in one query per model."""
        texts = {scan.text for scan in scans if scan.kind in ("text", "gtin")}
        names = {name for text in texts for name in (text, text.upper(), text.lower())}
        gtins = {scan.text for scan in scans if scan.kind == "gtin"}
        gtins |= {
            found.gtin for found in elements.values() if getattr(found, "gtin", None)
        }
        lot_names = names | {
            name
            for found in elements.values()
            if getattr(found, "lot", None)
            for name in (found.lot, found.lot.upper(), found.lot.lower())
        }
        return {
            "lots": self._lots(scans, lot_names),
            "places": self._places(scans, names),
            "pickings": self.env["stock.picking"].search([("name", "in", list(names))]),
            "gtins": self._products_of_gtins(gtins),
            "products": self.env["product.product"].search(
                [
                    "|",
                    ("barcode", "in", list(names)),
                    ("default_code", "in", list(names)),
                ]
            ),
        }

    @api.model
    def _lots(self, scans, names):
        numbers = [s.record_id for s in scans if s.kind == "lot" and s.record_id]
        return self.env["stock.lot"].search(
            ["|", ("id", "in", numbers), ("name", "in", list(names))]
        )

    @api.model
    def _places(self, scans, names):
        """Locations by barcode, or by the number on our own label."""
        labels = {s.text[2:].strip() for s in scans if s.kind == "location"}
        numbers = [s.record_id for s in scans if s.kind == "location" and s.record_id]
        return self.env["stock.location"].search(
            [
                "|",
                "|",
                ("id", "in", numbers),
                ("barcode", "in", list(names | labels)),
                ("complete_name", "in", list(labels)),
            ]
        )

    @api.model
    def _products_of_gtins(self, gtins):
        """{14 digits: (product, smallest packs)} by barcode or packaging level."""
        spellings = {
            spelling: gtin.zfill(14)
            for gtin in gtins
            for full in [gtin.zfill(14)]
            for spelling in {full, full[1:], full[2:], full[6:], gtin}
            if spelling.zfill(14) == full
        }
        found = {}
        levels = self.env["pharma.pack.level"].search([("gtin", "in", list(spellings))])
        for level in levels:
            product = level.product_tmpl_id.product_variant_id
            found[spellings[level.gtin]] = (product, level.quantity)
        products = self.env["product.product"].search(
            [("barcode", "in", list(spellings))]
        )
        for product in products:
            found.setdefault(spellings[product.barcode], (product, 1))
        return found

    @api.model
    def _reading(self, scan, elements, gathered, products):
        if scan.kind == "gs1":
            return self._read_gs1(scan, elements[scan.text], gathered)
        reader = {
            "bad": self._read_bad,
            "code": self._read_code,
            "gtin": self._read_gtin,
            "lot": self._read_lot,
            "location": self._read_location,
            "text": self._read_text,
        }[scan.kind]
        return reader(scan, gathered, products)

    @api.model
    def _read_bad(self, scan, gathered, products):
        return Reading(
            scan, reason=scan.reason, sentence=self._bad_sentences()[scan.reason]
        )

    @api.model
    def _read_code(self, scan, gathered, products):
        return Reading(scan, scan.packs, code=scan.text)

    @api.model
    def _read_gtin(self, scan, gathered, products):
        if known := gathered["gtins"].get(scan.text.zfill(14)):
            product, packs = known
            return Reading(scan, scan.packs * packs, product)
        reading = self._read_text(scan, gathered, products)
        if reading.reason:
            reading = replace(
                reading,
                sentence=self.env._(
                    "No product has the barcode %s. Enter it at the product, or at one "
                    "of its packaging levels.",
                    scan.text,
                ),
            )
        return reading

    @api.model
    def _read_lot(self, scan, gathered, products):
        lot = gathered["lots"].filtered(lambda lot: lot.id == scan.record_id)
        if not lot:
            return self._unknown(
                scan, self.env._("This label names a lot that isn't on file any more.")
            )
        return Reading(scan, scan.packs, lot.product_id, lot, lot.name)

    @api.model
    def _read_location(self, scan, gathered, products):
        label = scan.text[2:].strip()
        places = gathered["places"]
        found = places.filtered(
            lambda place: label in (place.barcode, place.complete_name)
        )
        found = found or places.filtered(lambda place: place.id == scan.record_id)
        if not found:
            return self._unknown(
                scan, self.env._("No location has the label «%s».", label)
            )
        return Reading(scan, location=found[0])

    @api.model
    def _read_text(self, scan, gathered, products):
        """A name or number: of a transfer, a location, a lot or a product."""
        name = scan.text.upper()
        for field, records in (("picking", "pickings"), ("location", "places")):
            found = gathered[records].filtered(
                lambda r, field=field: (
                    (r.name if field == "picking" else r.barcode or "").upper() == name
                )
            )
            if found:
                return Reading(scan, scan.packs, **{field: found[0]})
        lots = gathered["lots"].filtered(lambda lot: lot_key(lot.name) == lot_key(name))
        if lots:
            return self._read_lot_number(scan, lots, products)
        found = gathered["products"].filtered(
            lambda p: (
                name in ((p.barcode or "").upper(), (p.default_code or "").upper())
            )
        )
        if found:
            return Reading(scan, scan.packs, found[0])
        return self._unknown(scan, self._hint(scan))

    @api.model
    def _read_lot_number(self, scan, lots, products):
        """A bare lot number may be that of several products."""
        near = lots.filtered(lambda lot: lot.product_id in products) or lots
        if len(near.product_id) > 1:
            return Reading(
                scan,
                scan.packs,
                reason="ambiguous",
                sentence=self.env._(
                    "Lot %s exists of several products. Which one do you hold?",
                    scan.text,
                ),
                options=tuple(
                    {
                        "label": lot.product_id.display_name,
                        "text": f"{scan.packs}*L:{lot.id}",
                    }
                    for lot in near
                ),
            )
        return Reading(scan, scan.packs, near[0].product_id, near[0], near[0].name)

    @api.model
    def _read_gs1(self, scan, found, gathered):
        if isinstance(found, gs1.Gs1Error):
            return Reading(scan, reason="gs1", sentence=self._gs1_sentence(found))
        if found.is_ambiguous:
            return self._ask_how_to_split(scan, found)
        if found.sscc and not found.gtin:
            return Reading(scan, scan.packs, code=f"(00){found.sscc}")
        product, packs = gathered["gtins"].get(found.gtin, (None, 1))
        if not product:
            return self._unknown(
                scan,
                self.env._(
                    "No product has the GTIN %s. Enter it at the product, or at one of "
                    "its packaging levels.",
                    found.gtin,
                ),
            )
        lot = gathered["lots"].filtered(
            lambda lot: (
                lot.product_id == product and lot_key(lot.name) == lot_key(found.lot)
            )
        )
        return Reading(
            scan,
            scan.packs * packs,
            product,
            lot[:1],
            found.lot or "",
            found.expiry,
            found.production,
            code=scan.text if found.serial else "",
        )

    @api.model
    def _ask_how_to_split(self, scan, found):
        """TV-23: no separator after an open field. Only the person sees the pack."""
        options = [
            {
                "text": f"{scan.packs}*{gs1.encode(each.raw, brackets=True)}",
                "label": self._values_label(each),
            }
            for each in splits(scan.text, found)
        ]
        return Reading(
            scan,
            scan.packs,
            reason="ambiguous",
            sentence=self.env._(
                "The code lacks a separator, so it reads in more than one way. Compare "
                "with the pack: which is right?"
            ),
            options=tuple(options),
        )

    @api.model
    def _values_label(self, found):
        parts = [self.env._("lot %s", found.lot) if found.lot else ""]
        parts += [self.env._("serial %s", found.serial) if found.serial else ""]
        parts += [self.env._("expires %s", found.expiry) if found.expiry else ""]
        parts += [self.env._("made %s", found.production) if found.production else ""]
        return ", ".join(filter(None, parts))

    @api.model
    def _unknown(self, scan, sentence):
        return Reading(scan, reason="unknown", sentence=sentence)

    @api.model
    def _hint(self, scan):
        """Why a text may have been found nowhere."""
        hints = {
            "half": self.env._(
                "«%s» is only half of a trace code. Scan the whole code: 20 digits.",
                scan.text,
            ),
            "check": self.env._(
                "«%s» is no barcode: its last digit doesn't fit. Scan it again.",
                scan.text,
            ),
        }
        return hints.get(scan.reason) or self.env._(
            "«%s» is unknown here: no transfer, location, lot or product is called so.",
            scan.text,
        )

    @api.model
    def _bad_sentences(self):
        return {
            "empty": self.env._("Nothing was scanned. Scan again."),
            "noise": self.env._("The scanner sent noise, not a code. Scan again."),
            "packs": self.env._("A scan counts 1 to 9999 packs."),
            "short": self.env._(
                "A trace code has 20 digits, this one has fewer: it was cut off. Scan "
                "it again; nothing is filled up."
            ),
            "long": self.env._(
                "A trace code has 20 digits, this one has more. Scan it again; nothing "
                "is cut off."
            ),
            "two": self.env._(
                "Two codes ran together. Scan them one after the other, with Enter "
                "after each."
            ),
            "letter": self.env._(
                "There is a letter among the digits, such as O for 0. Scan the code "
                "instead of typing it."
            ),
            "address": self.env._(
                "This is the address of a web page. Scan the trace code beside it."
            ),
            "label": self.env._("This lot label can't be read. Print it again."),
        }

    @api.model
    def _gs1_sentence(self, error):
        reasons = {
            "empty": self.env._("it is empty"),
            "unknown_ai": self.env._(
                "it has a field (%s) that is none of GS1", error.ai
            ),
            "length": self.env._(
                "field (%s) is too short, too long or misread", error.ai
            ),
            "date": self.env._("field (%s) is no date of the calendar", error.ai),
            "duplicate": self.env._("field (%s) comes twice: two codes?", error.ai),
            "check_digit": self.env._(
                "the last digit of field (%s) doesn't fit", error.ai
            ),
            "companion": self.env._(
                "field (%s) stands without a product code", error.ai
            ),
            "dates": self.env._("it was made after it expires: dates swapped?"),
        }
        return self.env._(
            "This GS1 code is not used, no part of it: %s. Scan it again, or tell the "
            "supplier.",
            reasons.get(error.kind, error.kind),
        )
