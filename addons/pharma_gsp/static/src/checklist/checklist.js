import { Component, onWillStart } from "@odoo/owl";

import { deserializeDate, formatDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { FormViewDialog } from "@web/views/view_dialogs/form_view_dialog";

// In the order of what asks for work first.
const STATUSES = {
    missing: { icon: "fa-circle-o text-muted", label: _t("Missing"), isFiled: false },
    expired: {
        icon: "fa-times-circle text-danger",
        label: _t("Expired"),
        isFiled: false,
    },
    draft: { icon: "fa-clock-o text-info", label: _t("To verify"), isFiled: true },
    due: {
        icon: "fa-exclamation-circle text-warning",
        label: _t("Ending soon"),
        isFiled: true,
    },
    valid: { icon: "fa-check-circle text-success", label: _t("Valid"), isFiled: true },
};
const ORDER = Object.keys(STATUSES);
const PERSON_ROLES = { supplier: "sales", buyer: "purchase" };

/** What a first-approval file asks for, how far each item is and the next step. */
export class ChecklistField extends Component {
    static template = "pharma_gsp.ChecklistField";
    static props = { ...standardFieldProps };

    setup() {
        this.action = useService("action");
        this.dialog = useService("dialog");
        onWillStart(async () => {
            [this.mayFile, this.mayAddPerson] = await Promise.all([
                user.checkAccessRight("pharma.document", "create"),
                user.checkAccessRight("pharma.person", "create"),
            ]);
        });
    }

    get items() {
        const items = this.props.record.data[this.props.name] || [];
        return [...items].sort(
            (one, other) =>
                other.is_blocking - one.is_blocking ||
                ORDER.indexOf(one.status) - ORDER.indexOf(other.status),
        );
    }

    get filedCount() {
        return this.items.filter((item) => STATUSES[item.status].isFiled).length;
    }

    get percent() {
        return Math.floor((100 * this.filedCount) / (this.items.length || 1));
    }

    get summary() {
        return _t("%(done)s of %(total)s complete", {
            done: this.filedCount,
            total: this.items.length,
        });
    }

    get toVerifyCount() {
        return this.items.filter((item) => item.status === "draft").length;
    }

    get subject() {
        const { partner_id: partner, product_tmpl_id: product } =
            this.props.record.data;
        return product
            ? { model: "product.template", id: product.id, field: "product_tmpl_id" }
            : { model: "res.partner", id: partner?.id, field: "partner_id" };
    }

    status(item) {
        return STATUSES[item.status];
    }

    end(item) {
        return item.end ? formatDate(deserializeDate(item.end)) : "";
    }

    openDocument(item) {
        return this.openForm("pharma.document", item.document_id);
    }

    openSubject() {
        return this.openForm(this.subject.model, this.subject.id);
    }

    openForm(model, id) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: model,
            res_id: id,
            views: [[false, "form"]],
        });
    }

    openPersons() {
        return this.action.doAction({
            type: "ir.actions.act_window",
            name: _t("Authorised Persons"),
            res_model: "pharma.person",
            views: [
                [false, "list"],
                [false, "form"],
            ],
            domain: [
                ["partner_id", "=", this.subject.id],
                ["role", "=", this.personRole],
            ],
            context: this.personDefaults,
        });
    }

    get personRole() {
        return PERSON_ROLES[this.props.record.data.kind];
    }

    get personDefaults() {
        return { default_partner_id: this.subject.id, default_role: this.personRole };
    }

    fileDocument(item) {
        return this.createInDialog("pharma.document", item.name, {
            default_type_id: item.type_id,
            [`default_${this.subject.field}`]: this.subject.id,
        });
    }

    addPerson() {
        return this.createInDialog(
            "pharma.person",
            _t("Add person"),
            this.personDefaults,
        );
    }

    /** What was typed in the file itself is saved first: closing reloads it. */
    async createInDialog(resModel, title, context) {
        const { record } = this.props;
        if (await record.save()) {
            this.dialog.add(
                FormViewDialog,
                { resModel, title, context, size: "xl" },
                { onClose: () => record.load() },
            );
        }
    }
}

export const checklistField = {
    component: ChecklistField,
    displayName: _t("GSP Checklist"),
    supportedTypes: ["json"],
    isEmpty: () => false,
    fieldDependencies: [
        { name: "kind", type: "selection" },
        { name: "partner_id", type: "many2one", relation: "res.partner" },
        { name: "product_tmpl_id", type: "many2one", relation: "product.template" },
    ],
};

registry.category("fields").add("pharma_checklist", checklistField);
