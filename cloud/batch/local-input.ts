import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ObjectReader } from '../aws/objects.ts';
import { openRows } from '../dataset/rows/open-rows.ts';
import type { ReadOptions, RowReader } from '../dataset/rows/row.ts';
import { download } from '../source/download/download.ts';
import type { Input } from './find-inputs.ts';

/** Opens an input to be read once; what is in S3 is fetched first, and goes when the reader closes. @throws VergeError DATASET_…, AWS_… */
export async function openInput(
  { name, kind, place }: Input,
  read: ReadOptions,
  objects: () => ObjectReader,
  signal: AbortSignal,
): Promise<RowReader> {
  if (place === undefined) return openRows(name, read);
  const folder = await mkdtemp(path.join(tmpdir(), 'verge-batch-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const file = path.join(folder, `input.${kind}`);
    await download(objects(), place, file, { signal });
    const reader = await openRows(file, read);
    return {
      ...reader,
      async close() {
        await reader.close();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
