from datetime import timedelta
from unittest.mock import patch

from odoo.fields import Command, Datetime
from odoo.tests import new_test_user

from odoo.addons.pharma_gsp.tests.common import PharmaCommon, PharmaHttpCommon

from ..tools import recall as rules
from .trace_common import TraceWorld


class RecallWorld(TraceWorld):
    """A lot on the shelf that customers got some of, and a recall of it to start."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._put(1000)
        cls.seller = cls.users["seller"]
        cls.clinic = cls._create_customer("江北诊所", "clinic@example.com")

    @classmethod
    def _create_customer(cls, name, email=False, **values):
        return cls.env["res.partner"].create(
            {
                "name": name,
                "is_company": True,
                "email": email,
                "user_id": cls.seller.id,
                **values,
            }
        )

    @classmethod
    def _deliver(cls, partner, quantity, lot=None):
        """A delivery done; the gate has tests of its own."""
        lot = lot or cls.lot
        picking = cls.env["stock.picking"].create(
            {
                "picking_type_id": cls.warehouse.out_type_id.id,
                "partner_id": partner.id,
                "location_id": cls.stock.id,
                "location_dest_id": cls.customer_place.id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": lot.product_id.id,
                            "product_uom": lot.product_id.uom_id.id,
                            "product_uom_qty": quantity,
                            "location_id": cls.stock.id,
                            "location_dest_id": cls.customer_place.id,
                        }
                    )
                ],
            }
        )
        picking.action_confirm()
        picking.move_ids.move_line_ids.unlink()
        picking.move_ids.move_line_ids = [
            Command.create(
                {
                    "product_id": lot.product_id.id,
                    "picking_id": picking.id,
                    "quantity": quantity,
                    "lot_id": lot.id,
                }
            )
        ]
        picking.move_ids.picked = True
        cls.env.flush_all()
        with cls._gate_open():
            picking.with_context(skip_sms=True).button_validate()
        assert picking.state == "done"
        return picking

    @classmethod
    def _recall(cls, role="qa", lots=None, level="1", **values):
        """A recall in draft, its notice just received."""
        return (
            cls.env["pharma.recall"]
            .with_user(cls.users[role])
            .create(
                {
                    "class_id": cls.env.ref(
                        f"pharma_lot_expiry.pharma_recall_class_{level}"
                    ).id,
                    "reason": "Particles found",
                    "lot_ids": [Command.set((lots or cls.lot).ids)],
                    **values,
                }
            )
        )

    @classmethod
    def _started(cls, **values):
        recall = cls._recall(**values)
        recall.action_start()
        return recall

    def _customer(self, recall, partner=None):
        partner = partner or self.clinic
        return recall.sudo().customer_ids.filtered(lambda c: c.partner_id == partner)

    def _mails_leave(self, recall, failure=None):
        """What the mail queue does once a server took, or refused, its mails."""
        mails = self.env["mail.mail"].search(
            [("recall_customer_id", "in", recall.sudo().customer_ids.ids)]
        )
        mails._postprocess_sent_message([], [], failure, failure)
        return mails

    def _answer(self, customer, on_hand=0, used=0, sent_back=0):
        quantities = {"on_hand": on_hand, "used": used, "sent_back": sent_back}
        customer._take_reply(
            {line.id: quantities for line in customer.line_ids}, "", "x"
        )

    def _token(self, customer, days=1):
        """A link of ours, as its mail holds one: only its digest is kept."""
        token = rules.new_token()
        customer.sudo().write(
            {
                "token_hash": rules.token_hash(token),
                "token_expiry": Datetime.now() + timedelta(days=days),
            }
        )
        return token

    @classmethod
    def _portal_user(cls, partner, login):
        contact = cls.env["res.partner"].create(
            {"name": f"Ms Li of {partner.name}", "parent_id": partner.id}
        )
        return new_test_user(
            cls.env,
            login,
            "base.group_portal",
            {"no_reset_password": True},
            partner_id=contact.id,
        )

    def _shipments(self, count):
        """What the trace says when so many customers got the lot."""
        partners = self.env["res.partner"].create(
            [
                {
                    "name": f"Customer {number}",
                    "is_company": True,
                    "email": f"c{number}@example.com",
                }
                for number in range(count)
            ]
        )
        nobody = self.env["stock.picking"]
        rows = [
            {
                "partner": partner,
                "lot": self.lot,
                "product": self.product,
                "shipped": 5.0,
                "returned": 1.0,
                "net": 4.0,
                "first_date": Datetime.now(),
                "last_date": Datetime.now(),
                "pickings": nobody,
            }
            for partner in partners
        ]
        return patch.object(
            type(self.env["pharma.lot.flow"]),
            "_shipped_by_customer",
            lambda flows, lots: rows,
        )


class RecallCommon(RecallWorld, PharmaCommon):
    """Tests of recalls in one transaction."""


class RecallHttpCommon(RecallWorld, PharmaHttpCommon):
    """Tests of recalls through the server's doors."""
