import { Component, onWillStart, useRef, useState } from "@odoo/owl";

import { FileModel } from "@web/core/file_viewer/file_model";
import { useFileViewer } from "@web/core/file_viewer/file_viewer_hook";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { url } from "@web/core/utils/urls";
import { useSetupAction } from "@web/search/action_hook";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

const { DateTime } = luxon;
const CHINA = "Asia/Shanghai";
const THUMBS = 4;
// In characters: what stays on one line where it opens the row, what gets a wide column.
const SHORT = 16;
const LONG = 30;

/** Days of China as ISO text, by the name of the period. */
const PERIODS = {
    all: () => ["", ""],
    year: (today) => [today.startOf("year").toISODate(), ""],
    months: (today) => [today.minus({ months: 12 }).toISODate(), ""],
    last: (today) => {
        const day = today.minus({ years: 1 });
        return [day.startOf("year").toISODate(), day.endOf("year").toISODate()];
    },
};

/** Everything about one record for an inspector, and a zip of it to take along. */
export class Inspection extends Component {
    static template = "pharma_gsp.Inspection";
    static components = { Layout };
    static props = { ...standardActionServiceProps };
    static path = "inspection";
    static displayName = _t("Inspection");

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.viewer = useFileViewer();
        this.root = useRef("root");
        this.subject = this.findSubject();
        const { since = "", until = "", period = "all" } = this.startingPeriod();
        this.state = useState({ data: null, since, until, period, error: "" });
        useSetupAction({
            rootRef: this.root,
            getLocalState: () => ({
                subject: this.subject,
                since: this.state.since,
                until: this.state.until,
                period: this.state.period,
            }),
        });
        onWillStart(() => this.load());
    }

    /**
     * From the form or the search that opened us, or else from the address. There the
     * model's name can't be called so, which means a form to the web client.
     */
    findSubject() {
        if (this.props.state?.subject) {
            return this.props.state.subject;
        }
        const { context, params } = this.props.action;
        const address = { ...context?.params, ...params };
        return {
            model: context?.active_model || address.inspected,
            id: this.props.resId || context?.active_id || address.resId,
        };
    }

    startingPeriod() {
        if (this.props.state) {
            return this.props.state;
        }
        const { context, params } = this.props.action;
        const { since, until } = { ...context?.params, ...params };
        return { since, until, period: since || until ? "own" : "all" };
    }

    async load() {
        const { model, id } = this.subject;
        if (!model || !id) {
            this.state.error = _t("Search what you want to inspect.");
            return;
        }
        const { since, until } = this.state;
        const data = await this.orm.call("pharma.inspection", "action_open", [
            model,
            id,
            since || false,
            until || false,
        ]);
        // Of a contact its company is shown.
        this.subject = { model: data.model, id: data.id };
        this.state.data = data;
        this.env.config.setDisplayName(data.name);
        this.props.updateActionState({
            resId: data.id,
            inspected: data.model,
            since: since || undefined,
            until: until || undefined,
        });
    }

    get data() {
        return this.state.data;
    }

    get periods() {
        return [
            ["all", _t("All years")],
            ["year", _t("This year")],
            ["months", _t("Last 12 months")],
            ["last", _t("Last year")],
            ["own", _t("From … to …")],
        ];
    }

    async choosePeriod(period) {
        this.state.period = period;
        if (period !== "own") {
            const today = DateTime.now().setZone(CHINA);
            [this.state.since, this.state.until] = PERIODS[period](today);
            await this.load();
        }
    }

    async chooseDay(name, day) {
        this.state[name] = day;
        const { since, until } = this.state;
        if (!since || !until || since <= until) {
            await this.load();
        }
    }

    get exportUrl() {
        const { model, id, company_ids: companyIds } = this.data;
        const { since, until } = this.state;
        return url(`/pharma/inspection/${model}/${id}.zip`, {
            ...(since && { since }),
            ...(until && { until }),
            companies: companyIds.join(","),
        });
    }

    more(section) {
        return _t("%(count)s more: choose a shorter period, or export all of them.", {
            count: section.total - section.rows.length,
        });
    }

    cellClass(section, index, cell) {
        const column = section.columns[index];
        const isNumber = index === 0 && cell.text.length <= SHORT;
        return {
            "text-end": column.is_right,
            "text-nowrap": column.is_whole || isNumber,
            pharma_inspection_wide: cell.text.length > LONG,
        };
    }

    hasPages(section) {
        return section.rows.some((row) => row.pages.length);
    }

    shownPages(row) {
        return row.pages.slice(0, THUMBS);
    }

    isPicture(page) {
        return page.mimetype.startsWith("image/");
    }

    goTo(code) {
        const heading = this.root.el.querySelector(`[data-section="${code}"]`);
        heading.scrollIntoView({ behavior: "smooth", block: "start" });
    }

    openRow(row) {
        if (row.model) {
            this.action.doAction({
                type: "ir.actions.act_window",
                res_model: row.model,
                res_id: row.id,
                views: [[false, "form"]],
            });
        }
    }

    openSubject() {
        this.openRow(this.subject);
    }

    openPage(row, page) {
        const files = row.pages.map((each) => Object.assign(new FileModel(), each));
        this.viewer.open(
            files.find((file) => file.id === page.id),
            files,
        );
    }

    openSearch() {
        this.action.doAction("pharma_gsp.pharma_inspection_action_search", {
            clearBreadcrumbs: true,
        });
    }
}

registry.category("actions").add("pharma_inspection", Inspection);
