from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import LockError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.duty import Change, Holding, changes

APPROVER_GROUPS = (
    "pharma_gsp.pharma_gsp_group_qa_manager",
    "pharma_gsp.pharma_gsp_group_quality_head",
)
SENTENCES = 10  # a change of what a group includes may hit hundreds of users


class PharmaDuty(models.AbstractModel):
    """Guards who comes to hold which role, by whatever door (CS-02, CS-04, CS-05).

    Users and groups photograph the holders before they write, and enforce afterwards:
    no excluded pair, no role without an approved request, no role left without anybody.
    """

    _name = "pharma.duty"
    _description = "Separation of Duties"

    @api.model
    def _holdings(self, users):
        """{user id: ``tools.duty.Holding``} of those users that exist, in one query."""
        if not users.ids:
            return {}
        fields = users._fields
        rows = self.env.execute_query(
            SQL(
                """
                SELECT u.id, partner.name, u.active,
                       array_agg(member.gid) FILTER (WHERE member.gid IS NOT NULL)
                  FROM res_users u
                  JOIN res_partner partner ON partner.id = u.partner_id
                  LEFT JOIN res_groups_users_rel member ON member.uid = u.id
                 WHERE u.id IN %s
                 GROUP BY u.id, partner.name
                """,
                tuple(users.ids),
                to_flush=(
                    fields["active"],
                    fields["group_ids"],
                    self.env["res.partner"]._fields["name"],
                ),
            )
        )
        known = {}  # most users hold one of a few sets of groups
        holdings = {}
        for user_id, name, active, group_ids in rows:
            key = frozenset(group_ids or ())
            if key not in known:
                known[key] = self._roles_of(key)
            holdings[user_id] = Holding(name or "", known[key], active)
        return holdings

    @api.model
    def _roles_of(self, group_ids):
        """The roles among groups and all they include."""
        groups = self.env["res.groups"]
        included = groups._get_group_definitions().get_superset_ids(group_ids)
        return groups._get_role_ids() & {*group_ids, *included}

    @api.model
    def _enforce(self, before, users):
        """Refuse what the write just made of the roles of ``users``.

        :param before: ``_holdings`` before the write
        :raise UserError: the transaction rolls back
        """
        # sudo: whoever writes, the rule sees everybody; uid stays the person's.
        self = self.sudo()
        users |= self.env["res.users"].browse(before)
        found = changes(before, self._holdings(users))
        if not found:
            return
        self._lock_grown_users(found, before)
        self._refuse_conflicts(found)
        self._refuse_ungranted(found)
        self._refuse_vacancies(found)

    def _refuse_conflicts(self, found):
        sentences = self._conflict_sentences(found)
        if sentences:
            raise UserError(self._listed(sentences))

    @api.model
    def _conflict_sentences(self, found):
        """One sentence for each excluded pair that a change completes."""
        conflicts = self.env["pharma.role.conflict"]
        pairs = conflicts._pairs()
        return [
            conflicts.browse(pair.id)._sentence(change.after.name)
            for change in found
            for pair in change.broken(pairs)
        ]

    def _refuse_ungranted(self, found):
        """Roles come by an approved request only (CS-02).

        Free are OdooBot (installation, jobs, a shell: nobody's hands) and the first
        assignments of a new company, where nobody could approve yet.
        """
        grown = [change for change in found if change.granted]
        if self.env.uid == SUPERUSER_ID or not grown or self._is_founding(found):
            return
        allowed = self._approved_roles([change.user_id for change in grown])
        refused = [
            change
            for change in grown
            if not change.granted <= allowed.get(change.user_id, frozenset())
        ]
        if refused:
            raise UserError(self._listed(map(self._ungranted_sentence, refused)))

    def _ungranted_sentence(self, change):
        roles = self.env["res.groups"]._name_highest(change.granted)
        if change.before.name and change.after.active > change.before.active:
            return self.env._(
                "%(user)s would come back with the role %(roles)s. Withdraw it first, "
                "bring the user back, then ask for it under Configuration → Roles → "
                "My Role Requests.",
                user=change.after.name,
                roles=roles,
            )
        return self.env._(
            "%(user)s can't be given the role %(roles)s directly: rights are asked for "
            "and approved by the quality department. Ask under Configuration → Roles → "
            "My Role Requests.",
            user=change.after.name,
            roles=roles,
        )

    def _approved_roles(self, user_ids):
        """{user id: roles} of approved requests that aren't carried out yet."""
        requests = self.env["pharma.role.request"].search(
            Domain("state", "=", "approved")
            & Domain("applied_date", "=", False)
            & Domain("user_id", "in", user_ids)
        )
        return {
            user.id: self._roles_of(of_user.grant_role_ids.ids)
            for user, of_user in requests.grouped("user_id").items()
        }

    def _is_founding(self, found):
        """Nobody could approve before this write: no QA manager, no quality head."""
        approver_ids = self._approver_groups().ids
        if any(change.withdrawn & set(approver_ids) for change in found):
            return False
        new_ids = [c.user_id for c in found if c.granted & set(approver_ids)]
        return not self.env["res.users"].search_count(
            Domain("active", "=", True)
            & Domain("all_group_ids", "in", approver_ids)
            & Domain("id", "not in", new_ids),
            limit=1,
        )

    @api.model
    def _approver_groups(self):
        groups = self.env["res.groups"]
        return groups.union(*(self.env.ref(xmlid) for xmlid in APPROVER_GROUPS))

    @api.model
    def _approvers(self):
        """Active QA managers and quality heads."""
        # sudo: who asks for a role may not see who decides on it.
        groups = self._approver_groups().sudo()
        return groups.all_user_ids.filtered("active")

    @api.model
    def _is_approver(self):
        """Whether the person acting decides on rights, as herself and not as sudo."""
        return any(map(self.env.user.has_group, APPROVER_GROUPS))

    def _refuse_vacancies(self, found):
        """Some roles are never left empty, or nobody could approve any more."""
        staffed = set(self.env["res.groups"]._get_staffed_role_ids())
        lost = {role: c for c in found for role in c.withdrawn & staffed}
        roles = self.env["res.groups"].browse(sorted(lost)).exists()
        if not roles:
            return
        self._lock_roles(roles)
        holders = self.env["res.users"].search(
            Domain("active", "=", True) & Domain("all_group_ids", "in", roles.ids)
        )
        vacant = roles - holders.all_group_ids
        if vacant:
            raise UserError(
                self._listed(
                    self.env._(
                        "%(user)s is the last one who holds the role %(role)s, and "
                        "without it nobody could approve. Have the role granted to "
                        "somebody else first.",
                        user=lost[role.id].before.name,
                        role=role.name,
                    )
                    for role in vacant
                )
            )

    def _lock_roles(self, roles):
        """Of two who take away the last two holders, the second sees the first.

        A lock alone wouldn't do: a transaction that began before the other's end would
        get it, and still count as of its own beginning. A changed row makes PostgreSQL
        refuse, and Odoo run it again.
        """
        try:
            roles.lock_for_update(allow_referencing=True)
        except LockError:
            raise UserError(
                self.env._(
                    "Somebody else is changing who holds %s right now. Try again in a "
                    "moment.",
                    ", ".join(roles.mapped("name")),
                )
            ) from None
        self._touch(roles)

    def _lock_grown_users(self, found, before):
        """Two excluded roles given at once, through two groups, must meet as well."""
        grown = [c.user_id for c in found if c.granted and c.user_id in before]
        self._touch(self.env["res.users"].browse(grown))

    def _touch(self, records):
        if records:
            self.env.execute_query(
                SQL(
                    "UPDATE %s SET write_date = write_date WHERE id IN %s RETURNING id",
                    SQL.identifier(records._table),
                    tuple(records.ids),
                )
            )

    def _listed(self, sentences):
        sentences = list(sentences)
        shown = sentences[:SENTENCES]
        if len(sentences) > SENTENCES:
            shown.append(self.env._("… and %s more.", len(sentences) - SENTENCES))
        return "\n".join(shown)

    @api.model
    def _proposed_change(self, user, grant_ids, withdraw_ids):
        """What a request would make of a user: a ``tools.duty.Change``."""
        # sudo: who asks sees the warning without the right to read others' groups.
        self = self.sudo()
        before = self._holdings(user).get(user.id, Holding())
        group_ids = {*user.sudo().group_ids.ids} - {*withdraw_ids} | {*grant_ids}
        after = Holding(before.name, self._roles_of(group_ids), before.active)
        return Change(user.id, before, after)
