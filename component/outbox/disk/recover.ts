import { readdir, rm, stat, truncate } from 'node:fs/promises';
import path from 'node:path';
import { outboxErrors } from '../errors.ts';
import { type Dropped, STREAMS_BY_URGENCY } from '../message-store.ts';
import { Lanes } from './lanes.ts';
import { loadSegment, readSummary } from './load-segment.ts';
import { makeFolder } from './make-folder.ts';
import { MAX_BODY_BYTES } from './record.ts';
import { Segment } from './segment.ts';

/** Segments are finished at this size at the latest; the last record and the summary come on top. */
export const MAX_SEGMENT_BYTES = 4 * 1024 * 1024;
/** A file beyond it is none of ours, and is not read. */
export const MAX_FILE_BYTES = MAX_SEGMENT_BYTES + 2 * MAX_BODY_BYTES;
const FILE_NAME = /^([a-z]+)-(\d{10})\.(log|gone)$/;

/** What an earlier life left. */
export interface Recovered {
  readonly lanes: Lanes;
  readonly nextNumber: number;
  readonly drops: readonly Dropped[];
  /** Bytes of records that were being written when the process or the device ended. */
  readonly cutBytes: number;
}

/**
 * Finds what waits in the folder. Damage is counted and never fatal, and neither is a folder that can't be made or read:
 * then there is nothing, and whoever writes hears why.
 * @throws VergeError OUTBOX_FOLDER_INVALID where the path is no folder
 */
export async function recover(folder: string): Promise<Recovered> {
  const lanes = new Lanes();
  const drops: Dropped[] = [];
  let nextNumber = 1;
  let cutBytes = 0;
  const names = await namesIn(folder);
  for (const name of names) {
    const [, streamName, digits, kind] = FILE_NAME.exec(name) ?? [];
    const stream = STREAMS_BY_URGENCY.find((known) => known === streamName);
    if (stream === undefined || digits === undefined) continue;
    nextNumber = Math.max(nextNumber, Number(digits) + 1);
    if (kind === 'gone') {
      if (!names.includes(name.replace(/gone$/, 'log'))) await rm(path.join(folder, name), { force: true });
      continue;
    }
    const segment = new Segment(folder, stream, Number(digits), true);
    const { lost, cut } = await readSegment(segment, names.includes(name.replace(/log$/, 'gone')));
    cutBytes += cut;
    if (lost.messages > 0) drops.push({ stream, reason: 'corrupt', ...lost });
    if (segment.live.messages > 0) lanes.add(segment);
    else await segment.remove();
  }
  return { lanes, nextNumber, drops, cutBytes };
}

/** Fills an entry of memory for each message of the segment. @returns what could not be read */
export async function fillSegment(segment: Segment): Promise<{ lost: Lost; cut: number }> {
  const { size } = await stat(segment.file);
  if (size > MAX_FILE_BYTES) {
    segment.loaded([], size);
    return { lost: { messages: 1, items: 1 }, cut: 0 };
  }
  const gone = await segment.readMarks(MAX_FILE_BYTES);
  const { entries, fileBytes, tornAt, lost } = await loadSegment(segment.file, size, gone);
  segment.loaded(entries, tornAt ?? fileBytes);
  return { lost, cut: tornAt === undefined ? 0 : fileBytes - tornAt };
}

type Lost = Pick<Dropped, 'messages' | 'items'>;

async function readSegment(segment: Segment, hasMarks: boolean): Promise<{ lost: Lost; cut: number }> {
  try {
    const { size } = await stat(segment.file);
    const summary = hasMarks || size > MAX_FILE_BYTES ? undefined : await readSummary(segment.file, size);
    if (summary) {
      segment.summarised(summary, size);
      return { lost: { messages: 0, items: 0 }, cut: 0 };
    }
    const filled = await fillSegment(segment);
    segment.isFinished = true;
    if (filled.cut > 0) await truncate(segment.file, segment.fileBytes).catch(() => undefined); // read-only: skipped again next time
    return filled;
  } catch {
    return { lost: { messages: 1, items: 1 }, cut: 0 }; // the disk doesn't give it back
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    await makeFolder(folder);
    return (await readdir(folder)).sort();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'ENOTDIR') return [];
    throw outboxErrors.make('OUTBOX_FOLDER_INVALID', `outboxFolder ${folder} is not a folder`, error);
  }
}
