import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { VergeError } from '../../component/contract/error.ts';
import { type OnProgress, openArchive } from './archive/open-archive.ts';
import { type AssembleOptions, assemble } from './assemble.ts';
import type { Checkpoint, CheckpointSource } from './checkpoint.ts';
import { chooseModel } from './choose-model.ts';
import { checkpointErrors } from './errors.ts';
import { findBeside, findInFolder } from './folder.ts';
import type { ModelFiles } from './model-files.ts';
import { quote } from './quote.ts';
import { recogniseFormat } from './recognise-format.ts';
import { digestWeights } from './source.ts';

export interface OpenOptions extends AssembleOptions {
  readonly signal?: AbortSignal;
  /** Told while an archive is read: bytes of the archive file. */
  readonly onProgress?: OnProgress;
  /** Where archives are unpacked, into a private folder of its own each. Default: the system's folder for temporary files. */
  readonly temporaryFolder?: string;
}

/**
 * Opens a model: a `model.tar.gz` (or plain tar), a folder, or one .safetensors file beside its config.json. What it is
 * is told by its content. Nothing in it is executed; nothing is left behind on failure, and `close` removes the rest.
 * @throws VergeError with a code of `checkpointErrors`; the signal's reason when aborted.
 */
export async function openCheckpoint(path: string, options: OpenOptions = {}): Promise<Checkpoint> {
  options.signal?.throwIfAborted();
  const absolute = resolve(path);
  const removals: (() => Promise<void>)[] = [];
  try {
    const { files, source } = await locate(absolute, options, removals);
    return await assemble(files, source, options, removals);
  } catch (error) {
    for (const remove of removals.toReversed()) await remove();
    options.signal?.throwIfAborted();
    throw asVergeError(error, absolute);
  }
}

/** Finds the model's files, unpacking them first where they stand in an archive. */
async function locate(
  path: string,
  options: OpenOptions,
  removals: (() => Promise<void>)[],
): Promise<{ files: ModelFiles; source: CheckpointSource }> {
  const name = basename(path);
  const status = await stat(path);
  if (status.isDirectory()) {
    const files = chooseModel(await findInFolder(path), quote(name));
    return { files, source: await digestWeights(files, 'folder', name, options.signal) };
  }
  if (!status.isFile())
    throw checkpointErrors.make('FILE_NOT_REGULAR', `${quote(path)} is neither a file nor a folder`);
  const format = await recogniseFormat(path);
  if (format === 'safetensors') {
    const files: ModelFiles = new Map([
      ...withoutWeights(await findBeside(dirname(path))),
      ['model.safetensors', { path, sizeBytes: status.size }],
    ]);
    if (!files.has('config.json')) {
      throw checkpointErrors.make('CONFIG_NOT_FOUND', `There is no config.json beside ${quote(name)}`);
    }
    return { files, source: await digestWeights(files, 'file', name, options.signal) };
  }
  const folder = await makeFolder(options.temporaryFolder ?? tmpdir());
  removals.push(() => rm(folder, { recursive: true, force: true }));
  const { found, source } = await openArchive(path, format === 'gzip' ? 'gzip' : 'none', folder, options);
  return { files: chooseModel(found, quote(name)), source };
}

async function makeFolder(parent: string): Promise<string> {
  try {
    return await mkdtemp(join(parent, 'verge-checkpoint-'));
  } catch (error) {
    if (isDiskFull(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw checkpointErrors.make(
      'TEMPORARY_FOLDER_UNUSABLE',
      `No folder to unpack into can be made in ${quote(parent)} (${quote(reason)})`,
      error,
    );
  }
}

/** The user named the weights; what else lies beside them is not asked. */
function withoutWeights(files: ModelFiles): ModelFiles {
  return new Map([...files].filter(([name]) => /\.(json|txt|model)$/.test(name) && !name.endsWith('.index.json')));
}

function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}

/** Failures of the file system become sentences too; a bug stays what it is. */
function asVergeError(error: unknown, path: string): unknown {
  if (error instanceof VergeError || !(error instanceof Error) || !('code' in error)) return error;
  if (error.code === 'ENOENT')
    return checkpointErrors.make('CHECKPOINT_NOT_FOUND', `There is nothing at ${quote(path)}`, error);
  if (isDiskFull(error))
    return checkpointErrors.make('DISK_FULL', `No room on the disk to unpack ${quote(path)}`, error);
  return checkpointErrors.make(
    'CHECKPOINT_UNREADABLE',
    `${quote(path)} cannot be read: ${quote(error.message)}`,
    error,
  );
}
