from odoo import api, models
from odoo.exceptions import MissingError, UserError
from odoo.tools import SQL

from odoo.addons.pharma_gsp.tools.inspection import cell_text, china_time

from ..tools import lot_trace
from .pharma_lot_trace import MOST_LOTS

EXPLAINING_MOVES = 5


class PharmaLotTrace(models.AbstractModel):
    """A lot followed both ways: nodes, edges and sums that balance (TV-61)."""

    _inherit = "pharma.lot.trace"

    @api.model
    @api.readonly
    def action_trace(self, lot_ids):
        """Where lots came from and went to, through every company.

        :param lot_ids: of one product; a lot is meant by product and number
        :return: dict of ``lots`` (what is printed and held), ``nodes``, ``edges``
            (index of source and target, kind, quantity, moves, first and last day) and
            ``balance``
        :raise AccessError: if the user may not read these lots
        """
        trace = self._for_reader()
        lots = trace._traced_lots(lot_ids)
        rows = trace._flow_rows(lots)
        stock = trace._stock(lots)
        places = trace._places(rows, stock)
        flows = trace._flows(rows)
        edges = lot_trace.edges(flows, places)
        nodes = trace._nodes(edges, places, rows, stock)
        order = {node["key"]: number for number, node in enumerate(nodes)}
        return {
            "lots": trace._lot_facts(lots),
            "product": {
                "id": lots.product_id.id,
                "name": lots.product_id.display_name,
                "unit": lots.product_id.uom_id.name,
            },
            "nodes": nodes,
            "edges": [(order[e.source], order[e.target], *e[2:]) for e in edges],
            "kinds": dict(
                self.env["pharma.lot.flow"]
                ._fields["kind"]
                ._description_selection(self.env)
            ),
            "balance": trace._balance(lots, flows, places, stock),
        }

    @api.model
    def _traced_lots(self, lot_ids):
        """Lots of one product that the user may read.

        :raise UserError: in words, for anything else
        """
        is_list = isinstance(lot_ids, (list, tuple)) and 0 < len(lot_ids) <= MOST_LOTS
        if not is_list or not all(type(number) is int for number in lot_ids):
            raise UserError(
                self.env._(
                    "Between 1 and %s lots are followed at once. Choose them anew.",
                    MOST_LOTS,
                )
            )
        lots = self.env["stock.lot"].browse(lot_ids).exists()
        if not lots:
            raise MissingError(
                self.env._("This record doesn't exist any more. Search it again.")
            )
        lots.check_access("read")
        if len(lots.product_id) > 1:
            raise UserError(
                self.env._("Lots of different products have no common balance.")
            )
        return lots

    # Reading

    @api.model
    def _flow_rows(self, lots):
        """The lots' movements, added up by places and partner: one query."""
        self.env["pharma.lot.flow"].flush_model()
        self.env.cr.execute(
            SQL(
                """SELECT kind, location_id, location_dest_id, sums.company_id,
                          partner_id, quantity, moves,
                          to_char(first, 'YYYY-MM-DD'), to_char(last, 'YYYY-MM-DD'),
                          partner.name, partner.city
                     FROM (%s) AS sums
                LEFT JOIN res_partner partner ON partner.id = sums.partner_id
                 ORDER BY quantity DESC, partner_id""",
                self._sums_query(lots),
            )
        )
        return self.env.cr.fetchall()

    @api.model
    def _sums_query(self, lots):
        """The bare query of a trace; days are China's."""
        return SQL(
            """SELECT kind, location_id, location_dest_id, flow.company_id, partner_id,
                      sum(quantity)::float8 AS quantity, count(*) AS moves,
                      min(date) + interval '8 hours' AS first,
                      max(date) + interval '8 hours' AS last
                 FROM pharma_lot_flow flow
                WHERE %s
             GROUP BY kind, location_id, location_dest_id, flow.company_id, partner_id
            """,
            self.env["pharma.lot.flow"]._lot_keys(lots),
        )

    @api.model
    def _stock(self, lots):
        """{location id: quantity there}, in every company."""
        self.env["stock.quant"].flush_model(["quantity", "location_id", "lot_id"])
        self.env.cr.execute(
            SQL(
                """SELECT quant.location_id, sum(quant.quantity)::float8
                     FROM stock_quant quant
                     JOIN stock_lot flow_lot ON flow_lot.id = quant.lot_id
                     JOIN stock_location place ON place.id = quant.location_id
                    WHERE %s AND place.usage IN ('internal', 'transit')
                 GROUP BY quant.location_id HAVING sum(quant.quantity) != 0""",
                self._lot_condition(lots),
            )
        )
        return dict(self.env.cr.fetchall())

    @api.model
    def _lot_condition(self, lots):
        """SQL on ``flow_lot``: these lots as every company has them."""
        return SQL(
            "(flow_lot.product_id = %s AND flow_lot.name = ANY(%s))",
            lots.product_id.id,
            lots.mapped("name"),
        )

    @api.model
    def _places(self, rows, stock):
        """{location id: Place} of all that took part."""
        ids = {number for row in rows for number in row[1:3]} | stock.keys()
        # sudo: the places of another company are named, nothing more.
        locations = self.env["stock.location"].sudo().browse(sorted(ids))
        return {location.id: self._place(location) for location in locations}

    @api.model
    def _place(self, location):
        house = location.warehouse_id.id or f"l{location.id}"
        side = "place"
        if location.usage == "transit":
            side, house = "transit", location.id
        elif location.is_pharma_quarantine:
            side = "quarantine"
        return lot_trace.Place(
            location.usage, f"{side}:{house}", location.is_pharma_quarantine
        )

    @api.model
    def _flows(self, rows):
        own = {*self.env.companies.ids}
        return [
            lot_trace.Flow(
                row[0],
                row[1],
                row[2],
                str(row[4] or 0) if row[3] in own else f"c{row[3]}",
                row[5],
                row[6],
                row[7],
                row[8],
            )
            for row in rows
        ]

    # Naming

    @api.model
    def _nodes(self, edges, places, rows, stock):
        """One dict for each node, with its column; nodes with stock but no edge too."""
        waiting = {place.key for place in places.values() if place.is_quarantine}
        columns = lot_trace.columns(edges, waiting)
        held = {}
        for location_id, quantity in stock.items():
            key = places[location_id].key
            columns.setdefault(key, lot_trace.FIRST)
            held[key] = held.get(key, 0.0) + quantity
        partners = {str(row[4]): row[9:11] for row in rows if row[4]}
        named = self._named_places(places)
        return [
            {
                "key": key,
                "column": column,
                "stock": held.get(key, 0.0),
                **self._node(key, partners, named),
            }
            for key, column in sorted(columns.items(), key=lambda item: item[1])
        ]

    @api.model
    def _node(self, key, partners, named):
        side, _colon, which = key.partition(":")
        if side in ("supplier", "customer", "returned"):
            return self._partner_node(side, which, partners)
        if side == "back":
            return {**named[which], "side": "back", "id": False}
        if side in ("place", "quarantine", "transit"):
            return {**named[key], "side": side, "id": False}
        label = {
            "found": self.env._("Found in counts"),
            "made": self.env._("Made here"),
            "lost": self.env._("Lost in counts"),
            "scrapped": self.env._("Scrapped"),
            "used": self.env._("Used up"),
        }[side]
        return {"side": side, "label": label, "detail": "", "id": False}

    @api.model
    def _partner_node(self, side, which, partners):
        if which.startswith("c"):
            # sudo: that another company of the house had the lot is told by name.
            company = self.env["res.company"].sudo().browse(int(which[1:])).name
            label = {
                "supplier": self.env._("Suppliers of %s", company),
                "customer": self.env._("Customers of %s", company),
                "returned": self.env._("Suppliers of %s", company),
            }[side]
            return {"side": side, "label": label, "detail": "", "id": False}
        if which == "0":
            label = self.env._("Nobody named")
            return {"side": side, "label": label, "detail": "", "id": False}
        name, city = partners[which]
        return {
            "side": side,
            "label": name or "",
            "detail": city or "",
            "id": int(which),
        }

    @api.model
    def _named_places(self, places):
        """{node key: label and detail} of warehouses, quarantines and transits."""
        # sudo: as in _places.
        locations = self.env["stock.location"].sudo().browse(places)
        companies = locations.company_id
        found = {}
        for location in locations:
            place = places[location.id]
            if place.usage not in lot_trace.INSIDE or place.key in found:
                continue
            label = location.warehouse_id.name or location.complete_name
            if place.is_quarantine:
                label = self.env._("%s, quarantine", label)
            detail = location.company_id.name if len(companies) > 1 else ""
            found[place.key] = {"label": label, "detail": detail or ""}
        return found

    @api.model
    def _lot_facts(self, lots):
        """What is printed on each lot, its state, and what holds it."""
        # sudo: a hold counts for who can't see it; its reason is for the staff.
        holds = self.env["pharma.lot.hold"]._active_holds(lots.product_id)
        states = dict(lots._fields["pharma_state"]._description_selection(self.env))
        return [
            {
                "id": lot.id,
                "name": lot.name,
                "product_id": lot.product_id.id,
                "product": lot.product_id.display_name,
                "made": cell_text(lot.production_date),
                "expiry": cell_text(lot.expiry_date),
                # sudo: the name stands on the pack.
                "maker": lot.manufacturer_id.sudo().name or "",
                "state": lot.pharma_state,
                "state_label": states.get(lot.pharma_state, ""),
                "holds": [
                    {
                        "id": hold.id,
                        "name": hold.name,
                        "reason": hold.reason,
                        "date": cell_text(hold.placed_date)[:10],
                    }
                    for hold in holds
                    if hold.kind == "product"
                    and hold.product_id == lot.product_id
                    or hold.kind == "lot"
                    and (hold.product_id, hold.lot_name) == (lot.product_id, lot.name)
                ],
            }
            for lot in lots
        ]

    # Balancing

    @api.model
    def _balance(self, lots, flows, places, stock):
        """in = out + stock + loss, part by part, and what explains a difference."""
        found = lot_trace.balance(flows, places, sum(stock.values()))
        is_balanced = lots.product_id.uom_id.is_zero(found.difference)
        return {
            **found._asdict(),
            "total_in": found.total_in,
            "total_out": found.total_out,
            "total_loss": found.total_loss,
            "difference": found.difference,
            "is_balanced": is_balanced,
            "explanations": [] if is_balanced else self._explain(lots),
        }

    @api.model
    def _explain(self, lots):
        """Where shelves say other than the movements do, and movements not noted."""
        problems = self.env["pharma.lot.flow"]._differences(lots, EXPLAINING_MOVES)
        lines = self._visible_lines([found["move_line_id"] for found in problems])
        explained = [
            {
                "kind": "flow",
                "text": self._flow_sentence(found),
                "moves": lines.get(found["move_line_id"], []),
            }
            for found in problems
        ]
        for location, moved, there, line_ids in self._unexplained_stock(lots):
            lines = self._visible_lines(line_ids)
            explained.append(
                {
                    "kind": "stock",
                    "text": self.env._(
                        "%(place)s holds %(there)s; its movements add up to %(moved)s.",
                        place=location.complete_name,
                        there=cell_text(there),
                        moved=cell_text(moved),
                    ),
                    "moves": [move for number in line_ids for move in lines[number]],
                }
            )
        return explained

    @api.model
    def _flow_sentence(self, found):
        if found["problem"] == "missing":
            return self.env._(
                "A movement of %s is missing from the flow of this lot.",
                cell_text(found["moved"]),
            )
        if found["problem"] == "surplus":
            return self.env._(
                "The flow of this lot counts %s that no movement stands for.",
                cell_text(found["noted"]),
            )
        return self.env._(
            "A movement of %(moved)s stands as %(noted)s in the flow of this lot.",
            moved=cell_text(found["moved"]),
            noted=cell_text(found["noted"]),
        )

    @api.model
    def _unexplained_stock(self, lots):
        """(location, moved, there, its last move lines) where the two differ."""
        self.env["stock.move.line"].flush_model()
        self.env.cr.execute(
            SQL(
                """WITH line AS (
                       SELECT line.* FROM stock_move_line line
                         JOIN stock_lot flow_lot ON flow_lot.id = line.lot_id
                        WHERE %(lots)s AND line.state = 'done'
                   ), step AS (
                       SELECT id, location_dest_id AS place, quantity_product_uom AS q
                         FROM line
                        UNION ALL
                       SELECT id, location_id, -quantity_product_uom FROM line
                   ), moved AS (
                       SELECT place, sum(q) AS q,
                              (array_agg(id ORDER BY id DESC))[:%(most)s] AS ids
                         FROM step GROUP BY place
                   ), there AS (
                       SELECT quant.location_id AS place, sum(quant.quantity) AS q
                         FROM stock_quant quant
                         JOIN stock_lot flow_lot ON flow_lot.id = quant.lot_id
                        WHERE %(lots)s GROUP BY quant.location_id
                   )
                   SELECT place, COALESCE(moved.q, 0)::float8,
                          COALESCE(there.q, 0)::float8, moved.ids
                     FROM moved FULL JOIN there USING (place)
                     JOIN stock_location location ON location.id = place
                    WHERE location.usage IN ('internal', 'transit')
                      AND round(COALESCE(moved.q, 0)::numeric, 6)
                       != round(COALESCE(there.q, 0)::numeric, 6)
                 ORDER BY place""",
                lots=self._lot_condition(lots),
                most=EXPLAINING_MOVES,
            )
        )
        # sudo: as in _places.
        locations = self.env["stock.location"].sudo()
        return [
            (locations.browse(place), moved, there, ids or [])
            for place, moved, there, ids in self.env.cr.fetchall()
        ]

    @api.model
    def _visible_lines(self, ids):
        """{move line id: [what the user may see of it]}"""
        found = self.env["stock.move.line"]
        if found.has_access("read"):
            found = found.search([("id", "in", ids)])
        shown = {
            line.id: [
                {
                    "id": line.picking_id.id,
                    "name": line.picking_id.name or line.reference or "",
                    "date": cell_text(china_time(line.date).date()),
                    "quantity": line.quantity_product_uom,
                }
            ]
            for line in found
        }
        return {number: shown.get(number, []) for number in ids}
