from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class PharmaGateOverride(models.Model):
    """A finding QA lets pass, with reason, for one document or partner.

    Anybody the gate refused may ask; only QA grants, never for its own request, and
    only where the check's severity leaves the decision to QA.
    """

    _name = "pharma.gate.override"
    _description = "Gate Override"
    _inherit = ["pharma.granted"]
    _order = "id desc"
    _rec_name = "check_id"

    _decider_groups = ("pharma_gsp.pharma_gsp_group_qa",)
    _called_group = "pharma_gsp.pharma_gsp_group_qa"
    _decision_activity = "pharma_gsp.mail_activity_type_override"

    check_id = fields.Many2one(
        "pharma.gate.check", required=True, ondelete="restrict", index=True
    )
    check_code = fields.Char(related="check_id.code", store=True, index=True)
    target_model = fields.Char(required=True)
    target_id = fields.Many2oneReference(
        "Document ID", model_field="target_model", required=True, index=True
    )
    target_name = fields.Char("Granted for", compute="_compute_target_name")
    cure_model = fields.Char()
    cure_id = fields.Integer()
    sentence = fields.Text("Finding", required=True)
    size = fields.Text(
        readonly=True,
        help="What was measured when asked for: it counts for that.",
    )
    attachment_ids = fields.Many2many(help="Such as the public register's page.")
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    valid_to = fields.Date(
        "Valid Through", help="Empty: until it is withdrawn.", tracking=True
    )

    @api.depends("target_model", "target_id")
    def _compute_target_name(self):
        for override in self:
            target = (
                self.env[override.target_model].browse(override.target_id).exists()
                if override.target_model in self.env
                else False
            )
            # sudo: QA decides on documents of departments it doesn't work in.
            override.target_name = target.sudo().display_name if target else False

    @api.constrains("check_id")
    def _check_may_be_overridden(self):
        for override in self:
            if override.check_id.severity == "block":
                raise UserError(
                    self.env._(
                        "«%s» can't be overridden by anybody: cure the cause.",
                        override.check_id.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        """What is measured is measured here, not told by who asks."""
        overrides = super().create([{**vals, "size": False} for vals in vals_list])
        for override in overrides:
            size = override._measured()
            if size:
                # sudo: what was written stands; this is part of writing it.
                override.sudo().size = size
        return overrides

    def _measured(self):
        """The sizes of this finding on its document now, a line each (CS-31)."""
        if self.target_model != "account.move":
            return ""
        # sudo: as in the gate.
        move = self.env["account.move"].sudo().browse(self.target_id).exists()
        operation = move and move._gate_operation()
        found = move._gate_findings(operation) if operation else ()
        return "\n".join(f.size for f in found if f.size and f.key == self._key())

    def _decider_sentence(self):
        return self.env._("Only the quality department decides on overrides.")

    def _decision_summary(self):
        return self.check_id.name

    @api.model
    def _granted(self, keys, company_ids):
        """{finding key: override in force} among ``keys``.

        :param keys: set of ``tools.gate.Finding.key``
        :param company_ids: of the documents; what one company's QA grants binds it only
        """
        today = self.env["pharma.document"]._today()
        # sudo: whether QA granted it doesn't depend on who meets the gate.
        overrides = self.sudo().search(
            Domain("state", "=", "granted")
            & Domain("company_id", "in", list(company_ids))
            & Domain("check_code", "in", [key[0] for key in keys])
            & Domain("target_id", "in", [key[2] for key in keys])
            & (Domain("valid_to", "=", False) | Domain("valid_to", ">=", today))
        )
        granted = {override._key(): override for override in overrides}
        return {key: granted[key] for key in keys if key in granted}

    def _key(self):
        return (
            self.check_code,
            self.target_model,
            self.target_id,
            self.cure_model or None,
            self.cure_id or None,
        )
