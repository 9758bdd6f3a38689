from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class PharmaChangeRequestAsk(models.TransientModel):
    """Ask for a correction: every field that may be corrected, with its present value."""

    _name = "pharma.change.request.ask"
    _description = "Request a Correction"

    res_model = fields.Char(required=True)
    res_id = fields.Many2oneReference(model_field="res_model", required=True)
    document_name = fields.Char(compute="_compute_document_name")
    reason = fields.Text()
    line_ids = fields.One2many("pharma.change.request.ask.line", "ask_id", "Changes")

    @api.depends("res_model", "res_id")
    def _compute_document_name(self):
        for ask in self:
            ask.document_name = ask._document().display_name

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        values.setdefault("res_model", self.env.context.get("active_model"))
        values.setdefault("res_id", self.env.context.get("active_id"))
        if "line_ids" in fields_list and values["res_model"] and values["res_id"]:
            document = self._checked(values["res_model"], values["res_id"])
            values["line_ids"] = [
                Command.create(
                    {"res_model": row._name, "res_id": row.id, "field_name": name}
                )
                for row in document._correction_rows()
                for name in row._correction_fields()
            ]
        return values

    @api.model
    def _checked(self, model, res_id):
        """The posted document, if it is one the user may read."""
        if model not in self.env["pharma.change.request"]._document_models():
            raise UserError(self.env._("Such records are changed directly."))
        document = self.env[model].browse(res_id)
        document.check_access("read")
        if not document.sudo()._is_posted():  # sudo: as in the lock itself
            raise UserError(
                self.env._(
                    "%s isn't posted or holds no controlled drugs: change it directly.",
                    document.display_name,
                )
            )
        return document

    def _document(self):
        self.ensure_one()
        return self._checked(self.res_model, self.res_id)

    def action_ask(self):
        self.ensure_one()
        wishes = [
            (line._record(), line.field_name, line.new_text)
            for line in self.line_ids
            if (line.new_text or "").strip()
        ]
        request = self.env["pharma.change.request"]._ask(
            self._document(), wishes, self.reason
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": request._name,
            "res_id": request.id,
            "view_mode": "form",
        }


class PharmaChangeRequestAskLine(models.TransientModel):
    """One field that may be corrected; empty means unchanged."""

    _name = "pharma.change.request.ask.line"
    _description = "Correction Wished"

    ask_id = fields.Many2one(
        "pharma.change.request.ask", required=True, ondelete="cascade"
    )
    res_model = fields.Char(required=True)
    res_id = fields.Many2oneReference(model_field="res_model", required=True)
    field_name = fields.Char(required=True)
    row_name = fields.Char("Row", compute="_compute_present")
    field_label = fields.Char("Field", compute="_compute_present")
    old_text = fields.Char("Present Value", compute="_compute_present")
    new_text = fields.Char("New Value")
    problem = fields.Char(compute="_compute_problem")

    @api.depends("res_model", "res_id", "field_name")
    def _compute_present(self):
        for line in self:
            record, name = line._record(), line.field_name
            line.row_name = record._row_name()
            line.field_label = record._field_label(name)
            line.old_text = record._value_in_words(name)

    @api.depends("new_text")
    def _compute_problem(self):
        """Said while typing, so that nothing has to be typed twice."""
        for line in self:
            line.problem = False
            if (line.new_text or "").strip():
                try:
                    line._record()._parse_correction(line.field_name, line.new_text)
                except UserError as error:
                    line.problem = str(error)

    def _record(self):
        """The row, within the rights of who asks."""
        self.ensure_one()
        if self.res_model not in self.env["pharma.change.request"]._document_models():
            raise UserError(self.env._("Such records are changed directly."))
        record = self.env[self.res_model].browse(self.res_id)
        if self.field_name not in record._correctable_fields:
            raise UserError(self.env._("This can't be corrected by a request."))
        return record
