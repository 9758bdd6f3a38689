from odoo import api, fields, models

SHOWN_CODES = 5


class PharmaTraceBillProblem(models.Model):
    """What is wrong with a bill: found before sending, or told by the platform."""

    _name = "pharma.trace.bill.problem"
    _description = "Problem of an Upload Bill"
    _order = "is_blocking desc, id"
    _rec_name = "sentence"

    bill_id = fields.Many2one(
        "pharma.trace.bill", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="bill_id.company_id", store=True)
    source = fields.Selection(
        [("check", "Our check"), ("platform", "The platform")], required=True
    )
    kind = fields.Selection(
        [
            ("type", "No bill type"),
            ("own_id", "Own platform number missing"),
            ("from_id", "Sender's platform number missing"),
            ("to_id", "Receiver's platform number missing"),
            ("future", "Date in the future"),
            ("no_codes", "No codes"),
            ("length", "Code is not well formed"),
            ("unmapped", "Code of an unknown product"),
            ("lot", "Code of another lot"),
            ("void", "Code is void"),
            ("duplicate", "Code twice"),
            ("family", "Case and its content both"),
            ("inactive", "Code not active on the platform"),
            ("special", "Special drugs"),
            ("platform", "Refused by the platform"),
        ],
        required=True,
        index=True,
    )
    is_blocking = fields.Boolean("Holds the Bill Back")
    codes = fields.Text("Codes Concerned")
    code_count = fields.Integer()
    detail = fields.Char("The Platform's Words")
    sentence = fields.Text(compute="_compute_sentence")

    @api.depends("kind", "codes", "code_count", "detail")
    def _compute_sentence(self):
        sentences = self._sentences()
        for problem in self:
            parts = (
                sentences.get(problem.kind, ""),
                problem.detail,
                problem._named_codes(),
            )
            problem.sentence = " ".join(filter(None, parts))

    def _named_codes(self):
        shown = (self.codes or "").split("\n")[:SHOWN_CODES]
        names = ", ".join(filter(None, shown))
        more = self.code_count - len(shown)
        if more > 0:
            return self.env._("%(codes)s and %(count)s more", codes=names, count=more)
        return names

    @api.model
    def _sentences(self):
        """What is wrong and how to cure it, by kind."""
        return {
            "type": self.env._(
                "No bill type stands for this movement. Add one under Configuration, "
                "or cancel this bill with a reason."
            ),
            "own_id": self.env._(
                "This company's own number on the platform is missing. The IT "
                "administrator enters it in the upload settings."
            ),
            "from_id": self.env._(
                "The sender's number on the platform is missing. Enter it on the "
                "partner, then check again."
            ),
            "to_id": self.env._(
                "The receiver's number on the platform is missing. Enter it on the "
                "partner, then check again."
            ),
            "future": self.env._(
                "The transfer is dated in the future. Have its date corrected."
            ),
            "no_codes": self.env._(
                "Not one trace code was scanned. Scan the packs of this transfer, then "
                "check again."
            ),
            "length": self.env._(
                "These codes are not well formed: a Chinese trace code has 20 digits. "
                "Scan the packs again:"
            ),
            "unmapped": self.env._(
                "Nobody said yet which product these codes belong to. Decide it in the "
                "mapping queue, then check again:"
            ),
            "lot": self.env._(
                "These codes belong to a product or lot that did not move here. "
                "Compare the packs with the lines of the transfer:"
            ),
            "void": self.env._(
                "These codes were destroyed before. Find out which packs are really "
                "here and inform QA:"
            ),
            "duplicate": self.env._("These codes are in the bill twice:"),
            "family": self.env._(
                "These packs are listed beside the case they are packed in. Keep the "
                "case, or open it and keep the packs:"
            ),
            "inactive": self.env._(
                "The platform doesn't know these codes as active. Ask the supplier to "
                "report them, then send again:"
            ),
            "special": self.env._(
                "The platform counts codes that begin with 89 as special drugs; the "
                "bill is marked so:"
            ),
            "platform": self.env._("The platform says:"),
        }
