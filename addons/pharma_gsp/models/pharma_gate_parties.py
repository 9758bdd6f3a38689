from odoo import models

from ..tools.gate import Finding, weaker
from .standing import KIND_FIELDS

DOSSIER_KINDS = {"purchase": "supplier", "sale": "buyer"}
PERSON_ROLES = {"purchase": "sales", "sale": "purchase"}


class PharmaGate(models.AbstractModel):
    """Checks about who trades: our papers, the partner's, its scopes and persons."""

    _inherit = "pharma.gate"

    def _check_own_papers(self, code, subjects, standing):
        """Our own expired licence blocks what it covers (FA-33)."""
        for subject in subjects:
            lacking = standing.own_papers_lacking(subject)
            holder = subject.company.partner_id
            yield from self._paper_findings(code, subject, holder, lacking)

    def _check_partner_kind(self, code, subjects, standing):
        """A contract maker can't sell (FA-01); an unknown kind can't be judged."""
        for subject in subjects:
            kind = subject.partner[KIND_FIELDS[subject.side]]
            if not kind:
                yield Finding(
                    code,
                    subject,
                    self.env._(
                        "%s has no kind of trading partner, so nobody knows which "
                        "papers it needs.",
                        subject.partner.display_name,
                    ),
                    self.env._("Choose the kind on the partner's GSP tab."),
                    subject.partner,
                )
            elif subject.side == "purchase" and not kind.can_sell:
                yield Finding(
                    code,
                    subject,
                    self.env._(
                        "%(partner)s is a %(kind)s and may not sell drugs.",
                        partner=subject.partner.display_name,
                        kind=kind.name,
                    ),
                    self.env._("Buy from the holder of the marketing authorisation."),
                    subject.partner,
                )

    def _check_partner_dossier(self, code, subjects, standing):
        """No trade without a first approval in force (FA-30, FA-32)."""
        for subject in subjects:
            dossier = standing.dossier(
                subject.partner, DOSSIER_KINDS[subject.side], subject.company
            )
            if not dossier:
                yield Finding(
                    code,
                    subject,
                    self.env._(
                        "%s has no first-approval file.", subject.partner.display_name
                    ),
                    self.env._("Open one and have it approved."),
                    subject.partner,
                )
            elif not dossier.is_valid_for(subject.side):
                yield Finding(
                    code,
                    subject,
                    self.env._(
                        "The first-approval file of %(partner)s is in state "
                        "«%(state)s».",
                        partner=subject.partner.display_name,
                        state=self._state_label(dossier),
                    ),
                    self.env._("Have the file approved or put back in force."),
                    dossier,
                )

    def _check_licence_expired(self, code, subjects, standing):
        """The licence ended: blocked from the first second after (FA-31, TV-28)."""
        yield from self._partner_papers(
            code,
            subjects,
            standing,
            lambda rule, ended: ended and rule.carries_scopes,
        )

    def _check_document_expired(self, code, subjects, standing):
        """Quality agreement and the like ended (TV-31)."""
        yield from self._partner_papers(
            code,
            subjects,
            standing,
            lambda rule, ended: ended and not rule.carries_scopes,
        )

    def _check_document_missing(self, code, subjects, standing):
        """A paper asked for was never verified (FA-01 … FA-24)."""
        yield from self._partner_papers(
            code, subjects, standing, lambda rule, ended: not ended
        )

    def _check_uscc_checksum(self, code, subjects, standing):
        """A failing check digit is QA's to decide with the register (FA-40, TV-04)."""
        for subject in subjects:
            partner = subject.partner
            if not partner.is_uscc_checksum_ok:
                yield Finding(
                    code,
                    subject,
                    self.env._(
                        "The check digit of the USCC %(uscc)s of %(partner)s is wrong.",
                        uscc=partner.uscc,
                        partner=partner.display_name,
                    ),
                    self.env._(
                        "Correct the number, or let QA confirm it with a print of the "
                        "public register."
                    ),
                    partner,
                    target=partner,
                )

    def _check_scope_own(self, code, subjects, standing):
        yield from self._scope_findings(code, subjects, standing, "own", 0)

    def _check_flag_own(self, code, subjects, standing):
        yield from self._scope_findings(code, subjects, standing, "own", 1)

    def _check_scope_partner(self, code, subjects, standing):
        yield from self._scope_findings(code, subjects, standing, "partner", 0)

    def _check_flag_partner(self, code, subjects, standing):
        yield from self._scope_findings(code, subjects, standing, "partner", 1)

    def _check_person_missing(self, code, subjects, standing):
        """Somebody with a valid letter and identity must act (FA-07, FA-24, TV-31)."""
        for subject in subjects:
            persons = self._acting_persons(subject, standing)
            if any(person.is_usable_on(subject.day) for person in persons):
                continue
            reasons = "; ".join(
                f"{person.name}: {person._unusable_reason(subject.day)}"
                for person in persons
            )
            yield Finding(
                code,
                subject,
                self.env._(
                    "%(partner)s has no authorised person who may act now (%(why)s).",
                    partner=subject.partner.display_name,
                    why=reasons or self.env._("none is filed"),
                ),
                self.env._("File and verify a letter of authorisation and identity."),
                persons[:1] or subject.partner,
            )

    def _check_person_scope(self, code, subjects, standing):
        """The letter must cover what is traded and where (TV-32)."""
        for subject in subjects:
            persons = self._acting_persons(subject, standing).filtered(
                lambda person, subject=subject: person.is_usable_on(subject.day)
            )
            if persons:
                yield from self._letter_findings(code, subject, persons)

    def _letter_findings(self, code, subject, persons):
        home = subject.company.partner_id.state_id
        for line in subject.lines:
            if not any(
                not person.uncovered(line.product)
                and (not person.state_ids or not home or home in person.state_ids)
                for person in persons
            ):
                yield Finding(
                    code,
                    subject,
                    self.env._(
                        "The letter of %(person)s doesn't cover %(product)s.",
                        person=", ".join(persons.mapped("display_name")),
                        product=line.product.display_name,
                    ),
                    self.env._(
                        "Take the product off, or file a letter that names it and our "
                        "province."
                    ),
                    persons[0],
                    line=line.record,
                )

    def _acting_persons(self, subject, standing):
        """The person named on the document, else everybody who could act."""
        return subject.person or standing.persons(
            subject.partner, PERSON_ROLES[subject.side]
        )

    def _partner_papers(self, code, subjects, standing, is_mine):
        for subject in subjects:
            lacking = [
                (rule, ended)
                for rule, ended in standing.partner_papers_lacking(subject)
                if is_mine(rule, ended)
            ]
            yield from self._paper_findings(code, subject, subject.partner, lacking)

    def _paper_findings(self, code, subject, holder, lacking, line=None):
        """A finding for each paper lacking, as hard as its type says."""
        types = self.env["pharma.document.type"]
        for rule, ended in lacking:
            if rule.on_expiry == "none":
                continue
            names = {
                "type": types.browse(rule.id).name,
                "holder": holder.display_name,
                "date": ended.expiry_date,
            }
            yield Finding(
                code,
                subject,
                self.env._("%(type)s of %(holder)s ended on %(date)s.", **names)
                if ended
                else self.env._("%(type)s of %(holder)s is missing.", **names),
                self.env._("Renew it; QA verifies the new version.")
                if ended
                else self.env._("File it; QA verifies it."),
                ended or holder,
                severity=weaker("block", rule.on_expiry),
                line=line,
            )

    def _scope_findings(self, code, subjects, standing, side, part):
        """Products whose scopes (part 0) or flags (part 1) a party doesn't hold."""
        for subject in subjects:
            party = subject.partner if side == "partner" else subject.company.partner_id
            held = standing.held_scopes(party, subject.company, subject.day)
            for line in subject.lines:
                missing = line.product.pharma_scope_ids.missing_from(held)[part]
                if missing:
                    yield self._scope_finding(code, subject, party, line, missing)

    def _scope_finding(self, code, subject, party, line, missing):
        return Finding(
            code,
            subject,
            self.env._(
                "%(product)s needs %(scopes)s, which no valid licence of %(party)s "
                "carries.",
                product=line.product.display_name,
                scopes=", ".join(missing.mapped("display_name")),
                party=party.display_name,
            ),
            self.env._("Take the product off, or file a licence with that scope."),
            party,
            line=line.record,
        )

    def _state_label(self, dossier):
        return dict(dossier._selection_state())[dossier.state]
