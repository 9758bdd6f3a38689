from odoo import api, fields, models
from odoo.exceptions import UserError


class PharmaPosted(models.AbstractModel):
    """A record that is proof once it is posted: nobody edits or deletes it (CS-20).

    The lock holds for every door and for the superuser. A write passes only if a
    change request that is being executed in this very transaction asks for exactly
    these values; no context key opens it. The inheriting model says what is locked
    (``_posted_fields`` and the class attributes below) and when (``_is_posted``).
    Inherit it before the core model, so that the lock is asked before core acts.
    """

    _name = "pharma.posted"
    _description = "Record Locked Once Posted"
    _inherit = "pharma.correctable"

    # Of the locked fields, what may be set while it is empty: links that come later.
    _posted_once_fields = frozenset()
    # {field: path}: may take the value that stands at the path, itself locked there.
    _posted_follows = {}
    # Many2ones to documents that take no more rows once they are posted.
    _posted_parents = ()

    pharma_version_count = fields.Integer(
        "Versions", compute="_compute_pharma_version_count"
    )

    def _compute_pharma_version_count(self):
        # sudo: how often a record was corrected is no secret to who may read it.
        counts = dict(
            self.env["pharma.record.version"]
            .sudo()
            ._read_group(
                [("res_model", "=", self._name), ("res_id", "in", self.ids)],
                ["res_id"],
                ["__count"],
            )
        )
        for record in self:
            record.pharma_version_count = counts.get(record._origin.id, 0)

    @api.model_create_multi
    def create(self, vals_list):
        self._check_parents_open(vals_list)
        return super().create(vals_list)

    def write(self, vals):
        # sudo: what is posted doesn't depend on what the acting user may see.
        records = self.sudo().with_prefetch()
        changes = records._posted_changes(vals)
        if changes:
            self._check_approved(changes, vals)
        if records._changes(vals, {*self._posted_parents}):
            self._check_parents_open([vals])
        return super().write(vals)

    def unlink(self):
        # Not by ``ondelete``: core's own words there advise to change what is locked.
        self._check_not_posted()
        return super().unlink()

    def _check_not_posted(self):
        # sudo: as in write.
        for record in self.sudo().with_prefetch():
            if record._is_posted():
                raise UserError(
                    self.env._(
                        "%(record)s can't be deleted: it is posted and stands as "
                        "proof. %(cure)s",
                        record=record._posted_name(),
                        cure=record._posted_cure(),
                    )
                )

    def _is_posted(self):
        """Whether this record is proof now.

        :rtype: bool
        """
        raise NotImplementedError

    def _posted_changes(self, vals):
        """{posted record: names of locked fields ``vals`` changes for real}."""
        if not self._posted_fields & vals.keys():
            return {}
        # Asked first: comparing would recompute what an open record changes anyway.
        posted = self.filtered(lambda record: record._is_posted())
        found = {}
        for record, names in posted._changes(vals, self._posted_fields).items():
            locked = [n for n in names if not record._may_still_set(n, vals[n])]
            if locked:
                found[record] = locked
        return found

    def _may_still_set(self, name, value):
        """Links that come later, and values that follow those of the document."""
        if name in self._posted_once_fields and not self[name]:
            return True
        path = self._posted_follows.get(name)
        if not path:
            return False
        *steps, last = path.split(".")
        source = self
        for step in steps:
            source = source[step]
        return bool(source) and not self._differs(name, value, source[last])

    def _check_approved(self, changes, vals):
        """Let pass what a request being executed asks for, value by value."""
        approved = self.env["pharma.change.request"]._approved_values(changes)
        for record, names in changes.items():
            for name in names:
                key = (record.id, name)
                if key not in approved or record._differs(
                    name, vals[name], approved[key]
                ):
                    raise UserError(
                        self.env._(
                            "%(field)s of %(record)s can't be changed: it is posted "
                            "and stands as proof. %(cure)s",
                            field=record._field_label(name),
                            record=record._posted_name(),
                            cure=record._posted_cure(name),
                        )
                    )

    @api.model
    def _check_parents_open(self, vals_list):
        """A posted document takes no more rows."""
        for name in self._posted_parents:
            default = self.env.context.get(f"default_{name}")
            joined = [vals.get(name, default) for vals in vals_list]
            # sudo: as in write. Browsed together, so that they are read together.
            parents = self.env[self._fields[name].comodel_name].sudo()
            parents = parents.browse([i for i in joined if i])
            for parent, vals in zip(
                parents,
                [v for v, i in zip(vals_list, joined, strict=True) if i],
                strict=True,
            ):
                if parent._is_posted() and not self._may_join(parent, vals):
                    self._refuse_row(parent)

    @api.model
    def _refuse_row(self, parent):
        raise UserError(
            self.env._(
                "Nothing can be added to %(record)s: it is posted and stands as "
                "proof. Make a new document.",
                record=parent._posted_name(),
            )
        )

    @api.model
    def _may_join(self, parent, vals):
        """Whether a row may come to a posted document after all."""
        return False

    def _posted_cure(self, name=None):
        """What to do instead; asking for a correction only where one is possible.

        :param name: of the field somebody wanted to change, None to delete the record
        """
        if name in self._correction_fields():
            return self.env._("Ask for a correction (Actions > Request Correction).")
        return self.env._("Return the goods, or make a new document that corrects it.")

    def action_pharma_versions(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Versions"),
            "res_model": "pharma.record.version",
            "view_mode": "list,kanban,form",
            "domain": [("res_model", "=", self._name), ("res_id", "=", self.id)],
        }
