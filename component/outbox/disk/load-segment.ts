import { open } from 'node:fs/promises';
import { decodeMessage, decodeSummary, type SegmentSummary, SUMMARY_RECORD_BYTES } from './message-record.ts';
import { HEADER_BYTES, KINDS, readRecord, scanRecords } from './record.ts';

/** A message as the file tells of it. */
export interface LoadedEntry {
  /** Where its record begins, and how long that is. */
  readonly at: number;
  readonly bytes: number;
  readonly itemCount: number;
  readonly storedAtMs: number;
}

export interface LoadedSegment {
  /** Those that are not gone. */
  readonly entries: readonly LoadedEntry[];
  readonly fileBytes: number;
  /** Where the file ends in the middle of a record. */
  readonly tornAt: number | undefined;
  /** What isn't gone and can't be read any more; where no summary tells how much there was, at least so much. */
  readonly lost: { readonly messages: number; readonly items: number };
}

/** Reads a whole segment, which has a bound. @throws Error of the file system */
export async function loadSegment(file: string, fileBytes: number, gone: ReadonlySet<number>): Promise<LoadedSegment> {
  const bytes = await readPart(file, 0, fileBytes);
  const { records, damagedStretches, tornAt } = scanRecords(bytes);
  const entries: LoadedEntry[] = [];
  const unseen = new Set(gone);
  let summary: SegmentSummary | undefined;
  let messages = 0;
  let items = 0;
  let unknown = damagedStretches;
  for (const { kind, at, body } of records) {
    if (kind === KINDS.summary) {
      summary = decodeSummary(body);
      continue;
    }
    const message = decodeMessage(body);
    if (message === undefined) {
      unknown++;
      continue;
    }
    const { itemCount, storedAtMs } = message;
    messages++;
    items += itemCount;
    unseen.delete(at);
    if (!gone.has(at)) entries.push({ at, bytes: HEADER_BYTES + body.length, itemCount, storedAtMs });
  }
  const missing = summary ? summary.messages - messages : unknown;
  const lost = Math.max(0, missing - unseen.size); // those that were gone are no loss
  const items_ = summary && unseen.size === 0 ? summary.items - items : lost;
  return { entries, fileBytes: bytes.length, tornAt, lost: { messages: lost, items: lost === 0 ? 0 : items_ } };
}

/** The summary at the end of a finished segment; undefined where there is none. @throws Error of the file system */
export async function readSummary(file: string, fileBytes: number): Promise<SegmentSummary | undefined> {
  if (fileBytes < SUMMARY_RECORD_BYTES) return undefined;
  const bytes = await readPart(file, fileBytes - SUMMARY_RECORD_BYTES, SUMMARY_RECORD_BYTES);
  const sighting = readRecord(bytes, 0);
  return sighting.is === 'record' && sighting.kind === KINDS.summary && sighting.end === bytes.length
    ? decodeSummary(sighting.body)
    : undefined;
}

async function readPart(file: string, from: number, length: number): Promise<Buffer> {
  const handle = await open(file, 'r');
  try {
    const bytes = Buffer.alloc(length);
    let done = 0;
    while (done < length) {
      const { bytesRead } = await handle.read(bytes, done, length - done, from + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return bytes.subarray(0, done);
  } finally {
    await handle.close();
  }
}
