import { readFile } from 'node:fs/promises';
import { checkpointErrors } from './errors.ts';
import type { ModelFile } from './model-files.ts';

/** Reads a small file whole. @throws FILE_TOO_LARGE before anything is read. */
export async function readFileBounded(file: ModelFile, name: string, maxBytes: number): Promise<Uint8Array> {
  if (file.sizeBytes > maxBytes) {
    throw checkpointErrors.make('FILE_TOO_LARGE', `${name} is ${file.sizeBytes} bytes long, more than ${maxBytes}`);
  }
  return readFile(file.path);
}
