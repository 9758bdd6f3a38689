from collections import defaultdict

import xlsxwriter

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.pharma_gsp.tools.inspection import cell_text, china_time
from odoo.addons.pharma_gsp.tools.inspection_zip import safe_name

BATCH = 5000
# What a partner typed is never run as a formula; rows go to the disk as they come.
BOOK_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
}
# Rows of one printed page: each stays on one line, so that they can be counted.
FIRST_PAGE_ROWS = 24
PAGE_ROWS = 38


class PharmaLotTrace(models.AbstractModel):
    """The trace of a lot to take along: a workbook, and sheets of paper (TV-61)."""

    _inherit = "pharma.lot.trace"

    @api.model
    def _export(self, lot_ids, file):
        """Write a workbook of all movements, parties and sums into a binary file.

        :return: the name to save it under
        :raise AccessError: if the user may not read these lots
        """
        trace = self._for_reader()
        lots = trace._traced_lots(lot_ids)
        # sudo: taking data along is written down, whoever does it.
        trace.env["pharma.audit.entry"].sudo()._log(
            "export", lots, trace.env._("Lot trace as a workbook")
        )
        data = trace.action_trace(lots.ids)
        book = xlsxwriter.Workbook(file, BOOK_OPTIONS)
        formats = {
            "head": book.add_format({"bold": True, "bottom": 1}),
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
            "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
            "number": book.add_format({"num_format": "#,##0.###"}),
        }
        for title, columns, rows in trace._sheets(lots, data):
            trace._write_sheet(book, formats, title, columns, rows)
        book.close()
        return f"{trace._export_name(lots)}.xlsx"

    @api.model
    def _export_name(self, lots):
        names = lots[0].name if len(lots) == 1 else str(len(lots))
        day = china_time(fields.Datetime.now()).strftime("%Y%m%d")
        title = self.env._("Lot trace")
        return safe_name(f"{title} {lots.product_id.name} {names} {day}")

    @api.model
    def _sheets(self, lots, data):
        """(title, columns, rows); rows may be long and are made one by one."""
        yield (
            self.env._("Summary"),
            [self.env._("Field"), self.env._("Value")],
            self._summary_rows(data),
        )
        yield (
            self.env._("Flow"),
            [
                self.env._("From"),
                self.env._("To"),
                self.env._("Kind"),
                self.env._("Quantity"),
                self.env._("Movements"),
                self.env._("First day"),
                self.env._("Last day"),
            ],
            self._edge_rows(data),
        )
        yield (
            self.env._("Partners"),
            [
                self.env._("Side"),
                self.env._("Name"),
                self.env._("Quantity"),
                self.env._("Returned"),
                self.env._("Net"),
                self.env._("Contact"),
                self.env._("Phone"),
                self.env._("Email"),
                self.env._("Address"),
            ],
            self._partner_rows(lots, data),
        )
        yield (
            self.env._("Movements"),
            [
                self.env._("Date"),
                self.env._("Lot"),
                self.env._("Kind"),
                self.env._("From"),
                self.env._("To"),
                self.env._("Partner"),
                self.env._("Quantity"),
                self.env._("Transfer"),
                self.env._("Order"),
            ],
            self._movement_rows(lots, data["kinds"]),
        )
        if self.env["account.move"].has_access("read"):
            yield (
                self.env._("Invoices"),
                [
                    self.env._("Number"),
                    self.env._("Kind"),
                    self.env._("Partner"),
                    self.env._("Date"),
                    self.env._("Amount"),
                    self.env._("State"),
                    self.env._("Payment"),
                ],
                (
                    (
                        row["name"],
                        row["kind"],
                        row["partner"],
                        fields.Date.to_date(row["date"]) or "",
                        row["amount"],
                        row["state"],
                        row["payment"],
                    )
                    for row in self._invoices(lots)
                ),
            )

    @api.model
    def _write_sheet(self, book, formats, title, columns, rows):
        sheet = book.add_worksheet(title[:31])
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(columns) - 1, 18)
        sheet.write_row(0, 0, columns, formats["head"])
        for line, row in enumerate(rows, 1):
            for number, value in enumerate(row):
                if isinstance(value, bool) or value is None:
                    continue
                if hasattr(value, "hour"):
                    sheet.write_datetime(line, number, value, formats["moment"])
                elif hasattr(value, "year"):
                    sheet.write_datetime(line, number, value, formats["date"])
                elif isinstance(value, (int, float)):
                    sheet.write_number(line, number, value, formats["number"])
                else:
                    sheet.write_string(line, number, str(value))

    @api.model
    def _summary_rows(self, data):
        """What is printed on the lots, and the sums, as pairs."""
        yield self.env._("Product"), data["product"]["name"]
        for lot in data["lots"]:
            yield self.env._("Lot"), lot["name"]
            yield self.env._("Maker"), lot["maker"]
            yield self.env._("Made on"), lot["made"]
            yield self.env._("Expires after"), lot["expiry"]
            yield self.env._("State"), lot["state_label"]
            for hold in lot["holds"]:
                yield (
                    self.env._("Hold"),
                    f"{hold['name']} {hold['date']} {hold['reason']}",
                )
        yield self.env._("Unit"), data["product"]["unit"]
        balance = data["balance"]
        for label, name in self._balance_labels():
            yield label, balance[name]
        yield (
            self.env._("Balance"),
            self.env._("Balanced")
            if balance["is_balanced"]
            else self.env._("Not balanced"),
        )
        for explanation in balance["explanations"]:
            yield self.env._("Difference explained"), explanation["text"]

    @api.model
    def _balance_labels(self):
        return [
            (self.env._("Received"), "received"),
            (self.env._("Returned by customers"), "returned_by_customers"),
            (self.env._("Found in counts"), "found"),
            (self.env._("Made here"), "made"),
            (self.env._("In, together"), "total_in"),
            (self.env._("Delivered"), "delivered"),
            (self.env._("Returned to suppliers"), "returned_to_suppliers"),
            (self.env._("Used up"), "used"),
            (self.env._("Out, together"), "total_out"),
            (self.env._("Scrapped"), "scrapped"),
            (self.env._("Lost in counts"), "lost"),
            (self.env._("Loss, together"), "total_loss"),
            (self.env._("In stock"), "stock"),
            (self.env._("Difference"), "difference"),
        ]

    @api.model
    def _edge_rows(self, data):
        nodes, kinds = data["nodes"], data["kinds"]
        for source, target, kind, quantity, moves, first, last in data["edges"]:
            yield (
                nodes[source]["label"],
                nodes[target]["label"],
                kinds[kind],
                quantity,
                moves,
                fields.Date.to_date(first),
                fields.Date.to_date(last),
            )

    @api.model
    def _partner_sums(self, data):
        """{node index of a partner: [quantity, what came back]}"""
        sums = defaultdict(lambda: [0.0, 0.0])
        index = {node["key"]: number for number, node in enumerate(data["nodes"])}
        for source, target, _kind, quantity, *_rest in data["edges"]:
            for number, is_source in ((source, True), (target, False)):
                side, _colon, which = data["nodes"][number]["key"].partition(":")
                if side == "returned":
                    sums[index.get(f"supplier:{which}", number)][1] += quantity
                elif side in ("supplier", "customer"):
                    is_back = is_source == (side == "customer")
                    sums[number][1 if is_back else 0] += quantity
        return sums

    @api.model
    def _partner_rows(self, lots, data):
        contacts = {(x["side"], x["id"]): x for x in self._contacts(lots)}
        sides = {
            "supplier": self.env._("Supplier"),
            "customer": self.env._("Customer"),
            "returned": self.env._("Supplier"),
        }
        for number, (quantity, returned) in self._partner_sums(data).items():
            node = data["nodes"][number]
            contact = contacts.get((node["side"], node["id"]), {})
            yield (
                sides[node["side"]],
                node["label"],
                quantity,
                returned,
                quantity - returned,
                *(contact.get(x, "") for x in ("person", "phone", "email", "address")),
            )

    @api.model
    def _movement_rows(self, lots, kinds):
        """Every movement in the companies of the user, the oldest first."""
        after = (None, 0)
        while rows := self._movement_batch(lots, after):
            for date, _id, kind, *others in rows:
                lot, source, target, partner, quantity, picking, sale, purchase = others
                yield (
                    china_time(date),
                    lot,
                    kinds[kind],
                    source,
                    target,
                    partner or "",
                    quantity,
                    picking or "",
                    sale or purchase or "",
                )
            after = rows[-1][:2]

    @api.model
    def _movement_batch(self, lots, after):
        date, number = after
        self.env.cr.execute(
            SQL(
                """SELECT flow.date, flow.id, flow.kind, flow.lot_name,
                          source.complete_name, target.complete_name, partner.name,
                          flow.quantity::float8, picking.name, sale.name, purchase.name
                     FROM pharma_lot_flow flow
                     JOIN stock_location source ON source.id = flow.location_id
                     JOIN stock_location target ON target.id = flow.location_dest_id
                LEFT JOIN res_partner partner ON partner.id = flow.partner_id
                LEFT JOIN stock_picking picking ON picking.id = flow.picking_id
                LEFT JOIN sale_order_line sold ON sold.id = flow.sale_line_id
                LEFT JOIN sale_order sale ON sale.id = sold.order_id
                LEFT JOIN purchase_order_line bought
                       ON bought.id = flow.purchase_line_id
                LEFT JOIN purchase_order purchase ON purchase.id = bought.order_id
                    WHERE %s AND flow.company_id = ANY(%s)
                      AND (flow.date, flow.id) > (%s, %s)
                 ORDER BY flow.date, flow.id LIMIT %s""",
                self.env["pharma.lot.flow"]._lot_keys(lots),
                self.env.companies.ids,
                date or "-infinity",
                number,
                BATCH,
            )
        )
        return self.env.cr.fetchall()

    # On paper

    @api.model
    def _printed(self, lots):
        """What the printed trace shows; its rows cut into pages.

        :return: dict of ``data`` (as ``action_trace``), ``sums`` and ``pages``
        """
        trace = self._for_reader()
        lots = trace._traced_lots(lots.ids)
        data = trace.action_trace(lots.ids)
        rows = [[cell_text(value) for value in row] for row in trace._edge_rows(data)]
        pages = [rows[:FIRST_PAGE_ROWS]]
        pages += [
            rows[start : start + PAGE_ROWS]
            for start in range(FIRST_PAGE_ROWS, len(rows), PAGE_ROWS)
        ]
        contacts = {
            (contact["side"], contact["id"]): contact
            for contact in trace._contacts(lots)
        }
        partners = [
            [cell_text(value) for value in row]
            for row in trace._partner_rows(lots, data)
        ]
        return {
            "data": data,
            "contacts": contacts,
            "sums": [
                (label, cell_text(data["balance"][name]))
                for label, name in trace._balance_labels()
                if data["balance"][name] or name.startswith("total")
            ],
            "pages": pages,
            "partner_pages": [
                partners[start : start + PAGE_ROWS]
                for start in range(0, len(partners), PAGE_ROWS)
            ],
            "printed_at": cell_text(fields.Datetime.now()),
        }


class ReportLotTrace(models.AbstractModel):
    """The printed trace of one lot, with the rights of who prints it."""

    _name = "report.pharma_lot_expiry.lot_trace"
    _description = "Printed Lot Trace"

    @api.model
    def _get_report_values(self, docids, data=None):
        lots = self.env["stock.lot"].browse(docids)
        return {
            "doc_ids": docids,
            "docs": lots,
            "traces": [self.env["pharma.lot.trace"]._printed(lot) for lot in lots],
        }
