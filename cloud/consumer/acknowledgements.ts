import type { Delivery } from './delivery.ts';
import type { Acknowledgement } from './item.ts';

/** The items of one message that are not done yet. */
interface Owed {
  readonly delivery: Delivery;
  /** Place of its first item in the order of handing over; the others follow. */
  readonly firstOrder: number;
  /** By index: 1 where the item is done. */
  readonly done: Uint8Array;
  /** All items before this index are done. */
  doneBefore: number;
  open: number;
}

/** Gives an item of a message, by its index, what it is acknowledged with. */
export type AcknowledgementOf = (index: number) => Acknowledgement;

/** Which items are not done yet, message by message, in the order in which they are handed over. */
export class Acknowledgements {
  readonly #owed = new Set<Owed>();
  #open = 0;
  #lastOrder = 0;
  /** Called when the last open item is done. */
  onNoneOpen: (() => void) | undefined;

  get open(): number {
    return this.#open;
  }

  /** For a message that so many items stand for. Made in the order of handing over. */
  owing(delivery: Delivery, items: number): AcknowledgementOf {
    const firstOrder = this.#lastOrder + 1;
    const owed: Owed = { delivery, firstOrder, done: new Uint8Array(items), doneBefore: 0, open: items };
    this.#lastOrder += items;
    this.#open += items;
    this.#owed.add(owed);
    return (index) => ({
      ack: () => this.#done(owed, index),
      ackThrough: () => this.#doneThrough(firstOrder + index),
    });
  }

  /** For an item that only says something: it owes nothing, and has a place in the order. */
  passing(): Acknowledgement {
    const order = ++this.#lastOrder;
    return { ack: () => undefined, ackThrough: () => this.#doneThrough(order) };
  }

  /** Leaves every message that isn't done to the next session. */
  leaveAll(): void {
    for (const { delivery } of this.#owed) delivery.leave();
    this.#owed.clear();
    this.#open = 0;
  }

  #done(owed: Owed, index: number): void {
    if (owed.done[index] !== 0 || !this.#owed.has(owed)) return;
    owed.done[index] = 1;
    owed.open--;
    this.#open--;
    if (owed.open === 0) {
      this.#owed.delete(owed);
      owed.delivery.acknowledge();
    }
    if (this.#open === 0) this.onNoneOpen?.();
  }

  #doneThrough(order: number): void {
    for (const owed of this.#owed) {
      if (owed.firstOrder > order) return; // a Set keeps the order of its making
      const end = Math.min(order - owed.firstOrder + 1, owed.done.length);
      while (owed.doneBefore < end) this.#done(owed, owed.doneBefore++);
    }
  }
}
