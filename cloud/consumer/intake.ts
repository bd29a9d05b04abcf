import { type ReadMessage, readMessage } from '../../component/contract/read-message.ts';
import type { Acknowledgements } from './acknowledgements.ts';
import type { Delivery } from './delivery.ts';
import type { ConsumerItem } from './item.ts';
import { SequenceTracker } from './sequence-tracker.ts';
import { itemsIn, splitMessage } from './split-message.ts';

/** What has come so far. */
export interface ConsumerCounts {
  /** Well-formed messages, duplicates not among them. */
  readonly messages: number;
  readonly results: number;
  /** Messages that came more than once; all copies but the first are dropped. */
  readonly duplicates: number;
  readonly malformed: number;
  /** Gaps reported, and the messages missing in them, less those that came late. */
  readonly gaps: number;
  readonly missing: number;
}

export interface IntakeOptions {
  /** False where other consumers get a share of the messages: what this one misses is no gap then. */
  readonly reportGaps: boolean;
  readonly maxTopics: number;
}

/** Turns messages into items: reads them, drops duplicates, sees gaps, splits batches. */
export class Intake {
  readonly #reportGaps: boolean;
  readonly #tracker: SequenceTracker;
  readonly #acknowledgements: Acknowledgements;
  /** Messages that are read and not acknowledged yet, by topic, boot and sequence number. */
  readonly #underWay = new Map<string, Delivery>();
  readonly #counts = { messages: 0, results: 0, duplicates: 0, malformed: 0, gaps: 0, missing: 0 };

  constructor({ reportGaps, maxTopics }: IntakeOptions, acknowledgements: Acknowledgements) {
    this.#reportGaps = reportGaps;
    this.#tracker = new SequenceTracker(maxTopics);
    this.#acknowledgements = acknowledgements;
  }

  get counts(): ConsumerCounts {
    return { ...this.#counts };
  }

  /** The items of a message, in order; none for a duplicate. Never throws, whatever the bytes. */
  read(delivery: Delivery): ConsumerItem[] {
    const { topic, payload } = delivery;
    const outcome = readMessage(topic, payload);
    if (!outcome.ok) {
      this.#counts.malformed++;
      const acknowledgement = this.#acknowledgements.owing(delivery, 1)(0);
      return [{ kind: 'malformed', topic, payload, ...outcome.failure, ...acknowledgement }];
    }
    const notices = this.#notices(delivery, outcome.value);
    if (notices === undefined) return [];
    const count = itemsIn(outcome.value);
    const items = splitMessage(outcome.value, this.#acknowledgements.owing(delivery, count), () => delivery);
    this.#counts.messages++;
    if (outcome.value.stream === 'result') this.#counts.results += items.length;
    return notices.length === 0 ? items : [...notices, ...items];
  }

  /** What is to be said before a new message; undefined where it is a duplicate, which is settled here. */
  #notices(delivery: Delivery, { stream, place, envelope }: ReadMessage): ConsumerItem[] | undefined {
    const { boot, seq } = envelope.data;
    if (seq === 0) return []; // the last will's, which stands outside the sequence
    const sighting = this.#tracker.see(delivery.topic, boot, seq);
    const identity = `${delivery.topic} ${boot} ${seq}`;
    const about = { ...place, boot, stream };
    if (sighting.kind === 'duplicate') {
      this.#counts.duplicates++;
      const first = this.#underWay.get(identity);
      if (first) delivery.follow(first);
      else delivery.acknowledge();
      return undefined;
    }
    this.#keepUnderWay(identity, delivery);
    // A device without a connection doesn't keep its health, and the numbers run on.
    if (!this.#reportGaps || stream === 'health') return [];
    if (sighting.kind === 'late') {
      if (!sighting.filled) return [];
      this.#counts.missing--;
      return [{ kind: 'filled', ...about, seq, ...this.#acknowledgements.passing() }];
    }
    if (sighting.gap === undefined) return [];
    const { fromSeq, toSeq } = sighting.gap;
    const missing = toSeq - fromSeq + 1;
    this.#counts.gaps++;
    this.#counts.missing += missing;
    return [{ kind: 'gap', ...about, fromSeq, toSeq, missing, ...this.#acknowledgements.passing() }];
  }

  #keepUnderWay(identity: string, delivery: Delivery): void {
    this.#underWay.set(identity, delivery);
    const forget = (): void => {
      this.#underWay.delete(identity);
    };
    delivery.settled.then(forget, forget);
  }
}
