import json

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools import ddl
from .door import DOORS, acting_user_id

ORIGINS = [*DOORS, ("setup", "Installation"), ("sql", "SQL, past the application")]
OPERATIONS = [
    ("create", "Created"),
    ("update", "Changed"),
    ("delete", "Deleted"),
    ("add", "Linked"),
    ("remove", "Unlinked"),
    ("truncate", "Table emptied"),
    ("login", "Logged in"),
    ("login_failed", "Log-in refused"),
    ("read", "Sensitive data looked at"),
    ("export", "Exported"),
    ("alert", "Alert of the trail"),
]
MONTHS_AHEAD = 2
GUARDED_TABLES = ("pharma_audit_entry", "pharma_audit_seal", "pharma_audit_archive")
# Of an event that names many records, so many ids are written down.
NAMED_IDS = 1000
SUMMARY_LINES = 4


class PharmaAuditEntry(models.Model):
    """One change of one row, one log-in, one export, one look at sensitive data.

    PostgreSQL writes it by triggers, so it is there whoever changed the row and by
    whatever way; it can only be added to (CS-21). The table is partitioned by month.
    ``changes`` is {column: [old, new]}.
    """

    _name = "pharma.audit.entry"
    _description = "Audit Trail Entry"
    _inherit = ["pharma.append.only"]
    _auto = False
    _order = "id desc"
    _rec_name = "res_name"
    # Odoo doesn't count a partitioned table as one; it is read as a query then.
    _table_query = SQL("SELECT * FROM pharma_audit_entry")

    date = fields.Datetime("Time", readonly=True)
    txid = fields.Integer("Transaction", readonly=True, aggregator=None)
    user_id = fields.Many2one("res.users", readonly=True)
    origin = fields.Selection(ORIGINS, "Came by", readonly=True)
    source = fields.Char("From", readonly=True)
    table_name = fields.Char("Table", readonly=True)
    res_model = fields.Char("Model", readonly=True)
    res_id = fields.Many2oneReference(
        "Record ID", model_field="res_model", readonly=True, aggregator=None
    )
    related_model = fields.Char(readonly=True)
    related_id = fields.Many2oneReference(
        "Belongs to", model_field="related_model", readonly=True, aggregator=None
    )
    operation = fields.Selection(OPERATIONS, readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    changes = fields.Json(readonly=True)
    note = fields.Text(readonly=True)
    model_label = fields.Char("What", compute="_compute_model_label")
    res_name = fields.Char("Record", compute="_compute_res_name")
    summary = fields.Text("Old → New", compute="_compute_summary")
    full_text = fields.Text("All Values", compute="_compute_summary")

    def init(self):
        for statement in (ddl.TABLE, *ddl.FUNCTIONS):
            self.env.cr.execute(statement)
        self._guard_table(self._table)
        self._guard_table("pharma_audit_entry_other", is_partition=True)
        self._create_partitions()

    @api.model
    def _restore_own_guards(self):
        """Put back what keeps the trail itself from being changed; what was missing.

        :return: names of tables and functions somebody had been at
        """
        restored = []
        for statement in (ddl.APPEND_ONLY_FUNCTION, *ddl.FUNCTIONS):
            name = statement.split("FUNCTION ")[1].split("(")[0]
            self.env.cr.execute(
                "SELECT prosrc FROM pg_proc WHERE proname = %s", (name,)
            )
            if self.env.cr.fetchall() != [(statement.split("$$")[1],)]:
                self.env.cr.execute(statement)
                restored.append(name)
        self.env.cr.execute(
            """SELECT relation.relname, relation.relispartition
                 FROM pg_class relation
                WHERE relation.relkind IN ('r', 'p')
                  AND (relation.relname = ANY (%s)
                       OR relation.oid IN (SELECT inhrelid FROM pg_inherits
                            WHERE inhparent = 'pharma_audit_entry'::regclass))
                  AND 2 <> (SELECT count(*) FROM pg_trigger
                             WHERE tgrelid = relation.oid AND tgenabled = 'A'
                               AND tgname LIKE 'pharma\\_append\\_only\\_%%')""",
            (list(GUARDED_TABLES),),
        )
        for table, is_partition in self.env.cr.fetchall():
            self._guard_table(table, is_partition=is_partition)
            restored.append(table)
        return restored

    @api.model
    def _register_hook(self):
        super()._register_hook()
        self.env["pharma.audit.table"]._install_triggers()

    @api.depends("res_model")
    def _compute_model_label(self):
        labels = self.env["pharma.audit.table"]._labels(self.mapped("res_model"))
        for entry in self:
            entry.model_label = labels.get(entry.res_model, entry.res_model)

    @api.depends("res_model", "res_id")
    def _compute_res_name(self):
        names = self._names(
            {(entry.res_model, entry.res_id) for entry in self if entry.res_id}
        )
        for entry in self:
            entry.res_name = names.get((entry.res_model, entry.res_id), "")

    @api.depends("changes", "note")
    def _compute_summary(self):
        for entry, lines in zip(self, self._describe(self), strict=True):
            told = [entry.note] if entry.note else []
            told += [f"{line['label']}: {line['text']}" for line in lines]
            entry.full_text = "\n".join(told)
            more = len(told) - SUMMARY_LINES
            if more > 0:
                told = [*told[:SUMMARY_LINES], self.env._("… and %s more", more)]
            entry.summary = "\n".join(told)

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        raise UserError(self.env._("The trail writes its entries itself."))

    def action_open_record(self):
        self.ensure_one()
        if not self.res_id or self.res_model not in self.env:
            raise UserError(self.env._("This entry is about no single record."))
        if not self.env[self.res_model].browse(self.res_id).exists():
            raise UserError(
                self.env._("%s was deleted; its history stays here.", self.res_name)
            )
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    @api.model
    def _search_about(self, model, res_ids):
        """Domain of the entries about records and what belongs to them."""
        return (Domain("res_model", "=", model) & Domain("res_id", "in", res_ids)) | (
            Domain("related_model", "=", model) & Domain("related_id", "in", res_ids)
        )

    @api.model
    def _log(self, operation, records, note, user_id=None):
        """Write down an event that no row tells: a log-in, an export, a look.

        :param operation: one of OPERATIONS
        :param records: whom or what it is about; may be empty
        """
        self.env.cr.execute(self._log_query(operation, records, note, user_id))

    @api.model
    def _log_at_end(self, operation, records, note, user_id=None):
        """The same, kept when this transaction rolls back or can't write."""
        query = self._log_query(operation, records, note, user_id)
        registry, cr, pending = self.env.registry, self.env.cr, [query]

        def write():
            while pending:
                with registry.cursor() as own_cr:
                    own_cr.execute(pending.pop())

        cr.postrollback.add(write)
        cr.postcommit.add(write)

    @api.model
    def _log_query(self, operation, records, note, user_id):
        user_id = user_id or acting_user_id(self.env)
        session = self._audit_session(user_id)
        changes = None
        records = records._origin
        if len(records) > 1:
            changes = json.dumps({"ids": [None, records.ids[:NAMED_IDS]]})
        return SQL(
            """INSERT INTO pharma_audit_entry (user_id, origin, source, table_name,
                   res_model, res_id, operation, company_id, changes, note)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
            user_id,
            session["origin"],
            session["source"],
            records._table,
            records._name,
            records.id if len(records) == 1 else None,
            operation,
            self.env.company.id or None,  # nobody is logged in yet
            changes,
            note,
        )

    @api.model
    def _create_partitions(self):
        """A table for this month and the next ones; the default takes what is left."""
        first = fields.Date.today().replace(day=1)
        for offset in range(MONTHS_AHEAD + 1):
            self._create_partition(first + relativedelta(months=offset))

    @api.model
    def _create_partition(self, month: date):
        name = self._partition_name(month)
        following = month + relativedelta(months=1)
        self.env.cr.execute(
            SQL(
                """SELECT to_regclass(%s) IS NOT NULL OR EXISTS (
                       SELECT FROM pharma_audit_entry_other
                        WHERE date >= %s AND date < %s)""",
                name,
                month,
                following,
            )
        )
        # Entries of that month already lie in the default: they stay there.
        if self.env.cr.fetchone()[0]:
            return
        self.env.cr.execute(
            SQL(
                "CREATE TABLE %s PARTITION OF pharma_audit_entry"
                " FOR VALUES FROM (%s) TO (%s)",
                SQL.identifier(name),
                month,
                following,
            )
        )
        self._guard_table(name, is_partition=True)

    @api.model
    def _partition_name(self, month):
        return f"pharma_audit_entry_{month:%Y_%m}"
