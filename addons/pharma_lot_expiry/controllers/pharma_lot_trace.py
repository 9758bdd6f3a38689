from tempfile import SpooledTemporaryFile

from werkzeug.exceptions import BadRequest
from werkzeug.wsgi import FileWrapper

from odoo import http
from odoo.http import content_disposition, request

MEMORY = 8 << 20  # bytes; what grows past it goes to the disk
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class PharmaLotTrace(http.Controller):
    @http.route(
        "/pharma/trace/<string:lots>.xlsx", type="http", auth="user", methods=["GET"]
    )
    def export(self, lots):
        """The workbook of a lot's trace (TV-61), with the rights of who asks.

        :param lots: ids as ``1,2``
        """
        try:
            lot_ids = [int(number) for number in lots.split(",")]
        except ValueError as error:
            raise BadRequest from error
        file = SpooledTemporaryFile(max_size=MEMORY)  # noqa: SIM115 - the response closes it
        try:
            name = request.env["pharma.lot.trace"]._export(lot_ids, file)
        except Exception:
            file.close()
            raise
        file.seek(0, 2)
        size = file.tell()
        file.seek(0)
        return request.make_response(
            FileWrapper(file),
            [
                ("Content-Type", XLSX),
                ("Content-Length", size),
                ("Content-Disposition", content_disposition(name)),
                ("Cache-Control", "no-store"),
                ("X-Content-Type-Options", "nosniff"),
            ],
        )
