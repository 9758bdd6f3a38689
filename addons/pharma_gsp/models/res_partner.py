from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..tools import uscc

# What the first approval vouches for: a change reopens the file (FA-04, FA-13).
REVIEWED_FIELDS = {
    "name",
    "uscc",
    "legal_representative",
    "pharma_supplier_kind_id",
    "pharma_buyer_kind_id",
    "street",
    "city",
    "state_id",
}
# Whose address it is counts as well.
ADDRESS_FIELDS = {
    "street",
    "street2",
    "city",
    "state_id",
    "zip",
    "country_id",
    "parent_id",
}


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "pharma.reviewed"]

    _reviewed_fields = frozenset(REVIEWED_FIELDS)

    uscc = fields.Char(
        "USCC", help="Unified social credit code (统一社会信用代码), 18 characters."
    )
    is_uscc_checksum_ok = fields.Boolean(compute="_compute_is_uscc_checksum_ok")
    legal_representative = fields.Char()
    pharma_supplier_kind_id = fields.Many2one(
        "pharma.partner.kind",
        "Supplier Kind",
        domain="[('is_supplier', '=', True)]",
        ondelete="restrict",
        tracking=True,
    )
    pharma_buyer_kind_id = fields.Many2one(
        "pharma.partner.kind",
        "Buyer Kind",
        domain="[('is_buyer', '=', True)]",
        ondelete="restrict",
        tracking=True,
    )
    pharma_document_ids = fields.One2many("pharma.document", "partner_id", "Papers")
    pharma_person_ids = fields.One2many(
        "pharma.person", "partner_id", "Authorised Persons"
    )
    pharma_dossier_ids = fields.One2many(
        "pharma.dossier", "partner_id", "First-approval Files"
    )
    pharma_supplier_state = fields.Selection(
        selection=lambda self: self.env["pharma.dossier"]._selection_state(),
        string="Supplier File",
        compute="_compute_pharma_states",
        search="_search_pharma_supplier_state",
        compute_sudo=True,
    )
    pharma_buyer_state = fields.Selection(
        selection=lambda self: self.env["pharma.dossier"]._selection_state(),
        string="Buyer File",
        compute="_compute_pharma_states",
        search="_search_pharma_buyer_state",
        compute_sudo=True,
    )
    is_pharma_address_licensed = fields.Boolean(
        "Licensed Receiving Address",
        readonly=True,
        copy=False,
        help="On the licence, or a warehouse QA has seen proof of (FA-24).",
    )

    @api.depends("uscc")
    def _compute_is_uscc_checksum_ok(self):
        for partner in self:
            partner.is_uscc_checksum_ok = not partner.uscc or uscc.is_valid(
                partner.uscc
            )

    @api.depends_context("company")
    @api.depends("pharma_dossier_ids.state")
    def _compute_pharma_states(self):
        dossiers = self.env["pharma.dossier"].search(
            [("partner_id", "in", self.ids), ("company_id", "=", self.env.company.id)]
        )
        states = {(d.partner_id.id, d.kind): d.state for d in dossiers}
        for partner in self:
            partner.pharma_supplier_state = states.get((partner._origin.id, "supplier"))
            partner.pharma_buyer_state = states.get((partner._origin.id, "buyer"))

    def _search_pharma_supplier_state(self, operator, value):
        return self._search_dossier_state("supplier", operator, value)

    def _search_pharma_buyer_state(self, operator, value):
        return self._search_dossier_state("buyer", operator, value)

    @api.constrains("uscc")
    def _check_uscc(self):
        """The format is refused; a failing check digit is QA's decision (FA-40)."""
        for partner in self.filtered("uscc"):
            if not uscc.is_format_valid(partner.uscc):
                raise ValidationError(self._uscc_format_sentence(partner.uscc))

    @api.model
    def load(self, fields, data):
        """Tell every malformed code of a file at once, before creating anything."""
        messages = self._malformed_uscc_messages(fields, data)
        if messages:
            return {"ids": False, "messages": messages, "nextrow": 0}
        return super().load(fields, data)

    def _malformed_uscc_messages(self, fields, data):
        column = fields.index("uscc") if "uscc" in fields else None
        numbers = [] if column is None else [row[column] for row in data]
        return [
            {
                "type": "error",
                "field": "uscc",
                "record": index,
                "rows": {"from": index, "to": index},
                "message": self._uscc_format_sentence(number),
            }
            for index, number in enumerate(numbers)
            if number and not uscc.is_format_valid(number)
        ]

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("uscc"):
                vals["uscc"] = uscc.compact(vals["uscc"])
            if not self.env.su:
                vals["is_pharma_address_licensed"] = False
        return super().create(vals_list)

    def write(self, vals):
        if vals.get("uscc"):
            vals = dict(vals, uscc=uscc.compact(vals["uscc"]))
        if "is_pharma_address_licensed" in vals and not self.env.su:
            raise UserError(
                self.env._("QA confirms a receiving address with its button.")
            )
        if vals.keys() & ADDRESS_FIELDS and "is_pharma_address_licensed" not in vals:
            vals = dict(vals, is_pharma_address_licensed=False)
        if vals.get("active") is False:
            self._check_no_open_trade()
        return super().write(vals)

    def action_pharma_license_address(self):
        """QA has seen that goods may be delivered to this address (FA-24)."""
        if not self.env.user.has_group("pharma_gsp.pharma_gsp_group_qa"):
            raise UserError(
                self.env._("Only the quality department confirms receiving addresses.")
            )
        # sudo: writable through this button only, after the check above.
        self.sudo().write({"is_pharma_address_licensed": True})
        for address in self:
            address.commercial_partner_id.message_post(
                body=self.env._(
                    "Receiving address confirmed: %s", address.contact_address_inline
                )
            )

    def action_open_pharma_dossiers(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("First-approval Files"),
            "res_model": "pharma.dossier",
            "view_mode": "list,form",
            "domain": [("partner_id", "=", self.commercial_partner_id.id)],
            "context": {"default_partner_id": self.commercial_partner_id.id},
        }

    @api.model
    def _uscc_format_sentence(self, number):
        return self.env._(
            "%(number)s is not a unified social credit code: it has 18 digits and "
            "capital letters without I, O, S, V and Z. Copy it from the business "
            "licence; 0 and O are easily mixed up.",
            number=number,
        )

    @api.model
    def _search_dossier_state(self, kind, operator, value):
        if operator != "in":
            return NotImplemented
        in_state = Domain(
            "pharma_dossier_ids",
            "any",
            [
                ("kind", "=", kind),
                ("state", "in", [state for state in value if state]),
                ("company_id", "=", self.env.company.id),
            ],
        )
        if False in value:
            in_state |= Domain("pharma_dossier_ids", "not any", [("kind", "=", kind)])
        return in_state

    def _check_no_open_trade(self):
        """A partner with open orders isn't archived from under them."""
        orders = self._open_orders()
        if orders:
            raise UserError(
                self.env._(
                    "%(partner)s still has open orders: %(orders)s. Finish or cancel "
                    "them first, or suspend its file, which stops new ones at once.",
                    partner=orders[0].partner_id.display_name,
                    orders=", ".join(orders[:5].mapped("name")),
                )
            )

    def _open_orders(self):
        """Confirmed orders not fully delivered, sales first, else purchases."""
        # sudo: who archives a partner may not see its orders, but must not orphan them.
        partner_domain = [("partner_id", "child_of", self.ids)]
        sales = (
            self.env["sale.order"]
            .sudo()
            .search(
                [
                    *partner_domain,
                    ("state", "=", "sale"),
                    ("delivery_status", "in", ("pending", "started", "partial")),
                ],
                limit=6,
            )
        )
        return sales or self.env["purchase.order"].sudo().search(
            [
                *partner_domain,
                ("state", "=", "purchase"),
                ("receipt_status", "in", ("pending", "partial")),
            ],
            limit=6,
        )
