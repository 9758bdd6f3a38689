from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from .pharma_trace_code import LEVELS

RESOLVERS = (
    "pharma_gsp.pharma_gsp_group_qa",
    "pharma_gsp.pharma_gsp_group_receiver",
)
CHOSEN_FIELDS = {"product_id", "level", "quantity", "note"}


class PharmaCodeMapping(models.Model):
    """An identification code nobody has said the product of yet (FA-52, TV-17).

    Whoever has the pack in hand says which product and packaging level it is; that
    makes the level known for all packs to come. Nothing is guessed.
    """

    _name = "pharma.code.mapping"
    _description = "Code to Map"
    _inherit = ["mail.thread"]
    _order = "state, last_seen desc"
    _rec_name = "identification_code"
    _mail_post_access = "read"

    identification_code = fields.Char(
        required=True,
        readonly=True,
        help="First seven digits of the trace code, or the GTIN of a GS1 code.",
    )
    kind = fields.Selection(
        [("cn20", "20 digits"), ("gs1", "GS1")], required=True, readonly=True
    )
    example_code = fields.Char("Example", required=True, readonly=True)
    first_seen = fields.Datetime(
        default=fields.Datetime.now, required=True, readonly=True
    )
    last_seen = fields.Datetime(
        default=fields.Datetime.now, required=True, readonly=True
    )
    times_seen = fields.Integer(default=1, required=True, readonly=True)
    seen_by_id = fields.Many2one(
        "res.users",
        "First Seen by",
        default=lambda self: self.env.user,
        readonly=True,
    )
    product_id = fields.Many2one(
        "product.product",
        domain="[('pharma_controlled', '=', True)]",
        tracking=True,
    )
    level = fields.Selection(LEVELS, tracking=True)
    quantity = fields.Integer("Smallest Packs", default=1, tracking=True)
    note = fields.Char(tracking=True)
    resolved_by_id = fields.Many2one("res.users", readonly=True, tracking=True)
    resolved_date = fields.Datetime(readonly=True)
    state = fields.Selection(
        [("open", "To map"), ("done", "Mapped"), ("ignored", "Not ours")],
        required=True,
        default="open",
        readonly=True,
        copy=False,
        tracking=True,
    )

    _code_uniq = models.Constraint(
        "UNIQUE(identification_code)", "This identification code is queued already."
    )

    @api.constrains("quantity")
    def _check_quantity(self):
        if any(mapping.quantity < 1 for mapping in self):
            raise ValidationError(
                self.env._("A level holds at least one smallest pack.")
            )

    def write(self, vals):
        fixed = vals.keys() - CHOSEN_FIELDS
        fixed -= {"message_main_attachment_id", "message_follower_ids"}
        if not self.env.su and fixed:
            raise UserError(
                self.env._(
                    "Choose product, level and quantity, then press «Map». Everything "
                    "else is noted by itself."
                )
            )
        if not self.env.su:
            self._check_unmapped()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(
            self.env._("What was scanned is kept; mark it as not ours instead.")
        )

    def action_resolve(self):
        """Make the packaging level known from now on."""
        self._check_may_resolve()
        for mapping in self:
            if not mapping.product_id or not mapping.level:
                raise UserError(
                    self.env._(
                        "%s: say which product and which packaging level it is.",
                        mapping.identification_code,
                    )
                )
            mapping._make_level()
        self._close("done")

    def action_ignore(self):
        """It is none of our goods; packs with it go on being refused."""
        self._check_may_resolve()
        self._close("ignored")

    def action_reopen(self):
        self._check_may_resolve()
        # sudo: the state moves by these buttons only.
        self.filtered(lambda m: m.state == "ignored").sudo().write({"state": "open"})

    def _check_may_resolve(self):
        if not any(map(self.env.user.has_group, RESOLVERS)):
            raise UserError(
                self.env._(
                    "The quality department or the receiver says what a code means."
                )
            )
        self.check_access("write")
        self._check_unmapped()

    def _check_unmapped(self):
        if any(mapping.state == "done" for mapping in self):
            raise UserError(
                self.env._(
                    "This code is mapped. Change the packaging level on the product."
                )
            )

    def _close(self, state):
        # sudo: the state moves by these buttons only, after the checks above.
        self.sudo().write(
            {
                "state": state,
                "resolved_by_id": self.env.uid,
                "resolved_date": fields.Datetime.now(),
            }
        )

    def _make_level(self):
        """Put the code on the product's level, or add that level to the product."""
        field = "identification_code" if self.kind == "cn20" else "gtin"
        # sudo: levels belong to the product file, this code is all that is added.
        levels = self.env["pharma.pack.level"].sudo()
        template = self.product_id.product_tmpl_id
        level = levels.search(
            [("product_tmpl_id", "=", template.id), ("level", "=", self.level)]
        )
        if level[field] and level[field] != self.identification_code:
            raise UserError(
                self.env._(
                    "%(product)s, %(level)s, has the code %(other)s already. A level "
                    "has one code only: is it another packing, hence another product?",
                    product=template.display_name,
                    level=dict(LEVELS)[self.level],
                    other=level[field],
                )
            )
        if level and level.quantity != self.quantity:
            raise UserError(
                self.env._(
                    "%(product)s: this level holds %(known)s smallest packs, not "
                    "%(given)s. Compare with the pack.",
                    product=template.display_name,
                    known=level.quantity,
                    given=self.quantity,
                )
            )
        if level:
            level.write({field: self.identification_code})
            return
        levels.create(
            {
                "product_tmpl_id": template.id,
                "level": self.level,
                "quantity": self.quantity,
                field: self.identification_code,
            }
        )

    @api.model
    def _note(self, parsed):
        """Queue what can't be told; counted when it is there already.

        :param parsed: a ``tools.trace_code.TraceCode`` with an identification code
        """
        if not parsed.drug_id:
            return self.browse()
        # sudo: whoever scans it queues it.
        queue = self.sudo()
        known = queue.search([("identification_code", "=", parsed.drug_id)])
        now = fields.Datetime.now()
        if known:
            known.write({"times_seen": known.times_seen + 1, "last_seen": now})
            return known
        return queue.create(
            {
                "identification_code": parsed.drug_id,
                "kind": parsed.kind,
                "example_code": parsed.code,
            }
        )

    @api.model
    def _goods(self, codes):
        """{code: (product, level, smallest packs)} of those whose product is known.

        :param codes: ``tools.trace_code.TraceCode`` values; two queries for all
        """
        gtins = {c.drug_id for c in codes if c.kind == "gs1" and c.drug_id}
        numbers = {c.drug_id for c in codes if c.kind == "cn20"}
        found = {}
        if gtins:
            found |= self._goods_by_barcode(gtins)
        # sudo: what a code means doesn't depend on who asks.
        levels = self.env["pharma.pack.level"].sudo()
        spellings = [*gtins, *(gtin.lstrip("0") for gtin in gtins)]
        for level in levels.search_fetch(
            [
                "|",
                ("identification_code", "in", [*numbers]),
                ("gtin", "in", spellings),
            ],
            ["product_tmpl_id", "level", "quantity", "identification_code", "gtin"],
        ):
            goods = (
                level.product_tmpl_id.product_variant_id,
                level.level,
                level.quantity,
            )
            found[level.identification_code] = goods
            found[(level.gtin or "").zfill(14)] = goods
        return {c.code: found[c.drug_id] for c in codes if c.drug_id in found}

    @api.model
    def _goods_by_barcode(self, gtins):
        """Smallest packs that carry their GTIN as the product's barcode."""
        spellings = {gtin: gtin for gtin in gtins}
        spellings |= {gtin.lstrip("0"): gtin for gtin in gtins}
        # sudo: as in _goods.
        products = self.env["product.product"].sudo()
        return {
            spellings[product.barcode]: (product, "box", 1)
            for product in products.search_fetch(
                [("barcode", "in", [*spellings])], ["barcode"]
            )
        }
