import { type JsonReader, unsupported } from '../json-reader.ts';
import { MAX_MERGES, MAX_TOKEN_UNITS } from '../limits.ts';
import { PairMap } from '../pair-map.ts';
import { readVocabulary } from '../vocabulary.ts';
import { Bpe } from './bpe.ts';
import type { MergeTable } from './merge-table.ts';

/** The BPE model of a tokenizer.json. */
export function readBpe(model: JsonReader, byteLevel: boolean): Bpe {
  const dropout = model.raw('dropout');
  if (dropout !== undefined && dropout !== 0) throw unsupported(`${model.path}.dropout`, dropout);
  const vocabulary = readVocabulary(model);
  const prefix = affix(model, 'continuing_subword_prefix');
  const unknownToken = model.string('unk_token');
  return new Bpe({
    vocabulary,
    merges: readMerges(model, vocabulary, prefix),
    unknownTokenId: unknownToken === undefined ? undefined : vocabulary.get(unknownToken),
    fuseUnknown: model.boolean('fuse_unk', false),
    byteFallback: model.boolean('byte_fallback', false),
    ignoreMerges: model.boolean('ignore_merges', false),
    continuingSubwordPrefix: prefix,
    endOfWordSuffix: affix(model, 'end_of_word_suffix'),
    byteLevel,
  });
}

function affix(model: JsonReader, key: string): string {
  const text = model.string(key) ?? '';
  if (text.length > MAX_TOKEN_UNITS) throw model.invalid(key, `is longer than ${MAX_TOKEN_UNITS} characters`);
  return text;
}

/** Merges as pairs, or as older files write them: `"left right"`. */
function readMerges(model: JsonReader, vocabulary: ReadonlyMap<string, number>, prefix: string): MergeTable {
  if (model.raw('merges') === undefined) throw model.missing('merges');
  const listed = model.list('merges', MAX_MERGES);
  const ranks = new PairMap(listed.length);
  const results = new Int32Array(listed.length);
  let rank = 0;
  for (let index = 0; index < listed.length; index++) {
    const entry = listed[index];
    if (typeof entry === 'string' && entry.startsWith('#version')) continue;
    const pair: readonly unknown[] =
      typeof entry === 'string' ? entry.split(' ', 3) : Array.isArray(entry) ? entry : [];
    const [left, right] = pair;
    if (pair.length !== 2 || typeof left !== 'string' || typeof right !== 'string') {
      throw model.invalidAt(`merges.${index}`, 'is no pair of tokens', entry);
    }
    const leftId = vocabulary.get(left);
    const rightId = vocabulary.get(right);
    const result = vocabulary.get(left + (prefix === '' ? right : right.slice(prefix.length)));
    if (leftId === undefined || rightId === undefined || result === undefined) {
      throw model.invalidAt(`merges.${index}`, 'joins no two tokens of the vocabulary to a third', entry);
    }
    results[rank] = result;
    ranks.set(leftId, rightId, rank++);
  }
  return { ranks, results };
}
