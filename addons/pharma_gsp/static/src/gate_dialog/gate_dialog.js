import { Component } from "@odoo/owl";

import { Dialog } from "@web/core/dialog/dialog";
import { standardErrorDialogProps } from "@web/core/errors/error_dialogs";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";

const SEVERITIES = {
    block: { icon: "fa-ban text-danger", label: _t("Blocks") },
    approval: { icon: "fa-unlock-alt text-warning", label: _t("QA may override") },
    warn: { icon: "fa-exclamation-triangle text-info", label: _t("Warns") },
};

/** What the gate found against a document, each finding with the way to its cure. */
export class GateDialog extends Component {
    static template = "pharma_gsp.GateDialog";
    static components = { Dialog };
    static props = { ...standardErrorDialogProps };

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.payload = this.props.data.context;
    }

    get title() {
        return _t("Not allowed yet");
    }

    get summary() {
        const { document, findings } = this.payload;
        return findings.length === 1
            ? _t("One reason stands against %s.", document)
            : _t("%(count)s reasons stand against %(document)s.", {
                  count: findings.length,
                  document: this.documents.map(({ name }) => name).join(", "),
              });
    }

    /** The findings by document, in the order the gate found them. */
    get documents() {
        const documents = new Map();
        for (const finding of this.payload.findings) {
            const name = finding.document;
            if (!documents.has(name)) {
                documents.set(name, { name, findings: [] });
            }
            documents.get(name).findings.push(finding);
        }
        return [...documents.values()];
    }

    severity(finding) {
        return SEVERITIES[finding.severity];
    }

    openCure(finding) {
        this.props.close();
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: finding.cure_model,
            res_id: finding.cure_id,
            views: [[false, "form"]],
        });
    }

    async askOverride(finding) {
        const [check] = await this.orm.searchRead(
            "pharma.gate.check",
            [["code", "=", finding.code]],
            ["id"],
            { limit: 1 },
        );
        this.props.close();
        return this.action.doAction({
            type: "ir.actions.act_window",
            name: _t("Ask QA to override"),
            res_model: "pharma.gate.override",
            views: [[false, "form"]],
            target: "new",
            context: {
                default_check_id: check.id,
                default_target_model: finding.target_model,
                default_target_id: finding.target_id,
                default_cure_model: finding.cure_model,
                default_cure_id: finding.cure_id,
                default_sentence: finding.sentence,
            },
        });
    }

    receiveIntoQuarantine() {
        const pickingId = this.payload.quarantine_picking_id;
        this.props.close();
        return this.action.doActionButton({
            type: "object",
            name: "action_pharma_quarantine",
            resModel: "stock.picking",
            resId: pickingId,
            resIds: [pickingId],
            context: {},
            onClose: () =>
                this.action.doAction({ type: "ir.actions.client", tag: "soft_reload" }),
        });
    }
}

registry
    .category("error_dialogs")
    .add("odoo.addons.pharma_gsp.exceptions.GateRefusal", GateDialog);
