import { describe, expect, it } from 'vitest';
import { limits } from '../../../../../cloud/checkpoint/limits.ts';
import { openFiles, refuseFiles } from '../../../../support/hostile/refusal.ts';
import { float32, rawSafetensors, safetensorsBytes } from '../../../../support/hostile/safetensors-bytes.ts';
import { tinyModel, tinyTensors } from '../../../../support/hostile/tiny-model.ts';

const refuse = (weights: Uint8Array) => refuseFiles({ ...tinyModel, 'model.safetensors': weights });
const field = (shape: unknown, offsets: unknown, dtype: unknown = 'F32') => ({ dtype, shape, data_offsets: offsets });
const withHeader = (fields: object, dataBytes = 0) => rawSafetensors(JSON.stringify(fields), Buffer.alloc(dataBytes));

describe('a safetensors header that lies', () => {
  it.each<[string, Uint8Array, string, RegExp]>([
    ['nothing at all', Buffer.alloc(0), 'SAFETENSORS_TOO_SHORT', /has 0 bytes/],
    ['half a length', Buffer.alloc(7), 'SAFETENSORS_TOO_SHORT', /has 7 bytes/],
    [
      'a length beyond the file',
      rawSafetensors('{}', Buffer.alloc(4), 7n),
      'SAFETENSORS_HEADER_OUTSIDE',
      /of 7 bytes and is 14/,
    ],
    [
      'a length beyond the limit',
      rawSafetensors('{}', Buffer.alloc(0), 100_000_001n),
      'SAFETENSORS_HEADER_TOO_LARGE',
      /100000001 bytes/,
    ],
    [
      'a length of 2⁶⁴ − 1',
      rawSafetensors('{}', Buffer.alloc(0), 2n ** 64n - 1n),
      'SAFETENSORS_HEADER_TOO_LARGE',
      /18446744073709551615 bytes/,
    ],
    ['no header', rawSafetensors(''), 'JSON_MALFORMED', /header of model.safetensors is not JSON/],
    ['no JSON', rawSafetensors('{"a":'), 'JSON_MALFORMED', /header of model.safetensors is not JSON/],
    ['two JSON values', rawSafetensors('{}{}'), 'JSON_MALFORMED', /is not JSON/],
    ['a list', rawSafetensors('[]'), 'JSON_NOT_OBJECT', /holds no JSON object/],
    ['null', rawSafetensors('null'), 'JSON_NOT_OBJECT', /holds no JSON object/],
    ['bytes that are no UTF-8', rawSafetensors(Buffer.from([0x7b, 0xff, 0x7d])), 'JSON_NOT_UTF8', /not UTF-8/],
    ['depth', rawSafetensors('{"a":[[[[[1]]]]]}'), 'JSON_TOO_DEEP', /deeper than 4 levels at character 8/],
    ['a name twice', rawSafetensors('{"a":1,"a":1}'), 'JSON_DUPLICATE_KEY', /key 'a' twice/],
    ['a name twice in two spellings', rawSafetensors('{"a":1,"\\u0061":1}'), 'JSON_DUPLICATE_KEY', /key 'a' twice/],
    ['a field twice', rawSafetensors('{"a":{"dtype":"F32","dtype":"F16"}}'), 'JSON_DUPLICATE_KEY', /key 'dtype' twice/],
    ['another framework', withHeader({ __metadata__: { format: 'flax' } }), 'WEIGHTS_FRAMEWORK', /written by 'flax'/],
    [
      'a framework with a toString',
      withHeader({ __metadata__: { format: { toString: 1 } } }),
      'WEIGHTS_FRAMEWORK',
      /toString/,
    ],
  ])('is refused: %s', async (_, weights, code, what) => {
    const refusal = await refuse(weights);

    expect(refusal).toEqual({ code, what: expect.stringMatching(what) });
  });

  it('is refused when it holds more values than any model, before they are made', async () => {
    const refusal = await refuse(rawSafetensors(`[${'0,'.repeat(limits.jsonValues)}0]`));

    expect(refusal).toEqual({ code: 'JSON_TOO_MANY', what: expect.stringContaining(`${limits.jsonValues} values`) });
  });

  it('is refused when it declares more tensors than any model', async () => {
    const fields = Array.from(
      { length: limits.tensors + 1 },
      (_, index) => `"${index}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`,
    );

    const refusal = await refuse(rawSafetensors(`{${fields.join(',')}}`));

    expect(refusal).toEqual({ code: 'SAFETENSORS_TOO_MANY', what: expect.stringContaining('declares 100001 tensors') });
  });
});

