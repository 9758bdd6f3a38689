import {
    Component,
    onMounted,
    onWillStart,
    onWillUnmount,
    useRef,
    useState,
} from "@odoo/owl";

import { scanBarcode } from "@web/core/barcode/barcode_dialog";
import { isBarcodeScannerSupported } from "@web/core/barcode/barcode_video_scanner";
import { browser } from "@web/core/browser/browser";
import { hasTouch } from "@web/core/browser/feature_detection";
import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { session } from "@web/session";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

import { drawNumber, ScanQueue } from "./scan_queue";
import { ScanSound } from "./scan_sound";

const GROUP_SEPARATOR = "\x1d";
const SHOWN_ANSWERS = 12;
const MODE_ICONS = {
    receive: "fa-truck",
    putaway: "fa-cubes",
    pick: "fa-shopping-basket",
    review: "fa-check-square-o",
    return: "fa-undo",
    count: "fa-list-ol",
    lookup: "fa-search",
};
const HINTS = {
    receive: _t("Scan the packs that came: trace code, GS1 code or lot label."),
    putaway: _t("Scan the goods, then the shelf you put them on."),
    pick: _t("Scan each pack you take from the shelf."),
    review: _t("Scan each pack again, before it leaves."),
    return: _t("Scan the packs that came back."),
    count: _t("Scan the location, then everything that lies there."),
    lookup: _t("Scan anything: a pack, a lot, a shelf, a document."),
};

/** What the screen knows before a transfer is chosen or a code is scanned. */
function nothingChosen() {
    return {
        transfers: null,
        transfer: null,
        answer: null,
        answers: [],
        found: null,
        outcome: null,
        packs: 0,
        showPacks: false,
    };
}

