from collections import defaultdict

from odoo import fields, models
from odoo.fields import Command

from ..tools import mashangfangxin, trace_bill

# Deepest nesting of packs: pack, bundle, case, pallet, and one to spare.
LEVELS = 5


class PharmaTraceBill(models.Model):
    """The check before sending: what the platform would refuse is found here."""

    _inherit = "pharma.trace.bill"

    def _check_bills(self):
        """Read transfers and partners again, note problems, decide who may leave."""
        now = fields.Datetime.now()
        for bill in self:
            codes = bill.picking_id._trace_codes().sorted("id")
            values = bill._prepare_head() | bill._prepare_codes(codes)
            bill.write(values)
            found = trace_bill.problems(bill._judged_head(), bill._judged(codes), now)
            bill._note_problems(found, "check")
            is_held = any(problem.is_blocking for problem in found)
            bill.write(
                {
                    "checked_date": now,
                    "state": "waiting" if is_held else "ready",
                    "next_try": not is_held and now,
                }
            )

    def _prepare_head(self):
        """Numbers of the parties, as they are on file now."""
        company = self.company_id
        own, picking = company.partner_id.trace_ent_id, self.picking_id
        sender, receiver = picking._trace_counterparts()
        other = picking.partner_id.commercial_partner_id.trace_ent_id
        sides = {
            ("partner", "in"): (other, own, False),
            ("partner", "out"): (own, other, False),
            ("own", "in"): (own, own, False),
            ("own", "out"): (own, own, False),
            ("direct", "out"): (sender.trace_ent_id, own, receiver.trace_ent_id),
            ("direct", "in"): (receiver.trace_ent_id, own, sender.trace_ent_id),
        }
        bill_type = self.type_id or self._type_now()
        key = (bill_type.counterpart, bill_type.direction)
        from_id, to_id, dest_id = sides.get(key, (own, other, False))
        return {
            "type_id": bill_type.id,
            "date": picking.date_done,
            "own_id": company.trace_ref_ent_id,
            "from_id": from_id,
            "to_id": to_id,
            "dest_id": dest_id,
        }

    def _type_now(self):
        """Rules may have been added since the transfer."""
        movement = self.picking_id._trace_movement()
        return self.env["pharma.trace.bill.type"]._of([movement])[movement]

    def _prepare_codes(self, codes):
        texts = codes.mapped("code")
        return {
            "codes": "\n".join(texts),
            "code_count": len(texts),
            "pack_count": sum(codes.mapped("packs")),
            "is_special": trace_bill.physic_type(texts) == trace_bill.SPECIAL,
        }

    def _judged_head(self):
        return trace_bill.Bill(
            type_code=self.type_id.code,
            moment=self.date,
            own_id=self.own_id,
            from_id=self.from_id,
            to_id=self.to_id,
        )

    def _judged(self, codes):
        """The codes as the pure rules take them; a few queries, however many."""
        parents = self._parents(codes)
        moved = self._moved_lots()
        is_loss = self.type_id.counterpart == "own"
        return [
            trace_bill.Code(
                code=code.code,
                kind=code.kind,
                is_mapped=bool(code.product_id),
                fits=code.lot_id.id in moved.get(code.product_id.id, ())
                or (not code.lot_id and code.product_id.id in moved),
                is_void=code.state == "destroyed" and not is_loss,
                parents=parents[code.id],
            )
            for code in codes
        ]

    def _parents(self, codes):
        """{id: texts of all codes this one is packed in}."""
        found, current = defaultdict(frozenset), {code.id: code for code in codes}
        for _level in range(LEVELS):
            current = {i: c.parent_id for i, c in current.items() if c.parent_id}
            if not current:
                break
            for number, parent in current.items():
                found[number] |= {parent.code}
        return found

    def _moved_lots(self):
        """{product id: ids of its lots that moved with the transfer}."""
        moved = defaultdict(set)
        for line in self.picking_id.move_ids.move_line_ids:
            moved[line.product_id.id].add(line.lot_id.id)
        return moved

    def _note_problems(self, found, source, detail=False):
        rows = [
            Command.create(
                {
                    "source": source,
                    "kind": problem.kind,
                    "is_blocking": problem.is_blocking,
                    "codes": "\n".join(problem.codes),
                    "code_count": len(problem.codes),
                    "detail": detail if problem.kind == "platform" else False,
                }
            )
            for problem in found
        ]
        self.write({"problem_ids": [Command.clear(), *rows]})

    def _bill_file(self):
        """This bill as a gateway takes it."""
        codes = tuple(filter(None, (self.codes or "").split("\n")))
        return mashangfangxin.BillFile(
            number=self.name,
            type_code=self.type_id.code or "",
            direction=self.type_id.direction or "",
            event=self.type_id.event or "",
            moment=self.date,
            own_id=self.own_id or "",
            from_id=self.from_id or "",
            to_id=self.to_id or "",
            dest_id=self.dest_id or "",
            physic_type=trace_bill.physic_type(codes),
            codes=codes,
            operator=self.picking_id.user_id.name or self.company_id.name,
        )

    def _bill_text(self):
        """The file in readable lines."""
        xml = mashangfangxin.bill_xml(self._bill_file()).decode()
        return xml.replace("><", ">\n<")
