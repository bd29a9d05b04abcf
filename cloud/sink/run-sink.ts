import { setImmediate } from 'node:timers/promises';
import type { Consumer } from '../consumer/consumer.ts';
import type { ConsumerItem } from '../consumer/item.ts';
import type { SinkObserver } from './observer.ts';
import { rowsOf, thingRowsOf } from './rows/batch-rows.ts';
import type { Row } from './store.ts';
import type { Writer } from './writer.ts';

/** Items that are read ahead while a transaction runs; then nothing is taken until the next transaction takes them. */
const MAX_WAITING_ITEMS = 5000;
/** Items that are read at a stretch, about a millisecond of work: a transaction that runs needs this thread in between. */
const ITEMS_AT_A_STRETCH = 100;

export interface SinkParts {
  /** Acknowledges by hand. */
  readonly consumer: Consumer;
  readonly writer: Writer;
  readonly observer: SinkObserver;
  readonly signal: AbortSignal;
  /**
   * Called after a transaction with an instant before which all that was received is written, in milliseconds; what is slow in it
   * holds the sink up.
   */
  readonly afterCommit?: (writtenBeforeMs: number) => Promise<void>;
}

interface Taken {
  readonly items: ConsumerItem[];
  readonly rows: Row[];
  readonly receivedAtMs: number;
}

/**
 * Writes what the consumer hands over until its end: a message is acknowledged when all its rows are kept. While one
 * transaction runs the next is gathered, so transactions grow with the load; while rows wait for the database nothing more than
 * that is taken, and the broker holds the rest.
 */
export async function runSink({ consumer, writer, observer, signal, afterCommit }: SinkParts): Promise<void> {
  let waiting: Taken[] = [];
  let waitingItems = 0;
  let running: Promise<void> | undefined;
  /** There while as much waits as may wait. */
  let onRoom: (() => void) | undefined;
  let failure: { readonly error: unknown } | undefined;

  function makeRoom(): void {
    onRoom?.();
    onRoom = undefined;
  }

  async function writeWaiting(): Promise<void> {
    while (waiting.length > 0) {
      const taken = waiting;
      waiting = [];
      waitingItems = 0;
      makeRoom();
      const items = taken.flatMap((one) => one.items);
      await writer.write([...taken.flatMap((one) => one.rows), ...thingRowsOf(items, Date.now())]);
      items.at(-1)?.ackThrough();
      observer.done?.(items);
      await afterCommit?.(waiting[0]?.receivedAtMs ?? Date.now());
    }
  }

  async function run(): Promise<void> {
    try {
      await writeWaiting();
    } catch (error) {
      failure = { error };
      await consumer.close(); // ends the loop, which may be waiting for something to come
    } finally {
      running = undefined;
      makeRoom();
    }
  }

  try {
    for await (const items of consumer.batches(ITEMS_AT_A_STRETCH)) {
      const receivedAtMs = Date.now();
      waiting.push({ items, rows: rowsOf(items, receivedAtMs), receivedAtMs });
      waitingItems += items.length;
      running ??= run();
      // Until the next transaction takes it, not until that is through: then it would run with nothing being read.
      if (waitingItems >= MAX_WAITING_ITEMS) await new Promise<void>((resolve) => (onRoom = resolve));
      else await setImmediate();
    }
    await running;
  } finally {
    await consumer.close();
    await running;
  }
  // Asked to stop while the database was away: the broker keeps the rest.
  if (failure && !signal.aborted) throw failure.error;
}
