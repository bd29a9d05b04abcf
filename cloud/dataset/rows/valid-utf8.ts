import { isUtf8 } from 'node:buffer';
import { datasetErrors } from '../errors.ts';

const NEWLINE = 0x0a;

/**
 * Hands bytes through and sees to it that they are UTF-8, which a decoder would paper over with U+FFFD.
 * @param line lines before the first byte
 * @throws VergeError DATASET_ROW_INVALID with the line
 */
export async function* validUtf8(
  source: AsyncIterable<Uint8Array>,
  file: string,
  line: number,
): AsyncGenerator<Buffer, void> {
  let rest: Buffer = Buffer.alloc(0);
  let lines = line;
  for await (const chunk of source) {
    const bytes = Buffer.concat([rest, chunk]);
    const end = wholeCharacters(bytes);
    const whole = bytes.subarray(0, end);
    if (!isUtf8(whole)) throw notUtf8(file, lines + linesBefore(whole));
    rest = bytes.subarray(end);
    lines += countLines(whole);
    yield whole;
  }
  if (rest.length > 0) throw notUtf8(file, lines + 1);
}

/** How many of the bytes don't belong to a character that goes on in the next piece. */
function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(4, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return bytes.length;
    if (byte >= 0xc0) {
      const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return needed > back ? bytes.length - back : bytes.length;
    }
  }
  return bytes.length;
}

/** The line, from 1, of the first byte that is no UTF-8. */
function linesBefore(bytes: Buffer): number {
  let start = 0;
  let line = 1;
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
    if (!isUtf8(bytes.subarray(start, end))) return line;
    start = end + 1;
    line++;
  }
  return line;
}

function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count++;
  return count;
}

function notUtf8(file: string, line: number): Error {
  return datasetErrors.make('DATASET_NOT_UTF8', `${file}: line ${line} is not UTF-8`);
}
