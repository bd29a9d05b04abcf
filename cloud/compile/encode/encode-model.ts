import { endianness } from 'node:os';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Attribute, Dimension, Graph, GraphNode, Initializer, TensorData, ValueInfo } from '../graph/graph.ts';
import { ONNX_TYPES } from '../graph/operators.ts';
import { encodeErrors } from './errors.ts';
import {
  ATTRIBUTE,
  ATTRIBUTE_TYPE,
  DIMENSION,
  ENTRY,
  EXTERNAL,
  GRAPH,
  irVersionFor,
  MICROSOFT_OPSET,
  MODEL,
  NODE,
  OPERATOR_SET,
  SHAPE,
  TENSOR,
  TENSOR_TYPE,
  TYPE,
  VALUE_INFO,
} from './schema.ts';

/**
 * Tensors from this size on live in the weights file. ONNX Runtime reads the values of small ones (shapes, axes,
 * scalars) while it loads the graph and wants those inside.
 */
export const MIN_EXTERNAL_BYTES = 1024;

/**
 * Tensors in the weights file start at multiples of this: a cache line, and the widest vector load (AVX-512). ONNX
 * advises 4,096 for readers that map each tensor by itself; ONNX Runtime maps from the page boundary below and needs no
 * more than this, and 4,096 would add some 2 % of padding to a small model.
 */
export const EXTERNAL_ALIGNMENT_BYTES = 64;

/** One tensor's place in the weights file; `bytes` looks at the initialiser's own memory. */
export interface WeightChunk {
  readonly offsetBytes: number;
  readonly bytes: Uint8Array;
}

/** An ONNX model file and what goes into the weights file beside it. */
export interface EncodedModel {
  readonly model: Uint8Array;
  /** In the order of their offsets, with gaps (zeros) between them for alignment. */
  readonly weights: readonly WeightChunk[];
  readonly weightsSizeBytes: number;
}

/**
 * Encodes a graph as ONNX protobuf, its large initialisers as external data in `weightsName`.
 * The same graph gives the same bytes.
 */
export function encodeModel(graph: Graph, { weightsName }: { readonly weightsName: string }): EncodedModel {
  if (endianness() !== 'LE') throw encodeErrors.make('ENCODE_BIG_ENDIAN', 'this machine keeps numbers big-endian');
  const placed = placeWeights(graph);
  const writer = new BinaryWriter();
  writer.tag(MODEL.irVersion, WireType.Varint).int64(irVersionFor(graph.opset));
  writer.tag(MODEL.producerName, WireType.LengthDelimited).string('verge');
  message(writer, MODEL.graph, () => writeGraph(writer, graph, placed.offsets, weightsName));
  for (const [domain, version] of [
    ['', graph.opset],
    ['com.microsoft', MICROSOFT_OPSET],
  ] as const) {
    message(writer, MODEL.opsetImport, () => {
      text(writer, OPERATOR_SET.domain, domain);
      writer.tag(OPERATOR_SET.version, WireType.Varint).int64(version);
    });
  }
  return { model: writer.finish(), weights: placed.chunks, weightsSizeBytes: placed.sizeBytes };
}

interface PlacedWeights {
  readonly chunks: readonly WeightChunk[];
  readonly offsets: ReadonlyMap<string, WeightChunk>;
  readonly sizeBytes: number;
}

function placeWeights(graph: Graph): PlacedWeights {
  const offsets = new Map<string, WeightChunk>();
  let sizeBytes = 0;
  for (const { name, data } of graph.initializers.values()) {
    if (data.byteLength < MIN_EXTERNAL_BYTES) continue;
    const offsetBytes = Math.ceil(sizeBytes / EXTERNAL_ALIGNMENT_BYTES) * EXTERNAL_ALIGNMENT_BYTES;
    offsets.set(name, { offsetBytes, bytes: bytesOf(data) });
    sizeBytes = offsetBytes + data.byteLength;
  }
  return { chunks: [...offsets.values()], offsets, sizeBytes };
}

