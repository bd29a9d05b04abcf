import { readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openCheckpoint } from '../../../cloud/checkpoint/open.ts';
import { hasShared, repositoryPath, sharedNote, sharedPath } from '../../support/paths.ts';

/** Shape, and sum, first and last value, as record_tensors.py writes them. */
type Recorded = [shape: number[], sum: number, first: number, last: number];

// Our own file, written by the script beside it.
const oracle = JSON.parse(readFileSync(repositoryPath('test/golden/checkpoint/tensors.json'), 'utf8')) as Record<
  string,
  Record<string, Recorded>
>;

describe.skipIf(!hasShared)(`openCheckpoint on the reference's checkpoints${sharedNote}`, () => {
  it.each(Object.entries(oracle))('reads every tensor of %s as the reference does', async (name, recorded) => {
    const checkpoint = await openCheckpoint(sharedPath(`fixtures/architectures/${name}`), { tokenizer: 'optional' });
    onTestFinished(() => checkpoint.close());

    const read = [...checkpoint.tensors.values()].map((tensor) => {
      const values = tensor.read();
      const sum = values.reduce((total, value) => total + value, 0);
      return { name: tensor.name, shape: tensor.shape, sum, first: values[0], last: values.at(-1) };
    });

    expect(read.map((tensor) => tensor.name).toSorted()).toEqual(Object.keys(recorded).toSorted());
    for (const tensor of read) {
      const [shape, sum, first, last] = recorded[tensor.name] ?? [];
      expect(tensor).toMatchObject({ shape, first, last });
      expect(tensor.sum).toBeCloseTo(sum ?? Number.NaN, 9);
    }
  });
});
