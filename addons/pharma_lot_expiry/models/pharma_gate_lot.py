from collections import defaultdict

from odoo import models
from odoo.fields import Domain

from odoo.addons.pharma_gsp.tools.gate import Finding
from odoo.addons.pharma_gsp.tools.text import compact

from ..tools import expiry
from ..tools.allocation import is_fefo_break


class PharmaGate(models.AbstractModel):
    """Checks about lots: named, dated, alive, not held, long-lived enough, in turn.

    They look at the detailed lines of a transfer, where lots are. A finding is cured
    at the lot, so that QA's override of it counts for that lot.
    """

    _inherit = "pharma.gate"

    def _check_lot_missing(self, code, subjects, standing):
        """Each pack that moves has a lot number (LAW-05)."""
        for subject, line in self._lot_lines(subjects):
            if not line.lot_id:
                yield Finding(
                    code,
                    subject,
                    self.env._(
                        "%s moves without a lot number.", line.product_id.display_name
                    ),
                    self.env._("Scan or type the lot printed on the packs."),
                    line.product_id,
                    line=line.move_id,
                )

    def _check_lot_date(self, code, subjects, standing):
        """… and an expiry date, which nobody invents (FA-46)."""
        for subject, line in self._lot_lines(subjects):
            if line.lot_id and not line.lot_id.expiry_date:
                yield Finding(
                    code,
                    subject,
                    self.env._(
                        "Lot %(lot)s of %(product)s has no expiry date.",
                        **self._lot_names(line),
                    ),
                    self.env._("Type it as printed on the packs, on the line or lot."),
                    line.lot_id,
                    line=line.move_id,
                )

    def _check_lot_conflict(self, code, subjects, standing):
        """What is printed now agrees with what the lot said before (FA-45, FA-55)."""
        for subject, line in self._lot_lines(subjects):
            lot = line.lot_id
            for label, printed, known in (
                (self.env._("expires after"), line.expiry_date, lot.expiry_date),
                (self.env._("made on"), line.production_date, lot.production_date),
                (
                    self.env._("maker"),
                    line.product_id.manufacturer_id,
                    lot.manufacturer_id,
                ),
            ):
                if printed and known and printed != known:
                    yield Finding(
                        code,
                        subject,
                        self.env._(
                            "Lot %(lot)s of %(product)s, %(label)s: the goods say "
                            "%(printed)s, the lot says %(known)s.",
                            label=label,
                            printed=self._in_words(printed),
                            known=self._in_words(known),
                            **self._lot_names(line),
                        ),
                        self.env._(
                            "Compare with the packs: correct this line, or ask for a "
                            "correction of the lot. If both are true, refuse the "
                            "goods and tell QA."
                        ),
                        lot,
                        line=line.move_id,
                    )

    def _check_lot_lookalike(self, code, subjects, standing):
        """A number that differs in case or blanks only is one lot misread (FA-45)."""
        lines = list(self._lot_lines(subjects))
        lots = self.env["stock.lot"].union(*(line.lot_id for _s, line in lines))
        twins = self._lookalikes(lots)
        for subject, line in lines:
            for other in twins.get(line.lot_id, ()):
                yield Finding(
                    code,
                    subject,
                    self.env._(
                        "Lot %(lot)s of %(product)s differs from lot %(other)s in "
                        "capitals, blanks or width only.",
                        other=other.name,
                        **self._lot_names(line),
                    ),
                    self.env._(
                        "Take the known lot if the packs say so; if there really are "
                        "two lots, QA confirms it."
                    ),
                    line.lot_id,
                    target=line.lot_id,
                    line=line.move_id,
                )

    def _check_lot_shelf_life(self, code, subjects, standing):
        """Production date, shelf life and expiry fit together (TV-47)."""
        for subject, line in self._lot_lines(subjects):
            lot, months = line.lot_id, line.product_id.shelf_life_months
            if not (lot.production_date and lot.expiry_date and months):
                continue
            if not expiry.fits_shelf_life(lot.production_date, lot.expiry_date, months):
                yield Finding(
                    code,
                    subject,
                    self.env._(
                        "Lot %(lot)s of %(product)s was made on %(made)s and expires "
                        "after %(end)s, but its shelf life of %(months)s months ends "
                        "on %(expected)s.",
                        made=lot.production_date,
                        end=lot.expiry_date,
                        months=months,
                        expected=expiry.expected_expiry(lot.production_date, months),
                        **self._lot_names(line),
                    ),
                    self.env._("Compare with the packs and the registered shelf life."),
                    lot,
                    line=line.move_id,
                )

    def _check_lot_expired(self, code, subjects, standing):
        """From the second after its last day a lot goes nowhere but out (ST-10)."""
        for subject, line in self._lot_lines(subjects):
            if line.lot_id._is_expired(subject.day):
                yield Finding(
                    code,
                    subject,
                    self.env._(
                        "Lot %(lot)s of %(product)s expired: its last day was %(end)s.",
                        end=line.lot_id.expiry_date,
                        **self._lot_names(line),
                    ),
                    self._bad_lot_cure(subject),
                    line.lot_id,
                    line=line.move_id,
                )

    def _check_lot_held(self, code, subjects, standing):
        """Held goods wait for QA (ST-13)."""
        lines = list(self._lot_lines(subjects))
        holds = self.env["pharma.lot.hold"]._active_holds(self._products(lines))
        for subject, line in lines if holds else ():
            for hold in holds.filtered(lambda h, line=line: h._holds_line(line)):
                yield Finding(
                    code,
                    subject,
                    self.env._(
                        "Lot %(lot)s of %(product)s is on hold (%(hold)s): %(reason)s",
                        hold=hold.name,
                        reason=hold.reason,
                        **self._lot_names(line),
                    ),
                    self._bad_lot_cure(subject),
                    hold,
                    line=line.move_id,
                )

    def _check_lot_life(self, code, subjects, standing):
        """The customer gets lots that live long enough (ST-11)."""
        for subject in subjects:
            months = subject.partner._pharma_min_life()
            short = [
                line
                for _subject, line in self._lot_lines([subject])
                if line.lot_id.expiry_date
                and not line.lot_id._is_expired(subject.day)
                and not expiry.has_months_left(
                    line.lot_id.expiry_date, subject.day, months
                )
            ]
            lots = self.env["stock.lot"].union(*(line.lot_id for line in short))
            agreed = self.env["pharma.life.consent"]._for(
                subject.partner, lots, subject.day, subject.company
            )
            for line in short:
                if line.lot_id not in agreed:
                    yield self._life_finding(code, subject, line, months)

    def _life_finding(self, code, subject, line, months):
        return Finding(
            code,
            subject,
            self.env._(
                "Lot %(lot)s of %(product)s ends on %(end)s, but %(partner)s asks for "
                "%(months)s months of life on delivery.",
                end=line.lot_id.expiry_date,
                partner=subject.partner.display_name,
                months=months,
                **self._lot_names(line),
            ),
            self.env._(
                "Take a lot that lives longer, or file the customer's consent and let "
                "QA grant it."
            ),
            line.lot_id,
            line=line.move_id,
        )

    def _check_fefo(self, code, subjects, standing):
        """A later lot leaves before an earlier one with a reason only (TV-49)."""
        lines = [
            (subject, line)
            for subject, line in self._lot_lines(subjects)
            if line.lot_id.expiry_date
        ]
        free = self._free_expiries(self._products(lines))
        for subject, line in lines:
            fitting = self._fitting_expiries(subject, line, free)
            if is_fefo_break(line.lot_id.expiry_date, fitting):
                yield self._fefo_finding(code, subject, line, min(fitting))

    def _fefo_finding(self, code, subject, line, first):
        reason = line.pharma_lot_reason or line.move_id.sale_line_id.pharma_lot_reason
        sentence = self.env._(
            "Lot %(lot)s of %(product)s (ends %(end)s) leaves although a lot that ends "
            "on %(first)s is free.",
            end=line.lot_id.expiry_date,
            first=first,
            **self._lot_names(line),
        )
        cure = self.env._("Take the earlier lot, or write down why not on the line.")
        if reason:
            cure = self.env._("Reason: %s", reason)
        severity = "warn" if reason else "block"
        return Finding(
            code,
            subject,
            sentence,
            cure,
            line.lot_id,
            severity=severity,
            line=line.move_id,
        )

    def _fitting_expiries(self, subject, line, free):
        """Last days of free lots that the customer would take as well.

        What came after this lot had been chosen doesn't count against the choice.
        """
        months = subject.partner._pharma_min_life()
        return [
            end
            for end, came in free[line.product_id, line.location_id.warehouse_id]
            if came <= line.create_date
            and expiry.has_months_left(end, subject.day, months)
        ]

    def _free_expiries(self, products):
        """Lots good for sale and not reserved.

        :return: {(product, warehouse): [(last day, since when it lies there)]}
        """
        quants = self.env["stock.quant"]
        found = defaultdict(list)
        if products:
            groups = quants._read_group(
                quants._tradable_domain(products)
                & Domain("product_id", "in", products.ids)
                & Domain("location_id.usage", "=", "internal"),
                ["product_id", "location_id", "expiry_date:day"],
                ["quantity:sum", "reserved_quantity:sum", "in_date:min"],
            )
            for product, place, end, quantity, reserved, came in groups:
                if product.uom_id.compare(quantity - reserved, 0) > 0:
                    found[product, place.warehouse_id].append((end, came))
        return found

    def _lot_lines(self, subjects):
        """(subject, detailed line) of what a transfer really moves."""
        for subject in subjects:
            moves = self.env["stock.move"].union(*(li.record for li in subject.lines))
            for line in moves.move_line_ids:
                if line.quantity:
                    yield subject, line

    def _products(self, lot_lines):
        return self.env["product.product"].union(
            *(li.product_id for _s, li in lot_lines)
        )

    def _lot_names(self, line):
        return {
            "lot": line.lot_id.name or line.lot_name or "?",
            "product": line.product_id.display_name,
        }

    def _in_words(self, value):
        return value.display_name if isinstance(value, models.BaseModel) else value

    def _bad_lot_cure(self, subject):
        if subject.operation == "delivery":
            return self.env._("Take another lot; move this one to quarantine for QA.")
        return self.env._("Move it to quarantine, where QA decides on it.")

    def _lookalikes(self, lots):
        """{lot: other lots of its product whose number looks the same}."""
        others = self.env["stock.lot"].search(
            [("product_id", "in", lots.product_id.ids)]
        )
        by_look = defaultdict(others.browse)
        for lot in others:
            by_look[lot.product_id, compact(lot.name)] |= lot
        found = {}
        for lot in lots:
            twins = by_look[lot.product_id, compact(lot.name)] - lot
            found[lot] = twins.filtered(lambda other, lot=lot: other.name != lot.name)
        return found
