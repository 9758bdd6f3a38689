from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import label
from ..tools.chinese_font import chinese_font
from ..tools.label_code import gs1_text

# A roll, or some thirty sheets; more is a slip of the finger.
MOST = 1000


class PharmaLabelPrint(models.TransientModel):
    """How many labels of which size, for lots or for places."""

    _name = "pharma.label.print"
    _description = "Print Labels"

    lot_ids = fields.Many2many("stock.lot", string="Lots", readonly=True)
    location_ids = fields.Many2many("stock.location", string="Locations", readonly=True)
    size = fields.Selection(
        [("60x40", "60 × 40 mm"), ("100x60", "100 × 60 mm")],
        default="60x40",
        required=True,
    )
    paper = fields.Selection(
        [("roll", "Label roll"), ("sheet", "A4 sheets")], default="roll", required=True
    )
    copies = fields.Integer("Copies of Each", default=1, required=True)
    has_gs1 = fields.Boolean(
        "GS1 DataMatrix",
        default=True,
        help="Product, expiry and lot for any scanner of the trade, where the product "
        "has a valid GTIN.",
    )
    without_gtin = fields.Char(compute="_compute_without_gtin")

    @api.depends("lot_ids", "has_gs1")
    def _compute_without_gtin(self):
        for wanted in self:
            missing = wanted.lot_ids.filtered(lambda lot: not self._gs1(lot))
            wanted.without_gtin = wanted.has_gs1 and ", ".join(missing.mapped("name"))

    def action_print(self):
        """Open the labels in a tab of their own, ready to print."""
        self.ensure_one()
        self._check_quantity()
        return {
            "type": "ir.actions.act_url",
            "url": f"/pharma/labels/{self.id}.pdf",
            "target": "new",
        }

    def _check_quantity(self):
        count = self.copies * len(self.lot_ids or self.location_ids)
        if not 0 < count <= MOST:
            raise UserError(
                self.env._(
                    "%(count)s labels can't be printed at once: from 1 to %(most)s. "
                    "Change the copies, or choose fewer.",
                    count=count,
                    most=MOST,
                )
            )

    def _pdf(self):
        """The labels, each drawn once and repeated.

        :rtype: bytes
        """
        self._check_quantity()
        self.lot_ids.check_access("read")
        self.location_ids.check_access("read")
        wanted = [
            *(self._lot_label(lot) for lot in self.lot_ids),
            *(self._location_label(place) for place in self.location_ids),
        ]
        fonts = self._fonts()
        pages = [
            page
            for drawn in (label.draw(each, self.size, fonts) for each in wanted)
            for page in [drawn] * self.copies
        ]
        if self.paper == "sheet":
            pages = label.sheets(pages, self.size)
        return label.pdf(pages)

    def _lot_label(self, lot):
        product = lot.product_id
        maker = lot.manufacturer_id or product.manufacturer_id
        storage = dict(
            product._fields["storage_class"]._description_selection(self.env)
        )
        lines = [
            " ".join(filter(None, (product.strength, product.pack_spec))),
            self.env._("Lot %s", lot.name),
            lot.production_date and self.env._("Made on %s", lot.production_date),
            maker.name,
            storage.get(product.storage_class),
        ]
        end = lot.expiry_label or lot.expiry_date
        return label.Label(
            title=product.generic_name or product.name,
            lines=tuple(filter(None, lines)),
            big=self.env._("Expires after %s", end) if end else "",
            qr=f"L:{lot.id}",
            gs1=self._gs1(lot) if self.has_gs1 else None,
        )

    def _location_label(self, place):
        return label.Label(
            title=place.complete_name,
            lines=tuple(filter(None, [place.warehouse_id.name])),
            big=place.barcode or place.name,
            qr=f"P:{place.barcode or place.id}",
        )

    @api.model
    def _gs1(self, lot):
        """What the DataMatrix says; None without a valid GTIN, expiry or lot number."""
        product = lot.product_id
        box = product.pack_level_ids.filtered(lambda level: level.level == "box")
        codes = (box.gtin, product.barcode)
        found = (gs1_text(code, lot.expiry_date, lot.name) for code in codes)
        return next(filter(None, found), None)

    @api.model
    def _fonts(self):
        """The fonts of this server that know Chinese."""
        found = [chinese_font(weight) for weight in ("medium", "bold")]
        if not all(found):
            raise UserError(
                self.env._(
                    "No Chinese font is installed on the server. Ask IT to install "
                    "fonts-noto-cjk."
                )
            )
        return label.Fonts(*found)
