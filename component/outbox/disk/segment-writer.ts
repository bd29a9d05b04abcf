import { VergeError } from '../../contract/error.ts';
import { syncFolder } from '../../disk/sync.ts';
import { outboxErrors } from '../errors.ts';
import type { Dropped, DropReason, NewMessage } from '../message-store.ts';
import { diskError } from './disk-error.ts';
import type { Lanes } from './lanes.ts';
import { makeFolder } from './make-folder.ts';
import { encodeMessage } from './message-record.ts';
import { Segment } from './segment.ts';

/** When what is written is forced onto the disk: `outboxSync` in the settings says what each costs. */
export type SyncPolicy = 'always' | 'every-second' | 'never';

export interface SegmentWriterOptions {
  readonly folder: string;
  /** Bound of all segments together. */
  readonly maxBytes: number;
  readonly whenFull?: 'drop' | 'refuse';
  /** A segment that has so many is finished. */
  readonly segmentBytes: number;
  readonly sync: SyncPolicy;
  readonly now: () => number;
  /** No segment has this number or a later one. */
  readonly nextNumber: number;
}

/** The store as its writer needs it. */
export interface SegmentWriterOwner {
  drop(drop: Dropped): void;
  dropSegment(segment: Segment, reason: DropReason): Promise<void>;
  removeSegment(segment: Segment): Promise<void>;
  failing(error: VergeError): void;
  /** Whether the cache has room for a payload, which then is taken. */
  cache(payloadBytes: number): boolean;
}

/** A message on its way into the store. */
export interface Put {
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

/** Writes messages to the segments at the end of the lanes, and makes room for them. Never called twice at once. */
export class SegmentWriter {
  readonly #options: SegmentWriterOptions;
  readonly #lanes: Lanes;
  readonly #owner: SegmentWriterOwner;
  #nextNumber: number;

  constructor(options: SegmentWriterOptions, lanes: Lanes, owner: SegmentWriterOwner) {
    this.#options = options;
    this.#lanes = lanes;
    this.#owner = owner;
    this.#nextNumber = options.nextNumber;
  }

  /** Writes all puts that have gathered, forces them onto the disk together where that is asked for, and only then resolves them. */
  async write(puts: readonly Put[]): Promise<void> {
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
        await commit(); // what was written before it is good
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
      const isFresh = segment.isLoaded && this.#owner.cache(payload.byteLength);
      segment.add({ at, bytes, itemCount, storedAtMs }, isFresh ? { topic, payload } : undefined);
      put.settle.resolve();
    }
  }

  /** @returns false where the message itself had to go. @throws VergeError OUTBOX_BUSY, OUTBOX_FULL */
  async #makeRoom({ stream, itemCount }: NewMessage, bytes: number): Promise<boolean> {
    const { maxBytes, whenFull } = this.#options;
    while (this.#lanes.diskBytes() + bytes > maxBytes) {
      if (whenFull === 'refuse' && (bytes > maxBytes || this.#lanes.empty() === undefined)) {
        throw outboxErrors.make('OUTBOX_FULL', `${this.#options.folder} has ${maxBytes} bytes, and none to spare`);
      }
      const victim = bytes > maxBytes ? undefined : this.#lanes.victimFor(stream);
      if (victim === 'busy') {
        throw outboxErrors.make('OUTBOX_BUSY', `the outbox has ${maxBytes} bytes, all of which are being sent`);
      }
      if (victim === undefined) {
        this.#owner.drop({ stream, reason: 'full', messages: 1, items: itemCount });
        return false;
      }
      await this.#owner.dropSegment(victim, 'full');
    }
    return true;
  }

  /** The segment that a message goes to, where it and the whole have room for it. */
  #tailWithRoom({ stream }: NewMessage, bytes: number): Segment | undefined {
    if (this.#lanes.diskBytes() + bytes > this.#options.maxBytes) return undefined;
    const tail = this.#lanes.tail(stream);
    return tail && (tail.fileBytes === 0 || tail.fileBytes + bytes <= this.#options.segmentBytes) ? tail : undefined;
  }

  /** @throws Error of the file system */
  async #newTail(message: NewMessage, bytes: number): Promise<Segment> {
    const { stream } = message;
    const { folder, sync } = this.#options;
    const roomy = this.#tailWithRoom(message, bytes); // where room was made
    if (roomy) return roomy;
    const tail = this.#lanes.tail(stream);
    if (tail?.live.messages === 0) await this.#owner.removeSegment(tail);
    else await tail?.finish().catch((error: unknown) => this.#owner.failing(diskError(folder, error)));
    await makeFolder(folder);
    const segment = new Segment(folder, stream, this.#nextNumber++, false);
    await segment.create(this.#lanes.of(stream).every(({ waiting }) => waiting === 0));
    this.#lanes.add(segment);
    if (sync !== 'never') await syncFolder(folder);
    return segment;
  }
}
