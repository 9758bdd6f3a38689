"""Where order, goods, bill and money differ, why, and what was explained and closed."""

from datetime import timedelta

from .documents import Paper, file_papers, verify

OVERRIDE_REASONS = {
    "BILL_LOT": "随货同行单与实物批号一致，发票清单批号系供应商笔误，待换开。",
    "BILL_PRICE": "供应商调价函已收，采购补签价格确认单，先行入账。",
}
SHORT_SUPPLY = "厂家停产，余量不再供货；双方已书面确认终止，见往来函件。"
LATE_BILL = "供应商税控设备更换，发票延后开具，承诺本月内补开。"
OVERDUE = "医院医保回款延迟，已签还款计划，下月结清。"
PAYER = "B041"
RETURNS = ((0, True), (1, False))


def load(world):
    _bill_other_than_received(world)
    _receive_more_than_ordered(world)
    _take_goods_back(world)
    _take_money_of_another(world)
    world.env.flush_all()
    world.env["pharma.four.flow"].invalidate_model()
    world.env["pharma.four.flow"]._cron_close_matched()
    _date_closings(world)
    _explain(world)


def _unbilled(world):
    """Orders received in full that wait for their bill, the oldest first."""
    return world.env["purchase.order"].search(
        [
            ("state", "=", "purchase"),
            ("receipt_status", "=", "full"),
            ("invoice_status", "=", "to invoice"),
            ("invoice_ids", "=", False),
        ],
        order="date_order, id",
    )


def _bill_other_than_received(world):
    """Bills QA let pass: one names another lot, one asks another price."""
    orders = _unbilled(world)
    for order, (code, reason) in zip(orders, OVERRIDE_REASONS.items(), strict=False):
        order = world.acting("finance", order)
        order.action_create_invoice()
        bill = order.invoice_ids
        bill.write(
            {
                "invoice_date": world.day(-3),
                "ref": f"2642000000{order.id:010d}",
            }
        )
        line = bill.invoice_line_ids[0]
        if code == "BILL_LOT":
            line.pharma_lot_names = f"{line.pharma_lot_names[:-1]}X"
        else:
            line.price_unit = round(line.price_unit * 1.03, 2)
        _override(world, bill, reason)
        bill.action_post()


def _override(world, bill, reason):
    for finding in bill._gate_findings("vendor_bill"):
        code, model, target, cure_model, cure = finding.key
        override = world.model("pharma.gate.override", "finance").create(
            {
                "check_id": world.env.ref(
                    f"pharma_gsp.pharma_gate_check_{code.lower()}"
                ).id,
                "target_model": model,
                "target_id": target,
                "cure_model": cure_model,
                "cure_id": cure,
                "sentence": finding.sentence,
                "reason": reason,
            }
        )
        world.acting("qa", override).action_grant()


def _receive_more_than_ordered(world):
    """The supplier sent a carton more than ordered; nobody has decided on it yet."""
    orders = world.env["purchase.order"].search(
        [
            ("state", "=", "purchase"),
            ("receipt_status", "=", "full"),
            ("invoice_status", "=", "to invoice"),
            ("invoice_ids", "=", False),
        ],
        order="date_order desc, id",
        limit=1,
    )
    move = orders.picking_ids.move_ids[:1]
    extra = move.copy({"product_uom_qty": 5, "picking_id": False, "state": "draft"})
    extra._action_confirm(merge=False)
    extra.quantity = 5
    extra.move_line_ids.lot_id = move.move_line_ids.lot_id[:1]
    extra.picked = True
    world.acting("receiver", extra)._action_done()
    world.backdate(extra, date={extra.id: move.date})


def _take_goods_back(world):
    """Two buyers sent goods back after paying: one is credited, one not yet."""
    invoices = world.env["account.move"].search(
        [
            ("move_type", "=", "out_invoice"),
            ("state", "=", "posted"),
            ("payment_state", "in", ("paid", "in_payment")),
            ("invoice_date", ">=", world.day(-60)),
        ],
        order="invoice_date desc, id",
        limit=len(RETURNS),
    )
    for index, is_credited in RETURNS:
        invoice = invoices[index]
        order = invoice.invoice_line_ids.sale_line_ids.order_id
        picking = order.picking_ids[:1]
        wizard = (
            world.env["stock.return.picking"]
            .with_context(active_id=picking.id, active_model="stock.picking")
            .create({})
        )
        wizard.product_return_moves[0].write({"quantity": 1, "to_refund": True})
        (wizard.product_return_moves[1:]).unlink()
        back = wizard._create_return()
        back.move_ids.write({"quantity": 1, "picked": True})
        world.acting("receiver", back).button_validate()
        if is_credited:
            _credit(world, invoice, back.move_ids.sale_line_id)


