from odoo import api, models

CONTENT_FIELDS = {"raw", "datas", "db_datas", "store_fname", "type", "url"}
OWNER_FIELDS = {"res_model", "res_id", "res_field"}


class IrAttachment(models.Model):
    """Pages of GSP documents obey their document, also when reached directly."""

    _inherit = "ir.attachment"

    def write(self, vals):
        if vals.keys() & (CONTENT_FIELDS | OWNER_FIELDS):
            self._filed_documents()._check_pages_open()
        result = super().write(vals)
        if vals.keys() & CONTENT_FIELDS:
            self._filed_documents()._check_attachments()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_filed(self):
        self._filed_documents()._check_pages_open()

    def _filed_documents(self):
        """Documents these attachments are pages of; files in a chatter are none."""
        # sudo: a document guards its pages whoever reaches for them.
        pages = self.sudo().filtered(lambda page: page.res_model == "pharma.document")
        documents = self.env["pharma.document"].sudo().browse(pages.mapped("res_id"))
        return documents.exists().filtered(
            lambda document: document.attachment_ids & pages
        )

    def _postprocess_contents(self, values):
        """Scanned papers stay bit for bit as filed: their digest is their identity."""
        if values.get("res_model") == "pharma.document":
            return values
        return super()._postprocess_contents(values)
