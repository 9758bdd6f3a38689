from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

QA = "pharma_gsp.pharma_gsp_group_qa"
# What only the buttons move, as it is on a new hold.
BUTTON_FIELDS = {
    "state": "active",
    "lifted_by_id": False,
    "lifted_date": False,
    "lift_reason": False,
}


class PharmaLotHold(models.Model):
    """Goods that nobody may reserve, sell or ship until QA says so (ST-13).

    Anybody of the staff places a hold, only the quality department lifts it. It counts
    from the moment it is placed, in every warehouse and company: a lot is meant by its
    product and number, wherever it lies.
    """

    _name = "pharma.lot.hold"
    _description = "Hold"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _mail_post_access = "read"

    name = fields.Char("Number", readonly=True, copy=False, default="/")
    kind = fields.Selection(
        [
            ("lot", "Lot"),
            ("product", "Product"),
            ("location", "Location"),
            ("code", "Trace code"),
        ],
        "What",
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
    lot_name = fields.Char("Lot Number", related="lot_id.name", store=True)
    location_id = fields.Many2one(
        "stock.location", domain="[('usage', '=', 'internal')]"
    )
    trace_code = fields.Char(size=50)
    reason = fields.Text(required=True, tracking=True)
    placed_by_id = fields.Many2one(
        "res.users", default=lambda self: self.env.user, readonly=True
    )
    placed_date = fields.Datetime(default=fields.Datetime.now, readonly=True)
    lifted_by_id = fields.Many2one("res.users", readonly=True, tracking=True)
    lifted_date = fields.Datetime(readonly=True)
    lift_reason = fields.Text("Why It Was Lifted", readonly=True, tracking=True)
    freed_ids = fields.One2many(
        "pharma.freed.reservation", "hold_id", "Orders Hit", readonly=True
    )
    freed_count = fields.Integer("Hits", compute="_compute_freed_count")
    state = fields.Selection(
        [("active", "Active"), ("lifted", "Lifted")],
        default="active",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
    )

    _active_idx = models.Index("(product_id) WHERE state = 'active'")

    @api.depends("lot_id")
    def _compute_product_id(self):
        for hold in self.filtered("lot_id"):
            hold.product_id = hold.lot_id.product_id

    def _compute_freed_count(self):
        counts = dict(
            self.env["pharma.freed.reservation"]._read_group(
                [("hold_id", "in", self.ids)], ["hold_id"], ["__count"]
            )
        )
        for hold in self:
            hold.freed_count = counts.get(hold, 0)

    @api.depends("name", "kind", "lot_id", "product_id", "location_id", "trace_code")
    def _compute_display_name(self):
        for hold in self:
            subject = hold[hold._subject_field()]
            label = subject if hold.kind == "code" else subject.display_name
            hold.display_name = " · ".join(filter(None, (hold.name, label)))

    @api.constrains("kind", "lot_id", "product_id", "location_id", "trace_code")
    def _check_subject(self):
        for hold in self:
            if not hold[hold._subject_field()]:
                raise ValidationError(
                    self.env._(
                        "A hold needs what it holds: choose the %s.",
                        hold._fields[hold._subject_field()]._description_string(
                            self.env
                        ),
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if not self.env.su:  # spelled out, or default_… in the context would count
                vals.update(BUTTON_FIELDS, placed_by_id=self.env.uid)
                vals["placed_date"] = fields.Datetime.now()
            # sudo: numbers are drawn for whoever places a hold.
            sequences = self.env["ir.sequence"].sudo()
            vals["name"] = sequences.next_by_code("pharma.lot.hold") or "/"
        holds = super().create(vals_list)
        holds._take_effect()
        self._forget_quantities()
        return holds

    def write(self, vals):
        fixed = vals.keys() - {"message_main_attachment_id", "message_follower_ids"}
        if not self.env.su and fixed:
            raise UserError(
                self.env._(
                    "A hold stands as placed. The quality department lifts it by the "
                    "button «Lift»; for other goods place another hold."
                )
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Holds are kept as proof; lift it instead."))

    def action_lift(self):
        """Ask for the reason first; see ``_lift``."""
        self._check_may_lift()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Lift Hold"),
            "res_model": "pharma.lot.hold.lift",
            "view_mode": "form",
            "target": "new",
            "context": {"default_hold_ids": self.ids},
        }

    def action_open_freed(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Orders Hit"),
            "res_model": "pharma.freed.reservation",
            "view_mode": "list,form",
            "domain": [("hold_id", "=", self.id)],
        }

    @api.private
    def lift(self, reason):
        """Let the goods move again (ST-13).

        :param reason: what QA found, kept with the hold
        :raise UserError: for anybody but the quality department
        """
        self._check_may_lift()
        if not (reason or "").strip():
            raise UserError(
                self.env._("Write down why the hold is lifted: it is kept as proof.")
            )
        active = self.filtered(lambda hold: hold.state == "active")
        # sudo: the state moves by this method only, after the checks above.
        active.sudo().write(
            {
                "state": "lifted",
                "lifted_by_id": self.env.uid,
                "lifted_date": fields.Datetime.now(),
                "lift_reason": reason.strip(),
            }
        )
        self._forget_quantities()

    def _forget_quantities(self):
        """What was computed before in this transaction counts no more."""
        for model, names in (
            ("stock.lot", ["pharma_state"]),
            ("stock.quant", ["available_quantity", "lot_state"]),
            ("product.product", ["free_qty", "virtual_available"]),
            ("product.template", ["virtual_available"]),
        ):
            self.env[model].invalidate_model(names)

    def _check_may_lift(self):
        if not self.env.user.has_group(QA):
            raise UserError(
                self.env._(
                    "Only the quality department lifts a hold. Ask it, with what you "
                    "know about the goods."
                )
            )

    def _subject_field(self):
        return {
            "lot": "lot_id",
            "product": "product_id",
            "location": "location_id",
            "code": "trace_code",
        }[self.kind]

    def _take_effect(self):
        """Free what is reserved of the goods just held, and note whom it hits."""
        lines = self.env["stock.move.line"]
        moves = self.env["stock.move"]
        # One by one, since what is freed is noted with the hold that hit it.
        for hold in self:
            # sudo: anybody may stop goods, also those whose orders she can't see.
            found = lines.sudo().search(
                moves._reserved_line_domain() & hold._line_domain()
            )
            found.move_id._pharma_replace_bad_lots(hold)

    def _line_domain(self):
        """Move lines whose goods this hold means."""
        if self.kind == "lot":
            return Domain("lot_id", "in", self._twins().ids)
        if self.kind == "product":
            return Domain("product_id", "=", self.product_id.id)
        if self.kind == "location":
            return Domain("location_id", "child_of", self.location_id.id)
        return Domain.FALSE

    @api.model
    def _active_holds(self, products):
        """Holds in force on these products, and those of locations.

        One query, whatever the number of products.
        """
        # sudo: a hold counts for who can't see it, in every company.
        return self.sudo().search_fetch(
            [
                ("state", "=", "active"),
                "|",
                ("product_id", "in", products.ids),
                ("kind", "=", "location"),
            ],
            ["kind", "product_id", "lot_name", "location_id", "trace_code"],
        )

    def _holds_line(self, line):
        """Whether a move line takes goods this hold means.

        :param line: ``stock.move.line``
        """
        if self.kind == "lot":
            same = line.product_id == self.product_id
            return same and line.lot_id.name == self.lot_name
        if self.kind == "product":
            return line.product_id == self.product_id
        if self.kind == "location":
            return bool(self._held_locations(line.location_id))
        return False

    def _twins(self):
        """The lots these holds mean: same product and number in any company."""
        # sudo: as in _active_holds.
        return (
            self.env["stock.lot"]
            .sudo()
            .search(
                Domain.OR(
                    Domain("product_id", "=", product.id)
                    & Domain("name", "in", holds.mapped("lot_name"))
                    for product, holds in self.grouped("product_id").items()
                )
            )
        )

    @api.model
    def _held_lots(self, lots):
        """Those of ``lots`` held by number or with their product."""
        holds = self._active_holds(lots.product_id)
        whole = holds.filtered(lambda hold: hold.kind == "product").product_id
        named = {
            (hold.product_id, hold.lot_name) for hold in holds if hold.kind == "lot"
        }
        return lots._origin.filtered(
            lambda lot: lot.product_id in whole or (lot.product_id, lot.name) in named
        )

    @api.model
    def _held_locations(self, locations):
        """Those of ``locations`` that lie under a held one."""
        if not locations:
            return locations
        # sudo: as in _active_holds.
        holds = self.sudo().search(
            [("state", "=", "active"), ("kind", "=", "location")]
        )
        held = {hold.location_id.id for hold in holds}
        return locations.filtered(
            lambda place: held & {int(i) for i in place.parent_path.split("/") if i}
        )

    @api.model
    def _held_lot_domain(self):
        """Domain of the lots that are held, whole products among them."""
        # sudo: as in _active_holds.
        holds = self.sudo().search(
            [("state", "=", "active"), ("kind", "in", ("lot", "product"))]
        )
        whole = holds.filtered(lambda hold: hold.kind == "product").product_id
        named = (holds.filtered(lambda hold: hold.kind == "lot")).grouped("product_id")
        return Domain("product_id", "in", whole.ids) | Domain.OR(
            Domain("product_id", "=", product.id)
            & Domain("name", "in", found.mapped("lot_name"))
            for product, found in named.items()
        )
