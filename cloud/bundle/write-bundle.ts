import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { access, chmod, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import {
  BUNDLE_FILES,
  MANIFEST_SCHEMA_VERSION,
  type Manifest,
  manifestSchema,
} from '../../component/contract/manifest.ts';
import type { Tokenizer } from '../../component/text/tokenizer.ts';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import type { CompiledModel } from '../compile/compile.ts';
import { writeModelFiles } from '../compile/encode/write-model-files.ts';
import { bundleErrors } from './errors.ts';
import { modelCard } from './model-card.ts';

/** What a bundle is called; the rest follows from the compiled model. */
export interface BundleIdentity {
  readonly name: string;
  readonly version: string;
  readonly vergeVersion: string;
}

export interface WrittenBundle {
  readonly folder: string;
  readonly manifest: Manifest;
  /** SHA-256 of manifest.json: the identity of the bundle. */
  readonly digest: string;
  /** Bytes of all files together. */
  readonly sizeBytes: number;
}

/**
 * Packs a compiled model into `out`. Everything is written into a folder beside it that takes its place in one rename,
 * so a bundle is whole or absent. Same input, same bytes: no times, no machine, sorted keys.
 *
 * @throws VergeError BUNDLE_OUT_…
 */
export async function writeBundle(
  out: string,
  compiled: CompiledModel,
  checkpoint: Checkpoint,
  tokenizer: Tokenizer,
  padTokenId: number,
  identity: BundleIdentity,
  replace: boolean,
): Promise<WrittenBundle> {
  await assertFree(out, replace);
  const target = path.resolve(out);
  let folder: string;
  try {
    await mkdir(path.dirname(target), { recursive: true });
    folder = await mkdtemp(`${target}.partial-`);
  } catch (error) {
    throw unwritable(out, error);
  }
  try {
    await writeModelFiles(compiled.graph, folder);
    await writeFile(path.join(folder, BUNDLE_FILES.tokenizer), checkpoint.tokenizerJson);
    const golden = compiled.golden.map((sample) => `${JSON.stringify(sample)}\n`).join('');
    await writeFile(path.join(folder, BUNDLE_FILES.golden), golden);
    const draft = describeBundle(compiled, checkpoint, tokenizer, padTokenId, identity, await digestFiles(folder));
    const bundleBytes = draft.files.reduce((sum, file) => sum + file.sizeBytes, 0);
    await writeFile(path.join(folder, BUNDLE_FILES.card), modelCard(draft, { bundle: bundleBytes }, compiled.worst));
    const manifest = manifestSchema.parse({ ...draft, files: await digestFiles(folder) });
    const bytes = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
    await writeFile(path.join(folder, BUNDLE_FILES.manifest), bytes);
    await chmod(folder, 0o755); // mkdtemp makes private folders; a bundle holds no secret
    await takePlace(folder, target);
    return {
      folder: target,
      manifest,
      digest: createHash('sha256').update(bytes).digest('hex'),
      sizeBytes: manifest.files.reduce((sum, file) => sum + file.sizeBytes, bytes.length),
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw isSystemError(error) ? unwritable(out, error) : error;
  }
}

/** Moves a finished folder to where it belongs; what stood there goes only when the new one stands. */
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

function describeBundle(
  compiled: CompiledModel,
  checkpoint: Checkpoint,
  tokenizer: Tokenizer,
  padTokenId: number,
  identity: BundleIdentity,
  files: Manifest['files'],
): Manifest {
  const { temperature, rejection, smoothing } = compiled;
  return {
    schemaVersion: MANIFEST_SCHEMA_VERSION,
    name: identity.name,
    version: identity.version,
    task: checkpoint.task,
    problemType: checkpoint.problemType,
    labels: [...checkpoint.labels],
    maxLength: checkpoint.maxLength,
    graph: {
      precision: compiled.precision,
      opset: compiled.graph.opset,
      inputs: compiled.graph.inputs.map((input) => input.name),
      output: compiled.graph.outputs[0]?.name ?? 'logits',
    },
    tokenizer: { kind: tokenizer.kind, vocabularySize: tokenizer.vocabularySize, padTokenId },
    calibration: {
      temperature: temperature?.temperature ?? 1,
      ...(temperature ? { errorBefore: temperature.errorBefore, errorAfter: temperature.errorAfter } : {}),
    },
    ...(rejection ? { rejection } : {}),
    fidelity: compiled.fidelity,
    baseline: compiled.baseline,
    provenance: {
      source: checkpoint.source,
      modelType: checkpoint.modelType,
      parameters: checkpoint.parameters,
      float32Bytes: checkpoint.float32Bytes,
      vergeVersion: identity.vergeVersion,
    },
    compile: { ...(smoothing ? { smoothing } : {}), keptFp32: [...compiled.keptFp32] },
    files,
  };
}

async function digestFiles(folder: string): Promise<Manifest['files']> {
  const names = (await readdir(folder)).sort();
  return Promise.all(
    names.map(async (name) => {
      const file = path.join(folder, name);
      const hash = createHash('sha256');
      await pipeline(createReadStream(file), hash);
      return { name, sizeBytes: (await stat(file)).size, sha256: hash.digest('hex') };
    }),
  );
}

/**
 * Worth asking before the work as well as after it. Only a bundle is ever replaced: a mistyped `--out` must not cost a
 * folder of something else.
 *
 * @throws VergeError BUNDLE_OUT_EXISTS, BUNDLE_OUT_FOREIGN or BUNDLE_OUT_UNWRITABLE
 */
export async function assertFree(out: string, replace: boolean): Promise<void> {
  const target = path.resolve(out);
  const found = await contentsOf(target);
  if (found === 'absent') return assertWritable(path.dirname(target), out);
  if (found !== 'file' && found.length === 0) return assertWritable(path.dirname(target), out);
  if (!replace) throw bundleErrors.make('BUNDLE_OUT_EXISTS', `${out} exists and is not empty`);
  if (found === 'file' || !found.includes(BUNDLE_FILES.manifest)) {
    throw bundleErrors.make('BUNDLE_OUT_FOREIGN', `${out} is no bundle, so --force does not replace it`);
  }
  return assertWritable(path.dirname(target), out);
}

async function contentsOf(target: string): Promise<readonly string[] | 'file' | 'absent'> {
  try {
    return await readdir(target);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    if (error.code === 'ENOENT') return 'absent';
    if (error.code === 'ENOTDIR') return 'file';
    throw unwritable(target, error);
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
  return error instanceof Error && 'syscall' in error;
}
