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

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    const hasRoom = (): boolean => this.sent.length - this.#answers.texts.size < MAX_OPEN_TEXTS;
    while (await this.#answers.until(hasRoom, signal)) {
      const count = 1 + Math.floor(this.#random() * MAX_TEXTS_PER_COMMAND);
      const texts = Array.from({ length: count }, (_, index) => {
        const number = this.sent.length + index;
        return { id: `t${number}`, text: `play song ${number}` };
      });
      const command = Buffer.from(JSON.stringify({ schemaVersion: 1, texts }));
      await this.#link.publish(commandTopic(this.#place, 'classify'), command, { qos: 1 });
      this.sent.push(...texts.map(({ id }) => id));
    }
  }
}
