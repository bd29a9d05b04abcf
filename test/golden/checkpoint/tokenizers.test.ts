import { readdirSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ModelFile } from '../../../cloud/checkpoint/model-files.ts';
import { readTokenizer } from '../../../cloud/checkpoint/tokenizer/read-tokenizer.ts';
import { repositoryPath } from '../../support/paths.ts';

const folder = repositoryPath('test/golden/checkpoint/tokenizers');

describe('a tokenizer built from its vocabulary', () => {
  it.each(readdirSync(folder))('equals what the reference builds: %s', async (name) => {
    const files = new Map<string, ModelFile>();
    for (const file of readdirSync(`${folder}/${name}`)) {
      const path = `${folder}/${name}/${file}`;
      files.set(file, { path, sizeBytes: statSync(path).size });
    }
    const expected = JSON.parse(readFileSync(`${folder}/${name}/expected.json`, 'utf8'));

    const { tokenizerJson } = await readTokenizer(files, expected.modelType);

    expect(JSON.parse(new TextDecoder().decode(tokenizerJson))).toEqual(expected.tokenizer);
  });
});
