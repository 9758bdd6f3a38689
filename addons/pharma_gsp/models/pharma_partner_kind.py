from odoo import fields, models


class PharmaPartnerKind(models.Model):
    """What a trading partner is in the eyes of the law (FA-01, FA-20 … FA-23)."""

    _name = "pharma.partner.kind"
    _description = "Kind of Trading Partner"
    _order = "is_supplier desc, sequence, id"

    code = fields.Char(required=True)
    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    is_supplier = fields.Boolean("Supplier")
    is_buyer = fields.Boolean("Buyer")
    can_sell = fields.Boolean(
        "May Sell",
        default=True,
        help="Off for a contract maker (C licence): it makes drugs for others and "
        "can't sell them itself.",
    )
    is_vaccine_receiver = fields.Boolean(
        "May Receive Vaccines",
        help="Disease control centres and vaccination units (vaccine distribution "
        "service only).",
    )
    default_scope_ids = fields.Many2many(
        "pharma.scope",
        string="Usual Scopes",
        help="Proposed on a new licence of such a partner; the licence decides.",
    )
    active = fields.Boolean(default=True)

    _code_uniq = models.Constraint("UNIQUE(code)", "This code exists already.")
