from datetime import datetime, time, timedelta

from odoo.fields import Command

from .common import PharmaCommon


class FlowCommon(PharmaCommon):
    """Orders whose goods, bills and payments come or don't come."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bank = cls.env["res.partner.bank"].create(
            {"partner_id": cls.supplier.id, "acc_number": "6222020200112233445"}
        )
        cls._as("qa", cls.bank).action_pharma_confirm()
        cls._as("finance", cls.bank).action_pharma_confirm()
        cls.lot_drug = cls._create_drug("CHEM", name="头孢克肟片", tracking="lot")

    def _receive(self, order, quantity=None, lot=None):
        """Receive an order, or a part of it, into one lot where it has lots."""
        picking = self._as("receiver", order.sudo().picking_ids).filtered(
            lambda p: p.state not in ("done", "cancel")
        )
        for move in picking.move_ids:
            move.quantity = quantity or move.product_uom_qty
            if lot:
                move.move_line_ids.lot_name = lot
            move.picked = True
        picking.with_context(skip_backorder=True).button_validate()
        return picking

    def _deliver(self, order, quantity=None):
        picking = self._as("picker", order.sudo().picking_ids).filtered(
            lambda p: p.state not in ("done", "cancel")
        )
        for move in picking.move_ids:
            move.quantity = quantity or move.product_uom_qty
            move.picked = True
        picking.with_context(skip_backorder=True).button_validate()
        return picking

    def _return(self, picking, quantity, to_refund=True):
        """Goods go back the way they came."""
        picking = picking.sudo()
        wizard = (
            self.env["stock.return.picking"]
            .with_context(active_id=picking.id, active_model="stock.picking")
            .create({})
        )
        wizard.product_return_moves.write(
            {"quantity": quantity, "to_refund": to_refund}
        )
        back = wizard._create_return()
        back.move_ids.write({"quantity": quantity, "picked": True})
        back.button_validate()
        return back

    def _draft_bill(self, order, quantity=None, price=None, lots=None, **values):
        """A bill of the first line of an order, as finance would type it."""
        line = order.sudo().order_line[:1]
        prepared = line._prepare_account_move_line()
        prepared["quantity"] = line.product_qty if quantity is None else quantity
        if price is not None:
            prepared["price_unit"] = price
        if lots is not None:
            prepared["pharma_lot_names"] = lots
        return self._as("finance", self.env["account.move"]).create(
            {
                **order.sudo()._prepare_invoice(),
                "invoice_date": self.today,
                "invoice_date_due": self.today + timedelta(days=30),
                "ref": f"FP-{self.env['account.move'].search_count([])}",
                "invoice_line_ids": [Command.create(prepared)],
                **values,
            }
        )

    def _bill(self, order, **values):
        bill = self._draft_bill(order, **values)
        bill.action_post()
        return bill

    def _credit(self, bill, quantity):
        """A credit note for a part of a bill, posted."""
        note = bill._reverse_moves([{"invoice_date": self.today, "ref": "HC-1"}])
        note.invoice_line_ids.quantity = quantity
        note.action_post()
        return note

    def _pay(self, invoice, **values):
        wizard = (
            self._as("finance", self.env["account.payment.register"])
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create(
                {"partner_bank_id": self.bank.id, **values}
                if invoice.is_purchase_document()
                else values
            )
        )
        return wizard._create_payments()

    def _invoice(self, order):
        invoice = self._as("finance", order)._create_invoices()
        invoice.action_post()
        return invoice

    def _matched_purchase(self, **values):
        """Ordered, received, billed and paid."""
        order = self._ordered(**values)
        self._receive(order)
        self._pay(self._bill(order))
        return order

    def _rows(self, order, role=None):
        flows = self.env["pharma.four.flow"]
        if role:
            flows = self._as(role, flows)
        return flows._of_orders(order)

    def _codes(self, order, days=0):
        """The gap codes of an order as seen some days from now."""
        moment = datetime.combine(self.today + timedelta(days=days), time(12))
        with self._in_china(moment):
            rows = self._rows(order)
            return set(",".join(filter(None, rows.mapped("gap_codes"))).split(",")) - {
                ""
            }

    def _status(self, order, days=0):
        moment = datetime.combine(self.today + timedelta(days=days), time(12))
        with self._in_china(moment):
            return set(self._rows(order).mapped("status"))
