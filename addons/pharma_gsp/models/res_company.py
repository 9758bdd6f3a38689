import os
from pathlib import Path

from odoo import api, fields, models, tools
from odoo.exceptions import AccessError

from ..tools import four_flow, secret

TOLERANCES = {
    "pharma_flow_quantity_tolerance",
    "pharma_flow_amount_tolerance",
    "pharma_flow_invoice_days",
}
TOLERANCE_GROUPS = (
    "pharma_gsp.pharma_gsp_group_qa_manager",
    "pharma_gsp.pharma_gsp_group_quality_head",
)


class ResCompany(models.Model):
    _inherit = "res.company"

    pharma_due_days = fields.Integer(
        "Show as Ending Soon (days)",
        default=30,
        help="Documents with fewer days left are shown as ending soon.",
    )
    pharma_role_review_months = fields.Integer(
        "Review Roles Every (months)",
        default=12,
        required=True,
        help="Who holds which role is looked at again after this time, 12 at most.",
    )

    _pharma_role_review_months_at_least_yearly = models.Constraint(
        "CHECK(pharma_role_review_months BETWEEN 1 AND 12)",
        "Roles are reviewed at least every 12 months.",
    )

    pharma_flow_quantity_tolerance = fields.Float(
        "Quantity Tolerance",
        digits="Product Unit",
        default=0.0,
        help="How many units goods and invoices may differ (CS-31): normally none.",
    )
    pharma_flow_amount_tolerance = fields.Float(
        "Amount Tolerance per Bill Line",
        digits=(16, 2),
        default=0.01,
        help="How much the amount of a bill line may be off, without tax, in the "
        "currency of the order (CS-31).",
    )
    pharma_flow_invoice_days = fields.Integer(
        "Invoice Follows within (days)",
        default=7,
        help="How long after the goods their invoice may come before it is missing.",
    )

    _pharma_flow_tolerances_check = models.Constraint(
        "CHECK(pharma_flow_quantity_tolerance >= 0"
        " AND pharma_flow_amount_tolerance >= 0 AND pharma_flow_invoice_days >= 0)",
        "Tolerances of the four flows can't be negative.",
    )
    # What counting and rounding bring about; more would switch the match off (CS-31).
    _pharma_flow_tolerances_cap = models.Constraint(
        "CHECK(pharma_flow_quantity_tolerance <= 5"
        " AND pharma_flow_amount_tolerance <= 1 AND pharma_flow_invoice_days <= 31)",
        "Tolerances of the four flows end at 5 units, 1.00 for each bill line and 31 "
        "days. Have what differs more explained on the four-flow board.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_tolerances_setter(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_tolerances_setter(vals)
        return super().write(vals)

    @api.model
    def _check_tolerances_setter(self, vals):
        """What may differ is a decision of quality, not of IT (CS-31)."""
        if self.env.su:
            return
        user = self.env.user
        is_quality = any(user.has_group(group) for group in TOLERANCE_GROUPS)
        if TOLERANCES & vals.keys() and not is_quality:
            raise AccessError(
                self.env._(
                    "Only a QA manager or the quality head sets the tolerances of the "
                    "four flows. Ask one of them."
                )
            )
        # Their right to write companies is for the tolerances alone.
        is_it = user.has_group("base.group_erp_manager")
        if vals.keys() - TOLERANCES and is_quality and not is_it:
            raise AccessError(
                self.env._(
                    "The quality department sets the tolerances of the four flows; "
                    "other data of the company are changed by the IT administrator."
                )
            )

    def _pharma_flow_tolerances(self):
        """What this company lets pass, as the pure rules take it."""
        return four_flow.Tolerances(
            quantity=self.pharma_flow_quantity_tolerance,
            amount=self.pharma_flow_amount_tolerance,
            invoice_days=self.pharma_flow_invoice_days,
        )

    @api.model
    def _field_key(self):
        """The key of encrypted fields: from the configuration, else a private file.

        It lives outside the database on purpose: a stolen dump stays unreadable.
        """
        configured = tools.config.get("pharma_field_key")
        if configured:
            return configured
        path = Path(tools.config["data_dir"]) / "pharma_field.key"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            # O_EXCL: of two workers that start at once one writes, the other reads.
            try:
                handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:
                return path.read_text()
            with os.fdopen(handle, "w") as stream:
                stream.write(secret.new_key())
        return path.read_text()