/** A full screen for a scanner in the hand: one field, one big answer (OB-12). */
export class ScanStation extends Component {
    static template = "pharma_lot_expiry.ScanStation";
    static props = { ...standardActionServiceProps };
    static path = "pharma-scan";
    static displayName = _t("Scan Station");

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.menu = useService("menu");
        this.notification = useService("notification");
        this.field = useRef("field");
        this.sound = new ScanSound();
        this.canUseCamera = isBarcodeScannerSupported();
        this.state = useState({
            modes: [],
            mode: "",
            ...nothingChosen(),
            keyboard: !hasTouch(),
            waiting: 0,
            isOffline: false,
            error: "",
            isBusy: false,
        });
        this.queue = new ScanQueue({
            key: `pharma_scan_queue:${session.db}:${user.userId}`,
            send: (scans) =>
                this.orm.silent.call("pharma.scan.station", "submit", [scans]),
            onAnswer: (answer, response) => this.onAnswer(answer, response),
            onChange: () => this.onQueueChange(),
        });
        const onOnline = () => this.queue.retry();
        const onKey = (ev) => this.onAnyKey(ev);
        onWillStart(() => this.start());
        onMounted(() => {
            browser.addEventListener("online", onOnline);
            window.addEventListener("keydown", onKey);
            this.onQueueChange();
            this.queue.flush();
            this.focus();
        });
        onWillUnmount(() => {
            browser.removeEventListener("online", onOnline);
            window.removeEventListener("keydown", onKey);
            this.queue.stop();
            this.sound.stop();
        });
    }

    /** Where a reload left off stands in the address. */
    async start() {
        const { context, params } = this.props.action;
        const address = { ...context?.params, ...params };
        this.state.modes = await this.orm.call("pharma.scan.station", "get_modes");
        const known = ["lookup", ...this.state.modes.map(({ mode }) => mode)];
        if (!known.includes(address.scan_mode)) {
            return;
        }
        if (address.scan_transfer) {
            await this.openTransfer(address.scan_mode, Number(address.scan_transfer));
        } else {
            await this.chooseMode(address.scan_mode);
        }
    }

    // What the screen shows.

    get modes() {
        return [
            ...this.state.modes,
            { mode: "lookup", name: _t("Look Up"), count: null },
        ].map((each) => ({ ...each, icon: MODE_ICONS[each.mode] }));
    }

    get hint() {
        return HINTS[this.state.mode];
    }

    get modeName() {
        return this.modes.find(({ mode }) => mode === this.state.mode)?.name || "";
    }

    get isListing() {
        return Boolean(this.state.transfers) && !this.state.transfer;
    }

    /** Whether there is something to scan for; lists take document numbers. */
    get title() {
        return this.state.transfer?.name || this.modeName;
    }

    get progress() {
        const { expected = 0, scanned = 0 } = this.state.transfer || {};
        return expected ? Math.min(100, Math.round((100 * scanned) / expected)) : 0;
    }

    get answerClass() {
        return `pharma_scan_${this.state.answer?.verdict || "idle"}`;
    }

    get lastCounted() {
        return this.state.answers.find(
            (answer) => !answer.undone && (answer.counted || answer.isWaiting),
        );
    }

    share(line) {
        return line.expected
            ? Math.min(100, Math.round((100 * line.scanned) / line.expected))
            : 0;
    }

    isFull(line) {
        return line.expected > 0 && line.scanned >= line.expected;
    }

    dateTime(text) {
        return text ? formatDateTime(deserializeDateTime(text)) : "";
    }

    // The one field.

    focus() {
        const field = this.field.el;
        if (field && !document.querySelector(".o_dialog, .modal")) {
            field.focus({ preventScroll: true });
        }
    }

    /** Whatever is clicked, the next scan lands in the field. */
    onClick(ev) {
        if (!ev.target.closest("input, textarea, select, a, .pharma_scan_form")) {
            this.focus();
        }
    }

    /** A scanner types wherever the focus is: it belongs in the field. */
    onAnyKey(ev) {
        const isTyping = ev.target.closest?.("input, textarea, select");
        if (!isTyping && ev.key.length === 1 && !ev.ctrlKey && !ev.metaKey) {
            this.focus();
        }
    }

    /** Scanners send FNC1 as F8, Ctrl+] or Alt+029. */
    onKeydown(ev) {
        if (ev.key === "F8" || (ev.ctrlKey && ev.key === "]")) {
            this.insert(GROUP_SEPARATOR);
            ev.preventDefault();
        } else if (ev.altKey && /^[0-9]$/.test(ev.key)) {
            this.altDigits = (this.altDigits || "") + ev.key;
            ev.preventDefault();
        } else if (ev.key === "Enter" || ev.key === "Tab") {
            ev.preventDefault();
            this.submitField();
        } else if (ev.key === "Escape") {
            this.field.el.value = "";
            this.state.showPacks = false;
        }
    }

    onKeyup(ev) {
        if (ev.key === "Alt" && this.altDigits) {
            if (Number(this.altDigits) === 29) {
                this.insert(GROUP_SEPARATOR);
            }
            this.altDigits = "";
        }
    }

    insert(text) {
        const field = this.field.el;
        field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
    }

    submitField() {
        const text = this.field.el.value;
        this.field.el.value = "";
        const times = text.match(/^\s*(\d{1,4})\s*[*×]\s*$/);
        if (times) {
            this.state.packs = Number(times[1]);
        } else if (text.trim()) {
            this.scan(text);
        }
    }

    /** One scan: shown at once, sent as soon as the line allows. */
    scan(text, answer = {}) {
        if (this.state.mode === "lookup") {
            return this.lookUp(text);
        }
        if (!this.state.mode || this.isListing) {
            return this.openDocument(text);
        }
        const packs = this.state.packs;
        const scan = {
            uid: drawNumber(),
            text: packs > 1 && !/^\s*\d+\s*[*×]/.test(text) ? `${packs}*${text}` : text,
            mode: this.state.mode,
            picking_id: this.state.transfer?.id || 0,
            at: new Date().toISOString(),
            answer,
        };
        this.state.packs = 0;
        this.state.showPacks = false;
        this.note({
            ...scan,
            verdict: "waiting",
            sentence: scan.text,
            isWaiting: true,
        });
        this.queue.push(scan);
    }

    note(answer) {
        this.state.answer = answer;
        this.state.answers = [
            answer,
            ...this.state.answers.filter(({ uid }) => uid !== answer.uid),
        ].slice(0, SHOWN_ANSWERS);
    }

    onAnswer(answer, response) {
        const { transfer } = response;
        if (transfer && transfer.id === this.state.transfer?.id) {
            this.state.transfer = transfer;
        }
        if (this.state.mode === "count") {
            this.loadCount();
        }
        const index = this.state.answers.findIndex(({ uid }) => uid === answer.uid);
        if (index >= 0) {
            this.state.answers[index] = answer;
        } else {
            this.state.answers = [answer, ...this.state.answers].slice(
                0,
                SHOWN_ANSWERS,
            );
        }
        if (answer.reason === "undone") {
            this.markUndone(answer);
        }
        // A later scan may be on the screen already; a refusal shows all the same.
        const isLast = this.state.answers[0].uid === answer.uid;
        if (isLast || answer.verdict === "refused" || answer.verdict === "ask") {
            this.state.answer = answer;
        }
        this.sound.play(answer.verdict, answer.reason);
        if (answer.open) {
            this.openTransfer(answer.open.mode, answer.open.picking_id);
        }
    }

    markUndone(answer) {
        const undone = this.state.answers.find(({ uid }) => uid === answer.text);
        if (undone) {
            undone.undone = true;
        }
    }

    onQueueChange() {
        this.state.waiting = this.queue.size;
        this.state.isOffline = this.queue.isOffline;
        this.state.error = this.queue.error
            ? this.queue.error.data?.message || this.queue.error.message
            : "";
    }

    retry() {
        this.queue.retry();
        this.focus();
    }

    undo() {
        const last = this.lastCounted;
        if (!last) {
            return;
        }
        if (this.queue.drop(last.uid)) {
            last.undone = true;
            this.note({
                uid: drawNumber(),
                verdict: "info",
                sentence: _t("Taken back."),
            });
        } else {
            // Shown as taken back at once; the server does it in its turn.
            last.undone = true;
            this.queue.push({
                uid: drawNumber(),
                undo: last.uid,
                mode: this.state.mode,
                picking_id: this.state.transfer?.id || 0,
                at: new Date().toISOString(),
            });
        }
        this.focus();
    }

    choose(option) {
        const { text } = this.state.answer;
        if (option.text) {
            this.scan(option.text);
        } else {
            this.scan(text, option.answer);
        }
        this.focus();
    }

    answerForm(ev) {
        const data = new FormData(ev.target);
        const { text } = this.state.answer;
        this.scan(text, {
            lot_name: data.get("lot_name"),
            expiry_label: data.get("expiry_label") || "",
        });
        this.focus();
    }

    setPacks(value) {
        this.state.packs = Math.max(0, Math.min(9999, Number(value) || 0));
    }

    togglePacks() {
        this.state.showPacks = !this.state.showPacks;
    }

    toggleKeyboard() {
        this.state.keyboard = !this.state.keyboard;
        // A field shows its keyboard when it gets the focus, not before.
        this.field.el.blur();
        browser.setTimeout(() => this.focus(), 0);
    }

    async useCamera() {
        try {
            const text = await scanBarcode(this.env);
            this.scan(text);
        } catch (error) {
            this.notification.add(error.message, { type: "warning" });
        }
        this.focus();
    }

    // Modes and transfers.

    clear() {
        Object.assign(this.state, nothingChosen());
    }

    async chooseMode(mode) {
        this.clear();
        this.state.mode = mode;
        this.remember();
        if (mode === "count") {
            await this.loadCount();
        } else if (mode && mode !== "lookup") {
            this.state.transfers = await this.orm.call(
                "pharma.scan.station",
                "get_transfers",
                [mode],
            );
        }
        this.focus();
    }

    async openTransfer(mode, id) {
        const transfer = await this.orm.call("pharma.scan.station", "get_transfer", [
            mode,
            id,
        ]);
        this.clear();
        this.state.mode = mode;
        this.state.transfer = transfer;
        this.state.answers = [...this.unsent(mode, id), ...transfer.last];
        this.remember();
        this.focus();
    }

    /** Scans of before a reload that still wait for the network, the last one first. */
    unsent(mode, id) {
        return this.queue.items
            .filter(
                (scan) => scan.mode === mode && scan.picking_id === id && !scan.undo,
            )
            .map((scan) => ({
                ...scan,
                verdict: "waiting",
                sentence: scan.text,
                isWaiting: true,
            }))
            .reverse();
    }

    /** Put away without a transfer: from any shelf to another. */
    async moveFreely() {
        this.clear();
        this.state.mode = "putaway";
        this.state.transfer = {
            id: 0,
            name: _t("Move goods"),
            lines: [],
            expected: 0,
            scanned: 0,
        };
        this.focus();
    }

    /** From the menu or a list: the number of a document opens it. */
    async openDocument(text) {
        const found = await this.orm.call("pharma.scan.station", "find_document", [
            text,
            this.state.mode,
        ]);
        if (found.picking_id) {
            await this.openTransfer(found.mode, found.picking_id);
            this.sound.play("ok");
        } else {
            this.state.answer = { verdict: "refused", ...found };
            this.sound.play("refused", "unknown");
        }
    }

    async loadCount() {
        const count = await this.orm.silent.call("pharma.scan.station", "get_count");
        if (this.state.mode === "count" && !this.state.outcome) {
            this.state.transfer = count;
        }
    }

    async lookUp(text) {
        this.state.found = await this.orm.call("pharma.scan.station", "look_up", [
            text,
        ]);
        this.state.answer = null;
        const isBad = this.state.found.tone === "bad";
        this.sound.play(isBad ? "refused" : "ok", "unknown");
        this.focus();
    }

    openRecord() {
        const [model, id] = this.state.found.record;
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: model,
            res_id: id,
            views: [[false, "form"]],
        });
    }

    remember() {
        this.props.updateActionState({
            scan_mode: this.state.mode || undefined,
            scan_transfer: this.state.transfer?.id || undefined,
        });
    }

    back() {
        const { mode, transfer } = this.state;
        const hasList = !["", "lookup", "count"].includes(mode);
        return this.chooseMode(transfer && hasList ? mode : "");
    }

    leave() {
        const app = this.menu.getCurrentApp() || this.menu.getApps()[0];
        return this.menu.selectMenu(app);
    }

    // Finishing.

    get canFinish() {
        const { mode, transfer, waiting, outcome } = this.state;
        return Boolean(
            transfer &&
            mode !== "lookup" &&
            !waiting &&
            !outcome?.done &&
            (transfer.id || (mode === "count" && transfer.name)),
        );
    }

    async finish(rest = null) {
        this.state.isBusy = true;
        try {
            if (this.state.mode === "count") {
                await this.finishCount();
            } else {
                await this.finishTransfer(rest);
            }
        } finally {
            this.state.isBusy = false;
            this.focus();
        }
    }

    async finishCount() {
        const outcome = await this.orm.call("pharma.scan.station", "finish_count");
        this.state.outcome = { ...outcome, isCount: true, done: true };
        this.sound.play("ok");
    }

    async finishTransfer(rest) {
        const { mode, transfer } = this.state;
        const outcome = await this.orm.call("pharma.scan.station", "finish", [
            mode,
            transfer.id,
            rest,
        ]);
        this.state.outcome = outcome;
        this.sound.play(outcome.done ? "ok" : "warn");
        if (outcome.action) {
            await this.action.doAction(outcome.action, {
                onClose: () => this.chooseMode(mode),
            });
        }
    }

    goOn() {
        if (this.state.outcome?.isCount) {
            return this.chooseMode("count");
        }
        if (this.state.outcome?.done) {
            return this.chooseMode(this.state.mode);
        }
        this.state.outcome = null;
        this.focus();
    }
}

registry.category("actions").add("pharma_scan_station", ScanStation);
