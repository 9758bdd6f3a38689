from collections import defaultdict

from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Command

from ..tools import validity


class PharmaDocument(models.Model):
    """Renewing in time: reminders by tiers, requests, the next version (FA-31)."""

    _inherit = "pharma.document"

    reminded_tier = fields.Integer(
        readonly=True, help="Days of the last reminder tier that was sent (FA-31)."
    )

    def action_renew(self):
        """Open a new version; it takes over once QA has verified it."""
        self.ensure_one()
        draft = self.next_ids.filtered(lambda d: d.state == "draft")[:1]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Renewal of %s", self.display_name),
            "res_model": self._name,
            "res_id": draft.id,
            "view_mode": "form",
            "views": [(False, "form")],
            "context": {
                "default_previous_id": self.id,
                "default_type_id": self.type_id.id,
                "default_partner_id": self.partner_id.id,
                "default_product_tmpl_id": self.product_tmpl_id.id,
                "default_person_id": self.person_id.id,
                "default_related_partner_id": self.related_partner_id.id,
                "default_company_id": self.company_id.id,
                "default_number": self.number,
                "default_issuer": self.issuer,
                "default_scope_ids": [Command.set(self.scope_ids.ids)],
                "default_responsible_id": self.responsible_id.id,
            },
        }

    def action_request_renewal(self):
        """Ask owners and holders for the successors of these documents."""
        requested = self.filtered(lambda d: d.state == "verified")
        for document in requested:
            document._request_renewal()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "%s renewals requested: an activity for each owner and a mail to "
                    "each holder with an address.",
                    len(requested),
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _request_renewal(self):
        self.ensure_one()
        xmlid = "pharma_gsp.mail_activity_type_renewal"
        if not self.activity_ids.filtered(
            lambda a: a.activity_type_id == self.env.ref(xmlid)
        ):
            self.activity_schedule(
                xmlid,
                date_deadline=self.expiry_date or self._today(),
                user_id=(self.responsible_id or self.env.user).id,
                summary=self.env._("Obtain the successor of %s", self.display_name),
            )
        company = self.partner_id or self.person_id.partner_id
        if company.email:
            template = self.env.ref("pharma_gsp.mail_template_renewal_request")
            # sudo: a buyer of goods may ask without the right to edit templates.
            template.sudo().send_mail(self.id)

    @api.model
    def _cron_remind(self):
        """One digest a day for each person about documents in a new tier (FA-31)."""
        today = self._today()
        tiers = self.env["pharma.reminder.tier"]._tiers()
        documents = self.search(
            [
                ("state", "=", "verified"),
                ("expiry_date", ">=", today),
                ("expiry_date", "<=", fields.Date.add(today, days=max(tiers or (0,)))),
            ]
        )
        due = documents.filtered(
            lambda d: validity.is_reminder_due(
                validity.days_left(d.expiry_date, today), tiers, d.reminded_tier or None
            )
        )
        digests = defaultdict(self.browse)
        qa_users = self.env.ref("pharma_gsp.pharma_gsp_group_qa").all_user_ids
        for document in due:
            for user in document.responsible_id | qa_users:
                digests[user] |= document
        for user, documents_of_user in digests.items():
            documents_of_user._send_digest(user, today)
        for tier, of_tier in due.grouped(
            lambda d: validity.reminder_tier(
                validity.days_left(d.expiry_date, today), tiers
            )
        ).items():
            of_tier.write({"reminded_tier": tier})

    def _send_digest(self, user, today):
        """Notify one person of all her documents in one message."""
        translated = self.with_context(lang=user.lang or self.env.lang)
        rows = Markup().join(
            Markup("<li><a href='%s'>%s</a> — %s</li>")
            % (
                f"/odoo/pharma.document/{document.id}",
                document.display_name,
                translated.env._(
                    "%s days left", validity.days_left(document.expiry_date, today)
                ),
            )
            for document in translated.sorted("expiry_date")
        )
        self.env["mail.thread"].message_notify(
            partner_ids=user.partner_id.ids,
            subject=translated.env._(
                "%s documents are ending: renew them", len(translated)
            ),
            body=Markup("<p>%s</p><ul>%s</ul>")
            % (
                translated.env._(
                    "At midnight after the last day the gate stops what they cover."
                ),
                rows,
            ),
            model=False,
            res_id=False,
        )
