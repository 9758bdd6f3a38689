from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..models.account_payment import POSTED_STATES

# (model, states in which it is proof, its rows of goods, where it names partners)
NAMED_ON = (
    ("account.move", ("posted",), "invoice_line_ids", ("partner_id",)),
    ("stock.picking", ("done",), "move_ids", ("partner_id",)),
    ("purchase.order", ("purchase",), "order_line", ("partner_id",)),
    (
        "sale.order",
        ("sale",),
        "order_line",
        ("partner_id", "partner_invoice_id", "partner_shipping_id"),
    ),
    ("account.payment", POSTED_STATES, None, ("partner_id", "pharma_payer_id")),
)


class MergePartnerAutomatic(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        """Two licensed companies are two companies: their files can't become one."""
        partners = self.env["res.partner"].browse(partner_ids).exists()
        # sudo: the merge must not overlook files the user can't see.
        filed = partners.sudo().filtered("pharma_dossier_ids")
        if len(filed) > 1:
            raise UserError(
                self.env._(
                    "%s have first-approval files of their own and can't be merged. "
                    "Terminate the file of the wrong one and archive it.",
                    ", ".join(filed.mapped("display_name")),
                )
            )
        if filed and dst_partner and dst_partner not in filed:
            raise UserError(
                self.env._(
                    "%s has a first-approval file: choose it as the destination.",
                    filed.display_name,
                )
            )
        if len(partners) > 1:
            kept = dst_partner or self._get_ordered_partner(partners.ids)[-1]
            self._refuse_posted(partners - kept)
        return super()._merge(partner_ids, dst_partner, extra_checks)

    def _refuse_posted(self, partners):
        """Posted documents keep the names they were made out in (CS-20)."""
        for model, states, rows, names in NAMED_ON:
            domain = Domain("state", "in", states) & Domain.OR(
                Domain(name, "child_of", partners.ids) for name in names
            )
            if rows:
                domain &= Domain(
                    f"{rows}.product_id.product_tmpl_id.pharma_controlled", "=", True
                )
            # sudo: documents of all departments and companies count.
            found = self.env[model].sudo().search(domain)
            if not rows:
                found = found.filtered(lambda payment: payment._is_posted())
            if found:
                raise UserError(
                    self.env._(
                        "%(partner)s stands on %(document)s, which is proof of trade "
                        "in drugs, so it can't be merged into another partner. Choose "
                        "it as the destination, or archive it.",
                        partner=", ".join(partners.mapped("display_name")),
                        document=found[0].display_name,
                    )
                )
