from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..tools import expiry


class PharmaLifeConsent(models.Model):
    """A customer's written consent to goods with a short remaining life (ST-11).

    Sales asks with the customer's paper as proof, the quality department grants; it
    counts for one lot or for a product, down to the shortest life agreed on.
    """

    _name = "pharma.life.consent"
    _description = "Consent to a Short Remaining Life"
    _inherit = ["pharma.granted"]
    _order = "id desc"
    _rec_name = "partner_id"

    _decider_groups = ("pharma_gsp.pharma_gsp_group_qa",)
    _called_group = "pharma_gsp.pharma_gsp_group_qa"
    _decision_activity = "pharma_lot_expiry.mail_activity_type_life_consent"

    partner_id = fields.Many2one(
        "res.partner", "Customer", required=True, index=True, tracking=True
    )
    kind = fields.Selection(
        [("lot", "One lot"), ("product", "A product")],
        "For",
        required=True,
        default="lot",
    )
    lot_id = fields.Many2one("stock.lot", index="btree_not_null")
    product_id = fields.Many2one(
        "product.product",
        compute="_compute_product_id",
        store=True,
        readonly=False,
        index="btree_not_null",
    )
    life_kind = fields.Selection(
        [
            ("months", "At least so many months left"),
            ("date", "Expiring on a day or later"),
        ],
        "Shortest Life Agreed",
        required=True,
        default="months",
    )
    min_months = fields.Integer(
        "Months Left at Least",
        default=1,
        tracking=True,
        help="Calendar months, on the day the goods leave. 0: through the last day.",
    )
    min_expiry = fields.Date("Expiring on or after", tracking=True)
    # Spelled out again, so that the words belong to this add-on's translations.
    state = fields.Selection(
        [
            ("requested", "Requested"),
            ("granted", "Granted"),
            ("refused", "Refused"),
            ("withdrawn", "Withdrawn"),
        ]
    )
    valid_from = fields.Date(
        required=True, default=lambda self: self.env["stock.lot"]._today()
    )
    valid_to = fields.Date(
        "Valid Through", help="Empty: until it is withdrawn.", tracking=True
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )

    @api.depends("lot_id")
    def _compute_product_id(self):
        for consent in self.filtered("lot_id"):
            consent.product_id = consent.lot_id.product_id

    @api.depends("partner_id", "kind", "lot_id", "product_id")
    def _compute_display_name(self):
        for consent in self:
            subject = consent.lot_id if consent.kind == "lot" else consent.product_id
            names = (consent.partner_id.display_name, subject.display_name)
            consent.display_name = " · ".join(filter(None, names))

    @api.constrains("partner_id", "kind", "lot_id", "product_id", "attachment_ids")
    def _check_subject(self):
        for consent in self:
            if consent.partner_id != consent.partner_id.commercial_partner_id:
                raise ValidationError(
                    self.env._(
                        "%s is a contact or address. Record the consent of the company "
                        "itself.",
                        consent.partner_id.display_name,
                    )
                )
            if not (consent.lot_id if consent.kind == "lot" else consent.product_id):
                raise ValidationError(
                    self.env._("Choose the lot or product the customer agreed to.")
                )
            if not consent.attachment_ids:
                raise ValidationError(
                    self.env._(
                        "Attach what the customer signed: without proof a consent "
                        "doesn't count."
                    )
                )

    @api.constrains("life_kind", "min_months", "min_expiry", "valid_from", "valid_to")
    def _check_life(self):
        for consent in self:
            if consent.life_kind == "date" and not consent.min_expiry:
                raise ValidationError(
                    self.env._("Enter the earliest expiry date the customer accepts.")
                )
            if not 0 <= consent.min_months <= 60:
                raise ValidationError(
                    self.env._("The shortest life agreed on is 0 to 60 months.")
                )
            if consent.valid_to and consent.valid_to < consent.valid_from:
                raise ValidationError(
                    self.env._("A consent can't end before it begins.")
                )

    def _decider_sentence(self):
        return self.env._("Only the quality department grants consents.")

    def _decision_summary(self):
        return self.env._("Consent to a short life: %s", self.display_name)

    @api.model
    def _for(self, partner, lots, day, company=None):
        """Those of ``lots`` this customer agreed to receive on a day, in one query.

        :param partner: the customer or one of its addresses
        :param day: on which the goods leave, in China
        :param company: whose consents count, the current one if None
        """
        # sudo: whether a customer agreed doesn't depend on who meets the gate.
        consents = self.sudo().search(
            self._granted_domain(partner, lots.product_id, day, company)
        )
        return lots.filtered(
            lambda lot: any(consent._covers(lot, day) for consent in consents)
        )

    @api.model
    def _exist_for(self, partner, products, day):
        """Whether this customer agreed to anything about these products."""
        # sudo: as in _for.
        domain = self._granted_domain(partner, products, day)
        return bool(self.sudo().search_count(domain, limit=1))

    @api.model
    def _granted_domain(self, partner, products, day, company=None):
        return (
            Domain("state", "=", "granted")
            & Domain("company_id", "=", (company or self.env.company).id)
            & Domain("partner_id", "=", partner.commercial_partner_id.id)
            & Domain("product_id", "in", products.ids)
            & Domain("valid_from", "<=", day)
            & (Domain("valid_to", "=", False) | Domain("valid_to", ">=", day))
        )

    def _covers(self, lot, day):
        """Whether the lot is what was agreed to, with life enough left."""
        if not (
            lot == self.lot_id
            if self.kind == "lot"
            else lot.product_id == self.product_id
        ):
            return False
        if self.life_kind == "date":
            return bool(lot.expiry_date) and lot.expiry_date >= self.min_expiry
        return expiry.has_months_left(lot.expiry_date, day, self.min_months)
