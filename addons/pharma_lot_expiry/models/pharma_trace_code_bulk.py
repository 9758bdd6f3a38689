from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools import aggregation, code_scan, code_state, trace_code

# How many of one kind of problem are listed; a file may be wrong in every line.
LISTED = 50
LAYER_OF_LEVEL = {"box": 1, "middle": 2, "case": 3}

STAGE = """
DROP TABLE IF EXISTS pg_temp.pharma_trace_stage;
CREATE TEMPORARY TABLE pharma_trace_stage (
    id integer NOT NULL DEFAULT nextval('public.pharma_trace_code_id_seq'),
    line integer, code varchar, kind varchar, drug_id varchar, layer smallint,
    parent varchar, batch integer
) ON COMMIT DROP;
"""
COPY = """
COPY pharma_trace_stage (line, code, kind, drug_id, layer, parent, batch) FROM STDIN
"""


class CodeRow(NamedTuple):
    """One code of a bulk receipt. ``layer`` is 1 for the smallest pack and so on."""

    code: str
    product_id: int
    lot_id: int | None = None
    parent: str | None = None
    layer: int | None = None


class PharmaTraceCode(models.Model):
    """A million codes at once: staged by COPY, checked by sets, kept or refused."""

    _inherit = "pharma.trace.code"

    @api.model
    def _intake(self, picking, rows):
        """Scan any number of codes for a transfer, all of them or none.

        At a receipt, codes that were announced (``pharma.trace.import``) are found
        again, others are new. A row whose parent is among the rows counts with it.

        :param rows: ``CodeRow`` values, or tuples like it
        :return: {"codes": rows, "scans": packs that stand for themselves}
        :raise UserError: listing what doesn't fit
        """
        picking.check_access("write")
        # sudo: who may work on the transfer may scan for it.
        self, picking = self.sudo(), picking.sudo()
        staged, groups = self._rows_to_stage(rows)
        count = self._stage(staged)
        problems = self._intake_problems(picking, groups)
        if problems:
            raise UserError(self._problem_text(problems))
        self._insert_staged(groups, picking.company_id, is_known_kept=True)
        scans = self._insert_scans(picking, groups)
        self.invalidate_model()
        self.env["pharma.trace.scan"].invalidate_model()
        return {"codes": count, "scans": scans}

    @api.model
    def _rows_to_stage(self, rows):
        """(rows as `_stage` takes them, [(product id, lot id)] by batch number)."""
        parsed = self._parsed_rows(rows)
        parents = {row.parent for _code, row in parsed}
        layers = self._layers({code.drug_id: code for code, _row in parsed})
        groups, staged = {}, []
        for line, (code, row) in enumerate(parsed, 1):
            layer = row.layer or layers[code.drug_id] or 1 + (code.code in parents)
            group = (row.product_id, row.lot_id or None)
            batch = groups.setdefault(group, len(groups))
            staged.append(
                (line, code.code, code.kind, code.drug_id, layer, row.parent, batch)
            )
        return staged, [*groups]

    @api.model
    def _parsed_rows(self, rows):
        """[(code, row with its parent normalised)]."""
        parsed = []
        try:
            for values in rows:
                row = CodeRow(*values)
                parent = row.parent and trace_code.parse(row.parent).code
                parsed.append((trace_code.parse(row.code), row._replace(parent=parent)))
        except trace_code.TraceCodeError as error:
            raise UserError(self._unreadable_sentence(error)) from error
        return parsed

    @api.model
    def _layers(self, examples):
        """{identification code: layer of its level, or None}.

        :param examples: {identification code: one code of it}
        """
        goods = self.env["pharma.code.mapping"]._goods([*examples.values()])
        return {
            drug_id: LAYER_OF_LEVEL[goods[code.code][1]] if code.code in goods else None
            for drug_id, code in examples.items()
        }

    @api.model
    def _stage(self, rows: Iterable[tuple]):
        """Put rows aside for this transaction by COPY; their number.

        :param rows: as ``tools.aggregation.Reader`` yields them
        :raise Exception: what reading the rows raised; the transaction is unharmed
        """
        cr = self.env.cr
        cr.execute("SET LOCAL work_mem = '128MB'")
        cr.execute(STAGE)
        source = _Lines(rows)
        cr.copy_expert(COPY, source, size=1 << 20)
        if source.error:
            raise source.error
        cr.execute("ANALYZE pharma_trace_stage")
        return source.count

    @api.model
    def _stage_problems(self):
        """What contradicts itself among the staged rows, or is known already.

        A pack lies in a larger one, so no chain of packs can lead back to itself.

        :return: list of ``tools.aggregation.Problem``
        """
        doubles = self._problems(
            "duplicate",
            """SELECT max(line), code FROM pharma_trace_stage
                GROUP BY code HAVING count(*) > 1
                   AND count(DISTINCT COALESCE(parent, '')) = 1""",
        )
        two_parents = self._problems(
            "two_parents",
            """SELECT max(line), code FROM pharma_trace_stage
                GROUP BY code HAVING count(DISTINCT COALESCE(parent, '')) > 1""",
        )
        orphans = self._problems(
            "no_parent",
            """SELECT child.line, child.parent FROM pharma_trace_stage child
                WHERE child.parent IS NOT NULL AND NOT EXISTS (
                      SELECT FROM pharma_trace_stage pack
                       WHERE pack.code = child.parent)""",
        )
        return [*doubles, *two_parents, *orphans, *self._nesting_problems()]

    @api.model
    def _nesting_problems(self):
        """Packs that lie in one no larger: in a circle, or just wrongly."""
        wrong = self._problems(
            "nesting",
            """SELECT child.line, child.code
                 FROM pharma_trace_stage child
                 JOIN pharma_trace_stage pack ON pack.code = child.parent
                WHERE pack.layer <= child.layer""",
        )
        if not wrong:
            return []
        circles = {
            code
            for (code,) in self.env.execute_query(
                SQL(
                    """WITH RECURSIVE up(start, node, depth) AS (
                           SELECT code, parent, 1 FROM pharma_trace_stage
                            WHERE code = ANY(%s)
                           UNION
                           SELECT start, pack.parent, depth + 1
                             FROM up JOIN pharma_trace_stage pack
                               ON pack.code = up.node
                            WHERE depth < 10 AND node <> start)
                       SELECT DISTINCT start FROM up WHERE node = start""",
                    [problem.value for problem in wrong],
                )
            )
        }
        return [
            aggregation.Problem("cycle", p.line, p.value) if p.value in circles else p
            for p in wrong
        ]

    @api.model
    def _problems(self, kind, query):
        query = query if isinstance(query, SQL) else SQL(query)
        rows = self.env.execute_query(SQL("%s ORDER BY 1 LIMIT %s", query, LISTED))
        return [aggregation.Problem(kind, line, value) for line, value in rows]

    @api.model
    def _staged_goods(self):
        """{identification code: (product, level, packs)} of what is staged."""
        rows = self.env.execute_query(
            SQL(
                """SELECT kind, drug_id, min(code) FROM pharma_trace_stage
                    WHERE drug_id IS NOT NULL GROUP BY kind, drug_id"""
            )
        )
        codes = [
            trace_code.TraceCode(kind, code, drug_id) for kind, drug_id, code in rows
        ]
        goods = self.env["pharma.code.mapping"]._goods(codes)
        for code in codes:
            if code.code not in goods:
                self.env["pharma.code.mapping"]._note(code)
        return {code.drug_id: goods.get(code.code) for code in codes}

    @api.model
    def _goods_problems(self, goods, products):
        """Codes nobody can tell the product of, and codes of other goods (FA-52).

        :param products: the product of each batch, by batch number
        """
        rows = self.env.execute_query(
            SQL(
                """SELECT batch, drug_id, min(line), min(code) FROM pharma_trace_stage
                    WHERE drug_id IS NOT NULL GROUP BY batch, drug_id ORDER BY 3"""
            )
        )
        problems = []
        for batch, drug_id, line, code in rows:
            found = goods[drug_id]
            if not found:
                problems.append(aggregation.Problem("unmapped", line, drug_id))
            elif found[0].id != products[batch]:
                problems.append(aggregation.Problem("other_product", line, code))
        return problems

    @api.model
    def _known_problems(self):
        return self._problems(
            "known",
            """SELECT line, code FROM pharma_trace_stage
                WHERE code IN (SELECT code FROM pharma_trace_code)""",
        )

    @api.model
    def _intake_problems(self, picking, groups):
        """Why the staged rows can't be received with this transfer."""
        problems = self._stage_problems() or self._goods_problems(
            self._staged_goods(), [product for product, _lot in groups]
        )
        if problems:
            return problems
        moved = self._problems("not_here", self._misplaced(picking))
        other = self._problems(
            "other_lot",
            SQL(
                """SELECT stage.line, code.code
                     FROM pharma_trace_stage stage
                     JOIN pharma_trace_code code ON code.code = stage.code
                     JOIN (VALUES %s) AS goods(batch, product_id, lot_id)
                       ON goods.batch = stage.batch
                    WHERE code.product_id <> goods.product_id
                       OR code.lot_id <> goods.lot_id::integer""",
                _numbered(groups),
            ),
        )
        return [*moved, *other, *self._line_problems(picking, groups)]

    @api.model
    def _misplaced(self, picking):
        """(line, code) of staged packs that can't take this transfer's step."""
        step = picking._trace_step()
        before = [*code_state.TRANSITIONS.get(step, ())]
        return SQL(
            """SELECT stage.line, stage.code
                 FROM pharma_trace_stage stage
                 LEFT JOIN pharma_trace_code code ON code.code = stage.code
                WHERE stage.parent IS NULL AND NOT COALESCE(
                      code.own_state = ANY(%s) AND NOT code.is_opened
                      AND NOT EXISTS (
                          SELECT FROM pharma_trace_scan scan
                           WHERE scan.code_id = code.id AND scan.state = 'open'),
                      %s)""",
            before,
            step in code_scan.FIRST_SEEN,
        )

    @api.model
    def _line_problems(self, picking, groups):
        """Lots that stand on no line of the transfer (FA-55)."""
        lots = self.env["stock.lot"].browse([lot for _product, lot in groups if lot])
        written = {
            (line.product_id.id, line.lot_id.name or (line.lot_name or "").strip())
            for line in picking.move_line_ids
        }
        names = dict(zip(lots.ids, lots.mapped("name"), strict=True))
        return [
            aggregation.Problem("no_line", 0, names.get(lot, ""))
            for product, lot in groups
            if (product, names.get(lot, "")) not in written
            and (product, "") not in written
        ]

    @api.model
    def _insert_staged(self, groups, company, *, is_known_kept=False):
        """Keep what is staged: one statement, parents and counts worked out on the way.

        :param groups: [(product id, lot id)] by batch number
        """
        levels = [
            (drug_id, found[1], found[2])
            for drug_id, found in self._staged_goods().items()
            if found
        ] or [("", "box", 1)]
        self._count_staged(levels)
        skipped = SQL(
            "WHERE NOT EXISTS (SELECT FROM pharma_trace_code old"
            " WHERE old.code = stage.code)"
            if is_known_kept
            else ""
        )
        self.env.cr.execute(
            SQL(
                """INSERT INTO pharma_trace_code (id, code, kind, product_id, lot_id,
                       level, packs, parent_id, is_opened, own_state, company_id)
                   SELECT stage.id, stage.code, stage.kind, goods.product_id,
                          goods.lot_id::integer,
                          COALESCE(level.level, CASE stage.layer WHEN 1 THEN 'box'
                              WHEN 2 THEN 'middle' ELSE 'case' END),
                          COALESCE(content.packs, level.packs, 1), pack.id, FALSE,
                          CASE WHEN stage.parent IS NULL THEN 'announced' END, %s
                     FROM pharma_trace_stage stage
                     JOIN (VALUES %s) AS goods(batch, product_id, lot_id)
                       ON goods.batch = stage.batch
                     LEFT JOIN (VALUES %s) AS level(drug_id, level, packs)
                       ON level.drug_id = stage.drug_id
                     LEFT JOIN pharma_trace_content content
                       ON content.code = stage.code
                     LEFT JOIN pharma_trace_stage pack ON pack.code = stage.parent
                     %s""",
                company.id,
                _numbered(groups),
                _values(levels),
                skipped,
            )
        )

    @api.model
    def _count_staged(self, levels):
        """How many smallest packs lie in each staged one, from the inside out."""
        cr = self.env.cr
        cr.execute(
            """DROP TABLE IF EXISTS pg_temp.pharma_trace_content;
               CREATE TEMPORARY TABLE pharma_trace_content (
                   code varchar, packs integer) ON COMMIT DROP"""
        )
        layers = self.env.execute_query(
            SQL("SELECT DISTINCT layer FROM pharma_trace_stage WHERE layer > 1")
        )
        for (layer,) in sorted(layers):
            cr.execute(
                SQL(
                    """INSERT INTO pharma_trace_content
                       SELECT pack.code,
                              sum(COALESCE(content.packs, level.packs, 1))
                         FROM pharma_trace_stage pack
                         JOIN pharma_trace_stage child ON child.parent = pack.code
                         LEFT JOIN pharma_trace_content content
                           ON content.code = child.code
                         LEFT JOIN (VALUES %s) AS level(drug_id, level, packs)
                           ON level.drug_id = child.drug_id
                        WHERE pack.layer = %s GROUP BY pack.code""",
                    _values(levels),
                    layer,
                )
            )

    @api.model
    def _insert_scans(self, picking, groups):
        """Scans of the staged rows that stand for themselves; their number."""
        lots = self.env["stock.lot"].browse([lot for _product, lot in groups if lot])
        names = dict(zip(lots.ids, lots.mapped("name"), strict=True))
        lines = []
        for batch, (product, lot) in enumerate(groups):
            fitting = picking.move_line_ids.filtered(
                lambda line, product=product, lot=lot: (
                    line.product_id.id == product
                    and (line.lot_id.name or line.lot_name or names.get(lot))
                    == names.get(lot)
                )
            )
            lines.append((batch, fitting[:1].id or None))
        self.env.cr.execute(
            SQL(
                """INSERT INTO pharma_trace_scan (uid, picking_id, move_line_id,
                       code_id, product_id, lot_id, packs, user_id, date, company_id,
                       state)
                   SELECT 'intake/' || %s || '/' || code.code, %s, line.id::integer,
                          code.id, code.product_id, code.lot_id, code.packs, %s,
                          now() AT TIME ZONE 'UTC', %s, 'open'
                     FROM pharma_trace_stage stage
                     JOIN pharma_trace_code code ON code.code = stage.code
                     JOIN (VALUES %s) AS line(batch, id) ON line.batch = stage.batch
                    WHERE stage.parent IS NULL""",
                picking.id,
                picking.id,
                self.env.uid,
                picking.company_id.id,
                _values(lines),
            )
        )
        return self.env.cr.rowcount

    @api.model
    def _problem_text(self, problems):
        """The list of what is wrong, a line each, as people read it."""
        lines = [self._problem_sentence(problem) for problem in problems]
        return "\n".join(dict.fromkeys(lines))

    @api.model
    def _problem_sentence(self, problem):
        sentence = self._problem_sentences()[problem.kind]
        text = sentence % {"value": problem.value}
        if not problem.line:
            return text
        return self.env._("Line %(line)s: %(text)s", line=problem.line, text=text)

    @api.model
    def _problem_sentences(self):
        """{kind of problem: sentence with the value to fill in}."""
        return {
            "code": self.env._("«%(value)s» is no trace code."),
            "parent": self.env._(
                "«%(value)s», named as what it lies in, is no trace code."
            ),
            "layer": self.env._(
                "«%(value)s» is no packaging layer; 1 is the smallest pack."
            ),
            "batch": self.env._("Code %(value)s stands outside of any batch."),
            "date": self.env._("«%(value)s» is no date."),
            "dates": self.env._("Made after its expiry: %(value)s."),
            "lot": self.env._("The batch has no lot number."),
            "duplicate": self.env._("Code %(value)s stands there twice."),
            "two_parents": self.env._("Code %(value)s lies in two packs at once."),
            "no_parent": self.env._(
                "Code %(value)s is named as what others lie in, but isn't there itself."
            ),
            "nesting": self.env._(
                "Code %(value)s lies in a pack that is no larger than it."
            ),
            "cycle": self.env._(
                "Code %(value)s lies in itself, by way of other packs."
            ),
            "known": self.env._("Code %(value)s is known here already."),
            "unmapped": self.env._(
                "Nobody has said yet which product %(value)s means; it waits in the "
                "mapping queue."
            ),
            "other_product": self.env._("Code %(value)s is of another product."),
            "not_here": self.env._(
                "Code %(value)s can't go along: it isn't where it should be for that, "
                "lies in a pack that isn't listed, was opened, or is scanned already."
            ),
            "other_lot": self.env._(
                "Code %(value)s is known as of another product or lot."
            ),
            "no_line": self.env._(
                "Lot «%(value)s» stands on no line of this transfer."
            ),
            "no_product": self.env._(
                "Lot «%(value)s»: none of its codes tells which product it is."
            ),
            "lot_dates": self.env._(
                "Lot «%(value)s» is known with other dates than the file says."
            ),
        }


