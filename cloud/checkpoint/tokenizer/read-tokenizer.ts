import { checkpointErrors } from '../errors.ts';
import { parseJsonObject } from '../json.ts';
import { limits } from '../limits.ts';
import type { ModelFiles } from '../model-files.ts';
import { readFileBounded } from '../read-file.ts';

/** The tokenizer as one file, and the length limit that its settings carry. */
export interface TokenizerFiles {
  /** Canonical tokenizer.json; undefined where the model has no tokenizer at all. */
  readonly tokenizerJson: Uint8Array | undefined;
  /** `model_max_length` of tokenizer_config.json, unchecked. */
  readonly modelMaxLength: unknown;
}

/** Finds the tokenizer of a model, or builds it from its vocabulary. */
export async function readTokenizer(files: ModelFiles): Promise<TokenizerFiles> {
  const settings = (await readJsonFile(files, 'tokenizer_config.json')) ?? {};
  return { tokenizerJson: await readTokenizerJson(files), modelMaxLength: settings.model_max_length };
}

async function readTokenizerJson(files: ModelFiles): Promise<Uint8Array | undefined> {
  const file = files.get('tokenizer.json');
  if (file === undefined) return undefined;
  const bytes = await readFileBounded(file, 'tokenizer.json', limits.tokenizerBytes);
  const tokenizer = parseJsonObject(bytes, { file: 'tokenizer.json', maxDepth: limits.jsonDepth, uniqueKeys: false });
  return canonicalTokenizer(tokenizer);
}

/**
 * Bytes of a tokenizer.json as the device reads it. The truncation and padding of training go: the reference overrides
 * both at every call. Keys keep their order, so the same file gives the same bytes.
 */
function canonicalTokenizer(tokenizer: Record<string, unknown>): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify({ ...tokenizer, truncation: null, padding: null })}\n`);
}

async function readJsonFile(files: ModelFiles, name: string): Promise<Record<string, unknown> | undefined> {
  const file = files.get(name);
  if (file === undefined) return undefined;
  const bytes = await readFileBounded(file, name, limits.configBytes);
  return parseJsonObject(bytes, { file: name, maxDepth: limits.jsonDepth, uniqueKeys: false });
}

/** @throws TOKENIZER_MISSING, TOKENIZER_SLOW_ONLY */
export function missingTokenizer(files: ModelFiles): Error {
  const slow = [...files.keys()].find((name) => name.endsWith('.model'));
  if (slow !== undefined) {
    return checkpointErrors.make(
      'TOKENIZER_SLOW_ONLY',
      `The model has only the SentencePiece file ${slow} for a tokenizer`,
    );
  }
  return checkpointErrors.make(
    'TOKENIZER_MISSING',
    'The model has no tokenizer.json, vocab.txt, or vocab.json with merges.txt',
  );
}
