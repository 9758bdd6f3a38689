/** [frequency in Hz, seconds] after each other, by what there is to tell. */
const TUNES = {
    ok: [[880, 0.09]],
    info: [[1200, 0.05]],
    warn: [
        [660, 0.12],
        [520, 0.12],
    ],
    ask: [
        [520, 0.1],
        [780, 0.14],
    ],
    refused: [[180, 0.45]],
    // What a person should know with the eyes on the shelf.
    lot: [
        [220, 0.18],
        [160, 0.3],
    ],
    duplicate: [
        [330, 0.1],
        [330, 0.1],
    ],
    over: [
        [300, 0.1],
        [300, 0.1],
        [300, 0.1],
    ],
    expired: [
        [400, 0.14],
        [280, 0.14],
        [180, 0.3],
    ],
    held: [
        [160, 0.16],
        [160, 0.16],
        [160, 0.16],
    ],
    already_out: [
        [520, 0.1],
        [180, 0.1],
        [520, 0.1],
        [180, 0.3],
    ],
    unknown: [
        [240, 0.12],
        [200, 0.3],
    ],
};
const SAME = {
    wrong_lot: "lot",
    wrong_product: "lot",
    product: "lot",
    parent_here: "duplicate",
    child_here: "already_out",
    incomplete: "already_out",
    already_in: "already_out",
    recalled: "held",
    unmapped: "unknown",
    not_picked: "lot",
};
const LOUDNESS = 0.25;
const GAP = 0.04;

export class ScanSound {
    /** Browsers allow sound after the first key only, so it is made then. */
    get context() {
        const Context = window.AudioContext || window.webkitAudioContext;
        this._context ||= Context && new Context();
        return this._context;
    }

    play(verdict, reason) {
        const refusal = TUNES[reason] || TUNES[SAME[reason]] || TUNES.refused;
        const tune = verdict === "refused" ? refusal : TUNES[verdict];
        const context = this.context;
        if (!context || !tune) {
            return;
        }
        let at = context.currentTime;
        for (const [frequency, seconds] of tune) {
            this.beep(context, frequency, at, seconds, verdict === "refused");
            at += seconds + GAP;
        }
        if (verdict !== "ok" && "vibrate" in navigator) {
            navigator.vibrate(verdict === "refused" ? 300 : 80);
        }
    }

    beep(context, frequency, at, seconds, isHarsh) {
        const tone = context.createOscillator();
        const volume = context.createGain();
        tone.type = isHarsh ? "square" : "sine";
        tone.frequency.value = frequency;
        volume.gain.setValueAtTime(LOUDNESS, at);
        volume.gain.exponentialRampToValueAtTime(0.001, at + seconds);
        tone.connect(volume).connect(context.destination);
        tone.start(at);
        tone.stop(at + seconds);
    }

    stop() {
        this._context?.close();
    }
}
