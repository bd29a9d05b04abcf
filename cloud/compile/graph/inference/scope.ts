import { graphErrors } from '../errors.ts';
import type { Attribute, Dimension, ElementType, GraphNode } from '../graph.ts';

/** What is known of a value before the graph runs. */
export interface Known {
  readonly type: ElementType;
  readonly shape: readonly Dimension[];
  /** Contents, where they are sizes: numbers, or names of sizes. Scalars and 1-D tensors of whole numbers only. */
  readonly sizes?: readonly Dimension[] | undefined;
}

/** Infers the outputs of one node from its inputs, or throws what is wrong with them. */
export type Rule = (scope: NodeScope) => readonly Known[];

/** A node with what is known of its inputs; errors name the node, its operator, and what was expected. */
export class NodeScope {
  readonly node: GraphNode;
  readonly #inputs: readonly (Known | undefined)[];

  constructor(node: GraphNode, inputs: readonly (Known | undefined)[]) {
    this.node = node;
    this.#inputs = inputs;
  }

  get inputCount(): number {
    return this.#inputs.length;
  }

  /** An input that must be there, of one of these types (of any type where none is listed). */
  input(index: number, ...types: ElementType[]): Known {
    const known = this.optional(index, ...types);
    if (known === undefined) throw this.error('GRAPH_INPUT', `input ${index} is absent`);
    return known;
  }

  /** An input that may be left out. */
  optional(index: number, ...types: ElementType[]): Known | undefined {
    const known = this.#inputs[index];
    if (known !== undefined && types.length > 0 && !types.includes(known.type)) {
      throw this.error(
        'GRAPH_TYPE_MISMATCH',
        `input ${index} (${this.node.inputs[index]}) is ${known.type}, expected ${types.join(' or ')}`,
      );
    }
    return known;
  }

  /** An input with exactly this many dimensions. */
  ranked(index: number, rank: number, ...types: ElementType[]): Known {
    const known = this.input(index, ...types);
    if (known.shape.length !== rank) throw this.shapeError(index, `${rank} dimensions`);
    return known;
  }

  /** The sizes that an input holds; refused where they are not known before the graph runs. */
  sizes(index: number): readonly Dimension[] {
    const { sizes } = this.input(index, 'int64', 'int32');
    if (sizes === undefined) throw this.error('GRAPH_INPUT', `input ${index} does not hold sizes known beforehand`);
    return sizes;
  }

  /** The same, where every one must be a number. */
  numbers(index: number): readonly number[] {
    return this.sizes(index).map((size) => {
      if (typeof size !== 'number') throw this.error('GRAPH_INPUT', `input ${index} holds ${size}, not a number`);
      return size;
    });
  }

  int(name: string, fallback?: number): number {
    const value = this.#attribute(name, 'int')?.value ?? fallback;
    if (value === undefined) throw this.error('GRAPH_ATTRIBUTE', `attribute ${name} is absent`);
    return value;
  }

  ints(name: string): readonly number[] | undefined {
    return this.#attribute(name, 'ints')?.value;
  }

  /** An axis attribute or number, counted from the end where negative. */
  axis(value: number, rank: number): number {
    const axis = value < 0 ? value + rank : value;
    if (axis < 0 || axis >= rank) {
      throw this.error('GRAPH_SHAPE_MISMATCH', `axis ${value} is outside of ${rank} dimensions`);
    }
    return axis;
  }

  /** A name for a size that follows from this node alone. */
  unknownSize(axis: number): string {
    return `${UNKNOWN}${this.node.name}.${axis}`;
  }

  shapeError(index: number, expected: string): Error {
    const shape = this.#inputs[index]?.shape.join(', ') ?? '';
    return this.error(
      'GRAPH_SHAPE_MISMATCH',
      `input ${index} (${this.node.inputs[index]}) is [${shape}], expected ${expected}`,
    );
  }

  error(code: 'GRAPH_INPUT' | 'GRAPH_TYPE_MISMATCH' | 'GRAPH_SHAPE_MISMATCH' | 'GRAPH_ATTRIBUTE', what: string): Error {
    return graphErrors.make(code, `node ${this.node.name} (${this.node.operator}): ${what}`);
  }

  #attribute<Kind extends Attribute['kind']>(name: string, kind: Kind): Extract<Attribute, { kind: Kind }> | undefined {
    const attribute = this.node.attributes[name];
    if (attribute === undefined) return undefined;
    if (attribute.kind !== kind) {
      throw this.error('GRAPH_ATTRIBUTE', `attribute ${name} is of kind ${attribute.kind}, expected ${kind}`);
    }
    // The kind was compared just above; TypeScript does not narrow by a type parameter.
    return attribute as Extract<Attribute, { kind: Kind }>;
  }
}

const UNKNOWN = '?';

/** Whether two sizes can be the same: equal, or one of them unknown before the graph runs. */
export function compatible(a: Dimension, b: Dimension): boolean {
  return a === b || isUnknown(a) || isUnknown(b);
}

/** The better known of two compatible sizes. */
export function better(a: Dimension, b: Dimension): Dimension {
  return isUnknown(a) ? b : a;
}

function isUnknown(size: Dimension): boolean {
  return typeof size === 'string' && size.startsWith(UNKNOWN);
}

/** Shape of two operands stretched to each other as ONNX (and NumPy) do; undefined where they don't fit. */
export function broadcast(a: readonly Dimension[], b: readonly Dimension[]): Dimension[] | undefined {
  const rank = Math.max(a.length, b.length);
  const result: Dimension[] = [];
  for (let axis = 0; axis < rank; axis += 1) {
    const left = a[axis - (rank - a.length)] ?? 1;
    const right = b[axis - (rank - b.length)] ?? 1;
    if (left === 1) result.push(right);
    else if (right === 1) result.push(left);
    else if (compatible(left, right)) result.push(better(left, right));
    else return undefined;
  }
  return result;
}
