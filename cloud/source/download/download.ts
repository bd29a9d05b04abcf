import { open, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Origin } from '../../../component/contract/manifest.ts';
import { type ObjectReader, type S3Place, type StoredObject, uriOf } from '../../aws/objects.ts';
import { originErrors } from '../errors.ts';
import { fetchRange, type RangeFetch } from './fetch-range.ts';
import { verifyDownload } from './verify.ts';

const MiB = 1024 * 1024;

/** As much as an archive may hold when it is unpacked; weights hardly compress. */
const MAX_ARTIFACT_BYTES = 64 * 1024 * MiB;
/** Ranges on the way at one time: more does not fill a line better, and each holds a connection. */
const PARALLEL = 4;
/** Small enough to be asked for again, large enough that the asking does not count. */
const RANGE_BYTES = 16 * MiB;

export interface DownloadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told as bytes come. */
  readonly onProgress?: ((bytes: number, totalBytes: number) => void) | undefined;
  readonly pause?: RangeFetch['pause'];
  /** Default: 16 MiB. */
  readonly rangeBytes?: number;
}

export interface Downloaded {
  readonly object: StoredObject;
  readonly verifiedBy: Origin['verifiedBy'];
}

/**
 * Fetches an object into a file that isn't there yet, range by range and several at a time, and checks what has come.
 * Whoever asked for the file removes it, also after a failure.
 * @throws VergeError AWS_…, ORIGIN_…; the signal's reason when aborted
 */
export async function download(
  objects: ObjectReader,
  place: S3Place,
  target: string,
  options: DownloadOptions = {},
): Promise<Downloaded> {
  const object = await objects.describe(place, options.signal);
  await checkRoom(place, object.sizeBytes, dirname(target));
  // One range that fails ends the others.
  const failed = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, failed.signal]) : failed.signal;
  const file = await open(target, 'wx', 0o600);
  try {
    const ranges = rangesOf(object.sizeBytes, options.rangeBytes ?? RANGE_BYTES);
    let fetched = 0;
    const fetch: RangeFetch = {
      ...{ objects, place, etag: object.etag, file, signal },
      ...(options.pause ? { pause: options.pause } : {}),
      onBytes(count) {
        fetched += count;
        options.onProgress?.(fetched, object.sizeBytes);
      },
    };
    const worker = async (): Promise<void> => {
      for (let range = ranges.shift(); range; range = ranges.shift()) await fetchRange(range.first, range.last, fetch);
    };
    await all(Array.from({ length: PARALLEL }, worker), failed);
  } finally {
    await file.close();
  }
  return { object, verifiedBy: await verifyDownload(target, place, object, signal) };
}

/** Waits for all, so that nobody writes to a file that is closed; throws what failed first. */
async function all(workers: readonly Promise<void>[], failed: AbortController): Promise<void> {
  const first: unknown[] = [];
  await Promise.all(
    workers.map((worker) =>
      worker.catch((error: unknown) => {
        first.push(error);
        failed.abort(error);
      }),
    ),
  );
  if (first.length > 0) throw first[0];
}

function rangesOf(sizeBytes: number, rangeBytes: number): { first: number; last: number }[] {
  return Array.from({ length: Math.ceil(sizeBytes / rangeBytes) }, (_, index) => ({
    first: index * rangeBytes,
    last: Math.min((index + 1) * rangeBytes, sizeBytes) - 1,
  }));
}

async function checkRoom(place: S3Place, sizeBytes: number, folder: string): Promise<void> {
  if (sizeBytes > MAX_ARTIFACT_BYTES) {
    const what = `${uriOf(place)} has ${sizeBytes} bytes, more than ${MAX_ARTIFACT_BYTES}`;
    throw originErrors.make('ORIGIN_TOO_LARGE', what);
  }
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < sizeBytes) {
    const what = `${uriOf(place)} has ${sizeBytes} bytes, and the disk of ${folder} has room for ${bavail * bsize}`;
    throw originErrors.make('ORIGIN_DISK_FULL', what);
  }
}
