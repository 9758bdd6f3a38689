from odoo import api, fields, models

from ..tools import mashangfangxin


class PharmaTraceGatewayMashangfangxin(models.AbstractModel):
    """The national platform 码上放心 (FA-56)."""

    _name = "pharma.trace.gateway.mashangfangxin"
    _inherit = ["pharma.trace.gateway"]
    _description = "Gateway to Mashangfangxin"

    @api.model
    def _upload_bill(self, company, bill):
        return self._client(company).upload(bill)

    @api.model
    def _query_result(self, company, bill):
        return self._client(company).query(bill)

    @api.model
    def _missing_settings(self, company):
        # sudo: whether a setting is filled is no secret, its value is.
        company = company.sudo()
        needed = (
            "trace_endpoint",
            "trace_ref_ent_id",
            "trace_app_key",
            "trace_app_secret",
            "trace_session",
        )
        return [
            company._fields[name]._description_string(self.env)
            for name in needed
            if not company[name]
        ]

    @api.model
    def _client(self, company):
        # sudo: credentials are readable by nobody; they are only used to sign.
        company = company.sudo()
        return mashangfangxin.Client(
            endpoint=company.trace_endpoint,
            app_key=company.trace_app_key,
            secret=company._trace_secret("trace_app_secret"),
            session_key=company._trace_secret("trace_session"),
            clock=fields.Datetime.now,
            sign_method=company.trace_sign_method,
            timeout=company.trace_timeout,
        )
