from odoo import api, models
from odoo.tools import SQL

from odoo.addons.pharma_gsp.tools.inspection import Money, cell_text

# Which of a partner's persons deals with us, by the side it stands on.
PERSON_ROLES = {"supplier": "sales", "customer": "purchase"}


class PharmaLotTrace(models.AbstractModel):
    """Whom to ring and what was invoiced, on both sides of a lot."""

    _inherit = "pharma.lot.trace"

    @api.model
    @api.readonly
    def action_contacts(self, lot_ids):
        """Suppliers and customers of lots, with whom to ask for and how to reach them.

        Only partners the user may read, of companies she works in.
        """
        trace = self._for_reader()
        return trace._contacts(trace._traced_lots(lot_ids))

    @api.model
    def _contacts(self, lots):
        sides = self._sides(lots)
        ids = {number for found in sides.values() for number in found}
        partners = self.env["res.partner"].search([("id", "in", sorted(ids))])
        persons = self._persons(partners)
        return [
            {
                "side": side,
                "id": partner.id,
                "name": partner.name,
                "person": person.name or "",
                "phone": person.phone or partner.phone or "",
                "email": partner.email or "",
                "address": self.env["pharma.inspection"]._address(partner),
            }
            for side, found in sides.items()
            for partner in partners
            if partner.id in found
            for person in (persons[side].get(partner) or self._contact(partner),)
        ]

    @api.model
    def _sides(self, lots):
        """{"supplier" or "customer": ids of partners}, of the user's companies."""
        self.env.cr.execute(
            SQL(
                """SELECT DISTINCT partner_id, kind IN ('receipt', 'supplier_return')
                     FROM pharma_lot_flow flow
                    WHERE %s AND company_id = ANY(%s) AND partner_id IS NOT NULL
                      AND kind IN ('receipt', 'supplier_return', 'delivery',
                                   'customer_return', 'dropship', 'dropship_return')
                """,
                self.env["pharma.lot.flow"]._lot_keys(lots),
                self.env.companies.ids,
            )
        )
        sides = {"supplier": set(), "customer": set()}
        for partner_id, is_supplier in self.env.cr.fetchall():
            sides["supplier" if is_supplier else "customer"].add(partner_id)
        return sides

    @api.model
    def _persons(self, partners):
        """{side: {partner: the person authorised to deal with us}}"""
        found = self.env["pharma.person"]
        if found.has_access("read"):
            found = found.search([("partner_id", "in", partners.ids)], order="id desc")
        return {
            side: {person.partner_id: person for person in found if person.role == role}
            for side, role in PERSON_ROLES.items()
        }

    @api.model
    def _contact(self, partner):
        """Somebody to ask for where no person is authorised."""
        return partner.child_ids.filtered(lambda child: child.type == "contact")[:1]

    @api.model
    @api.readonly
    def action_invoices(self, lot_ids):
        """Invoices and bills of the orders that lots came and went by.

        :return: ``is_allowed`` is False for who reads no invoices at all
        """
        trace = self._for_reader()
        lots = trace._traced_lots(lot_ids)
        if not trace.env["account.move"].has_access("read"):
            return {"is_allowed": False, "rows": []}
        return {"is_allowed": True, "rows": trace._invoices(lots)}

    @api.model
    def _invoices(self, lots):
        self.env.cr.execute(
            SQL(
                """SELECT array_agg(DISTINCT sale_line_id),
                          array_agg(DISTINCT purchase_line_id)
                     FROM pharma_lot_flow flow WHERE %s AND company_id = ANY(%s)""",
                self.env["pharma.lot.flow"]._lot_keys(lots),
                self.env.companies.ids,
            )
        )
        sold, bought = (
            [number for number in ids or () if number] for ids in self.env.cr.fetchone()
        )
        moves = self.env["account.move"].search(
            [
                "|",
                ("invoice_line_ids.sale_line_ids", "in", sold),
                ("invoice_line_ids.purchase_line_id", "in", bought),
            ],
            order="invoice_date desc, id desc",
        )
        words = {
            name: dict(moves._fields[name]._description_selection(self.env))
            for name in ("move_type", "state", "payment_state")
        }
        return [
            {
                "id": move.id,
                "name": move.name or "",
                "side": "customer" if move.is_sale_document() else "supplier",
                "kind": words["move_type"][move.move_type],
                "partner": move.commercial_partner_id.name or "",
                "date": cell_text(move.invoice_date),
                "amount": move.amount_total,
                "amount_text": cell_text(
                    Money(move.amount_total, move.currency_id.symbol or "")
                ),
                "state": words["state"][move.state],
                "payment": words["payment_state"].get(move.payment_state, ""),
            }
            for move in moves
        ]
