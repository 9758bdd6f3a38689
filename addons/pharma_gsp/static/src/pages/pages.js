import { Component, useEffect, useRef, useState } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { hidePDFJSButtons } from "@web/core/utils/pdfjs";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

// Shown in the page. Anything else, such as SVG or HTML, could carry scripts.
const IMAGE_TYPES = ["image/png", "image/jpeg", "image/webp"];
const PDF_TYPE = "application/pdf";

/** The scanned pages of a paper, one at a time, beside what was typed in from it. */
export class PagesField extends Component {
    static template = "pharma_gsp.PagesField";
    static props = { ...standardFieldProps };

    setup() {
        this.state = useState({ index: 0 });
        this.viewer = useRef("viewer");
        useEffect(
            (iframe) => {
                if (iframe) {
                    hidePDFJSButtons(iframe, { hidePresentation: true });
                }
            },
            () => [this.viewer.el],
        );
    }

    /** In the order they were added, which is how they were scanned. */
    get pages() {
        const { records } = this.props.record.data[this.props.name];
        return [...records]
            .sort((one, other) => one.resId - other.resId)
            .map(({ resId, data }) => ({
                id: resId,
                name: data.name,
                kind: this.kind(data.mimetype),
                url: `/web/content/${resId}`,
            }));
    }

    /** Pages may vanish below the index, when one is removed on the left. */
    get index() {
        return Math.min(this.state.index, this.pages.length - 1);
    }

    get page() {
        return this.pages[this.index];
    }

    get pdfViewerUrl() {
        const file = encodeURIComponent(this.page.url);
        return `/web/static/lib/pdfjs/web/viewer.html?file=${file}`;
    }

    get position() {
        return _t("%(number)s of %(total)s", {
            number: this.index + 1,
            total: this.pages.length,
        });
    }

    kind(mimetype) {
        if (mimetype === PDF_TYPE) {
            return "pdf";
        }
        return IMAGE_TYPES.includes(mimetype) ? "image" : "other";
    }

    show(index) {
        this.state.index = index;
    }
}

export const pagesField = {
    component: PagesField,
    displayName: _t("Scanned Pages"),
    supportedTypes: ["many2many"],
    isEmpty: () => false,
    relatedFields: [
        { name: "name", type: "char" },
        { name: "mimetype", type: "char" },
    ],
};

registry.category("fields").add("pharma_pages", pagesField);
