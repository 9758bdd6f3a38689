from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    trace_ent_id = fields.Char(
        "Trace Platform Number",
        copy=False,
        index="btree_not_null",
        help="The number this company has as sender or receiver on the national trace "
        "platform (ent_id of 码上放心).",
    )

    def write(self, vals):
        # sudo: which partners are companies of the house is no secret.
        companies = self.env["res.company"].sudo()
        if "trace_ent_id" in vals and companies.search_count(
            [("partner_id", "in", self.ids)], limit=1
        ):
            # The number of a company of ours is an upload setting.
            self.env["res.company"]._check_trace_admin()
        return super().write(vals)
