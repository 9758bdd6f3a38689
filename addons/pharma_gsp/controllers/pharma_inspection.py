from tempfile import SpooledTemporaryFile

from werkzeug.exceptions import BadRequest
from werkzeug.wsgi import FileWrapper

from odoo import http
from odoo.http import content_disposition, request

MEMORY = 8 << 20  # bytes; what grows past it goes to the disk


class PharmaInspection(http.Controller):
    @http.route(
        "/pharma/inspection/<string:model>/<int:res_id>.zip",
        type="http",
        auth="user",
        methods=["GET"],
    )
    def export(self, model, res_id, since=None, until=None, companies=None):
        """The zip of a record for an inspector (CS-34).

        Writes too, since each export leaves a note on its record.

        :param companies: ids of the companies the screen showed, as ``1,2``
        """
        inspection = request.env["pharma.inspection"]
        if companies:
            inspection = inspection.with_context(
                allowed_company_ids=self._numbers(companies)
            )
        file = SpooledTemporaryFile(max_size=MEMORY)  # noqa: SIM115 - the response closes it
        try:
            name = inspection._export(model, res_id, since, until, file)
        except Exception:
            file.close()
            raise
        size = file.tell()
        file.seek(0)
        return request.make_response(
            FileWrapper(file),
            [
                ("Content-Type", "application/zip"),
                ("Content-Length", size),
                ("Content-Disposition", content_disposition(name)),
                ("Cache-Control", "no-store"),
                ("X-Content-Type-Options", "nosniff"),
            ],
        )

    def _numbers(self, text):
        try:
            return [int(number) for number in text.split(",")]
        except ValueError as error:
            raise BadRequest from error
