import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Checkpoint } from '../../../../../cloud/checkpoint/checkpoint.ts';
import { mutated } from '../../../../support/hostile/mutations.ts';
import { modelWithBin } from '../../../../support/hostile/pickled-model.ts';
import { checkRefusal, openFiles, refuseFiles } from '../../../../support/hostile/refusal.ts';
import { float32, safetensorsBytes } from '../../../../support/hostile/safetensors-bytes.ts';
import { tinyModel, tinyTensors } from '../../../../support/hostile/tiny-model.ts';
import { repositoryPath } from '../../../../support/paths.ts';

const weights = safetensorsBytes({
  ...tinyTensors,
  'bert.x': { dtype: 'F32', shape: [3, 4], bytes: float32(...Array(12).keys()) },
});
const headerEnd = 8 + Number(weights.readBigUInt64LE(0));
const pickled = ['protocol-2', 'protocol-4', 'strides', 'types'].map((name) =>
  readFileSync(repositoryPath(`test/golden/checkpoint/pickles/${name}.bin`)),
);
const withWeights = (bytes: Uint8Array) => ({ ...tinyModel, 'model.safetensors': bytes });

/** Opens a model and reads all of it. Refusals end here; whatever else is thrown, or a tensor of another size, is a defect. */
async function openOrRefuse(files: Record<string, Uint8Array | string>): Promise<Checkpoint | undefined> {
  try {
    const checkpoint = await openFiles(files);
    for (const tensor of checkpoint.tensors.values()) {
      const count = tensor.shape.reduce((product, size) => product * size, 1);
      expect(tensor.read()).toHaveLength(count);
    }
    return checkpoint;
  } catch (error) {
    checkRefusal(error);
    return undefined;
  }
}

describe('weights that were changed anywhere', () => {
  it('open or are refused as the sender should mend it: safetensors', async () => {
    await fc.assert(
      fc.asyncProperty(mutated(weights), async (bytes) => {
        await openOrRefuse(withWeights(bytes));
      }),
      { numRuns: 300 },
    );
  });

  it('open or are refused as the sender should mend it: pytorch_model.bin', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...pickled).chain(mutated), async (bytes) => {
        await openOrRefuse(modelWithBin(bytes));
      }),
      { numRuns: 400 },
    );
  });

  it('keep their tensors when only numbers were changed', async () => {
    await fc.assert(
      fc.asyncProperty(mutated(weights.subarray(headerEnd)), async (data) => {
        fc.pre(data.length === weights.length - headerEnd);

        const checkpoint = await openOrRefuse(withWeights(Buffer.concat([weights.subarray(0, headerEnd), data])));

        const shapes = checkpoint && [...checkpoint.tensors.values()].map(({ name, shape }) => [name, shape]);
        expect(shapes ?? shapesOfAll).toEqual(shapesOfAll);
      }),
      { numRuns: 100 },
    );
  });

  it('are refused wherever they were cut or prolonged: safetensors', async () => {
    const changed = fc.oneof(
      fc.nat({ max: weights.length - 1 }).map((length) => weights.subarray(0, length)),
      fc.uint8Array({ minLength: 1, maxLength: 64 }).map((more) => Buffer.concat([weights, more])),
    );
    await fc.assert(
      fc.asyncProperty(changed, async (bytes) => {
        const refusal = await refuseFiles(withWeights(bytes));

        expect(refusal.code).toMatch(/^SAFETENSORS_/);
      }),
      { numRuns: 150 },
    );
  });

  it('are refused wherever they were cut: pytorch_model.bin', async () => {
    const cut = fc
      .constantFrom(...pickled)
      .chain((bin) => fc.nat({ max: bin.length - 1 }).map((length) => bin.subarray(0, length)));
    await fc.assert(
      fc.asyncProperty(cut, async (bytes) => {
        const refusal = await refuseFiles(modelWithBin(bytes));

        expect(refusal.code).toMatch(/^PICKLE_/);
      }),
      { numRuns: 150 },
    );
  });
});

const shapesOfAll = [
  ['classifier.bias', [2]],
  ['classifier.weight', [2, 3]],
  ['x', [3, 4]],
];
