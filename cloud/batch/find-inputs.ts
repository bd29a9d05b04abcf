import { lstat, stat } from 'node:fs/promises';
import path from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import type { ObjectLister } from '../aws/list-objects.ts';
import { type S3Place, uriOf } from '../aws/objects.ts';
import { datasetErrors } from '../dataset/errors.ts';
import { type DatasetKind, kindOf } from '../dataset/rows/open-rows.ts';
import { batchErrors } from './errors.ts';

/** One file of texts, wherever it is. */
export interface Input {
  /** As the user would say it: a path or an s3:// address. */
  readonly name: string;
  /** Below the folder, glob or prefix that it was found by; its output is called so. */
  readonly relative: string;
  readonly kind: DatasetKind;
  /** Undefined: it is at the path `name`. */
  readonly place: S3Place | undefined;
}

/** More than this is another kind of work, and each needs an output of its own. */
const MAX_INPUTS = 100_000;
const S3 = 's3://';

/**
 * Finds what the user named: files, folders (everything below them), globs and s3:// prefixes. Hidden files are passed
 * over, and in folders, globs and prefixes files of other kinds. Sorted by name, each once.
 * @param connect asked for only where S3 is named
 * @throws VergeError BATCH_NO_INPUT, BATCH_INPUTS_MANY, DATASET_…, AWS_…
 */
export async function findInputs(
  named: readonly string[],
  connect: () => ObjectLister,
  signal: AbortSignal,
): Promise<readonly Input[]> {
  const found = new Map<string, Input>();
  for (const name of named) {
    const inputs = name.startsWith(S3) ? await findInS3(name, connect(), signal) : await findHere(name);
    if (inputs.length === 0)
      throw batchErrors.make('BATCH_NO_INPUT', `${name} holds no .csv, .tsv, .jsonl, .parquet or .txt`);
    for (const input of inputs) found.set(input.place ? input.name : path.resolve(input.name), input);
    if (found.size > MAX_INPUTS) {
      throw batchErrors.make('BATCH_INPUTS_MANY', `${named.join(', ')} are more than ${MAX_INPUTS} files`);
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

async function findHere(name: string): Promise<Input[]> {
  const entry = await stat(name).catch(() => undefined);
  if (entry?.isDirectory()) return globbed('**/*', name);
  if (entry) return [inputOf(name, path.basename(name))];
  if (!isDynamicPattern(name)) {
    const broken = await lstat(name).catch(() => undefined);
    throw datasetErrors.make('DATASET_UNREADABLE', `${name} ${broken ? 'is a link to nothing' : 'does not exist'}`);
  }
  // What stands before the first wildcard is where the names of the outputs begin.
  const parts = name.split('/');
  const fixed = parts.findIndex((part) => isDynamicPattern(part));
  const base = parts.slice(0, fixed).join('/') || (name.startsWith('/') ? '/' : '.');
  return globbed(parts.slice(fixed).join('/'), base);
}

async function globbed(pattern: string, base: string): Promise<Input[]> {
  const files = await glob(pattern, { cwd: base, dot: false, onlyFiles: true, expandDirectories: false });
  return files
    .filter((file) => kindOf(file) !== undefined)
    .map((file) => inputOf(base === '.' ? file : path.join(base, file), file));
}

/** @throws VergeError DATASET_KIND_UNKNOWN */
function inputOf(name: string, relative: string, place?: S3Place): Input {
  const kind = kindOf(name);
  if (kind === undefined) {
    throw datasetErrors.make('DATASET_KIND_UNKNOWN', `${name} ends in ${path.extname(name) || 'nothing'}`);
  }
  return { name, relative, kind, place };
}

async function findInS3(uri: string, lister: ObjectLister, signal: AbortSignal): Promise<Input[]> {
  const [, bucket = '', prefix = ''] = uri.match(/^s3:\/\/([^/]*)\/?(.*)$/s) ?? [];
  const inputs: Input[] = [];
  const below = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  for await (const key of lister.list({ bucket, key: prefix }, signal)) {
    const relative = key.slice(below.length);
    const steps = relative.split('/');
    if (steps.some((step) => step === '..' || step === '.' || step === '')) {
      if (key.endsWith('/')) continue; // a folder, as consoles make them
      throw batchErrors.make('BATCH_NO_INPUT', `${uriOf({ bucket, key })} has a name that is no path`);
    }
    const hidden = steps.some((step) => step.startsWith('.') || step.startsWith('_'));
    if (hidden || kindOf(key) === undefined) continue;
    inputs.push(inputOf(uriOf({ bucket, key }), relative, { bucket, key }));
    if (inputs.length > MAX_INPUTS) break;
  }
  return inputs;
}
