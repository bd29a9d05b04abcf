import { MAX_CLOCK_OFFSET_MS } from '../contract/health.ts';

/** How long a message counts: an hour, in slices of which only the closest bound is kept. */
const SLICES = 12;
const SLICE_MS = 300_000;
/** A clock that is only steered strays by no more than this share of the time (500 ppm is what kernels allow), and reading two clocks takes a moment. */
const STEERED_SHARE = 0.001;
const READING_MS = 100;

export interface Clocks {
  /** The device's clock, which may be set. */
  readonly now: () => Date;
  /** Milliseconds by a clock that nobody sets. */
  readonly steadyMs: () => number;
}

interface Slice {
  readonly startedMs: number;
  /** Received by the steady clock less sent by the sender's; the smallest of the slice. */
  leadMs: number;
}

/**
 * How far the device's clock is ahead of those who send to it, by the messages that say when they were sent. Received less
 * sent is the offset and the delivery together, and delivery takes at least no time: so the smallest of an hour is the
 * closest. The instants come from strangers: one that is wrong stands for an hour at most, one beyond all reason for nothing.
 * When the clock was set, or the machine slept, all that was known is dropped; a clock that is being steered is followed.
 */
export class ClockOffset {
  readonly #clocks: Clocks;
  #slices: Slice[] = [];
  #seen: { readonly steadyMs: number; readonly driftMs: number };

  constructor(clocks: Clocks) {
    this.#clocks = clocks;
    this.#seen = this.#read();
  }

  /** A message came just now that says when it was sent. @param sentAt ISO instant by the sender's clock */
  heard(sentAt: string): void {
    const { steadyMs, driftMs } = this.#look();
    const leadMs = steadyMs - Date.parse(sentAt);
    if (!isReasonable(leadMs + driftMs)) return;
    const slice = this.#slices.at(-1);
    if (slice === undefined || steadyMs - slice.startedMs >= SLICE_MS) {
      this.#slices.push({ startedMs: steadyMs, leadMs });
    } else {
      slice.leadMs = Math.min(slice.leadMs, leadMs);
    }
  }

  /** Undefined where no message of the last hour told, or none since the clock was set. */
  valueMs(): number | undefined {
    const { driftMs } = this.#look();
    const offsetMs = Math.round(Math.min(...this.#slices.map(({ leadMs }) => leadMs)) + driftMs);
    return isReasonable(offsetMs) ? offsetMs : undefined; // of no slices the smallest is infinite
  }

  /** Reads the clocks, and forgets what doesn't hold any more. */
  #look(): { readonly steadyMs: number; readonly driftMs: number } {
    const seen = this.#read();
    const passedMs = seen.steadyMs - this.#seen.steadyMs;
    const wasSet = Math.abs(seen.driftMs - this.#seen.driftMs) > READING_MS + passedMs * STEERED_SHARE;
    this.#seen = seen;
    if (wasSet) this.#slices = [];
    this.#slices = this.#slices.filter(({ startedMs }) => seen.steadyMs - startedMs < SLICES * SLICE_MS);
    return seen;
  }

  #read(): { readonly steadyMs: number; readonly driftMs: number } {
    const steadyMs = this.#clocks.steadyMs();
    return { steadyMs, driftMs: this.#clocks.now().getTime() - steadyMs };
  }
}

/** False for what is no number too. */
function isReasonable(offsetMs: number): boolean {
  return Math.abs(offsetMs) <= MAX_CLOCK_OFFSET_MS;
}
