from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

ACTIVITY = "pharma_gsp.mail_activity_type_role_review"


class PharmaRoleHolder(models.Model):
    """Who holds which role, since when, and when that is to be reviewed (CS-04).

    A view on live data. A role that another one of the same user includes isn't listed:
    a QA manager is no QA officer besides. Where no request tells since when, the user's
    own age counts, which makes the review due rather too early than too late.
    """

    _name = "pharma.role.holder"
    _description = "Role Holder"
    _auto = False
    _order = "due_date, user_id, role_id"
    _rec_name = "user_id"
    _depends = {
        "res.users": ["active", "company_id", "create_date", "group_ids"],
        "res.groups": ["implied_ids", "pharma_is_role"],
        "res.company": ["pharma_due_days", "pharma_role_review_months"],
        "pharma.role.conflict": ["active", "first_role_id", "second_role_id"],
        "pharma.role.request": ["applied_date", "grant_role_ids", "user_id"],
        "pharma.role.review": ["date", "decision", "role_id", "user_id"],
    }

    user_id = fields.Many2one("res.users", readonly=True)
    role_id = fields.Many2one("res.groups", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    since = fields.Date("Held since", readonly=True)
    request_id = fields.Many2one("pharma.role.request", "By Request", readonly=True)
    review_date = fields.Date("Last Review", readonly=True)
    reviewed_by_id = fields.Many2one("res.users", readonly=True)
    due_date = fields.Date(
        "Review Due",
        readonly=True,
        help="The last day for the next review: a year, or as the company sets, after "
        "the role was granted or last reviewed.",
    )
    status = fields.Selection(
        [("due", "Due"), ("soon", "Due soon"), ("ok", "Up to date")], readonly=True
    )
    is_conflicting = fields.Boolean(
        "In Conflict",
        readonly=True,
        help="Together with another role of this person, from before the pair was "
        "forbidden.",
    )

    @property
    def _table_query(self):
        return SQL(
            """
            WITH RECURSIVE included(role_id, part_id) AS (
                SELECT id, id FROM res_groups
                 UNION
                SELECT included.role_id, rel.hid
                  FROM included
                  JOIN res_groups_implied_rel rel ON rel.gid = included.part_id
            ), held AS (
                SELECT DISTINCT holder.id AS user_id, role.id AS role_id
                  FROM res_users holder
                  JOIN res_groups_users_rel member ON member.uid = holder.id
                  JOIN included ON included.role_id = member.gid
                  JOIN res_groups role
                    ON role.id = included.part_id AND role.pharma_is_role
                 WHERE holder.active
            ), timed AS (
                SELECT held.*,
                       COALESCE(granted.applied_date, holder.create_date) AS since,
                       review.date AS review_date,
                       review.reviewed_by_id,
                       granted.id AS request_id,
                       company.id AS company_id,
                       company.pharma_due_days AS due_days,
                       make_interval(months => company.pharma_role_review_months)
                           AS term
                  FROM held
                  JOIN res_users holder ON holder.id = held.user_id
                  JOIN res_company company ON company.id = holder.company_id
                  LEFT JOIN LATERAL (
                      SELECT request.id, request.applied_date
                        FROM pharma_role_request request
                        JOIN pharma_role_request_grant_rel rel
                          ON rel.pharma_role_request_id = request.id
                       WHERE request.user_id = held.user_id
                         AND rel.res_groups_id = held.role_id
                         AND request.applied_date IS NOT NULL
                       ORDER BY request.applied_date DESC
                       LIMIT 1
                  ) granted ON TRUE
                  LEFT JOIN LATERAL (
                      SELECT done.date, done.reviewed_by_id
                        FROM pharma_role_review done
                       WHERE done.user_id = held.user_id
                         AND done.role_id = held.role_id
                         AND done.decision = 'kept'
                       ORDER BY done.date DESC, done.id DESC
                       LIMIT 1
                  ) review ON TRUE
                 WHERE NOT EXISTS (
                     SELECT
                       FROM held higher
                       JOIN included ON included.role_id = higher.role_id
                      WHERE higher.user_id = held.user_id
                        AND higher.role_id <> held.role_id
                        AND included.part_id = held.role_id
                 )
            ), dated AS (
                SELECT timed.*,
                       timezone('Asia/Shanghai', timezone('UTC', since))::date
                           AS since_day,
                       timezone('Asia/Shanghai', timezone('UTC', review_date))::date
                           AS review_day,
                       (timezone('Asia/Shanghai', timezone(
                           'UTC', GREATEST(since, review_date)
                       ))::date + term)::date AS due_date
                  FROM timed
            )
            SELECT user_id::bigint * 1000000 + role_id AS id,
                   user_id,
                   role_id,
                   company_id,
                   since_day AS since,
                   request_id,
                   review_day AS review_date,
                   reviewed_by_id,
                   due_date,
                   CASE
                       WHEN due_date <= %(today)s THEN 'due'
                       WHEN due_date <= %(today)s + due_days THEN 'soon'
                       ELSE 'ok'
                   END AS status,
                   EXISTS (
                       SELECT
                         FROM pharma_role_conflict conflict
                         JOIN held other ON other.user_id = dated.user_id
                        WHERE conflict.active
                          AND (conflict.first_role_id, conflict.second_role_id)
                              IN ((dated.role_id, other.role_id),
                                  (other.role_id, dated.role_id))
                   ) AS is_conflicting
              FROM dated
            """,
            today=self.env["pharma.document"]._today(),
        )

    def action_keep(self):
        """The reviewer confirms that these people still need these roles."""
        self._check_may_review()
        self._record("kept")

    def action_open_withdraw(self):
        self.ensure_one()
        self._check_may_review()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Withdraw a Role"),
            "res_model": "pharma.role.withdraw",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_user_id": self.user_id.id,
                "default_role_id": self.role_id.id,
            },
        }

    def _withdraw(self, reason):
        """Take the roles away at once; the same guards as anywhere look at it."""
        self._check_may_review()
        self._record("withdrawn", reason)
        for holder in self:
            # sudo: reviewers have no right on users; they are asked for above.
            holder.user_id.sudo()._change_roles(
                self.env["res.groups"], holder.role_id.sudo()
            )

    def _record(self, decision, reason=False):
        # sudo: reviews are written by these buttons only.
        self.env["pharma.role.review"].sudo().create(
            [holder._prepare_review_values(decision, reason) for holder in self]
        )
        # The rows of a view change with what they rest on; their cache can't know.
        self.invalidate_model()

    def _prepare_review_values(self, decision, reason=False):
        return {
            "date": fields.Datetime.now(),
            "user_id": self.user_id.id,
            "role_id": self.role_id.id,
            "company_id": self.company_id.id,
            "decision": decision,
            "reason": reason,
            "reviewed_by_id": self.env.uid,
        }

    def _check_may_review(self):
        self.check_access("read")
        if not self.env["pharma.duty"]._is_approver():
            raise UserError(
                self.env._("Only a QA manager or the quality head reviews roles.")
            )
        if self.env.user in self.user_id:
            raise UserError(
                self.env._(
                    "Your own roles are reviewed by another QA manager or the quality "
                    "head. Leave them out."
                )
            )

    @api.model
    def _cron_remind(self):
        """Call the reviewers to what is due, once until they have done it (CS-04)."""
        called = self.env["mail.activity"].search(
            Domain("activity_type_id", "=", self.env.ref(ACTIVITY).id)
        )
        due = self.search(Domain("status", "=", "due"))
        waiting = {
            user: due.filtered(
                lambda h, user=user: (
                    h.user_id != user and h.company_id in user.company_ids
                )
            )
            for user in self.env["pharma.duty"]._approvers()
        }
        called.filtered(lambda activity: not waiting.get(activity.user_id)).unlink()
        self.env["mail.activity"].create(
            [
                self._prepare_activity_values(user, rows)
                for user, rows in waiting.items()
                if rows and user not in called.user_id
            ]
        )

    def _prepare_activity_values(self, user, rows):
        translated = self.with_context(lang=user.lang or self.env.lang)
        return {
            "activity_type_id": self.env.ref(ACTIVITY).id,
            "user_id": user.id,
            "date_deadline": self.env["pharma.document"]._today(),
            "summary": translated.env._("%s roles are to be reviewed", len(rows)),
            "note": Markup("<a href='/odoo/action-%s'>%s</a>")
            % (
                "pharma_gsp.pharma_role_holder_action",
                translated.env._("Who holds what"),
            ),
        }
