from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    trace_ent_id = fields.Char(
        "Trace Platform Number",
        copy=False,
        index="btree_not_null",
        help="The number this company has as sender or receiver on the national trace "
        "platform (ent_id of 码上放心).",
    )
