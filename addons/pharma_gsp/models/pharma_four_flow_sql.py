"""The four flows in SQL: where the facts of an order line lie, and what they mean.

``facts`` gathers what ``tools.four_flow.Facts`` holds, one row per order line;
``verdict`` is ``tools.four_flow.judge`` for many lines at once. The tool is the
reference: ``tests/test_four_flow_sql.py`` lets both judge the same lines.
"""

from odoo.tools import SQL

from ..tools.four_flow import EPSILON, OWNERS


def _china_day(moment):
    return SQL("(%s AT TIME ZONE 'UTC' AT TIME ZONE 'Asia/Shanghai')::date", moment)


# What differs between buying and selling; everything else is told once, in ``facts``.
SIDES = {
    "purchase": {
        "side": SQL("'purchase'"),
        "id": SQL("line.id * 2"),
        "purchase_line_id": SQL("line.id"),
        "sale_line_id": SQL("NULL::integer"),
        "purchase_id": SQL("trade.id"),
        "sale_id": SQL("NULL::integer"),
        "line_table": SQL("purchase_order_line"),
        "order_table": SQL("purchase_order"),
        "ordered": SQL("line.product_qty"),
        "promised": _china_day(SQL("COALESCE(line.date_planned, trade.date_order)")),
        "touched": SQL("(line.qty_received <> 0 OR line.qty_invoiced <> 0)"),
        "entries": SQL("account_move_line entry"),
        "of_line": SQL("entry.purchase_line_id = line.id"),
        "explanation": SQL("note.purchase_line_id = line.id"),
        "moves": SQL("move.purchase_line_id = line.id"),
        "coming": SQL("origin"),
        "leaving": SQL("target"),
        "usage": SQL("'supplier'"),
        # Paid to somebody else's account is paid to somebody else (CS-30, CS-33).
        "payer": SQL("COALESCE(bank.partner_id, payment.partner_id, money.partner_id)"),
        "agreed": SQL("FALSE"),
    },
    "sale": {
        "side": SQL("'sale'"),
        "id": SQL("line.id * 2 + 1"),
        "purchase_line_id": SQL("NULL::integer"),
        "sale_line_id": SQL("line.id"),
        "purchase_id": SQL("NULL::integer"),
        "sale_id": SQL("trade.id"),
        "line_table": SQL("sale_order_line"),
        "order_table": SQL("sale_order"),
        "ordered": SQL("line.product_uom_qty"),
        "promised": _china_day(
            SQL(
                "COALESCE(trade.commitment_date, trade.date_order"
                " + COALESCE(line.customer_lead, 0) * interval '1 day')"
            )
        ),
        "touched": SQL("(line.qty_delivered <> 0 OR line.qty_invoiced <> 0)"),
        "entries": SQL(
            "sale_order_line_invoice_rel rel"
            " JOIN account_move_line entry ON entry.id = rel.invoice_line_id"
        ),
        "of_line": SQL("rel.order_line_id = line.id"),
        "explanation": SQL("note.sale_line_id = line.id"),
        "moves": SQL("move.sale_line_id = line.id"),
        "coming": SQL("target"),
        "leaving": SQL("origin"),
        "usage": SQL("'customer'"),
        "payer": SQL(
            "COALESCE(payment.pharma_payer_id, payment.partner_id, money.partner_id)"
        ),
        # An agreement renewed since was in force when the money came (CS-32).
        "agreed": SQL(
            """EXISTS (
                SELECT FROM pharma_document agreement
                 WHERE agreement.state IN ('verified', 'superseded')
                   AND agreement.partner_id = invoice.commercial_partner_id
                   AND agreement.related_partner_id = payer.commercial_partner_id
                   AND (agreement.company_id IS NULL
                        OR agreement.company_id = invoice.company_id)
                   AND (agreement.expiry_date IS NULL
                        OR agreement.expiry_date >= money.day)
            )"""
        ),
    },
}


