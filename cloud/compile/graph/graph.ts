/** Element types that our graphs use; the names are ONNX Runtime's. */
export type ElementType = 'float32' | 'float16' | 'int8' | 'uint8' | 'int32' | 'int64' | 'bool';

/** A known size, or the name of a size that is known only when the graph runs, such as `batch`. */
export type Dimension = number | string;

/** Name, type and shape of an input, an output, or a value on the way. */
export interface ValueInfo {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly Dimension[];
}

/** The numbers of an initialiser, row-major. float16 is carried as its bits, bool as 0 and 1. */
export type TensorData = Float32Array | Uint16Array | Int8Array | Uint8Array | Int32Array | BigInt64Array;

/** A constant tensor that lives in the model file. */
export interface Initializer {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** What a node can be told beside its inputs. `ints` and `floats` are told apart by the kind, never guessed. */
export type Attribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'tensor'; readonly value: Initializer };

/** '' is ONNX's own operator set. */
export type OperatorDomain = '' | 'com.microsoft';

/** One operation. An optional input that is left out is the empty string, as in ONNX. */
export interface GraphNode {
  /** Unique in the graph. A linear's node is named for its layer, for example `layer.0.attention.qkv`. */
  readonly name: string;
  readonly operator: string;
  readonly domain: OperatorDomain;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A whole graph as a value: nodes in an order in which each only reads what stands before it. Knows nothing of files. */
export interface Graph {
  readonly name: string;
  readonly opset: number;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly initializers: ReadonlyMap<string, Initializer>;
  readonly nodes: readonly GraphNode[];
}
