import { readFileSync } from 'node:fs';
import { createTokenizer } from '../../../../component/text/create-tokenizer.ts';
import type { Tokenizer } from '../../../../component/text/tokenizer.ts';
import { repositoryPath } from '../../../support/paths.ts';

/** A tokenizer.json recorded for the golden tests, to be changed at will. */
export function recordedJson(name: string): Record<string, unknown> {
  const [first = ''] = readFileSync(repositoryPath(`test/golden/text/tokenizers/${name}.jsonl`), 'utf8').split('\n');
  return JSON.parse(first).tokenizer;
}

export function tokenizerOf(json: unknown): Tokenizer {
  return createTokenizer(new TextEncoder().encode(JSON.stringify(json)));
}

export const someTokenizers: readonly string[] = [
  'albert',
  'bpe-affixes',
  'byte-fallback',
  'deberta-v2-punctuation',
  'deberta-v3',
  'distilbert-cased',
  'modernbert',
  'mpnet',
  'roberta-prefix',
  't5-bytes',
  'wordpiece-other-stages',
  'xlm-roberta',
];
