from odoo import api, fields, models
from odoo.exceptions import UserError

# What only the buttons change, as it is on a new request.
BUTTON_FIELDS = {"state": "requested", "decided_by_id": False, "decided_date": False}


class PharmaGranted(models.AbstractModel):
    """Something asked for in writing that another person grants (four eyes).

    What was written stands, what was decided is kept. A model that inherits it says
    who decides (``_decider_groups``, ``_decider_sentence``) and whom it calls to it
    (``_called_group``, ``_decision_activity``, ``_decision_summary``).
    """

    _name = "pharma.granted"
    _description = "Request That Somebody Else Grants"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _mail_post_access = "read"

    _decider_groups = ()
    _called_group = None
    _decision_activity = None

    reason = fields.Text(required=True, tracking=True)
    attachment_ids = fields.Many2many("ir.attachment", string="Proof")
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

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            vals["requested_by_id"] = self.env.uid
            if not self.env.su:  # spelled out, or default_… in the context would count
                vals.update(BUTTON_FIELDS)
        requests = super().create(vals_list)
        requests._adopt_proof()
        requests._call_deciders()
        return requests

    def write(self, vals):
        fixed = vals.keys() - {"message_main_attachment_id", "message_follower_ids"}
        if not self.env.su and fixed:
            raise UserError(
                self.env._("A request stands as written; file a new one instead.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Requests and decisions are kept as proof."))

    def action_grant(self):
        self._decide("granted")

    def action_refuse(self):
        self._decide("refused")

    def action_withdraw(self):
        """What was granted by mistake counts no more."""
        self._check_decider()
        granted = self.filtered(lambda request: request.state == "granted")
        # sudo: the state moves by these buttons only.
        granted.sudo().write({"state": "withdrawn"})

    def _decide(self, state):
        self._check_decider()
        for request in self:
            if request.state != "requested":
                raise UserError(
                    self.env._(
                        "%(user)s decided on this request already.",
                        user=request.decided_by_id.name,
                    )
                )
            if request.requested_by_id == self.env.user:
                raise UserError(
                    self.env._("You asked for this yourself; somebody else decides.")
                )
        # sudo: the state moves by these buttons only, after the checks above.
        self.sudo().write(
            {
                "state": state,
                "decided_by_id": self.env.uid,
                "decided_date": fields.Datetime.now(),
            }
        )
        # sudo: the activity may be another decider's.
        self.sudo().activity_feedback([self._decision_activity])

    def _check_decider(self):
        if not any(map(self.env.user.has_group, self._decider_groups)):
            raise UserError(self._decider_sentence())
        self.check_access("read")

    def _decider_sentence(self):
        """Who decides, told to somebody who may not."""
        raise NotImplementedError

    def _decision_summary(self):
        """What the activity of the deciders says."""
        raise NotImplementedError

    def _adopt_proof(self):
        """Tie uploaded proof to its request: unattached, only its uploader reads it."""
        for request in self:
            # sudo: files uploaded before the first save belong to nobody yet.
            loose = request.sudo().attachment_ids.filtered(lambda a: not a.res_id)
            # Or any loose file of the database could be drawn in by its number.
            loose.with_env(self.env).check_access("write")
            loose.write({"res_model": request._name, "res_id": request.id})

    def _call_deciders(self):
        # sudo: who holds a role is readable by IT only.
        users = self.env.ref(self._called_group).sudo().all_user_ids
        for request in self:
            for user in users - request.requested_by_id:
                request.sudo().activity_schedule(
                    self._decision_activity,
                    user_id=user.id,
                    summary=request._decision_summary(),
                )
