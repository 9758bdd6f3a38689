from odoo import models
from odoo.exceptions import UserError


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def action_pharma_quarantine(self):
        """Receive into quarantine what the gate won't let into stock (FA-32, TV-29)."""
        self.ensure_one()
        location = self.picking_type_id.warehouse_id.pharma_quarantine_location_id
        if self.picking_type_id.code != "incoming" or not location:
            raise UserError(
                self.env._("Only a receipt of a warehouse with quarantine can do that.")
            )
        findings = self.move_ids._gate_findings("receipt")
        self.write({"location_dest_id": location.id})
        self.move_ids.filtered(lambda m: m.state not in ("done", "cancel")).write(
            {"location_dest_id": location.id}
        )
        self.move_ids.move_line_ids.write({"location_dest_id": location.id})
        self.env["pharma.gate"]._record(findings, "quarantined")
        for user in self.env.ref("pharma_gsp.pharma_gsp_group_qa").sudo().all_user_ids:
            self.activity_schedule(
                "pharma_gsp.mail_activity_type_gate",
                user_id=user.id,
                summary=self.env._("Decide on goods in quarantine"),
            )
        return self.button_validate()
