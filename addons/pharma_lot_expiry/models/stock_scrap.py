from odoo import fields, models
from odoo.exceptions import UserError


class StockScrap(models.Model):
    """Packs that are scrapped by their codes count as destroyed (FA-53)."""

    _inherit = "stock.scrap"

    trace_code_ids = fields.Many2many(
        "pharma.trace.code",
        string="Trace Codes",
        domain="[('product_id', '=', product_id), ('state', 'in', ('in_stock', "
        "'reserved', 'returned', 'recalled', 'sample'))]",
    )

    def do_scrap(self):
        result = super().do_scrap()
        for scrap in self.filtered("trace_code_ids"):
            # sudo: whoever may scrap the goods ends their codes.
            codes = scrap.sudo().trace_code_ids
            scrap._check_codes_fit(codes)
            codes._take("destroy", scrap, location=scrap.scrap_location_id)
        return result

    def _check_codes_fit(self, codes):
        """Codes are of the goods scrapped, and not of more than are (FA-55)."""
        strange = codes.filtered(
            lambda code: (
                code.product_id != self.product_id
                or self.lot_id
                and code.lot_id
                and code.lot_id != self.lot_id
            )
        )
        if strange:
            raise UserError(
                self.env._(
                    "Code %(code)s is of another product or lot than what is scrapped. "
                    "Take it off the list.",
                    code=strange[0].code,
                )
            )
        quantity = self.product_uom_id._compute_quantity(
            self.scrap_qty, self.product_id.uom_id
        )
        if sum(codes.mapped("packs")) > quantity:
            raise UserError(
                self.env._(
                    "The codes stand for %(packs)s packs, but %(quantity)g are scrapped. "
                    "Take codes off the list, or correct the quantity.",
                    packs=sum(codes.mapped("packs")),
                    quantity=quantity,
                )
            )
