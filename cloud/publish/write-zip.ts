import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';

/** DOS time has no zone: the same local time gives the same bytes everywhere. The earliest that it can say. */
const TIME = new Date(1980, 0, 1);
const MODE = 0o100644;

/** Bytes, or the path of a file that is too large to be held. */
export type ZipEntry = Uint8Array | string;

/** Writes a zip whose bytes depend on names and contents alone (and on Node's zlib): sorted, one time, one mode. */
export async function writeZip(file: string, entries: ReadonlyMap<string, ZipEntry>): Promise<void> {
  const zip = new ZipFile();
  const options = { mtime: TIME, mode: MODE, compressionLevel: 9, forceDosTimestamp: true };
  const failed = new Promise<never>((_, reject) => {
    zip.on('error', reject);
  });
  const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, content] of sorted) {
    if (typeof content === 'string') zip.addFile(content, name, options);
    else zip.addBuffer(Buffer.from(content.buffer, content.byteOffset, content.byteLength), name, options);
  }
  zip.end();
  await Promise.race([pipeline(zip.outputStream, createWriteStream(file)), failed]);
}
