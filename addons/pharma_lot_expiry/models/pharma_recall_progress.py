from odoo import api, fields, models
from odoo.exceptions import UserError


class PharmaRecallProgress(models.Model):
    """What was reported to holder and authority while a recall ran (OB-40)."""

    _name = "pharma.recall.progress"
    _description = "Recall Progress Report"
    _order = "date desc, id desc"

    recall_id = fields.Many2one(
        "pharma.recall", required=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="recall_id.company_id", store=True)
    date = fields.Datetime("Reported", readonly=True, default=fields.Datetime.now)
    user_id = fields.Many2one(
        "res.users", "By", readonly=True, default=lambda self: self.env.user
    )
    sent_to = fields.Char(required=True, help="Such as the holder or the authority.")
    text = fields.Text("Report", required=True)
    figures = fields.Char(
        readonly=True,
        help="How the recall stood then, as the system counts.",
    )
    due = fields.Datetime("Was Due", readonly=True)

    @api.model_create_multi
    def create(self, vals_list):
        recalls = self.env["pharma.recall"].browse(
            [vals.get("recall_id") for vals in vals_list]
        )
        for vals, recall in zip(vals_list, recalls, strict=True):
            if recall.state != "running":
                raise UserError(self.env._("Progress is reported while a recall runs."))
            vals.update(
                date=fields.Datetime.now(),
                user_id=self.env.uid,
                due=recall.progress_due,
                figures=recall._figures_sentence(),
            )
        reports = super().create(vals_list)
        # sudo: the reminder may be another person's.
        reports.recall_id.sudo().activity_unlink(
            ["pharma_lot_expiry.mail_activity_type_recall_report"]
        )
        return reports

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self.env._("A report stands as it was sent; send another one."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Progress reports are kept as proof."))
