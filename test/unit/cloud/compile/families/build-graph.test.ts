import { describe, expect, test } from 'vitest';
import { memoryCheckpoint, memoryTensor } from '../../../../../cloud/checkpoint/memory-checkpoint.ts';
import { buildGraph, SUPPORTED_FAMILIES } from '../../../../../cloud/compile/families/build-graph.ts';
import { checkGraph } from '../../../../../cloud/compile/graph/check-graph.ts';
import { buildObligingly, obligingCheckpoint } from './obliging-checkpoint.ts';

test.each([...SUPPORTED_FAMILIES])('%s has the face that every bundle has', (modelType) => {
  const graph = buildObligingly({ modelType });

  expect(graph.inputs).toEqual([
    { name: 'input_ids', type: 'int32', shape: ['batch', 'sequence'] },
    { name: 'lengths', type: 'int32', shape: ['batch'] },
  ]);
  expect(graph.outputs).toEqual([{ name: 'logits', type: 'float32', shape: ['batch', 2] }]);
});

test.each(['bert', 'distilbert', 'roberta', 'xlm-roberta', 'camembert'])('%s classifies tokens too', (modelType) => {
  const graph = buildObligingly({ modelType, task: 'token-classification' });

  expect(graph.outputs).toEqual([{ name: 'logits', type: 'float32', shape: ['batch', 'sequence', 2] }]);
});

test('layers are named as the options of the command name them', () => {
  const { nodes } = buildObligingly({ modelType: 'bert' });

  const linears = nodes.filter((node) => node.operator === 'MatMul').map((node) => node.name);
  expect(linears).toEqual([
    'layer.0.attention.qkv',
    'layer.0.attention.output',
    'layer.0.feed_forward.in',
    'layer.0.feed_forward.out',
    'layer.1.attention.query',
    'layer.1.attention.kv',
    'layer.1.attention.output',
    'layer.1.feed_forward.in',
    'layer.1.feed_forward.out',
    'pooler',
    'classifier',
  ]);
});

test('the last layer computes keys and values for every token and all else for the first (P5)', () => {
  const known = checkGraph(buildObligingly({ modelType: 'bert' }));

  expect(known.get('layer.1.attention.kv.out')?.shape).toEqual(['batch', 'sequence', 16]);
  expect(known.get('layer.1.attention.query.out')?.shape).toEqual(['batch', 1, 8]);
  expect(known.get('layer.1.feed_forward.in.out')?.shape).toEqual(['batch', 1, 12]);
});

test('a head on every token needs the whole last layer', () => {
  const known = checkGraph(buildObligingly({ modelType: 'bert', task: 'token-classification' }));

  expect(known.get('layer.1.feed_forward.in.out')?.shape).toEqual(['batch', 'sequence', 12]);
});

test('token types cost nothing: their first row stands in the positions (P6)', () => {
  const checkpoint = obligingCheckpoint({ modelType: 'bert' });
  const types = memoryTensor('embeddings.token_type_embeddings.weight', [2, 8], new Float32Array(16).fill(3, 0, 8));
  const tensors = new Map([...checkpoint.tensors, [types.name, types]]);

  const graph = buildGraph({ ...checkpoint, tensors });

  expect(graph.initializers.get('embeddings.position.weight')?.data).toEqual(new Float32Array(128).fill(3));
  expect(graph.nodes.filter((node) => node.operator === 'Gather').map((node) => node.name)).toEqual([
    'embeddings.word',
    'embeddings.position',
  ]);
});

test("albert's shared layers stand in the file once", () => {
  const once = buildObligingly({ modelType: 'albert', config: { num_hidden_layers: 1 } });
  const often = buildObligingly({ modelType: 'albert', config: { num_hidden_layers: 12 } });

  const names = [...once.initializers.keys()].sort();
  expect([...often.initializers.keys()].sort()).toEqual(names);
  expect(often.nodes.filter((node) => node.inputs.includes('group.0.0.feed_forward.in.weight'))).toHaveLength(12);
});

test('a tensor that the network has no place for is refused', () => {
  const checkpoint = obligingCheckpoint({ modelType: 'bert' });
  const extra = memoryTensor('encoder.layer.7.output.dense.bias', [8], new Float32Array(8));

  const build = (): unknown =>
    buildGraph({ ...checkpoint, tensors: new Map([...checkpoint.tensors, [extra.name, extra]]) });

  expect(build).toThrow(expect.objectContaining({ code: 'TENSOR_EXTRA' }));
});

test('a pooler beside a token head, as older versions saved it, is passed over', () => {
  const checkpoint = obligingCheckpoint({ modelType: 'bert', task: 'token-classification' });
  const pooler = memoryTensor('pooler.dense.weight', [8, 8], new Float32Array(64));

  const graph = buildGraph({ ...checkpoint, tensors: new Map([...checkpoint.tensors, [pooler.name, pooler]]) });

  expect(graph.nodes.map((node) => node.name)).not.toContain('pooler');
});

