from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError, ValidationError

# What only the buttons change, as it is on a new request.
BUTTON_FIELDS = {
    "state": "requested",
    "decided_by_id": False,
    "decided_date": False,
    "applied_date": False,
    "answer": False,
}
CHATTER_FIELDS = {"message_main_attachment_id", "message_follower_ids", "activity_ids"}


class PharmaRoleRequest(models.Model):
    """Roles asked for, or given up, for one person (CS-02).

    A QA manager or the quality head decides, never who asked nor whose rights they are.
    The approval itself writes the rights; a decided request never changes again.
    """

    _name = "pharma.role.request"
    _description = "Role Request"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _rec_name = "user_id"
    _mail_post_access = "read"

    user_id = fields.Many2one(
        "res.users",
        "For",
        required=True,
        default=lambda self: self.env.user,
        ondelete="restrict",
        index=True,
        domain="[('share', '=', False)]",
    )
    company_id = fields.Many2one(related="user_id.company_id", store=True, index=True)
    held_role_ids = fields.Many2many(
        "res.groups", string="Holds Now", compute="_compute_held_role_ids"
    )
    grant_role_ids = fields.Many2many(
        "res.groups",
        "pharma_role_request_grant_rel",
        string="Roles to Give",
        domain="[('pharma_is_role', '=', True), ('id', 'not in', held_role_ids)]",
    )
    withdraw_role_ids = fields.Many2many(
        "res.groups",
        "pharma_role_request_withdraw_rel",
        string="Roles to Withdraw",
        domain="[('id', 'in', held_role_ids)]",
    )
    reason = fields.Text(required=True, tracking=True)
    requested_by_id = fields.Many2one(
        "res.users",
        default=lambda self: self.env.user,
        readonly=True,
        ondelete="restrict",
        index=True,
    )
    warning = fields.Text(compute="_compute_warning")
    can_decide = fields.Boolean(compute="_compute_can_decide")
    answer = fields.Text(
        help="Written by who decides; a refusal says why.", copy=False, tracking=True
    )
    decided_by_id = fields.Many2one(
        "res.users", readonly=True, copy=False, ondelete="restrict", tracking=True
    )
    decided_date = fields.Datetime(readonly=True, copy=False)
    applied_date = fields.Datetime("In Force since", readonly=True, copy=False)
    state = fields.Selection(
        [
            ("requested", "Requested"),
            ("approved", "Approved"),
            ("refused", "Refused"),
            ("withdrawn", "Taken Back"),
        ],
        default="requested",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )

    @api.depends("user_id.name")
    def _compute_display_name(self):
        for request in self:
            number = f" #{request._origin.id}" if request._origin else ""
            request.display_name = f"{request.user_id.name or ''}{number}"

    @api.depends("user_id")
    def _compute_held_role_ids(self):
        for request in self:
            # sudo: roles are no secret, the rest of another user's groups is.
            roles = request.user_id.sudo().pharma_role_ids
            request.held_role_ids = roles.with_env(self.env)

    @api.depends("user_id", "grant_role_ids", "withdraw_role_ids", "state")
    def _compute_warning(self):
        """What separation of duties will say to it, before it is sent (CS-04)."""
        duty = self.env["pharma.duty"]
        for request in self:
            sentences = ()
            if request.state == "requested" and request.user_id:
                change = duty._proposed_change(
                    request.user_id._origin,
                    request.grant_role_ids._origin.ids,
                    request.withdraw_role_ids._origin.ids,
                )
                # sudo: the pairs are read to warn; their reasons are for everybody.
                sentences = duty.sudo()._conflict_sentences([change])
            request.warning = "\n".join(sentences)

    @api.depends_context("uid")
    @api.depends("state", "user_id", "requested_by_id")
    def _compute_can_decide(self):
        is_approver = self.env["pharma.duty"]._is_approver()
        for request in self:
            concerned = request.user_id | request.requested_by_id
            request.can_decide = (
                is_approver
                and request.state == "requested"
                and self.env.user not in concerned
            )

    @api.constrains("user_id", "grant_role_ids", "withdraw_role_ids")
    def _check_request(self):
        for request in self:
            roles = request.grant_role_ids | request.withdraw_role_ids
            user = request.user_id
            if not roles:
                problem = self.env._("Choose at least one role to grant or withdraw.")
            elif not all(roles.mapped("pharma_is_role")):
                problem = self.env._(
                    "Only roles of the trade are asked for here; other rights of Odoo "
                    "are given by IT."
                )
            elif request.grant_role_ids & request.withdraw_role_ids:
                problem = self.env._("A role is either granted or withdrawn.")
            elif not user.active or user.share:
                problem = self.env._(
                    "%s is archived or no member of the staff and can't hold a role.",
                    user.name,
                )
            else:
                problem = request._pointless_sentence()
            if problem:
                raise ValidationError(problem)

    def _pointless_sentence(self):
        """Why a request would change nothing, if so."""
        held = self.user_id.all_group_ids
        if self.grant_role_ids & held:
            return self.env._(
                "%(user)s holds %(roles)s already.",
                user=self.user_id.name,
                roles=", ".join((self.grant_role_ids & held).mapped("name")),
            )
        if self.withdraw_role_ids - held:
            return self.env._(
                "%(user)s doesn't hold %(roles)s.",
                user=self.user_id.name,
                roles=", ".join((self.withdraw_role_ids - held).mapped("name")),
            )
        return False

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            # Who asks comes from the session, never from the form (CS-03).
            vals["requested_by_id"] = self.env.uid
            vals.update(BUTTON_FIELDS)
        requests = super().create(vals_list)
        requests._check_may_ask()
        requests._notify_approvers()
        return requests

    def write(self, vals):
        names = vals.keys() - CHATTER_FIELDS
        if not names:
            return super().write(vals)
        self._check_undecided()
        if names - {"answer"} and not (self.env.su and names <= {"answer", "state"}):
            raise UserError(
                self.env._("A request stands as written; take it back and ask anew.")
            )
        state = vals.get("state")
        if state == "withdrawn":
            self._check_may_take_back()
        else:
            self._check_may_decide()
        if state == "refused" and not all((r.answer or "").strip() for r in self):
            raise UserError(self.env._("Write in the answer why you refuse."))
        if state in ("approved", "refused"):
            vals = {
                **vals,
                "decided_by_id": self.env.uid,
                "decided_date": fields.Datetime.now(),
            }
        result = super().write(vals)
        if state == "approved":
            self._carry_out()
            # Past the checks above: from here on the request changes no more.
            super().write({"applied_date": fields.Datetime.now()})
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Role requests are kept as proof."))

    def action_approve(self):
        self._decide("approved")

    def action_refuse(self):
        self._decide("refused")

    def action_withdraw(self):
        self._decide("withdrawn")

    def _decide(self, state):
        # Taking back needs no right to change; another company's is nobody's business.
        self.check_access("read" if state == "withdrawn" else "write")
        # sudo: the state moves by these buttons only; write() asks who presses them.
        self.sudo().write({"state": state})
        self.sudo().activity_feedback(["pharma_gsp.mail_activity_type_role_request"])
        for request in self if state != "withdrawn" else ():
            request._tell_decision()

    def _carry_out(self):
        """Write the rights; separation of duties has its say there."""
        for request in self:
            # sudo: approvers have no right on users, the approved request is the right.
            request.user_id.sudo()._change_roles(
                request.grant_role_ids, request.withdraw_role_ids
            )

    def _check_undecided(self):
        for request in self:
            if request.state != "requested":
                raise UserError(
                    self.env._(
                        "The request for %(user)s is closed and can't be changed any "
                        "more. Ask anew if something else is needed.",
                        user=request.user_id.name,
                    )
                )

    def _check_may_ask(self):
        user = self.env.user
        is_it = user.has_group("pharma_gsp.pharma_gsp_group_it_admin")
        if self.env.uid == SUPERUSER_ID or is_it:
            return
        if self.user_id - user:
            raise UserError(
                self.env._(
                    "You can ask for roles of your own; for somebody else the IT "
                    "administrator asks."
                )
            )

    def _check_may_take_back(self):
        for request in self:
            if self.env.user not in request.requested_by_id | request.user_id:
                raise UserError(
                    self.env._(
                        "Only %s can take this request back; you may refuse it.",
                        request.requested_by_id.name,
                    )
                )

    def _check_may_decide(self):
        """A QA manager or the quality head, and never in one's own matter (CS-02)."""
        if not self.env["pharma.duty"]._is_approver():
            raise UserError(
                self.env._(
                    "Only a QA manager or the quality head decides on role requests."
                )
            )
        for request in self:
            if self.env.user == request.user_id:
                raise UserError(
                    self.env._(
                        "These are your own rights; another QA manager or the quality "
                        "head decides."
                    )
                )
            if self.env.user == request.requested_by_id:
                raise UserError(
                    self.env._(
                        "You asked for this yourself; another QA manager or the "
                        "quality head decides."
                    )
                )

    def _notify_approvers(self):
        approvers = self.env["pharma.duty"]._approvers()
        for request in self:
            concerned = request.user_id | request.requested_by_id
            of_company = approvers.filtered(
                lambda user, company=request.company_id: company in user.company_ids
            )
            for user in of_company - concerned:
                # sudo: whoever asks, those who decide are told.
                request.sudo().activity_schedule(
                    "pharma_gsp.mail_activity_type_role_request",
                    user_id=user.id,
                    summary=request._prepare_summary(),
                )

    def _prepare_summary(self):
        """Who shall get (+) and give up (-) what, for a line in a list."""
        signs = (("+", self.grant_role_ids), ("-", self.withdraw_role_ids))
        roles = [f"{sign}{role.name}" for sign, roles in signs for role in roles]
        return f"{self.user_id.name}: {' '.join(roles)}"

    def _tell_decision(self):
        """Who asked and whose rights they are read it in their inbox."""
        people = (self.user_id | self.requested_by_id) - self.env.user
        states = dict(self._fields["state"]._description_selection(self.env))
        # sudo: an approver may answer, not edit the request.
        self.sudo().message_post(
            body=self.env._(
                "Role request for %(user)s: %(state)s.",
                user=self.user_id.name,
                state=states[self.state],
            ),
            partner_ids=people.partner_id.ids,
            message_type="notification",
        )
