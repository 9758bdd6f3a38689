from odoo import api, models
from odoo.fields import Domain

from ..tools.inspection import Column, Row, Section, Status, cell_text
from .pharma_inspection_table import TONE_OF

INVOICE_TYPES = (
    "in_invoice",
    "in_refund",
    "in_receipt",
    "out_invoice",
    "out_refund",
    "out_receipt",
)


class PharmaInspection(models.AbstractModel):
    """Who and what can be inspected: what belongs to each, and what it is."""

    _inherit = "pharma.inspection"

    @api.model
    def _inspect_res_partner(self, partner):
        """A company with all its addresses and contacts."""
        own = Domain("partner_id.commercial_partner_id", "=", partner.id)
        return {
            **self._party_domains(partner),
            "pharma.dossier": Domain("partner_id", "=", partner.id),
            "purchase.order": own,
            "sale.order": own,
            "stock.move": Domain("picking_id", "any", own)
            | Domain("purchase_line_id.order_id", "any", own)
            | Domain("sale_line_id.order_id", "any", own),
            "account.move": Domain("commercial_partner_id", "=", partner.id)
            & Domain("move_type", "in", INVOICE_TYPES),
            "account.payment": own | Domain("pharma_payer_id", "=", partner.id),
            # What was refused before it was ever saved is known by name only.
            "pharma.gate.event": Domain("partner_name", "=", partner.display_name),
            "pharma.gate.override": self._cures(partner),
        }

    @api.model
    def _inspect_product_template(self, product):
        has_product = Domain("product_id.product_tmpl_id", "=", product.id)
        invoices = Domain("invoice_line_ids", "any", has_product)
        invoices &= Domain("move_type", "in", INVOICE_TYPES)
        return {
            "pharma.dossier": Domain("product_tmpl_id", "=", product.id),
            "pharma.document": Domain("product_tmpl_id", "=", product.id),
            "purchase.order": Domain("order_line", "any", has_product),
            "sale.order": Domain("order_line", "any", has_product),
            "stock.move": has_product,
            "account.move": invoices,
            "account.payment": self._payments_of(invoices),
            "pharma.gate.event": Domain("line_ids", "any", self._cures(product)),
            "pharma.gate.override": self._cures(product),
        }

    @api.model
    def _inspect_purchase_order(self, order):
        partner = order.partner_id.commercial_partner_id
        invoices = Domain("invoice_line_ids.purchase_line_id.order_id", "=", order.id)
        return {
            **self._deal_domains(order, partner, "supplier"),
            "purchase.order": Domain("id", "=", order.id),
            "stock.move": Domain("purchase_line_id.order_id", "=", order.id),
            "account.move": invoices,
            "account.payment": self._payments_of(invoices),
        }

    @api.model
    def _inspect_sale_order(self, order):
        partner = order.partner_id.commercial_partner_id
        invoices = Domain("invoice_line_ids.sale_line_ids.order_id", "=", order.id)
        return {
            **self._deal_domains(order, partner, "buyer"),
            "sale.order": Domain("id", "=", order.id),
            "stock.move": Domain("sale_line_id.order_id", "=", order.id),
            "account.move": invoices,
            "account.payment": self._payments_of(invoices),
        }

    @api.model
    def _party_domains(self, partner):
        own = Domain("partner_id", "=", partner.id)
        return {
            "pharma.document": own
            | Domain("person_id.partner_id", "=", partner.id)
            | Domain("related_partner_id", "=", partner.id),
            "pharma.person": own,
            "res.partner.bank": own,
        }

    @api.model
    def _deal_domains(self, order, partner, kind):
        """Files and papers of the party and of all products of an order."""
        products = Domain(
            "product_tmpl_id", "in", order.order_line.product_id.product_tmpl_id.ids
        )
        domains = self._party_domains(partner)
        return {
            **domains,
            "pharma.document": domains["pharma.document"] | products,
            "pharma.dossier": products
            | Domain("partner_id", "=", partner.id) & Domain("kind", "=", kind),
        }

    @api.model
    def _payments_of(self, invoices):
        """Payments that settle invoices, by reconciliation or by registration."""
        settled = self.env["account.move"].search(invoices).reconciled_payment_ids
        return Domain("id", "in", settled.ids)

    @api.model
    def _cures(self, holder):
        """Findings cured at a company or drug, at its file or at one of its papers."""
        return Domain.OR(
            Domain("cure_model", "=", records._name) & Domain("cure_id", "in", ids)
            for records in (
                holder,
                holder.pharma_dossier_ids,
                holder.pharma_document_ids,
            )
            if (ids := records.ids)
        )

    @api.model
    def _badges(self, record):
        """The states beside its name; of a company and a drug, by which file."""
        names = {
            "res.partner": ("pharma_supplier_state", "pharma_buyer_state"),
            "product.template": ("pharma_state",),
        }.get(record._name)
        if not names:
            return [self._column(record._name, "state").read(record)]
        columns = [self._column(record._name, name) for name in names]
        return [
            Status(f"{column.label}: {cell_text(state)}", TONE_OF.get(record[name]))
            for name, column in zip(names, columns, strict=True)
            if (state := column.read(record))
        ]

    # The first section

    @api.model
    def _section_facts(self, record, related, scope):
        facts = getattr(self, self._hook("facts", record._name))(record)
        columns = tuple(
            Column(label, read=None)
            for label in (self.env._("Field"), self.env._("Value"))
        )
        rows = tuple(Row(cells=fact) for fact in facts)
        title = self.env._("Identity")
        return Section("facts", title, columns, rows, len(rows), is_facts=True)

    @api.model
    def _facts_res_partner(self, partner):
        return [
            *self._facts(
                partner,
                (
                    "name",
                    "uscc",
                    "legal_representative",
                    "pharma_supplier_kind_id",
                    "pharma_supplier_state",
                    "pharma_buyer_kind_id",
                    "pharma_buyer_state",
                ),
            ),
            (self.env._("Address"), self._address(partner)),
            *self._facts(partner, ("phone", "email")),
        ]

    @api.model
    def _address(self, partner):
        lines = partner._display_address(without_company=True).splitlines()
        return " ".join(filter(None, map(str.strip, lines)))

    @api.model
    def _facts_product_template(self, product):
        return self._facts(
            product,
            (
                "generic_name",
                "trade_name",
                "approval_number",
                "pharma_state",
                "dosage_form",
                "strength",
                "pack_spec",
                "mah_id",
                "manufacturer_id",
                "national_drug_code",
                "insurance_code",
                "shelf_life_months",
                "storage_text",
                "storage_class",
                "rx_class",
                "pharma_scope_ids",
                "is_special",
                "is_imported",
                "is_vbp",
                "is_two_invoice",
            ),
        )

    @api.model
    def _facts_purchase_order(self, order):
        return self._facts(
            order,
            (
                "name",
                "state",
                "partner_id",
                "pharma_person_id",
                "partner_ref",
                "date_approve",
                "user_id",
                "amount_total",
                "receipt_status",
                "invoice_status",
                "origin",
                "company_id",
            ),
        )

    @api.model
    def _facts_sale_order(self, order):
        return self._facts(
            order,
            (
                "name",
                "state",
                "partner_id",
                "partner_shipping_id",
                "pharma_person_id",
                "client_order_ref",
                "date_order",
                "user_id",
                "pharma_order_kind",
                "pharma_delivery_mode",
                "pharma_settlement",
                "pharma_channel",
                "amount_total",
                "delivery_status",
                "invoice_status",
                "origin",
                "company_id",
            ),
        )

    @api.model
    def _section_lines(self, record, related, scope):
        """What an order is about."""
        columns = {
            "purchase.order": ("product_qty", "qty_received", "qty_invoiced"),
            "sale.order": ("product_uom_qty", "qty_delivered", "qty_invoiced"),
        }.get(record._name)
        return columns and self._section_of(
            "lines",
            self.env._("Order Lines"),
            f"{record._name}.line",
            Domain("order_id", "=", record.id) & Domain("display_type", "=", False),
            ("product_id", *columns, "product_uom_id", "price_unit", "price_subtotal"),
            scope,
            opens=lambda line: line.product_id.product_tmpl_id,
        )
