"""One table of four-flow cases, judged by the pure tool and by the board's SQL.

Every case is one line ordered as 10 at 5.00, promised for 2 March, seen on 20 March
2026, where nothing else is said. No Odoo is imported here: the unit tests read it too.
"""

from datetime import date, timedelta
from random import Random

from odoo.addons.pharma_gsp.tools.four_flow import OWNERS, Facts


def march(day):
    return date(2026, 3, day)


TODAY = march(20)
# What "received", "invoiced" and "paid" mean when all went well.
MOVED = {"moved": 10}
INVOICED = {
    "invoiced": 10,
    "invoiced_untaxed": 50,
    "invoiced_total": 56.5,
    "invoice_lines": 1,
    "invoiced_on": march(5),
    "due_on": march(19),
}
PAID = {"paid": 56.5, "paid_on": march(19)}
HALF = {"invoiced": 5, "invoiced_untaxed": 25, "invoiced_total": 28.25}
DOLLARS = {"rate": 0.14}

# Name, facts, today, status and the gaps as (code, owner, since, quantity, amount).
CASES = [
    ("nothing happened before the promised day ends", {}, march(2), "waiting", []),
    (
        "nothing came the day after it was promised",
        {},
        march(3),
        "gap",
        [("GOODS_MISSING", "purchase", march(3), 10, 50)],
    ),
    (
        "the warehouse owes what wasn't delivered",
        {"side": "sale"},
        march(3),
        "gap",
        [("GOODS_MISSING", "warehouse", march(3), 10, 50)],
    ),
    ("all four agree", MOVED | INVOICED | PAID, TODAY, "matched", []),
    (
        "half came and was invoiced and paid",
        {"moved": 5} | INVOICED | HALF | {"paid": 28.25, "paid_on": march(9)},
        TODAY,
        "gap",
        [("GOODS_MISSING", "purchase", march(3), 5, 25)],
    ),
    (
        "goods came, the invoice may come on the seventh day",
        MOVED | {"uninvoiced_since": march(13)},
        TODAY,
        "waiting",
        [],
    ),
    (
        "goods came, the invoice is a day late",
        MOVED | {"uninvoiced_since": march(12)},
        TODAY,
        "gap",
        [("INVOICE_MISSING", "purchase", march(20), 10, 50)],
    ),
    (
        "half of what came is invoiced",
        MOVED
        | INVOICED
        | HALF
        | PAID
        | {"paid": 28.25}
        | {"uninvoiced_since": march(2)},
        TODAY,
        "gap",
        [("INVOICE_MISSING", "purchase", march(10), 5, 25)],
    ),
    (
        "we don't invoice what we delivered",
        MOVED | {"side": "sale", "uninvoiced_since": march(2)},
        TODAY,
        "gap",
        [("INVOICE_MISSING", "finance", march(10), 10, 50)],
    ),
    (
        "more came than was ordered",
        {"moved": 12, "overmoved_since": march(4), "uninvoiced_since": march(16)}
        | INVOICED
        | PAID,
        TODAY,
        "gap",
        [("GOODS_OVER", "warehouse", march(4), 2, 10)],
    ),
    (
        "more was invoiced than ordered and received",
        MOVED
        | INVOICED
        | {"invoiced": 12, "invoiced_untaxed": 60, "invoiced_total": 67.8}
        | {"overinvoiced_since": march(5), "paid": 67.8, "paid_on": march(19)},
        TODAY,
        "gap",
        [
            ("INVOICE_OVER", "finance", march(5), 2, 10),
            ("PAYMENT_OVER", "finance", march(19), 0, 11.3),
        ],
    ),
    (
        "invoiced before the goods, which are promised still",
        INVOICED | {"overinvoiced_since": march(1), "promised": march(20)},
        TODAY,
        "gap",
        [("PAYMENT_MISSING", "finance", march(20), 0, 56.5)],
    ),
    (
        "prepaid, the goods are promised still",
        INVOICED | PAID | {"overinvoiced_since": march(1), "promised": march(20)},
        TODAY,
        "waiting",
        [],
    ),
    (
        "prepaid, and the goods never came",
        INVOICED | PAID | {"overinvoiced_since": march(1)},
        TODAY,
        "gap",
        [
            ("GOODS_MISSING", "purchase", march(3), 10, 50),
            ("INVOICE_OVER", "finance", march(3), 10, 50),
            ("PAYMENT_OVER", "finance", march(19), 0, 56.5),
        ],
    ),
    (
        "returned for good after the invoice, no credit note yet",
        {"moved": 8, "returned": 2, "overinvoiced_since": march(12)} | INVOICED | PAID,
        TODAY,
        "gap",
        [
            ("INVOICE_OVER", "finance", march(12), 2, 10),
            ("PAYMENT_OVER", "finance", march(19), 0, 11.3),
        ],
    ),
    (
        "returned for good, credited and the money back",
        {"moved": 8, "returned": 2, "invoice_lines": 2}
        | INVOICED
        | {"invoiced": 8, "invoiced_untaxed": 40, "invoiced_total": 45.2}
        | {"paid": 45.2, "paid_on": march(19)},
        TODAY,
        "matched",
        [],
    ),
    (
        "credited, the money not back yet",
        {"moved": 8, "returned": 2}
        | INVOICED
        | {"invoiced": 8, "invoiced_untaxed": 40, "invoiced_total": 45.2}
        | PAID
        | {"invoiced_on": march(20)},
        TODAY,
        "gap",
        [("PAYMENT_OVER", "finance", march(20), 0, 11.3)],
    ),
    (
        "returned to be exchanged: the goods are awaited again",
        {"moved": 8, "overinvoiced_since": march(12)} | INVOICED | PAID,
        TODAY,
        "gap",
        [
            ("GOODS_MISSING", "purchase", march(3), 2, 10),
            ("INVOICE_OVER", "finance", march(12), 2, 10),
            ("PAYMENT_OVER", "finance", march(19), 0, 11.3),
        ],
    ),
    (
        "a cent off for each of two bills is rounding",
        MOVED | INVOICED | PAID | {"invoiced_untaxed": 50.02, "invoice_lines": 2},
        TODAY,
        "matched",
        [],
    ),
    (
        "two cents off on one bill is a price",
        MOVED | INVOICED | PAID | {"invoiced_untaxed": 50.02},
        TODAY,
        "gap",
        [("PRICE_DIFF", "purchase", march(5), 0, 0.02)],
    ),
    (
        "a lower price than ordered is a difference too",
        MOVED | INVOICED | PAID | {"invoiced_untaxed": 40},
        TODAY,
        "gap",
        [("PRICE_DIFF", "purchase", march(5), 0, 10)],
    ),
    (
        "ordered in dollars, billed in yuan, rounded on the way",
        MOVED
        | INVOICED
        | DOLLARS
        | {"invoiced_untaxed": 50.0001}
        | {"invoiced_total": 403.57, "paid": 403.57, "paid_on": march(19)},
        TODAY,
        "matched",
        [],
    ),
    (
        "what is at stake is told in yuan",
        DOLLARS | {"unit_price": 7},
        TODAY,
        "gap",
        [("GOODS_MISSING", "purchase", march(3), 10, 500)],
    ),
    (
        "other lots on the bill than came",
        MOVED
        | INVOICED
        | PAID
        | {"lots_moved": frozenset("AB"), "lots_invoiced": frozenset("AC")},
        TODAY,
        "gap",
        [("LOT_DIFF", "warehouse", march(5), 0, 50)],
    ),
    (
        "a bill that names some of the lots",
        MOVED
        | INVOICED
        | PAID
        | {"lots_moved": frozenset("AB"), "lots_invoiced": frozenset("A")},
        TODAY,
        "matched",
        [],
    ),
    (
        "a lot on the bill may come until the promised day",
        INVOICED
        | PAID
        | {"overinvoiced_since": march(5), "promised": march(20)}
        | {"lots_invoiced": frozenset("A")},
        TODAY,
        "waiting",
        [],
    ),
    ("due today is not overdue", MOVED | INVOICED, march(19), "waiting", []),
    (
        "we didn't pay the day after it was due",
        MOVED | INVOICED,
        TODAY,
        "gap",
        [("PAYMENT_MISSING", "finance", TODAY, 0, 56.5)],
    ),
    (
        "the buyer paid half",
        MOVED | INVOICED | {"side": "sale", "paid": 28.25, "paid_on": march(19)},
        TODAY,
        "gap",
        [("PAYMENT_MISSING", "sales", TODAY, 0, 28.25)],
    ),
    (
        "somebody else paid",
        MOVED | INVOICED | PAID | {"wrong_payer_since": march(19), "side": "sale"},
        TODAY,
        "gap",
        [("WRONG_PAYER", "finance", march(19), 0, 56.5)],
    ),
    (
        "a free line needs no invoice",
        MOVED | {"unit_price": 0, "uninvoiced_since": march(2)},
        TODAY,
        "matched",
        [],
    ),
    (
        "a free line that is billed all the same",
        MOVED | INVOICED | PAID | {"unit_price": 0},
        TODAY,
        "gap",
        [("PRICE_DIFF", "purchase", march(5), 0, 50)],
    ),
    (
        "delivered on an order that was cancelled",
        MOVED
        | INVOICED
        | PAID
        | {"side": "sale", "is_cancelled": True, "overmoved_since": march(4)},
        TODAY,
        "gap",
        [("GOODS_OVER", "warehouse", march(4), 10, 50)],
    ),
    (
        "a third in another unit is whole again",
        MOVED | INVOICED | PAID | {"moved": 9.9999999999, "invoiced": 10.0000000001},
        TODAY,
        "matched",
        [],
    ),
    (
        "an explained gap of this size",
        {"moved": 6, "explained": {"GOODS_MISSING": (4, 20)}}
        | INVOICED
        | {"invoiced": 6, "invoiced_untaxed": 30, "invoiced_total": 33.9}
        | {"paid": 33.9, "paid_on": march(19)},
        TODAY,
        "explained",
        [],
    ),
    (
        "an explained gap that grew shows again",
        {"moved": 5, "explained": {"GOODS_MISSING": (4, 20)}}
        | INVOICED
        | HALF
        | {"paid": 28.25, "paid_on": march(19)},
        TODAY,
        "gap",
        [("GOODS_MISSING", "purchase", march(3), 5, 25)],
    ),
    (
        "an explanation of one gap hides no other",
        {"explained": {"INVOICE_MISSING": (99, 999)}},
        TODAY,
        "gap",
        [("GOODS_MISSING", "purchase", march(3), 10, 50)],
    ),
]


