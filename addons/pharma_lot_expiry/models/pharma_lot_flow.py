from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

# Of a movement, what must be as its transfer says. Who a partner belonged to when the
# goods moved is history and isn't compared.
COMPARED = (
    "lot_id",
    "product_id",
    "lot_name",
    "company_id",
    "date",
    "quantity",
    "kind",
    "location_id",
    "location_dest_id",
    "address_id",
    "picking_id",
    "sale_line_id",
    "purchase_line_id",
)
COLUMNS = ("move_line_id", "partner_id", *COMPARED)
# What this table says of a movement is read from these.
SOURCES = {
    "stock.move.line": (
        "date",
        "location_dest_id",
        "location_id",
        "lot_id",
        "move_id",
        "picking_id",
        "quantity_product_uom",
        "state",
    ),
    "stock.move": (
        "company_id",
        "partner_id",
        "product_id",
        "purchase_line_id",
        "sale_line_id",
        "scrap_id",
    ),
    "stock.picking": ("partner_id",),
    "stock.lot": ("name",),
    "stock.location": ("is_pharma_quarantine", "usage", "warehouse_id"),
    "res.partner": ("commercial_partner_id",),
}


class PharmaLotFlow(models.Model):
    """Where each lot came from and went to, one row for each border it crossed.

    Borders lie between suppliers, warehouses, their quarantine, customers and losses;
    from shelf to shelf is no flow. A lot is meant by its product and number, so that it
    is followed from company to company. Written by SQL in the transaction that moves or
    corrects the goods (TV-61), never by hand. Quantities are in the product's unit.
    """

    _name = "pharma.lot.flow"
    _description = "Lot Movement"
    _order = "date desc, id desc"
    _rec_name = "lot_name"
    _log_access = False

    move_line_id = fields.Many2one("stock.move.line", required=True, ondelete="cascade")
    lot_id = fields.Many2one("stock.lot", required=True, index=True)
    product_id = fields.Many2one("product.product", required=True)
    lot_name = fields.Char("Lot Number", required=True)
    company_id = fields.Many2one("res.company", required=True)
    partner_id = fields.Many2one(
        "res.partner",
        help="Whose address it was when the goods moved.",
    )
    address_id = fields.Many2one("res.partner", index="btree_not_null")
    location_id = fields.Many2one("stock.location", "From", required=True)
    location_dest_id = fields.Many2one("stock.location", "To", required=True)
    picking_id = fields.Many2one("stock.picking", "Transfer", index="btree_not_null")
    purchase_line_id = fields.Many2one(
        "purchase.order.line",
        "Purchase Order Line",
        index="btree_not_null",
        ondelete="set null",
    )
    sale_line_id = fields.Many2one(
        "sale.order.line",
        "Sales Order Line",
        index="btree_not_null",
        ondelete="set null",
    )
    date = fields.Datetime(required=True)
    quantity = fields.Float(digits="Product Unit", required=True)
    kind = fields.Selection(
        [
            ("receipt", "Receipt"),
            ("supplier_return", "Return to supplier"),
            ("delivery", "Delivery"),
            ("customer_return", "Return by customer"),
            ("dropship", "Supplier to customer"),
            ("dropship_return", "Customer to supplier"),
            ("transfer", "Transfer"),
            ("quarantine", "Into quarantine"),
            ("release", "Released from quarantine"),
            ("scrap", "Scrapped"),
            ("loss", "Lost"),
            ("gain", "Found"),
            ("consumed", "Used up"),
            ("produced", "Made"),
        ],
        required=True,
    )

    _move_line_uniq = models.Constraint(
        "UNIQUE (move_line_id)", "A movement is noted once."
    )
    _lot_idx = models.Index("(product_id, lot_name)")
    _partner_idx = models.Index(
        "(partner_id, product_id, lot_name) WHERE partner_id IS NOT NULL"
    )

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        raise UserError(self._by_hand_sentence())

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self._by_hand_sentence())

    def unlink(self):  # pylint: disable=method-required-super
        raise UserError(self._by_hand_sentence())  # pylint: disable=no-raise-unlink

    @api.model
    def _by_hand_sentence(self):
        return self.env._(
            "Lot movements follow from transfers and counts by themselves. Correct the "
            "transfer instead."
        )

    # Keeping up with what moves

    @api.model
    def _record(self, lines):
        """Note movements just done: one statement, whatever their number."""
        if not lines:
            return
        self._flush_sources()
        self._insert(SQL("line.id = ANY(%s)", lines.ids))

    @api.model
    def _correct(self, lines):
        """Note anew movements that were corrected; one that crosses no border goes."""
        if not lines:
            return
        self._flush_sources()
        self.env.cr.execute(
            SQL(
                "DELETE FROM pharma_lot_flow WHERE move_line_id = ANY(%s)"
                " AND move_line_id NOT IN (SELECT move_line_id FROM (%s) AS wanted)",
                lines.ids,
                self._select(SQL("line.id = ANY(%s)", lines.ids)),
            )
        )
        self._insert(SQL("line.id = ANY(%s)", lines.ids))

    @api.model
    def _correct_lots(self, lots):
        """These lots were renamed: what moved under the old number did under this."""
        self._flush_sources()
        self._insert(SQL("line.lot_id = ANY(%s)", lots.ids))

    @api.model
    def _relocate(self, locations):
        """Borders moved: these places changed their warehouse, use or quarantine."""
        self._flush_sources()
        touched = SQL(
            "(line.location_id = ANY(%(ids)s) OR line.location_dest_id = ANY(%(ids)s))",
            ids=locations.ids,
        )
        self.env.cr.execute(
            SQL(
                "DELETE FROM pharma_lot_flow line WHERE %s"
                " AND move_line_id NOT IN (SELECT move_line_id FROM (%s) AS wanted)",
                touched,
                self._select(touched),
            )
        )
        self._insert(touched)

    @api.model
    def _backfill(self):
        """Note all that ever moved, as when the add-on comes to a used database."""
        self._flush_sources()
        self._insert(SQL("TRUE"))

    @api.model
    def _insert(self, condition):
        updates = SQL(", ").join(
            SQL("%(name)s = EXCLUDED.%(name)s", name=SQL.identifier(name))
            for name in COMPARED
        )
        self.env.cr.execute(
            SQL(
                """INSERT INTO pharma_lot_flow AS flow (%s) %s
                   ON CONFLICT (move_line_id) DO UPDATE SET %s, partner_id =
                      CASE WHEN flow.address_id IS DISTINCT FROM EXCLUDED.address_id
                           THEN EXCLUDED.partner_id ELSE flow.partner_id END
                   WHERE (%s) IS DISTINCT FROM (%s)""",
                SQL(", ").join(map(SQL.identifier, COLUMNS)),
                self._select(condition),
                updates,
                self._compared("flow"),
                self._compared("excluded"),
            )
        )
        self.invalidate_model()

    @api.model
    def _flush_sources(self):
        for model, names in SOURCES.items():
            self.env[model].flush_model(names)

    @api.model
    def _select(self, condition):
        """Query of the movements there ought to be, columns as in ``COLUMNS``.

        :param condition: SQL on ``line``, a row of stock_move_line
        """
        return SQL(
            """SELECT line.id AS move_line_id,
                      party.commercial_partner_id AS partner_id,
                      line.lot_id, move.product_id, lot.name AS lot_name,
                      move.company_id, line.date,
                      line.quantity_product_uom AS quantity, %(kind)s AS kind,
                      line.location_id, line.location_dest_id,
                      party.id AS address_id, line.picking_id,
                      move.sale_line_id, move.purchase_line_id
                 FROM stock_move_line line
                 JOIN stock_move move ON move.id = line.move_id
                 JOIN stock_lot lot ON lot.id = line.lot_id
                 JOIN stock_location source ON source.id = line.location_id
                 JOIN stock_location target ON target.id = line.location_dest_id
            LEFT JOIN stock_picking picking ON picking.id = line.picking_id
            LEFT JOIN res_partner party
                   ON party.id = COALESCE(picking.partner_id, move.partner_id)
                WHERE line.state = 'done'
                  AND line.quantity_product_uom != 0
                  AND (source.usage,
                       COALESCE(source.warehouse_id, 0),
                       COALESCE(source.is_pharma_quarantine, FALSE))
                   IS DISTINCT FROM
                      (target.usage,
                       COALESCE(target.warehouse_id, 0),
                       COALESCE(target.is_pharma_quarantine, FALSE))
                  AND %(condition)s""",
            kind=self._kind(),
            condition=condition,
        )

    @api.model
    def _kind(self):
        """What a movement is, by the places at both ends."""
        return SQL(
            """CASE
               WHEN source.usage = 'supplier' AND target.usage = 'customer'
               THEN 'dropship'
               WHEN source.usage = 'customer' AND target.usage = 'supplier'
               THEN 'dropship_return'
               WHEN source.usage = 'supplier' THEN 'receipt'
               WHEN target.usage = 'supplier' THEN 'supplier_return'
               WHEN source.usage = 'customer' THEN 'customer_return'
               WHEN target.usage = 'customer' THEN 'delivery'
               WHEN target.usage = 'inventory' AND move.scrap_id IS NOT NULL
               THEN 'scrap'
               WHEN target.usage = 'inventory' THEN 'loss'
               WHEN source.usage = 'inventory' THEN 'gain'
               WHEN target.usage = 'production' THEN 'consumed'
               WHEN source.usage = 'production' THEN 'produced'
               WHEN target.is_pharma_quarantine
                    AND source.is_pharma_quarantine IS NOT TRUE THEN 'quarantine'
               WHEN source.is_pharma_quarantine
                    AND target.is_pharma_quarantine IS NOT TRUE THEN 'release'
               ELSE 'transfer'
               END"""
        )

    # Asking it

    @api.model
    def _lot_keys(self, lots):
        """SQL condition on ``flow``: movements of these lots, in whatever company."""
        # sudo: a lot of another company has the same name, which is all that is used.
        lots = lots.sudo()
        if len(lots) == 1:
            return SQL(
                "(flow.product_id = %s AND flow.lot_name = %s)",
                lots.product_id.id,
                lots.name,
            )
        return SQL(
            "(flow.product_id, flow.lot_name) IN"
            " (SELECT * FROM unnest(%s::int[], %s::varchar[]))",
            [lot.product_id.id for lot in lots],
            [lot.name for lot in lots],
        )

    @api.model
    def _shipped_by_customer(self, lots):
        """Who got how much of these lots, from any company, in one query (TV-60).

        :rtype: list of dicts, most received first: ``partner`` (commercial, empty if
            the goods left without an address), ``lot`` (the one given), ``product``,
            ``shipped``, ``returned``, ``net`` (in the product's unit), ``first_date``,
            ``last_date`` (of what was shipped, naive UTC), ``pickings`` (both ways)
        """
        if not lots:
            return []
        self.env.cr.execute(
            SQL(
                """SELECT flow.partner_id, flow.product_id, flow.lot_name,
                          COALESCE(sum(quantity) FILTER (WHERE is_out), 0),
                          COALESCE(sum(quantity) FILTER (WHERE NOT is_out), 0),
                          min(date) FILTER (WHERE is_out),
                          max(date) FILTER (WHERE is_out),
                          array_agg(DISTINCT picking_id)
                     FROM pharma_lot_flow flow,
                          LATERAL (SELECT kind IN ('delivery', 'dropship') AS is_out) o
                    WHERE %s
                      AND kind IN ('delivery', 'dropship',
                                   'customer_return', 'dropship_return')
                 GROUP BY flow.partner_id, flow.product_id, flow.lot_name
                 ORDER BY 4 DESC, 1""",
                self._lot_keys(lots),
            )
        )
        return self._as_shipments(lots, self.env.cr.fetchall())

    @api.model
    def _as_shipments(self, lots, rows):
        # sudo: whoever recalls a lot must reach all who got it, in every company.
        lots = lots.sudo()
        by_key = {(lot.product_id.id, lot.name): lot for lot in reversed(lots)}
        partners = lots.env["res.partner"].browse({row[0] for row in rows if row[0]})
        pickings = lots.env["stock.picking"].browse(
            {number for row in rows for number in row[7] if number}
        )
        return [
            {
                "partner": partners.browse(partner_id).with_prefetch(partners.ids),
                "lot": by_key[product_id, lot_name],
                "product": by_key[product_id, lot_name].product_id,
                "shipped": float(shipped),
                "returned": float(returned),
                "net": float(shipped - returned),
                "first_date": first_date,
                "last_date": last_date,
                "pickings": pickings.browse(filter(None, picking_ids)).with_prefetch(
                    pickings.ids
                ),
            }
            for (
                partner_id,
                product_id,
                lot_name,
                shipped,
                returned,
                first_date,
                last_date,
                picking_ids,
            ) in rows
        ]

    # Proving it

    @api.model
    def _differences(self, lots=None, limit=200):
        """Where this table says other than the transfers do; empty when all is well.

        :param lots: compare these lots only, in every company
        :rtype: list of dicts with ``move_line_id``, ``problem`` (missing, surplus or
            different), ``noted`` and ``moved`` (quantities, None where there is none)
        """
        self._flush_sources()
        names = {"flow": SQL("TRUE"), "line": SQL("TRUE")}
        if lots is not None:
            same = self._same_lots(lots)
            names["line"] = SQL("line.lot_id = ANY(%s)", same.ids)
            names["flow"] = SQL(
                "(lot_id = ANY(%s) OR %s)", same.ids, self._lot_keys(lots)
            )
        self.env.cr.execute(
            SQL(
                """SELECT COALESCE(wanted.move_line_id, flow.move_line_id),
                          CASE WHEN flow.move_line_id IS NULL THEN 'missing'
                               WHEN wanted.move_line_id IS NULL THEN 'surplus'
                               ELSE 'different' END,
                          flow.quantity, wanted.quantity
                     FROM (SELECT * FROM pharma_lot_flow flow WHERE %s) AS flow
                FULL JOIN (%s) AS wanted USING (move_line_id)
                    WHERE (%s) IS DISTINCT FROM (%s)
                 ORDER BY 1 LIMIT %s""",
                names["flow"],
                self._select(names["line"]),
                self._compared("flow"),
                self._compared("wanted"),
                limit,
            )
        )
        return [
            {
                "move_line_id": move_line_id,
                "problem": problem,
                "noted": None if noted is None else float(noted),
                "moved": None if moved is None else float(moved),
            }
            for move_line_id, problem, noted, moved in self.env.cr.fetchall()
        ]

    @api.model
    def _compared(self, side):
        return SQL(", ").join(SQL.identifier(side, name) for name in COMPARED)

    @api.model
    def _same_lots(self, lots):
        """These lots as they are called in every company."""
        # sudo: a lot is followed through all companies; names only are compared.
        lots = lots.sudo().with_context(active_test=False)
        return lots.search(
            Domain.OR(
                Domain("product_id", "=", product.id)
                & Domain("name", "in", found.mapped("name"))
                for product, found in lots.grouped("product_id").items()
            )
        )
