from odoo import api, fields, models
from odoo.tools import SQL

from .pharma_trace_bill import QA

LATE_HOURS = 24


class PharmaTraceGap(models.Model):
    """Transfers of coded drugs the platform doesn't know in full, one row each.

    Read live from transfers and bills: what is cured is gone from here.
    """

    _name = "pharma.trace.gap"
    _description = "Upload Gap"
    _auto = False
    _order = "day desc, id desc"
    _rec_name = "picking_id"

    picking_id = fields.Many2one("stock.picking", "Transfer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    partner_id = fields.Many2one("res.partner", readonly=True)
    day = fields.Date(readonly=True, help="The day the transfer was done, in China.")
    bill_id = fields.Many2one("pharma.trace.bill", readonly=True)
    type_id = fields.Many2one("pharma.trace.bill.type", "Bill Type", readonly=True)
    bill_state = fields.Selection(related="bill_id.state")
    problem_summary = fields.Char(related="bill_id.problem_summary")
    quantity = fields.Float("Packs Moved", digits="Product Unit", readonly=True)
    packs = fields.Float("Packs in Codes", digits="Product Unit", readonly=True)
    missing = fields.Float(
        "Difference",
        digits="Product Unit",
        readonly=True,
        help="Packs moved beyond those the codes stand for.",
    )
    reason = fields.Selection(
        [
            ("no_bill", "Not queued"),
            ("no_codes", "No codes scanned"),
            ("problem", "Held by our check"),
            ("rejected", "Refused by the platform"),
            ("failed", "Given up"),
            ("late", "Not accepted after 24 hours"),
            ("count", "Packs and codes differ"),
        ],
        readonly=True,
    )

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT fact.*
              FROM (SELECT picking.id,
                           picking.id AS picking_id,
                           picking.company_id,
                           partner.commercial_partner_id AS partner_id,
                           (picking.date_done AT TIME ZONE 'UTC'
                               AT TIME ZONE 'Asia/Shanghai')::date AS day,
                           bill.id AS bill_id,
                           bill.type_id,
                           moved.quantity,
                           COALESCE(bill.pack_count, 0) AS packs,
                           moved.quantity - COALESCE(bill.pack_count, 0) AS missing,
                           CASE %(reasons)s END AS reason
                      FROM stock_picking picking
                      JOIN res_company company ON company.id = picking.company_id
                      JOIN stock_location origin ON origin.id = picking.location_id
                      JOIN stock_location target
                        ON target.id = picking.location_dest_id
                 LEFT JOIN res_partner partner ON partner.id = picking.partner_id
                 LEFT JOIN pharma_trace_bill bill ON bill.picking_id = picking.id
        CROSS JOIN LATERAL (%(moved)s) moved
                     WHERE picking.state = 'done'
                       AND origin.usage <> target.usage
                       AND picking.date_done AT TIME ZONE 'UTC'
                           AT TIME ZONE 'Asia/Shanghai' >= company.trace_since
                       AND moved.quantity > 0) fact
             WHERE fact.reason IS NOT NULL
            """,
            reasons=self._reasons_sql(),
            moved=self._moved_sql(),
        )

    @api.model
    def _reasons_sql(self):
        """Why a transfer is a gap, the first that holds; NULL for no gap."""
        return SQL(
            """
            WHEN bill.id IS NULL THEN 'no_bill'
            WHEN bill.state = 'cancelled' OR bill.note IS NOT NULL THEN NULL
            WHEN bill.state IN ('rejected', 'failed') THEN bill.state
            WHEN bill.state = 'waiting' AND bill.checked_date IS NOT NULL
                 THEN CASE WHEN bill.code_count = 0 THEN 'no_codes' ELSE 'problem' END
            WHEN bill.state <> 'accepted' AND company.trace_upload
                 AND picking.date_done
                     < now() AT TIME ZONE 'UTC' - %s * interval '1 hour' THEN 'late'
            WHEN bill.checked_date IS NOT NULL
                 AND abs(moved.quantity - bill.pack_count) > 0.00001 THEN 'count'
            """,
            LATE_HOURS,
        )

    @api.model
    def _moved_sql(self):
        """Packs of coded drugs that moved with a transfer."""
        return SQL(
            """
            SELECT sum(line.quantity_product_uom) AS quantity
              FROM stock_move move
              JOIN stock_move_line line ON line.move_id = move.id
              JOIN product_product product ON product.id = move.product_id
              JOIN product_template template ON template.id = product.product_tmpl_id
             WHERE move.picking_id = picking.id
               AND move.state = 'done'
               AND move.scrap_id IS NULL
               AND template.pharma_controlled
               AND template.approval_number <> ''
            """
        )

    def action_open_transfer(self):
        self.ensure_one()
        return self._open("stock.picking", self.picking_id)

    def action_open_bill(self):
        self.ensure_one()
        return self._open("pharma.trace.bill", self.bill_id)

    def action_queue(self):
        """Queue what was missed, such as transfers done while the queue failed."""
        bills = self.env["pharma.trace.bill"]
        bills._check_operator()
        self.check_access("read")
        # sudo: bills are created by the transfers; this repeats what they did.
        bills.sudo()._queue(self.picking_id.sudo())

    def _open(self, model, record):
        return {
            "type": "ir.actions.act_window",
            "res_model": model,
            "res_id": record.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    @api.model
    def _cron_digest(self):
        """Each morning: queue what was missed, check again what was held, call QA.

        One task per person and company, renewed while there are gaps, none without.
        """
        bills = self.env["pharma.trace.bill"]
        missed = self.search([("reason", "=", "no_bill")]).picking_id
        bills._queue_quietly(missed)
        bills.search([("state", "=", "waiting")])._check_bills()
        self.env.flush_all()
        for company, count, oldest in self._read_group(
            [], ["company_id"], ["__count", "picking_id:min"]
        ):
            self._call_qa(company, count, self.env["stock.picking"].browse(oldest))

    @api.model
    def _call_qa(self, company, count, picking):
        kind = "pharma_lot_expiry.mail_activity_type_trace_gap"
        summary = self.env._(
            "%(count)s transfers are not fully on the trace platform: see the gap list",
            count=count,
        )
        activities = self.env["mail.activity"].search(
            [
                ("activity_type_id", "=", self.env.ref(kind).id),
                ("res_model", "=", "stock.picking"),
            ]
        )
        pickings = self.env["stock.picking"].browse(activities.mapped("res_id"))
        own = {p.id for p in pickings.exists() if p.company_id == company}
        activities = activities.filtered(lambda a: a.res_id in own)
        activities.write({"summary": summary})
        for user in self.env.ref(QA).all_user_ids - activities.user_id:
            if company in user.company_ids:
                picking.activity_schedule(kind, user_id=user.id, summary=summary)
