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
import { probeFolder } from './probe-folder.ts';
import { MAX_BODY_BYTES } from './record.ts';
import { fillSegment, MAX_SEGMENT_BYTES, type Recovered, recover } from './recover.ts';
import type { Entry, Segment } from './segment.ts';
import { type Put, SegmentWriter, type SyncPolicy } from './segment-writer.ts';

export interface DiskStoreOptions {
  /** No other process may use it meanwhile. */
  readonly folder: string;
  /** Bound of all segments together. */
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  /** What happens to a message beyond the bound; default: the least urgent and oldest is dropped for it. */
  readonly whenFull?: 'drop' | 'refuse';
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

/**
 * Messages on disk: append-only segments for each stream. Puts that come while the disk is busy are written, and forced
 * onto it, together. Everything that touches files goes in turns, so no two of them meet.
 */
export class DiskStore implements MessageStore {
  /** Bytes that were cut off at the end of what an earlier life left. */
  readonly cutBytes: number;
  readonly #options: DiskStoreOptions;
  readonly #lanes: Lanes;
  readonly #writer: SegmentWriter;
  readonly #openedAtMs: number;
  readonly #taken = new Map<TakenMessage, Entry>();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #pending: Put[] = [];
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

  private constructor(options: DiskStoreOptions, { lanes, nextNumber, drops, cutBytes }: Recovered) {
    this.#options = options;
    this.#lanes = lanes;
    this.#earlyDrops = [...drops];
    this.cutBytes = cutBytes;
    this.#openedAtMs = options.now();
    const part = Math.ceil(options.maxBytes / SEGMENTS_WITHIN_BOUND);
    const segmentBytes = Math.min(MAX_SEGMENT_BYTES, Math.max(MIN_SEGMENT_BYTES, part));
    this.#writer = new SegmentWriter({ ...options, segmentBytes, nextNumber }, lanes, {
      drop: (drop) => this.#drop(drop),
      dropSegment: (segment, reason) => this.#dropSegment(segment, reason),
      removeSegment: (segment) => this.#removeSegment(segment),
      failing: (error) => this.#events?.failing(error),
      cache: (payloadBytes) => this.#cache(payloadBytes),
    });
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

  probe(): Promise<void> {
    const { folder, sync } = this.#options;
    return this.#turn(() => probeFolder(folder, sync !== 'never'));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#turn(async () => {
      await this.#writer.write(this.#pending.splice(0));
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
      await this.#writer.write(this.#pending.splice(0));
      await this.#tidy();
    });
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
      if (!isLost(error)) {
        segment.giveBack(entry);
        throw diskError(this.#options.folder, error);
      }
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

  #cache(payloadBytes: number): boolean {
    if (this.#cachedBytes + payloadBytes > CACHE_BYTES) return false;
    this.#cachedBytes += payloadBytes;
    return true;
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

/** Whether reading again would hardly help: the sector is bad, or the file has been removed. */
function isLost(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EIO' || error.code === 'ENOENT');
}
