import { Component, onWillStart, useState } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useAutofocus, useService } from "@web/core/utils/hooks";
import { formatFloat } from "@web/core/utils/numbers";
import { useDebounced } from "@web/core/utils/timing";
import { useSetupAction } from "@web/search/action_hook";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

import { TraceDiagram } from "../trace_diagram/trace_diagram";
import { TraceTable } from "../trace_table/trace_table";

const MODEL = "pharma.lot.trace";
const PAUSE = 250; // milliseconds without a key until the server is asked
const TONES = {
    good: "success",
    undated: "warning",
    held: "danger",
    expired: "danger",
};
const INTO_SUPPLIER = new Set(["supplier_return", "dropship_return"]);

/** From anything at hand to a lot, and from there both ways to the ends (TV-61). */
export class Trace extends Component {
    static template = "pharma_lot_expiry.Trace";
    static components = { Layout, TraceDiagram, TraceTable };
    static props = { ...standardActionServiceProps };
    static path = "trace";
    static displayName = _t("Trace");

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.newest = new KeepLast();
        this.newestTrace = new KeepLast();
        this.state = useState({
            text: "",
            groups: null,
            start: null,
            lotIds: [],
            trace: null,
            selected: "",
            tab: "partners",
            contacts: null,
            invoices: null,
        });
        this.searchLater = useDebounced(() => this.search(), PAUSE);
        useAutofocus();
        useSetupAction({
            getLocalState: () => ({ start: this.startKey, lotIds: this.state.lotIds }),
        });
        onWillStart(() => this.openStart());
    }

    /** From the form that opened us, from where we were, or from the address. */
    async openStart() {
        const { context, params } = this.props.action;
        const address = { ...context?.params, ...params };
        const start = this.props.state?.start || {
            model: context?.active_model || address.traced,
            id: this.props.resId || context?.active_id || address.resId,
        };
        if (start.model && start.id) {
            await this.openRecord(start.model, start.id, this.props.state?.lotIds);
        }
    }

    get startKey() {
        const { start } = this.state;
        return start ? { model: start.model, id: start.id } : null;
    }

    // Searching

    onInput(text) {
        this.state.text = text;
        this.searchLater();
    }

    async search() {
        this.searchLater.cancel();
        this.state.groups = this.state.text.trim()
            ? await this.newest.add(
                  this.orm.call(MODEL, "action_search", [this.state.text]),
              )
            : null;
    }

    /** Enter, by hand or by a scanner, opens what is meant without doubt. */
    async submit() {
        await this.search();
        const found = (this.state.groups || []).flatMap((group) =>
            group.records.map((record) => ({ ...record, model: group.model })),
        );
        const exact = found.filter((record) => record.is_exact);
        const meant = exact.length ? exact : found;
        if (meant.length === 1) {
            await this.openRecord(meant[0].model, meant[0].id);
        }
    }

    closeResults() {
        this.state.groups = null;
    }

    // Opening

    async openRecord(model, id, lotIds) {
        this.state.groups = null;
        this.state.text = "";
        const start = await this.orm.call(MODEL, "action_lots", [model, id]);
        this.state.start = start;
        this.env.config.setDisplayName(_t("Trace: %s", start.name));
        this.props.updateActionState({ resId: start.id, traced: start.model });
        const known = new Set(start.lots.map((lot) => lot.id));
        const wanted = (lotIds || []).filter((lotId) => known.has(lotId));
        if (wanted.length || start.lots.length === 1) {
            await this.trace(wanted.length ? wanted : [start.lots[0].id]);
        } else {
            Object.assign(this.state, { lotIds: [], trace: null });
        }
    }

    async trace(lotIds) {
        const trace = await this.newestTrace.add(
            this.orm.call(MODEL, "action_trace", [lotIds]),
        );
        Object.assign(this.state, {
            lotIds,
            trace,
            selected: "",
            contacts: null,
            invoices: null,
        });
        await this.loadTab();
    }

    showLots() {
        Object.assign(this.state, { lotIds: [], trace: null });
    }

    async openTab(tab) {
        this.state.tab = tab;
        await this.loadTab();
    }

    async loadTab() {
        const { tab, lotIds } = this.state;
        if (tab === "partners" && !this.state.contacts) {
            const contacts = await this.orm.call(MODEL, "action_contacts", [lotIds]);
            this.state.contacts = new Map(
                contacts.map((contact) => [`${contact.side}:${contact.id}`, contact]),
            );
        } else if (tab === "invoices" && !this.state.invoices) {
            this.state.invoices = await this.orm.call(MODEL, "action_invoices", [
                lotIds,
            ]);
        }
    }

    // Lots to choose from

    get isOneProduct() {
        const { lots } = this.state.start;
        return lots.length > 1 && new Set(lots.map((lot) => lot.product_id)).size === 1;
    }

    traceAll() {
        return this.trace(this.state.start.lots.map((lot) => lot.id));
    }

    get lotColumns() {
        return [
            { name: "name", label: _t("Lot"), isWhole: true },
            { name: "product", label: _t("Product") },
            { name: "expiry", label: _t("Expires after"), isWhole: true },
            { name: "in", label: _t("In"), isNumber: true },
            { name: "out", label: _t("Out"), isNumber: true },
            { name: "unit", label: _t("Unit") },
            { name: "date", label: _t("Last moved"), isWhole: true },
        ];
    }

    get lotRows() {
        return this.state.start.lots.map((lot) => ({
            ...lot,
            key: lot.id,
            onOpen: () => this.trace([lot.id]),
        }));
    }

    // The balance line

    get balance() {
        return this.state.trace.balance;
    }

    quantity(value) {
        return formatFloat(value, { digits: [16, 3], trailingZeros: false });
    }

    /** What a sum is made of, where that is more than one thing. */
    parts(...pairs) {
        const told = pairs.filter(([, value]) => value);
        return told
            .map(([label, value]) => `${label} ${this.quantity(value)}`)
            .join(" · ");
    }

    get sums() {
        const found = this.balance;
        return [
            {
                sign: "",
                label: _t("In"),
                value: found.total_in,
                detail: this.parts(
                    [_t("received"), found.received],
                    [_t("returned by customers"), found.returned_by_customers],
                    [_t("found in counts"), found.found],
                    [_t("made here"), found.made],
                ),
            },
            {
                sign: "=",
                label: _t("Out"),
                value: found.total_out,
                detail: this.parts(
                    [_t("delivered"), found.delivered],
                    [_t("returned to suppliers"), found.returned_to_suppliers],
                    [_t("used up"), found.used],
                ),
            },
            { sign: "+", label: _t("Stock"), value: found.stock, detail: "" },
            {
                sign: "+",
                label: _t("Loss"),
                value: found.total_loss,
                detail: this.parts(
                    [_t("scrapped"), found.scrapped],
                    [_t("lost in counts"), found.lost],
                ),
            },
        ];
    }

    tone(lot) {
        return TONES[lot.state] || "secondary";
    }

    // Tables

    get focus() {
        return new Set(this.state.start?.partner_ids || []);
    }

    get tabs() {
        return [
            ["partners", _t("Partners")],
            ["ways", _t("Movements")],
            ["invoices", _t("Invoices")],
        ];
    }

    select(key) {
        this.state.selected = key;
    }

    get selectedName() {
        const { nodes } = this.state.trace;
        return nodes.find((node) => node.key === this.state.selected)?.label;
    }

    get wayColumns() {
        return [
            { name: "from", label: _t("From") },
            { name: "to", label: _t("To") },
            { name: "kind", label: _t("Kind") },
            { name: "quantity", label: _t("Quantity"), isNumber: true },
            { name: "moves", label: _t("Movements"), isNumber: true },
            { name: "first", label: _t("First day"), isWhole: true },
            { name: "last", label: _t("Last day"), isWhole: true },
        ];
    }

    get wayRows() {
        const { nodes, edges, kinds } = this.state.trace;
        const { selected } = this.state;
        return edges
            .map(([source, target, kind, quantity, moves, first, last], key) => ({
                key,
                source: nodes[source],
                target: nodes[target],
                from: nodes[source].label,
                to: nodes[target].label,
                kind: kinds[kind],
                quantity,
                moves,
                first,
                last,
                onOpen: () => this.openMovements(kind, nodes[source], nodes[target]),
            }))
            .filter(
                ({ source, target }) =>
                    !selected || [source.key, target.key].includes(selected),
            );
    }

    get partnerColumns() {
        return [
            { name: "name", label: _t("Name") },
            { name: "side", label: _t("Side") },
            { name: "quantity", label: _t("Quantity"), isNumber: true },
            { name: "returned", label: _t("Returned"), isNumber: true },
            { name: "net", label: _t("Net"), isNumber: true },
            { name: "person", label: _t("Contact") },
            { name: "phone", label: _t("Phone"), isWhole: true },
            { name: "address", label: _t("Address") },
            { name: "last", label: _t("Last day"), isWhole: true },
        ];
    }

    /** Suppliers and customers, what they gave or got, and how to reach them. */
    get partnerRows() {
        const { nodes, edges } = this.state.trace;
        const sides = { supplier: _t("Supplier"), customer: _t("Customer") };
        const rows = new Map();
        for (const [source, target, kind, quantity, , , last] of edges) {
            for (const node of [nodes[source], nodes[target]]) {
                const side = node.side === "returned" ? "supplier" : node.side;
                if (!sides[side]) {
                    continue;
                }
                const key = `${side}:${node.key.split(":")[1]}`;
                const row = rows.get(key) || this.partnerRow(key, side, node);
                const isBack =
                    side === "supplier"
                        ? INTO_SUPPLIER.has(kind)
                        : node === nodes[source];
                row[isBack ? "returned" : "quantity"] += quantity;
                row.net = row.quantity - row.returned;
                row.last = last > row.last ? last : row.last;
                rows.set(key, { ...row, side: sides[side] });
            }
        }
        const { selected } = this.state;
        const isPartner = rows.has(selected.replace("returned:", "supplier:"));
        return [...rows.values()].filter(
            (row) =>
                !isPartner || row.key === selected.replace("returned:", "supplier:"),
        );
    }

    partnerRow(key, side, node) {
        const contact = this.state.contacts?.get(key) || {};
        return {
            key,
            name: node.label,
            quantity: 0,
            returned: 0,
            net: 0,
            last: "",
            person: contact.person,
            phone: contact.phone,
            address: contact.address,
            onOpen: contact.id && (() => this.openForm("res.partner", contact.id)),
        };
    }

    get invoiceColumns() {
        return [
            { name: "name", label: _t("Number"), isWhole: true },
            { name: "kind", label: _t("Kind") },
            { name: "partner", label: _t("Partner") },
            { name: "date", label: _t("Date"), isWhole: true },
            { name: "amount_text", label: _t("Amount"), isWhole: true },
            { name: "state", label: _t("State") },
            { name: "payment", label: _t("Payment") },
        ];
    }

    get invoiceRows() {
        return (this.state.invoices?.rows || []).map((row) => ({
            ...row,
            key: row.id,
            onOpen: () => this.openForm("account.move", row.id),
        }));
    }

    get noInvoices() {
        return this.state.invoices?.is_allowed === false
            ? _t("You may not read invoices. Ask finance or the quality department.")
            : _t("No invoice of these orders yet.");
    }

    // Elsewhere

    openForm(model, id) {
        if (id) {
            this.action.doAction({
                type: "ir.actions.act_window",
                res_model: model,
                res_id: id,
                views: [[false, "form"]],
            });
        }
    }

    openLot(lot) {
        this.openForm("stock.lot", lot.id);
    }

    /** The single movements behind a line, with their transfers. */
    openMovements(kind, source, target) {
        const partner = [source, target].find((node) => node.id);
        const { product, lots } = this.state.trace;
        this.action.doAction({
            type: "ir.actions.act_window",
            name: _t("Lot Movements"),
            res_model: "pharma.lot.flow",
            views: [[false, "list"]],
            domain: [
                ["product_id", "=", product.id],
                ["lot_name", "in", lots.map((lot) => lot.name)],
                ...(kind ? [["kind", "=", kind]] : []),
                ...(partner ? [["partner_id", "=", partner.id]] : []),
            ],
        });
    }

    openAllMovements() {
        this.openMovements("", {}, {});
    }

    get exportUrl() {
        return `/pharma/trace/${this.state.lotIds.join(",")}.xlsx`;
    }

    get printUrl() {
        return `/report/pdf/pharma_lot_expiry.lot_trace/${this.state.lotIds.join(",")}`;
    }
}

registry.category("actions").add("pharma_trace", Trace);
