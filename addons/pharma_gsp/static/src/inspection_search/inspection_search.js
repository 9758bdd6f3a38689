import { Component, useState } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useAutofocus, useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";
import { useSetupAction } from "@web/search/action_hook";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

const PAUSE = 250; // milliseconds without a key until the server is asked

/** A name or number in, the screen of all its papers out. */
export class InspectionSearch extends Component {
    static template = "pharma_gsp.InspectionSearch";
    static components = { Layout };
    static props = { ...standardActionServiceProps };
    static path = "inspection-search";
    static displayName = _t("Inspection");

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.newest = new KeepLast();
        const { text = "", groups = null } = this.props.state || {};
        this.state = useState({ text, groups });
        this.searchLater = useDebounced(() => this.search(), PAUSE);
        useAutofocus();
        useSetupAction({ getLocalState: () => ({ ...this.state }) });
    }

    onInput(text) {
        this.state.text = text;
        this.searchLater();
    }

    async search() {
        this.searchLater.cancel();
        this.state.groups = this.state.text.trim()
            ? await this.newest.add(
                  this.orm.call("pharma.inspection", "action_search", [
                      this.state.text,
                  ]),
              )
            : null;
    }

    /** Enter opens what was found, when it is one only. */
    async submit() {
        await this.search();
        const found = (this.state.groups || []).flatMap((group) =>
            group.records.map((record) => [group, record]),
        );
        if (found.length === 1) {
            await this.open(...found[0]);
        }
    }

    open(group, record) {
        return this.action.doAction("pharma_gsp.pharma_inspection_action", {
            additionalContext: { active_model: group.model, active_id: record.id },
        });
    }
}

registry.category("actions").add("pharma_inspection_search", InspectionSearch);
