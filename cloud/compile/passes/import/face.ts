import type { Task } from '../../../checkpoint/checkpoint.ts';
import type { Dimension, ElementType, Graph, GraphNode, Initializer, ValueInfo } from '../../graph/graph.ts';
import { ONNX_TYPES } from '../../graph/operators.ts';
import { importErrors } from './errors.ts';

/** What config.json says the model answers. */
export interface ExpectedAnswer {
  readonly task: Task;
  readonly labelCount: number;
}

const KNOWN_INPUTS = ['input_ids', 'attention_mask', 'token_type_ids'] as const;

/**
 * Needs: inputs `input_ids` and perhaps `attention_mask` and `token_type_ids`, int64 or int32 [batch, sequence]; an output
 * `logits`. Gives the graph the face of our own: `input_ids` int32 and `lengths` int32 [batch]; mask and token types are
 * computed from them in front of the graph. Other outputs are dropped.
 */
export function takeFace(graph: Graph, expected: ExpectedAnswer): Graph {
  for (const input of graph.inputs) checkInput(input);
  const logits = checkedLogits(graph, expected);
  const inner = withoutOurNames(graph);
  const ids = graph.inputs.find((input) => input.name === 'input_ids');
  if (ids === undefined) {
    const names = graph.inputs.map((input) => input.name).join(', ');
    throw importErrors.make('IMPORT_INPUT_MISSING', `model.onnx has no input input_ids, only ${names || 'none'}`);
  }
  const front = frontOf(graph.inputs);
  return {
    ...inner,
    inputs: [
      { name: 'input_ids', type: 'int32', shape: ['batch', 'sequence'] },
      { name: 'lengths', type: 'int32', shape: ['batch'] },
    ],
    outputs: [logits],
    initializers: new Map([...inner.initializers, ...front.initializers.map((item) => [item.name, item] as const)]),
    nodes: [...front.nodes, ...inner.nodes],
  };
}

function checkInput({ name, type, shape }: ValueInfo): void {
  const where = `model.onnx: input ${name}`;
  if (!KNOWN_INPUTS.some((known) => known === name)) {
    throw importErrors.make('IMPORT_INPUT_UNKNOWN', `${where} is none of ${KNOWN_INPUTS.join(', ')}`);
  }
  if (type !== 'int64' && type !== 'int32') {
    throw importErrors.make('IMPORT_INPUT_TYPE', `${where} is ${type}, expected int64 or int32`);
  }
  if (shape.length !== 2 || shape.some((size) => typeof size === 'number')) {
    const shown = shape.join(', ');
    throw importErrors.make('IMPORT_INPUT_SHAPE', `${where} is [${shown}], expected any batch and any sequence`);
  }
}

function checkedLogits(graph: Graph, { task, labelCount }: ExpectedAnswer): ValueInfo {
  const found = graph.outputs.find((output) => output.name === 'logits');
  if (found === undefined) {
    const names = graph.outputs.map((output) => output.name).join(', ');
    throw importErrors.make('IMPORT_OUTPUT_MISSING', `model.onnx has no output logits, only ${names || 'none'}`);
  }
  const wanted: Dimension[] =
    task === 'token-classification' ? ['batch', 'sequence', labelCount] : ['batch', labelCount];
  const labels = found.shape.at(-1);
  const sameLabels = typeof labels !== 'number' || labels === labelCount;
  if (found.type !== 'float32' || found.shape.length !== wanted.length || !sameLabels) {
    throw importErrors.make(
      'IMPORT_OUTPUT_SHAPE',
      `model.onnx: output logits is ${found.type} [${found.shape.join(', ')}], expected float32 [${wanted.join(', ')}]`,
    );
  }
  return { name: 'logits', type: 'float32', shape: wanted };
}

const PREFIX = 'imported.';

/** The graph with each of its inputs, and any value that has a name of ours, moved out of the way. */
function withoutOurNames(graph: Graph): Graph {
  const ours = new Set(['lengths', ...KNOWN_INPUTS]);
  const rename = (name: string): string => (ours.has(name) || name.startsWith(PREFIX) ? `${PREFIX}${name}` : name);
  return {
    ...graph,
    initializers: new Map(
      [...graph.initializers.values()].map((item) => [rename(item.name), { ...item, name: rename(item.name) }]),
    ),
    nodes: graph.nodes.map((node) => ({
      ...node,
      name: rename(node.name),
      inputs: node.inputs.map(rename),
      outputs: node.outputs.map(rename),
    })),
  };
}

interface Front {
  readonly nodes: GraphNode[];
  readonly initializers: Initializer[];
}

/** Nodes that make the imported graph's inputs out of ours. */
function frontOf(inputs: readonly ValueInfo[]): Front {
  const nodes: GraphNode[] = [];
  const initializers: Initializer[] = [];
  const node = (operator: string, name: string, from: string[], attributes: GraphNode['attributes'] = {}): string => {
    const output = name.startsWith(PREFIX) ? name : `face.${name}`;
    nodes.push({ name: `face.${name}`, operator, domain: '', inputs: from, outputs: [output], attributes });
    return output;
  };
  const integer = (name: string, value: number, shape: readonly number[]): string => {
    const data = BigInt64Array.of(BigInt(value));
    initializers.push({ name: `face.${name}`, type: 'int64', shape, data });
    return `face.${name}`;
  };
  const cast = (value: string, type: ElementType, name: string): string =>
    node('Cast', name, [value], { to: { kind: 'int', value: ONNX_TYPES[type] } });

  for (const { name, type } of inputs) {
    const target = `${PREFIX}${name}`;
    if (name === 'input_ids') cast('input_ids', type, target);
    // Ids minus themselves: zeros of the right shape and type.
    if (name === 'token_type_ids') node('Sub', target, [`${PREFIX}input_ids`, `${PREFIX}input_ids`]);
    if (name === 'attention_mask') {
      const shape = node('Shape', 'shape', ['input_ids']);
      const size = node('Gather', 'sequence', [shape, integer('one', 1, [])]);
      const positions = node('Range', 'positions', [integer('zero', 0, []), size, 'face.one']);
      const lengths = cast('lengths', 'int64', 'lengths');
      const column = reshapeToColumn(lengths);
      const inside = node('Less', 'inside', [positions, column]);
      cast(inside, type, target);
    }
  }
  return { nodes, initializers };

  function reshapeToColumn(lengths: string): string {
    // Unsqueeze takes its axes differently before opset 13; Reshape never changed.
    initializers.push({ name: 'face.column', type: 'int64', shape: [2], data: BigInt64Array.of(-1n, 1n) });
    return node('Reshape', 'lengths_column', [lengths, 'face.column']);
  }
}
