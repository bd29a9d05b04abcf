import { open } from 'node:fs/promises';
import { lifecycleErrors } from './errors.ts';

/** A chain of certificates has some kilobytes. */
const MAX_FILE_BYTES = 1024 * 1024;

/** A file that a setting names, such as brokerCaFile. @throws VergeError RUNTIME_FILE */
export async function readNamed(setting: string, file: string | undefined): Promise<Buffer | undefined> {
  if (file === undefined) return undefined;
  try {
    const handle = await open(file, 'r');
    try {
      const { size } = await handle.stat();
      if (size > MAX_FILE_BYTES) throw new Error(`it has ${size} bytes, over ${MAX_FILE_BYTES}`);
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw lifecycleErrors.make('RUNTIME_FILE', `${setting} ${file} cannot be read (${why})`, error);
  }
}
