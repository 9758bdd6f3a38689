import json
from dataclasses import asdict

from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL

from odoo.addons.pharma_gsp.models.pharma_four_flow_sql import verdict
from odoo.addons.pharma_gsp.tools.four_flow import (
    EPSILON,
    OWNERS,
    Tolerances,
    judge,
)

from . import four_flow_cases as cases

COLUMNS = {
    "id": "integer",
    "side": "text",
    "is_cancelled": "boolean",
    "lots_moved": "text",
    "lots_invoiced": "text",
    "explained": "jsonb",
    "invoice_lines": "integer",
    "invoice_days": "integer",
    **dict.fromkeys(
        (
            "promised",
            "overmoved_since",
            "uninvoiced_since",
            "overinvoiced_since",
            "invoiced_on",
            "due_on",
            "paid_on",
            "wrong_payer_since",
        ),
        "date",
    ),
    **dict.fromkeys(
        (
            "ordered",
            "moved",
            "returned",
            "invoiced",
            "unit_price",
            "rate",
            "invoiced_untaxed",
            "invoiced_total",
            "paid",
            "quantity_tolerance",
            "amount_tolerance",
        ),
        "numeric",
    ),
}


@tagged("post_install", "-at_install")
class TestFourFlowSql(TransactionCase):
    """The board's SQL judges as the pure rules do (CS-30 … CS-33)."""

    def _row(self, number, facts, tolerances):
        return {
            **asdict(facts),
            "id": number,
            "explained": facts.explained,
            "lots_moved": ", ".join(sorted(facts.lots_moved)) or None,
            "lots_invoiced": ", ".join(sorted(facts.lots_invoiced)) or None,
            "quantity_tolerance": tolerances.quantity,
            "amount_tolerance": tolerances.amount,
            "invoice_days": tolerances.invoice_days,
        }

    def _judge_in_sql(self, lines, today, tolerances):
        rows = [self._row(i, facts, tolerances) for i, facts in enumerate(lines)]
        relation = SQL(
            "(SELECT * FROM jsonb_to_recordset(%s::jsonb) AS given (%s))",
            json.dumps(rows, default=str),
            SQL(", ").join(
                SQL("%s %s", SQL.identifier(name), SQL(kind))
                for name, kind in COLUMNS.items()
            ),
        )
        self.env.cr.execute(SQL("%s ORDER BY id", verdict(relation, today)))
        return self.env.cr.dictfetchall()

    def _assert_agree(self, lines, today, tolerances=None):
        tolerances = tolerances or Tolerances()
        found = self._judge_in_sql(lines, today, tolerances)
        self.assertEqual(len(found), len(lines))
        for facts, row in zip(lines, found, strict=True):
            with self.subTest(facts=facts):
                expected = judge(facts, today, tolerances)
                gaps = expected.gaps
                self.assertEqual(row["status"], expected.status)
                self.assertEqual(row["gap_count"], len(gaps))
                self.assertEqual(
                    row["gap_codes"], ",".join(g.code for g in gaps) or None
                )
                self.assertEqual(
                    row["explained_codes"],
                    ",".join(g.code for g in expected.explained) or None,
                )
                self.assertEqual(row["owner"], gaps[0].owner if gaps else None)
                self.assertEqual(
                    set((row["owners"] or "").split(",")) - {""},
                    {g.owner for g in gaps},
                )
                self.assertEqual(
                    row["since"], min((g.since for g in gaps), default=None)
                )
                self.assertAlmostEqual(
                    float(row["amount"]),
                    max((g.amount for g in gaps), default=0),
                    delta=EPSILON,
                )

    def test_every_case_of_the_table(self):
        for today in {case[2] for case in cases.CASES}:
            lines = [cases.facts(c[1]) for c in cases.CASES if c[2] == today]
            self._assert_agree(lines, today)

    def test_a_thousand_random_lines(self):
        lines = list(cases.random_facts(1000))
        self._assert_agree(lines, cases.TODAY)
        verdicts = [judge(facts, cases.TODAY, Tolerances()) for facts in lines]
        codes = {gap.code for verdict in verdicts for gap in verdict.gaps}
        self.assertEqual(codes, set(OWNERS), "the dice leave out a kind of gap")
        self.assertTrue(any(verdict.explained for verdict in verdicts))
        self.assertLess({"gap", "waiting"}, {v.status for v in verdicts} | {"any"})

    def test_random_lines_of_a_tolerant_company(self):
        self._assert_agree(
            list(cases.random_facts(300, seed=31)),
            cases.TODAY,
            Tolerances(quantity=2, amount=1, invoice_days=0),
        )
