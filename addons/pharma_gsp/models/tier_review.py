from odoo import api, models
from odoo.exceptions import UserError


class TierReview(models.Model):
    _inherit = "tier.review"

    def _get_reviewer_fields(self):
        return [*super()._get_reviewer_fields(), "reviewer_group_id.all_user_ids"]

    def _get_reviewers(self):
        """A QA manager is of the quality department too: count implied members."""
        reviewers = super()._get_reviewers()
        if self.model != "pharma.dossier" or not self.reviewer_group_id:
            return reviewers
        # sudo: who may decide doesn't depend on who asks.
        members = self.reviewer_group_id.sudo().all_user_ids.filtered("active")
        if self.definition_id.exclude_requester:
            members -= self.requested_by
        return reviewers | members

    @api.depends("reviewer_ids")
    def _compute_todo_by(self):
        """Name the role alone; the OCA sentence around it has no Chinese."""
        result = super()._compute_todo_by()
        for review in self.filtered(lambda r: r.model == "pharma.dossier"):
            # sudo: groups aren't readable by everybody, their names are no secret.
            group = review.reviewer_group_id.sudo()
            review.todo_by = group.name or review.todo_by
        return result

    def write(self, vals):
        self._check_not_by_hand()
        result = super().write(vals)
        self._check_not_by_hand()  # or another document's review would become ours
        return result

    @api.model_create_multi
    def create(self, vals_list):
        reviews = super().create(vals_list)
        reviews._check_not_by_hand()
        return reviews

    def unlink(self):
        self._check_not_by_hand()
        return super().unlink()

    def _check_not_by_hand(self):
        """Every employee may write reviews in the OCA add-on; ours only by the file."""
        if not self.env.su and "pharma.dossier" in self.mapped("model"):
            raise UserError(
                self.env._("Decisions are taken with the buttons of the file.")
            )
