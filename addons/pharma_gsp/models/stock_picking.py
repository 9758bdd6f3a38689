from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError

# Between taking the time and writing it.
NOW = timedelta(minutes=5)


class StockPicking(models.Model):
    _name = "stock.picking"
    _inherit = ["pharma.posted", "stock.picking"]

    _posted_fields = frozenset(
        {
            "company_id",
            "date_done",
            "location_dest_id",
            "location_id",
            "name",
            "origin",
            "owner_id",
            "partner_id",
            "picking_type_id",
            "state",
        }
    )
    _correctable_fields = ("partner_id", "origin", "date_done")

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

    def _action_done(self):
        """When it was done is when it is done, not what was noted before (CS-10)."""
        self.filtered("date_done").filtered(
            lambda p: p.state != "done"
        ).date_done = False
        return super()._action_done()

    def _is_posted(self):
        # In this order: the state of an open transfer would be computed for each row.
        has_moved = any(
            move.state == "done" and move.product_id.pharma_controlled
            for move in self.move_ids
        )
        return has_moved and self.state == "done"

    def _may_still_set(self, name, value):
        """Core writes when it was done after its goods moved."""
        if name == "date_done" and not self.date_done:
            done = fields.Datetime.to_datetime(value)
            return bool(done) and abs(fields.Datetime.now() - done) < NOW
        return super()._may_still_set(name, value)

    def _posted_date(self):
        return self.date_done

    def _correction_rows(self):
        done = self.move_line_ids.filtered(lambda line: line.state == "done")
        return [self, *done]

    def _recheck_correction(self, lines):
        """Other parties, other places or more goods pass the gate again (CS-05)."""
        harmless = lines.filtered(
            lambda line: (
                line.field_name in ("date_done", "lot_id", "origin")
                or (
                    line.field_name == "quantity"
                    and line.new_value["value"] < line.old_value["value"]
                )
            )
        )
        if lines - harmless:
            self.move_ids._check_gate()
