from odoo import models

from ..tools import four_flow
from ..tools.gate import Finding


class PharmaGate(models.AbstractModel):
    """The three-way match of order, goods and vendor bill (CS-31).

    The cure of each finding is the line on the four-flow board, where order, goods and
    bills lie side by side; so an override counts for that bill and that line only.
    """

    _inherit = "pharma.gate"

    def _check_bill_quantity(self, code, subjects, standing):
        """Nothing is billed that wasn't received, all bills of the line together."""
        for subject, entry, flow in self._matched_entries(subjects, standing):
            billed = self._billed(subject, flow)
            allowed = subject.company._pharma_flow_tolerances()
            if four_flow.quantity_over(billed, flow.moved, allowed):
                yield Finding(
                    code,
                    subject,
                    self.env._(
                        "%(product)s: with this bill %(billed)g %(unit)s of order "
                        "%(order)s are billed, but %(moved)g were received.",
                        product=flow.product_id.display_name,
                        billed=billed,
                        moved=flow.moved,
                        unit=flow.uom_id.name,
                        order=flow.order_name,
                    ),
                    self.env._(
                        "Receive the goods first, or bill what came and ask the "
                        "supplier for a credit note."
                    ),
                    flow,
                    line=entry,
                    size=f"{billed:.6f} / {flow.moved:.6f}",
                )

    def _check_bill_price(self, code, subjects, standing):
        """The bill asks the price of the order, to the cent a line."""
        for subject, entry, flow in self._matched_entries(subjects, standing):
            expected = self._expected_amount(entry, flow)
            allowed = subject.company._pharma_flow_tolerances()
            difference = four_flow.price_difference(
                entry.price_subtotal, expected, allowed
            )
            if difference:
                yield Finding(
                    code,
                    subject,
                    self.env._(
                        "%(product)s: the bill asks %(asked).2f %(currency)s without "
                        "tax, by the prices of order %(order)s it is %(expected).2f.",
                        product=flow.product_id.display_name,
                        asked=entry.price_subtotal,
                        expected=expected,
                        currency=entry.currency_id.name,
                        order=flow.order_name,
                    ),
                    self.env._(
                        "Have the supplier correct the bill, or agree on the price "
                        "in the order."
                    ),
                    flow,
                    line=entry,
                    size=f"{entry.price_subtotal:.2f} / {expected:.2f}",
                )

    def _check_bill_lot(self, code, subjects, standing):
        """The lots printed on the bill are lots that came."""
        for subject, entry, flow in self._matched_entries(subjects, standing):
            unknown = four_flow.unknown_lots(
                four_flow.lots(entry.pharma_lot_names),
                standing.received_lots(entry.purchase_line_id),
            )
            if unknown:
                yield Finding(
                    code,
                    subject,
                    self.env._(
                        "%(product)s: the bill names lot %(lots)s, which wasn't "
                        "received on order %(order)s.",
                        product=flow.product_id.display_name,
                        lots=", ".join(unknown),
                        order=flow.order_name,
                    ),
                    self.env._(
                        "Compare bill and goods, and have the wrong one corrected."
                    ),
                    flow,
                    line=entry,
                    size=" ".join(unknown),
                )

    def _matched_entries(self, subjects, standing):
        """(bill, its line, the four flows of the order line it bills)."""
        for subject in subjects:
            for line in subject.lines:
                flow = standing.flow(line.record.purchase_line_id)
                if flow:
                    yield subject, line.record, flow

    def _billed(self, subject, flow):
        """What all posted bills ask, this one included, in the order line's unit."""
        bill = subject.record
        if bill.state == "posted":
            return flow.invoiced
        own = bill.invoice_line_ids.filtered(
            lambda entry: entry.purchase_line_id == flow.purchase_line_id
        )
        return flow.invoiced + sum(self._order_quantity(entry, flow) for entry in own)

    def _expected_amount(self, entry, flow):
        """What the order's price makes of a bill line, in the bill's currency."""
        order, bill = entry.purchase_line_id.order_id, entry.move_id
        return order.currency_id._convert(
            flow.unit_price * self._order_quantity(entry, flow),
            bill.currency_id,
            bill.company_id,
            bill.invoice_date or bill.date,
            round=False,
        )

    def _order_quantity(self, entry, flow):
        unit = entry.product_uom_id or flow.uom_id
        return unit._compute_quantity(entry.quantity, flow.uom_id, round=False)
