from odoo import SUPERUSER_ID, api, fields, models

from odoo.addons.pharma_audit.models.door import door

from ..exceptions import GateRefusal
from ..tools import gate
from .standing import Standing


class PharmaGate(models.AbstractModel):
    """The one place that says no.

    Models reduce a document to subjects and call ``_enforce``. The checks to run are
    records of ``pharma.gate.check``; each names a method of this model, which takes
    all subjects at once and yields findings. Add-ons above inherit this model, add
    methods and ship records; nothing else has to change.
    """

    _name = "pharma.gate"
    _description = "Gate"

    @api.model
    def _enforce(self, subjects):
        """Refuse the subjects' documents, all reasons at once, or let them pass.

        There is no way round: no context key, no superuser. A finding is let pass only
        by its check's severity or by a recorded override of QA.

        :raise GateRefusal: listing every finding that stands
        """
        self = self._in_user_language()
        findings = self._findings(subjects) if subjects else []
        if not findings:
            return
        overrides = self._granted_overrides(findings)
        standing = [
            finding
            for finding in findings
            if finding.severity != "warn" and finding.key not in overrides
        ]
        if standing:
            self._record_at_end(standing, "refused")
            raise self._refusal(standing)
        self._record(
            [f for f in findings if f.key in overrides], "overridden", overrides
        )
        self._record([f for f in findings if f.key not in overrides], "warned")

    @api.model
    def _findings(self, subjects):
        """Every finding against the subjects, in the order of the registry (OB-01)."""
        # sudo: what the law asks doesn't depend on what the acting user may see.
        self = self.sudo()
        standing = Standing(self.env, subjects)
        findings = []
        for check in self.env["pharma.gate.check"]._registry():
            concerned = [
                s
                for s in subjects
                if s.operation in check.operations
                and check.code in s.extra.get("checks", (check.code,))
            ]
            if concerned:
                found = getattr(self, check.method)(check.code, concerned, standing)
                findings += (gate.with_severity(f, check.severity) for f in found)
        return gate.unique(findings)

    @api.model
    def _in_user_language(self):
        """Sentences in the reader's language, also for RPC without a context."""
        lang = self.env.context.get("lang") or self.env.user.lang
        return self.with_context(lang=lang)

    @api.model
    def _granted_overrides(self, findings):
        """{finding key: override} of the approvals QA recorded for these findings."""
        candidates = [f for f in findings if f.severity == "approval"]
        if not candidates:
            return {}
        granted = self.env["pharma.gate.override"]._granted(
            {finding.key for finding in candidates},
            {finding.subject.company.id for finding in candidates},
        )
        # Several lines may share a key: each must be as large as was granted.
        grown = {f.key for f in candidates if not self._is_size_granted(f, granted)}
        return {key: granted[key] for key in granted.keys() - grown}

    @api.model
    def _is_size_granted(self, finding, granted):
        override = granted.get(finding.key)
        sizes = (override.size or "").split("\n") if override else ()
        return not finding.size or finding.size in sizes

    @api.model
    def _refusal(self, findings):
        message = "\n".join(
            f"{number}. {finding.sentence} {finding.cure}"
            for number, finding in enumerate(findings, 1)
        )
        return GateRefusal(message, self._dialog_payload(findings))

    @api.model
    def _dialog_payload(self, findings):
        """What the web client needs to show the findings with their cures."""
        is_qa = self.env.user.has_group("pharma_gsp.pharma_gsp_group_qa")
        first = findings[0].subject
        return {
            "document": first.record.display_name,
            "is_qa": is_qa,
            "quarantine_picking_id": self._quarantine_picking_id(findings),
            "findings": [self._dialog_finding(finding) for finding in findings],
        }

    @api.model
    def _dialog_finding(self, finding):
        code, target_model, target_id, cure_model, cure_id = finding.key
        cure = finding.cure_record
        return {
            "code": code,
            "severity": finding.severity,
            "document": finding.subject.record.display_name,
            "sentence": finding.sentence,
            "cure": finding.cure,
            "cure_model": cure_model,
            "cure_id": cure_id,
            "cure_name": cure.display_name if cure is not None and cure.id else False,
            "target_model": target_model,
            "target_id": target_id,
        }

    @api.model
    def _quarantine_picking_id(self, findings):
        """The receipt that may go to quarantine instead of being refused (TV-29)."""
        record = findings[0].subject.record
        is_receipt = all(f.subject.operation == "receipt" for f in findings)
        is_transfer = record._name == "stock.picking"
        return record.id if is_receipt and is_transfer else False

    @api.model
    def _record(self, findings, result, overrides=None):
        if findings:
            # sudo: events are written by the gate only.
            self.env["pharma.gate.event"].sudo().create(
                self._prepare_event_values(findings, result, overrides or {})
            )

    @api.model
    def _record_at_end(self, findings, result):
        """Write the event when this transaction ends, whether it commits or not.

        A refusal normally rolls everything back; an import may catch it and commit. So
        both ends are watched and the first one that comes writes, with its own cursor.
        """
        values = self._prepare_event_values(findings, result, {})
        registry, cr = self.env.registry, self.env.cr
        pending = [values]

        def write():
            while pending:
                with registry.cursor() as own_cr:
                    env = api.Environment(own_cr, SUPERUSER_ID, {})
                    env["pharma.gate.event"].create(pending.pop())

        cr.postrollback.add(write)
        cr.postcommit.add(write)

    @api.model
    def _prepare_event_values(self, findings, result, overrides):
        """One event per document; ids are plain numbers, the document may vanish."""
        now = fields.Datetime.now()
        by_subject = {}
        for finding in findings:
            by_subject.setdefault(finding.subject.record, []).append(finding)
        return [
            {
                "date": now,
                "user_id": self.env.uid,
                "company_id": found[0].subject.company.id,
                "operation": found[0].subject.operation,
                "result": result,
                "door": door(self.env),
                "res_model": record._name,
                "res_id": record.id if isinstance(record.id, int) else 0,
                "document_name": record.display_name,
                "partner_name": found[0].subject.partner.display_name,
                "line_ids": [
                    fields.Command.create(
                        {
                            "date": now,
                            "check_code": finding.code,
                            "severity": finding.severity,
                            "sentence": finding.sentence,
                            "cure": finding.cure,
                            "cure_model": finding.key[3],
                            "cure_id": finding.key[4] or 0,
                            "override_reason": finding.key in overrides
                            and overrides[finding.key].reason,
                        }
                    )
                    for finding in found
                ],
            }
            for record, found in by_subject.items()
        ]