function writeGraph(
  writer: BinaryWriter,
  graph: Graph,
  offsets: ReadonlyMap<string, WeightChunk>,
  weightsName: string,
): void {
  for (const node of graph.nodes) message(writer, GRAPH.node, () => writeNode(writer, node));
  text(writer, GRAPH.name, graph.name);
  for (const initializer of graph.initializers.values()) {
    const chunk = offsets.get(initializer.name);
    message(writer, GRAPH.initializer, () => writeTensor(writer, initializer, chunk, weightsName));
  }
  for (const input of graph.inputs) message(writer, GRAPH.input, () => writeValueInfo(writer, input));
  for (const output of graph.outputs) message(writer, GRAPH.output, () => writeValueInfo(writer, output));
}

function writeNode(writer: BinaryWriter, node: GraphNode): void {
  for (const input of node.inputs) text(writer, NODE.input, input);
  for (const output of node.outputs) text(writer, NODE.output, output);
  text(writer, NODE.name, node.name);
  text(writer, NODE.operator, node.operator);
  for (const name of Object.keys(node.attributes).sort()) {
    const attribute = node.attributes[name];
    if (attribute !== undefined) message(writer, NODE.attribute, () => writeAttribute(writer, name, attribute));
  }
  if (node.domain !== '') text(writer, NODE.domain, node.domain);
}

function writeAttribute(writer: BinaryWriter, name: string, attribute: Attribute): void {
  text(writer, ATTRIBUTE.name, name);
  switch (attribute.kind) {
    case 'int':
      writer.tag(ATTRIBUTE.int, WireType.Varint).int64(attribute.value);
      break;
    case 'float':
      writer.tag(ATTRIBUTE.float, WireType.Bit32).float(attribute.value);
      break;
    case 'string':
      text(writer, ATTRIBUTE.string, attribute.value);
      break;
    case 'ints':
      for (const value of attribute.value) writer.tag(ATTRIBUTE.ints, WireType.Varint).int64(value);
      break;
    case 'floats':
      for (const value of attribute.value) writer.tag(ATTRIBUTE.floats, WireType.Bit32).float(value);
      break;
    case 'tensor':
      message(writer, ATTRIBUTE.tensor, () => writeTensor(writer, attribute.value, undefined, ''));
      break;
  }
  writer.tag(ATTRIBUTE.type, WireType.Varint).int32(ATTRIBUTE_TYPE[attribute.kind]);
}

function writeTensor(
  writer: BinaryWriter,
  tensor: Initializer,
  chunk: WeightChunk | undefined,
  weightsName: string,
): void {
  for (const size of tensor.shape) writer.tag(TENSOR.dims, WireType.Varint).int64(size);
  writer.tag(TENSOR.dataType, WireType.Varint).int32(ONNX_TYPES[tensor.type]);
  text(writer, TENSOR.name, tensor.name);
  if (chunk === undefined) {
    writer.tag(TENSOR.rawData, WireType.LengthDelimited).bytes(bytesOf(tensor.data));
    return;
  }
  const entries = { location: weightsName, offset: chunk.offsetBytes, length: chunk.bytes.length };
  for (const [key, value] of Object.entries(entries)) {
    message(writer, TENSOR.externalData, () => {
      text(writer, ENTRY.key, key);
      text(writer, ENTRY.value, String(value));
    });
  }
  writer.tag(TENSOR.dataLocation, WireType.Varint).int32(EXTERNAL);
}

function writeValueInfo(writer: BinaryWriter, value: ValueInfo): void {
  text(writer, VALUE_INFO.name, value.name);
  message(writer, VALUE_INFO.type, () =>
    message(writer, TYPE.tensor, () => {
      writer.tag(TENSOR_TYPE.elementType, WireType.Varint).int32(ONNX_TYPES[value.type]);
      message(writer, TENSOR_TYPE.shape, () => {
        for (const size of value.shape) message(writer, SHAPE.dimension, () => writeDimension(writer, size));
      });
    }),
  );
}

function writeDimension(writer: BinaryWriter, size: Dimension): void {
  if (typeof size === 'number') writer.tag(DIMENSION.value, WireType.Varint).int64(size);
  else text(writer, DIMENSION.parameter, size);
}

function message(writer: BinaryWriter, field: number, write: () => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write();
  writer.join();
}

function text(writer: BinaryWriter, field: number, value: string): void {
  writer.tag(field, WireType.LengthDelimited).string(value);
}

function bytesOf(data: TensorData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
