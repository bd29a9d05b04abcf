import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { processingErrors } from './errors.ts';

/** A file of the program that a job runs. */
export interface ProgramFile {
  readonly file: string;
  /** Below the program's folder, with slashes. */
  readonly name: string;
  readonly sizeBytes: number;
}

export interface Program {
  readonly files: readonly ProgramFile[];
  /** Of every name and byte: the program's folder in S3 is named by it, and so uploaded once. */
  readonly digest: string;
}

/** The command line as `scripts/build-job.ts` leaves it. @throws VergeError JOB_PROGRAM_MISSING */
export async function readProgram(folder: string): Promise<Program> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    throw processingErrors.make('JOB_PROGRAM_MISSING', `The program that jobs run is not in ${folder}`, error);
  });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const files: ProgramFile[] = [];
  for (const file of paths.toSorted()) {
    const name = path.relative(folder, file).split(path.sep).join('/');
    files.push({ file, name, sizeBytes: (await stat(file)).size });
  }
  return { files, digest: await digestOf(files) };
}

/** SHA-256 (hex) of files, names and bytes, in this order. */
export async function digestOf(files: readonly Omit<ProgramFile, 'sizeBytes'>[]): Promise<string> {
  const hash = createHash('sha256');
  for (const { file, name } of files) {
    hash.update(`${name}\0`);
    const { size } = await stat(file);
    hash.update(`${size}\0`);
    for await (const block of createReadStream(file)) hash.update(block as Buffer); // no encoding: bytes
  }
  return hash.digest('hex');
}
