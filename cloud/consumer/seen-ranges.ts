/** Ranges kept of one sequence; a sequence without losses has one. */
export const MAX_RANGES = 64;

/** What a sequence number means to those that were seen before it. */
export type Sighting =
  | { readonly kind: 'duplicate' }
  /** The newest so far; with `gap`, the numbers from and to which are missing before it. */
  | { readonly kind: 'newest'; readonly gap?: { readonly fromSeq: number; readonly toSeq: number } }
  /** Older than the newest. `filled`: it had been reported missing. */
  | { readonly kind: 'late'; readonly filled: boolean };

/**
 * The sequence numbers seen of one stream of one boot, as ranges without a hole. Past `MAX_RANGES` the oldest range is
 * forgotten: what comes of it again is then taken for new, so that a bound on memory may repeat a message but never lose one.
 */
export class SeenRanges {
  /** First and last number of each range in turn, ascending. */
  readonly #ranges: number[] = [];
  /** Numbers below it were never expected, so none of them is missing. */
  #expectedFrom: number | undefined;

  /** @param expectedFrom the first number that there must be; undefined where counting starts with whatever comes first */
  constructor(expectedFrom: number | undefined) {
    this.#expectedFrom = expectedFrom;
  }

  see(seq: number): Sighting {
    const ranges = this.#ranges;
    this.#expectedFrom ??= seq;
    const newest = ranges.at(-1) ?? this.#expectedFrom - 1;
    if (seq > newest) {
      this.#add(ranges.length, seq);
      return seq === newest + 1 ? { kind: 'newest' } : { kind: 'newest', gap: { fromSeq: newest + 1, toSeq: seq - 1 } };
    }
    let at = ranges.length;
    while (at > 0 && (ranges[at - 2] ?? 0) > seq) at -= 2;
    if (at > 0 && (ranges[at - 1] ?? 0) >= seq) return { kind: 'duplicate' };
    const filled = seq >= this.#expectedFrom;
    this.#add(at, seq);
    return { kind: 'late', filled };
  }

  /** Adds a number that is in no range, before the range that starts at `at`. */
  #add(at: number, seq: number): void {
    const ranges = this.#ranges;
    const joinsBefore = at > 0 && ranges[at - 1] === seq - 1;
    const joinsAfter = at < ranges.length && ranges[at] === seq + 1;
    if (joinsBefore && joinsAfter) ranges.splice(at - 1, 2);
    else if (joinsBefore) ranges[at - 1] = seq;
    else if (joinsAfter) ranges[at] = seq;
    else ranges.splice(at, 0, seq, seq);
    if (ranges.length <= 2 * MAX_RANGES) return;
    ranges.splice(0, 2);
    this.#expectedFrom = Math.max(this.#expectedFrom ?? 0, ranges[0] ?? 0);
  }
}
