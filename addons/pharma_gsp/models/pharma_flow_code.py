from odoo import fields, models


class PharmaFlowCode(models.Model):
    """One kind of difference between order, goods, invoice and money (CS-30).

    The kinds come with the software; ``tools.four_flow`` knows when each applies.
    """

    _name = "pharma.flow.code"
    _description = "Kind of Four-Flow Gap"
    _order = "sequence, id"

    code = fields.Char(required=True, readonly=True)
    name = fields.Char(required=True, translate=True)
    description = fields.Text("What It Means and How to Clear It", translate=True)
    sequence = fields.Integer(default=10)
    color = fields.Integer()

    _code_uniq = models.Constraint("UNIQUE(code)", "This kind exists already.")
