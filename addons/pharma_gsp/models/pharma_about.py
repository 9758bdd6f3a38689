from odoo import api, fields, models
from odoo.fields import Domain


class PharmaAbout(models.AbstractModel):
    """Something recorded about a document, which outlives it: plain numbers, no link.

    Who may read documents of a kind may read what is recorded about them; the record
    rules ask ``is_readable``.
    """

    _name = "pharma.about"
    _description = "Record about a Document"
    _rec_name = "document_name"

    res_model = fields.Char("Document Model", required=True, index=True, readonly=True)
    res_id = fields.Many2oneReference(
        "Document ID", model_field="res_model", required=True, index=True, readonly=True
    )
    document_name = fields.Char("Document", required=True, readonly=True)
    model_name = fields.Char("Kind of Document", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True, index=True)
    is_readable = fields.Boolean(
        compute="_compute_is_readable", search="_search_is_readable"
    )

    @api.depends_context("uid")
    @api.depends("res_model")
    def _compute_is_readable(self):
        readable = self._readable_models()
        for record in self:
            record.is_readable = record.res_model in readable

    def _search_is_readable(self, operator, value):
        if operator != "in":
            return NotImplemented
        return Domain("res_model", "in", sorted(self._readable_models()))

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            # sudo: what a kind of document is called is no secret.
            kind = self.env["ir.model"].sudo()._get(vals.get("res_model"))
            vals["model_name"] = kind.name
        return super().create(vals_list)

    @api.model
    def _readable_models(self):
        """Names of the models of documents the acting user may read."""
        return {
            name
            for name in self._document_models()
            # Rules are evaluated as superuser; the user in hand is who counts.
            if self.env[name].with_user(self.env.user).has_access("read")
        }

    @api.model
    def _document_models(self):
        """Names of all models whose posted records are locked."""
        return [name for name in self.env.registry if self._is_document_model(name)]

    @api.model
    def _is_document_model(self, name):
        model = self.env.registry.models.get(name)
        posted = self.env.registry["pharma.posted"]
        return bool(model) and issubclass(model, posted) and not model._abstract

    def _document(self):
        """The document, as superuser; empty if it is gone."""
        self.ensure_one()
        # sudo: what is recorded about it is decided and shown without asking again.
        return self.env[self.res_model].sudo().browse(self.res_id).exists()

    def action_open_document(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "view_mode": "form",
        }
