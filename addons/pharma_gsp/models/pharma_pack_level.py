from odoo import api, fields, models
from odoo.exceptions import ValidationError


class PharmaPackLevel(models.Model):
    """One packaging level of a drug with its own identification code (FA-52)."""

    _name = "pharma.pack.level"
    _description = "Packaging Level"
    _order = "product_tmpl_id, quantity"

    product_tmpl_id = fields.Many2one(
        "product.template", required=True, ondelete="cascade", index=True
    )
    level = fields.Selection(
        [("box", "Smallest pack"), ("middle", "Middle pack"), ("case", "Case")],
        required=True,
        default="box",
    )
    quantity = fields.Integer("Smallest Packs", required=True, default=1)
    identification_code = fields.Char(
        help="First seven digits of the trace code (药品标识码)."
    )
    gtin = fields.Char("GTIN")

    _code_uniq = models.Constraint(
        "UNIQUE(identification_code)",
        "This identification code belongs to another product or level already.",
    )
    _level_uniq = models.Constraint(
        "UNIQUE(product_tmpl_id, level)", "This level is described already."
    )
    _quantity_positive = models.Constraint(
        "CHECK(quantity > 0)", "A level holds at least one smallest pack."
    )

    @api.constrains("identification_code")
    def _check_identification_code(self):
        for level in self.filtered("identification_code"):
            code = level.identification_code
            if not (len(code) == 7 and code.isascii() and code.isdigit()):
                raise ValidationError(
                    self.env._(
                        "%s: an identification code has exactly seven digits.", code
                    )
                )
