from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class PharmaChangeRequestAsk(models.TransientModel):
    """Ask for a correction: what may be corrected, with its present value."""

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
        if not self.env["pharma.change.request"]._is_document_model(model):
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
        typed = self.line_ids.filtered(lambda line: (line.new_text or "").strip())
        wishes = [(row, line.field_name, line.new_text) for line, row in typed._rows()]
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
        for line, row in self._rows():
            line.row_name = row._row_name()
            line.field_label = row._field_label(line.field_name)
            line.old_text = row._value_in_words(line.field_name)

    @api.depends("new_text")
    def _compute_problem(self):
        """Said while typing, so that nothing has to be typed twice."""
        for line, row in self._rows():
            line.problem = False
            if (line.new_text or "").strip():
                try:
                    row._parse_correction(line.field_name, line.new_text)
                except UserError as error:
                    line.problem = str(error)

    def _rows(self):
        """[(line, the row it is about)], within the rights of who asks, read together.

        What comes from the browser is checked: only fields that may be corrected.
        """
        about = self.env["pharma.change.request"]
        pairs = []
        for model, lines in self.grouped("res_model").items():
            if not about._is_document_model(model):
                raise UserError(self.env._("Such records are changed directly."))
            rows = self.env[model].browse(lines.mapped("res_id"))
            pairs += zip(lines, rows, strict=True)
        for line, row in pairs:
            if line.field_name not in row._correctable_fields:
                raise UserError(self.env._("This can't be corrected by a request."))
        return pairs
