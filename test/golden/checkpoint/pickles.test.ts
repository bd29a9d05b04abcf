import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openFiles, refuseFiles } from '../../support/hostile/refusal.ts';
import { tinyModel } from '../../support/hostile/tiny-model.ts';
import { repositoryPath } from '../../support/paths.ts';

const folder = repositoryPath('test/golden/checkpoint/pickles');
const {
  reference,
  ...recorded
}: Record<string, Record<string, [shape: number[], values: number[]]>> = JSON.parse(
  readFileSync(`${folder}/expected.json`, 'utf8'),
);
const { 'config.json': config, 'vocab.txt': vocabulary } = tinyModel;

function modelOf(name: string): Record<string, Uint8Array | string> {
  return { 'config.json': config, 'vocab.txt': vocabulary, 'pytorch_model.bin': readFileSync(`${folder}/${name}.bin`) };
}

describe(`a pytorch_model.bin as torch saves it`, () => {
  it.each(Object.entries(recorded))('has the numbers that torch reads from it: %s', async (name, expected) => {
    const { tensors } = await openFiles(modelOf(name));

    const read = Object.fromEntries(
      [...tensors.values()].map((tensor) => [tensor.name, [tensor.shape, [...tensor.read()]]]),
    );

    expect(read).toEqual(expected);
  });

  it('is refused with what to do where torch was older than 1.6', async () => {
    const refusal = await refuseFiles(modelOf('legacy'));

    expect(refusal).toEqual({ code: 'PICKLE_LEGACY', what: expect.stringContaining('before version 1.6') });
    expect(reference).toMatch(/^torch /);
  });
});
