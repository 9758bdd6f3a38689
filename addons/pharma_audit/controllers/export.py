from pathlib import Path
from tempfile import TemporaryFile

from odoo import http
from odoo.exceptions import UserError
from odoo.http import Stream, content_disposition, request

from ..tools import verify_audit

CHUNK = 1 << 20


class AuditExport(http.Controller):
    """What an inspector takes along: the sealed trail and the script that checks it."""

    @http.route("/pharma_audit/export/<int:first>/<int:last>", type="http", auth="user")
    def export(self, first, last):
        """Seals ``first`` to ``last`` with their entries."""
        env = request.env
        if not env.user.has_group("pharma_audit.pharma_audit_group_viewer"):
            raise request.not_found()
        # sudo: only counted; the trail holds rows of all companies.
        companies = env["res.company"].sudo().search([])
        if companies - env.user.company_ids:
            raise UserError(
                env._(
                    "The export holds entries of all companies. It takes a user who "
                    "may work in each of them."
                )
            )
        seals = env["pharma.audit.seal"].search(
            [("number", ">=", first), ("number", "<=", last)], order="number"
        )
        if not seals:
            raise UserError(env._("There are no such seals."))
        env["pharma.audit.entry"]._log(
            "export",
            seals,
            env._("Audit trail, seals %(first)s to %(last)s", first=first, last=last),
        )
        file = TemporaryFile()  # noqa: SIM115  (closed by the response)
        seals._write_export(file)
        size = file.tell()
        file.seek(0)
        name = f"audit-{seals[0].number}-{seals[-1].number}.jsonl"
        return request.make_response(
            iter(lambda: file.read(CHUNK), b""),
            headers=[
                ("Content-Type", "application/x-ndjson"),
                ("Content-Length", str(size)),
                ("Content-Disposition", content_disposition(name)),
            ],
        )

    @http.route("/pharma_audit/verify_audit.py", type="http", auth="user")
    def script(self):
        """The script itself, to run elsewhere."""
        path = Path(verify_audit.__file__)
        return Stream(
            type="data",
            data=path.read_bytes(),
            mimetype="text/x-python",
            download_name=path.name,
            size=path.stat().st_size,
        ).get_response(as_attachment=True)
