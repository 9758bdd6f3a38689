import hashlib

from odoo import api, fields, models, tools
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from ..tools import ddl

PREFIX = "pharma_audit_"
# Written with every change; who and when stand in the entry itself.
ALWAYS_IGNORED = ("create_uid", "create_date", "write_uid", "write_date")
SHIPPED_FIELDS = ("is_shipped", "masked_keys")
FUNCTION = {"row": "pharma_audit_row", "relation": "pharma_audit_relation"}


class PharmaAuditTable(models.Model):
    """A model whose rows the trail records, links to other records included.

    Add-ons ship theirs as records. What is shipped can't be switched off here, by
    nobody; others may be added and taken away again.
    """

    _name = "pharma.audit.table"
    _description = "Audited Table"
    _order = "res_model"
    _rec_name = "res_model"

    res_model = fields.Char("Model", required=True)
    model_label = fields.Char("What", compute="_compute_model_label")
    parent_field = fields.Char(
        "Belongs to (field)",
        help="The field that names the document this row belongs to, such as the order "
        "of an order line. Its history shows the row's changes too.",
    )
    ignored_fields = fields.Char(help="Names with commas. Changes of these are noise.")
    masked_fields = fields.Char(
        help="Names with commas. That they changed is recorded, their values aren't."
    )
    masked_keys = fields.Char(
        help="Mask only rows whose key matches this pattern.",
        readonly=True,
    )
    is_shipped = fields.Boolean("Part of the Product", readonly=True)
    active = fields.Boolean(default=True)
    state = fields.Selection(
        [
            ("recording", "Recording"),
            ("broken", "Not recording"),
            ("missing", "No such table"),
            ("off", "Switched off"),
        ],
        compute="_compute_state",
    )

    _model_uniq = models.Constraint(
        "UNIQUE(res_model)", "This table is audited already."
    )

    @api.depends("res_model")
    def _compute_model_label(self):
        labels = self._labels(self.mapped("res_model"))
        for table in self:
            table.model_label = labels.get(table.res_model)

    @api.depends("res_model", "active")
    def _compute_state(self):
        present = {name for _table, name in self._present_triggers()}
        wanted = self._all_wanted_triggers()
        for table in self:
            if not table.active:
                table.state = "off"
            elif not table._is_recordable():
                table.state = "missing"
            else:
                own = {
                    name
                    for (_table, name), (_event, _function, arguments) in wanted.items()
                    if arguments[0] == table.res_model
                }
                table.state = "recording" if own <= present else "broken"

    @api.constrains("res_model", "parent_field", "ignored_fields", "masked_fields")
    def _check_names(self):
        for table in self:
            if not table._is_recordable():
                raise ValidationError(
                    self.env._(
                        "There is no table for «%s». Write the technical name of a "
                        "model whose add-on is installed, such as res.partner.",
                        table.res_model,
                    )
                )
            names = {
                name
                for text in (
                    table.parent_field,
                    table.ignored_fields,
                    table.masked_fields,
                )
                for name in _split(text)
            }
            unknown = sorted(names - self.env[table.res_model]._fields.keys())
            if unknown:
                raise ValidationError(
                    self.env._(
                        "%(model)s has no field %(fields)s. Take it off, or write its "
                        "technical name.",
                        model=table.res_model,
                        fields=", ".join(unknown),
                    )
                )

    @api.constrains("res_model", "parent_field")
    def _check_numbers(self):
        """The triggers read these columns as numbers; others would break writing."""
        for table in self:
            fields_ = self.env[table.res_model]._fields
            for name in {table.parent_field, "company_id"} & fields_.keys():
                field = fields_[name]
                is_link = field.type == "many2one" and not field.company_dependent
                if (
                    field.store
                    and not is_link
                    or name == table.parent_field
                    and not (is_link and field.store)
                ):
                    raise ValidationError(
                        self.env._(
                            "%(model)s can't be recorded by its field %(field)s: that "
                            "must be a stored link to one record.",
                            model=table.res_model,
                            field=name,
                        )
                    )

    @api.model_create_multi
    def create(self, vals_list):
        if self.env.registry.ready:  # only an add-on ships, while it is installed
            for vals in vals_list:
                vals.update(is_shipped=False, masked_keys=False)
        tables = super().create(vals_list)
        self._renew()
        return tables

    def write(self, vals):
        if self.env.registry.ready and self.filtered("is_shipped"):
            raise UserError(
                self.env._(
                    "What the product records can't be changed or switched off: an "
                    "inspector must be able to rely on it. You may record further "
                    "tables."
                )
            )
        if self.env.registry.ready:
            vals = {k: v for k, v in vals.items() if k not in SHIPPED_FIELDS}
        result = super().write(vals)
        self._renew()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_shipped(self):
        if self.filtered("is_shipped"):
            raise UserError(
                self.env._("What the product records can't be taken off the list.")
            )

    def unlink(self):
        result = super().unlink()
        self._renew()
        return result

    def _renew(self):
        self.env.registry.clear_cache()
        if self.env.registry.ready:
            self._install_triggers()

    def _is_recordable(self):
        self.ensure_one()
        model = self.env.get(self.res_model)
        return (
            model is not None
            and not model._abstract
            and model._auto
            and not model._transient
        )

    @api.model
    @tools.ormcache()
    def _audited_models(self):
        """Technical names of the models whose forms have a history."""
        # sudo: which tables are recorded is no secret.
        return tuple(
            table.res_model
            for table in self.sudo().search([])
            if table._is_recordable()
        )

    @api.model
    def _install_triggers(self):
        """Put every wanted trigger on its table and take off those of no use now.

        :return: names of triggers that were missing
        """
        wanted = self._all_wanted_triggers()
        present = self._present_triggers()
        missing = wanted.keys() - present
        for key in sorted(present - wanted.keys()):
            self._drop_trigger(*key)
        for key in sorted(missing):
            self._create_trigger(*key, *wanted[key])
        return missing

    @api.model
    def _all_wanted_triggers(self):
        """{(table, trigger): (event, function, arguments)} of all that is recorded.

        The links between two recorded models are recorded once, on the side of the
        first of them: whose history shows them is decided when it is read.
        """
        # A link that is a model of its own, as members of a channel are, is recorded
        # when that model is.
        own_tables = {model._table for model in self.env.registry.values()}
        existing = self._existing_tables() - own_tables
        wanted, relations = {}, set()
        # sudo: the registry calls this on loading, and recording asks for no rights.
        for table in self.sudo().search([]):
            if not table._is_recordable():
                continue
            wanted |= self._row_triggers(table)
            for field in table._recorded_relations():
                if field.relation in existing and field.relation not in relations:
                    relations.add(field.relation)
                    wanted |= self._relation_triggers(table, field)
        return wanted

    def _ignored_columns(self):
        return (*ALWAYS_IGNORED, *_split(self.ignored_fields))

    def _recorded_relations(self):
        ignored = self._ignored_columns()
        return [
            field
            for field in self.env[self.res_model]._fields.values()
            if field.type == "many2many"
            and field.store
            and field.relation
            and field.name not in ignored
        ]

    @api.model
    def _row_triggers(self, table):
        model = self.env[table.res_model]
        parent = model._fields.get(table.parent_field or "")
        arguments = (
            table.res_model,
            table.parent_field or "",
            parent.comodel_name if parent is not None else "",
            _array(table._ignored_columns()),
            _array(_split(table.masked_fields)),
            table.masked_keys or "",
        )
        return dict(self._triggers_of(model._table, "row", arguments))

    @api.model
    def _relation_triggers(self, table, field):
        arguments = (
            table.res_model,
            field.name,
            field.column1,
            field.comodel_name,
            field.column2,
        )
        return dict(self._triggers_of(field.relation, "relation", arguments))

    @api.model
    def _existing_tables(self):
        self.env.cr.execute(
            """SELECT relname FROM pg_class
                WHERE relkind = 'r' AND relnamespace = current_schema::regnamespace"""
        )
        return {name for (name,) in self.env.cr.fetchall()}

    @api.model
    def _labels(self, names):
        """{technical name: name of the model in the reader's language}."""
        # sudo: how a model is called is no secret.
        found = self.env["ir.model"].sudo().search([("model", "in", list(names))])
        return {model.model: model.name for model in found}

    @api.model
    def _triggers_of(self, table, kind, arguments):
        """The name carries a digest of the arguments: others make another trigger."""
        mark = hashlib.sha256(repr((kind, arguments)).encode()).hexdigest()[:10]
        for event in ddl.EVENTS:
            function = (
                "pharma_audit_truncate" if event == "truncate" else FUNCTION[kind]
            )
            name = f"{PREFIX}{event}_{mark}"
            yield (table, name), (event, function, arguments)

    @api.model
    def _present_triggers(self):
        """{(table, trigger)} that PostgreSQL has and always fires."""
        self.env.cr.execute(
            """SELECT tgrelid::regclass::text, tgname FROM pg_trigger
                WHERE tgname LIKE %s AND tgenabled = 'A'""",
            (PREFIX.replace("_", r"\_") + "%",),
        )
        return {(table.strip('"'), name) for table, name in self.env.cr.fetchall()}

    @api.model
    def _create_trigger(self, table, name, event, function, arguments):
        identifier = SQL.identifier(table)
        self._drop_trigger(table, name)  # one that was only switched off
        self.env.cr.execute(
            SQL(
                "CREATE TRIGGER %s %s FOR EACH STATEMENT EXECUTE FUNCTION %s(%s)",
                SQL.identifier(name),
                SQL(ddl.EVENTS[event].replace("{table}", "%s"), identifier),
                SQL.identifier(function),
                SQL(", ").join(SQL("%s", argument) for argument in arguments),
            )
        )
        self.env.cr.execute(
            SQL(
                "ALTER TABLE %s ENABLE ALWAYS TRIGGER %s",
                identifier,
                SQL.identifier(name),
            )
        )

    @api.model
    def _drop_trigger(self, table, name):
        self.env.cr.execute(
            SQL(
                "DROP TRIGGER IF EXISTS %s ON %s",
                SQL.identifier(name),
                SQL.identifier(table),
            )
        )

    @api.model
    def _drop_triggers(self):
        for key in sorted(self._present_triggers()):
            self._drop_trigger(*key)


def _split(text):
    return [name.strip() for name in (text or "").split(",") if name.strip()]


def _array(names):
    """A literal of a PostgreSQL array; names of columns need no quoting."""
    return "{" + ",".join(names) + "}"
