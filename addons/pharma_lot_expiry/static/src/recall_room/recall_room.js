import { Component, onWillUnmount, useState } from "@odoo/owl";

import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { formatFloat } from "@web/core/utils/numbers";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const { DateTime, Duration } = luxon;
const SHOWN = 50;
const TONES = {
    pending: "secondary",
    notified: "info",
    read: "primary",
    replied: "warning",
    recovered: "success",
};
const CLOCKS = {
    met: { tone: "success", icon: "fa-check-circle", verdict: _t("in time") },
    late: { tone: "warning", icon: "fa-exclamation-circle", verdict: _t("late") },
    running: { tone: "info", icon: "fa-clock-o", verdict: _t("left") },
    overdue: { tone: "danger", icon: "fa-exclamation-triangle", verdict: _t("over") },
    unmet: { tone: "warning", icon: "fa-minus-circle", verdict: _t("not completed") },
    idle: { tone: "secondary", icon: "fa-circle-o", verdict: "" },
};

/** "1 d 02:03:04" of a luxon Duration. */
function spell(duration) {
    const { days, hours, minutes, seconds } = duration
        .shiftTo("days", "hours", "minutes", "seconds")
        .toObject();
    const clock = [hours, minutes, Math.floor(seconds)]
        .map((part) => String(part).padStart(2, "0"))
        .join(":");
    return days ? _t("%(days)s d %(clock)s", { days, clock }) : clock;
}

/** A running recall at a glance: clocks, stock locked, customers, whom to call first. */
export class RecallRoomField extends Component {
    static template = "pharma_lot_expiry.RecallRoomField";
    static props = { ...standardFieldProps };

    setup() {
        this.action = useService("action");
        this.state = useState({
            now: DateTime.now(),
            filter: "all",
            search: "",
            isAll: false,
        });
        // The server's clock counts; this one may be wrong.
        this.readAt = DateTime.now();
        const timer = setInterval(() => (this.state.now = DateTime.now()), 1000);
        onWillUnmount(() => clearInterval(timer));
    }

    get room() {
        const room = this.props.record.data[this.props.name];
        if (room && this.lastRoom !== room.now) {
            this.lastRoom = room.now;
            this.readAt = DateTime.now();
        }
        return room;
    }

    get now() {
        const { now, closed } = this.room;
        if (closed) {
            return deserializeDateTime(closed);
        }
        const passed = Math.max(this.state.now.diff(this.readAt).toMillis(), 0);
        return deserializeDateTime(now).plus({ milliseconds: passed });
    }

    get stopwatch() {
        return spell(this.now.diff(deserializeDateTime(this.room.t0)));
    }

    get isRunning() {
        return this.room.state === "running";
    }

    get clocks() {
        return this.room.clocks.map((clock) => {
            let state = clock.state;
            const due = clock.due && deserializeDateTime(clock.due);
            // Between two readings a deadline may pass.
            if (state === "running" && this.now.startOf("second") > due) {
                state = "overdue";
            }
            return {
                ...clock,
                ...CLOCKS[state],
                state,
                text: this.clockText(clock, due),
            };
        });
    }

    clockText(clock, due) {
        if (!due || clock.state === "unmet") {
            return "–";
        }
        if (clock.done) {
            const took = deserializeDateTime(clock.done).diff(
                deserializeDateTime(this.room.t0),
            );
            return spell(took);
        }
        const left = due.diff(this.now.startOf("second"));
        return spell(left.toMillis() < 0 ? left.negate() : left);
    }

    took(clock) {
        const seconds = Duration.fromMillis(clock.ms).as("seconds");
        return _t("measured: %s s", seconds.toFixed(seconds < 10 ? 2 : 0));
    }

    get stockTotal() {
        return this.number(this.room.stock.reduce((sum, row) => sum + row.quantity, 0));
    }

    get steps() {
        const total = this.room.customers.length || 1;
        return this.room.steps.map((step) => ({
            ...step,
            tone: TONES[step.state],
            percent: (100 * step.count) / total,
        }));
    }

    get chips() {
        const overdue = this.room.customers.filter((c) => c.is_overdue).length;
        return [
            { key: "all", label: _t("All"), count: this.room.customers.length },
            { key: "overdue", label: _t("Overdue"), count: overdue },
            ...this.room.steps.map((step) => ({
                key: step.state,
                label: step.label,
                count: step.count,
            })),
        ];
    }

    get matching() {
        const { filter, search } = this.state;
        const wanted = search.trim().toLowerCase();
        return this.room.customers.filter(
            (customer) =>
                (filter === "all" ||
                    (filter === "overdue" && customer.is_overdue) ||
                    customer.state === filter) &&
                `${customer.name} ${customer.seller}`.toLowerCase().includes(wanted),
        );
    }

    get shown() {
        return this.state.isAll ? this.matching : this.matching.slice(0, SHOWN);
    }

    get totals() {
        const sums = { due: 0, on_hand: 0, used: 0, recovered: 0, balance: 0 };
        for (const customer of this.matching) {
            for (const name of Object.keys(sums)) {
                sums[name] += customer[name];
            }
        }
        sums.rate = sums.due ? (sums.recovered + sums.used) / sums.due : 0;
        return sums;
    }

    tone(customer) {
        return customer.is_overdue ? "danger" : TONES[customer.state];
    }

    stepLabel(customer) {
        return this.room.steps.find((step) => step.state === customer.state).label;
    }

    lastStep(customer) {
        return customer.replied || customer.read || customer.notified;
    }

    number(value) {
        return formatFloat(value, { trailingZeros: false, digits: [16, 2] });
    }

    percent(rate) {
        return `${Math.round(100 * rate)} %`;
    }

    moment(text) {
        return text
            ? formatDateTime(deserializeDateTime(text), { format: "MM-dd HH:mm" })
            : "";
    }

    choose(filter) {
        this.state.filter = this.state.filter === filter ? "all" : filter;
    }

    open(customer) {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "pharma.recall.customer",
            res_id: customer.id,
            views: [[false, "form"]],
        });
    }
}

registry.category("fields").add("pharma_recall_room", {
    component: RecallRoomField,
    supportedTypes: ["json"],
});
