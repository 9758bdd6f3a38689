from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

LEVELS = [
    ("1", "Class I: may do serious harm"),
    ("2", "Class II: harm that passes or is reversible"),
    ("3", "Class III: other reasons"),
]
AMOUNTS = (
    "lock_minutes",
    "list_minutes",
    "notify_hours",
    "reply_hours",
    "progress_days",
    "escalate_hours",
    "link_days",
)


class PharmaRecallClass(models.Model):
    """How fast a recall of a class has to go, as the law stands from a day on (OB-40).

    The shipped clocks are the stricter reading of the measures of 2007 and of 2022.
    When the law changes, a new record with its own first day takes over; recalls keep
    the deadlines they were started with.
    """

    _name = "pharma.recall.class"
    _description = "Recall Class"
    _inherit = ["mail.thread"]
    _order = "level, valid_from desc, id desc"
    _mail_post_access = "read"

    name = fields.Char(required=True, translate=True)
    level = fields.Selection(LEVELS, "Class", required=True, tracking=True)
    lock_minutes = fields.Integer(
        "Stock Locked within (minutes)", required=True, default=60, tracking=True
    )
    list_minutes = fields.Integer(
        "Customer List within (minutes)", required=True, default=10, tracking=True
    )
    notify_hours = fields.Integer(
        "Customers Notified within (hours)", required=True, tracking=True
    )
    reply_hours = fields.Integer(
        "Customers Answer within (hours)",
        required=True,
        tracking=True,
        help="From the notice on; who hasn't answered by then is chased.",
    )
    progress_days = fields.Integer(
        "Progress Report Every (days)", required=True, tracking=True
    )
    escalate_hours = fields.Integer(
        "Second Call after (hours)",
        required=True,
        default=4,
        tracking=True,
        help="How long after the first call to seller and QA manager the second comes.",
    )
    link_days = fields.Integer(
        "Notice Link Valid (days)", required=True, default=90, tracking=True
    )
    valid_from = fields.Date(required=True, default="2022-11-01", tracking=True)
    valid_until = fields.Date(tracking=True)
    note = fields.Text("Legal Basis", translate=True)
    active = fields.Boolean(default=True)

    _amounts_positive = models.Constraint(
        "CHECK (" + " AND ".join(f"{name} > 0" for name in AMOUNTS) + ")",
        "Every clock of a recall class needs a time above zero.",
    )
    _valid_period = models.Constraint(
        "CHECK (valid_until >= valid_from)",
        "A recall class can't end before its first day.",
    )

    @api.constrains("level", "valid_from", "valid_until", "active")
    def _check_one_in_force(self):
        """On no day two sets of clocks for one class."""
        for clocks in self.filtered("active"):
            domain = Domain("level", "=", clocks.level) & Domain("id", "!=", clocks.id)
            domain &= Domain("valid_until", "=", False) | Domain(
                "valid_until", ">=", clocks.valid_from
            )
            if clocks.valid_until:
                domain &= Domain("valid_from", "<=", clocks.valid_until)
            if other := self.search(domain, limit=1):
                raise UserError(
                    self.env._(
                        "«%(other)s» has clocks for the same class in these days: end "
                        "it on the day before first.",
                        other=other.name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_used(self):
        # sudo: recalls of every company count.
        recalls = self.env["pharma.recall"].sudo()
        if recalls.search_count([("class_id", "in", self.ids)], limit=1):
            raise UserError(
                self.env._(
                    "Recalls refer to this class; give it a last day or archive it."
                )
            )

    def _is_in_force(self, day):
        """Whether these clocks count for a notice of that day."""
        self.ensure_one()
        return (
            self.active
            and self.valid_from <= day
            and (not self.valid_until or day <= self.valid_until)
        )