def _credit(world, invoice, sale_line):
    note = world.acting("finance", invoice)._reverse_moves(
        [{"invoice_date": world.today, "ref": "退货红字发票"}]
    )
    lines = note.invoice_line_ids
    kept = lines.filtered(lambda line: sale_line in line.sale_line_ids)
    (lines - kept).unlink()
    kept.quantity = 1
    note.action_post()


def _take_money_of_another(world):
    """A chain paid for a pharmacy by an agreement whose seal proved to be false."""
    invoice = world.env["account.move"].search(
        [
            ("move_type", "=", "out_invoice"),
            ("state", "=", "posted"),
            ("payment_state", "=", "not_paid"),
            ("partner_id", "!=", world.partners[PAYER].id),
        ],
        order="invoice_date, id",
        limit=1,
    )
    paper = Paper(
        "THIRD_PARTY_PAYMENT",
        invoice.commercial_partner_id,
        number=f"DF-{invoice.id}",
        issue=world.day(-150),
        end=world.day(200),
        values=(("related_partner_id", world.partners[PAYER].id),),
    )
    agreement = file_papers(world, "seller", [paper])
    verify(world, agreement, days_ago=140)
    payment = world.model("account.payment", "finance").create(
        {
            "payment_type": "inbound",
            "partner_type": "customer",
            "partner_id": invoice.commercial_partner_id.id,
            "pharma_payer_id": world.partners[PAYER].id,
            "amount": invoice.amount_residual,
            "date": world.day(-5),
        }
    )
    payment.action_post()
    lines = (payment.move_id | invoice).line_ids
    lines.filtered(lambda line: line.account_type == "asset_receivable").reconcile()
    # What of the payment is computed late must pass the gate while all was well.
    world.env.flush_all()
    world.acting("qa", agreement).void("第三方付款协议印章与备案样章不符，作废。")


def _date_closings(world):
    """The nights closed each order soon after its money had moved."""
    for model in ("purchase.order", "sale.order"):
        orders = world.env[model].search([("pharma_flow_closed", "=", True)])
        days = {
            order.id: world.moment(
                min(order.date_order.date() + timedelta(days=40), world.today), 0, 30
            )
            for order in orders
        }
        world.backdate(orders, pharma_flow_closed_date=days)


def _explain(world):
    """Gaps that stay: granted and closed, waiting for a decision, refused."""
    closed = _ask(world, "seller", "PAYMENT_MISSING", OVERDUE, 0)
    granted = closed | _ask(world, "purchaser", "GOODS_MISSING", SHORT_SUPPLY, 0)
    world.acting("qa", granted).action_grant()
    world.acting("finance", closed.sale_id).action_pharma_close()
    refused = _ask(world, "purchaser", "INVOICE_MISSING", LATE_BILL, 0)
    world.acting("finance", refused).action_refuse()
    _ask(world, "seller", "PAYMENT_MISSING", OVERDUE, 1)


def _ask(world, login, code, reason, index):
    """Explanations of all lines of an order that has gaps of this kind only."""
    field = "sale_line_id" if login == "seller" else "purchase_line_id"
    flows = world.env["pharma.four.flow"].sudo()
    flows.invalidate_model()
    wanted = [("gap_codes", "=", code), (field, "!=", False)]
    orders = {}
    for flow in flows.search(wanted, order="since desc, id"):
        orders.setdefault(flow.purchase_id or flow.sale_id, []).append(flow)
    alike = [
        found
        for order, found in orders.items()
        if len(found) == len(flows._of_orders(order))
    ] or list(orders.values())
    kind = world.env["pharma.flow.code"].search([("code", "=", code)])
    return world.model("pharma.flow.explanation", login).create(
        [
            {field: flow[field].id, "code_id": kind.id, "reason": reason}
            for flow in alike[min(index, len(alike) - 1)]
        ]
    )