def facts(side):
    """One row per order line of goods on confirmed orders of one side.

    Lines of cancelled orders count once something was moved or invoiced on them.
    Sections, notes, services and down payments are none of the four flows.
    """
    parts = SIDES[side]
    return SQL(
        """
        SELECT %(id)s AS id,
               %(side)s AS side,
               %(purchase_line_id)s AS purchase_line_id,
               %(sale_line_id)s AS sale_line_id,
               %(purchase_id)s AS purchase_id,
               %(sale_id)s AS sale_id,
               trade.name AS order_name,
               trade.date_order,
               trade.user_id,
               trade.company_id,
               company.currency_id,
               partner.commercial_partner_id AS partner_id,
               line.product_id,
               line.product_uom_id AS uom_id,
               template.pharma_controlled AS is_controlled,
               trade.pharma_flow_closed AS is_closed,
               trade.state = 'cancel' AS is_cancelled,
               %(promised)s AS promised,
               %(ordered)s AS ordered,
               COALESCE(goods.moved, 0) AS moved,
               COALESCE(goods.returned, 0) AS returned,
               COALESCE(bill.invoiced, 0) AS invoiced,
               price.unit_price,
               rate.rate,
               COALESCE(bill.invoiced_untaxed, 0) AS invoiced_untaxed,
               COALESCE(bill.invoice_lines, 0) AS invoice_lines,
               COALESCE(bill.invoiced_total, 0) AS invoiced_total,
               COALESCE(bill.paid, 0) AS paid,
               goods.moved_on,
               bill.invoiced_on,
               bill.due_on,
               COALESCE(
                   money.paid_on, CASE WHEN bill.paid <> 0 THEN bill.invoiced_on END
               ) AS paid_on,
               money.wrong_payer_since,
               CASE WHEN COALESCE(goods.moved, 0) > %(wanted)s THEN COALESCE((
                   SELECT min(day) FROM (
                       SELECT day, sum(quantity) OVER (ORDER BY day) AS total
                         FROM unnest(goods.days, goods.quantities) t (day, quantity)
                   ) run WHERE total > %(wanted)s + %(epsilon)s
               ), %(promised)s + 1) END AS overmoved_since,
               CASE WHEN COALESCE(goods.moved, 0) > COALESCE(bill.invoiced, 0)
               THEN GREATEST((
                   SELECT min(day) FROM (
                       SELECT day, sum(quantity) OVER (ORDER BY day) AS total
                         FROM unnest(goods.days, goods.quantities) t (day, quantity)
                   ) run WHERE total > COALESCE(bill.invoiced, 0) + %(epsilon)s
               ), bill.credited_on) END AS uninvoiced_since,
               CASE WHEN COALESCE(bill.invoiced, 0) > COALESCE(goods.moved, 0)
               THEN GREATEST((
                   SELECT min(day) FROM (
                       SELECT day, sum(quantity) OVER (ORDER BY day) AS total
                         FROM unnest(bill.days, bill.quantities) t (day, quantity)
                   ) run WHERE total > COALESCE(goods.moved, 0) + %(epsilon)s
               ), goods.returned_on) END AS overinvoiced_since,
               CASE WHEN bill.lots IS NOT NULL THEN array_to_string(
                   regexp_split_to_array(trim(bill.lots), %(separators)s), ', '
               ) END AS lots_invoiced,
               CASE WHEN bill.lots IS NOT NULL THEN (
                   SELECT string_agg(DISTINCT upper(
                              regexp_replace(lot.name, %(separators)s, ', ', 'g')
                          ), ', ')
                     FROM stock_move move
                     JOIN stock_move_line detail ON detail.move_id = move.id
                     JOIN stock_lot lot ON lot.id = detail.lot_id
                    WHERE %(moves)s AND move.state = 'done' AND detail.quantity > 0
               ) END AS lots_moved,
               note.explained,
               company.pharma_flow_quantity_tolerance AS quantity_tolerance,
               company.pharma_flow_amount_tolerance AS amount_tolerance,
               company.pharma_flow_invoice_days AS invoice_days
          FROM %(line_table)s line
          JOIN %(order_table)s trade ON trade.id = line.order_id
          JOIN res_company company ON company.id = trade.company_id
          JOIN res_partner partner ON partner.id = trade.partner_id
          JOIN product_product product ON product.id = line.product_id
          JOIN product_template template ON template.id = product.product_tmpl_id
          JOIN uom_uom unit ON unit.id = line.product_uom_id
         CROSS JOIN LATERAL (
               SELECT COALESCE(NULLIF(trade.currency_rate, 0), 1) AS rate
         ) rate
         CROSS JOIN LATERAL (
               SELECT COALESCE(
                   line.price_subtotal / NULLIF(%(ordered)s, 0),
                   line.price_unit * (1 - COALESCE(line.discount, 0) / 100)
               ) AS unit_price
         ) price
          LEFT JOIN LATERAL (%(bill)s) bill ON TRUE
          LEFT JOIN LATERAL (%(goods)s) goods ON TRUE
          LEFT JOIN LATERAL (%(money)s) money ON TRUE
          LEFT JOIN LATERAL (
               SELECT jsonb_object_agg(code.code, jsonb_build_array(
                          note.quantity, note.amount
                      ) ORDER BY note.id) AS explained
                 FROM pharma_flow_explanation note
                 JOIN pharma_flow_code code ON code.id = note.code_id
                WHERE note.state = 'granted' AND %(explanation)s
         ) note ON TRUE
         WHERE line.display_type IS NULL
           AND line.is_downpayment IS NOT TRUE
           AND template.type = 'consu'
           AND (trade.state = %(side)s OR trade.state = 'cancel' AND %(touched)s)
        """,
        **{name: parts[name] for name in _OUTER},
        wanted=SQL(
            "CASE WHEN trade.state = 'cancel' THEN 0 ELSE %s END", parts["ordered"]
        ),
        bill=_bill(parts),
        goods=_goods(parts),
        money=_money(parts),
        epsilon=EPSILON,
        separators=r"[\s,，、;；]+",
    )


