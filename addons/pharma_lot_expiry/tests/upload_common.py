from datetime import timedelta

from odoo import fields

from .test_trace_code import BOX, TraceCommon, number
from .trace_platform import SECRET, SESSION, TracePlatform


class UploadCommon(TraceCommon):
    """A company with its numbers on the platform, and a platform of our own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bills = cls.env["pharma.trace.bill"]
        cls.gaps = cls.env["pharma.trace.gap"]
        # What the database may have from elsewhere is none of these tests.
        cls.bills.sudo().search([]).state = "cancelled"
        cls.env.flush_all()
        cls.env.cr.execute(
            "UPDATE stock_picking SET date_done = '2000-01-01' WHERE state = 'done'"
        )
        cls.env.invalidate_all()
        cls.company.partner_id.trace_ent_id = "ent-us"
        cls.supplier.trace_ent_id = "ent-supplier"
        cls.hospital.trace_ent_id = "ent-hospital"
        cls.platform = TracePlatform()
        cls.addClassCleanup(cls.platform.stop)
        cls.company.write(
            {
                "trace_ref_ent_id": "ref-us",
                "trace_endpoint": cls.platform.endpoint,
                "trace_app_key": "23456789",
                "trace_app_secret": SECRET,
                "trace_session": SESSION,
            }
        )

    def setUp(self):
        super().setUp()
        self.platform.calls.clear()
        self.platform.script.clear()
        self.platform.numbers.clear()

    def _switch_on(self):
        self._as("it_admin", self.company).trace_upload = True

    def _run_sender(self):
        with self.enter_registry_test_mode():
            self.env.ref("pharma_lot_expiry.ir_cron_trace_send").method_direct_trigger()
        self.env.invalidate_all()

    def _let_time_pass(self, bills):
        bills.sudo().next_try = fields.Datetime.now() - timedelta(minutes=1)

    def _bill_of(self, picking):
        return self.bills.search([("picking_id", "=", picking.id)])

    def _forget(self, *pickings):
        """As if the queue had failed when these were done."""
        self.env.flush_all()
        self.env.cr.execute(
            "DELETE FROM pharma_trace_bill WHERE picking_id IN %s",
            [tuple(picking.id for picking in pickings)],
        )
        self.env.invalidate_all()

    def _receive(self, *serials, quantity=None):
        """A receipt done with these packs scanned, and its bill."""
        serials = serials or (1, 2)
        receipt = self._receipt(quantity=len(serials) if quantity is None else quantity)
        for serial in serials:
            answer = self._scan(receipt, number(BOX, serial))
            self.assertEqual(answer.verdict, "ok", answer)
        self._finish(receipt, "receiver")
        return self._bill_of(receipt)

    def _ready(self, *serials):
        """A bill of a receipt, checked, uploading switched on."""
        bill = self._receive(*serials)
        self._switch_on()
        bill.sudo()._check_bills()
        self.assertEqual(bill.state, "ready", bill.problem_ids.mapped("sentence"))
        return bill
