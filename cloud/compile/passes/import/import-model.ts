import { readModelFiles } from '../../encode/read-model-files.ts';
import { checkStructure } from '../../graph/check-structure.ts';
import type { Graph } from '../../graph/graph.ts';
import { removeDeadNodes } from '../../graph/rewrite.ts';
import { importErrors } from './errors.ts';
import { type ExpectedAnswer, takeFace } from './face.ts';
import { foldConstants } from './fold-constants.ts';
import { fuseGelu } from './fuse-gelu.ts';
import { plainLinears } from './plain-linears.ts';

/** Operators that only a quantised graph has. */
const QUANTISED = new Set([
  'ConvInteger',
  'DequantizeLinear',
  'DynamicQuantizeLinear',
  'DynamicQuantizeLSTM',
  'DynamicQuantizeMatMul',
  'MatMulInteger',
  'MatMulIntegerToFloat',
  'MatMulNBits',
  'QAttention',
  'QLinearMatMul',
  'QuantizeLinear',
]);

/**
 * Takes in a finished `model.onnx` (an Optimum export, say) as a graph with the face and the form of our own, so that the
 * same passes serve it. Structure is checked; operators are not, for any that ONNX Runtime knows will do.
 */
export async function importModel(modelPath: string, expected: ExpectedAnswer): Promise<Graph> {
  const read = await readModelFiles(modelPath);
  refuseQuantised(read);
  refuseBrokenWeights(read);
  const graph = removeDeadNodes(takeFace(plainLinears(fuseGelu(foldConstants(read))), expected));
  checkStructure(graph);
  return graph;
}

/** Size of an imported model: its checkpoint has no tensors to count. */
export function weightsOf(graph: Graph): { parameters: number; float32Bytes: number } {
  let parameters = 0;
  for (const { data } of graph.initializers.values()) if (data instanceof Float32Array) parameters += data.length;
  return { parameters, float32Bytes: 4 * parameters };
}

function refuseQuantised(graph: Graph): void {
  const found = graph.nodes.filter((node) => QUANTISED.has(node.operator));
  const [first] = found;
  if (first === undefined) return;
  throw importErrors.make(
    'IMPORT_QUANTISED',
    `model.onnx is quantised already: ${found.length} of its ${graph.nodes.length} nodes, the first of them ${first.name} (${first.operator})`,
  );
}

/** Matrices only: an exporter's constants for masks may well be infinite. */
function refuseBrokenWeights(graph: Graph): void {
  for (const { name, shape, data } of graph.initializers.values()) {
    if (!(data instanceof Float32Array) || shape.length !== 2) continue;
    const broken = data.findIndex((value) => !Number.isFinite(value));
    if (broken < 0) continue;
    throw importErrors.make('IMPORT_NOT_FINITE', `model.onnx: number ${broken} of weight ${name} is ${data[broken]}`);
  }
}
