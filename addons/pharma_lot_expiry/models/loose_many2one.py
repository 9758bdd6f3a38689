from odoo import fields


class LooseMany2one(fields.Many2one):
    """A link without a foreign key, for tables that take a million rows at once.

    PostgreSQL's check of one link costs as much as the row itself. What is linked is
    of this same transaction, and can't be deleted afterwards (see the ``ondelete``
    methods of lots, products and locations).
    """

    def update_db_foreign_key(self, model, column):
        """No foreign key; the index asked for is made all the same."""
