from odoo import api, models

from odoo.addons.pharma_gsp.tools.gate import Finding

from ..tools import expiry_tier


class PharmaGate(models.AbstractModel):
    """Checks about how near their end the goods of a transfer are (ST-10, ST-11)."""

    _inherit = "pharma.gate"

    def _check_lot_tier_sale(self, code, subjects, standing):
        """A tier that blocks sale lets nothing out."""
        return self._tier_findings(
            code,
            self._tier_lines(subjects, expiry_tier.BLOCKS_SALE),
            self.env._(
                "Lot %(lot)s of %(product)s expires after %(day)s and is in tier "
                "«%(tier)s», which isn't sold."
            ),
            self.env._("Take a lot with a longer life."),
            lambda line: line.lot_id,
        )

    def _check_lot_tier_consent(self, code, subjects, standing):
        """So short a life only for who agreed to it in writing (ST-11)."""
        return self._tier_findings(
            code,
            self._without_consent(subjects),
            self.env._(
                "Lot %(lot)s of %(product)s expires after %(day)s and is "
                "in tier «%(tier)s»: it leaves with the customer's consent "
                "only, and %(partner)s gave none for it."
            ),
            self.env._(
                "Take a lot with a longer life, or record the consent with "
                "its proof (Lots & Expiry > Consents)."
            ),
            lambda line: line.lot_id,
        )

    def _check_lot_tier_purchase(self, code, subjects, standing):
        """Nobody receives goods too near their end to be bought."""
        return self._tier_findings(
            code,
            self._tier_lines(subjects, expiry_tier.STOPS_BUYING),
            self.env._(
                "Lot %(lot)s of %(product)s expires after %(day)s and is in tier "
                "«%(tier)s», which isn't bought any more."
            ),
            self.env._("Refuse these goods, or ask QA for an override."),
            # A lot made by a refused receipt is gone again; its product stays.
            lambda line: line.product_id.product_tmpl_id,
        )

    @api.model
    def _tier_lines(self, subjects, effect):
        """(subject, detailed line, tier) of what a tier stops by this effect."""
        by_day = {}
        for subject in subjects:
            by_day.setdefault(subject.day, []).extend(
                (subject, detail)
                for line in subject.lines
                for detail in line.record.move_line_ids
                if detail.quantity
            )
        tiers = self.env["pharma.expiry.tier"]
        for day, rows in by_day.items():
            pairs = [(line.product_id, line._expiry_day()) for _subject, line in rows]
            found = tiers._stopped(pairs, effect, day)
            for (subject, line), tier in zip(rows, found, strict=True):
                if tier:
                    yield subject, line, tier

    @api.model
    def _without_consent(self, subjects):
        """(subject, detailed line, tier) that need a consent nobody gave."""
        asked = {}
        for row in self._tier_lines(subjects, expiry_tier.NEEDS_CONSENT):
            asked.setdefault(row[0].record, []).append(row)
        # One customer a transfer, so one look for the consents of each.
        for rows in asked.values():
            subject = rows[0][0]
            lots = self.env["stock.lot"].union(*(line.lot_id for _s, line, _t in rows))
            agreed = self.env["pharma.life.consent"]._for(
                subject.partner, lots, subject.day, subject.company
            )
            yield from (row for row in rows if row[1].lot_id not in agreed)

    @api.model
    def _tier_findings(self, code, rows, sentence, cure, cure_record):
        """A finding for each (subject, detailed line, tier)."""
        for subject, line, tier in rows:
            yield Finding(
                code,
                subject,
                sentence
                % {
                    "lot": line.lot_id.name or line.lot_name,
                    "product": line.product_id.display_name,
                    "day": line._expiry_day(),
                    "tier": tier.name,
                    "partner": subject.partner.display_name,
                },
                cure,
                cure_record(line),
                line=line.move_id,
            )
