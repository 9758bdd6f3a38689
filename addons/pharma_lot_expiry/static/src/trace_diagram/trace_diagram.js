import { Component, useState } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { formatFloat } from "@web/core/utils/numbers";

import { CARD, groupTail, layOut } from "./trace_layout";

// How many partners of a side have a card of their own, and how many more come at once.
const SHOWN = 12;
const MORE = 50;
// In pixels: what a card has room for, and what letters of its two lines take of it.
const ROOM = 142;
const LETTERS = { name: [13, 7.3], second: [12, 6.6] };
const FIRST_WIDE = 0x2e80;

/** The way of a lot, drawn from left to right; ribbons as broad as their quantity. */
export class TraceDiagram extends Component {
    static template = "pharma_lot_expiry.TraceDiagram";
    static props = {
        nodes: Array,
        edges: Array,
        kinds: Object,
        unit: String,
        focus: Set,
        selected: { type: String, optional: true },
        onSelect: Function,
    };

    setup() {
        this.card = CARD;
        this.state = useState({
            shown: { customer: SHOWN, supplier: SHOWN, returned: SHOWN },
        });
    }

    get layout() {
        const { nodes, edges, focus } = this.props;
        return layOut(groupTail(nodes, edges, this.state.shown, focus));
    }

    get titles() {
        return [
            _t("Comes from"),
            _t("Acceptance"),
            _t("Warehouses"),
            _t("Moved on to"),
            _t("Goes to"),
            _t("Comes back to"),
        ];
    }

    quantity(value) {
        return formatFloat(value, { digits: [16, 3], trailingZeros: false });
    }

    name(card) {
        if (!card.isMore) {
            return card.label;
        }
        return {
            customer: _t("+%s customers", card.count),
            supplier: _t("+%s suppliers", card.count),
            returned: _t("+%s suppliers", card.count),
        }[card.side];
    }

    /** Cut to what a card has room for. */
    short(text, line) {
        const [wide, narrow] = LETTERS[line];
        const width = (letter) => (letter.codePointAt(0) >= FIRST_WIDE ? wide : narrow);
        const letters = [...text];
        if (letters.reduce((sum, letter) => sum + width(letter), 0) <= ROOM) {
            return text;
        }
        let left = ROOM - wide;
        const kept = letters.findIndex((letter) => (left -= width(letter)) < 0);
        return `${letters.slice(0, kept).join("")}…`;
    }

    second(card) {
        const moved = this.quantity(Math.max(card.came, card.went));
        const parts = [moved];
        if (card.stock) {
            parts.push(_t("in stock %s", this.quantity(card.stock)));
        } else if (card.detail) {
            parts.push(card.detail);
        }
        return parts.join(" · ");
    }

    tooltip(ribbon) {
        const { source, target, kind, quantity, moves, first, last } = ribbon;
        const days = first === last ? first : `${first} – ${last}`;
        const names = [source, target].map((key) =>
            this.name(this.cardByKey.get(key) || {}),
        );
        return [
            names.join(" → "),
            `${this.props.kinds[kind]}: ${this.quantity(quantity)} ${this.props.unit}`,
            _t("%(moves)s movements, %(days)s", { moves, days }),
        ].join("\n");
    }

    /** Called once by the template, so that all of one drawing agrees. */
    draw() {
        const layout = this.layout;
        this.cardByKey = new Map(layout.cards.map((card) => [card.key, card]));
        return layout;
    }

    isFaded(ribbon) {
        const { selected } = this.props;
        return selected && ![ribbon.source, ribbon.target].includes(selected);
    }

    isFocus(card) {
        return card.key === this.props.selected || this.props.focus.has(card.id);
    }

    choose(card) {
        if (card.isMore) {
            this.state.shown[card.side] += MORE;
        } else {
            this.props.onSelect(card.key === this.props.selected ? "" : card.key);
        }
    }

    get canFold() {
        return Object.values(this.state.shown).some((count) => count > SHOWN);
    }

    fold() {
        Object.assign(this.state.shown, {
            customer: SHOWN,
            supplier: SHOWN,
            returned: SHOWN,
        });
    }
}
