import { SeenRanges, type Sighting } from './seen-ranges.ts';

/** Boots remembered of one thing: the one that runs, and those before it whose messages may still come. */
const MAX_BOOTS = 4;

/**
 * Tells new messages from duplicates, and sees what is missing, by topic (fleet, thing and stream), boot and sequence number.
 *
 * Memory is bounded by `maxTopics`, about 400 bytes each and 1.5 KB where many messages were lost: the topic unheard of for
 * longest is forgotten first. A forgotten one starts anew: a duplicate of what came before is then taken for new, and a gap
 * across that moment isn't seen. Nothing is ever taken for a duplicate that was not seen.
 */
export class SequenceTracker {
  readonly #maxTopics: number;
  readonly #topics = new Map<string, Map<string, SeenRanges>>();

  constructor(maxTopics: number) {
    this.#maxTopics = maxTopics;
  }

  see(topic: string, boot: string, seq: number): Sighting {
    const known = this.#topics.get(topic);
    const boots = known ?? new Map<string, SeenRanges>();
    if (known) this.#topics.delete(topic); // the last entry is the one heard of most recently
    this.#topics.set(topic, boots);
    if (this.#topics.size > this.#maxTopics) forgetOldest(this.#topics);

    let ranges = boots.get(boot);
    if (ranges) boots.delete(boot);
    // A thing that is known starts a new life with 1. Of one that is not, and of an old life, no one knows what came before.
    else ranges = new SeenRanges(known && [...known.keys()].every((other) => other < boot) ? 1 : undefined);
    boots.set(boot, ranges);
    if (boots.size > MAX_BOOTS) forgetOldest(boots);
    return ranges.see(seq);
  }
}

function forgetOldest(map: Map<string, unknown>): void {
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
