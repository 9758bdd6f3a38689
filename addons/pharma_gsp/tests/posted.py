"""A small trade whose records are all posted; for tests of the lock and corrections."""

from odoo.fields import Command


class PostedTrade:
    """One purchase and one sale of a drug with lots, from order to payment.

    A mixin over ``PharmaWorld``: twelve pieces bought, received as lot A1, billed and
    paid; five sold, delivered, invoiced and paid.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.drug.tracking = "lot"
        cls.lot = cls._create_lot("A1")
        cls.other_lot = cls._create_lot("A2")
        cls._buy()
        cls._sell()
        cls.env.flush_all()

    @classmethod
    def _create_lot(cls, name, drug=None):
        drug = drug or cls.drug
        return cls.env["stock.lot"].create(
            {"name": name, "product_id": drug.product_variant_id.id}
        )

    @classmethod
    def _buy(cls):
        cls.purchase = cls._as("purchaser", cls._create_purchase(quantity=12))
        cls.purchase.button_confirm()
        cls.receipt = cls._move_all(cls.purchase.picking_ids, "receiver")
        finance = cls._as("finance", cls.purchase)
        finance.action_create_invoice()
        cls.bill = finance.invoice_ids
        cls.bill.write({"invoice_date": cls.today, "ref": "FP-1"})
        cls.bill.action_post()
        cls.bank = cls._create_bank("6222020200112233445")
        cls.outgoing = cls._pay(cls.bill, partner_bank_id=cls.bank.id)

    @classmethod
    def _sell(cls):
        cls.sale = cls._as("seller", cls._create_sale(quantity=5))
        cls.sale.action_confirm()
        cls.delivery = cls._move_all(cls.sale.picking_ids, "picker")
        cls.invoice = cls._as("finance", cls.sale)._create_invoices()
        cls.invoice.action_post()
        cls.incoming = cls._pay(cls.invoice)

    @classmethod
    def _create_bank(cls, number):
        bank = cls.env["res.partner.bank"].create(
            {"partner_id": cls.supplier.id, "acc_number": number}
        )
        cls._as("qa", bank).action_pharma_confirm()
        cls._as("finance", bank).action_pharma_confirm()
        return bank

    @classmethod
    def _move_all(cls, picking, role, share=1, backorder=True):
        """Do a transfer with lot A1, or only a share of it."""
        picking = cls._as(role, picking)
        for move in picking.move_ids:
            quantity = move.product_uom_qty * share
            move.move_line_ids.unlink()
            move.move_line_ids = [
                Command.create(
                    {
                        "product_id": move.product_id.id,
                        "lot_id": cls.lot.id
                        if move.product_id.tracking == "lot"
                        else False,
                        "quantity": quantity,
                        "location_id": move.location_id.id,
                        "location_dest_id": move.location_dest_id.id,
                        "picking_id": picking.id,
                    }
                )
            ]
            move.picked = True
        picking.with_context(
            skip_backorder=True,
            picking_ids_not_to_backorder=[] if backorder else picking.ids,
        ).button_validate()
        assert picking.state == "done"
        return picking

    @classmethod
    def _pay(cls, invoice, **values):
        register = cls._as("finance", cls.env["account.payment.register"])
        action = (
            register.with_context(active_model="account.move", active_ids=invoice.ids)
            .create(values)
            .action_create_payments()
        )
        return cls._as("finance", cls.env["account.payment"]).browse(action["res_id"])

    def _locked(self):
        """{name: (role that works with it, record, {locked field: another value})}."""
        stock = self.receipt.location_dest_id
        shelf = self.env["stock.location"].search(
            [("name", "=", "货架"), ("location_id", "=", stock.id)]
        ) or self.env["stock.location"].create(
            {"name": "货架", "location_id": stock.id, "usage": "internal"}
        )
        stranger = self.env["res.partner"].search([("name", "=", "陌生人")], limit=1)
        stranger = stranger or self._create_partner("陌生人")
        other = self.env["product.product"].search(
            [("name", "=", "头孢克肟片")], limit=1
        )
        if not other:
            other = self._create_drug("CHEM", name="头孢克肟片").product_variant_id
        dozen = self.env.ref("uom.product_uom_dozen")
        dollar = self.env.ref("base.USD")
        past = "2020-01-01"
        return {
            "move line": (
                "receiver",
                self.receipt.move_line_ids,
                {
                    "quantity": 9,
                    "lot_id": self.other_lot.id,
                    "product_id": other.id,
                    "product_uom_id": dozen.id,
                    "location_dest_id": shelf.id,
                    "location_id": shelf.id,
                    "owner_id": stranger.id,
                    "date": f"{past} 08:00:00",
                    "state": "draft",
                    "picking_id": self.delivery.id,
                },
            ),
            "move": (
                "receiver",
                self.receipt.move_ids,
                {
                    "quantity": 9,
                    "product_uom_qty": 9,
                    "product_id": other.id,
                    "location_dest_id": shelf.id,
                    "date": f"{past} 08:00:00",
                    "state": "assigned",
                    "purchase_line_id": False,
                    "picking_id": False,
                },
            ),
            "receipt": (
                "receiver",
                self.receipt,
                {
                    "date_done": f"{past} 08:00:00",
                    "partner_id": stranger.id,
                    "origin": "P999",
                    "location_dest_id": shelf.id,
                    "state": "draft",
                    "name": "WH/IN/1",
                },
            ),
            "lot": (
                "storekeeper",
                self.lot,
                {"name": "A9", "product_id": other.id},
            ),
            "purchase": (
                "purchaser",
                self.purchase,
                {
                    "date_order": f"{past} 08:00:00",
                    "date_approve": f"{past} 08:00:00",
                    "partner_id": stranger.id,
                    "currency_id": dollar.id,
                    "state": "cancel",
                    "amount_total": 1,
                },
            ),
            "purchase line": (
                "purchaser",
                self.purchase.order_line,
                {
                    "product_qty": 20,
                    "price_unit": 1,
                    "discount": 50,
                    "product_id": other.id,
                    "product_uom_id": dozen.id,
                    "qty_received": 0,
                    "is_downpayment": True,
                },
            ),
            "sale": (
                "seller",
                self.sale,
                {
                    "date_order": f"{past} 08:00:00",
                    "partner_id": stranger.id,
                    "partner_shipping_id": stranger.id,
                    "state": "draft",
                    "pharma_settlement": "cash",
                },
            ),
            "sale line": (
                "seller",
                self.sale.order_line,
                {
                    "product_uom_qty": 20,
                    "price_unit": 1,
                    "discount": 50,
                    "product_id": other.id,
                    "qty_delivered": 0,
                    "invoice_lines": [Command.clear()],
                    "is_downpayment": True,
                },
            ),
            "bill": (
                "finance",
                self.bill,
                {
                    "ref": "FP-2",
                    "date": past,
                    "invoice_date": past,
                    "partner_id": stranger.id,
                    "state": "draft",
                    "name": "BILL/1",
                    "amount_total": 1,
                    "amount_residual": 5,
                    "invoice_currency_rate": 2,
                },
            ),
            "bill line": (
                "finance",
                self.bill.invoice_line_ids,
                {
                    "quantity": 1,
                    "price_unit": 1,
                    "product_id": other.id,
                    "purchase_line_id": False,
                    "pharma_lot_names": "Z9",
                    "display_type": "line_note",
                    "amount_residual": 5,
                },
            ),
            "outgoing payment": (
                "finance",
                self.outgoing,
                {
                    "amount": 1,
                    "date": past,
                    "partner_id": stranger.id,
                    "partner_bank_id": False,
                    "memo": "x",
                    "state": "draft",
                },
            ),
            "incoming payment": (
                "finance",
                self.incoming,
                {"amount": 1, "date": past, "state": "canceled"},
            ),
            "entry of the payment": (
                "finance",
                self.outgoing.move_id,
                {"date": past, "ref": "x", "state": "draft"},
            ),
        }

    def _ask(self, document, wishes, role="receiver", reason="录入错误，附送货单"):
        """A request of one of the staff.

        :param wishes: {(row, field): text typed}
        """
        requests = self._as(role, self.env["pharma.change.request"])
        document = document.with_user(self.users[role])
        return requests._ask(
            document,
            [
                (row.with_user(self.users[role]), name, text)
                for (row, name), text in wishes.items()
            ],
            reason,
        ).with_env(requests.env)
