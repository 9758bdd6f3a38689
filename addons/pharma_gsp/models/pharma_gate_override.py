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
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _rec_name = "check_id"
    _mail_post_access = "read"

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
    reason = fields.Text(required=True, tracking=True)
    attachment_ids = fields.Many2many(
        "ir.attachment", string="Proof", help="Such as the public register's page."
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    valid_to = fields.Date(
        "Valid Through", help="Empty: until it is withdrawn.", tracking=True
    )
    requested_by_id = fields.Many2one(
        "res.users", default=lambda self: self.env.user, readonly=True
    )
    decided_by_id = fields.Many2one("res.users", readonly=True, tracking=True)
    decided_date = fields.Datetime(readonly=True)
    state = fields.Selection(
        [
            ("requested", "Requested"),
            ("granted", "Granted"),
            ("refused", "Refused"),
            ("withdrawn", "Withdrawn"),
        ],
        default="requested",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
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
        for vals in vals_list:
            vals["requested_by_id"] = self.env.uid
            if not self.env.su:  # spelled out, or default_… in the context would count
                vals.update(state="requested", decided_by_id=False, decided_date=False)
        overrides = super().create(vals_list)
        overrides._adopt_proof()
        overrides._notify_qa()
        return overrides

    def write(self, vals):
        fixed = vals.keys() - {"message_main_attachment_id", "message_follower_ids"}
        if not self.env.su and fixed:
            raise UserError(
                self.env._("A request stands as written; file a new one instead.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Overrides are kept as proof."))

    def action_grant(self):
        self._decide("granted")

    def action_refuse(self):
        self._decide("refused")

    def action_withdraw(self):
        self._check_qa()
        # sudo: the state moves by these buttons only.
        self.filtered(lambda o: o.state == "granted").sudo().write(
            {"state": "withdrawn"}
        )

    def _decide(self, state):
        self._check_qa()
        for override in self:
            if override.state != "requested":
                raise UserError(
                    self.env._(
                        "%(user)s decided on this request already.",
                        user=override.decided_by_id.name,
                    )
                )
            if override.requested_by_id == self.env.user:
                raise UserError(
                    self.env._(
                        "You asked for this yourself; another QA officer decides."
                    )
                )
        # sudo: the state moves by these buttons only, after the checks above.
        self.sudo().write(
            {
                "state": state,
                "decided_by_id": self.env.uid,
                "decided_date": fields.Datetime.now(),
            }
        )
        self.sudo().activity_feedback(["pharma_gsp.mail_activity_type_override"])

    def _check_qa(self):
        if not self.env.user.has_group("pharma_gsp.pharma_gsp_group_qa"):
            raise UserError(
                self.env._("Only the quality department decides on overrides.")
            )

    def _adopt_proof(self):
        """Tie uploaded proof to its request: unattached, only its uploader reads it."""
        for override in self:
            # sudo: files uploaded before the first save belong to nobody yet.
            loose = override.sudo().attachment_ids.filtered(lambda a: not a.res_id)
            # Or any loose file of the database could be drawn in by its number.
            loose.with_env(self.env).check_access("write")
            loose.write({"res_model": override._name, "res_id": override.id})

    def _notify_qa(self):
        users = self.env.ref("pharma_gsp.pharma_gsp_group_qa").sudo().all_user_ids
        for override in self:
            for user in users - override.requested_by_id:
                override.sudo().activity_schedule(
                    "pharma_gsp.mail_activity_type_override",
                    user_id=user.id,
                    summary=override.check_id.name,
                )

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