_OUTER = {
    "side",
    "id",
    "purchase_line_id",
    "sale_line_id",
    "purchase_id",
    "sale_id",
    "line_table",
    "order_table",
    "ordered",
    "promised",
    "touched",
    "explanation",
    "moves",
}


def _bill(parts):
    """Posted invoices of a line less its credit notes, and what of them is settled.

    Another currency than the order's is told in the order's at the rate of its day. A
    payment that has no entry of its own leaves the residual as it was.
    """
    return SQL(
        """
        SELECT sum(item.quantity) AS invoiced,
               sum(item.untaxed) AS invoiced_untaxed,
               count(*) AS invoice_lines,
               sum(item.total) AS invoiced_total,
               sum(item.total * item.settled) AS paid,
               max(item.day) AS invoiced_on,
               max(item.day) FILTER (WHERE item.quantity < 0) AS credited_on,
               COALESCE(
                   min(item.due) FILTER (WHERE item.settled < 1), max(item.due)
               ) AS due_on,
               array_agg(item.day) AS days,
               array_agg(item.quantity) AS quantities,
               array_agg(DISTINCT item.invoice_id) AS invoice_ids,
               upper(string_agg(NULLIF(trim(item.lots), ''), ' ')) AS lots
          FROM (
               SELECT invoice.id AS invoice_id,
                      COALESCE(invoice.invoice_date, invoice.date) AS day,
                      COALESCE(
                          invoice.invoice_date_due, invoice.invoice_date, invoice.date
                      ) AS due,
                      sign.sign * entry.quantity * COALESCE(own.factor, unit.factor)
                          / unit.factor AS quantity,
                      sign.sign * entry.price_subtotal * CASE
                          WHEN invoice.currency_id = trade.currency_id THEN 1
                          ELSE %(order_rate)s / COALESCE(
                              NULLIF(invoice.invoice_currency_rate, 0), 1
                          )
                      END AS untaxed,
                      sign.sign * entry.price_total / COALESCE(
                          NULLIF(invoice.invoice_currency_rate, 0), 1
                      ) AS total,
                      CASE
                          WHEN invoice.amount_residual = 0
                            OR invoice.amount_total = 0 THEN 1
                          ELSE LEAST(1, 1 - (invoice.amount_residual - COALESCE((
                              SELECT sum(payment.amount)
                                FROM account_move__account_payment matched
                                JOIN account_payment payment
                                  ON payment.id = matched.payment_id
                               WHERE matched.invoice_id = invoice.id
                                 AND payment.move_id IS NULL
                                 AND payment.state IN ('in_process', 'paid')
                          ), 0)) / invoice.amount_total)
                      END AS settled,
                      CASE WHEN sign.sign > 0 THEN entry.pharma_lot_names END AS lots
                 FROM %(entries)s
                 JOIN account_move invoice ON invoice.id = entry.move_id
                 LEFT JOIN uom_uom own ON own.id = entry.product_uom_id
                CROSS JOIN LATERAL (
                      SELECT CASE WHEN invoice.move_type IN ('in_refund', 'out_refund')
                                  THEN -1 ELSE 1 END AS sign
                ) sign
                WHERE %(of_line)s
                  AND entry.display_type = 'product'
                  AND invoice.state = 'posted'
               ) item
        """,
        order_rate=SQL(
            """COALESCE((
                SELECT rate.rate FROM res_currency_rate rate
                 WHERE rate.currency_id = trade.currency_id
                   AND rate.name <= COALESCE(invoice.invoice_date, invoice.date)
                   AND (rate.company_id IS NULL
                        OR rate.company_id
                           = split_part(company.parent_path, '/', 1)::int)
                 ORDER BY rate.company_id NULLS LAST, rate.name DESC
                 LIMIT 1
            ), 1)"""
        ),
        entries=parts["entries"],
        of_line=parts["of_line"],
    )


