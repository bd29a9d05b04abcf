import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** The lines that we wrote ourselves, as values. */
export async function* jsonLinesBack<Value>(file: string): AsyncGenerator<Value> {
  const stream = createReadStream(file, { highWaterMark: 256 * 1024 });
  try {
    for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
      yield JSON.parse(line) as Value; // written by the work that came before
    }
  } finally {
    stream.destroy();
  }
}