def facts(values):
    return Facts(
        **{
            "side": "purchase",
            "promised": march(2),
            "ordered": 10,
            "unit_price": 5,
            **values,
        }
    )


def random_facts(count, seed=30):
    """Lines nobody would think of, to hold the two judges together."""
    dice = Random(seed)

    def day():
        return march(1) + timedelta(days=dice.randrange(40))

    def pieces():
        return dice.choice((0, 0, 5, 10, 10, 10, 12, dice.randrange(20), -2, 3.25))

    def cents():
        return round(dice.choice((0, 50, 56.5, dice.uniform(-10, 90))), 2)

    for _number in range(count):
        lots = [frozenset(dice.sample("ABC", dice.randrange(3))) for _ in range(2)]
        yield facts(
            {
                "side": dice.choice(("purchase", "sale")),
                "promised": day(),
                "ordered": pieces(),
                "moved": pieces(),
                "returned": dice.choice((0, 0, 2)),
                "invoiced": pieces(),
                "unit_price": dice.choice((0, 5, 5, 5.1, 33.33)),
                "rate": dice.choice((1, 1, 0.14)),
                "invoiced_untaxed": cents(),
                "invoice_lines": dice.randrange(4),
                "invoiced_total": cents(),
                "paid": cents(),
                "is_cancelled": dice.random() < 0.1,
                "overmoved_since": day(),
                "uninvoiced_since": day(),
                "overinvoiced_since": day(),
                "invoiced_on": day(),
                "due_on": day(),
                "paid_on": day(),
                "wrong_payer_since": dice.choice((None, None, None, day())),
                "lots_moved": lots[0],
                "lots_invoiced": lots[1],
                "explained": {
                    code: (pieces(), abs(cents()))
                    for code in dice.sample([*OWNERS], dice.randrange(4))
                },
            }
        )
