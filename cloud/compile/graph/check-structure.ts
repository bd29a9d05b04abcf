import { graphErrors } from './errors.ts';
import type { ElementType, Graph, Initializer, TensorData } from './graph.ts';

const ARRAYS: Readonly<Record<ElementType, new (length: number) => TensorData>> = {
  float32: Float32Array,
  float16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
};

/**
 * Checks what holds for any graph, whatever its operators: names are unique, every node reads only what stands before it,
 * outputs exist, and initialisers hold as many numbers of their type as their shape says.
 */
export function checkStructure(graph: Graph): void {
  const values = new Set<string>();
  const claim = (name: string, what: string): void => {
    if (name === '' || values.has(name)) {
      throw graphErrors.make('GRAPH_NAME_TAKEN', `${what} '${name}' has an empty name or one that is taken`);
    }
    values.add(name);
  };
  for (const input of graph.inputs) claim(input.name, 'graph input');
  for (const [name, initializer] of graph.initializers) {
    claim(name, 'initialiser');
    checkInitializer(name, initializer);
  }
  const nodeNames = new Set<string>();
  for (const node of graph.nodes) {
    if (nodeNames.has(node.name)) throw graphErrors.make('GRAPH_NAME_TAKEN', `two nodes are named '${node.name}'`);
    nodeNames.add(node.name);
    for (const input of node.inputs) {
      if (input === '' || values.has(input)) continue;
      throw graphErrors.make(
        'GRAPH_VALUE_UNKNOWN',
        `node ${node.name} (${node.operator}) reads ${input}, which nothing before it makes`,
      );
    }
    for (const output of node.outputs) if (output !== '') claim(output, `output of node ${node.name}`);
  }
  for (const output of graph.outputs) {
    if (values.has(output.name)) continue;
    throw graphErrors.make('GRAPH_VALUE_UNKNOWN', `graph output ${output.name} is made by no node`);
  }
}

function checkInitializer(name: string, { type, shape, data, name: ownName }: Initializer): void {
  const elementCount = shape.reduce((product, size) => product * size, 1);
  if (ownName === name && data.length === elementCount && data instanceof ARRAYS[type]) return;
  throw graphErrors.make(
    'GRAPH_INITIALIZER_SIZE',
    `initialiser ${name} (${ownName}): ${data.length} elements in ${data.constructor.name}, expected ${type} [${shape.join(', ')}]`,
  );
}
