"""Mistakes found in posted records: what QA was asked and answered (CS-20)."""

RECOUNT = "月末盘点发现实收少 1 盒，复核到货照片与随货同行单，确认入库时多点一盒。"
PRICE = "供应商补发的调价函自下单日起生效，附调价函，申请更正采购单价。"
REFUSAL = "随货同行单与原记录一致，证据不足；如批号确有误，请附外包装照片后重新申请。"
LATER = "发票号录入时漏一位，附发票扫描件。"


def load(world):
    receipts = _receipts(world)
    _executed(world, receipts[0])
    _refused(world, receipts[1])
    _stale(world, receipts[2])
    _executed_order(world, receipts[3])
    _waiting(world, receipts[4:6])


def _receipts(world):
    """Receipts of the last months, whose goods are still on the shelf."""
    receipts = world.env["stock.picking"].search(
        [("picking_type_code", "=", "incoming"), ("state", "=", "done")],
        order="date_done desc, id desc",
        limit=40,
    )
    return receipts.filtered("purchase_id.invoice_ids")


def _ask(world, login, document, wishes, reason, days):
    """File a request as one of the staff, ``days`` ago.

    :param wishes: [(row, field, text typed)]
    """
    request = world.model("pharma.change.request", login)._ask(
        world.acting(login, document),
        [(world.acting(login, row), name, text) for row, name, text in wishes],
        reason,
    )
    world.backdate(request, create_date={request.id: world.moment(world.day(-days))})
    return request


def _afternoon(world, days):
    """The answer came in the afternoon of that day: versions can't be dated later."""
    return world.at(world.moment(world.day(-days), 15, 20))


def _less(line):
    return f"{line.quantity - 1:g}"


def _executed(world, receipt):
    line = receipt.move_line_ids[:1]
    request = _ask(
        world, "receiver", receipt, [(line, "quantity", _less(line))], RECOUNT, 6
    )
    with _afternoon(world, 6):
        world.acting("qa", request).action_approve()


def _executed_order(world, receipt):
    line = receipt.purchase_id.order_line[:1]
    price = f"{line.price_unit * 0.98:.2f}"
    request = _ask(
        world,
        "purchaser",
        receipt.purchase_id,
        [(line, "price_unit", price)],
        PRICE,
        12,
    )
    with _afternoon(world, 12):
        world.acting("qa_manager", request).action_approve()


def _refused(world, receipt):
    line = receipt.move_line_ids[:1]
    request = _ask(
        world,
        "keeper",
        receipt,
        [(line, "quantity", _less(line))],
        "养护检查时发现外箱破损，怀疑入库数量有误。",
        9,
    )
    refusal = {"request_id": request.id, "reason": REFUSAL}
    with _afternoon(world, 9):
        world.model("pharma.change.request.refuse", "qa_manager").create(
            refusal
        ).action_refuse()


def _stale(world, receipt):
    """Two people found the same mistake; the second request came too late."""
    line = receipt.move_line_ids[:1]
    wish = [(line, "quantity", _less(line))]
    first = _ask(world, "receiver", receipt, wish, RECOUNT, 4)
    second = _ask(world, "keeper", receipt, wish, RECOUNT, 3)
    with _afternoon(world, 4):
        world.acting("qa", first).action_approve()
    with _afternoon(world, 3):
        world.acting("qa", second).action_approve()


def _waiting(world, receipts):
    line = receipts[0].move_line_ids[-1:]
    lot = world.env["stock.lot"].search(
        [("product_id", "=", line.product_id.id), ("id", "!=", line.lot_id.id)], limit=1
    )
    if lot:
        _ask(
            world,
            "receiver",
            receipts[0],
            [(line, "lot_id", lot.name)],
            "扫码时选错批号，实物与随货同行单批号一致，附照片。",
            1,
        )
    bill = receipts[1].purchase_id.invoice_ids.filtered(lambda m: m.state == "posted")
    if bill:
        _ask(
            world,
            "finance",
            bill[:1],
            [(bill[:1], "ref", f"{bill[:1].ref}8")],
            LATER,
            0,
        )
