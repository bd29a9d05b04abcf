import { type FileHandle, open, rm } from 'node:fs/promises';
import path from 'node:path';
import type { KeptStream } from '../message-store.ts';
import { decodeGone, encodeGone } from './gone-marks.ts';
import type { LoadedEntry } from './load-segment.ts';
import { decodeMessage, encodeSummary, type MessageRecord, type SegmentSummary } from './message-record.ts';
import { HEADER_BYTES, MAX_BODY_BYTES, readRecord } from './record.ts';

/** A message of a segment: what is known of it without its bytes. */
export interface Entry extends LoadedEntry {
  readonly segment: Segment;
  state: 'waiting' | 'taken' | 'gone';
  mayHaveArrived: boolean;
  refusals: number;
  /** There while the message is fresh and the cache has room. */
  cached: { readonly topic: string; readonly payload: Uint8Array } | undefined;
}

/** How many messages wait or are under way, their items and the bytes of their records. */
export interface Live {
  readonly messages: number;
  readonly items: number;
  readonly bytes: number;
}

/**
 * One file of messages in the order in which they came, and beside it a file of marks for those that are gone. Only the
 * segments at the head of a stream hold an entry in memory for each message; the others know their sums.
 */
export class Segment {
  readonly stream: KeptStream;
  readonly number: number;
  readonly #folder: string;
  readonly #fromEarlierLife: boolean;
  #entries: Entry[] | undefined;
  #cursor = 0;
  #live: { messages: number; items: number; bytes: number } = { messages: 0, items: 0, bytes: 0 };
  #written: { messages: number; items: number; bytes: number; oldestMs: number; newestMs: number };
  #taken = 0;
  #fileBytes = 0;
  #marks: number[] = [];
  #handle: FileHandle | undefined;
  #goneHandle: FileHandle | undefined;
  #reader: FileHandle | undefined;
  /** Written since the last `sync`. */
  isDirty = false;
  /** Nothing more is appended. */
  isFinished = false;

  /** @param fromEarlierLife whether its messages may have been sent before this process was */
  constructor(folder: string, stream: KeptStream, number: number, fromEarlierLife: boolean) {
    this.#folder = folder;
    this.stream = stream;
    this.number = number;
    this.#fromEarlierLife = fromEarlierLife;
    this.#written = { messages: 0, items: 0, bytes: 0, oldestMs: Number.POSITIVE_INFINITY, newestMs: 0 };
  }

  get file(): string {
    return this.#path('log');
  }

  get live(): Live {
    return this.#live;
  }

  get taken(): number {
    return this.#taken;
  }

  get waiting(): number {
    return this.#live.messages - this.#taken;
  }

  get fileBytes(): number {
    return this.#fileBytes;
  }

  get isLoaded(): boolean {
    return this.#entries !== undefined;
  }

  get newestMs(): number {
    return this.#written.newestMs;
  }

  /** When the oldest message that isn't gone came in. */
  get oldestMs(): number {
    const oldest = this.#entries?.find(({ state }) => state !== 'gone');
    return oldest?.storedAtMs ?? this.#written.oldestMs;
  }

  /** A segment that a summary tells of. */
  summarised(summary: SegmentSummary, fileBytes: number): void {
    this.#written = { ...summary };
    this.#live = { messages: summary.messages, items: summary.items, bytes: summary.bytes };
    this.#fileBytes = fileBytes;
    this.isFinished = true;
  }

  /** What the files hold takes the place of what was known. */
  loaded(entries: readonly LoadedEntry[], fileBytes: number): void {
    this.#entries = [];
    this.#cursor = 0;
    this.#live = { messages: 0, items: 0, bytes: 0 };
    this.#fileBytes = fileBytes;
    for (const entry of entries) this.#push(entry);
  }

  /** Begins an empty file. @param keepEntries false where others come before it @throws Error of the file system */
  async create(keepEntries: boolean): Promise<void> {
    this.#handle = await open(this.file, 'wx');
    if (keepEntries) this.#entries = [];
  }

  /** Appends bytes; they count only when `add` says what they are. @throws Error of the file system */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#handle === undefined) throw new Error(`${this.file} is not open`);
    for (let done = 0; done < bytes.byteLength; ) {
      const position = this.#fileBytes + done;
      done += (await this.#handle.write(bytes, done, bytes.byteLength - done, position)).bytesWritten;
    }
    this.#fileBytes += bytes.byteLength;
    this.isDirty = true;
  }

  /** A message that was written. */
  add(entry: LoadedEntry, cached: Entry['cached']): void {
    this.#written.messages++;
    this.#written.items += entry.itemCount;
    this.#written.bytes += entry.bytes;
    this.#written.oldestMs = Math.min(this.#written.oldestMs, entry.storedAtMs);
    this.#written.newestMs = Math.max(this.#written.newestMs, entry.storedAtMs);
    this.#push(entry).cached = cached;
  }

