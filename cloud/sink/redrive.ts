import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import * as z from 'zod';
import { Acknowledgements } from '../consumer/acknowledgements.ts';
import { Delivery } from '../consumer/delivery.ts';
import { Intake } from '../consumer/intake.ts';
import type { ConsumerItem } from '../consumer/item.ts';
import { rowsOf, thingRowsOf } from './rows/batch-rows.ts';
import type { Writer } from './writer.ts';

const BATCH_MESSAGES = 200;
/** Nothing is dropped as a copy: the database knows what it has. */
const NO_MEMORY = { reportGaps: false, maxTopics: 1 };

const lineSchema = z.object({ topic: z.string(), payloadBase64: z.base64(), receivedAt: z.iso.datetime() });

/** Writes the messages of a dead-letter file as if they had come now; what is in the tables changes nothing. Answers how many lines. */
export async function redrive(file: string, writer: Writer): Promise<{ messages: number; unreadable: number }> {
  let [messages, unreadable] = [0, 0];
  let items: ConsumerItem[] = [];
  let heardAtMs = 0;
  async function writeGathered(): Promise<void> {
    await writer.write([...rowsOf(items, Date.now()), ...thingRowsOf(items, heardAtMs)]);
    items = [];
  }
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of lines) {
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

function readLine(line: string): z.infer<typeof lineSchema> | undefined {
  try {
    return lineSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
