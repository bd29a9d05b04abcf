import type { Graph, GraphNode, Initializer } from '../graph/graph.ts';
import { dropUnusedInitializers } from './drop-unused.ts';
import { isListed } from './linears.ts';

/** Tables below this many numbers are not worth three more nodes. */
const MIN_ELEMENTS = 1024;

/**
 * Stores embedding tables as int8 rows with a scale per row: `Gather → Cast → Mul` (fact P6). Full 8 bits, since
 * nothing is summed here that could saturate.
 *
 * @param keepFp32 tables, by the name of their `Gather` or a name above it, that stay as they are
 */
export function quantiseEmbeddings(graph: Graph, keepFp32: readonly string[] = []): Graph {
  const initializers = new Map(graph.initializers);
  const nodes = graph.nodes.flatMap((node) => {
    const table = tableOf(node, graph);
    return table && !isListed(node.name, keepFp32) ? replacement(node, table, initializers) : [node];
  });
  return dropUnusedInitializers({ ...graph, initializers, nodes });
}

/** The nodes that read a table which `quantiseEmbeddings` would store as int8. */
export function findTables(graph: Graph): GraphNode[] {
  return graph.nodes.filter((node) => tableOf(node, graph) !== undefined);
}

function tableOf(node: GraphNode, graph: Graph): Initializer | undefined {
  if (node.operator !== 'Gather' || (node.attributes.axis?.value ?? 0) !== 0) return undefined;
  const table = graph.initializers.get(node.inputs[0] ?? '');
  if (table?.type !== 'float32' || table.shape.length !== 2 || table.data.length < MIN_ELEMENTS) return undefined;
  return table;
}

function replacement(node: GraphNode, table: Initializer, initializers: Map<string, Initializer>): GraphNode[] {
  const [rows = 0, columns = 0] = table.shape;
  const names = { rows: `${table.name}.int8`, scales: `${table.name}.scale` };
  if (!initializers.has(names.rows)) {
    const source = table.data as Float32Array; // `tableOf` takes float32 tables only
    const data = new Int8Array(source.length);
    const scales = new Float32Array(rows);
    for (let row = 0; row < rows; row++) {
      const start = row * columns;
      let largest = 0;
      for (let index = start; index < start + columns; index++)
        largest = Math.max(largest, Math.abs(source[index] ?? 0));
      const scale = Math.fround(largest / 127) || 1;
      scales[row] = scale;
      for (let index = start; index < start + columns; index++) data[index] = Math.round((source[index] ?? 0) / scale);
    }
    initializers.set(names.rows, { name: names.rows, type: 'int8', shape: table.shape, data });
    initializers.set(names.scales, { name: names.scales, type: 'float32', shape: [rows, 1], data: scales });
  }
  const ids = node.inputs[1] ?? '';
  const [output = ''] = node.outputs;
  const axis = { axis: { kind: 'int', value: 0 } } as const;
  const step = (
    suffix: string,
    operator: string,
    inputs: string[],
    attributes: GraphNode['attributes'],
  ): GraphNode => ({
    name: `${node.name}.${suffix}`,
    operator,
    domain: '',
    inputs,
    outputs: [`${output}.${suffix}`],
    attributes,
  });
  return [
    step('rows', 'Gather', [names.rows, ids], axis),
    step('cast', 'Cast', [`${output}.rows`], { to: { kind: 'int', value: 1 } }),
    step('scale', 'Gather', [names.scales, ids], axis),
    { ...step('dequantised', 'Mul', [`${output}.cast`, `${output}.scale`], {}), name: node.name, outputs: [output] },
  ];
}
