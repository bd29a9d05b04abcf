import type { PairMap } from '../pair-map.ts';

/** What BPE may join, and in which order of preference. */
export interface MergeTable {
  /** Rank of a pair of ids: the lower is joined first. */
  readonly ranks: PairMap;
  /** Id that the pair of each rank becomes. */
  readonly results: Int32Array;
}

/** A word as a list of symbols that are joined where they stand. */
export interface Symbols {
  readonly ids: number[];
  /** UTF-8 bytes of each. */
  readonly sizes: number[];
}

/** More than any word has symbols: a place and a rank fit together into one number. */
const PLACES = 2 ** 21;

/**
 * Joins pairs, the lowest rank first and of equal ranks the leftmost, until none is left. As in the reference a queued join
 * stands as long as its place still holds a pair with the same *result*.
 */
export function mergeSymbols({ ids, sizes }: Symbols, { ranks, results }: MergeTable): Symbols {
  const count = ids.length;
  const symbols = [...ids];
  const lengths = [...sizes];
  const previous = Int32Array.from({ length: count }, (_, at) => at - 1);
  const next = Int32Array.from({ length: count }, (_, at) => (at + 1 < count ? at + 1 : -1));
  const queue = new MinHeap();
  const offer = (left: number, right: number): void => {
    const rank = ranks.get(symbols[left] ?? -1, symbols[right] ?? -1);
    if (rank >= 0) queue.push(rank * PLACES + left);
  };
  for (let at = 0; at + 1 < count; at++) offer(at, at + 1);
  for (let top = queue.pop(); top >= 0; top = queue.pop()) {
    const rank = Math.floor(top / PLACES);
    const at = top - rank * PLACES;
    const right = next[at] ?? -1;
    if (lengths[at] === 0 || right < 0) continue;
    const current = ranks.get(symbols[at] ?? -1, symbols[right] ?? -1);
    const result = results[rank] ?? 0;
    if (current < 0 || results[current] !== result) continue;
    symbols[at] = result;
    lengths[at] = (lengths[at] ?? 0) + (lengths[right] ?? 0);
    lengths[right] = 0;
    const behind = next[right] ?? -1;
    next[at] = behind;
    if (behind >= 0) previous[behind] = at;
    const before = previous[at] ?? -1;
    if (before >= 0) offer(before, at);
    if (behind >= 0) offer(at, behind);
  }
  const kept = lengths.flatMap((length, at) => (length === 0 ? [] : [at]));
  return { ids: kept.map((at) => symbols[at] ?? 0), sizes: kept.map((at) => lengths[at] ?? 0) };
}

/** Numbers, the smallest first. */
class MinHeap {
  readonly #items: number[] = [];

  push(item: number): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = items[parent] ?? 0;
      if (above <= item) break;
      items[at] = above;
      at = parent;
    }
    items[at] = item;
  }

  /** The smallest, or −1 where there is none. */
  pop(): number {
    const items = this.#items;
    const smallest = items[0] ?? -1;
    const last = items.pop() ?? -1;
    if (items.length === 0) return smallest;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && (items[child + 1] ?? 0) < (items[child] ?? 0)) child++;
      const below = items[child] ?? 0;
      if (below >= last) break;
      items[at] = below;
      at = child;
    }
    items[at] = last;
    return smallest;
  }
}
