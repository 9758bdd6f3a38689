import { Component, onWillStart, useState } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { session } from "@web/session";

/** What happened to one record, newest first, in words. */
export class HistoryDialog extends Component {
    static template = "pharma_audit.HistoryDialog";
    static components = { Dialog };
    static props = {
        resModel: String,
        resId: Number,
        close: Function,
    };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ name: "", steps: [], more: false, lastId: null });
        onWillStart(() => this.load());
    }

    get title() {
        return _t("History of %s", this.state.name);
    }

    async load() {
        const page = await this.orm.call("pharma.audit.entry", "get_history", [
            this.props.resModel,
            this.props.resId,
            this.state.lastId,
        ]);
        this.state.name = page.name || this.state.name;
        this.state.steps.push(...page.steps);
        this.state.more = page.more;
        this.state.lastId = page.last_id;
    }
}

/** The entry in the cog menu of every form whose model is recorded. */
export class HistoryMenu extends Component {
    static template = "pharma_audit.HistoryMenu";
    static components = { DropdownItem };
    static props = {};

    setup() {
        this.dialog = useService("dialog");
    }

    open() {
        const { resModel, resId } = this.env.model.root;
        this.dialog.add(HistoryDialog, { resModel, resId });
    }
}

registry.category("cogMenu").add(
    "pharma-audit-history",
    {
        Component: HistoryMenu,
        groupNumber: 20,
        isDisplayed: ({ config, model }) =>
            config.viewType === "form" &&
            Boolean(model?.root?.resId) &&
            (session.pharma_audit_models || []).includes(model.root.resModel),
    },
    { sequence: 5 },
);
