from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools import id_card, secret


class PharmaPerson(models.Model):
    """Somebody who may act for a partner: sales person, purchaser, pick-up.

    What she may do is on her letter of authorisation (FA-07, FA-24): scopes, products,
    territory and period. Letter and identity card are documents with live dates.
    """

    _name = "pharma.person"
    _description = "Authorised Person"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "partner_id, name"

    name = fields.Char("Full Name", required=True, tracking=True)
    partner_id = fields.Many2one(
        "res.partner",
        "Acts for",
        required=True,
        ondelete="restrict",
        index=True,
        domain="[('is_company', '=', True)]",
        tracking=True,
    )
    role = fields.Selection(
        [
            ("sales", "Sales person of a supplier"),
            ("purchase", "Purchaser of a buyer"),
            ("pickup", "Pick-up person of a buyer"),
        ],
        required=True,
        default="sales",
        tracking=True,
    )
    phone = fields.Char()
    id_number = fields.Char(
        "ID Card Number",
        compute="_compute_id_number",
        inverse="_inverse_id_number",
        copy=False,
        help="Stored encrypted; only the last four characters are shown (FA-44).",
    )
    id_number_encrypted = fields.Char(copy=False, groups=fields.NO_ACCESS)
    id_number_tail = fields.Char(copy=False, readonly=True)
    scope_ids = fields.Many2many(
        "pharma.scope",
        string="Scopes Authorised",
        tracking=True,
        help="What the letter covers. Empty: everything its company may trade.",
    )
    product_tmpl_ids = fields.Many2many(
        "product.template",
        string="Products Authorised",
        help="The letter names these products only. Empty: every product of the "
        "scopes above.",
    )
    state_ids = fields.Many2many(
        "res.country.state",
        string="Territory",
        domain="[('country_id.code', '=', 'CN')]",
        help="Provinces the letter names. Empty: everywhere.",
    )
    document_ids = fields.One2many("pharma.document", "person_id", "Papers")
    live_status = fields.Selection(
        [("usable", "Usable"), ("unusable", "Not usable")],
        "Status",
        compute="_compute_live_status",
    )
    status_reason = fields.Char(compute="_compute_live_status")
    active = fields.Boolean(default=True)

    @api.depends("name", "partner_id")
    def _compute_display_name(self):
        for person in self:
            person.display_name = f"{person.name} ({person.partner_id.display_name})"

    @api.depends("id_number_tail")
    def _compute_id_number(self):
        for person in self:
            tail = person.id_number_tail
            person.id_number = tail and "*" * (18 - len(tail)) + tail

    def _inverse_id_number(self):
        for person in self:
            number = id_card.compact(person.id_number or "")
            if "*" in number:  # the mask came back from the form unchanged
                continue
            if number and not id_card.is_valid(number):
                raise ValidationError(
                    self.env._(
                        "This is not a valid ID card number: it needs 18 characters "
                        "with a right date of birth and check digit. Compare it with "
                        "the copy of the card."
                    )
                )
            # sudo: the cipher text is readable by nobody; we only write it.
            person.sudo().write(
                {
                    "id_number_encrypted": number
                    and secret.encrypt(number, self.env["res.company"]._field_key()),
                    "id_number_tail": number and number[-4:],
                }
            )

    @api.depends(
        "document_ids.state", "document_ids.expiry_date", "document_ids.type_id"
    )
    def _compute_live_status(self):
        today = self.env["pharma.document"]._today()
        for person in self:
            reason = person._unusable_reason(today)
            person.status_reason = reason
            person.live_status = "unusable" if reason else "usable"

    @api.constrains("role", "partner_id")
    def _check_role(self):
        for person in self:
            if person.partner_id != person.partner_id.commercial_partner_id:
                raise ValidationError(
                    self.env._(
                        "%s is a contact or address. Authorise the person for the "
                        "company itself.",
                        person.partner_id.display_name,
                    )
                )

    def action_reveal_id_number(self):
        """Show the whole number to QA; who looked stays in the history (TV-73)."""
        self.ensure_one()
        if not self.env.user.has_group("pharma_gsp.pharma_gsp_group_qa"):
            raise UserError(
                self.env._("Only the quality department may see a whole ID number.")
            )
        # sudo: the right was checked above, the access is written down below.
        token = self.sudo().id_number_encrypted
        number = token and secret.decrypt(token, self.env["res.company"]._field_key())
        self.message_post(body=self.env._("Looked at the whole ID card number."))
        self._log_look(self.env._("the whole ID card number"))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"message": number or self.env._("No number stored.")},
        }

    def read(self, fields=None, load="_classic_read"):
        """Also a look at the masked number is written down (TV-73)."""
        values = super().read(fields, load)
        if fields and "id_number" in fields and not self.env.su:
            self._log_look(self.env._("the masked ID card number"))
        return values

    def _log_look(self, what):
        """Kept however this request ends, also when it may only read."""
        if self._origin:
            self.env["pharma.audit.entry"]._log_at_end("read", self._origin, what)

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:  # spelled out, or default_… in the context would count
            for vals in vals_list:
                vals["id_number_tail"] = False
        return super().create(vals_list)

    def write(self, vals):
        if "id_number_tail" in vals and not self.env.su:
            raise UserError(self.env._("Enter the whole ID card number instead."))
        return super().write(vals)

    @api.private
    def is_usable_on(self, day):
        self.ensure_one()
        return not self._unusable_reason(day)

    @api.private
    def uncovered(self, products):
        """Products of ``products`` this person's letter doesn't cover (TV-32)."""
        self.ensure_one()
        if self.product_tmpl_ids:
            return products - self.product_tmpl_ids
        if not self.scope_ids:
            return products.browse()
        return products.filtered(
            lambda product: any(product.pharma_scope_ids.missing_from(self.scope_ids))
        )

    def _unusable_reason(self, day):
        """Why this person can't act on that day, or an empty string."""
        self.ensure_one()
        for rule in self.env["pharma.document.type"]._required_of_person():
            documents = self.document_ids.filtered(
                lambda d, rule=rule: d.type_id.id == rule.id and d.state == "verified"
            )
            if any(document.is_valid_on(day) for document in documents):
                continue
            type_name = self.env["pharma.document.type"].browse(rule.id).name
            ended = documents.filtered("expiry_date").sorted("expiry_date")[-1:]
            if ended:
                return self.env._(
                    "%(type)s ended on %(date)s",
                    type=type_name,
                    date=ended.expiry_date,
                )
            return self.env._("no verified %s", type_name)
        return ""
