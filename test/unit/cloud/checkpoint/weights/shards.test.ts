import { describe, expect, it } from 'vitest';
import { limits } from '../../../../../cloud/checkpoint/limits.ts';
import { pickledDict, pickledTensor } from '../../../../support/hostile/pickle-bytes.ts';
import { torchEntries } from '../../../../support/hostile/pickled-model.ts';
import { openFiles, refuseFiles } from '../../../../support/hostile/refusal.ts';
import { safetensorsBytes, type WrittenTensor } from '../../../../support/hostile/safetensors-bytes.ts';
import { tinyModel, tinyTensors } from '../../../../support/hostile/tiny-model.ts';
import { zipBytes } from '../../../../support/hostile/zip-bytes.ts';

const { 'config.json': config, 'vocab.txt': vocabulary } = tinyModel;
const first = 'model-00001-of-00002.safetensors';
const second = 'model-00002-of-00002.safetensors';
const shards = { [first]: shardOf('classifier.bias'), [second]: shardOf('classifier.weight') };
const weightMap = { 'classifier.bias': first, 'classifier.weight': second };

function shardOf(...names: readonly string[]): Buffer {
  const picked = names.map((name): [string, WrittenTensor] => [
    name,
    tinyTensors[name] ?? { dtype: 'F32', shape: [0], bytes: Buffer.alloc(0) },
  ]);
  return safetensorsBytes(Object.fromEntries(picked));
}

function sharded(
  index: unknown,
  files: Readonly<Record<string, Uint8Array>> = shards,
): Record<string, Uint8Array | string> {
  return {
    'config.json': config,
    'vocab.txt': vocabulary,
    'model.safetensors.index.json': JSON.stringify(index),
    ...files,
  };
}

describe('a model in shards', () => {
  it('opens as one', async () => {
    const { tensors } = await openFiles(sharded({ metadata: { total_size: 32 }, weight_map: weightMap }));

    expect([...tensors.keys()].toSorted()).toEqual(Object.keys(weightMap));
  });

  it('opens as one out of pickled shards', async () => {
    const [one, two] = ['classifier.bias', 'classifier.weight'].map((name) =>
      zipBytes(torchEntries(pickledDict({ [name]: pickledTensor() }))),
    );
    const map = {
      'classifier.bias': 'pytorch_model-00001-of-00002.bin',
      'classifier.weight': 'pytorch_model-00002-of-00002.bin',
    };

    const { tensors } = await openFiles({
      'config.json': config,
      'vocab.txt': vocabulary,
      'pytorch_model.bin.index.json': JSON.stringify({ weight_map: map }),
      'pytorch_model-00001-of-00002.bin': one ?? '',
      'pytorch_model-00002-of-00002.bin': two ?? '',
    });

    expect([...tensors.keys()]).toEqual(Object.keys(map));
  });

  it.each([
    '../model-00001-of-00002.safetensors',
    '/etc/passwd',
    'sub/model-00001-of-00002.safetensors',
    'model-00001-of-00002.safetensors\n',
    'model.safetensors',
    'pytorch_model-00001-of-00002.bin',
    '__proto__',
    '',
  ])('is refused when its index leads to %j', async (shard) => {
    const refusal = await refuseFiles(sharded({ weight_map: { ...weightMap, 'classifier.bias': shard } }));

    expect(refusal).toEqual({ code: 'SHARD_NAME_BAD', what: expect.stringContaining("'classifier.bias'") });
  });

  it.each<[string, unknown, string]>([
    ['no weight_map', {}, 'SHARD_INDEX_BAD'],
    ['a list for weight_map', { weight_map: [] }, 'SHARD_INDEX_BAD'],
    ['no shards', { weight_map: {} }, 'SHARD_COUNT_BAD'],
    ['a shard that is no text', { weight_map: { x: { toString: 1 } } }, 'SHARD_NAME_BAD'],
    ['a list', [], 'JSON_NOT_OBJECT'],
  ])('is refused when its index has %s', async (_, index, code) => {
    const refusal = await refuseFiles(sharded(index));

    expect(refusal).toEqual({ code, what: expect.stringContaining('model.safetensors.index.json') });
  });

  it('is refused when its index names thousands of shards', async () => {
    const names = Array.from(
      { length: limits.shards + 1 },
      (_, index) => `model-${String(index).padStart(5, '0')}-of-01001.safetensors`,
    );

    const refusal = await refuseFiles(sharded({ weight_map: Object.fromEntries(names.map((name) => [name, name])) }));

    expect(refusal).toEqual({ code: 'SHARD_COUNT_BAD', what: expect.stringContaining('names 1001 shards; 1 to 1000') });
  });

  it.each<[string, Record<string, Uint8Array>, string, string]>([
    ['a shard is missing', { [first]: shards[first] ?? Buffer.alloc(0) }, 'SHARD_MISSING', second],
    ['a shard is empty', { ...shards, [second]: Buffer.alloc(0) }, 'SAFETENSORS_TOO_SHORT', second],
    ['a shard lacks its tensor', { ...shards, [second]: shardOf() }, 'SHARD_TENSOR_MISSING', "'classifier.weight'"],
    ['a shard holds one more', { ...shards, [second]: shardOf('classifier.weight', 'x') }, 'SHARD_TENSOR_EXTRA', "'x'"],
    [
      'a tensor is in both',
      { ...shards, [second]: shardOf('classifier.weight', 'classifier.bias') },
      'SHARD_TENSOR_EXTRA',
      "'classifier.bias'",
    ],
  ])('is refused by name when %s', async (_, files, code, named) => {
    const refusal = await refuseFiles(sharded({ weight_map: weightMap }, files));

    expect(refusal).toEqual({ code, what: expect.stringContaining(named) });
  });
});