describe('what is not supported is refused by name', () => {
  test('a family', () => {
    const build = (): unknown => buildGraph(memoryCheckpoint({ modelType: 'gpt2', config: {} }, []));

    expect(build).toThrow(expect.objectContaining({ code: 'FAMILY_UNKNOWN', what: expect.stringContaining('"gpt2"') }));
  });

  test('a token head on a family that has none here', () => {
    const build = (): unknown => buildObligingly({ modelType: 'albert', task: 'token-classification' });

    expect(build).toThrow(expect.objectContaining({ code: 'FAMILY_TASK', what: expect.stringContaining('albert') }));
  });

  test.each<[modelType: string, config: Record<string, unknown>, code: string, named: RegExp]>([
    ['bert', { is_decoder: true }, 'FAMILY_CONFIG_UNSUPPORTED', /is_decoder is true; only false/],
    ['bert', { add_cross_attention: true }, 'FAMILY_CONFIG_UNSUPPORTED', /add_cross_attention/],
    [
      'bert',
      { position_embedding_type: 'relative_key' },
      'FAMILY_CONFIG_UNSUPPORTED',
      /"relative_key"; only "absolute"/,
    ],
    ['bert', { hidden_act: 'mish' }, 'FAMILY_CONFIG_UNSUPPORTED', /hidden_act is "mish"; supported are gelu/],
    ['bert', { hidden_act: 5 }, 'FAMILY_CONFIG_TYPE', /hidden_act is 5, not a string/],
    ['bert', { num_hidden_layers: 0 }, 'FAMILY_CONFIG_RANGE', /num_hidden_layers is 0, not within 1 and 256/],
    ['bert', { num_hidden_layers: 1e9 }, 'FAMILY_CONFIG_RANGE', /num_hidden_layers/],
    ['bert', { vocab_size: 1e12 }, 'FAMILY_CONFIG_RANGE', /vocab_size/],
    ['bert', { vocab_size: '10' }, 'FAMILY_CONFIG_TYPE', /vocab_size is "10", not a whole number/],
    ['bert', { vocab_size: 10.5 }, 'FAMILY_CONFIG_TYPE', /vocab_size/],
    ['bert', { hidden_size: 9 }, 'FAMILY_CONFIG_RANGE', /hidden_size is 9, not a multiple of 2 heads/],
    ['bert', { layer_norm_eps: 0 }, 'FAMILY_CONFIG_RANGE', /layer_norm_eps is 0, not above 0/],
    ['bert', { layer_norm_eps: '1e-5' }, 'FAMILY_CONFIG_TYPE', /layer_norm_eps is "1e-5", not a number/],
    ['distilbert', { activation: 'mish' }, 'FAMILY_CONFIG_UNSUPPORTED', /activation is "mish"/],
    ['roberta', { pad_token_id: 16 }, 'FAMILY_CONFIG_RANGE', /pad_token_id is 16/],
    ['mpnet', { relative_attention_num_buckets: 16 }, 'FAMILY_CONFIG_RANGE', /relative_attention_num_buckets is 16/],
    ['albert', { num_hidden_groups: 3 }, 'FAMILY_CONFIG_RANGE', /num_hidden_groups is 3, not within 1 and 2/],
    ['deberta-v2', { attention_head_size: 8 }, 'FAMILY_CONFIG_UNSUPPORTED', /attention_head_size is 8; only 4/],
    ['deberta-v2', { pooler_hidden_size: 9 }, 'FAMILY_CONFIG_UNSUPPORTED', /pooler_hidden_size/],
    [
      'deberta-v2',
      { relative_attention: 'yes' },
      'FAMILY_CONFIG_TYPE',
      /relative_attention is "yes", not true or false/,
    ],
    ['deberta-v2', { pos_att_type: [1] }, 'FAMILY_CONFIG_TYPE', /pos_att_type is \[1\], not a list of strings/],
    ['deberta-v2', { conv_kernel_size: 4 }, 'FAMILY_CONFIG_RANGE', /conv_kernel_size is 4, not odd/],
    ['deberta-v2', { conv_kernel_size: 3, conv_groups: 3 }, 'FAMILY_CONFIG_RANGE', /conv_groups is 3, no divisor of 8/],
    ['modernbert', { classifier_pooling: 'max' }, 'FAMILY_CONFIG_UNSUPPORTED', /"max"; only "cls" or "mean"/],
    ['modernbert', { head_dim: 8 }, 'FAMILY_CONFIG_UNSUPPORTED', /head_dim/],
    ['modernbert', { rope_scaling: { type: 'linear' } }, 'FAMILY_CONFIG_UNSUPPORTED', /rope_scaling/],
    [
      'modernbert',
      { rope_parameters: { full_attention: { rope_type: 'yarn' } } },
      'FAMILY_CONFIG_UNSUPPORTED',
      /"yarn"/,
    ],
    ['modernbert', { rope_parameters: 5 }, 'FAMILY_CONFIG_TYPE', /rope_parameters is 5, not an object/],
    ['modernbert', { layer_types: ['full_attention'] }, 'FAMILY_CONFIG_RANGE', /layer_types names 1 known layers of 1/],
    [
      'modernbert',
      { layer_types: ['full_attention', 'odd'] },
      'FAMILY_CONFIG_RANGE',
      /layer_types names 1 known layers of 2/,
    ],
  ])('%s with %o', (modelType, config, code, named) => {
    const build = (): unknown => buildObligingly({ modelType, config });

    expect(build).toThrow(expect.objectContaining({ code, what: expect.stringMatching(named) }));
  });
});
