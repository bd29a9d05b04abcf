import type { Attribute } from '../graph/graph.ts';
import { decodeTensor } from './decode-tensor.ts';
import { encodeErrors } from './errors.ts';
import { fields, malformed, tooLarge } from './fields.ts';
import { LIMITS } from './limits.ts';
import { ATTRIBUTE, ATTRIBUTE_TYPE } from './schema.ts';

/** Decodes an `AttributeProto`. Subgraphs, lists of strings or tensors, and references are refused by name. */
export function decodeAttribute(
  bytes: Uint8Array,
  where: string,
): { readonly name: string; readonly attribute: Attribute } {
  let name = '';
  let type = 0;
  let [float, int, string] = [0, 0, ''];
  let tensorBytes: Uint8Array | undefined;
  const floats: number[] = [];
  const ints: number[] = [];
  for (const field of fields(bytes, where)) {
    switch (field.number) {
      case ATTRIBUTE.name:
        name = field.text();
        break;
      case ATTRIBUTE.type:
        type = field.integer();
        break;
      case ATTRIBUTE.float:
        float = field.float();
        break;
      case ATTRIBUTE.int:
        int = field.integer();
        break;
      case ATTRIBUTE.string:
        string = field.text();
        break;
      case ATTRIBUTE.tensor:
        tensorBytes = field.bytes();
        break;
      case ATTRIBUTE.floats:
        append(floats, field.floats(), where);
        break;
      case ATTRIBUTE.ints:
        append(ints, field.integers(), where);
        break;
      case ATTRIBUTE.graph:
      case ATTRIBUTE.graphs:
        throw refused(where, name, 'a subgraph');
      case ATTRIBUTE.strings:
        throw refused(where, name, 'a list of strings');
      case ATTRIBUTE.tensors:
        throw refused(where, name, 'a list of tensors');
      case ATTRIBUTE.reference:
        throw refused(where, name, 'a reference to an attribute of a function');
    }
  }
  switch (type) {
    case ATTRIBUTE_TYPE.float:
      return { name, attribute: { kind: 'float', value: float } };
    case ATTRIBUTE_TYPE.int:
      return { name, attribute: { kind: 'int', value: int } };
    case ATTRIBUTE_TYPE.string:
      return { name, attribute: { kind: 'string', value: string } };
    case ATTRIBUTE_TYPE.floats:
      return { name, attribute: { kind: 'floats', value: floats } };
    case ATTRIBUTE_TYPE.ints:
      return { name, attribute: { kind: 'ints', value: ints } };
    case ATTRIBUTE_TYPE.tensor:
      if (tensorBytes === undefined) throw malformed(`${where}: attribute ${name} has no tensor`);
      return { name, attribute: { kind: 'tensor', value: decodeTensor(tensorBytes, `${where}: ${name}`, undefined) } };
    default:
      throw malformed(`${where}: attribute '${name}' is of unknown type ${type}`);
  }
}

function append(list: number[], added: readonly number[], where: string): void {
  if (list.length + added.length > LIMITS.attributeValues) {
    throw tooLarge(`${where}: an attribute's list`, LIMITS.attributeValues);
  }
  for (const value of added) list.push(value);
}

function refused(where: string, name: string, what: string): Error {
  return encodeErrors.make('ONNX_UNSUPPORTED', `ONNX model: ${where}: attribute '${name}' is ${what}`);
}
