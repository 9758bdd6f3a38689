"""The main job on twenty real drugs, over HTTP, each step by the least role for it."""

from decimal import Decimal

import pytest

from trade import Trade

DRUGS = 20
SCOPES = "CHEM CPM"
PAID = {"paid", "in_payment"}


@pytest.fixture(scope="module")
def trade(rpc):
    return Trade(rpc)


@pytest.fixture(scope="module")
def drugs(trade):
    """Twenty new products with approved files; ids of their variants."""
    template_ids, product_ids = trade.create_products(trade.plain_drugs(DRUGS))
    dossier_ids = trade.approve_products(template_ids)
    states = trade.reader("pharma.dossier", "read", dossier_ids, ["state"])
    assert {row["state"] for row in states} == {"active"}
    return product_ids


@pytest.fixture(scope="module")
def purchase(trade, drugs):
    """What is ordered: (product, quantity, price), different on every line."""
    return [
        (product_id, 10 + index, round(8.88 + index * 1.37, 2))
        for index, product_id in enumerate(drugs)
    ]


@pytest.fixture(scope="module")
def sale(purchase):
    """Half of it is sold, each at its own price."""
    return [
        (product_id, quantity // 2, round(price * 1.15, 2))
        for product_id, quantity, price in purchase
    ]


def test_a_new_supplier_is_approved_and_paid(trade, purchase):
    supplier, dossier = trade.prepare_partner(
        "supplier", "WHOLESALER", "江南新晟医药有限公司", SCOPES
    )
    assert_walks_through_approval(trade, dossier, "supplier")
    order = trade.purchase(supplier, *purchase)
    trade.rpc("purchaser").button("purchase.order", "button_confirm", order)
    picking = trade.receive(order)
    bill = trade.bill(order)
    trade.post(bill)
    bank = trade.create_bank_account(supplier)
    trade.pay(bill, partner_bank_id=bank)

    assert_lines_agree(trade, "purchase.order.line", order, purchase)
    assert_goods_moved(trade, picking, purchase, "supplier", "internal")
    assert_invoiced(trade, bill, purchase)
    assert_paid(trade, bill)


def test_a_new_buyer_is_approved_and_pays(trade, sale):
    """Runs after the purchase: its goods are what is sold here."""
    buyer, dossier = trade.prepare_partner(
        "buyer", "HOSPITAL", "江夏区新晟人民医院", SCOPES
    )
    assert_walks_through_approval(trade, dossier, "buyer")
    order = trade.sale(buyer, *sale)
    trade.rpc("seller").button("sale.order", "action_confirm", order)
    picking = trade.deliver(order)
    invoice = trade.invoice(order)
    trade.post(invoice)
    trade.pay(invoice)

    assert_lines_agree(trade, "sale.order.line", order, sale)
    assert_goods_moved(trade, picking, sale, "internal", "customer")
    assert_invoiced(trade, invoice, sale)
    assert_paid(trade, invoice)


def test_what_was_not_sold_is_in_stock(trade, purchase, sale):
    sold = {product_id: quantity for product_id, quantity, _price in sale}
    expected = {
        product_id: quantity - sold[product_id]
        for product_id, quantity, _price in purchase
    }
    quants = trade.reader.search_read(
        "stock.quant",
        [("product_id", "in", list(expected)), ("location_id.usage", "=", "internal")],
        "product_id",
        "quantity",
        "lot_id",
    )
    assert {row["product_id"][0]: row["quantity"] for row in quants} == expected
    assert all(row["lot_id"] for row in quants)


def assert_walks_through_approval(trade, dossier_id, kind):
    def state():
        return trade.reader.read("pharma.dossier", dossier_id, "state")

    assert state() == "draft"
    trade.apply(dossier_id, kind)
    assert state() == "review"
    trade.rpc("qa").button("pharma.dossier", "action_approve", dossier_id)
    assert state() == "review"
    trade.rpc("quality_head").button("pharma.dossier", "action_approve", dossier_id)
    assert state() == "active"


def by_product(rows):
    return {row["product_id"][0]: row for row in rows}


def assert_lines_agree(trade, model, order_id, lines):
    """Ordered = moved = invoiced on every line, at the agreed price."""
    ordered, moved = {
        "purchase.order.line": ("product_qty", "qty_received"),
        "sale.order.line": ("product_uom_qty", "qty_delivered"),
    }[model]
    found = by_product(
        trade.reader.search_read(
            model,
            [("order_id", "=", order_id)],
            "product_id",
            ordered,
            moved,
            "qty_invoiced",
            "price_subtotal",
        )
    )
    for product_id, quantity, price in lines:
        line = found.pop(product_id)
        assert line[ordered] == line[moved] == line["qty_invoiced"] == quantity
        assert money(line["price_subtotal"]) == amount(quantity, price)
    assert not found


def assert_goods_moved(trade, picking_id, lines, source, target):
    moves = by_product(
        trade.reader.search_read(
            "stock.move",
            [("picking_id", "=", picking_id)],
            "product_id",
            "quantity",
            "state",
            "location_usage",
            "location_dest_usage",
        )
    )
    for product_id, quantity, _price in lines:
        move = moves.pop(product_id)
        assert (move["state"], move["quantity"]) == ("done", quantity)
        assert (move["location_usage"], move["location_dest_usage"]) == (source, target)
    assert not moves


def assert_invoiced(trade, move_id, lines):
    found = by_product(
        trade.reader.search_read(
            "account.move.line",
            [("move_id", "=", move_id), ("display_type", "=", "product")],
            "product_id",
            "quantity",
            "price_subtotal",
        )
    )
    for product_id, quantity, price in lines:
        line = found.pop(product_id)
        assert line["quantity"] == quantity
        assert money(line["price_subtotal"]) == amount(quantity, price)
    assert not found
    untaxed = trade.reader.read("account.move", move_id, "amount_untaxed")
    assert money(untaxed) == sum(amount(count, price) for _id, count, price in lines)


def assert_paid(trade, move_id):
    """Nothing is left to pay, and a payment of the whole amount is why."""
    move = trade.reader.read(
        "account.move",
        move_id,
        "payment_state",
        "amount_residual",
        "amount_total",
        "matched_payment_ids",
    )
    assert move["payment_state"] in PAID
    assert move["amount_residual"] == 0
    payments = trade.reader(
        "account.payment", "read", move["matched_payment_ids"], ["amount", "state"]
    )
    assert [payment["amount"] for payment in payments] == [move["amount_total"]]
    assert payments[0]["state"] in {"in_process", "paid"}


def money(value):
    return Decimal(str(value)).quantize(Decimal("0.01"))


def amount(quantity, price):
    return money(Decimal(str(price)) * quantity)
