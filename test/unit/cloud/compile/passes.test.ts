import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Graph, Initializer } from '../../../../cloud/compile/graph/graph.ts';
import { findLinears, isListed } from '../../../../cloud/compile/passes/linears.ts';
import { observe, observedName } from '../../../../cloud/compile/passes/observe.ts';
import { quantiseEmbeddings } from '../../../../cloud/compile/passes/quantise-embeddings.ts';
import { quantiseLinears } from '../../../../cloud/compile/passes/quantise-linears.ts';
import { smooth } from '../../../../cloud/compile/passes/smooth.ts';
import { withGraph } from '../../../../cloud/compile/quantise/calibrate.ts';

const VOCABULARY = 200;
const CHANNELS = 8;
const LABELS = 3;

/** Token ids → embedding → linear → logits [tokens, labels]; small enough to check by hand in plain arithmetic. */
function tinyGraph(seed: number): { graph: Graph; table: Float32Array; weight: Float32Array; bias: Float32Array } {
  const random = generator(seed);
  const table = Float32Array.from({ length: VOCABULARY * CHANNELS }, random);
  const weight = Float32Array.from({ length: CHANNELS * LABELS }, random);
  const bias = Float32Array.from({ length: LABELS }, random);
  const tensors: Initializer[] = [
    { name: 'table', type: 'float32', shape: [VOCABULARY, CHANNELS], data: table },
    { name: 'weight', type: 'float32', shape: [CHANNELS, LABELS], data: weight },
    { name: 'bias', type: 'float32', shape: [LABELS], data: bias },
  ];
  const graph: Graph = {
    name: 'tiny',
    opset: 17,
    inputs: [{ name: 'input_ids', type: 'int32', shape: ['batch', 'sequence'] }],
    outputs: [{ name: 'logits', type: 'float32', shape: ['batch', 'sequence', LABELS] }],
    initializers: new Map(tensors.map((tensor) => [tensor.name, tensor])),
    nodes: [
      {
        name: 'embeddings.word',
        operator: 'Gather',
        domain: '',
        inputs: ['table', 'input_ids'],
        outputs: ['x'],
        attributes: {},
      },
      {
        name: 'layer.0.feed_forward.in',
        operator: 'MatMul',
        domain: '',
        inputs: ['x', 'weight'],
        outputs: ['product'],
        attributes: {},
      },
      {
        name: 'layer.0.feed_forward.in.bias',
        operator: 'Add',
        domain: '',
        inputs: ['product', 'bias'],
        outputs: ['logits'],
        attributes: {},
      },
    ],
  };
  return { graph, table, weight, bias };
}

/** mulberry32: numbers in −1…1, the same on every machine. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1) * 0.9;
  };
}

async function logitsOf(graph: Graph, ids: readonly number[]): Promise<Float32Array> {
  return withGraph(
    graph,
    async (runner) => (await runner.run(Int32Array.from(ids))).get('logits')?.data ?? new Float32Array(),
  );
}

/** The same network in plain float64 arithmetic. */
function expectedLogits({ table, weight, bias }: ReturnType<typeof tinyGraph>, ids: readonly number[]): number[] {
  return ids.flatMap((id) =>
    Array.from({ length: LABELS }, (_, label) => {
      let sum = bias[label] ?? 0;
      for (let channel = 0; channel < CHANNELS; channel++) {
        sum += (table[id * CHANNELS + channel] ?? 0) * (weight[channel * LABELS + label] ?? 0);
      }
      return sum;
    }),
  );
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((most, value, index) => Math.max(most, Math.abs(value - (b[index] ?? 0))), 0);
}

const ids = [3, 150, 7, 7, 199, 0];

describe('finding linears', () => {
  it('joins a product with the bias behind it', () => {
    const [linear, ...others] = findLinears(tinyGraph(1).graph);

    expect(others).toEqual([]);
    expect(linear).toMatchObject({
      name: 'layer.0.feed_forward.in',
      input: 'x',
      output: 'logits',
      inFeatures: 8,
      outFeatures: 3,
    });
  });

  it('names layers by themselves or by what stands above them', () => {
    expect(isListed('layer.1.attention.qkv', ['layer.1'])).toBe(true);
    expect(isListed('layer.10.attention.qkv', ['layer.1'])).toBe(false);
  });
});

