import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createTokenizer } from '../../../component/text/create-tokenizer.ts';
import { hasShared, repositoryPath, sharedNote, sharedPath } from '../../support/paths.ts';
import { expectReference } from './expected-encodings.ts';

const published = [
  ['bert-base-cased', 'wordpiece'],
  ['bert-base-uncased', 'wordpiece'],
  ['roberta-base', 'bpe'],
  ['t5-small', 'unigram'],
];

const recorded = repositoryPath('test/golden/text/tokenizers');

describe.skipIf(!hasShared)(`a published tokenizer${sharedNote}`, () => {
  it.each(published)('gives the ids and offsets of the reference: %s', (name, kind) => {
    const folder = sharedPath(`fixtures/tokenizers/${name}`);
    const { cases } = JSON.parse(readFileSync(`${folder}/expected.json`, 'utf8'));

    const tokenizer = createTokenizer(readFileSync(`${folder}/tokenizer.json`));

    expect(tokenizer.kind).toBe(kind);
    expectReference(tokenizer, cases);
  });
});

describe('a small tokenizer in the shape of a family', () => {
  it.each(readdirSync(recorded))('gives the ids and offsets of the reference: %s', (file) => {
    const lines = readFileSync(`${recorded}/${file}`, 'utf8').trimEnd().split('\n');
    const [{ tokenizer: json }, ...cases] = lines.map((line) => JSON.parse(line));

    const tokenizer = createTokenizer(new TextEncoder().encode(JSON.stringify(json)));

    expectReference(tokenizer, cases);
  });
});
