import { open } from 'node:fs/promises';
import { VergeError } from '../../contract/error.ts';
import { outboxErrors } from '../errors.ts';
import {
  type Dropped,
  type DropReason,
  type MessageStore,
  type NewMessage,
  STREAMS_BY_URGENCY,
  type StoreDepth,
  type StoreEvents,
  type TakenMessage,
} from '../message-store.ts';
import { diskError } from './disk-error.ts';
import type { Lanes } from './lanes.ts';
import { makeFolder } from './make-folder.ts';
import { encodeMessage } from './message-record.ts';
import { MAX_BODY_BYTES } from './record.ts';
import { fillSegment, MAX_SEGMENT_BYTES, recover } from './recover.ts';
import { type Entry, Segment } from './segment.ts';

/** When what is written is forced onto the disk: `outboxSync` in the settings says what each costs. */
export type SyncPolicy = 'always' | 'every-second' | 'never';

export interface DiskStoreOptions {
  /** No other process may use it meanwhile. */
  readonly folder: string;
  /** Bound of all segments together. */
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  readonly sync: SyncPolicy;
  /** Milliseconds of the epoch, by a clock that doesn't jump while the process lives: a jump would make messages look old. */
  readonly now: () => number;
}

/** Payloads kept in memory until they are sent, so that a link that is up has nothing to read. */
const CACHE_BYTES = 1024 * 1024;
const SEGMENTS_WITHIN_BOUND = 32;
const MIN_SEGMENT_BYTES = 16 * 1024;
const SYNC_PERIOD_MS = 1000;
const AGE_PERIOD_MS = 60_000;
/** Before this Verge was not. A device without a battery for its clock starts in 1970, and a message from then is not half a century old. */
const EARLIEST_MS = Date.UTC(2026, 0);

interface Put {
  readonly message: NewMessage;
  readonly settle: { resolve(): void; reject(error: unknown): void };
}

interface Written {
  readonly put: Put;
  readonly segment: Segment;
  readonly at: number;
  readonly bytes: number;
  readonly storedAtMs: number;
}

/**
 * Messages on disk: append-only segments for each stream. Puts that come while the disk is busy are written, and forced
 * onto it, together. Everything that touches files goes in turns, so no two of them meet.
 */
export class DiskStore implements MessageStore {
  /** Bytes that were cut off at the end of what an earlier life left. */
  readonly cutBytes: number;
  readonly #options: DiskStoreOptions;
  readonly #lanes: Lanes;
  readonly #segmentBytes: number;
  readonly #openedAtMs: number;
  readonly #taken = new Map<TakenMessage, Entry>();
  readonly #timers: NodeJS.Timeout[] = [];
  #nextNumber: number;
  #pending: Put[] = [];
  #turns: Promise<unknown> = Promise.resolve();
  #workDue = false;
  #cachedBytes = 0;
  #events: StoreEvents | undefined;
  #earlyDrops: Dropped[];
  #closing: Promise<void> | undefined;

  /** Opens a folder with all that an earlier life left. @throws VergeError OUTBOX_FOLDER_INVALID */
  static async open(options: DiskStoreOptions): Promise<DiskStore> {
    return new DiskStore(options, await recover(options.folder));
  }

  private constructor(
    options: DiskStoreOptions,
    { lanes, nextNumber, drops, cutBytes }: Awaited<ReturnType<typeof recover>>,
  ) {
    this.#options = options;
    this.#lanes = lanes;
    this.#nextNumber = nextNumber;
    this.#earlyDrops = [...drops];
    this.cutBytes = cutBytes;
    this.#openedAtMs = options.now();
    const part = Math.ceil(options.maxBytes / SEGMENTS_WITHIN_BOUND);
    this.#segmentBytes = Math.min(MAX_SEGMENT_BYTES, Math.max(MIN_SEGMENT_BYTES, part));
    if (options.sync === 'every-second') this.#every(SYNC_PERIOD_MS, () => this.#syncDirty());
    this.#every(AGE_PERIOD_MS, () => this.#dropAged());
  }

