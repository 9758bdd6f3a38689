import base64

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

QA = "pharma_gsp.pharma_gsp_group_qa"


class PharmaOutboundSeal(models.TransientModel):
    """QA files the drug-outbound seal (药品出库专用章) that delivery notes carry."""

    _name = "pharma.outbound.seal"
    _description = "Outbound Seal"

    company_id = fields.Many2one(
        "res.company", default=lambda self: self.env.company, readonly=True
    )
    current_seal = fields.Image(related="company_id.pharma_outbound_seal")
    seal = fields.Image("New Seal", max_width=800, max_height=800)
    reason = fields.Char("Why", required=True)

    def action_apply(self):
        """Delivery notes carry this seal from now on; without a picture, none."""
        self.ensure_one()
        if not self.env.user.has_group(QA):
            raise AccessError(self._refusal())
        if not self.reason.strip():
            raise UserError(
                self.env._("Write down why the seal changes: it is kept as proof.")
            )
        if self.seal and not self._is_picture():
            raise UserError(
                self.env._("The seal is a picture: upload it as a PNG or JPEG file.")
            )
        company = self.env.company
        # sudo: written by this button only, after the check above.
        company.sudo().pharma_outbound_seal = self.seal
        company.partner_id.sudo().message_post(
            body=self.env._(
                "Outbound seal changed by %(user)s: %(reason)s",
                user=self.env.user.name,
                reason=self.reason.strip(),
            ),
            author_id=self.env.user.partner_id.id,
        )
        return {"type": "ir.actions.act_window_close"}

    def _is_picture(self):
        """Whether it is a plain picture; a drawing (SVG) could load files from afar."""
        head = base64.b64decode(self.with_context(bin_size=False).seal)[:8]
        return head.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"))

    @api.model
    def _refusal(self):
        return self.env._(
            "Only the quality department changes the outbound seal. Ask it."
        )
