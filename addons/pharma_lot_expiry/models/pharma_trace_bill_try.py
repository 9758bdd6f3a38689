from odoo import fields, models


class PharmaTraceBillTry(models.Model):
    """One call to the platform: what was sent and what came back, word for word.

    Session and signature are masked; the secret never leaves the settings (FA-56).
    """

    _name = "pharma.trace.bill.try"
    _description = "Call to the Trace Platform"
    _inherit = ["pharma.append.only"]
    _order = "id desc"
    _rec_name = "date"

    bill_id = fields.Many2one(
        "pharma.trace.bill", required=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one("res.company", ondelete="restrict")
    date = fields.Datetime(required=True)
    operation = fields.Selection(
        [("upload", "Handed in"), ("query", "Asked for the result")], required=True
    )
    number = fields.Char("Bill Number", required=True)
    outcome = fields.Selection(
        [
            ("received", "Received"),
            ("accepted", "Accepted"),
            ("rejected", "Refused"),
            ("retry", "No clear answer"),
            ("setup", "Settings to be corrected"),
        ],
        required=True,
    )
    status = fields.Integer("HTTP Status")
    code = fields.Char("Answer Code")
    message = fields.Char("Answer")
    milliseconds = fields.Integer("Took (ms)")
    request = fields.Text()
    answer = fields.Text("Whole Answer")
