import json
import time
from io import BytesIO
from urllib.parse import quote

import xlsxwriter
from markupsafe import Markup

from odoo import api, fields, models
from odoo.modules import Manifest

from ..tools import inspection, inspection_zip

# Printing a form takes seconds: after these the rest is filed as web pages.
PRINT_SECONDS = 20
FORMS = {
    "product": "pharma_gsp.report_dossier_product",
    "supplier": "pharma_gsp.report_dossier_partner",
    "buyer": "pharma_gsp.report_dossier_partner",
}


class PharmaInspection(models.AbstractModel):
    """The zip to take along: all sections, all papers, digests over every file."""

    _inherit = "pharma.inspection"

    @api.model
    def _export(self, model, res_id, since, until, file):
        """Write the zip of a record into a binary file.

        Nothing is left out: the rows have no limit, pages missing in the store are
        named in the index.

        :return: the name to save it under
        """
        scope = self._scope(since, until, limit=None)
        record = self._subject(model, res_id)
        self._log_inspection(record, "export", scope)
        inspection_model = record.env["pharma.inspection"]._in_chinese()
        record = record.with_env(inspection_model.env)
        return inspection_model._write_zip(record, scope, file)

    @api.model
    def _in_chinese(self):
        """Inspectors read Chinese, whatever the language of who exports."""
        has_chinese = self.env["res.lang"]._get_data(code="zh_CN")
        return self.with_context(lang="zh_CN") if has_chinese else self

    @api.model
    def _write_zip(self, record, scope, file):
        now = fields.Datetime.now()
        sections = self._sections(record, scope)
        with inspection_zip.Archive(file, inspection.china_time(now)) as archive:
            names = inspection_zip.Names()
            files = self._add_pages(archive, names, sections)
            files += self._add_forms(archive, names, record)
            about = self._about_export(record, scope, now, sections, files)
            html = self._index_html(about, sections, files, archive.digests)
            archive.add_text("index.html", html)
            archive.add("index.xlsx", BytesIO(self._index_xlsx(sections)))
            archive.add_text(
                "manifest.json", json.dumps(about, ensure_ascii=False, indent=2)
            )
        day = inspection.china_time(now).strftime("%Y%m%d")
        title = self.env._("Inspection")
        return inspection_zip.safe_name(f"{title} {record.display_name} {day}.zip")

    @api.model
    def _add_pages(self, archive, names, sections):
        """Copy the pages of all rows; a page filed twice is copied once.

        :return: list of ``{"id", "name", "path", "is_missing"}``
        """
        top = self.env._("Papers")
        rows = [row for section in sections for row in section.rows if row.pages]
        attachments = self.env["ir.attachment"].browse(
            {page.id: None for row in rows for page in row.pages}
        )
        attachments.check_access("read")
        files = {}
        for row in rows:
            for page in row.pages:
                if page.id not in files:
                    path = names.take(top, *row.folder, page.name)
                    is_missing = not self._add_page(archive, path, page.id)
                    files[page.id] = {
                        "id": page.id,
                        "name": page.name,
                        "path": path,
                        "is_missing": is_missing,
                    }
        return list(files.values())

    @api.model
    def _add_page(self, archive, path, page_id):
        """Whether the store still has the file, which then is in the zip."""
        # sudo: read access was checked for all pages before.
        page = self.env["ir.attachment"].sudo().browse(page_id)
        if not page.store_fname:
            raw = page.with_context(bin_size=False).db_datas
            if raw:
                archive.add(path, BytesIO(raw))
            page.invalidate_recordset(["db_datas"])
            return bool(raw)
        try:
            with open(page._full_path(page.store_fname), "rb") as source:
                archive.add(path, source)
        except FileNotFoundError:
            return False
        return True

    @api.model
    def _add_forms(self, archive, names, record):
        """The signed-off first-approval forms, as their report prints them."""
        related = getattr(self, self._hook("inspect", record._name))(record)
        domain = related.get("pharma.dossier")
        if domain is None:
            return []
        dossiers = self.env["pharma.dossier"].search(
            domain & fields.Domain("active_date", "!=", False), order="id"
        )
        deadline = time.monotonic() + PRINT_SECONDS
        files = []
        for dossier in dossiers:
            content, ending = self._form(dossier, time.monotonic() < deadline)
            name = f"{dossier.name} {dossier._subject().display_name}"
            # The ending is added last, so that a long name doesn't lose it.
            path = names.take(
                self.env._("First-approval Forms"),
                f"{inspection_zip.safe_name(name)[:50]}.{ending}",
            )
            archive.add(path, BytesIO(content), inspection_zip.ZIP_DEFLATED)
            files.append({"id": 0, "name": name, "path": path, "is_missing": False})
        return files

    @api.model
    def _form(self, dossier, may_print):
        """(content, "pdf" or "html") of a first-approval form."""
        report = self.env["ir.actions.report"]
        if may_print and report.get_wkhtmltopdf_state() in ("ok", "upgrade"):
            return report._render_qweb_pdf(FORMS[dossier.kind], dossier.ids)
        return report._render_qweb_html(FORMS[dossier.kind], dossier.ids)

    @api.model
    def _about_export(self, record, scope, now, sections, files):
        """For the manifest: what, when, by whom, how much, out of which product."""
        return {
            "subject": record.display_name,
            "kind": self._model_name(record._name),
            "model": record._name,
            "id": record.id,
            "companies": self.env.companies.mapped("name"),
            "exported_at": f"{inspection.china_time(now).isoformat()}+08:00",
            "exported_by": self.env.user.name,
            "exported_by_login": self.env.user.login,
            "period": {
                "since": inspection.cell_text(scope.since) or None,
                "until": inspection.cell_text(scope.until) or None,
            },
            "rows": {section.code: len(section.rows) for section in sections},
            "files": len([file for file in files if not file["is_missing"]]),
            "missing_files": [file["path"] for file in files if file["is_missing"]],
            "product": "pharma_gsp",
            "version": Manifest.for_addon("pharma_gsp")["version"],
        }

    @api.model
    def _index_html(self, about, sections, files, digests):
        return Markup("<!DOCTYPE html>\n") + self.env["ir.qweb"]._render(
            "pharma_gsp.inspection_index",
            {
                "about": about,
                "sections": sections,
                "files": files,
                "page_files": {file["id"]: file for file in files},
                "digests": digests,
                "lang": (self.env.lang or "en_US").replace("_", "-"),
                "quote": quote,
                "text": inspection.cell_text,
                "css": inspection.css_class,
            },
        )

    @api.model
    def _index_xlsx(self, sections):
        """One sheet per section; amounts and days stay numbers to reckon with."""
        stream = BytesIO()
        workbook = xlsxwriter.Workbook(
            stream,
            {
                "in_memory": True,
                # What a partner typed is never run as a formula.
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "remove_timezone": True,
            },
        )
        formats = {
            "head": workbook.add_format({"bold": True, "bottom": 1}),
            "money": workbook.add_format({"num_format": "#,##0.00"}),
            "date": workbook.add_format({"num_format": "yyyy-mm-dd"}),
            "moment": workbook.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
            "text": workbook.add_format({"text_wrap": True, "valign": "top"}),
        }
        names = inspection_zip.Names()
        for section in sections:
            sheet = workbook.add_worksheet(names.take(section.title[:28]))
            self._fill_sheet(sheet, section, formats)
        workbook.close()
        return stream.getvalue()

    @api.model
    def _fill_sheet(self, sheet, section, formats):
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(section.columns) - 1, 18)
        for number, column in enumerate(section.columns):
            sheet.write_string(0, number, column.label, formats["head"])
            for line, row in enumerate(section.rows, 1):
                value, style = inspection.sheet_cell(row.cells[number])
                sheet.write(line, number, value, formats.get(style))
