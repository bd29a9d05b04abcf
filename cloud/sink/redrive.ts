import { type FileHandle, open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import * as z from 'zod';
import { Acknowledgements } from '../consumer/acknowledgements.ts';
import { Delivery } from '../consumer/delivery.ts';
import { Intake } from '../consumer/intake.ts';
import type { ConsumerItem } from '../consumer/item.ts';
import { sinkErrors } from './errors.ts';
import { rowsOf, thingRowsOf } from './rows/batch-rows.ts';
import type { Writer } from './writer.ts';

const BATCH_MESSAGES = 200;
/** Nothing is dropped as a copy: the database knows what it has. */
const NO_MEMORY = { reportGaps: false, maxTopics: 1 };

const lineSchema = z.object({ topic: z.string(), payloadBase64: z.base64(), receivedAt: z.iso.datetime() });

/** A file of dead letters that is there. */
export interface OpenedLetters {
  readonly handle: FileHandle;
  /** What is added to it from now on, by the writing of these letters too, isn't read. */
  readonly sizeBytes: number;
}

/** @throws VergeError SINK_LETTERS_UNREADABLE */
export async function openLetters(file: string): Promise<OpenedLetters> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw unreadable(file, error instanceof Error ? error.message : String(error), error);
  });
  const info = await handle.stat();
  if (info.isFile()) return { handle, sizeBytes: info.size };
  await handle.close();
  throw unreadable(file, 'it is no file');
}

/** Writes the messages of a dead-letter file as if they had come now; what is in the tables changes nothing. Answers how many lines. */
export async function redrive(
  { handle, sizeBytes }: OpenedLetters,
  writer: Writer,
): Promise<{ messages: number; unreadable: number }> {
  let [messages, unreadable] = [0, 0];
  let items: ConsumerItem[] = [];
  let heardAtMs = 0;
  async function writeGathered(): Promise<void> {
    await writer.write([...rowsOf(items, Date.now()), ...thingRowsOf(items, heardAtMs)]);
    items = [];
  }
  for await (const line of linesOf(handle, sizeBytes)) {
    const letter = readLine(line);
    if (letter === undefined) {
      unreadable++;
      continue;
    }
    const delivery = new Delivery(letter.topic, Buffer.from(letter.payloadBase64, 'base64'));
    items.push(...new Intake(NO_MEMORY, new Acknowledgements()).read(delivery));
    heardAtMs = Date.parse(letter.receivedAt);
    if (++messages % BATCH_MESSAGES === 0) await writeGathered();
  }
  await writeGathered();
  return { messages, unreadable };
}

function linesOf(handle: FileHandle, sizeBytes: number): AsyncIterable<string> | Iterable<string> {
  if (sizeBytes === 0) return [];
  const input = handle.createReadStream({ start: 0, end: sizeBytes - 1, autoClose: false });
  return createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
}

function readLine(line: string): z.infer<typeof lineSchema> | undefined {
  try {
    return lineSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

function unreadable(file: string, why: string, cause?: unknown): Error {
  return sinkErrors.make('SINK_LETTERS_UNREADABLE', `${file} cannot be read (${why})`, cause);
}
