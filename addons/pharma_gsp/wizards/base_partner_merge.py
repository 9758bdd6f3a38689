from odoo import models
from odoo.exceptions import UserError


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
        return super()._merge(partner_ids, dst_partner, extra_checks)
