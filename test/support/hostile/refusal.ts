import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished } from 'vitest';
import type { Checkpoint } from '../../../cloud/checkpoint/checkpoint.ts';
import { type OpenOptions, openCheckpoint } from '../../../cloud/checkpoint/open.ts';
import { VergeError } from '../../../component/contract/error.ts';
import { type Files, scratchFolder, writeFiles } from '../scratch.ts';

/** What a test asks of a refusal. */
export interface Refusal {
  readonly code: string;
  readonly what: string;
}

/** Opens a model that must be refused. Whatever it is, it is the user's to fix, told in one line, and leaves nothing behind. */
export async function refusalOf(open: () => unknown): Promise<Refusal> {
  let opened: unknown;
  try {
    opened = await open();
  } catch (error) {
    return checkRefusal(error);
  }
  throw new Error(`It was not refused: ${String(opened)}`);
}

/** The error as a refusal; anything else that was thrown is a defect, and is thrown on. */
export function checkRefusal(error: unknown): Refusal {
  if (!(error instanceof VergeError)) throw error;
  expect(error).toMatchObject({ fault: 'user', message: expect.stringMatching(/^[^\p{Cc}]{1,1000}\.$/u) });
  return { code: error.code, what: error.what };
}

/** Writes an archive, opens it, and makes sure that a refusal leaves no file where it was unpacked. */
export async function openArchiveBytes(bytes: Uint8Array, options: OpenOptions = {}): Promise<Checkpoint> {
  const folder = scratchFolder();
  const temporaryFolder = join(folder, 'unpacked');
  await mkdir(temporaryFolder);
  await writeFile(join(folder, 'model.tar.gz'), bytes);
  try {
    const checkpoint = await openCheckpoint(join(folder, 'model.tar.gz'), { temporaryFolder, ...options });
    onTestFinished(() => checkpoint.close());
    return checkpoint;
  } catch (error) {
    expect(await readdir(temporaryFolder)).toEqual([]);
    expect((await readdir(folder)).toSorted()).toEqual(['model.tar.gz', 'unpacked']);
    throw error;
  }
}

/** As `refusalOf`, for the blocks of a tar, which is compressed first. */
export function refuseTar(...blocks: readonly Uint8Array[]): Promise<Refusal> {
  return refusalOf(() => openArchiveBytes(gzipSync(Buffer.concat(blocks))));
}

/** Opens a model out of a plain folder with these files. */
export async function openFiles(files: Files, options: OpenOptions = {}): Promise<Checkpoint> {
  const folder = scratchFolder();
  await writeFiles(folder, files);
  const checkpoint = await openCheckpoint(folder, options);
  onTestFinished(() => checkpoint.close());
  return checkpoint;
}

export function refuseFiles(files: Files, options: OpenOptions = {}): Promise<Refusal> {
  return refusalOf(() => openFiles(files, options));
}
