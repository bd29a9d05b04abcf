import { type KeptStream, STREAMS_BY_URGENCY } from '../message-store.ts';
import type { Segment } from './segment.ts';

/** The segments of each stream, the oldest first; the last one may be the one that is written to. */
export class Lanes {
  readonly #lanes = new Map<KeptStream, Segment[]>(STREAMS_BY_URGENCY.map((stream) => [stream, []]));

  of(stream: KeptStream): readonly Segment[] {
    return this.#lanes.get(stream) ?? [];
  }

  all(): Segment[] {
    return [...this.#lanes.values()].flat();
  }

  add(segment: Segment): void {
    this.#lanes.get(segment.stream)?.push(segment);
  }

  remove(segment: Segment): void {
    const lane = this.#lanes.get(segment.stream);
    const at = lane?.indexOf(segment) ?? -1;
    if (at >= 0) lane?.splice(at, 1);
  }

  /** The segment that the stream's next message goes to, where there is one. */
  tail(stream: KeptStream): Segment | undefined {
    const last = this.of(stream).at(-1);
    return last?.isFinished ? undefined : last;
  }

  diskBytes(): number {
    let sum = 0;
    for (const lane of this.#lanes.values()) for (const { fileBytes } of lane) sum += fileBytes;
    return sum;
  }

  /** A segment that holds nothing any more. */
  empty(): Segment | undefined {
    return this.all().find(({ live }) => live.messages === 0);
  }

  /**
   * What goes to make room for a message of `stream`: first what holds nothing any more, then the oldest segment of the
   * least urgent stream, never of one more urgent. `busy`: there would be some, but it is being sent.
   */
  victimFor(stream: KeptStream): Segment | 'busy' | undefined {
    const empty = this.empty();
    if (empty) return empty;
    let busy = false;
    for (const candidate of STREAMS_BY_URGENCY.slice(STREAMS_BY_URGENCY.indexOf(stream)).reverse()) {
      const idle = this.of(candidate).find(({ taken }) => taken === 0);
      if (idle) return idle;
      busy ||= this.of(candidate).length > 0;
    }
    return busy ? 'busy' : undefined;
  }
}
