import type { FileHandle } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { VergeError } from '../../../component/contract/error.ts';
import { type ObjectReader, type S3Place, uriOf } from '../../aws/objects.ts';
import { originErrors } from '../errors.ts';

/** Tries that may bring nothing, one after the other, before a download is given up. */
const MAX_BARREN_TRIES = 5;
const FIRST_DELAY_MS = 200;
const MAX_DELAY_MS = 10_000;

export interface RangeFetch {
  readonly objects: ObjectReader;
  readonly place: S3Place;
  readonly etag: string;
  readonly file: FileHandle;
  readonly signal: AbortSignal;
  readonly onBytes: (count: number) => void;
  /** Waits before another try. Default: the clock. */
  readonly pause?: (delayMs: number, signal: AbortSignal) => Promise<unknown>;
}

/**
 * Writes one range of an object where it belongs in the file. Where the connection breaks, what has come stays, and the
 * rest is asked for again; the tag sees to it that it is the rest of the same bytes.
 * @throws VergeError AWS_…, ORIGIN_CONNECTION_BROKEN
 */
export async function fetchRange(first: number, last: number, fetch: RangeFetch): Promise<void> {
  const { signal, pause = (delayMs, until) => wait(delayMs, undefined, { signal: until }) } = fetch;
  let position = first;
  for (let barren = 0; position <= last; ) {
    const before = position;
    let failure: unknown;
    try {
      const body = await fetch.objects.read(fetch.place, { first: position, last }, fetch.etag, signal);
      for await (const chunk of body) {
        const piece = chunk.subarray(0, last + 1 - position);
        await writeAll(fetch.file, piece, position);
        position += piece.length;
        fetch.onBytes(piece.length);
      }
    } catch (error) {
      signal.throwIfAborted();
      // Questions have been tried again already; a full disk does not get better.
      if (error instanceof VergeError || isDiskError(error)) throw error;
      failure = error;
    }
    if (position > last) return;
    barren = position > before ? 1 : barren + 1;
    if (barren > MAX_BARREN_TRIES) throw broken(fetch.place, position - first, last + 1 - first, failure);
    await pause(delayMs(barren, Math.random()), signal);
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written);
    written += bytesWritten;
  }
}

/** Doubling, with a cap, drawn from the upper half. */
function delayMs(barren: number, random: number): number {
  const full = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (barren - 1));
  return Math.round(full / 2 + (full / 2) * random);
}

function isDiskError(error: unknown): boolean {
  return (
    error instanceof Error &&
    'syscall' in error &&
    error.syscall === 'write' &&
    'code' in error &&
    error.code !== 'EPIPE'
  );
}

function broken(place: S3Place, got: number, wanted: number, cause: unknown): VergeError {
  const why = cause instanceof Error ? ` (${cause.message})` : '';
  const what = `The connection broke ${MAX_BARREN_TRIES + 1} times at ${got} of ${wanted} bytes of a part of ${uriOf(place)}${why}`;
  return originErrors.make('ORIGIN_CONNECTION_BROKEN', what, cause);
}
