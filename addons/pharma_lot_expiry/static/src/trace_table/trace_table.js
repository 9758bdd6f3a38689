import { Component, useState } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { formatFloat } from "@web/core/utils/numbers";

const PAGE = 80;

/** Rows to sort by any column and to filter by any word; long lists come in pages. */
export class TraceTable extends Component {
    static template = "pharma_lot_expiry.TraceTable";
    static props = {
        columns: Array, // {name, label, isNumber}
        rows: Array, // {key, <column>: value, onOpen (optional)}
        empty: { type: String, optional: true },
    };

    setup() {
        this.state = useState({ sort: "", isDown: false, text: "", shown: PAGE });
    }

    get found() {
        const words = this.state.text.toLowerCase().split(/\s+/).filter(Boolean);
        const rows = this.props.rows.filter((row) => {
            const text = this.props.columns
                .map((column) => row[column.name])
                .join(" ")
                .toLowerCase();
            return words.every((word) => text.includes(word));
        });
        const { sort, isDown } = this.state;
        if (sort) {
            rows.sort((a, b) => compare(a[sort], b[sort]) * (isDown ? -1 : 1));
        }
        return rows;
    }

    text(column, row) {
        const value = row[column.name];
        if (typeof value === "number") {
            return formatFloat(value, { digits: [16, 3], trailingZeros: false });
        }
        return value || "";
    }

    onFilter(text) {
        this.state.text = text;
        this.state.shown = PAGE;
    }

    sortBy(column) {
        // A number is asked for from the top, a name from A.
        const isDown = this.state.sort === column.name ? !this.state.isDown : false;
        const isFirst = this.state.sort !== column.name;
        this.state.isDown = isFirst ? Boolean(column.isNumber) : isDown;
        this.state.sort = column.name;
    }

    ariaSort(column) {
        if (this.state.sort !== column.name) {
            return "none";
        }
        return this.state.isDown ? "descending" : "ascending";
    }

    more(found) {
        return _t("Show more (%s left)", found.length - this.state.shown);
    }

    showMore() {
        this.state.shown += PAGE * 5;
    }
}

function compare(a, b) {
    if (typeof a === "number" && typeof b === "number") {
        return a - b;
    }
    return String(a ?? "").localeCompare(String(b ?? ""), undefined, { numeric: true });
}
