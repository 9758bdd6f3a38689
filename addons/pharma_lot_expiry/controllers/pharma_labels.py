from odoo import http
from odoo.http import content_disposition, request


class PharmaLabels(http.Controller):
    @http.route(
        "/pharma/labels/<int:print_id>.pdf",
        type="http",
        auth="user",
        methods=["GET"],
        readonly=True,
    )
    def labels(self, print_id):
        """The labels asked for in the dialogue, as a PDF of their true size."""
        asked = request.env["pharma.label.print"].browse(print_id).exists()
        if not asked or asked.create_uid != request.env.user:
            raise request.not_found()
        return request.make_response(
            asked._pdf(),
            [
                ("Content-Type", "application/pdf"),
                (
                    "Content-Disposition",
                    content_disposition("labels.pdf", disposition_type="inline"),
                ),
                ("Cache-Control", "no-store"),
                ("X-Content-Type-Options", "nosniff"),
            ],
        )
