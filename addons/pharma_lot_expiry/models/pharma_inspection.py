from odoo import api, models
from odoo.fields import Domain

from odoo.addons.pharma_gsp.tools.inspection import Status

LOT_TONES = {"good": "success", "undated": "warning"}


class PharmaInspection(models.AbstractModel):
    """Lots can be inspected: what they are, where they went, what held them (CS-34)."""

    _inherit = "pharma.inspection"

    @api.model
    def _model_name(self, model):
        if model == "stock.lot":
            return self.env._("Lot")
        return super()._model_name(model)

    @api.model
    def _search_domains(self, text):
        return {
            **super()._search_domains(text),
            "stock.lot": Domain("name", "ilike", text),
        }

    @api.model
    def _search_detail(self, record):
        if record._name == "stock.lot":
            texts = (self._field_text(record, x) for x in ("product_id", "expiry_date"))
            return " · ".join(filter(None, texts))
        return super()._search_detail(record)

    @api.model
    def _badges(self, record):
        if record._name != "stock.lot":
            return super()._badges(record)
        state = self._column("stock.lot", "pharma_state").read(record)
        return [Status(getattr(state, "label", state), self._lot_tone(record))]

    @api.model
    def _lot_tone(self, lot):
        return LOT_TONES.get(lot.pharma_state, "danger")

    @api.model
    def _section_builders(self):
        facts, *others = super()._section_builders()
        return [facts, "_section_lot_flow", "_section_lot_holds", *others]

    @api.model
    def _inspect_stock_lot(self, lot):
        """A lot as every company of the user has it, and all trade it was part of."""
        same = Domain("lot_id.name", "=", lot.name)
        same &= Domain("product_id", "=", lot.product_id.id)
        flows = self.env["pharma.lot.flow"].search(self._flow_domain(lot))
        invoices = Domain("move_type", "!=", "entry") & (
            Domain("invoice_line_ids.sale_line_ids", "in", flows.sale_line_id.ids)
            | Domain(
                "invoice_line_ids.purchase_line_id", "in", flows.purchase_line_id.ids
            )
        )
        product = Domain("product_tmpl_id", "=", lot.product_id.product_tmpl_id.id)
        return {
            "pharma.dossier": product,
            "pharma.document": product,
            "purchase.order": Domain("order_line", "in", flows.purchase_line_id.ids),
            "sale.order": Domain("order_line", "in", flows.sale_line_id.ids),
            "stock.move": Domain("move_line_ids", "any", same),
            "account.move": invoices,
            "account.payment": self._payments_of(invoices),
        }

    @api.model
    def _flow_domain(self, lot):
        return Domain("product_id", "=", lot.product_id.id) & Domain(
            "lot_name", "=", lot.name
        )

    @api.model
    def _facts_stock_lot(self, lot):
        return self._facts(
            lot,
            (
                "name",
                "product_id",
                "manufacturer_id",
                "production_date",
                "expiry_label",
                "expiry_date",
                "remaining_days",
                "pharma_state",
                "product_qty",
                "product_uom_id",
                "company_id",
            ),
        )

    @api.model
    def _section_lot_flow(self, record, related, scope):
        """Each border the lot crossed."""
        if record._name != "stock.lot":
            return None
        return self._section_of(
            "lot_flow",
            self.env._("Where It Went"),
            "pharma.lot.flow",
            self._flow_domain(record),
            (
                "date",
                "kind",
                "partner_id",
                "location_id",
                "location_dest_id",
                "quantity",
                "picking_id",
                "company_id",
            ),
            scope,
            dated="date",
            opens=lambda flow: flow.picking_id,
        )

    @api.model
    def _section_lot_holds(self, record, related, scope):
        """What ever held the lot or its product (ST-13)."""
        if record._name != "stock.lot":
            return None
        return self._section_of(
            "lot_holds",
            self.env._("Holds"),
            "pharma.lot.hold",
            Domain("product_id", "=", record.product_id.id)
            & (Domain("kind", "=", "product") | Domain("lot_name", "=", record.name)),
            (
                "name",
                "kind",
                "reason",
                "placed_by_id",
                "placed_date",
                "lifted_by_id",
                "lifted_date",
                "lift_reason",
                "state",
            ),
            scope,
            dated="placed_date",
        )
