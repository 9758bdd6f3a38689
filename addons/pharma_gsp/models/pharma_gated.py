from markupsafe import Markup

from odoo import api, models
from odoo.fields import Domain

from ..tools.gate import Line


class PharmaGated(models.AbstractModel):
    """A document the gate guards; helpers shared by orders, transfers and invoices."""

    _name = "pharma.gated"
    _description = "Document Guarded by the Gate"

    def _gate_findings(self, operation):
        """Findings as they stand now, without refusing: for banners and night runs."""
        gate = self.env["pharma.gate"]._in_user_language()
        return gate._findings(self._gate_subjects(operation))

    def _gate_enforce(self, operation):
        subjects = self._gate_subjects(operation)
        if subjects:
            self.env["pharma.gate"]._enforce(subjects)

    def _gate_subjects(self, operation):
        """Reduce these documents to subjects; those without controlled goods to none.

        :return: list of ``tools.gate.Subject``
        """
        raise NotImplementedError

    @api.model
    def _gate_today(self):
        return self.env["pharma.document"]._today()

    @api.model
    def _gate_lines(self, records):
        """Lines of the records (order lines, moves) that carry controlled goods."""
        return tuple(
            Line(record, record.product_id.product_tmpl_id)
            for record in records
            if record.product_id.product_tmpl_id.pharma_controlled
        )

    @api.model
    def _cron_recheck_open_orders(self):
        """Nightly: flag open orders that would be refused now; never cancel (FA-27)."""
        for model, operation, domain in self._open_order_domains():
            self.env[model].search(domain)._gate_flag(operation)

    @api.model
    def _open_order_domains(self):
        """(model, operation, domain) of the orders a changed paper may hit."""
        return [
            (
                "sale.order",
                "sale_confirm",
                Domain("state", "=", "sale")
                & Domain("delivery_status", "in", ("pending", "started", "partial")),
            ),
            (
                "purchase.order",
                "purchase_confirm",
                Domain("state", "=", "purchase")
                & Domain("receipt_status", "in", ("pending", "partial")),
            ),
        ]

    def _gate_flag(self, operation):
        """Put an activity with the reasons on each order that would be refused."""
        xmlid = "pharma_gsp.mail_activity_type_gate"
        found = {}
        for finding in self._gate_findings(operation):
            if finding.severity != "warn":
                found.setdefault(finding.subject.record, []).append(finding.sentence)
        hit = self.browse().union(*found)
        (self - hit).activity_unlink([xmlid])
        flagged = hit.activity_ids.filtered(
            lambda a: a.activity_type_id == self.env.ref(xmlid)
        )
        for order in hit.filtered(lambda o: o.id not in flagged.mapped("res_id")):
            order.activity_schedule(
                xmlid,
                user_id=order.user_id.id or self.env.uid,
                note=Markup("<br/>").join(found[order]),
            )