  /** @throws Error of the file system */
  async sync(): Promise<void> {
    this.isDirty = false;
    await this.#handle?.datasync();
  }

  /** Takes back everything from `fileBytes` on, as far as the disk lets it, and ends the segment. */
  async abandon(fileBytes: number): Promise<void> {
    this.isFinished = true;
    this.isDirty = false;
    this.#fileBytes = fileBytes;
    await this.#handle?.truncate(fileBytes).catch(() => undefined); // what is torn is cut at the next start
    await this.#closeWriter();
  }

  /**
   * Appends the summary, without which the next start would have to read it all, and ends the segment. What was written
   * is forced onto the disk. @throws Error of the file system
   */
  async finish(): Promise<void> {
    if (this.isFinished) return;
    this.isFinished = true;
    const fileBytes = this.#fileBytes;
    try {
      await this.write(encodeSummary(this.#written)).catch(() => this.#handle?.truncate(fileBytes));
      await this.sync();
    } finally {
      await this.#closeWriter();
    }
  }

  /** Forgets what is in memory. @returns the bytes of payloads that it held */
  forget(): number {
    const entries = this.#entries ?? [];
    this.#entries = [];
    this.#live = { messages: 0, items: 0, bytes: 0 };
    return entries.reduce((sum, { cached }) => sum + (cached?.payload.byteLength ?? 0), 0);
  }

  /** The oldest message that waits; meaningful where it is loaded. */
  firstWaiting(): Entry | undefined {
    const entries = this.#entries ?? [];
    while (entries[this.#cursor]?.state !== 'waiting' && this.#cursor < entries.length) this.#cursor++;
    return entries[this.#cursor];
  }

  take(entry: Entry): void {
    entry.state = 'taken';
    this.#taken++;
  }

  giveBack(entry: Entry): void {
    entry.state = 'waiting';
    this.#taken--;
    this.#cursor = 0;
  }

  /** The message leaves; its mark is written with the next `writeMarks`. */
  leave(entry: Entry): void {
    if (entry.state === 'taken') this.#taken--;
    entry.state = 'gone';
    entry.cached = undefined;
    this.#live.messages--;
    this.#live.items -= entry.itemCount;
    this.#live.bytes -= entry.bytes;
    this.#marks.push(entry.at);
  }

  /** Never fails: a mark that is missing costs a replay. */
  async writeMarks(): Promise<void> {
    const marks = this.#marks;
    if (marks.length === 0) return;
    this.#marks = [];
    try {
      this.#goneHandle ??= await open(this.#path('gone'), 'a');
      await this.#goneHandle.appendFile(encodeGone(this.number, marks));
    } catch {
      // as above
    }
  }

  /** Places whose messages are gone. */
  async readMarks(maxBytes: number): Promise<ReadonlySet<number>> {
    try {
      const handle = await open(this.#path('gone'), 'r');
      try {
        const bytes = Buffer.alloc(Math.min((await handle.stat()).size, maxBytes));
        const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0);
        return decodeGone(this.number, bytes.subarray(0, bytesRead));
      } finally {
        await handle.close();
      }
    } catch {
      return new Set(); // none, or not to be read: everything is sent again
    }
  }

  /** Reads a message again; undefined where the disk gives back other bytes than it was given. @throws Error of the file system */
  async read(entry: Entry): Promise<Pick<MessageRecord, 'topic' | 'payload'> | undefined> {
    this.#reader ??= await open(this.file, 'r');
    const bytes = Buffer.allocUnsafe(Math.min(entry.bytes, HEADER_BYTES + MAX_BODY_BYTES));
    const { bytesRead } = await this.#reader.read(bytes, 0, bytes.length, entry.at);
    const sighting = readRecord(bytes.subarray(0, bytesRead), 0);
    return sighting.is === 'record' ? decodeMessage(sighting.body) : undefined;
  }

  async close(): Promise<void> {
    await this.#closeWriter();
    const handles = [this.#reader, this.#goneHandle];
    this.#reader = undefined;
    this.#goneHandle = undefined;
    for (const handle of handles) await handle?.close().catch(() => undefined);
  }

  /** Removes the files, the messages before their marks: marks alone say nothing. */
  async remove(): Promise<void> {
    await this.close();
    for (const kind of ['log', 'gone'] as const) await rm(this.#path(kind), { force: true }).catch(() => undefined);
  }

  #push(loaded: LoadedEntry): Entry {
    const entry: Entry = {
      ...loaded,
      segment: this,
      state: 'waiting',
      mayHaveArrived: this.#fromEarlierLife,
      refusals: 0,
      cached: undefined,
    };
    this.#entries?.push(entry);
    this.#live.messages++;
    this.#live.items += entry.itemCount;
    this.#live.bytes += entry.bytes;
    return entry;
  }

  async #closeWriter(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close().catch(() => undefined);
  }

  #path(kind: 'log' | 'gone'): string {
    return path.join(this.#folder, `${this.stream}-${String(this.number).padStart(10, '0')}.${kind}`);
  }
}