describe('quantising linears', () => {
  it('keeps every weight in 7 bits, so that no processor saturates (P10)', () => {
    fc.assert(
      fc.property(fc.integer(), fc.double({ min: 1e-6, max: 1e6, noNaN: true }), (seed, scale) => {
        const tiny = tinyGraph(seed);
        tiny.weight.forEach((value, index) => {
          tiny.weight[index] = value * scale;
        });
        const quantised = quantiseLinears(tiny.graph).initializers;

        const stored = quantised.get('weight.int8')?.data ?? [];
        const scales = quantised.get('weight.scale')?.data ?? [];

        expect(Math.max(...Array.from(stored, Number))).toBeLessThanOrEqual(63);
        expect(Math.min(...Array.from(stored, Number))).toBeGreaterThanOrEqual(-64);
        for (const [index, value] of Array.from(stored, Number).entries()) {
          const step = Number(scales[index % LABELS]);
          expect(Math.abs(value * step - (tiny.weight[index] ?? 0))).toBeLessThanOrEqual(step * 0.5001);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('answers within the error of 7-bit weights and 8-bit activations', async () => {
    const tiny = tinyGraph(2);

    const found = await logitsOf(quantiseLinears(tiny.graph), ids);

    // 8 channels, each with half a step of 1/64 of the largest weight and half a step of 1.8/255 of activation.
    expect(largestDifference(found, expectedLogits(tiny, ids))).toBeLessThan(8 * (0.9 / 63 / 2 + (1.8 / 255) * 0.9));
  });

  it('leaves the layers alone that are to stay in fp32', () => {
    const { graph } = tinyGraph(3);

    expect(quantiseLinears(graph, ['layer.0']).nodes).toEqual(graph.nodes);
  });

  it('does not ship the weights that it replaced', () => {
    expect([...quantiseLinears(tinyGraph(4).graph).initializers.keys()].sort()).toEqual([
      'bias',
      'table',
      'weight.int8',
      'weight.scale',
    ]);
  });
});

describe('quantising embeddings', () => {
  it('changes no number by more than half a step of its row', async () => {
    const tiny = tinyGraph(5);

    const found = await logitsOf(quantiseEmbeddings(tiny.graph), ids);

    expect(largestDifference(found, expectedLogits(tiny, ids))).toBeLessThan(8 * (0.9 / 127 / 2) * 0.9 + 1e-6);
    expect(largestDifference(found, expectedLogits(tiny, ids))).toBeGreaterThan(0);
  });
});

describe('smoothing', () => {
  it('changes nothing in fp32', async () => {
    const tiny = tinyGraph(6);
    const largest = Float32Array.from({ length: CHANNELS }, (_, channel) => 0.1 + channel);
    const graph = smooth(tiny.graph, new Map([['layer.0.feed_forward.in', largest]]), 0.85);

    const found = await logitsOf(graph, ids);

    expect(graph.nodes).toHaveLength(tiny.graph.nodes.length + 1);
    expect(largestDifference(found, expectedLogits(tiny, ids))).toBeLessThan(1e-5);
  });

  it('lowers the error of int8 where a channel is an outlier', async () => {
    const tiny = tinyGraph(7);
    for (let id = 0; id < VOCABULARY; id++) tiny.table[id * CHANNELS] = (tiny.table[id * CHANNELS] ?? 0) * 40;
    const largest = Float32Array.from({ length: CHANNELS }, (_, channel) => (channel === 0 ? 36 : 0.9));
    const all = Array.from({ length: 60 }, (_, index) => index * 3);

    const plain = await logitsOf(quantiseLinears(tiny.graph), all);
    const graph = smooth(tiny.graph, new Map([['layer.0.feed_forward.in', largest]]), 0.85);
    const smoothed = await logitsOf(quantiseLinears(graph), all);

    const squares = (found: Float32Array): number => {
      const expected = expectedLogits(tiny, all);
      return found.reduce((sum, value, index) => sum + (value - (expected[index] ?? 0)) ** 2, 0);
    };
    expect(squares(smoothed)).toBeLessThan(squares(plain));
  });

  it('gives the same bytes for activations that differ in their last bits', () => {
    const { graph } = tinyGraph(8);
    const largest = Float32Array.from({ length: CHANNELS }, (_, channel) => 0.31 + channel);
    const wobbled = largest.map((value) => value * (1 + 1e-7));

    const one = smooth(graph, new Map([['layer.0.feed_forward.in', largest]]), 0.85);
    const other = smooth(graph, new Map([['layer.0.feed_forward.in', wobbled]]), 0.85);

    expect(other.initializers).toEqual(one.initializers);
  });
});

describe('observing', () => {
  it('reports the largest magnitude of each channel', async () => {
    const tiny = tinyGraph(9);

    const seen = await withGraph(observe(tiny.graph, new Map([['x', CHANNELS]])), async (runner) => {
      return (await runner.run(Int32Array.from(ids))).get(observedName('x'))?.data;
    });

    const expected = Array.from({ length: CHANNELS }, (_, channel) =>
      Math.max(...ids.map((id) => Math.abs(tiny.table[id * CHANNELS + channel] ?? 0))),
    );
    expect(Array.from(seen ?? [])).toEqual(expected);
  });
});
