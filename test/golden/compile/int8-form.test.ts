import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openCheckpoint } from '../../../cloud/checkpoint/open.ts';
import { runCompile } from '../../../cloud/commands/compile.ts';
import { readModelFiles } from '../../../cloud/compile/encode/read-model-files.ts';
import { writeModelFiles } from '../../../cloud/compile/encode/write-model-files.ts';
import { buildGraph } from '../../../cloud/compile/families/build-graph.ts';
import type { Graph, GraphNode, Initializer } from '../../../cloud/compile/graph/graph.ts';
import { quantiseEmbeddings } from '../../../cloud/compile/passes/quantise-embeddings.ts';
import { quantiseLinears } from '../../../cloud/compile/passes/quantise-linears.ts';
import { temporaryFolder } from '../../support/altered-checkpoint.ts';
import { compileDefaults, silent } from '../../support/compile-request.ts';
import { hasShared, intentsMiniArchive, sharedNote, sharedPath } from '../../support/paths.ts';
import { openSession, referenceCases, run } from '../families/fixture.ts';

let bundleFolder: string;
let graph: Graph;

beforeAll(async () => {
  const parent = mkdtempSync(path.join(tmpdir(), 'verge-int8-form-'));
  bundleFolder = path.join(parent, 'bundle');
  await runCompile({ ...compileDefaults, source: intentsMiniArchive, out: bundleFolder }, silent);
  graph = await readModelFiles(path.join(bundleFolder, 'model.onnx'));
  return () => rmSync(parent, { recursive: true, force: true });
});

describe('the int8 form of intents-mini, as inference.md lays it down', () => {
  test('P1: every linear is one DynamicQuantizeMatMul with its bias inside; query, key and value are one', () => {
    const linears = nodesOf(graph, 'DynamicQuantizeMatMul').map(({ name }) => name);

    const inner = (layer: number): string[] =>
      ['attention.qkv', 'attention.output', 'feed_forward.in', 'feed_forward.out'].map((n) => `layer.${layer}.${n}`);
    const last = ['query', 'kv', 'output'].map((name) => `layer.3.attention.${name}`);
    const wanted = [...[0, 1, 2].flatMap(inner), ...last, 'layer.3.feed_forward.in', 'layer.3.feed_forward.out'];
    expect(linears.sort()).toEqual([...wanted, 'pooler', 'classifier'].sort());
    expect(nodesOf(graph, 'MatMul', 'Gemm')).toEqual([]);
    for (const node of nodesOf(graph, 'DynamicQuantizeMatMul')) {
      const [, , , zeroPoint, bias = ''] = node.inputs;
      expect([node.domain, zeroPoint]).toEqual(['com.microsoft', '']);
      expect(graph.initializers.get(bias)?.type).toBe('float32');
    }
  });

  test('P1, P10: weights are int8 from −64 to 63 and use that range, with a scale for each output channel', () => {
    for (const { weight, scale } of quantisedWeights(graph)) expectSevenBits(weight, scale);
  });

  test('P2: attention is MultiHeadAttention with the lengths as its mask', () => {
    const attention = nodesOf(graph, 'MultiHeadAttention');

    expect(attention.map(({ inputs, domain }) => [domain, inputs[3], inputs[4], inputs.length])).toEqual(
      [0, 1, 2, 3].map(() => ['com.microsoft', '', 'lengths', 5]),
    );
    expect(nodesOf(graph, 'Softmax', 'Attention', 'QAttention')).toEqual([]);
  });

  test('P3: residuals are Add before LayerNormalization, never one fused node', () => {
    expect(nodesOf(graph, 'SkipLayerNormalization', 'EmbedLayerNormalization')).toEqual([]);
    const norms = nodesOf(graph, 'LayerNormalization');
    expect(norms.length).toBe(1 + 2 * 4);
    for (const norm of norms) expect(producerOf(graph, norm.inputs[0])?.operator).toBe('Add');
  });

  test('P4: GELU is one node', () => {
    expect(nodesOf(graph, 'Gelu').map(({ domain }) => domain)).toEqual([0, 1, 2, 3].map(() => 'com.microsoft'));
    expect(nodesOf(graph, 'Erf', 'Tanh').map(({ name }) => name)).toEqual(['pooler.activation']);
  });

  test('P5: behind keys and values the last layer knows the first token alone', () => {
    const query = nodeNamed(graph, 'layer.3.attention.query');
    const pick = producerOf(graph, skipSmoothing(graph, query.inputs[0]));

    expect(pick?.operator).toBe('Slice');
    const constants = (pick?.inputs ?? []).slice(1).map((name) => Number(graph.initializers.get(name)?.data[0]));
    expect(constants.slice(0, 3)).toEqual([0, 1, 1]);
    const keyValue = nodeNamed(graph, 'layer.3.attention.kv');
    expect(producerOf(graph, skipSmoothing(graph, keyValue.inputs[0]))?.operator).toBe('LayerNormalization');
  });

  test('P6: embeddings are int8 rows with a scale for each, token types folded into positions', () => {
    const tables = [...graph.initializers.values()].filter(({ shape }) => shape[1] === 256 && shape[0] !== 256);
    const rows = nodesOf(graph, 'Gather').flatMap(({ inputs }) => graph.initializers.get(inputs[0] ?? '') ?? []);

    expect(tables.every(({ type }) => type === 'int8')).toBe(true);
    expect(rows.map(({ type, shape }) => `${type} ${shape.join('×')}`).sort()).toEqual(
      ['float32 256×1', 'float32 8192×1', 'int8 256×256', 'int8 8192×256'].sort(),
    );
    const large = [...graph.initializers.values()].filter(({ type, data }) => type === 'float32' && data.length > 8192);
    expect(large).toEqual([]);
  });

  test('P7: inputs are input_ids and lengths in int32; opset 17, IR 8', () => {
    const bytes = readFileSync(path.join(bundleFolder, 'model.onnx'));

    expect(graph.inputs).toEqual([
      { name: 'input_ids', type: 'int32', shape: ['batch', 'sequence'] },
      { name: 'lengths', type: 'int32', shape: ['batch'] },
    ]);
    expect(graph.outputs).toEqual([{ name: 'logits', type: 'float32', shape: ['batch', 151] }]);
    expect(graph.opset).toBe(17);
    // Field 1 of ModelProto is ir_version, a varint.
    expect([...bytes.subarray(0, 2)]).toEqual([0x08, 8]);
  });

  test('P8: weights lie beside the graph', () => {
    const size = (name: string): number => statSync(path.join(bundleFolder, name)).size;

    expect(size('model.onnx')).toBeLessThan(50_000);
    expect(size('model.bin')).toBeGreaterThan(5_000_000);
  });
});

