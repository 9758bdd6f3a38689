import { browser } from "@web/core/browser/browser";
import { ConnectionLostError } from "@web/core/network/rpc";

const BATCH = 20;
// Milliseconds to wait after the first, second … failure in a row.
const PAUSES = [500, 1000, 2000, 4000, 8000, 15000];
// A line that hangs longer than this counts as lost; sending twice does no harm.
const PATIENCE = 30000;

/** A number no other device draws. */
export function drawNumber() {
    // randomUUID exists on secure pages only; a warehouse may not have a certificate.
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Scans on their way to the server, kept in the browser until it answered.
 *
 * One batch is under way at a time, in the order of scanning. Each scan carries a number
 * the server knows it by, so whatever is sent again after a broken line is counted once;
 * and a scan leaves the store only with its answer, so a reload loses none.
 */
export class ScanQueue {
    /**
     * @param {Object} options
     * @param {string} options.key where in the store
     * @param {(scans: Object[]) => Promise<Object>} options.send
     * @param {(answer: Object) => void} options.onAnswer
     * @param {() => void} options.onChange the count or the connection changed
     * @param {Storage} [options.storage]
     */
    constructor({ key, send, onAnswer, onChange, storage = browser.localStorage }) {
        Object.assign(this, { key, send, onAnswer, onChange, storage });
        this.failures = 0;
        this.error = null;
        this.underway = new Set();
        this.timer = null;
        this.isStopped = false;
    }

    /** Waiting scans; read from the store each time, as another tab may share it. */
    get items() {
        try {
            return JSON.parse(this.storage.getItem(this.key)) || [];
        } catch {
            return [];
        }
    }

    get size() {
        return this.items.length;
    }

    get isOffline() {
        return this.failures > 0;
    }

    push(scan) {
        this.write([...this.items, scan]);
        this.flush();
    }

    /**
     * Take back a scan nobody has sent yet.
     *
     * @returns {boolean} whether it was still here
     */
    drop(uid) {
        const items = this.items;
        if (this.underway.has(uid) || !items.some((item) => item.uid === uid)) {
            return false;
        }
        this.write(items.filter((item) => item.uid !== uid));
        return true;
    }

    /** Try at once, whatever pause is left. */
    retry() {
        browser.clearTimeout(this.timer);
        this.timer = null;
        return this.flush();
    }

    stop() {
        this.isStopped = true;
        browser.clearTimeout(this.timer);
    }

    async flush() {
        if (this.underway.size || this.timer || this.isStopped) {
            return;
        }
        const batch = this.items.slice(0, BATCH);
        if (!batch.length) {
            return;
        }
        this.underway = new Set(batch.map((scan) => scan.uid));
        try {
            this.succeed(await this.sendInTime(batch));
        } catch (error) {
            this.fail(error);
        } finally {
            this.underway.clear();
            this.onChange();
        }
        if (!this.isOffline) {
            await this.flush();
        }
    }

    sendInTime(batch) {
        let timer;
        const late = new Promise((_resolve, reject) => {
            timer = browser.setTimeout(
                () => reject(new ConnectionLostError()),
                PATIENCE,
            );
        });
        return Promise.race([this.send(batch), late]).finally(() =>
            browser.clearTimeout(timer),
        );
    }

    succeed(response) {
        this.failures = 0;
        this.error = null;
        const answered = new Set(response.results.map((answer) => answer.uid));
        this.write(this.items.filter((item) => !answered.has(item.uid)));
        for (const answer of response.results) {
            this.onAnswer(answer, response);
        }
    }

    /** Keep everything and try again later, longer and longer. */
    fail(error) {
        this.error = error instanceof ConnectionLostError ? null : error;
        const pause = PAUSES[Math.min(this.failures, PAUSES.length - 1)];
        this.failures += 1;
        if (!this.isStopped) {
            this.timer = browser.setTimeout(() => this.retry(), pause);
        }
    }

    write(items) {
        this.storage.setItem(this.key, JSON.stringify(items));
        this.onChange();
    }
}
