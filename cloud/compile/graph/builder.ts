import { graphErrors } from './errors.ts';
import type {
  Attribute,
  Dimension,
  ElementType,
  Graph,
  GraphNode,
  Initializer,
  OperatorDomain,
  TensorData,
  ValueInfo,
} from './graph.ts';

/** ONNX operator set that our graphs are written in (inference.md P7). */
export const OPSET = 17;

/** What a node needs beside its operator and inputs. */
export interface NodeOptions {
  /** Wanted name; a number is added where it is taken. */
  readonly name: string;
  readonly domain?: OperatorDomain;
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

/**
 * Collects a graph node by node. Values are handed about by name. A node's output is named `<node>.out`, its several
 * outputs `<node>.out.0`, `<node>.out.1`, …; so node names, layers and values read alike in any viewer.
 */
export class GraphBuilder {
  readonly #name: string;
  readonly #inputs: ValueInfo[] = [];
  readonly #outputs: ValueInfo[] = [];
  readonly #initializers = new Map<string, Initializer>();
  readonly #nodes: GraphNode[] = [];
  readonly #nodeNames = new Set<string>();
  readonly #valueNames = new Set<string>();
  readonly #constants = new Map<string, string>();

  constructor(name: string) {
    this.#name = name;
  }

  /** Declares a graph input and returns its name. */
  input(name: string, type: ElementType, shape: readonly Dimension[]): string {
    this.#claimValue(name);
    this.#inputs.push({ name, type, shape });
    return name;
  }

  /** Adds a constant tensor under exactly this name. A name that is taken is a bug of the caller. */
  initializer(name: string, type: ElementType, shape: readonly number[], data: TensorData): string {
    const elementCount = shape.reduce((product, size) => product * size, 1);
    if (data.length !== elementCount) {
      throw graphErrors.make(
        'GRAPH_INITIALIZER_SIZE',
        `initialiser ${name} has ${data.length} elements, its shape [${shape.join(', ')}] wants ${elementCount}`,
      );
    }
    this.#claimValue(name);
    this.#initializers.set(name, { name, type, shape, data });
    return name;
  }

  /** A float32 initialiser. */
  weights(name: string, shape: readonly number[], data: Float32Array): string {
    return this.initializer(name, 'float32', shape, data);
  }

  /** A float32 scalar; the same number is stored once. */
  scalar(value: number): string {
    return this.#constant(`scalar.${value}`, 'float32', [], Float32Array.of(value));
  }

  /** An int32 scalar; the same number is stored once. */
  integer(value: number): string {
    return this.#constant(`integer.${value}`, 'int32', [], Int32Array.of(value));
  }

  /** A 1-D int64 tensor, as Slice, Reshape and their like want it; the same numbers are stored once. */
  dimensions(...values: number[]): string {
    return this.#constant(
      `dimensions.${values.join('.')}`,
      'int64',
      [values.length],
      BigInt64Array.from(values.map(BigInt)),
    );
  }

  /** Adds a node with one output and returns that output. */
  node(operator: string, inputs: readonly string[], options: NodeOptions): string {
    const name = this.#freshName(options.name);
    const output = `${name}.out`;
    this.#push(name, operator, inputs, [output], options);
    return output;
  }

  /** Adds a node with several outputs and returns them. */
  split(operator: string, inputs: readonly string[], outputCount: number, options: NodeOptions): string[] {
    const name = this.#freshName(options.name);
    const outputs = Array.from({ length: outputCount }, (_, index) => `${name}.out.${index}`);
    this.#push(name, operator, inputs, outputs, options);
    return outputs;
  }

  /** Declares `value` as graph output under the name `name`. */
  output(name: string, value: string, type: ElementType, shape: readonly Dimension[]): void {
    this.#claimValue(name);
    const rename = (known: string): string => (known === value ? name : known);
    let found = false;
    for (const [index, node] of this.#nodes.entries()) {
      if (!node.outputs.includes(value) && !node.inputs.includes(value)) continue;
      found ||= node.outputs.includes(value);
      this.#nodes[index] = { ...node, inputs: node.inputs.map(rename), outputs: node.outputs.map(rename) };
    }
    if (!found) throw graphErrors.make('GRAPH_VALUE_UNKNOWN', `graph output ${name} reads ${value}, made by no node`);
    this.#outputs.push({ name, type, shape });
  }

  /** The graph as a value. */
  build(): Graph {
    return {
      name: this.#name,
      opset: OPSET,
      inputs: this.#inputs,
      outputs: this.#outputs,
      initializers: this.#initializers,
      nodes: this.#nodes,
    };
  }

  #constant(name: string, type: ElementType, shape: readonly number[], data: TensorData): string {
    const known = this.#constants.get(name);
    if (known !== undefined) return known;
    const added = this.initializer(name, type, shape, data);
    this.#constants.set(name, added);
    return added;
  }

  #push(
    name: string,
    operator: string,
    inputs: readonly string[],
    outputs: readonly string[],
    options: NodeOptions,
  ): void {
    for (const output of outputs) this.#claimValue(output);
    const { domain = '', attributes = {} } = options;
    this.#nodes.push({ name, operator, domain, inputs, outputs, attributes });
  }

  #freshName(wanted: string): string {
    let name = wanted;
    for (let count = 2; this.#nodeNames.has(name); count += 1) name = `${wanted}.${count}`;
    this.#nodeNames.add(name);
    return name;
  }

  #claimValue(name: string): void {
    if (name === '' || this.#valueNames.has(name)) {
      throw graphErrors.make('GRAPH_NAME_TAKEN', `value name '${name}' is empty or taken in graph ${this.#name}`);
    }
    this.#valueNames.add(name);
  }
}