class _Lines:
    """Rows as the lines COPY reads, made while it reads them."""

    def __init__(self, rows):
        self._rows = iter(rows)
        self._rest = b""
        self.count = 0
        self.error = None

    def read(self, size):  # pylint: disable=method-required-super
        parts, length = [self._rest], len(self._rest)
        while length < size and (block := self._block()):
            parts.append(block)
            length += len(block)
        data = b"".join(parts)
        self._rest = data[size:]
        return data[:size]

    def _block(self):
        """Some lines more. An error ends them: raised here, it would end the
        transaction."""
        try:
            return "".join(map(self._line, islice(self._rows, 2000))).encode()
        except Exception as error:  # told by _stage, whatever it is
            self.error = error
            return b""

    def _line(self, row):
        self.count += 1
        line, code, kind, drug_id, layer, parent, batch = row
        return (
            f"{line}\t{code}\t{kind}\t{drug_id or _NULL}\t{layer}\t{parent or _NULL}"
            f"\t{batch}\n"
        )


_NULL = "\\N"


def _values(rows):
    """Rows as PostgreSQL's VALUES; cast what may be NULL in all of them."""
    return SQL(", ").join(
        SQL("(%s)", SQL(", ").join(SQL("%s", value) for value in row)) for row in rows
    )


def _numbered(groups):
    return _values((number, *group) for number, group in enumerate(groups))
