from odoo import api, fields, models
from odoo.exceptions import UserError

# What only the button writes.
CONFIRMATION_FIELDS = (
    "pharma_qa_user_id",
    "pharma_finance_user_id",
    "pharma_is_verified",
)


class ResPartnerBank(models.Model):
    """Suppliers' accounts: paid only once QA and finance confirmed them (CS-33)."""

    _inherit = "res.partner.bank"

    pharma_qa_user_id = fields.Many2one("res.users", "Confirmed by QA", readonly=True)
    pharma_finance_user_id = fields.Many2one(
        "res.users", "Confirmed by Finance", readonly=True
    )
    pharma_is_verified = fields.Boolean(
        "Verified for Payments", compute="_compute_pharma_is_verified", store=True
    )

    @api.depends("pharma_qa_user_id", "pharma_finance_user_id")
    def _compute_pharma_is_verified(self):
        for bank in self:
            bank.pharma_is_verified = (
                bank.pharma_qa_user_id
                and bank.pharma_finance_user_id
                and bank.pharma_qa_user_id != bank.pharma_finance_user_id
            )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:  # spelled out, or default_… in the context would count
            for vals in vals_list:
                vals.update(dict.fromkeys(CONFIRMATION_FIELDS, False))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su and vals.keys() & set(CONFIRMATION_FIELDS):
            raise UserError(
                self.env._(
                    "An account is confirmed with its button, by QA and finance."
                )
            )
        if vals.keys() & {"acc_number", "partner_id", "bank_id", "acc_holder_name"}:
            vals = dict(vals, pharma_qa_user_id=False, pharma_finance_user_id=False)
        return super().write(vals)

    def action_pharma_confirm(self):
        """Confirm against the proof of account; needs QA and finance, two persons."""
        user = self.env.user
        is_qa = user.has_group("pharma_gsp.pharma_gsp_group_qa")
        is_finance = user.has_group("pharma_gsp.pharma_gsp_group_finance")
        for bank in self:
            if is_qa and not bank.pharma_qa_user_id:
                field = "pharma_qa_user_id"
            elif is_finance and not bank.pharma_finance_user_id:
                field = "pharma_finance_user_id"
            else:
                raise UserError(
                    self.env._(
                        "Account %s: one QA officer and one finance user confirm it, "
                        "each once.",
                        bank.acc_number,
                    )
                )
            if user in (bank.pharma_qa_user_id | bank.pharma_finance_user_id):
                raise UserError(
                    self.env._("The second confirmation needs a second person.")
                )
            # sudo: writable through this button only, after the checks above.
            bank.sudo().write({field: user.id})
            bank.partner_id.message_post(
                body=self.env._(
                    "Bank account %(account)s confirmed by %(user)s.",
                    account=bank.acc_number,
                    user=user.name,
                )
            )
