from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools import ddl


class PharmaAppendOnly(models.AbstractModel):
    """Records that are written once: the ORM refuses changes, and so does PostgreSQL.

    Fields of such a model can't be stored computed ones, since those arrive by UPDATE.
    """

    _name = "pharma.append.only"
    _description = "Append-only Record"

    def init(self):
        if not self._abstract:
            self._guard_table(self._table)

    @api.model
    def _guard_table(self, table, *, is_partition=False):
        """Let PostgreSQL refuse UPDATE, DELETE and TRUNCATE of a table, for anybody.

        A partition has the trigger of its rows from its parent already.
        """
        name = SQL.identifier(table)
        self.env.cr.execute(ddl.APPEND_ONLY_FUNCTION)
        if not is_partition:
            self.env.cr.execute(SQL(ddl.APPEND_ONLY_ROW, table=name))
        self.env.cr.execute(SQL(ddl.APPEND_ONLY, table=name))

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self.env._("What was recorded here can't be changed."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("What was recorded here can't be deleted."))
