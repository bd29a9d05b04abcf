import type { Delivery } from './delivery.ts';
import type { Acknowledgement } from './item.ts';

/** Which items are not done yet, in the order in which they are handed over. */
export class Acknowledgements {
  readonly #open = new Map<number, Delivery>();
  #lastOrder = 0;
  /** Called when the last open item is done. */
  onNoneOpen: (() => void) | undefined;

  get open(): number {
    return this.#open.size;
  }

  /** For an item that stands for a message or a part of one. Made in the order of handing over. */
  owing(delivery: Delivery): Acknowledgement {
    const order = ++this.#lastOrder;
    this.#open.set(order, delivery);
    return { ack: () => this.#done(order, delivery), ackThrough: () => this.#doneThrough(order) };
  }

  /** For an item that only says something: it owes nothing, and has a place in the order. */
  passing(): Acknowledgement {
    const order = ++this.#lastOrder;
    return { ack: () => undefined, ackThrough: () => this.#doneThrough(order) };
  }

  /** Leaves every message that isn't done to the next session. */
  leaveAll(): void {
    for (const delivery of this.#open.values()) delivery.leave();
    this.#open.clear();
  }

  #done(order: number, delivery: Delivery): void {
    if (!this.#open.delete(order)) return;
    delivery.itemDone();
    if (this.#open.size === 0) this.onNoneOpen?.();
  }

  #doneThrough(order: number): void {
    for (const [other, delivery] of this.#open) {
      if (other > order) return; // a Map keeps the order of its making
      this.#done(other, delivery);
    }
  }
}
