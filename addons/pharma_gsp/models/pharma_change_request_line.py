from odoo import fields, models


class PharmaChangeRequestLine(models.Model):
    """One field of one row of a document: what it was, what it should be."""

    _name = "pharma.change.request.line"
    _description = "Requested Change"
    _rec_name = "field_label"

    request_id = fields.Many2one(
        "pharma.change.request", required=True, ondelete="cascade", index=True
    )
    res_model = fields.Char(required=True, readonly=True)
    res_id = fields.Many2oneReference(
        "Record ID", model_field="res_model", required=True, readonly=True
    )
    row_name = fields.Char("Row", readonly=True)
    field_name = fields.Char(required=True, readonly=True)
    field_label = fields.Char("Field", readonly=True)
    old_value = fields.Json("Present Stored Value", readonly=True)
    old_text = fields.Char("Present Value", readonly=True)
    new_value = fields.Json("New Stored Value", readonly=True)
    new_text = fields.Char("New Value", readonly=True)

    def write(self, vals):  # pylint: disable=method-required-super
        self.request_id._refuse_by_hand()

    def unlink(self):  # pylint: disable=method-required-super
        self.request_id._refuse_by_hand()

    def _record(self):
        """The row, as superuser; empty if it is gone."""
        self.ensure_one()
        # sudo: QA decides on documents of departments it doesn't work in.
        return self.env[self.res_model].sudo().browse(self.res_id).exists()

    def _is_outdated(self):
        """Whether the row changed since the request was written."""
        record, name = self._record(), self.field_name
        return not record or record._is_changing(
            name, record._value_to_write(name, self.old_value["value"])
        )

    def _is_fulfilled(self):
        return not self._record()._is_changing(self.field_name, self._new_to_write())

    def _new_to_write(self):
        """The new value as ``write`` takes it."""
        return self.env[self.res_model]._value_to_write(
            self.field_name, self.new_value["value"]
        )
