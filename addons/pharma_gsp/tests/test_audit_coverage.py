from odoo.tests import tagged

from .common import PharmaCommon

LOG = {"create_uid", "create_date", "write_uid", "write_date"}
# Core models whose rows an inspector asks about.
CORE = (
    "res.partner",
    "product.template",
    "product.product",
    "purchase.order",
    "purchase.order.line",
    "sale.order",
    "sale.order.line",
    "stock.picking",
    "stock.move",
    "stock.move.line",
    "stock.quant",
    "stock.lot",
    "account.move",
    "account.move.line",
    "account.payment",
    "res.users",
    "res.groups",
    "ir.config_parameter",
)


@tagged("post_install", "-at_install")
class TestAuditCoverage(PharmaCommon):
    """What can be written is recorded; a new field can't be forgotten (CS-21)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.cr.execute(
            """SELECT tgrelid::regclass::text, tgname, encode(tgargs, 'escape')
                 FROM pg_trigger
                WHERE tgname LIKE 'pharma\\_audit\\_%' AND tgenabled = 'A'"""
        )
        cls.triggers = {}
        for table, name, arguments in cls.env.cr.fetchall():
            event = name.split("_")[2]
            events = cls.triggers.setdefault(table.strip('"'), {})
            events[event] = arguments.split("\\000")

    def _models(self):
        own = [
            name
            for name, model in self.env.registry.items()
            if name.startswith("pharma.")
            and model._auto
            and not model._abstract
            and not model._transient
            and not name.startswith("pharma.audit.")
            and not self._is_told_by_events(self.env[name])
        ]
        self.assertGreater(len(own), 15)
        return [self.env[name] for name in (*own, *CORE)]

    def _is_told_by_events(self, model):
        """Rows that come by the million: what happens to them is told by another model.

        Its rows must be append-only in PostgreSQL, and so must what is fixed in these.
        """
        teller = getattr(model, "_told_by", None)
        if not teller:
            return False
        for table in (model._table, self.env[teller]._table):
            self.env.cr.execute(
                """SELECT tgname FROM pg_trigger
                    WHERE tgrelid = %s::regclass AND tgenabled = 'A'
                      AND tgname LIKE 'pharma\\_append\\_only%%'""",
                (table,),
            )
            self.assertEqual(self.env.cr.rowcount, 2, table)
        return True

    def _missing(self, model):
        """Names of writable fields whose change would leave no entry.

        A link that is a model of its own (members of a channel) is that model's.
        """
        own_tables = {other._table for other in self.env.registry.values()}
        events = self.triggers.get(model._table, {})
        is_recorded = {"insert", "update", "delete", "truncate"} <= events.keys()
        ignored = set()
        if is_recorded:
            ignored = set(events["update"][3].strip("{}").split(",")) - LOG
        for name, field in model._fields.items():
            if not field.store or name == "id":
                continue
            if field.type == "many2many" and field.relation not in own_tables:
                links = self.triggers.get(field.relation, {})
                if not {"insert", "update", "delete"} <= links.keys():
                    yield name
            elif field.column_type and (not is_recorded or name in ignored):
                yield name

    def test_every_writable_field_of_every_model_is_recorded(self):
        missing = {
            f"{model._name}.{name}"
            for model in self._models()
            for name in self._missing(model)
        }
        self.assertEqual(missing, set())

    def test_a_paper_an_order_and_a_movement_leave_their_entries(self):
        """The same through the real thing, for one of each kind."""
        order = self._sold()
        self._validate(order.sudo().picking_ids, "picker")
        self.env.flush_all()
        recorded = set(
            self.env["pharma.audit.entry"]
            .search([("operation", "in", ("create", "update", "add"))])
            .mapped("res_model")
        )
        self.assertLessEqual(
            {
                "pharma.document",
                "pharma.dossier",
                "pharma.person",
                "sale.order",
                "sale.order.line",
                "stock.picking",
                "stock.move",
                "stock.move.line",
                "stock.quant",
            },
            recorded,
        )

    def test_who_confirmed_an_order_is_told(self):
        order = self._create_sale()
        self.env.flush_all()
        self._as("seller", order).action_confirm()
        self.env.flush_all()
        history = self._as("seller", self.env["pharma.audit.entry"]).get_history(
            "sale.order", order.id
        )
        lines = [
            (step["user"], line["label"], line["new"])
            for step in history["steps"]
            for row in step["rows"]
            for line in row["lines"]
        ]
        self.assertIn(("Test seller", "Status", "Sales Order"), lines)
