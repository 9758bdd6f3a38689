from odoo import api, models


class PharmaTraceGateway(models.AbstractModel):
    """The way to a trace platform: one method per operation.

    A platform is added by inheriting this model as ``pharma.trace.gateway.<platform>``
    and adding ``<platform>`` to the choices of ``res.company.trace_platform``.
    """

    _name = "pharma.trace.gateway"
    _description = "Gateway to a Trace Platform"

    @api.model
    def _of(self, company):
        """The gateway a company uses."""
        return self.env[f"pharma.trace.gateway.{company.trace_platform}"]

    @api.model
    def _upload_bill(self, company, bill):
        """Hand a bill in.

        :param bill: a `tools.mashangfangxin.BillFile`
        :rtype: tools.mashangfangxin.Answer
        """
        raise NotImplementedError

    @api.model
    def _query_result(self, company, bill):
        """What became of a bill handed in; same types as ``_upload_bill``."""
        raise NotImplementedError

    @api.model
    def _missing_settings(self, company):
        """Names of the settings without which nothing can be sent."""
        raise NotImplementedError
