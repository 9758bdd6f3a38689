from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools import trace_code
from .loose_many2one import LooseMany2one

KINDS = [
    ("cn20", "20 digits"),
    ("gs1", "GS1"),
    ("other", "Other platform"),
]
STATES = [
    ("announced", "Announced"),
    ("in_transit", "On the way"),
    ("in_stock", "In stock"),
    ("reserved", "Reserved"),
    ("out", "Out"),
    ("returned", "Returned"),
    ("destroyed", "Destroyed"),
    ("recalled", "Recalled"),
    ("sample", "Sample"),
]
LEVELS = [("box", "Smallest pack"), ("middle", "Middle pack"), ("case", "Case")]
# Boxes in middle packs in cases on pallets, and one to spare.
DEEPEST = 5

# A code is never renamed and never forgotten, whoever asks PostgreSQL to.
GUARD = """
CREATE OR REPLACE FUNCTION pharma_trace_code_guard() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'trace codes are kept as they are: table % is append-only',
        TG_TABLE_NAME;
END $$;
DROP TRIGGER IF EXISTS pharma_append_only_row ON pharma_trace_code;
CREATE TRIGGER pharma_append_only_row
    BEFORE DELETE OR UPDATE OF code, kind, product_id ON pharma_trace_code
    FOR EACH ROW EXECUTE FUNCTION pharma_trace_code_guard();
ALTER TABLE pharma_trace_code ENABLE ALWAYS TRIGGER pharma_append_only_row;
DROP TRIGGER IF EXISTS pharma_append_only_truncate ON pharma_trace_code;
CREATE TRIGGER pharma_append_only_truncate
    BEFORE TRUNCATE ON pharma_trace_code
    FOR EACH STATEMENT EXECUTE FUNCTION pharma_trace_code_guard();
ALTER TABLE pharma_trace_code ENABLE ALWAYS TRIGGER pharma_append_only_truncate;
"""


