import { limits } from './limits.ts';

/** One file of a model, wherever it was found. */
export interface ModelFile {
  /** Absolute. */
  readonly path: string;
  readonly sizeBytes: number;
}

/** The files of one model by the name that the reference gives them: `config.json`, `model.safetensors`, `onnx/model.onnx`, … */
export type ModelFiles = ReadonlyMap<string, ModelFile>;

/** What a file name means to us. */
interface FileKind {
  readonly pattern: RegExp;
  readonly maxBytes: number;
  /** False where knowing that the file is there is enough (for a message), so its bytes are never written to disk. */
  readonly kept: boolean;
}

const kinds: readonly FileKind[] = [
  { pattern: /^config\.json$/, maxBytes: limits.configBytes, kept: true },
  { pattern: /^tokenizer\.json$/, maxBytes: limits.tokenizerBytes, kept: true },
  {
    pattern: /^(tokenizer_config|special_tokens_map|added_tokens)\.json$/,
    maxBytes: limits.configBytes,
    kept: true,
  },
  { pattern: /^(vocab\.txt|vocab\.json|merges\.txt)$/, maxBytes: limits.vocabularyBytes, kept: true },
  { pattern: /^(model\.safetensors|pytorch_model\.bin)\.index\.json$/, maxBytes: limits.shardIndexBytes, kept: true },
  { pattern: /^model(-\d{5}-of-\d{5})?\.safetensors$/, maxBytes: limits.weightsBytes, kept: true },
  { pattern: /^pytorch_model(-\d{5}-of-\d{5})?\.bin$/, maxBytes: limits.weightsBytes, kept: true },
  // Seen only to say what is missing: tokenizers that need another library, weights of other frameworks, adapters.
  { pattern: /^(spiece|sentencepiece\.bpe|spm)\.model$/, maxBytes: limits.weightsBytes, kept: false },
  { pattern: /^(tf_model\.h5|flax_model\.msgpack|saved_model\.pb)$/, maxBytes: limits.weightsBytes, kept: false },
  { pattern: /^adapter_model\.(safetensors|bin)$/, maxBytes: limits.weightsBytes, kept: false },
];

/** A finished ONNX model and the files that its weights may stand in; also below `onnx/`, where Optimum puts them. */
const onnxKinds: readonly FileKind[] = [
  { pattern: /^model\.onnx$/, maxBytes: limits.weightsBytes, kept: true },
  {
    pattern:
      /^(?!training_args\.|optimizer\.|scheduler\.|pytorch_model|adapter_model)[A-Za-z0-9][\w.-]{0,127}[._](bin|data|weights?)(_\d+)?$/,
    maxBytes: limits.weightsBytes,
    kept: true,
  },
];

/** Folders of a training archive that never hold the model itself. */
const skippedFolder = /^(code|checkpoint-\d+|runs|logs?|__MACOSX|\..*)$/;

/** Where a model stands in an archive, and which of its files this is. */
export interface ModelPlace {
  /** Empty at the root, else the one folder it stands in. */
  readonly folder: string;
  /** Key in `ModelFiles`. */
  readonly name: string;
  readonly kind: FileKind;
}

/** The place of a path (already cut at its slashes), or undefined where a model needs no such file. */
export function modelPlace(parts: readonly string[]): ModelPlace | undefined {
  const name = parts.at(-1) ?? '';
  const folders = parts.slice(0, -1);
  const inOnnxFolder = folders.at(-1) === 'onnx';
  const kind = (inOnnxFolder ? [...onnxKinds, ...kinds] : [...kinds, ...onnxKinds]).find(({ pattern }) =>
    pattern.test(name),
  );
  if (kind === undefined) return undefined;
  const [first = '', second] = folders;
  if (folders.length > 2 || skippedFolder.test(first)) return undefined;
  if (folders.length === 2) {
    // An export inside the one folder down: only its ONNX files belong to the model.
    return second === 'onnx' && onnxKinds.includes(kind) ? { folder: first, name: `onnx/${name}`, kind } : undefined;
  }
  return { folder: first, name, kind };
}

/** Whether these are the weights of a model, in any of the forms that we read. */
export function hasWeights(files: ModelFiles): boolean {
  return weightFiles(files).length > 0;
}

/** Files of the model's weights, safetensors before pickled ones, sorted by name. */
export function weightFiles(files: ModelFiles): [string, ModelFile][] {
  for (const pattern of [/^model(-\d{5}-of-\d{5})?\.safetensors$/, /^pytorch_model(-\d{5}-of-\d{5})?\.bin$/]) {
    const found = [...files].filter(([name]) => pattern.test(name));
    if (found.length > 0) return found.toSorted(([left], [right]) => (left < right ? -1 : 1));
  }
  return [];
}

/** Name of the finished ONNX model, or undefined. */
export function onnxFile(files: ModelFiles): string | undefined {
  return ['model.onnx', 'onnx/model.onnx'].find((name) => files.has(name));
}
