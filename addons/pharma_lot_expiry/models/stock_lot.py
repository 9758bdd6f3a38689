from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.pharma_gsp.models import stock_lot
from odoo.addons.pharma_gsp.tools.validity import china_day

from ..tools import expiry

# Core's dates of a drug follow from the day printed on its pack.
DERIVED_DATES = {"use_date", "removal_date", "alert_date"}


class StockLot(models.Model):
    """One lot of one product: what is printed on its packs, read once."""

    _inherit = "stock.lot"

    # Lots from before dates were asked for get them once.
    _posted_once_fields = frozenset(
        {"expiry_date", "expiry_label", "manufacturer_id", "production_date"}
    )
    _posted_fields = stock_lot.StockLot._posted_fields | _posted_once_fields
    _correctable_fields = ("name", "expiry_date", "production_date")

    production_date = fields.Date(
        "Made on", tracking=True, help="As printed on the pack (生产日期)."
    )
    expiry_date = fields.Date(
        "Expires after",
        index=True,
        tracking=True,
        help="The last day of use, as it runs in China (有效期至).",
    )
    expiry_label = fields.Char(
        "Expiry as Printed",
        help="What the pack shows, such as 2027-05-31 or 2027.05.",
    )
    month_expiry = fields.Selection(
        [("end", "End of that month"), ("previous", "End of the month before")],
        "Month Read as",
        readonly=True,
        help="Which rule turned a printed month into a day (FA-46).",
    )
    manufacturer_id = fields.Many2one("res.partner", "Maker", index="btree_not_null")
    is_pharma_controlled = fields.Boolean(related="product_id.pharma_controlled")
    pharma_state = fields.Selection(
        [
            ("good", "Good"),
            ("undated", "Without date"),
            ("held", "On hold"),
            ("expired", "Expired"),
        ],
        "Lot State",
        compute="_compute_pharma_state",
        search="_search_pharma_state",
    )
    remaining_days = fields.Integer(
        compute="_compute_remaining_days", search="_search_remaining_days"
    )

    @api.depends("expiry_date", "product_id")
    def _compute_pharma_state(self):
        """Live: a lot that ends at midnight is expired a second later (ST-10)."""
        today = self._today()
        held = self.env["pharma.lot.hold"]._held_lots(self)
        for lot in self:
            if expiry.is_expired(lot.expiry_date, today):
                lot.pharma_state = "expired"
            elif lot._origin in held:
                lot.pharma_state = "held"
            elif lot.product_id.pharma_controlled and not lot.expiry_date:
                lot.pharma_state = "undated"
            else:
                lot.pharma_state = "good"

    def _search_pharma_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        held = self.env["pharma.lot.hold"]._held_lot_domain()
        expired = Domain("expiry_date", "<", self._today())
        undated = Domain("expiry_date", "=", False) & Domain(
            "product_id.pharma_controlled", "=", True
        )
        domains = {
            "expired": expired,
            "held": held & ~expired,
            "undated": undated & ~held,
            "good": ~expired & ~held & ~undated,
        }
        return Domain.OR(domains[state] for state in value if state)

    @api.depends("expiry_date")
    def _compute_remaining_days(self):
        today = self._today()
        for lot in self:
            lot.remaining_days = expiry.remaining_days(lot.expiry_date, today) or 0

    def _search_remaining_days(self, operator, value):
        if operator not in ("<", "<=", ">", ">="):
            return NotImplemented
        return Domain(
            "expiry_date", operator, fields.Date.add(self._today(), days=value)
        )

    @api.depends("expiry_date", "product_id")
    def _compute_expiration_date(self):
        """Core invents a date from today; a drug's is the one on its pack, or none."""
        drugs = self.filtered(lambda lot: lot.product_id.pharma_controlled)
        for lot in drugs:
            lot.expiration_date = expiry.last_moment(lot.expiry_date)
        return super(StockLot, self - drugs)._compute_expiration_date()

    @api.depends("expiry_date")
    def _compute_dates(self):
        """One day for all: usable on its last day, gone the second after (TV-45)."""
        drugs = self.filtered(lambda lot: lot.product_id.pharma_controlled)
        for lot in drugs:
            moment = expiry.last_moment(lot.expiry_date)
            lot.use_date = lot.removal_date = lot.alert_date = moment
        return super(StockLot, self - drugs)._compute_dates()

    @api.constrains("production_date", "expiry_date")
    def _check_dates(self):
        """TV-26: nothing ends before it was made."""
        for lot in self:
            if (
                lot.production_date
                and lot.expiry_date
                and lot.production_date > lot.expiry_date
            ):
                raise UserError(
                    self.env._(
                        "Lot %(lot)s can't be made on %(made)s and end on %(end)s: "
                        "look whether the two dates were swapped.",
                        lot=lot.name,
                        made=lot.production_date,
                        end=lot.expiry_date,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        products = self.env["product.product"].browse(
            [vals["product_id"] for vals in vals_list if vals.get("product_id")]
        )
        drugs = products.filtered("pharma_controlled")
        prepared = []
        for vals in vals_list:
            product = drugs.browse(vals.get("product_id", []))
            if product in drugs:
                vals = self._with_printed_dates(vals)
                vals.setdefault("manufacturer_id", product.manufacturer_id.id)
            prepared.append(vals)
        return super().create(prepared)

    def write(self, vals):
        if any(lot.product_id.pharma_controlled for lot in self):
            vals = self._with_printed_dates(vals)
        done = super().write(vals)
        if {"name", "product_id"} & vals.keys():
            self.env["pharma.lot.flow"]._correct_lots(self)
        return done

    @api.ondelete(at_uninstall=False)
    def _unlink_except_coded(self):
        self.env["pharma.trace.code"]._check_not_coded("lot_id", self)

    def action_place_hold(self):
        """A new hold of this lot, to be reasoned."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Hold"),
            "res_model": "pharma.lot.hold",
            "view_mode": "form",
            "target": "current",
            "context": {"default_kind": "lot", "default_lot_id": self.id},
        }

    @api.model
    def _with_printed_dates(self, vals):
        """Values of a drug's lot, its dates read from what is printed.

        :raise UserError: for a printed date that can't be read, or one of core's dates
        """
        vals = dict(vals)
        if any(vals.get(name) for name in DERIVED_DATES):
            raise UserError(
                self.env._(
                    "Best-before, removal and alert dates of a drug follow from its "
                    "expiry date: enter the expiry date printed on the pack."
                )
            )
        moment = fields.Datetime.to_datetime(vals.pop("expiration_date", None))
        if moment and not vals.get("expiry_date") and not vals.get("expiry_label"):
            vals["expiry_date"] = china_day(moment)
        if vals.get("name"):
            vals["name"] = vals["name"].strip()
        if vals.get("expiry_label"):
            rule = self.env.company.pharma_month_expiry
            vals["expiry_label"] = vals["expiry_label"].strip()
            vals["expiry_date"] = self._read_expiry(vals["expiry_label"])
            vals["month_expiry"] = rule
        elif "expiry_date" in vals:
            vals["expiry_label"] = vals["month_expiry"] = False
        return vals

    @api.model
    def _read_expiry(self, text):
        """The last day of use a printed expiry means in this company (FA-46).

        :raise UserError: in words, when it is no date
        """
        try:
            return expiry.expiry_from_printed(
                text, self.env.company.pharma_month_expiry == "previous"
            )
        except expiry.UnreadableDate as error:
            raise UserError(self._unreadable_date_sentence(error)) from error

    @api.model
    def _unreadable_date_sentence(self, error):
        sentences = {
            "format": self.env._(
                "«%s» is no date. Write it as printed: 2027-05-31, 20270531 or "
                "2027.05.",
                error.text,
            ),
            "year": self.env._(
                "«%s»: the year lies outside 1990 to 2099. Compare with the pack.",
                error.text,
            ),
            "month": self.env._("«%s»: a year has twelve months.", error.text),
            "day": self.env._("«%s»: that month has no such day.", error.text),
        }
        return sentences[error.kind]

    def _is_expired(self, day=None):
        """Whether this lot's last day is over on ``day`` (China's today if none)."""
        self.ensure_one()
        return expiry.is_expired(self.expiry_date, day or self._today())

    @api.model
    def _today(self):
        """The day it is in China now."""
        return china_day(fields.Datetime.now())

    @api.model
    def _planned_day(self, moment):
        """The day in China something is planned for; what is overdue happens today."""
        return max(china_day(moment), self._today()) if moment else self._today()

    @api.model
    def _alert_date_exceeded(self):
        """Drugs are told of by digest (ST-10), not once per lot to one person."""
        lots = self.search(
            [
                ("product_id.pharma_controlled", "=", True),
                ("product_expiry_reminded", "=", False),
                ("alert_date", "<=", fields.Datetime.now()),
            ]
        )
        lots.product_expiry_reminded = True
        return super()._alert_date_exceeded()