def _goods(parts):
    """Goods of a line that really crossed our border, in its unit, less all returns."""
    return SQL(
        """
        SELECT sum(step.quantity) AS moved,
               -sum(step.quantity) FILTER (WHERE step.is_refunded) AS returned,
               max(step.day) AS moved_on,
               max(step.day) FILTER (WHERE step.quantity < 0) AS returned_on,
               array_agg(step.day) AS days,
               array_agg(step.quantity) AS quantities
          FROM (
               SELECT %(day)s AS day,
                      way.sign * move.quantity * own.factor / unit.factor AS quantity,
                      way.sign < 0 AND move.to_refund AS is_refunded
                 FROM stock_move move
                 JOIN stock_location origin ON origin.id = move.location_id
                 JOIN stock_location target ON target.id = move.location_dest_id
                 JOIN uom_uom own ON own.id = move.product_uom
                CROSS JOIN LATERAL (
                      SELECT (%(comes)s)::int - (%(leaves)s)::int AS sign
                ) way
                WHERE %(moves)s
                  AND move.product_id = line.product_id
                  AND move.state = 'done'
                  AND way.sign <> 0
               ) step
        """,
        day=_china_day(SQL("move.date")),
        comes=_is_outside(parts["coming"], parts["usage"]),
        leaves=_is_outside(parts["leaving"], parts["usage"]),
        moves=parts["moves"],
    )


def _is_outside(location, usage):
    """Whether a location is the partner's; a sister company lies behind a transit."""
    return SQL(
        "%(location)s.usage = %(usage)s"
        " OR %(location)s.usage = 'transit' AND %(location)s.company_id IS NULL",
        location=location,
        usage=usage,
    )


