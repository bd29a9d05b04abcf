import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { FoundFiles } from '../choose-model.ts';
import { checkpointErrors } from '../errors.ts';
import { limits } from '../limits.ts';
import { type ModelFile, modelPlace } from '../model-files.ts';
import { quote } from '../quote.ts';
import { entryPath } from './entry-path.ts';
import { type TarEntry, tarEntries } from './tar-entries.ts';

/** What an archive may hold altogether. */
export interface UnpackBounds {
  readonly archiveEntries: number;
  readonly modelBytes: number;
}

/**
 * Writes the files that a model may need into `target` (a private, empty folder): each folder of the archive becomes a
 * numbered one, each file keeps one of the names that we know. Everything else is read past.
 * @throws ARCHIVE_…, TAR_…
 */
export async function unpackModel(
  stream: AsyncIterable<Uint8Array>,
  target: string,
  bounds: UnpackBounds = limits,
): Promise<FoundFiles> {
  const found = new Map<string, Map<string, ModelFile>>();
  const seen = new Set<string>();
  let entryCount = 0;
  let writtenBytes = 0;
  for await (const entry of tarEntries(stream)) {
    entryCount += 1;
    if (entryCount > bounds.archiveEntries) {
      throw checkpointErrors.make(
        'ARCHIVE_TOO_MANY_ENTRIES',
        `The archive has more than ${bounds.archiveEntries} entries`,
      );
    }
    const parts = entryPath(entry.path);
    if (entry.type === 'folder') continue;
    const path = parts.join('/');
    if (seen.has(path)) throw checkpointErrors.make('ARCHIVE_ENTRY_TWICE', `The archive has ${quote(path)} twice`);
    seen.add(path);
    const place = modelPlace(parts);
    if (place === undefined) continue;
    if (entry.sizeBytes > place.kind.maxBytes) {
      throw checkpointErrors.make(
        'FILE_TOO_LARGE',
        `${quote(path)} is ${entry.sizeBytes} bytes long, more than ${place.kind.maxBytes}`,
      );
    }
    const group = found.get(place.folder) ?? new Map<string, ModelFile>();
    found.set(place.folder, group);
    const file = join(target, String([...found.keys()].indexOf(place.folder)), place.name);
    if (place.kind.kept) {
      writtenBytes += entry.sizeBytes;
      if (writtenBytes > bounds.modelBytes) {
        throw checkpointErrors.make(
          'ARCHIVE_MODEL_TOO_LARGE',
          `The model's files are larger than ${bounds.modelBytes} bytes together`,
        );
      }
      await write(file, entry);
    }
    group.set(place.name, { path: file, sizeBytes: entry.sizeBytes });
  }
  return found;
}

async function write(path: string, entry: TarEntry): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true, mode: 0o700 });
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const piece of entry.body) {
      for (let done = 0; done < piece.byteLength; ) done += (await file.write(piece, done)).bytesWritten;
    }
  } finally {
    await file.close();
  }
}
