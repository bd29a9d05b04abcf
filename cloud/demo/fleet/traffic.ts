import { setTimeout as delay } from 'node:timers/promises';
import { commandTopic } from '../../../component/contract/topics.ts';
import type { Link } from '../../../component/link/link.ts';
import type { Consumer } from '../../consumer/consumer.ts';
import type { ConsumerItem } from '../../consumer/item.ts';
import type { Sample } from '../../dataset/dataset.ts';

export interface TrafficOptions {
  readonly fleet: string;
  /** Connected; carries the commands. */
  readonly link: Link;
  /** Of results and health of the whole fleet. */
  readonly consumer: Consumer;
  readonly samples: readonly Sample[];
}

/** What went out and what came back. */
export interface TrafficCounts {
  readonly sent: number;
  readonly answered: number;
  /** Texts that a device answered with an error. */
  readonly failed: number;
  readonly duplicates: number;
  /** Messages that never came. */
  readonly missing: number;
  /** Texts that were answered, by version of the model. */
  readonly byVersion: Readonly<Record<string, number>>;
  /** The same by device, and within it by version. */
  readonly byThing: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

const PAUSE_MS = 250;
const TEXTS_AT_ONCE = 3;
const LAST_ANSWERS_MS = 30_000;

/** Texts to every device that serves a model, a few each moment, until it is stopped; and an account of all of them. */
export class Traffic {
  readonly #options: TrafficOptions;
  readonly #serving = new Set<string>();
  readonly #open = new Set<string>();
  readonly #byThing = new Map<string, Map<string, number>>();
  readonly #stop = new AbortController();
  readonly #sending: Promise<void>;
  readonly #reading: Promise<void>;
  #round: Promise<void> | undefined;
  #paused = false;
  #sent = 0;
  #answered = 0;
  #failed = 0;
  #onAnswer: () => void = () => undefined;

  constructor(options: TrafficOptions) {
    this.#options = options;
    this.#reading = this.#read();
    this.#sending = this.#send();
    // Whoever stops it learns of a failure.
    for (const work of [this.#reading, this.#sending]) work.catch(() => undefined);
  }

  /** Sends no more until it resumes, waits for the answers to what was sent, and counts. */
  async account(): Promise<TrafficCounts> {
    this.#paused = true;
    await this.#round;
    const all = new Promise<void>((resolve) => {
      this.#onAnswer = () => {
        if (this.#open.size === 0) resolve();
      };
      this.#onAnswer();
    });
    await Promise.race([all, delay(LAST_ANSWERS_MS, undefined, { ref: false }), this.#reading]);
    const { duplicates, missing } = this.#options.consumer.counts;
    const byVersion: Record<string, number> = {};
    const byThing: Record<string, Record<string, number>> = {};
    for (const [thing, versions] of this.#byThing) {
      byThing[thing] = Object.fromEntries(versions);
      for (const [version, count] of versions) byVersion[version] = (byVersion[version] ?? 0) + count;
    }
    const [sent, answered, failed] = [this.#sent, this.#answered, this.#failed];
    return { sent, answered, failed, duplicates, missing, byVersion, byThing };
  }

  resume(): void {
    this.#paused = false;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#sending.catch(() => undefined);
  }

  async #send(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      this.#round = this.#paused ? undefined : this.#sendRound();
      await this.#round;
      await delay(PAUSE_MS, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  async #sendRound(): Promise<void> {
    const { link, fleet, samples } = this.#options;
    for (const thing of this.#serving) {
      const texts = Array.from({ length: TEXTS_AT_ONCE }, () => {
        this.#sent += 1;
        const text = samples[this.#sent % samples.length]?.text ?? '';
        return { id: `fleet-${this.#sent}`, text };
      });
      for (const { id } of texts) this.#open.add(id);
      const payload = Buffer.from(JSON.stringify({ schemaVersion: 1, texts, sentAt: new Date().toISOString() }));
      await link.publish(commandTopic({ fleet, thing }, 'classify'), payload, { qos: 1 });
    }
  }

  async #read(): Promise<void> {
    for await (const item of this.#options.consumer) this.#take(item);
  }

  #take(item: ConsumerItem): void {
    if (item.kind === 'health') {
      if (item.data.state === 'ready' && item.data.models.length > 0) this.#serving.add(item.thing);
      else this.#serving.delete(item.thing);
    }
    if (item.kind !== 'result' || !this.#open.delete(item.requestId)) return;
    if (item.answered) {
      this.#answered += 1;
      const versions = this.#byThing.get(item.thing) ?? new Map<string, number>();
      this.#byThing.set(item.thing, versions);
      versions.set(item.model.version, (versions.get(item.model.version) ?? 0) + 1);
    } else this.#failed += 1;
    this.#onAnswer();
  }
}
