from odoo import models


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def session_info(self):
        """Land on the screen of one's job (CS-04)."""
        info = super().session_info()
        if info.get("is_internal_user") and not info.get("home_action_id"):
            # sudo: groups aren't readable by everybody; only the own ones are used.
            roles = self.env.user.sudo().all_group_ids.filtered("pharma_home_action_id")
            info["home_action_id"] = roles.sorted("pharma_role_sequence")[
                :1
            ].pharma_home_action_id.id
        return info
