import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, readdir, rename, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { VergeError } from '../../component/contract/error.ts';
import { BUNDLE_FILES } from '../../component/contract/manifest.ts';
import { bundleErrors } from './errors.ts';

/**
 * Whether a bundle can be written there: worth asking before the work as well as after it. Only a bundle is ever replaced:
 * a mistyped `--out` must not cost a folder of something else.
 * @throws VergeError BUNDLE_OUT_NOT_FOLDER, BUNDLE_OUT_EXISTS unless `replace`, BUNDLE_OUT_FOREIGN, BUNDLE_OUT_UNWRITABLE
 */
export async function assertUsable(out: string, replace: boolean): Promise<void> {
  const entries = await entriesOf(out);
  if (entries.length > 0) {
    if (!replace) throw bundleErrors.make('BUNDLE_OUT_EXISTS', `${out} exists and is not empty`);
    if (!entries.includes(BUNDLE_FILES.manifest)) {
      throw bundleErrors.make('BUNDLE_OUT_FOREIGN', `${out} is no bundle, so --force does not replace it`);
    }
  }
  await assertWritable(path.dirname(path.resolve(out)), out);
}

/**
 * Fills a folder beside `out` and lets it take the place of `out` in one rename; what stood there goes only when the new
 * one stands. Whatever fails, nothing stays of it, nor of the folders that were made for it.
 * @throws VergeError as `assertUsable`, and what `fill` throws
 */
export async function replaceFolder<T>(
  out: string,
  replace: boolean,
  fill: (folder: string) => Promise<T>,
): Promise<T> {
  await assertUsable(out, replace);
  const target = path.resolve(out);
  let made: string | undefined;
  let folder: string | undefined;
  try {
    made = await makeFolders(path.dirname(target));
    folder = await mkdtemp(`${target}.partial-`);
    const filled = await fill(folder);
    await takePlace(folder, target);
    return filled;
  } catch (error) {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    await removeEmpty(path.dirname(target), made);
    throw isSystemError(error) ? unwritable(out, error) : error;
  }
}

async function takePlace(folder: string, target: string): Promise<void> {
  const before = `${folder}.before`;
  const replaced = await moved(target, before);
  try {
    await rename(folder, target);
  } catch (error) {
    if (replaced) await rename(before, target);
    throw error;
  }
  await rm(before, { recursive: true, force: true });
}

/** False where there was nothing to move. */
async function moved(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return false;
    throw error;
  }
}

/**
 * The outermost of the folders that were made, if any. Not `recursive: true`: Node never returns from it where a file
 * system answers ENOENT below a folder that exists, as /proc does.
 */
async function makeFolders(folder: string): Promise<string | undefined> {
  try {
    await mkdir(folder);
    return folder;
  } catch (error) {
    if (isSystemError(error) && error.code === 'EEXIST') return undefined;
    const parent = path.dirname(folder);
    if (!isSystemError(error) || error.code !== 'ENOENT' || parent === folder) throw error;
    const outermost = await makeFolders(parent);
    await mkdir(folder).catch((again: unknown) => {
      if (!(isSystemError(again) && again.code === 'EEXIST')) throw again;
    });
    return outermost ?? folder;
  }
}

/** Removes the folders that were made for the bundle, innermost first, as far as nobody else has put anything there. */
async function removeEmpty(innermost: string, outermost: string | undefined): Promise<void> {
  if (outermost === undefined) return;
  for (let folder = innermost; folder.startsWith(outermost); folder = path.dirname(folder)) {
    try {
      await rmdir(folder);
    } catch {
      return;
    }
  }
}

async function entriesOf(out: string): Promise<string[]> {
  try {
    return await readdir(path.resolve(out));
  } catch (error) {
    if (!isSystemError(error)) throw error;
    if (error.code === 'ENOENT') return [];
    if (error.code === 'ENOTDIR') {
      throw bundleErrors.make('BUNDLE_OUT_NOT_FOLDER', `${out} is a file, or lies below one`);
    }
    throw unwritable(out, error);
  }
}

/** Asks the nearest folder above that exists. */
async function assertWritable(folder: string, out: string): Promise<void> {
  try {
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const parent = path.dirname(folder);
    if (isSystemError(error) && error.code === 'ENOENT' && parent !== folder) return assertWritable(parent, out);
    throw unwritable(out, error);
  }
}

function unwritable(out: string, error: unknown): Error {
  const why = error instanceof Error ? error.message : String(error);
  return bundleErrors.make('BUNDLE_OUT_UNWRITABLE', `${out} cannot be written (${why})`, error);
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && !(error instanceof VergeError) && 'syscall' in error;
}
