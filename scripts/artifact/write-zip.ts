import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';

/** DOS time has no zone: the same local time gives the same bytes everywhere. The earliest that it can say. */
const TIME = new Date(1980, 0, 1);
const MODE = 0o100644;

/** Writes a zip whose bytes depend on names and contents alone: sorted, one time, one mode. */
export async function writeZip(file: string, entries: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const zip = new ZipFile();
  const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, bytes] of sorted) {
    const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    zip.addBuffer(content, name, { mtime: TIME, mode: MODE, compressionLevel: 9, forceDosTimestamp: true });
  }
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(file));
}
