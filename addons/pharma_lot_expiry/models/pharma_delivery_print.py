from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

# How long a drawn number may be put on paper: a slow network, not a second copy.
FETCH_WITHIN = timedelta(minutes=10)


class PharmaDeliveryPrint(models.Model):
    """One printing of a delivery note: who, when, which number, why again (OB-13)."""

    _name = "pharma.delivery.print"
    _description = "Delivery Note Print"
    _inherit = ["pharma.append.only"]
    _order = "id desc"

    picking_id = fields.Many2one(
        "stock.picking", "Delivery", required=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one("res.company", required=True, ondelete="restrict")
    number = fields.Integer("Print No.", required=True, aggregator="max")
    user_id = fields.Many2one(
        "res.users", "Printed by", required=True, index=True, ondelete="restrict"
    )
    date = fields.Datetime("Printed at", required=True, index=True)
    line_count = fields.Integer("Lines", required=True)
    reason = fields.Char("Why Again")

    _number_uniq = models.Constraint(
        "UNIQUE(picking_id, number)", "This print number is on paper already."
    )
    _reprint_reasoned = models.Constraint(
        "CHECK(number = 1 OR length(trim(reason)) > 0)",
        "A reprint needs its reason.",
    )

    @api.depends("picking_id", "number")
    def _compute_display_name(self):
        for note in self:
            note.display_name = f"{note.picking_id.name} ({note.number})"

    @api.model
    def _draw(self, pickings, reason=None):
        """The next number of each delivery, noted before the paper exists.

        :param reason: why again, for those printed before
        :raise UserError: where such a reason is missing
        """
        self._claim(pickings)
        # sudo: the log is written by the button only, for whoever may print.
        prints = self.sudo()
        last = dict(
            prints._read_group(
                [("picking_id", "in", pickings.ids)], ["picking_id"], ["number:max"]
            )
        )
        if last and not (reason or "").strip():
            raise UserError(
                self.env._(
                    "The delivery note of %s is on paper already. Write down why it is "
                    "printed again.",
                    ", ".join(picking.name for picking in last),
                )
            )
        return prints.create(
            [
                {
                    "picking_id": picking.id,
                    "company_id": picking.company_id.id,
                    "number": last.get(picking, 0) + 1,
                    "user_id": self.env.uid,
                    "date": fields.Datetime.now(),
                    "line_count": len(picking._delivery_note_lines()),
                    "reason": reason.strip() if picking in last else False,
                }
                for picking in pickings
            ]
        ).sudo(False)

    @api.model
    def _claim(self, pickings):
        """Whoever prints one of these at the same time starts over.

        Touching the deliveries does it: the server repeats the later request, which
        then sees the earlier number. No number is drawn twice.
        """
        self.env.cr.execute(
            SQL(
                "UPDATE stock_picking SET write_date = write_date WHERE id IN %s",
                tuple(sorted(pickings.ids)),
            )
        )

    def _check_fetchable(self):
        """A number is for one paper: fetched at once, by who drew it.

        :raise UserError: for anything else, which would be a copy nobody notes
        """
        oldest = fields.Datetime.now() - FETCH_WITHIN
        for note in self:
            if note.user_id != self.env.user or note.date < oldest:
                raise UserError(
                    self.env._(
                        "Print %(number)s of %(delivery)s was made by %(user)s at its "
                        "time. Print the delivery note anew from the delivery: it gets "
                        "a number of its own.",
                        number=note.number,
                        delivery=note.picking_id.name,
                        user=note.user_id.name,
                    )
                )