def _money(parts):
    """When the invoices of a line were paid, and since when by or to somebody else."""
    return SQL(
        """
        SELECT max(money.day) AS paid_on,
               min(money.day) FILTER (
                   WHERE payer.commercial_partner_id <> invoice.commercial_partner_id
                     AND NOT %(agreed)s
               ) AS wrong_payer_since
          FROM account_move invoice
          JOIN LATERAL (
               SELECT entry.date AS day, entry.partner_id, origin.id AS payment_id
                 FROM account_move_line term
                 JOIN account_partial_reconcile part
                   ON part.debit_move_id = term.id OR part.credit_move_id = term.id
                 JOIN account_move_line entry
                   ON entry.id = part.debit_move_id + part.credit_move_id - term.id
                 JOIN account_move booking
                   ON booking.id = entry.move_id AND booking.move_type = 'entry'
                 JOIN account_journal journal
                   ON journal.id = booking.journal_id
                  AND journal.type IN ('bank', 'cash', 'credit')
                 LEFT JOIN account_payment origin ON origin.move_id = booking.id
                WHERE term.move_id = invoice.id
                  AND term.display_type = 'payment_term'
                UNION ALL
               SELECT bare.date, bare.partner_id, bare.id
                 FROM account_move__account_payment matched
                 JOIN account_payment bare
                   ON bare.id = matched.payment_id
                  AND bare.move_id IS NULL
                  AND bare.state IN ('in_process', 'paid')
                WHERE matched.invoice_id = invoice.id
               ) money ON TRUE
          LEFT JOIN account_payment payment ON payment.id = money.payment_id
          LEFT JOIN res_partner_bank bank ON bank.id = payment.partner_bank_id
          LEFT JOIN res_partner payer ON payer.id = %(payer)s
         WHERE invoice.id = ANY (bill.invoice_ids)
        """,
        agreed=parts["agreed"],
        payer=parts["payer"],
    )


def verdict(lines, today):
    """Every line of the relation ``lines`` with its gaps as of a day.

    :param lines: SQL of a relation with the columns of ``facts``
    :param today: date in China
    """
    return SQL(
        """
        SELECT line.*,
               line.ordered * line.unit_price / line.rate AS ordered_amount,
               line.moved * line.unit_price / line.rate AS moved_amount,
               line.invoiced_untaxed / line.rate AS invoiced_amount,
               line.invoiced_untaxed / line.rate * share.paid AS paid_amount,
               line.invoiced * share.paid AS paid_quantity,
               CASE
                   WHEN found.gap_codes IS NOT NULL THEN 'gap'
                   WHEN found.is_waiting THEN 'waiting'
                   WHEN found.explained_codes IS NOT NULL THEN 'explained'
                   ELSE 'matched'
               END AS status,
               found.gap_codes,
               COALESCE(found.gap_count, 0) AS gap_count,
               found.explained_codes,
               found.main_code,
               found.owner,
               found.owners,
               found.since,
               %(today)s::date - found.since AS age_days,
               COALESCE(found.amount, 0) AS amount
          FROM %(lines)s line
         CROSS JOIN LATERAL (
               SELECT CASE WHEN line.is_cancelled THEN 0 ELSE line.ordered END
                          AS wanted,
                      line.amount_tolerance * GREATEST(line.invoice_lines, 1)
                          + %(epsilon)s AS cents,
                      line.quantity_tolerance + %(epsilon)s AS pieces
         ) base
         CROSS JOIN LATERAL (
               SELECT COALESCE(line.paid / NULLIF(line.invoiced_total, 0), 0) AS paid
         ) share
         CROSS JOIN LATERAL (
               SELECT base.wanted - line.moved - line.returned AS missing,
                      line.moved - base.wanted AS goods_over,
                      line.invoiced - line.moved AS invoice_over,
                      line.invoiced_untaxed - line.unit_price * line.invoiced
                          AS price_off,
                      line.paid - line.invoiced_total AS payment_over,
                      line.paid - CASE
                          WHEN abs(line.invoiced) > %(epsilon)s
                          THEN line.invoiced_total / line.invoiced
                               * GREATEST(line.moved, 0)
                          ELSE 0
                      END AS prepaid,
                      CASE WHEN base.wanted - line.moved - line.returned > base.pieces
                           THEN line.promised + 1 END AS awaited
         ) gap
         CROSS JOIN LATERAL (
               SELECT string_agg(code, ',' ORDER BY rank) FILTER (WHERE is_gap)
                          AS gap_codes,
                      count(*) FILTER (WHERE is_gap) AS gap_count,
                      string_agg(code, ',' ORDER BY rank) FILTER (WHERE is_explained)
                          AS explained_codes,
                      (array_agg(code ORDER BY rank) FILTER (WHERE is_gap))[1]
                          AS main_code,
                      (array_agg(owner ORDER BY rank) FILTER (WHERE is_gap))[1]
                          AS owner,
                      string_agg(DISTINCT owner, ',') FILTER (WHERE is_gap) AS owners,
                      min(since) FILTER (WHERE is_gap) AS since,
                      max(amount) FILTER (WHERE is_gap) AS amount,
                      COALESCE(bool_or(is_waiting), FALSE) AS is_waiting
                 FROM (
                      SELECT difference.*,
                             owner.owner,
                             owner.rank,
                             since > %(today)s AS is_waiting,
                             since <= %(today)s AND covered AS is_explained,
                             since <= %(today)s AND NOT covered AS is_gap
                        FROM (%(differences)s) difference
                             (code, since, quantity, amount)
                        JOIN (VALUES %(owners)s) owner (code, side, owner, rank)
                          ON owner.code = difference.code AND owner.side = line.side
                       CROSS JOIN LATERAL (
                             SELECT COALESCE(
                                 quantity <= (line.explained -> difference.code ->> 0)
                                     ::numeric + %(epsilon)s
                                 AND amount <= (line.explained -> difference.code ->> 1)
                                     ::numeric + %(epsilon)s,
                                 FALSE
                             ) AS covered
                       ) cover
                      ) judged
         ) found
        """,
        lines=lines,
        today=today,
        epsilon=EPSILON,
        differences=_differences(),
        owners=SQL(", ").join(
            SQL("(%s, %s, %s, %s)", code, side, owner, rank)
            for rank, (code, owners) in enumerate(OWNERS.items())
            for side, owner in owners.items()
        ),
    )


