"""Bills to the national trace platform: accepted, refused, held back, and the gaps."""

from datetime import timedelta

from odoo.addons.pharma_lot_expiry.tools.trace_bill import Problem

OWN_NUMBERS = {
    "trace_ref_ent_id": "320000000000127971",
    "trace_ent_id": "5069452c34b94a778abaa26c2b40b305",
}
# Whose number on the platform we know; without it a bill is held.
PARTNER_NUMBERS = {
    "S08": "d5f5f05c6af04e52ba7894d9bbf8e757",
    "B001": "0f3c1a7e5b2d4896a1c8e7f60d9b4a35",
    "B017": "7be2d94c810f4a6db35c2e1f9a806d47",
    "B042": "3aa86f0e27d14b59c64d8b7e1f2095ca",
    "B043": "91c4e7b26d3f4058ae1b9c7d50f2638e",
    "B035": "c27d5a9e41b84f06938e6fd0a1c7b254",
}
STARTED = -10
BEFORE = "追溯码上传自上线日起启用，此前业务已在旧系统上报，不重复上传。"
REFUSAL = "追溯码重复出库"
EXPLAINED = "另一中包外箱条码破损无法扫描，已拍照留存并电话告知客户。"


def load(world):
    _know_numbers(world)
    bills = world.env["pharma.trace.bill"].search([("state", "=", "waiting")])
    world.backdate(bills, date={b.id: b.picking_id.date_done for b in bills})
    start = world.moment(world.day(STARTED), 0)
    before = bills.filtered(lambda bill: bill.date < start)
    world.acting("qa", before).cancel(BEFORE)
    (bills - before)._check_bills()
    _answer(world, (bills - before).filtered(lambda bill: bill.state == "ready"))


def _know_numbers(world):
    company = world.acting("admin", world.company)
    company.write({**OWN_NUMBERS, "trace_since": world.day(STARTED)})
    for code, ent_id in PARTNER_NUMBERS.items():
        world.partners[code].trace_ent_id = ent_id


def _answer(world, ready):
    """As the platform would have answered: uploading stays off in a demo."""
    ready = ready.sorted("date")
    fates = ("accepted", "rejected", "accepted", "failed", "sent", "ready")
    for number, (bill, fate) in enumerate(zip(ready, fates, strict=False), 1):
        if fate == "ready":
            break
        _hand_in(world, bill, number)
        if fate == "rejected":
            _refuse(world, bill)
        elif fate == "failed":
            _give_up(world, bill)
        elif fate == "accepted":
            _accept(world, bill)
    accepted = ready.filtered(lambda bill: bill.state == "accepted")
    short = accepted.filtered(lambda bill: bill.pack_count != _moved(bill))
    if short:
        world.acting("qa", short).explain(EXPLAINED)


def _moved(bill):
    return sum(bill.picking_id.move_line_ids.mapped("quantity_product_uom"))


def _hand_in(world, bill, number):
    receipt = f"MSFX{world.today:%y%m%d}{number:06d}"
    bill.write(
        {
            "state": "sent",
            "attempts": 1,
            "next_try": False,
            "sent_date": bill.date + timedelta(minutes=10),
            "receipt": receipt,
        }
    )
    _note_call(world, bill, "upload", "received", "接收成功", receipt)


def _note_call(world, bill, operation, outcome, message, answer, status=200):
    world.env["pharma.trace.bill.try"].create(
        {
            "bill_id": bill.id,
            "company_id": bill.company_id.id,
            "date": bill.date + timedelta(minutes=10 if operation == "upload" else 25),
            "operation": operation,
            "number": bill.name,
            "outcome": outcome,
            "status": status,
            "message": message,
            "milliseconds": 180 + bill.id % 90,
            "request": f"演示数据，未向平台发送。单据号 {bill.name}",
            "answer": answer,
        }
    )


def _accept(world, bill):
    _note_call(world, bill, "query", "accepted", "处理成功", bill.receipt)
    bill.write(
        {
            "state": "accepted",
            "closed_date": bill.date + timedelta(minutes=25),
            "answer_message": "处理成功",
        }
    )


def _refuse(world, bill):
    _note_call(world, bill, "query", "rejected", REFUSAL, bill.receipt)
    code = bill.codes.split("\n")[0]
    bill._note_problems([Problem("duplicate", (code,))], "platform")
    bill.write(
        {
            "state": "rejected",
            "closed_date": bill.date + timedelta(minutes=25),
            "answer_message": REFUSAL,
        }
    )


def _give_up(world, bill):
    message = "平台 8 次均未应答"
    _note_call(world, bill, "query", "retry", message, "", status=504)
    bill.write(
        {
            "state": "failed",
            "attempts": 8,
            "closed_date": bill.date + timedelta(hours=20),
            "answer_message": message,
        }
    )
