from collections import Counter, defaultdict
from typing import NamedTuple

from odoo import models
from odoo.tools import SQL

from odoo.addons.pharma_gsp.tools.gate import Finding

from ..tools import code_state


class ScannedCodes(NamedTuple):
    """Codes scanned for one transfer that are of the same goods and in the same state.

    ``state`` is that of the outermost closed pack; ``example`` is one of the codes.
    """

    picking_id: int
    product_id: int
    lot_id: int
    state: str
    is_own: bool
    packs: int
    example: str


class PharmaGate(models.AbstractModel):
    """Checks of the codes scanned for receipts and deliveries (OB-12, FA-53, FA-55).

    Goods without codes pass; a code that was scanned must fit.
    """

    _inherit = "pharma.gate"

    def _check_code_goods(self, code, subjects, standing):
        """Scanned packs are of the products and lots that move (TV-19)."""
        for subject, scanned in self._scanned_by_subject(subjects, standing):
            moved = self._moved_goods(subject)
            for group in scanned:
                lots = moved.get(group.product_id)
                if lots is not None and (not group.lot_id or group.lot_id in lots):
                    continue
                product = self.env["product.product"].browse(group.product_id)
                yield Finding(
                    code,
                    subject,
                    self.env._(
                        "Code %(code)s is of %(product)s, lot %(lot)s, which this "
                        "transfer doesn't move.",
                        code=group.example,
                        product=product.display_name,
                        lot=self.env["stock.lot"].browse(group.lot_id).name or "–",
                    ),
                    self.env._("Undo its scan and put the pack back."),
                    product,
                )

    def _check_code_state(self, code, subjects, standing):
        """Scanned packs are where they should be: none twice in, none twice out."""
        labels = dict(
            self.env["pharma.trace.code"]
            ._fields["state"]
            ._description_selection(self.env)
        )
        for subject, scanned in self._scanned_by_subject(subjects, standing):
            step = self._code_step(subject)
            for group in scanned:
                state = group.state
                if state == "out" and not group.is_own and subject.side == "purchase":
                    continue
                if step and code_state.obstacle(state, step):
                    yield Finding(
                        code,
                        subject,
                        self.env._(
                            "Code %(code)s can't move: it is «%(state)s».",
                            code=group.example,
                            state=labels[state],
                        ),
                        self.env._(
                            "Undo its scan, set the pack apart and call the quality "
                            "department."
                        ),
                    )

    def _check_code_hold(self, code, subjects, standing):
        """No pack that is on hold, lies in one or holds one (ST-13)."""
        for subject, example in self._held_scans(subjects):
            yield Finding(
                code,
                subject,
                self.env._(
                    "Code %s is on hold, or a pack in it or around it.", example
                ),
                self.env._(
                    "Undo its scan. The quality department lifts the hold, if it does."
                ),
            )

        yield from self._last_held_packs(code, subjects)

    def _last_held_packs(self, code, subjects):
        """Nobody scanned it, but of its lot less stays here than is on hold."""
        deliveries = [s for s in subjects if s.operation == "delivery"]
        lines = [row for subject in deliveries for row in self._lot_lines([subject])]
        held = self.env["pharma.trace.code"]._held_packs(self._products(lines))
        if not held:
            return
        kept = Counter()
        for lot, _place, packs in held:
            kept[lot] += packs
        groups = self.env["stock.quant"]._read_group(
            [
                ("lot_id", "in", [lot.id for lot in kept]),
                ("location_id.usage", "in", ("internal", "transit")),
            ],
            ["lot_id"],
            ["quantity:sum"],
        )
        here = dict(groups)
        for subject, line in lines:
            if here.get(line.lot_id, 0) < kept[line.lot_id]:
                yield Finding(
                    code,
                    subject,
                    self.env._(
                        "Lot %(lot)s of %(product)s: %(held)g packs of it are on hold "
                        "by their code, and fewer would stay here.",
                        held=kept[line.lot_id],
                        **self._lot_names(line),
                    ),
                    self.env._(
                        "Scan the packs to see which is held, and leave it here."
                    ),
                    line.lot_id,
                    line=line.move_id,
                )

    def _check_code_count(self, code, subjects, standing):
        """As many packs were scanned as move, where any were."""
        for subject, scanned in self._scanned_by_subject(subjects, standing):
            packs = defaultdict(int)
            for group in scanned:
                packs[group.product_id] += group.packs
            for product, count in packs.items():
                lines = [
                    line
                    for line in subject.lines
                    if line.record.product_id.id == product
                ]
                moved = sum(line.record.quantity for line in lines)
                uom = self.env["product.product"].browse(product).uom_id
                if lines and uom.compare(moved, count):
                    yield Finding(
                        code,
                        subject,
                        self.env._(
                            "%(product)s: codes of %(count)s packs were scanned, "
                            "%(moved)g move.",
                            product=lines[0].product.display_name,
                            count=count,
                            moved=moved,
                        ),
                        self.env._("Scan the rest, or correct the quantity."),
                        line=lines[0].record,
                        size=f"{count} / {moved:g}",
                    )

    def _code_step(self, subject):
        """What the transfer does to codes, as its moves really go."""
        moves = [line.record for line in subject.lines]
        sources = moves[0]._gate_sources()[:1]
        targets = moves[0]._gate_targets()[:1]
        return code_state.step_of(sources.usage, targets.usage)

    def _moved_goods(self, subject):
        """{product id: ids of the lots that move}."""
        moved = defaultdict(set)
        for line in subject.lines:
            moved[line.record.product_id.id] |= set(
                line.record.move_line_ids.lot_id.ids
            )
        return moved

    def _scanned_by_subject(self, subjects, standing):
        """(subject, [ScannedCodes]) of those transfers something was scanned for."""
        found = vars(standing).get("scanned_codes")
        if found is None:
            found = standing.scanned_codes = self._scanned_codes(standing.subjects)
        for subject in subjects:
            if subject.record._name == "stock.picking" and subject.record.id in found:
                yield subject, found[subject.record.id]

    def _scanned_codes(self, subjects):
        """{picking id: [ScannedCodes]} of the open scans; one query for all."""
        pickings = self._pickings(subjects)
        if not pickings:
            return {}
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """WITH RECURSIVE up(scan_id, own_state, parent_id) AS (
                       SELECT scan.id, code.own_state, code.parent_id
                         FROM pharma_trace_scan scan
                         JOIN pharma_trace_code code ON code.id = scan.code_id
                        WHERE scan.state = 'open' AND scan.picking_id = ANY(%s)
                       UNION ALL
                       SELECT up.scan_id, pack.own_state, pack.parent_id
                         FROM up JOIN pharma_trace_code pack ON pack.id = up.parent_id
                        WHERE up.own_state IS NULL)
                   SELECT scan.picking_id, code.product_id,
                          COALESCE(code.lot_id, scan.lot_id, 0), up.own_state,
                          code.company_id = scan.company_id, sum(scan.packs),
                          min(code.code)
                     FROM up
                     JOIN pharma_trace_scan scan ON scan.id = up.scan_id
                     JOIN pharma_trace_code code ON code.id = scan.code_id
                    WHERE up.own_state IS NOT NULL
                    GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 7""",
                pickings.ids,
            )
        )
        found = defaultdict(list)
        for row in rows:
            group = ScannedCodes(*row)
            found[group.picking_id].append(group)
        return found

    def _held_scans(self, subjects):
        """(subject, code) of what is scanned though it is on hold; two queries."""
        pickings = self._pickings(subjects)
        held = pickings and self.env["pharma.trace.code"]._held_codes()
        if not held:
            return
        rows = self.env.execute_query(
            SQL(
                """SELECT scan.picking_id, min(code.code)
                     FROM pharma_trace_scan scan
                     JOIN pharma_trace_code code ON code.id = scan.code_id
                    WHERE scan.state = 'open' AND scan.picking_id = ANY(%s)
                      AND scan.code_id = ANY(%s)
                    GROUP BY scan.picking_id, scan.code_id ORDER BY 2""",
                pickings.ids,
                held._related_ids(),
            )
        )
        by_picking = {s.record.id: s for s in subjects if s.record in pickings}
        for picking, example in rows:
            yield by_picking[picking], example

    def _pickings(self, subjects):
        return self.env["stock.picking"].union(
            *(s.record for s in subjects if s.record._name == "stock.picking")
        )