def _differences():
    """The differences of one line, as ``tools.four_flow`` finds them."""
    return SQL(
        """
        SELECT 'GOODS_OVER', line.overmoved_since, gap.goods_over,
               gap.goods_over * line.unit_price / line.rate
         WHERE gap.goods_over > base.pieces
         UNION ALL
        SELECT 'GOODS_MISSING', gap.awaited, gap.missing,
               gap.missing * line.unit_price / line.rate
         WHERE gap.missing > base.pieces
         UNION ALL
        SELECT 'LOT_DIFF', GREATEST(line.invoiced_on, gap.awaited), 0,
               abs(line.invoiced * line.unit_price / line.rate)
         WHERE line.lots_invoiced IS NOT NULL
           AND NOT string_to_array(line.lots_invoiced, ', ')
               <@ COALESCE(string_to_array(line.lots_moved, ', '), '{}')
         UNION ALL
        SELECT 'INVOICE_OVER',
               CASE
                   WHEN line.invoiced - (base.wanted - line.returned) > base.pieces
                   THEN line.overinvoiced_since
                   ELSE GREATEST(line.overinvoiced_since, gap.awaited)
               END,
               gap.invoice_over, gap.invoice_over * line.unit_price / line.rate
         WHERE gap.invoice_over > base.pieces
         UNION ALL
        SELECT 'INVOICE_MISSING', line.uninvoiced_since + line.invoice_days + 1,
               -gap.invoice_over, -gap.invoice_over * line.unit_price / line.rate
         WHERE -gap.invoice_over > base.pieces AND line.unit_price > 0
         UNION ALL
        SELECT 'PRICE_DIFF', line.invoiced_on, 0, abs(gap.price_off) / line.rate
         WHERE abs(gap.price_off) > base.cents
         UNION ALL
        SELECT 'PAYMENT_OVER', GREATEST(line.invoiced_on, line.paid_on), 0,
               gap.payment_over
         WHERE gap.payment_over > base.cents
         UNION ALL
        SELECT 'PAYMENT_OVER', GREATEST(line.paid_on, gap.awaited), 0, gap.prepaid
         WHERE gap.payment_over <= base.cents
           AND gap.prepaid > base.cents
           AND line.invoiced > %(epsilon)s
         UNION ALL
        SELECT 'PAYMENT_MISSING', line.due_on + 1, 0, -gap.payment_over
         WHERE -gap.payment_over > base.cents
         UNION ALL
        SELECT 'WRONG_PAYER', line.wrong_payer_since, 0, line.paid
         WHERE line.wrong_payer_since IS NOT NULL
        """,
        epsilon=EPSILON,
    )