describe('a tensor of a safetensors file that lies', () => {
  it.each<[string, object, string, RegExp]>([
    ['no object', { x: 5 }, 'SAFETENSORS_FIELD_BAD', /has no dtype, shape and data_offsets/],
    ['null', { x: null }, 'SAFETENSORS_FIELD_BAD', /has no dtype/],
    ['no type', { x: { shape: [1], data_offsets: [0, 4] } }, 'WEIGHTS_TYPE_UNKNOWN', /stored as 'nothing'/],
    ['an unknown type', { x: field([4], [0, 4], 'F8_E4M3') }, 'WEIGHTS_TYPE_UNKNOWN', /stored as 'F8_E4M3'/],
    ['a type of Object', { x: field([1], [0, 4], 'constructor') }, 'WEIGHTS_TYPE_UNKNOWN', /'constructor'/],
    [
      'a type that is no text',
      { x: field([1], [0, 4], { toString: null }) },
      'WEIGHTS_TYPE_UNKNOWN',
      /\{"toString":null\}/,
    ],
    ['no shape', { x: field(undefined, [0, 4]) }, 'SAFETENSORS_SHAPE_BAD', /shape 'nothing'/],
    ['a shape that is no list', { x: field('1', [0, 4]) }, 'SAFETENSORS_SHAPE_BAD', /shape '1'/],
    ['a negative size', { x: field([-1], [0, 4]) }, 'SAFETENSORS_SHAPE_BAD', /\[-1\]/],
    ['a size that is not whole', { x: field([0.5, 2], [0, 4]) }, 'SAFETENSORS_SHAPE_BAD', /\[0\.5,2\]/],
    ['a size of text', { x: field(['1'], [0, 4]) }, 'SAFETENSORS_SHAPE_BAD', /\["1"\]/],
    ['a size of 2⁵³', { x: field([2 ** 53], [0, 4]) }, 'SAFETENSORS_SHAPE_BAD', /9007199254740992/],
    ['sizes whose product overflows', { x: field([2 ** 32, 2 ** 32], [0, 4]) }, 'SAFETENSORS_SHAPE_BAD', /4294967296/],
    [
      'a zero among sizes that overflow',
      { x: field([0, 2 ** 40, 2 ** 40], [0, 0]) },
      'SAFETENSORS_SHAPE_BAD',
      /1099511627776/,
    ],
    ['nine dimensions', { x: field(Array(9).fill(1), [0, 4]) }, 'SAFETENSORS_SHAPE_BAD', /1,1,1/],
    ['no offsets', { x: field([1], undefined) }, 'SAFETENSORS_FIELD_BAD', /no pair of data_offsets/],
    ['three offsets', { x: field([1], [0, 4, 4]) }, 'SAFETENSORS_FIELD_BAD', /no pair of data_offsets/],
    ['a negative offset', { x: field([1], [-4, 0]) }, 'SAFETENSORS_OFFSETS_OUTSIDE', /'\[-4,0\]' of 8/],
    ['an offset that is not whole', { x: field([1], [0.5, 4.5]) }, 'SAFETENSORS_OFFSETS_OUTSIDE', /0\.5/],
    ['offsets in text', { x: field([1], ['0', '4']) }, 'SAFETENSORS_OFFSETS_OUTSIDE', /"0"/],
    ['offsets turned round', { x: field([1], [4, 0]) }, 'SAFETENSORS_OFFSETS_OUTSIDE', /'\[4,0\]' of 8/],
    ['an end outside of the file', { x: field([3], [0, 12]) }, 'SAFETENSORS_OFFSETS_OUTSIDE', /'\[0,12\]' of 8/],
    ['a huge offset', { x: field([1], [2 ** 60, 2 ** 60 + 4]) }, 'SAFETENSORS_OFFSETS_OUTSIDE', /of 8/],
    ['more bytes than its shape', { x: field([1], [0, 8]) }, 'SAFETENSORS_SIZE_MISMATCH', /needs 4 bytes and claims 8/],
    [
      'fewer bytes than its type',
      { x: field([2], [0, 8], 'F64') },
      'SAFETENSORS_SIZE_MISMATCH',
      /type F64 needs 16 bytes/,
    ],
    ['a gap before it', { x: field([1], [4, 8]) }, 'SAFETENSORS_LAYOUT', /leaves a gap of 4 bytes/],
    ['bytes behind it', { x: field([1], [0, 4]) }, 'SAFETENSORS_TRAILING', /has 4 bytes after/],
    [
      'another in its bytes',
      { x: field([2], [0, 8]), y: field([1], [4, 8]) },
      'SAFETENSORS_LAYOUT',
      /overlaps the tensor before/,
    ],
    [
      'another of none in its bytes',
      { x: field([2], [0, 8]), y: field([0], [4, 4]) },
      'SAFETENSORS_LAYOUT',
      /'y' overlaps/,
    ],
    ['a long name', { ['x'.repeat(513)]: field([2], [0, 8]) }, 'TENSOR_NAME_TOO_LONG', /a name of 513 characters/],
  ])('is refused by name: %s', async (_, fields, code, what) => {
    const refusal = await refuse(withHeader(fields, 8));

    expect(refusal).toEqual({ code, what: expect.stringMatching(what) });
  });

  it.each([
    ['the prefix of the family', 'bert.classifier.bias'],
    ['the prefix of DataParallel', 'module.classifier.bias'],
    ['both prefixes', 'module.bert.classifier.bias'],
  ])('is refused when it is another under %s', async (_, name) => {
    const twin = { dtype: 'F32', shape: [2], bytes: float32(1, 2) };

    const refusal = await refuse(safetensorsBytes({ ...tinyTensors, [name]: twin }));

    expect(refusal).toEqual({
      code: 'TENSOR_NAME_COLLISION',
      what: expect.stringContaining(`'classifier.bias' and '${name}'`),
    });
  });

  it('is refused when old and new names of a LayerNorm meet', async () => {
    const one = { dtype: 'F32', shape: [1], bytes: float32(1) };

    const refusal = await refuse(
      safetensorsBytes({ ...tinyTensors, 'a.LayerNorm.gamma': one, 'a.LayerNorm.weight': one }),
    );

    expect(refusal).toEqual({ code: 'TENSOR_NAME_COLLISION', what: expect.stringContaining("'a.LayerNorm.gamma'") });
  });

  it('shows its name and does not obey it', async () => {
    const refusal = await refuse(withHeader({ '\u001b]0;x\u0007\u202e': 5 }));

    expect(refusal.what).toBe(
      "model.safetensors: tensor '\\u001b]0;x\\u0007\\u202e' has no dtype, shape and data_offsets",
    );
  });
});

describe('odd and lawful safetensors files', () => {
  it('open with empty tensors, scalars, and names of any language', async () => {
    const weights = safetensorsBytes({
      ...tinyTensors,
      'größe.重み': { dtype: 'F32', shape: [], bytes: float32(7) },
      __proto__x: { dtype: 'F32', shape: [0, 5], bytes: float32() },
    });

    const { tensors } = await openFiles({ ...tinyModel, 'model.safetensors': weights });

    expect(tensors.get('größe.重み')?.read()).toEqual(Float32Array.of(7));
    expect(tensors.get('__proto__x')?.read()).toEqual(new Float32Array());
  });

  it('open with a tensor of the name __proto__', async () => {
    const header =
      '{"classifier.weight":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}';

    const { tensors } = await openFiles({
      ...tinyModel,
      'model.safetensors': rawSafetensors(header, float32(1, 2, 3)),
    });

    expect([...tensors.keys()]).toEqual(['classifier.weight', '__proto__']);
    expect(tensors.get('__proto__')?.read()).toEqual(Float32Array.of(3));
  });
});
