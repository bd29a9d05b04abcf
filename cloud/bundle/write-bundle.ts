import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import {
  access,
  chmod,
  constants,
  mkdir,
  mkdtemp,
  readdir,
  rename,
  rm,
  rmdir,
  stat,
  writeFile,
} from 'node:fs/promises';
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
 * @throws VergeError BUNDLE_OUT_NOT_FOLDER, BUNDLE_OUT_EXISTS unless `replace`, BUNDLE_OUT_UNWRITABLE
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
  const target = path.resolve(out);
  await assertUsable(out, replace);
  let folder: string | undefined;
  let made: string | undefined;
  try {
    made = await mkdir(path.dirname(target), { recursive: true });
    folder = await mkdtemp(`${target}.partial-`);
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
    await rm(target, { recursive: true, force: true });
    await rename(folder, target);
    return {
      folder: target,
      manifest,
      digest: createHash('sha256').update(bytes).digest('hex'),
      sizeBytes: manifest.files.reduce((sum, file) => sum + file.sizeBytes, bytes.length),
    };
  } catch (error) {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    await removeEmpty(path.dirname(target), made);
    throw unwritable(out, error);
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

/** What the file system refuses is the user's to mend; a bug stays what it is. */
function unwritable(out: string, error: unknown): unknown {
  if (!(error instanceof Error && 'syscall' in error)) return error;
  return bundleErrors.make('BUNDLE_OUT_UNWRITABLE', `${out} cannot be written (${error.message})`, error);
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
 * Whether a bundle can be written there: worth asking before the work as well as after it.
 * @throws VergeError BUNDLE_OUT_NOT_FOLDER, BUNDLE_OUT_EXISTS unless `replace`, BUNDLE_OUT_UNWRITABLE
 */
export async function assertUsable(out: string, replace: boolean): Promise<void> {
  const entries = await entriesOf(out);
  if (entries !== undefined && entries.length > 0 && !replace) {
    throw bundleErrors.make('BUNDLE_OUT_EXISTS', `${out} exists and is not empty`);
  }
  // The bundle takes its place from beside it, so the folder above is the one to write to.
  let above = path.dirname(path.resolve(out));
  while (!(await isThere(above)) && above !== path.dirname(above)) above = path.dirname(above);
  try {
    await access(above, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw unwritable(out, error);
  }
}

/** Undefined where there is nothing yet. */
async function entriesOf(out: string): Promise<string[] | undefined> {
  try {
    return await readdir(path.resolve(out));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code; // fs errors carry a code
    if (code === 'ENOENT') return undefined;
    if (code === 'ENOTDIR') throw bundleErrors.make('BUNDLE_OUT_NOT_FOLDER', `${out} is a file, or lies below one`);
    throw unwritable(out, error);
  }
}

async function isThere(folder: string): Promise<boolean> {
  return stat(folder).then(
    () => true,
    () => false,
  );
}
