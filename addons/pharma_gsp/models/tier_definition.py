from odoo import api, models
from odoo.exceptions import UserError


class TierDefinition(models.Model):
    _inherit = "tier.definition"

    @api.model
    def _get_tier_validation_model_names(self):
        return [*super()._get_tier_validation_model_names(), "pharma.dossier"]

    @api.model_create_multi
    def create(self, vals_list):
        definitions = super().create(vals_list)
        definitions._check_set_by_qa()
        return definitions

    def write(self, vals):
        self._check_set_by_qa()
        result = super().write(vals)
        self._check_set_by_qa()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_set_by_qa(self):
        self._check_set_by_qa()

    def _check_set_by_qa(self):
        """Who approves is a quality control: IT doesn't set it (CS-02, CS-05)."""
        is_qa = self.env.user.has_group("pharma_gsp.pharma_gsp_group_qa_manager")
        if not (is_qa or self.env.su) and "pharma.dossier" in self.mapped("model"):
            raise UserError(
                self.env._("Only the QA manager sets the steps of a first approval.")
            )
