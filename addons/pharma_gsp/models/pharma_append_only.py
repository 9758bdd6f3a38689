from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class PharmaAppendOnly(models.AbstractModel):
    """Records that are written once: the ORM refuses changes, and so does PostgreSQL.

    Fields of such a model can't be stored computed ones, since those arrive by UPDATE.
    """

    _name = "pharma.append.only"
    _description = "Append-only Record"

    def init(self):
        if self._abstract:
            return
        self.env.cr.execute(
            SQL(
                """
                CREATE OR REPLACE FUNCTION pharma_append_only() RETURNS trigger
                LANGUAGE plpgsql AS $$
                BEGIN
                    RAISE EXCEPTION 'table %% is append-only', TG_TABLE_NAME;
                END $$;
                CREATE OR REPLACE TRIGGER pharma_append_only_row
                    BEFORE UPDATE OR DELETE ON %(table)s
                    FOR EACH ROW EXECUTE FUNCTION pharma_append_only();
                CREATE OR REPLACE TRIGGER pharma_append_only_truncate
                    BEFORE TRUNCATE ON %(table)s
                    FOR EACH STATEMENT EXECUTE FUNCTION pharma_append_only();
                """,
                table=SQL.identifier(self._table),
            )
        )

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self.env._("What was recorded here can't be changed."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("What was recorded here can't be deleted."))
