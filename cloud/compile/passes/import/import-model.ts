import { readModelFiles } from '../../encode/read-model-files.ts';
import { checkStructure } from '../../graph/check-structure.ts';
import type { Graph } from '../../graph/graph.ts';
import { removeDeadNodes } from '../../graph/rewrite.ts';
import { importErrors } from './errors.ts';
import { type ExpectedAnswer, takeFace } from './face.ts';
import { foldConstants } from './fold-constants.ts';
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
  const graph = removeDeadNodes(takeFace(plainLinears(foldConstants(read)), expected));
  checkStructure(graph);
  return graph;
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
