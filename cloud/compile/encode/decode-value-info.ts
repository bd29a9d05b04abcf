import type { Dimension, ValueInfo } from '../graph/graph.ts';
import { elementTypeOf } from './decode-tensor.ts';
import { encodeErrors } from './errors.ts';
import { fields, malformed, tooLarge } from './fields.ts';
import { LIMITS } from './limits.ts';
import { DIMENSION, SHAPE, TENSOR_TYPE, TYPE, VALUE_INFO } from './schema.ts';

/** Decodes a `ValueInfoProto`: a tensor's name, element type and shape. */
export function decodeValueInfo(bytes: Uint8Array): ValueInfo {
  let name = '';
  let typeBytes: Uint8Array = new Uint8Array();
  for (const field of fields(bytes, 'graph input or output')) {
    if (field.number === VALUE_INFO.name) name = field.text();
    if (field.number === VALUE_INFO.type) typeBytes = field.bytes();
  }
  const where = `graph input or output '${name}'`;
  for (const field of fields(typeBytes, where)) {
    if (field.number === TYPE.tensor) return { name, ...decodeTensorType(field.bytes(), where, name) };
  }
  throw encodeErrors.make('ONNX_UNSUPPORTED', `ONNX model: ${where} is no tensor`);
}

function decodeTensorType(bytes: Uint8Array, where: string, name: string): Omit<ValueInfo, 'name'> {
  let dataType = 0;
  const shape: Dimension[] = [];
  for (const field of fields(bytes, where)) {
    if (field.number === TENSOR_TYPE.elementType) dataType = field.integer();
    if (field.number !== TENSOR_TYPE.shape) continue;
    for (const item of fields(field.bytes(), where)) {
      if (item.number !== SHAPE.dimension) continue;
      if (shape.length >= LIMITS.rank) throw tooLarge(`${where}: number of dimensions`, LIMITS.rank);
      shape.push(decodeDimension(item.bytes(), where, `${name}.${shape.length}`));
    }
  }
  return { type: elementTypeOf(dataType, where), shape };
}

/** A number, a name, or, where the file says nothing, a name of our own. */
function decodeDimension(bytes: Uint8Array, where: string, fallback: string): Dimension {
  for (const field of fields(bytes, where)) {
    if (field.number === DIMENSION.value) {
      const size = field.integer();
      if (size < 0 || size > LIMITS.dimension) throw malformed(`${where} has a dimension of ${size}`);
      return size;
    }
    if (field.number === DIMENSION.parameter) return field.text() || fallback;
  }
  return fallback;
}