  listen(events: StoreEvents): void {
    this.#events = events;
    for (const drop of this.#earlyDrops.splice(0)) events.dropped(drop);
  }

  put(message: NewMessage): Promise<void> {
    if (this.#closing) return Promise.reject(outboxErrors.make('OUTBOX_CLOSED', 'the store is closed'));
    const { byteLength } = message.payload;
    if (byteLength > MAX_BODY_BYTES / 2) {
      const what = `a message of ${byteLength} bytes is over ${MAX_BODY_BYTES / 2}`;
      return Promise.reject(outboxErrors.make('OUTBOX_MESSAGE_TOO_LARGE', what));
    }
    return new Promise((resolve, reject) => {
      this.#pending.push({ message, settle: { resolve, reject } });
      this.#work();
    });
  }

  async take(): Promise<TakenMessage | undefined> {
    for (const stream of STREAMS_BY_URGENCY) {
      for (;;) {
        const segment = this.#lanes.of(stream).find(({ waiting }) => waiting > 0);
        if (segment === undefined) break;
        if (!segment.isLoaded) {
          await this.#turn(() => this.#load(segment));
          continue;
        }
        const entry = segment.firstWaiting();
        if (entry === undefined) break;
        const taken = await this.#takeEntry(entry);
        if (taken) return taken;
      }
    }
    return undefined;
  }

  remove(message: TakenMessage): void {
    const entry = this.#taken.get(message);
    if (entry === undefined) return;
    this.#taken.delete(message);
    this.#leave(entry);
  }

  giveBack(message: TakenMessage, refused: boolean): void {
    const entry = this.#taken.get(message);
    if (entry === undefined) return;
    this.#taken.delete(message);
    entry.mayHaveArrived = true;
    if (refused) entry.refusals++;
    entry.segment.giveBack(entry);
  }

  depth(): StoreDepth {
    let [messages, bytes, results, oldestMs] = [0, 0, 0, Number.POSITIVE_INFINITY];
    for (const segment of this.#lanes.all()) {
      if (segment.live.messages === 0) continue;
      messages += segment.live.messages;
      bytes += segment.live.bytes;
      if (segment.stream === 'result') results += segment.live.items;
      oldestMs = Math.min(oldestMs, this.#plausible(segment.oldestMs));
    }
    if (messages === 0) return { messages, bytes, results };
    return { messages, bytes, results, oldestSeconds: Math.max(0, (this.#options.now() - oldestMs) / 1000) };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#turn(async () => {
      await this.#writePending();
      for (const segment of this.#lanes.all()) {
        if (segment.live.messages === 0) await this.#removeSegment(segment);
        else {
          await segment.writeMarks();
          await segment.finish().catch(() => undefined); // the next start reads it through
          await segment.close();
        }
      }
    });
  }

  /** One after the other, whatever becomes of those before. */
  #turn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#turns.then(act);
    this.#turns = turn.catch(() => undefined);
    return turn;
  }

  /** Has what is pending written in one of the next turns. */
  #work(): void {
    if (this.#workDue) return;
    this.#workDue = true;
    void this.#turn(async () => {
      this.#workDue = false;
      await this.#writePending();
      await this.#tidy();
    });
  }

  /** Writes all puts that have gathered, forces them onto the disk together where that is asked for, and only then resolves them. */
  async #writePending(): Promise<void> {
    const puts = this.#pending;
    this.#pending = [];
    let written: Written[] = [];
    const commit = async (): Promise<void> => {
      const all = written;
      written = [];
      if (all.length > 0) await this.#commit(all);
    };
    for (const put of puts) {
      const storedAtMs = this.#options.now();
      const record = encodeMessage(put.message, storedAtMs);
      let segment = this.#tailWithRoom(put.message, record.length);
      try {
        if (segment === undefined) {
          await commit(); // no segment is finished or dropped with something in it that doesn't count yet
          if (!(await this.#makeRoom(put.message, record.length))) {
            put.settle.resolve(); // it was dropped, and counted
            continue;
          }
          segment = await this.#newTail(put.message, record.length);
        }
        const at = segment.fileBytes;
        await segment.write(record);
        written.push({ put, segment, at, bytes: record.length, storedAtMs });
      } catch (error) {
        await segment?.abandon(segment.fileBytes);
        put.settle.reject(error instanceof VergeError ? error : diskError(this.#options.folder, error));
      }
    }
    await commit();
  }

  /** What was written counts from now on, after it was forced onto the disk where that is asked for. */
  async #commit(written: readonly Written[]): Promise<void> {
    const failed = new Map<Segment, VergeError>();
    if (this.#options.sync === 'always') {
      for (const { segment, at } of written) {
        if (!segment.isDirty) continue;
        try {
          await segment.sync();
        } catch (error) {
          // What the kernel could not write it may count as written the next time: this file is not trusted with more.
          failed.set(segment, diskError(this.#options.folder, error));
          await segment.abandon(at); // the first one written to it
        }
      }
    }
    for (const { put, segment, at, bytes, storedAtMs } of written) {
      const failure = failed.get(segment);
      if (failure) {
        put.settle.reject(failure);
        continue;
      }
      const { topic, payload, itemCount } = put.message;
      const isFresh = segment.isLoaded && this.#cachedBytes + payload.byteLength <= CACHE_BYTES;
      if (isFresh) this.#cachedBytes += payload.byteLength;
      segment.add({ at, bytes, itemCount, storedAtMs }, isFresh ? { topic, payload } : undefined);
      put.settle.resolve();
    }
  }

  /** @returns false where the message itself had to go. @throws VergeError OUTBOX_BUSY */
  async #makeRoom({ stream, itemCount }: NewMessage, bytes: number): Promise<boolean> {
    const { maxBytes } = this.#options;
    while (this.#lanes.diskBytes() + bytes > maxBytes) {
      const victim = bytes > maxBytes ? undefined : this.#lanes.victimFor(stream);
      if (victim === 'busy') {
        throw outboxErrors.make('OUTBOX_BUSY', `the outbox has ${maxBytes} bytes, all of which are being sent`);
      }
      if (victim === undefined) {
        this.#drop({ stream, reason: 'full', messages: 1, items: itemCount });
        return false;
      }
      await this.#dropSegment(victim, 'full');
    }
    return true;
  }

  /** The segment that a message goes to, where it and the whole have room for it. */
  #tailWithRoom({ stream }: NewMessage, bytes: number): Segment | undefined {
    if (this.#lanes.diskBytes() + bytes > this.#options.maxBytes) return undefined;
    const tail = this.#lanes.tail(stream);
    return tail && (tail.fileBytes === 0 || tail.fileBytes + bytes <= this.#segmentBytes) ? tail : undefined;
  }

  /** @throws Error of the file system */
  async #newTail(message: NewMessage, bytes: number): Promise<Segment> {
    const { stream } = message;
    const { folder, sync } = this.#options;
    const roomy = this.#tailWithRoom(message, bytes); // where room was made
    if (roomy) return roomy;
    const tail = this.#lanes.tail(stream);
    if (tail?.live.messages === 0) await this.#removeSegment(tail);
    else await tail?.finish().catch((error: unknown) => this.#events?.failing(diskError(folder, error)));
    await makeFolder(folder);
    const segment = new Segment(folder, stream, this.#nextNumber++, false);
    await segment.create(this.#lanes.of(stream).every(({ waiting, isLoaded }) => waiting === 0 || isLoaded));
    this.#lanes.add(segment);
    if (sync !== 'never') await syncFolder(folder);
    return segment;
  }

  async #takeEntry(entry: Entry): Promise<TakenMessage | undefined> {
    const { segment } = entry;
    if (this.#options.now() - this.#plausible(entry.storedAtMs) > this.#options.maxAgeMs) {
      this.#dropEntry(entry, 'age');
      return undefined;
    }
    segment.take(entry);
    let read = entry.cached;
    try {
      read ??= await segment.read(entry);
    } catch (error) {
      segment.giveBack(entry);
      throw diskError(this.#options.folder, error);
    }
    if (read === undefined) {
      this.#dropEntry(entry, 'corrupt');
      return undefined;
    }
    const { itemCount, mayHaveArrived, refusals } = entry;
    const taken: TakenMessage = { stream: segment.stream, ...read, itemCount, mayHaveArrived, refusals };
    this.#taken.set(taken, entry);
    return taken;
  }

  #dropEntry(entry: Entry, reason: DropReason): void {
    this.#leave(entry);
    this.#drop({ stream: entry.segment.stream, reason, messages: 1, items: entry.itemCount });
  }

  #leave(entry: Entry): void {
    if (entry.cached) this.#cachedBytes -= entry.cached.payload.byteLength;
    entry.segment.leave(entry);
    this.#work();
  }

  async #load(segment: Segment): Promise<void> {
    if (segment.isLoaded || segment.live.messages === 0) return;
    try {
      const { lost } = await fillSegment(segment);
      if (lost.messages > 0) this.#drop({ stream: segment.stream, reason: 'corrupt', ...lost });
    } catch {
      await this.#dropSegment(segment, 'corrupt'); // the disk doesn't give it back
    }
  }

  /** Writes the marks of what has left, and removes segments that hold nothing any more. */
  async #tidy(): Promise<void> {
    for (const segment of this.#lanes.all()) {
      if (segment.live.messages === 0 && segment.isFinished) await this.#removeSegment(segment);
      else await segment.writeMarks();
    }
  }

  async #syncDirty(): Promise<void> {
    for (const segment of this.#lanes.all()) {
      if (!segment.isDirty) continue;
      try {
        await segment.sync();
      } catch (error) {
        await segment.abandon(segment.fileBytes);
        this.#events?.failing(diskError(this.#options.folder, error));
      }
    }
  }

  async #dropAged(): Promise<void> {
    const { now, maxAgeMs } = this.#options;
    for (const segment of this.#lanes.all()) {
      if (segment.taken > 0 || segment.live.messages === 0) continue;
      if (now() - this.#plausible(segment.newestMs) > maxAgeMs) await this.#dropSegment(segment, 'age');
    }
  }

  async #dropSegment(segment: Segment, reason: DropReason): Promise<void> {
    const { messages, items } = segment.live;
    if (messages > 0) this.#drop({ stream: segment.stream, reason, messages, items });
    await this.#removeSegment(segment);
  }

  async #removeSegment(segment: Segment): Promise<void> {
    this.#lanes.remove(segment);
    this.#cachedBytes -= segment.forget();
    await segment.remove();
  }

  #drop(drop: Dropped): void {
    if (this.#events) this.#events.dropped(drop);
    else this.#earlyDrops.push(drop);
  }

  /** A time that can't be is taken for that of the start. */
  #plausible(storedAtMs: number): number {
    const isPlausible = storedAtMs >= EARLIEST_MS && storedAtMs <= this.#options.now();
    return isPlausible ? storedAtMs : this.#openedAtMs;
  }

  #every(periodMs: number, act: () => Promise<void>): void {
    this.#timers.push(setInterval(() => void this.#turn(act), periodMs).unref());
  }
}

/** So that the name of a new file is on the disk, too. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