class PharmaTraceCode(models.Model):
    """One code on one pack: what it is, where it is, what it lies in (FA-50..55).

    A pack inside a closed one has no state, place and owner of its own: it is where
    that one is. So a case of a thousand moves as one row. As soon as one piece leaves,
    everything around it counts as opened for ever, and the other pieces next to it
    stand for themselves from then on (TV-18).

    Rows are written by receipts, imports and scans only; what happened to a code is
    told by its events (``pharma.trace.event``), which nobody changes.
    """

    _name = "pharma.trace.code"
    _description = "Trace Code"
    _rec_name = "code"
    _order = "id desc"
    # Who and when stand in the events: a million rows needn't repeat it.
    _log_access = False
    _told_by = "pharma.trace.event"

    code = fields.Char(size=trace_code.MAX_LENGTH, required=True, readonly=True)
    kind = fields.Selection(KINDS, required=True, readonly=True)
    product_id = LooseMany2one("product.product", "Product", required=True)
    lot_id = LooseMany2one("stock.lot", "Lot", index="btree_not_null")
    level = fields.Selection(LEVELS, required=True, default="box", readonly=True)
    packs = fields.Integer(
        "Smallest Packs", required=True, default=1, readonly=True, aggregator="sum"
    )
    parent_id = LooseMany2one(
        "pharma.trace.code", "Packed in", index="btree_not_null", readonly=True
    )
    child_ids = fields.One2many("pharma.trace.code", "parent_id", "Content")
    is_opened = fields.Boolean(
        "Opened", readonly=True, help="Something was taken out of it (FA-54)."
    )
    own_state = fields.Selection(
        STATES, readonly=True, help="Empty for a pack inside another."
    )
    own_location_id = LooseMany2one("stock.location", "Own Location", readonly=True)
    own_partner_id = LooseMany2one("res.partner", "Own Partner", readonly=True)
    company_id = LooseMany2one("res.company", "Company", required=True, readonly=True)
    holder_id = fields.Many2one(
        "pharma.trace.code", "Moves with", compute="_compute_whereabouts"
    )
    state = fields.Selection(
        STATES, compute="_compute_whereabouts", search="_search_state"
    )
    location_id = fields.Many2one("stock.location", compute="_compute_whereabouts")
    partner_id = fields.Many2one(
        "res.partner",
        "Held by",
        compute="_compute_whereabouts",
        search="_search_partner",
    )
    child_count = fields.Integer(
        "Packs Directly Inside", compute="_compute_child_count"
    )
    expiry_date = fields.Date(related="lot_id.expiry_date")
    event_ids = fields.Many2many(
        "pharma.trace.event", "History", compute="_compute_events"
    )

    _code_uniq = models.Constraint("UNIQUE(code)", "This code exists already.")
    _packs_positive = models.Constraint(
        "CHECK(packs > 0)", "A code stands for one smallest pack at least."
    )
    # What stands for itself, by product: what counts and lists ask for.
    _standing_idx = models.Index("(product_id, own_state) WHERE own_state IS NOT NULL")
    _location_idx = models.Index("(own_location_id) WHERE own_location_id IS NOT NULL")
    _partner_idx = models.Index("(own_partner_id) WHERE own_partner_id IS NOT NULL")

    def init(self):
        self.env.cr.execute(GUARD)

    @api.depends("parent_id", "own_state", "own_location_id", "own_partner_id")
    def _compute_whereabouts(self):
        holders = self._holders()
        for code in self:
            holder = self.browse(holders.get(code._origin.id)) or code
            code.holder_id = holder
            code.state = holder.own_state
            code.location_id = holder.own_location_id
            code.partner_id = holder.own_partner_id

    def _search_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        return self._standing_or_inside(Domain("own_state", "in", value))

    def _search_partner(self, operator, value):
        return self._standing_or_inside(Domain("own_partner_id", operator, value))

    @api.model
    def _standing_or_inside(self, domain):
        """Codes for which ``domain`` is true, and what is inside closed ones of them.

        One step for each level: ids of packs that hold others, never those of a million
        smallest ones.
        """
        inside = Domain("own_state", "=", False)
        found, holders = domain, domain
        for _level in range(DEEPEST - 1):
            holders = inside & Domain("parent_id", "any!", holders)
            found |= holders
        return found

    @api.depends("child_ids")
    def _compute_child_count(self):
        counts = dict(
            self._read_group(
                [("parent_id", "in", self.ids)], ["parent_id"], ["__count"]
            )
        )
        for code in self:
            code.child_count = counts.get(code._origin, 0)

    def _compute_events(self):
        """Its own events, and those of what it lay in."""
        around = self._ancestors()
        links = self.env["pharma.trace.event.code"].search_fetch(
            [("code_id", "in", [*{i for ids in around.values() for i in ids}])],
            ["event_id", "code_id"],
        )
        events = {}
        for link in links:
            events.setdefault(link.code_id.id, []).append(link.event_id.id)
        for code in self:
            found = {
                event
                for ancestor in around.get(code._origin.id, ())
                for event in events.get(ancestor, ())
            }
            code.event_ids = [fields.Command.set(sorted(found, reverse=True))]

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Trace codes are kept as proof."))

    @api.model
    def _check_not_coded(self, field, records):
        """Links of codes have no foreign key; this stands in for it.

        :raise UserError: if a code names one of the records
        """
        # sudo: a code counts for who can't see it, in every company.
        code = self.sudo().search([(field, "in", records.ids)], limit=1)
        if code:
            raise UserError(
                self.env._(
                    "%(record)s can't be deleted: trace codes name it, such as "
                    "%(code)s. Archive it instead.",
                    record=code[field].display_name,
                    code=code.code,
                )
            )

    def action_open_content(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Content of %s", self.code),
            "res_model": self._name,
            "view_mode": "list,form",
            "domain": [("parent_id", "=", self.id)],
        }

    def action_open_holder(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.parent_id.id,
            "views": [(False, "form")],
        }

    @api.model
    def _find(self, texts):
        """{text: code} of those scanned texts that are codes we know.

        One query whatever their number; texts that can't be read are left out.
        """
        parsed = {}
        for text in texts:
            try:
                parsed[text] = trace_code.parse(text).code
            except trace_code.TraceCodeError:
                continue
        # sudo: a code is told by whoever has the pack in hand, of any company.
        found = self.sudo().search_fetch(
            [("code", "in", [*set(parsed.values())])], self._narrow_fields()
        )
        by_code = {code.code: code.with_env(self.env) for code in found}
        return {text: by_code[code] for text, code in parsed.items() if code in by_code}

    @api.model
    def _narrow_fields(self):
        return [
            name
            for name, field in self._fields.items()
            if field.store and field.column_type and name != "id"
        ]

    def _ancestors(self):
        """{id: [own id, id of what it lies in, …]}, from inside out; one query."""
        self.flush_model(["parent_id"])
        rows = self.env.execute_query(
            SQL(
                """WITH RECURSIVE up(id, node, parent_id, depth) AS (
                       SELECT id, id, parent_id, 1 FROM pharma_trace_code
                        WHERE id = ANY(%s)
                       UNION ALL
                       SELECT up.id, code.id, code.parent_id, depth + 1
                         FROM up JOIN pharma_trace_code code ON code.id = up.parent_id
                        WHERE depth < %s)
                   SELECT id, array_agg(node ORDER BY depth) FROM up GROUP BY id""",
                self._origin.ids,
                DEEPEST,
            )
        )
        return dict(rows)

    def _holders(self):
        """{id: id of the outermost closed pack it is in, or its own}; one query."""
        self.flush_model(["parent_id", "own_state"])
        rows = self.env.execute_query(
            SQL(
                """WITH RECURSIVE up(id, node, own_state, parent_id, depth) AS (
                       SELECT id, id, own_state, parent_id, 1 FROM pharma_trace_code
                        WHERE id = ANY(%s)
                       UNION ALL
                       SELECT up.id, code.id, code.own_state, code.parent_id, depth + 1
                         FROM up JOIN pharma_trace_code code ON code.id = up.parent_id
                        WHERE up.own_state IS NULL AND depth < %s)
                   SELECT DISTINCT ON (id) id, node FROM up ORDER BY id, depth DESC""",
                self._origin.ids,
                DEEPEST,
            )
        )
        return dict(rows)

    def _content(self):
        """Ids of these codes and of everything that lies in them; one query."""
        self.flush_model(["parent_id"])
        rows = self.env.execute_query(
            SQL(
                """WITH RECURSIVE tree AS (
                       SELECT id FROM pharma_trace_code WHERE id = ANY(%s)
                       UNION
                       SELECT code.id FROM tree
                         JOIN pharma_trace_code code ON code.parent_id = tree.id)
                   SELECT id FROM tree""",
                self.ids,
            )
        )
        return [number for (number,) in rows]

    def _smallest(self):
        """The smallest packs these codes stand for: themselves or inside them."""
        content = self._content()
        return self.search([("id", "in", content), ("level", "=", "box")])
