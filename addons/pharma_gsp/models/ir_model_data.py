from odoo import api, models
from odoo.exceptions import UserError

GUARDED_MODELS = ("res.groups", "pharma.gate.check", "pharma.audit.table")


class IrModelData(models.Model):
    """Names the software knows roles and checks by: nobody points them elsewhere.

    Whoever could give the name of a role to another group would take every right that
    asks for the role (CS-05).
    """

    _inherit = "ir.model.data"

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            self._refuse_guarded(values.get("model") for values in vals_list)
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            self._refuse_guarded([*self.mapped("model"), vals.get("model")])
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_guarded(self):
        if not self.env.su:
            self._refuse_guarded(self.mapped("model"))

    def _refuse_guarded(self, names):
        if set(names) & set(GUARDED_MODELS):
            raise UserError(
                self.env._(
                    "By this name the software knows a role, a check or a recorded "
                    "table; it comes with the product and can't be changed. Roles are "
                    "given by request."
                )
            )
