from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.pharma_gsp.tools.inspection import cell_text

from ..tools import gs1

FOUND_ROWS = 6
INVOICE_TYPES = ("in_invoice", "in_refund", "out_invoice", "out_refund")
LOT_ROWS = 200
# What can be asked at once: all lots of a product, not of the house.
MOST_LOTS = 500


class PharmaLotTrace(models.AbstractModel):
    """From whatever is at hand to the lots it is about (TV-61).

    A lot, a trace code, a drug, a company, an order, a transfer or an invoice leads to
    lots; ``action_trace`` then follows a lot both ways. Whoever reads lots may ask.
    What another company of the house did is summed up by name unless she may read it.
    """

    _name = "pharma.lot.trace"
    _description = "Lot Trace"

    @api.model
    @api.readonly
    def action_search(self, text):
        """Records whose name or number contains a text, grouped by model.

        A record called exactly so is marked, so that a scan opens it at once.
        """
        trace = self._for_reader()
        # A scanner's noise may hold what no database takes.
        text = (text or "").replace("\0", "").strip()
        if not text:
            return []
        scanned = trace._scanned(text)
        if scanned:
            return [trace._found_group(scanned._name, scanned, scanned.ids)]
        groups = []
        for model, domain in trace._search_domains(text).items():
            if not trace.env[model].has_access("read"):
                continue
            found = trace.env[model].search(domain, limit=FOUND_ROWS + 1)
            if found:
                exact = trace._meant(found, text)
                groups.append(trace._found_group(model, found, exact.ids))
        return groups

    @api.model
    def _scanned(self, text):
        """The trace code of a pack, or the lot that its element string names."""
        code = self.env["pharma.trace.code"]._find([text]).get(text)
        # A code of another company is known to whoever has the pack in hand, its lot
        # isn't; such a code leads nowhere here.
        if code and code.has_access("read") and code.lot_id.has_access("read"):
            return code
        try:
            scan = gs1.parse(text)
        except ValueError:
            return self.env["stock.lot"]
        if not scan.lot:
            return self.env["stock.lot"]
        domain = Domain("name", "=", scan.lot)
        if scan.gtin:
            named = self.env["stock.lot"].search(domain, limit=FOUND_ROWS)
            codes = {scan.gtin, scan.gtin.lstrip("0")}
            return named.filtered(lambda lot: lot.product_id.barcode in codes) or named
        return self.env["stock.lot"].search(domain, limit=FOUND_ROWS)

    @api.model
    def _meant(self, found, text):
        """Those of the records found that are called exactly so."""
        called = text.casefold()
        return found.filtered(lambda record: called in self._exact_names(record))

    @api.model
    def _found_group(self, model, found, exact_ids):
        return {
            "model": model,
            "name": self._start_names()[model],
            "is_cut": len(found) > FOUND_ROWS,
            "records": [
                {
                    "id": record.id,
                    "name": self._start_name(record),
                    "detail": self._start_detail(record),
                    "is_exact": record.id in exact_ids,
                }
                for record in found[:FOUND_ROWS]
            ],
        }

    @api.model
    def _for_reader(self):
        """Only who reads lots; in every company she works in.

        :raise AccessError: for anybody else
        """
        self.env["stock.lot"].check_access("read")
        return self.with_context(
            allowed_company_ids=self.env.user.company_ids.ids, active_test=False
        )

    @api.model
    def _start_names(self):
        """{model: what the user calls its records}, in the order of the results."""
        return {
            "stock.lot": self.env._("Lot"),
            "pharma.trace.code": self.env._("Trace code"),
            "product.product": self.env._("Product"),
            "res.partner": self.env._("Company"),
            "stock.picking": self.env._("Transfer"),
            "sale.order": self.env._("Sale Order"),
            "purchase.order": self.env._("Purchase Order"),
            "account.move": self.env._("Invoice"),
        }

    @api.model
    def _search_domains(self, text):
        def contains(*names):
            return Domain.OR(Domain(name, "ilike", text) for name in names)

        return {
            "stock.lot": contains("name"),
            "product.product": contains("name", "default_code", "barcode")
            & Domain("tracking", "!=", "none"),
            "res.partner": contains("name", "uscc", "ref")
            & Domain("parent_id", "=", False),
            "stock.picking": contains("name", "origin") & Domain("state", "=", "done"),
            "sale.order": contains("name", "client_order_ref"),
            "purchase.order": contains("name", "partner_ref"),
            "account.move": contains("name", "ref")
            & Domain("move_type", "in", INVOICE_TYPES),
        }

    @api.model
    def _start_name(self, record):
        if record._name == "stock.lot":
            return record.name
        return record.display_name

    @api.model
    def _exact_names(self, record):
        """By which of its names a record is meant without doubt."""
        names = {
            "product.product": ("default_code", "barcode"),
            "res.partner": ("name", "uscc", "ref"),
        }.get(record._name, ("name",))
        return [record[name].casefold() for name in names if record[name]]

    @api.model
    def _start_detail(self, record):
        """What tells two records of one name apart."""
        names = {
            "stock.lot": ("product_id", "expiry_date"),
            "pharma.trace.code": ("product_id", "lot_id"),
            "product.product": ("strength", "pack_spec", "manufacturer_id"),
            "res.partner": ("uscc", "city"),
            "stock.picking": ("partner_id", "date_done", "origin"),
            "sale.order": ("partner_id", "date_order"),
            "purchase.order": ("partner_id", "date_order"),
            "account.move": ("partner_id", "invoice_date"),
        }.get(record._name, ())
        words = (
            value.display_name if isinstance(value, models.BaseModel) else value
            for value in (record[name] for name in names)
        )
        return " · ".join(filter(None, map(cell_text, words)))

    # Which lots

    @api.model
    @api.readonly
    def action_lots(self, res_model, res_id):
        """The lots a record is about, the last moved first.

        :raise AccessError: if the user may not read lots, or not this record
        """
        trace = self._for_reader()
        record = trace._start(res_model, res_id)
        rows, total = trace._lots_of(record)
        return {
            "model": record._name,
            "id": record.id,
            "kind": trace._start_names()[record._name],
            "name": trace._start_name(record),
            "detail": trace._start_detail(record),
            "partner_ids": trace._partners_of(record).ids,
            "lots": rows,
            "total": total,
        }

    @api.model
    def _start(self, model, res_id):
        """The record to start from, readable; of a contact it is the company."""
        if model == "product.template" and isinstance(res_id, int):
            variants = self.env[model].browse(res_id).exists().product_variant_ids
            model, res_id = "product.product", variants[:1].id or 0
        if model not in self._start_names() or not isinstance(res_id, int):
            raise UserError(
                self.env._(
                    "Nothing leads from here to a lot. Open a lot, a product, a "
                    "company, an order, a transfer or an invoice."
                )
            )
        return self.env["pharma.inspection"]._readable(model, res_id)

    @api.model
    def _partners_of(self, record):
        """Whom to point out in the graph."""
        if record._name == "res.partner":
            return record
        if "partner_id" in record._fields and record._name != "pharma.trace.code":
            return record.partner_id.commercial_partner_id
        return self.env["res.partner"]

    @api.model
    def _lots_of(self, record):
        """(rows of lots, how many there are) in one query, and their own data."""
        self.env["pharma.lot.flow"].flush_model()
        self.env.cr.execute(
            SQL(
                """SELECT max(lot_id), product_id, lot_name,
                          sum(quantity) FILTER (WHERE kind IN ('receipt', 'gain',
                              'customer_return', 'produced', 'dropship_return')),
                          sum(quantity) FILTER (WHERE kind IN ('delivery', 'loss',
                              'supplier_return', 'scrap', 'consumed', 'dropship')),
                          max(date), count(*) OVER ()
                     FROM pharma_lot_flow flow
                    WHERE %s AND company_id = ANY(%s)
                 GROUP BY product_id, lot_name
                 ORDER BY max(date) DESC, 1 LIMIT %s""",
                self._start_condition(record),
                self.env.companies.ids,
                LOT_ROWS,
            )
        )
        found = self.env.cr.fetchall()
        lots = self.env["stock.lot"].browse([row[0] for row in found])
        rows = [
            {
                **self._lot_row(lot),
                "in": float(came or 0),
                "out": float(went or 0),
                "date": cell_text(date)[:10],
            }
            for lot, (_id, _product, _name, came, went, date, _total) in zip(
                lots, found, strict=True
            )
        ]
        own = record.lot_id if record._name == "pharma.trace.code" else record
        if not rows and own._name == "stock.lot" and own:
            rows = [{**self._lot_row(own), "in": 0.0, "out": 0.0, "date": ""}]
        return rows, found[0][-1] if found else len(rows)

    @api.model
    def _lot_row(self, lot):
        return {
            "id": lot.id,
            "name": lot.name,
            "product_id": lot.product_id.id,
            "product": lot.product_id.display_name,
            "expiry": cell_text(lot.expiry_date),
            "unit": lot.product_uom_id.name,
        }

    @api.model
    def _start_condition(self, record):
        """SQL on ``flow``: the movements a record is about."""
        if record._name == "pharma.trace.code":
            record = record.lot_id
        if record._name == "stock.lot":
            if not record:
                return SQL("FALSE")
            return self.env["pharma.lot.flow"]._lot_keys(record)
        column, ids = {
            "product.product": lambda: ("product_id", record.ids),
            "res.partner": lambda: ("partner_id", record.ids),
            "stock.picking": lambda: ("picking_id", record.ids),
            "sale.order": lambda: ("sale_line_id", record.order_line.ids),
            "purchase.order": lambda: ("purchase_line_id", record.order_line.ids),
            "account.move": lambda: self._invoiced_lines(record),
        }[record._name]()
        return SQL("flow.%s = ANY(%s)", SQL.identifier(column), ids)

    @api.model
    def _invoiced_lines(self, invoice):
        lines = invoice.invoice_line_ids
        # sudo: whoever reads an invoice may know the lots of what it is about.
        if invoice.is_sale_document():
            return "sale_line_id", lines.sudo().sale_line_ids.ids
        return "purchase_line_id", lines.sudo().purchase_line_id.ids
