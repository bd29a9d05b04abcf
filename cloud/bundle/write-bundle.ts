import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import {
  BUNDLE_FILES,
  MANIFEST_SCHEMA_VERSION,
  type Manifest,
  manifestSchema,
  type Origin,
} from '../../component/contract/manifest.ts';
import type { Tokenizer } from '../../component/text/tokenizer.ts';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import type { CompiledModel } from '../compile/compile.ts';
import { writeModelFiles } from '../compile/encode/write-model-files.ts';
import { batchingOf } from '../compile/quantise/fidelity.ts';
import { modelCard } from './model-card.ts';
import { replaceFolder } from './out-folder.ts';

/** What a bundle is called; the rest follows from the compiled model. */
export interface BundleIdentity {
  readonly name: string;
  readonly version: string;
  readonly vergeVersion: string;
  /** Where the archive was fetched from, where it was. */
  readonly origin?: Origin | undefined;
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
  return replaceFolder(out, replace, async (folder) => {
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
    return {
      folder: path.resolve(out),
      manifest,
      digest: createHash('sha256').update(bytes).digest('hex'),
      sizeBytes: manifest.files.reduce((sum, file) => sum + file.sizeBytes, bytes.length),
    };
  });
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
      ...(batchingOf(compiled.fidelity) === 'alone' ? { batching: 'alone' as const } : {}),
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
      ...(identity.origin ? { origin: identity.origin } : {}),
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
