import { commandTopic, type Place } from '../../component/contract/topics.ts';
import type { MqttLink } from '../../component/link/mqtt-link.ts';
import type { Answers } from './answers.ts';

const MAX_OPEN_TEXTS = 400;
const MAX_TEXTS_PER_COMMAND = 12;

/** Commands without a pause, as long as no more than so many texts wait for their answer. */
export class Load {
  /** Texts whose command was acknowledged. */
  readonly sent: string[] = [];
  readonly #link: MqttLink;
  readonly #place: Place;
  readonly #answers: Answers;
  readonly #random: () => number;
  readonly #open = new Set<string>();
  readonly #stopped = new AbortController();
  #running: Promise<void> | undefined;

  constructor(link: MqttLink, place: Place, answers: Answers, random: () => number) {
    this.#link = link;
    this.#place = place;
    this.#answers = answers;
    this.#random = random;
  }

  start(): void {
    const connected = new Promise<void>((resolve) => {
      this.#link.onChange(({ state }) => state === 'connected' && resolve());
    });
    this.#running = connected.then(() => this.#run());
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  /** Waits no more for what is open: a device that died may never have had it. */
  writeOff(): void {
    this.#open.clear();
  }

  /** Asks again, under the same ids. */
  async again(ids: readonly string[]): Promise<void> {
    for (let from = 0; from < ids.length; from += MAX_TEXTS_PER_COMMAND) {
      await this.#ask(ids.slice(from, from + MAX_TEXTS_PER_COMMAND));
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    while (await this.#answers.until(() => this.#hasRoom(), signal)) {
      const count = 1 + Math.floor(this.#random() * MAX_TEXTS_PER_COMMAND);
      const ids = Array.from({ length: count }, (_, index) => `t${this.sent.length + index}`);
      await this.#ask(ids);
      this.sent.push(...ids);
      for (const id of ids) this.#open.add(id);
    }
  }

  #hasRoom(): boolean {
    if (this.#open.size < MAX_OPEN_TEXTS) return true;
    for (const id of this.#open) if (this.#answers.texts.has(id)) this.#open.delete(id);
    return this.#open.size < MAX_OPEN_TEXTS;
  }

  async #ask(ids: readonly string[]): Promise<void> {
    const texts = ids.map((id) => ({ id, text: `play song ${id.slice(1)}` }));
    const command = Buffer.from(JSON.stringify({ schemaVersion: 1, texts, sentAt: new Date().toISOString() }));
    await this.#link.publish(commandTopic(this.#place, 'classify'), command, { qos: 1 });
  }
}
