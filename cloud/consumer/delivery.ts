/** One message off the link, from its arrival until it is acknowledged or left to the next session. */
export class Delivery {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** Resolves when the message is acknowledged, rejects when it is left. */
  readonly settled: Promise<void>;
  #acknowledge: () => void = () => undefined;
  #leave: (reason: unknown) => void = () => undefined;

  constructor(topic: string, payload: Uint8Array) {
    this.topic = topic;
    this.payload = payload;
    this.settled = new Promise((resolve, reject) => {
      this.#acknowledge = resolve;
      this.#leave = reject;
    });
    this.settled.catch(() => undefined); // the link hears of it; nobody else needs to
  }

  /** Every item of it is done, or nothing is to be handled. */
  acknowledge(): void {
    this.#acknowledge();
  }

  /** The broker shall send it again to the next session. */
  leave(): void {
    this.#leave(new Error('the consumer ended'));
  }

  /** A copy of a message that is under way shares its fate: acknowledged no earlier, left where that is left. */
  follow(first: Delivery): void {
    first.settled.then(this.#acknowledge, this.#leave);
  }
}
