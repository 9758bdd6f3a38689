from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..tools import approval_number, national_drug_code

# FA-12: without these a drug can't be approved …
MANDATORY_FIELDS = (
    "generic_name",
    "dosage_form",
    "strength",
    "pack_spec",
    "mah_id",
    "manufacturer_id",
    "approval_number",
    "shelf_life_months",
    "storage_text",
    "storage_class",
    "pharma_scope_ids",
    "rx_class",
)
# … and FA-13: changing one on an approved drug stops buying until QA has seen it.
REVIEWED_FIELDS = {
    *MANDATORY_FIELDS,
    "trade_name",
    "national_drug_code",
    "is_imported",
    "is_vbp",
    "is_two_invoice",
    "uom_id",
    "pharma_controlled",
}


class ProductTemplate(models.Model):
    _name = "product.template"
    _inherit = ["product.template", "pharma.reviewed"]

    _reviewed_fields = frozenset(REVIEWED_FIELDS)

    pharma_controlled = fields.Boolean(
        "Under GSP Control",
        compute="_compute_pharma_controlled",
        store=True,
        readonly=False,
        tracking=True,
        help="Goods need an approved first-approval file to be traded. Only QA may "
        "take something out of control (office supplies, gifts).",
    )
    generic_name = fields.Char(tracking=True)
    trade_name = fields.Char()
    dosage_form = fields.Char()
    strength = fields.Char("Specification", help="Strength, such as 0.5 g (规格).")
    pack_spec = fields.Char(
        "Pack Specification", help="Such as 12 tablets × 2 (包装规格)."
    )
    mah_id = fields.Many2one(
        "res.partner", "MAH", help="Marketing authorisation holder (上市许可持有人)."
    )
    manufacturer_id = fields.Many2one("res.partner")
    approval_number = fields.Char(index="btree_not_null")
    approval_number_status = fields.Selection(
        [
            ("valid", "Well formed"),
            ("review", "Unusual: QA compares"),
            ("none", "None"),
        ],
        compute="_compute_approval_number_status",
    )
    national_drug_code = fields.Char(help="本位码, 14 digits.")
    insurance_code = fields.Char(help="医保编码.")
    shelf_life_months = fields.Integer("Shelf Life (months)")
    storage_text = fields.Char("Storage on the Label")
    storage_class = fields.Selection(
        [
            ("room", "Room 10–30 °C"),
            ("cool", "Cool ≤ 20 °C"),
            ("cold", "Cold 2–8 °C"),
            ("frozen", "Frozen"),
        ],
        index=True,
    )
    pharma_scope_ids = fields.Many2many(
        "pharma.scope",
        "pharma_scope_product_template_rel",
        string="Scopes and Flags",
    )
    is_special = fields.Boolean(
        "Special Control", compute="_compute_is_special", store=True
    )
    rx_class = fields.Selection(
        [
            ("rx", "Prescription"),
            ("otc_a", "OTC class A"),
            ("otc_b", "OTC class B"),
            ("none", "Neither"),
        ],
        "Rx / OTC",
    )
    is_imported = fields.Boolean("Imported")
    is_vbp = fields.Boolean("Centralised Procurement", help="集采品种.")
    is_two_invoice = fields.Boolean("Two-invoice Rule", help="两票制.")
    pack_level_ids = fields.One2many(
        "pharma.pack.level", "product_tmpl_id", "Packaging Levels"
    )
    pharma_document_ids = fields.One2many(
        "pharma.document", "product_tmpl_id", "Papers"
    )
    pharma_dossier_ids = fields.One2many(
        "pharma.dossier", "product_tmpl_id", "First-approval File"
    )
    pharma_state = fields.Selection(
        selection=lambda self: self.env["pharma.dossier"]._selection_state(),
        string="First Approval",
        compute="_compute_pharma_state",
        search="_search_pharma_state",
        compute_sudo=True,
    )

    @api.depends("type")
    def _compute_pharma_controlled(self):
        for product in self:
            product.pharma_controlled = product.type == "consu"

    @api.depends("approval_number")
    def _compute_approval_number_status(self):
        for product in self:
            product.approval_number_status = (
                approval_number.classify(product.approval_number)
                if product.approval_number
                else "none"
            )

    @api.depends("pharma_scope_ids.is_special")
    def _compute_is_special(self):
        for product in self:
            product.is_special = any(product.pharma_scope_ids.mapped("is_special"))

    @api.depends_context("company")
    @api.depends("pharma_dossier_ids.state")
    def _compute_pharma_state(self):
        dossiers = self.env["pharma.dossier"].search(
            [
                ("product_tmpl_id", "in", self.ids),
                ("company_id", "=", self.env.company.id),
            ]
        )
        states = {d.product_tmpl_id.id: d.state for d in dossiers}
        for product in self:
            product.pharma_state = states.get(product._origin.id)

    def _search_pharma_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        company = ("company_id", "=", self.env.company.id)
        in_state = Domain(
            "pharma_dossier_ids",
            "any",
            [("state", "in", [state for state in value if state]), company],
        )
        if False in value:
            in_state |= Domain("pharma_dossier_ids", "not any", [company])
        return in_state

    @api.constrains("approval_number")
    def _check_approval_number(self):
        for product in self.filtered("approval_number"):
            if approval_number.classify(product.approval_number) == "invalid":
                raise ValidationError(
                    self.env._(
                        "%(number)s is not an approval number. It reads 国药准字 + "
                        "letter + 8 digits, such as 国药准字H20210039; copy it from "
                        "the registration certificate.",
                        number=product.approval_number,
                    )
                )

    @api.constrains("national_drug_code")
    def _check_national_drug_code(self):
        """14 digits from 869; the register has wrong check digits: not refused."""
        for product in self.filtered("national_drug_code"):
            code = product.national_drug_code
            if not (len(code) == 14 and code.isdigit() and code.startswith("869")):
                raise ValidationError(
                    self.env._(
                        "%s is not a national drug code: it has 14 digits and starts "
                        "with 869.",
                        code,
                    )
                )

    @api.constrains("pharma_controlled")
    def _check_pharma_controlled(self):
        self.filtered(lambda p: not p.pharma_controlled)._refuse_moved()
        for product in self:
            if (
                product.type == "consu"
                and not product.pharma_controlled
                and not self.env.user.has_group("pharma_gsp.pharma_gsp_group_qa")
                and not self.env.user._is_superuser()
            ):
                raise ValidationError(
                    self.env._(
                        "Only the quality department takes goods out of GSP control."
                    )
                )

    def _refuse_moved(self):
        """What moved as drugs stays proof: its documents would open again (CS-20)."""
        # sudo: moves of all companies count, seen or not.
        moves = self.env["stock.move"].sudo()
        moved = moves.search(
            [("product_id.product_tmpl_id", "in", self.ids), ("state", "=", "done")],
            limit=1,
        )
        if moved:
            raise ValidationError(
                self.env._(
                    "%s has moved under GSP control and stays there, because its "
                    "documents stand as proof. Archive it and make a new product for "
                    "goods outside control.",
                    moved.product_id.display_name,
                )
            )

    @api.constrains("type")
    def _check_type(self):
        """Goods with a file don't slip out of control by becoming a service."""
        for product in self:
            # sudo: the file counts even for who can't see it.
            if product.type != "consu" and product.sudo().pharma_dossier_ids:
                raise ValidationError(
                    self.env._(
                        "%s has a first-approval file, so it stays goods.",
                        product.display_name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._compact_numbers(vals) for vals in vals_list])

    def write(self, vals):
        vals = self._compact_numbers(vals)
        if vals.get("active") is False:
            self._check_no_open_trade()
        return super().write(vals)

    def action_open_pharma_dossier(self):
        """The product's first-approval file; a new one when there is none yet."""
        self.ensure_one()
        dossier = self.pharma_dossier_ids.filtered(
            lambda d: d.company_id == self.env.company
        )[:1]
        return {
            "type": "ir.actions.act_window",
            "res_model": "pharma.dossier",
            "res_id": dossier.id,
            "view_mode": "form",
            "views": [(False, "form")],
            "context": {
                "default_kind": "product",
                "default_product_tmpl_id": self.id,
            },
        }

    @api.private
    def missing_master_data(self):
        """Labels of the FA-12 fields that are still empty on this product."""
        self.ensure_one()
        missing = [name for name in MANDATORY_FIELDS if not self[name]]
        if self._is_approval_number_optional() and "approval_number" in missing:
            missing.remove("approval_number")
        # An empty list would ask for every field there is.
        labels = self.fields_get(missing, ["string"]) if missing else {}
        return [labels[name]["string"] for name in missing]

    def _is_approval_number_optional(self):
        """Only herbs, slices and devices go without (LAW-02, TV-10)."""
        return any(self.pharma_scope_ids.mapped("is_approval_number_optional"))

    def _compact_numbers(self, vals):
        compact = dict(vals)
        if vals.get("approval_number"):
            compact["approval_number"] = approval_number.compact(
                vals["approval_number"]
            )
        if vals.get("national_drug_code"):
            compact["national_drug_code"] = national_drug_code.compact(
                vals["national_drug_code"]
            )
        return compact

    def _check_no_open_trade(self):
        # sudo: who archives a product may not see its orders, but must not orphan them.
        lines = (
            self.env["sale.order.line"]
            .sudo()
            .search(
                [
                    ("product_template_id", "in", self.ids),
                    ("state", "=", "sale"),
                    (
                        "order_id.delivery_status",
                        "in",
                        ("pending", "started", "partial"),
                    ),
                ],
                limit=5,
            )
        )
        if lines:
            raise UserError(
                self.env._(
                    "%(product)s stands on open orders: %(orders)s. Finish or cancel "
                    "them first.",
                    product=lines[0].product_template_id.display_name,
                    orders=", ".join(lines.order_id.mapped("name")),
                )
            )
