from odoo import fields


class BigInteger(fields.Integer):
    """An integer of eight bytes: ids of entries and transactions outgrow four."""

    _column_type = ("int8", "int8")