const folder = sharedPath('fixtures/architectures');
const names = hasShared ? readdirSync(folder) : ['every fixture'];

describe.skipIf(!hasShared)(`the int8 form of every family${sharedNote}`, () => {
  test.each(names)('%s holds to the form and points where fp32 points', async (name) => {
    const checkpoint = await openCheckpoint(path.join(folder, name), { tokenizer: 'optional' });
    onTestFinished(() => checkpoint.close());
    const int8 = quantiseEmbeddings(quantiseLinears(buildGraph(checkpoint)));

    const session = await openSession(await writeModelFiles(int8, temporaryFolder()));

    for (const { weight, scale } of quantisedWeights(int8)) expectSevenBits(weight, scale);
    for (const { inputs } of nodesOf(int8, 'MultiHeadAttention')) expect(inputs[4]).toBe('lengths');
    expect(nodesOf(int8, 'SkipLayerNormalization', 'Softmax', 'Erf')).toEqual([]);
    expect(floatMatrices(int8)).toEqual([]);
    const sums = { product: 0, wanted: 0, found: 0 };
    for (const batch of referenceCases(path.join(folder, name))) {
      const logits = await run(session, batch);
      for (const [index, value] of batch.logits.flat(2).entries()) {
        const found = logits[index] ?? 0;
        sums.product += value * found;
        sums.wanted += value * value;
        sums.found += found * found;
      }
    }
    expect(sums.product / Math.sqrt(sums.wanted * sums.found)).toBeGreaterThan(0.99);
  });
});

/** Constant matrices that a MatMul or Gather of any size worth it still reads in float32. */
function floatMatrices(of: Graph): string[] {
  return nodesOf(of, 'MatMul', 'Gemm', 'Gather').flatMap(({ name, operator, inputs }) => {
    const matrix = of.initializers.get(inputs[operator === 'Gather' ? 0 : 1] ?? '');
    return matrix?.type === 'float32' && matrix.data.length > 1024 && (matrix.shape[1] ?? 0) > 1 ? [name] : [];
  });
}

function nodesOf(of: Graph, ...operators: string[]): GraphNode[] {
  return of.nodes.filter(({ operator }) => operators.includes(operator));
}

function nodeNamed(of: Graph, name: string): GraphNode {
  const node = of.nodes.find((candidate) => candidate.name === name);
  if (!node) throw new Error(`no node ${name}`);
  return node;
}

function producerOf(of: Graph, value: string | undefined): GraphNode | undefined {
  return of.nodes.find(({ outputs }) => value !== undefined && outputs.includes(value));
}

/** The value in front of a smoothing Mul, where there is one. */
function skipSmoothing(of: Graph, value: string | undefined): string | undefined {
  const producer = producerOf(of, value);
  return producer?.operator === 'Mul' && producer.name.endsWith('.smoothing') ? producer.inputs[0] : value;
}

function quantisedWeights(of: Graph): { weight: Initializer; scale: Initializer }[] {
  return nodesOf(of, 'DynamicQuantizeMatMul').map(({ name, inputs: [, weight = '', scale = ''] }) => {
    const found = { weight: of.initializers.get(weight), scale: of.initializers.get(scale) };
    if (!found.weight || !found.scale) throw new Error(`${name} has no constant weight`);
    return { weight: found.weight, scale: found.scale };
  });
}

function expectSevenBits({ type, data, shape }: Initializer, scale: Initializer): void {
  expect([type, scale.type, scale.shape]).toEqual(['int8', 'float32', [shape[1]]]);
  let [low, high] = [0, 0];
  for (const value of data) {
    low = Math.min(low, Number(value));
    high = Math.max(high, Number(value));
  }
  expect([low >= -64, high <= 63, Math.max(-low, high) >= 63]).toEqual([true, true, true]);
}
