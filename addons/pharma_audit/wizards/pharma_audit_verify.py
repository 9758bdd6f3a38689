from odoo import fields, models


class PharmaAuditVerify(models.TransientModel):
    """Ask for a proof of the trail, perhaps against a head kept on paper."""

    _name = "pharma.audit.verify"
    _description = "Verify the Audit Trail"

    head = fields.Char(
        "Head to Compare",
        help="A head that was printed or mailed, as NUMBER:HASH. Empty: those that the "
        "targets keep are compared.",
    )

    def action_verify(self):
        """Start the proof and show it; a long one goes on by itself."""
        self.ensure_one()
        Proof = self.env["pharma.audit.verification"]
        Proof.check_access("read")
        # sudo: whoever may read the trail may have it proved; it is written down.
        proof = Proof.sudo().create([{"head": self.head, "user_id": self.env.uid}])
        proof._start()
        return {
            "type": "ir.actions.act_window",
            "res_model": proof._name,
            "res_id": proof.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
