import { describe, expect, it } from 'vitest';
import { memoryCheckpoint, memoryTensor } from '../../../../cloud/checkpoint/memory-checkpoint.ts';
import { TensorReader } from '../../../../cloud/checkpoint/tensor-reader.ts';

function readerOf(shapes: Record<string, readonly number[]>): TensorReader {
  const tensors = Object.entries(shapes).map(([name, shape]) => {
    const size = shape.reduce((product, dimension) => product * dimension, 1);
    return memoryTensor(
      name,
      shape,
      Float32Array.from({ length: size }, (_, index) => index),
    );
  });
  return new TensorReader(memoryCheckpoint({ modelType: 'bert', config: {} }, tensors));
}

describe('TensorReader', () => {
  it('hands over the numbers of a tensor of the expected shape', () => {
    const reader = readerOf({ 'pooler.dense.weight': [2, 3] });

    const values = reader.read('pooler.dense.weight', [2, 3]);

    expect([...values]).toEqual([0, 1, 2, 3, 4, 5]);
    expect(() => reader.finish()).not.toThrow();
  });

  it('names a missing tensor, the shape it should have and the nearest name', () => {
    const reader = readerOf({ 'layer.0.query.weights': [2, 2], 'classifier.bias': [2] });

    const read = () => reader.read('layer.0.query.weight', [2, 2]);

    expect(read).toThrow(
      expect.objectContaining({
        code: 'TENSOR_MISSING',
        what: expect.stringMatching(/'layer\.0\.query\.weight' of shape \[2, 2\].*'layer\.0\.query\.weights'/),
      }),
    );
  });

  it('proposes no name where none is near', () => {
    const reader = readerOf({ x: [1] });

    const read = () => reader.read('classifier.weight', [3, 32]);

    expect(read).toThrow(expect.objectContaining({ what: expect.not.stringContaining('nearest') }));
  });

  it.each([[[3, 2]], [[6]], [[2, 3, 1]]])('names a tensor of another shape with what was expected: %j', (expected) => {
    const reader = readerOf({ 'classifier.weight': [2, 3] });

    const read = () => reader.read('classifier.weight', expected);

    expect(read).toThrow(
      expect.objectContaining({
        code: 'TENSOR_SHAPE',
        what: `Tensor 'classifier.weight' has shape [2, 3] where [${expected.join(', ')}] is expected`,
      }),
    );
  });

  it('names tensors that nobody asked for', () => {
    const reader = readerOf({ a: [1], 'layer.2.bias': [4] });
    reader.read('a', [1]);

    const finish = () => reader.finish();

    expect(finish).toThrow(
      expect.objectContaining({ code: 'TENSOR_EXTRA', what: expect.stringContaining("'layer.2.bias' [4]") }),
    );
  });

  it('names at most five extra tensors and counts the rest', () => {
    const reader = readerOf(Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`extra.${index}`, [1]])));

    const finish = () => reader.finish();

    expect(finish).toThrow(/'extra\.4' \[1\] and 7 more/);
  });

  it('ignores derived buffers and what the family declares unused', () => {
    const reader = readerOf({ 'embeddings.position_ids': [1, 8], 'pooler.dense.bias': [4] });

    const finish = () => reader.finish([/^pooler\./]);

    expect(finish).not.toThrow();
  });

  it('does not count asking for a shape as reading', () => {
    const reader = readerOf({ a: [1] });

    const known = [reader.has('a'), reader.shape('a'), reader.has('b'), reader.shape('b')];

    expect(known).toEqual([true, [1], false, undefined]);
    expect(() => reader.finish()).toThrow(/'a' \[1\]/);
  });
});
