from odoo import api, fields, models
from odoo.exceptions import UserError


class PharmaDossier(models.Model):
    """The tier engine, made to keep steps in order and persons apart (FA-30)."""

    _inherit = "pharma.dossier"

    _state_from = ["review"]
    _state_to = ["active"]
    _cancel_state = "terminated"

    def _compute_next_review(self):
        """The step itself: the screen says around it what it means."""
        for dossier in self:
            dossier.next_review = dossier._current_review().name

    def action_approve(self):
        """Decide the step that is mine, after the order of the steps."""
        self.ensure_one()
        if not self.can_review:
            raise UserError(self._not_my_step_sentence())
        self._validate_tier(self._current_review())
        self._update_counter({"review_deleted": True})
        self._schedule_next_activity()

    @api.private
    def decide(self, decision, reason):
        """Return, reject, suspend or terminate with a reason (FA-30)."""
        self.ensure_one()
        if not (reason or "").strip():
            raise UserError(self.env._("Write down why; the reason stays in the file."))
        if decision in ("returned", "rejected"):
            if not self.can_review:
                raise UserError(self._not_my_step_sentence())
            self._check_separation()
            self.sudo().review_ids.unlink()
            back = "change" if self.active_date else "draft"
            state = back if decision == "returned" else "rejected"
        else:
            self._check_qa()
            self._check_may_stop(decision)
            state = decision
        values = {"state": state}
        if state == "rejected":
            values["active_date"] = False  # the next application is a first one
        self.sudo().write(values)
        self._log_step(decision, reason=reason)
        self._close_activities(reason)
        if decision in ("returned", "rejected") and self.applicant_id:
            # sudo: the quality head decides without the right to edit the file.
            self.sudo().activity_schedule(
                "pharma_gsp.mail_activity_type_dossier",
                user_id=self.applicant_id.id,
                summary=self.env._("Answer QA: %s", reason),
            )

    def _validate_tier(self, tiers=False):
        """Approve one step, the lowest open one, by one person (TV-35)."""
        self.ensure_one()
        review = self._current_review()
        if not review or self.env.user not in review.reviewer_ids:
            raise UserError(self._not_my_step_sentence())
        self._check_separation()
        # sudo: reviews are written by this method only, after the checks above.
        result = super(PharmaDossier, self.sudo())._validate_tier(review)
        self._log_step("approved", name=review.definition_id.name)
        if review.reviewer_group_id in self._qa_groups():
            self._verify_documents()
        reviews = self.sudo().review_ids
        reviews._update_review_status()
        if all(status == "approved" for status in reviews.mapped("status")):
            self._activate()
        return result

    def _rejected_tier(self, tiers=False):
        raise UserError(
            self.env._("Use Return or Reject of the file; they ask for the reason.")
        )

    def restart_validation(self):
        raise UserError(self.env._("A running review is returned with a reason."))

    def _get_under_validation_exceptions(self):
        return [
            *super()._get_under_validation_exceptions(),
            "site_visit",
            "site_visit_date",
            "site_visit_report",
            "validation_status",
        ]

    def _qa_groups(self):
        return self.env.ref("pharma_gsp.pharma_gsp_group_qa") | self.env.ref(
            "pharma_gsp.pharma_gsp_group_qa_manager"
        )

    def _current_review(self):
        open_reviews = self.review_ids.filtered(
            lambda review: review.status in ("waiting", "pending")
        )
        return open_reviews.sorted("sequence")[:1]

    def _activate(self):
        """The last step is approved: check once more, then put the file in force."""
        self._check_complete(verified=True)
        # Cached since the application when both happen in one transaction.
        self.invalidate_recordset(["need_validation"])
        # sudo: state changes by these methods only, all steps are approved.
        self.sudo().write(
            {
                "state": "active",
                "active_date": self.active_date or self.env["pharma.document"]._today(),
                "change_note": False,
            }
        )
        self._log_step("activated")
        self._close_activities(self.env._("in force"))

    def _verify_documents(self):
        """QA's approval of the file verifies the papers in it."""
        drafts = self.document_ids.filtered(lambda d: d.state == "draft")
        own = drafts.filtered(lambda d: d.submitted_by_id == self.env.user)
        if own:
            own._check_may_verify()
        drafts._verify()

    def _schedule_next_activity(self):
        """Tell those who decide next, and nobody else any more."""
        for dossier in self:
            dossier._close_activities()
            review = dossier._current_review()
            if dossier.state != "review" or not review:
                continue
            for user in review.reviewer_ids:
                dossier.sudo().activity_schedule(
                    "pharma_gsp.mail_activity_type_dossier",
                    user_id=user.id,
                    summary=review.definition_id.name,
                )

    def _close_activities(self, feedback=False):
        # sudo: a decision closes the calls to decide of everyone asked.
        self.sudo().activity_feedback(
            ["pharma_gsp.mail_activity_type_dossier"], feedback=feedback
        )

    def _check_separation(self):
        """The applicant decides nothing, and nobody decides twice (FA-30, TV-35)."""
        if self.env.user == self.applicant_id:
            raise UserError(
                self.env._(
                    "You applied for this file, so you can't decide on it. Another "
                    "member of the department does."
                )
            )
        done = self.review_ids.filtered(lambda r: r.status == "approved")
        if self.env.user in done.done_by:
            raise UserError(
                self.env._(
                    "You approved an earlier step of this file; the next one needs "
                    "another person."
                )
            )

    def _check_may_stop(self, decision):
        """Only what is in force is suspended, or resuming would be an approval."""
        in_force = self.active_date and self.state in ("active", "change")
        if self.state == "terminated" or (decision == "suspended" and not in_force):
            raise UserError(
                self.env._(
                    "%(file)s is in state %(state)s, so there is nothing to stop. "
                    "Return or reject a file under review.",
                    file=self.display_name,
                    state=dict(self._selection_state())[self.state],
                )
            )

    def _not_my_step_sentence(self):
        last = self.step_ids[-1:]
        if not last:
            return self.env._(
                "%s hasn't been applied for yet; there is nothing to decide.",
                self.display_name,
            )
        if self.state != "review":
            return self.env._(
                "%(file)s isn't waiting for a decision; %(user)s decided last, on "
                "%(date)s. Reload the page.",
                file=self.display_name,
                user=last.user_id.name,
                date=fields.Datetime.context_timestamp(self, last.date).strftime(
                    "%Y-%m-%d %H:%M"
                ),
            )
        if self.env.user == self.applicant_id:
            return self.env._(
                "You applied for this file, so you can't decide on it. Another "
                "member of the department does."
            )
        return self.env._(
            "This step is for %(who)s. You can decide when it is your turn.",
            who=self._current_review().todo_by,
        )
