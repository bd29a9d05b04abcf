/** One message off the link, from its arrival until it is acknowledged or left to the next session. */
export class Delivery {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** Resolves when the message is acknowledged, rejects when it is left. */
  readonly settled: Promise<void>;
  #acknowledge: () => void = () => undefined;
  #leave: (reason: unknown) => void = () => undefined;
  /** Items that are not done yet. */
  #open = 0;

  constructor(topic: string, payload: Uint8Array) {
    this.topic = topic;
    this.payload = payload;
    this.settled = new Promise((resolve, reject) => {
      this.#acknowledge = resolve;
      this.#leave = reject;
    });
    this.settled.catch(() => undefined); // the link hears of it; nobody else needs to
  }

  /** From now on that many items stand for the message. */
  splitInto(items: number): void {
    this.#open = items;
  }

  /** One item is done; with the last the message is acknowledged. */
  itemDone(): void {
    this.#open--;
    if (this.#open === 0) this.#acknowledge();
  }

  /** Nothing is to be handled here. */
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
