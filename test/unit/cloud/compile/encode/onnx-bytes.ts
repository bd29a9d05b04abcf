import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

export type MessageField = readonly [field: number, value: number | string | Uint8Array];

/** A protobuf message from its fields: numbers become varints, strings and bytes stand with their length. */
export function message(...fields: readonly MessageField[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const [field, value] of fields) {
    if (typeof value === 'number') writer.tag(field, WireType.Varint).int64(value);
    else if (typeof value === 'string') writer.tag(field, WireType.LengthDelimited).string(value);
    else writer.tag(field, WireType.LengthDelimited).bytes(value);
  }
  return writer.finish();
}

/** A model around a graph's bytes: IR 8, opset 17. */
export function modelOf(graph: Uint8Array): Uint8Array {
  return message([1, 8], [7, graph], [8, message([1, ''], [2, 17])]);
}

/** A model with one initialiser, given by its `TensorProto`. */
export function modelWithTensor(tensor: Uint8Array): Uint8Array {
  return modelOf(message([5, tensor]));
}

/** A model with one node, given by its `NodeProto`. */
export function modelWithNode(node: Uint8Array): Uint8Array {
  return modelOf(message([1, node]));
}
