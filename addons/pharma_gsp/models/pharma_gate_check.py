from dataclasses import dataclass

from odoo import api, fields, models, tools
from odoo.exceptions import UserError, ValidationError

from ..tools.gate import is_stronger

EDITABLE_FIELDS = {"severity", "sequence", "active", "name", "description"}


@dataclass(frozen=True)
class Check:
    """A check as the gate runs it."""

    code: str
    method: str
    severity: str
    operations: frozenset


class PharmaGateCheck(models.Model):
    """One check of the gate: what it guards, how hard it is, who may override.

    The law sets the floor: a check can be made stricter in the web screens but never
    milder than its floor, and one whose floor is "block" can't be switched off.
    """

    _name = "pharma.gate.check"
    _description = "Gate Check"
    _order = "sequence, id"
    _rec_names_search = ["code", "name"]

    code = fields.Char(required=True, readonly=True)
    name = fields.Char(required=True, translate=True)
    description = fields.Text(translate=True)
    rule_reference = fields.Char("Rule", readonly=True)
    method = fields.Char(required=True, readonly=True, groups="base.group_no_one")
    sequence = fields.Integer(default=100)
    guards_purchase_confirm = fields.Boolean("Purchase Order", readonly=True)
    guards_receipt = fields.Boolean("Receipt", readonly=True)
    guards_sale_confirm = fields.Boolean("Sale Order", readonly=True)
    guards_delivery = fields.Boolean("Delivery", readonly=True)
    guards_vendor_bill = fields.Boolean("Vendor Bill", readonly=True)
    guards_customer_invoice = fields.Boolean("Customer Invoice", readonly=True)
    guards_payment = fields.Boolean("Payment", readonly=True)
    severity = fields.Selection(
        [
            ("warn", "Warns"),
            ("approval", "QA may override"),
            ("block", "Blocks"),
        ],
        required=True,
        default="block",
    )
    severity_floor = fields.Selection(
        [
            ("warn", "Warns"),
            ("approval", "QA may override"),
            ("block", "Blocks"),
        ],
        "Law Asks at Least",
        required=True,
        default="block",
        readonly=True,
    )
    active = fields.Boolean(default=True)
    event_count = fields.Integer("Refusals in 30 Days", compute="_compute_event_count")

    _code_uniq = models.Constraint("UNIQUE(code)", "This check exists already.")

    def _compute_event_count(self):
        since = fields.Datetime.subtract(fields.Datetime.now(), days=30)
        counts = dict(
            self.env["pharma.gate.event.line"]._read_group(
                [
                    ("check_code", "in", self.mapped("code")),
                    ("event_id.result", "=", "refused"),
                    ("date", ">=", since),
                ],
                ["check_code"],
                ["__count"],
            )
        )
        for check in self:
            check.event_count = counts.get(check.code, 0)

    @api.constrains("severity", "severity_floor", "active")
    def _check_floor(self):
        for check in self:
            if is_stronger(check.severity_floor, check.severity):
                raise ValidationError(
                    self.env._(
                        "%(check)s: the law asks for at least «%(floor)s».",
                        check=check.name,
                        floor=check._severity_label(check.severity_floor),
                    )
                )
            if not check.active and check.severity_floor == "block":
                raise ValidationError(
                    self.env._(
                        "%s is asked for by law and can't be switched off.", check.name
                    )
                )

    def action_open_events(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": "pharma.gate.event",
            "view_mode": "list,form",
            "domain": [("line_ids.check_code", "=", self.code)],
        }

    @api.model
    @tools.ormcache()
    def _registry(self):
        """The active checks as plain values, in the order of OB-01."""
        return tuple(
            Check(
                code=check.code,
                method=check.method,
                severity=check.severity,
                operations=check._operations(),
            )
            for check in self.sudo().search([])
        )

    def _operations(self):
        prefix = "guards_"
        return frozenset(
            name.removeprefix(prefix)
            for name in self._fields
            if name.startswith(prefix) and self[name]
        )

    def _severity_label(self, severity):
        return dict(self._fields["severity"]._description_selection(self.env))[severity]

    @api.model_create_multi
    def create(self, vals_list):
        checks = super().create(vals_list)
        self.env.registry.clear_cache()
        return checks

    def write(self, vals):
        if not self.env.su and vals.keys() - EDITABLE_FIELDS:
            raise UserError(
                self.env._(
                    "What a check guards comes with the software. You may change its "
                    "severity, down to what the law asks, its order and its name."
                )
            )
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result

    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache()
        return result
