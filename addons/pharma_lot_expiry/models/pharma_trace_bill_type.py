from odoo import fields, models

from ..tools import trace_bill

USAGES = [
    ("supplier", "Supplier"),
    ("internal", "Our warehouse"),
    ("customer", "Customer"),
    ("transit", "On the way between sites"),
    ("inventory", "Loss or surplus"),
    ("production", "Production"),
]
REASONS = [
    ("recall", "Recall"),
    ("sample", "Sampling for inspection"),
    ("destroy", "Destruction"),
    ("scrap", "Scrap"),
]


class PharmaTraceBillType(models.Model):
    """A bill type of the national trace platform and the movements it stands for.

    Read in order, the first that matches a transfer is its type (FA-56).
    """

    _name = "pharma.trace.bill.type"
    _description = "Upload Bill Type"
    _order = "sequence, id"
    _rec_names_search = ["name", "code"]

    code = fields.Char(required=True, help="The platform's number of this type.")
    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=100, help="Types are tried in this order.")
    direction = fields.Selection(
        [("in", "Goods in"), ("out", "Goods out")], required=True
    )
    counterpart = fields.Selection(
        [
            ("partner", "The partner of the transfer"),
            ("own", "Nobody: both sides are this company"),
            ("direct", "Supplier and customer, past our warehouse"),
        ],
        required=True,
        default="partner",
    )
    from_usage = fields.Selection(USAGES, "Goods from", help="Empty: anywhere.")
    to_usage = fields.Selection(USAGES, "Goods to", help="Empty: anywhere.")
    return_rule = fields.Selection(
        [("yes", "Only returns"), ("no", "No returns")],
        "Returns",
        help="Empty: whether the transfer returns an earlier one doesn't matter.",
    )
    reason = fields.Selection(
        REASONS, help="Only transfers with this reason. Empty: with any or none."
    )
    event = fields.Char(
        "Name in the File", help="What the platform's bill file calls this event."
    )
    active = fields.Boolean(default=True)

    _code_uniq = models.Constraint(
        "UNIQUE(code)", "There is a bill type with this number already."
    )

    def _compute_display_name(self):
        for bill_type in self:
            bill_type.display_name = f"{bill_type.code} {bill_type.name or ''}".strip()

    def _rule(self):
        """This type as the pure rules take it."""
        return trace_bill.Rule(
            code=self.code,
            from_usage=self.from_usage or "",
            to_usage=self.to_usage or "",
            is_return={"yes": True, "no": False}.get(self.return_rule),
            reason=self.reason or "",
        )

    def _of(self, movements):
        """{movement: bill type, empty for none}. One query for all of them."""
        types = self.search([])
        rules = [bill_type._rule() for bill_type in types]
        by_code = {bill_type.code: bill_type for bill_type in types}
        return {
            movement: by_code.get(trace_bill.bill_type(movement, rules), self.browse())
            for movement in movements
        }
