/** Where each card and ribbon of the diagram lies; numbers in, numbers out. */

export const CARD = { width: 158, height: 44, radius: 6 };
const GAP = { column: 60, row: 8 };
const MARGIN = { side: 8, top: 34, bottom: 8 };
// Pixels that the fullest column's quantities take, cards' own height aside.
const FLOOD = 320;
const THINNEST = 1.5;
const ARC = 36;
const PARTNER_SIDES = new Set(["supplier", "customer", "returned"]);

/** Partners beyond the shown ones become one node of their side: "+N customers". */
export function groupTail(nodes, edges, shown, focus) {
    const sums = nodes.map(() => 0);
    for (const [source, target, , quantity] of edges) {
        sums[source] += quantity;
        sums[target] += quantity;
    }
    const place = nodes.map((node) => node.key);
    const kept = [];
    const sides = Map.groupBy(nodes.keys(), (index) => nodes[index].side);
    for (const [side, indexes] of sides) {
        const limit = shown[side] || Infinity;
        const sorted = PARTNER_SIDES.has(side)
            ? indexes.sort((a, b) => sums[b] - sums[a])
            : indexes;
        const isKept = (index, rank) =>
            // One more card tells as much as "+1".
            rank < limit || sorted.length === limit + 1 || focus.has(nodes[index].id);
        const tail = sorted.filter((index, rank) => !isKept(index, rank));
        const inTail = new Set(tail);
        kept.push(...sorted.filter((index) => !inTail.has(index)).map((i) => nodes[i]));
        if (tail.length) {
            const key = `more:${side}`;
            tail.forEach((index) => (place[index] = key));
            const { column } = nodes[tail[0]];
            kept.push({
                key,
                side,
                column,
                count: tail.length,
                stock: 0,
                isMore: true,
            });
        }
    }
    return { nodes: kept, edges: addUp(edges, place) };
}

function addUp(edges, place) {
    const found = new Map();
    for (const [source, target, kind, quantity, moves, first, last] of edges) {
        const ends = [place[source], place[target]];
        const key = [...ends, kind].join("|");
        const edge = found.get(key);
        if (edge) {
            edge.quantity += quantity;
            edge.moves += moves;
            edge.first = first < edge.first ? first : edge.first;
            edge.last = last > edge.last ? last : edge.last;
        } else {
            found.set(key, {
                key,
                source: ends[0],
                target: ends[1],
                kind,
                quantity,
                moves,
                first,
                last,
            });
        }
    }
    return [...found.values()];
}

/** {width, height, columns, cards, ribbons} of a graph, in pixels. */
export function layOut({ nodes, edges }) {
    const cards = new Map(
        nodes.map((node) => [node.key, { ...node, came: 0, went: 0, out: [], in: [] }]),
    );
    for (const edge of edges) {
        const source = cards.get(edge.source);
        const target = cards.get(edge.target);
        edge.isBack = source.column >= target.column;
        source.went += edge.quantity;
        target.came += edge.quantity;
        if (!edge.isBack) {
            source.out.push(edge);
            target.in.push(edge);
        }
    }
    const columns = [...Map.groupBy(cards.values(), (card) => card.column)]
        .sort(([a], [b]) => a - b)
        .map(([number, list]) => ({ number, cards: list }));
    const scale = findScale(columns);
    const height = placeCards(columns, scale);
    const ribbons = edges.map((edge) => placeRibbon(edge, cards, scale));
    const hasArc = edges.some((edge) => edge.isBack);
    return {
        width:
            2 * MARGIN.side +
            columns.length * CARD.width +
            (columns.length - 1) * GAP.column,
        height: height + (hasArc ? ARC : 0),
        columns: columns.map(({ number, x }) => ({ number, x })),
        cards: [...cards.values()],
        // Thin ones last, so that a broad one doesn't hide them.
        ribbons: ribbons.sort((a, b) => b.quantity - a.quantity),
    };
}

function amount(card) {
    return Math.max(card.came, card.went + Math.max(card.stock || 0, 0));
}

function findScale(columns) {
    const sums = columns.map(({ cards }) =>
        cards.reduce((sum, card) => sum + amount(card), 0),
    );
    return FLOOD / Math.max(...sums, Number.EPSILON);
}

function placeCards(columns, scale) {
    columns.forEach((column, index) => {
        column.x = MARGIN.side + index * (CARD.width + GAP.column);
        let y = MARGIN.top;
        for (const card of order(column, index)) {
            card.x = column.x;
            card.y = y;
            card.height = Math.max(CARD.height, amount(card) * scale);
            y += card.height + GAP.row;
        }
        column.height = y - GAP.row - MARGIN.top;
    });
    const tallest = Math.max(...columns.map((column) => column.height));
    for (const column of columns) {
        // Short columns stand in the middle of what a screen shows.
        const shift = Math.max((Math.min(tallest, FLOOD * 2) - column.height) / 2, 0);
        column.cards.forEach((card) => (card.y += shift));
    }
    return MARGIN.top + tallest + MARGIN.bottom;
}

/** Partners by quantity with their rest last, places beside what they come from. */
function order(column, index) {
    const weight = (card) => {
        if (!index || PARTNER_SIDES.has(card.side)) {
            return 0;
        }
        return Math.min(...card.in.map((edge) => edge.quantity), Infinity) * -1;
    };
    return column.cards.sort(
        (a, b) =>
            Boolean(a.isMore) - Boolean(b.isMore) ||
            PARTNER_SIDES.has(b.side) - PARTNER_SIDES.has(a.side) ||
            weight(a) - weight(b),
    );
}

/** A ribbon's next free place at an edge of a card. */
function dock(card, side, thickness, total, scale) {
    const used = card[side] || 0;
    card[side] = used + thickness;
    return card.y + (card.height - Math.min(total * scale, card.height)) / 2 + used;
}

function placeRibbon(edge, cards, scale) {
    const source = cards.get(edge.source);
    const target = cards.get(edge.target);
    if (edge.isBack) {
        return { ...edge, path: arc(source, target) };
    }
    const thickness = edge.quantity * scale;
    const from = dock(source, "usedOut", thickness, amount(source), scale);
    const to = dock(target, "usedIn", thickness, target.came, scale);
    return {
        ...edge,
        path: band(source.x + CARD.width, from, target.x, to, thickness),
    };
}

function band(x1, y1, x2, y2, thickness) {
    const thick = Math.max(thickness, THINNEST);
    const middle = (x1 + x2) / 2;
    return (
        `M${x1},${y1} C${middle},${y1} ${middle},${y2} ${x2},${y2} ` +
        `V${y2 + thick} C${middle},${y2 + thick} ${middle},${y1 + thick} ` +
        `${x1},${y1 + thick} Z`
    );
}

/** What goes back within the house bends below the cards. */
function arc(source, target) {
    const x1 = source.x + CARD.width / 2;
    const x2 = target.x + CARD.width / 2;
    const y1 = source.y + source.height;
    const y2 = target.y + target.height;
    const low = Math.max(y1, y2) + ARC;
    return `M${x1},${y1} C${x1},${low} ${x2},${low} ${x2},${y2}`;
}
