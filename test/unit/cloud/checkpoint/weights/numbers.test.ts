import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CheckpointTensor } from '../../../../../cloud/checkpoint/checkpoint.ts';
import { elementBytes, type StoredType } from '../../../../../cloud/checkpoint/weights/element-type.ts';
import { openFiles, refusalOf } from '../../../../support/hostile/refusal.ts';
import { float32, safetensorsBytes, type WrittenTensor } from '../../../../support/hostile/safetensors-bytes.ts';
import { tinyModel, tinyTensors } from '../../../../support/hostile/tiny-model.ts';
import { repositoryPath } from '../../../../support/paths.ts';

async function opened(
  tensors: Readonly<Record<string, WrittenTensor>>,
): Promise<ReadonlyMap<string, CheckpointTensor>> {
  const weights = safetensorsBytes({ ...tinyTensors, ...tensors });
  return (await openFiles({ ...tinyModel, 'model.safetensors': weights })).tensors;
}

async function read(dtype: string, shape: readonly number[], bytes: Uint8Array): Promise<Float32Array | undefined> {
  return (await opened({ x: { dtype, shape, bytes } })).get('x')?.read();
}

/** The bits of all halves that are numbers, as the recording script lists them. */
function halves(exponentMask: number): Buffer {
  const bits = Array.from({ length: 65_536 }, (_, index) => index).filter(
    (value) => (value & exponentMask) !== exponentMask,
  );
  return Buffer.from(Uint16Array.from(bits).buffer);
}

describe('stored numbers', () => {
  // Written by test/golden/checkpoint/record_halves.py.
  const recorded = JSON.parse(readFileSync(repositoryPath('test/golden/checkpoint/halves.json'), 'utf8'));

  it.each([
    ['F16', 0x7c00],
    ['BF16', 0x7f80],
  ])('of type %s become what numpy makes of them, all of them', async (dtype, exponentMask) => {
    const bytes = halves(exponentMask);

    const values = await read(dtype, [bytes.length / 2], bytes);

    const digest = createHash('sha256')
      .update(values ?? new Float32Array())
      .digest('hex');
    expect({ count: values?.length, sha256: digest }).toEqual(recorded[dtype]);
  });

  it.each<[StoredType, Uint8Array, number[]]>([
    ['F64', Buffer.from(Float64Array.of(0.1, -2).buffer), [Math.fround(0.1), -2]],
    ['I64', Buffer.from(BigInt64Array.of(-5n, 2n ** 40n).buffer), [-5, 2 ** 40]],
    ['I32', Buffer.from(Int32Array.of(-5, 70_000).buffer), [-5, 70_000]],
    ['I16', Buffer.from(Int16Array.of(-5, 300).buffer), [-5, 300]],
    ['I8', Buffer.from(Int8Array.of(-5, 127).buffer), [-5, 127]],
    ['U8', Uint8Array.of(0, 255), [0, 255]],
    ['BOOL', Uint8Array.of(0, 1), [0, 1]],
  ])('of type %s become the nearest float32', async (dtype, bytes, expected) => {
    const values = await read(dtype, [2], bytes);

    expect([...(values ?? [])]).toEqual(expected);
  });

  it('come back as they were written, whatever the tensors', async () => {
    const stored = (dtype: StoredType) =>
      fc.array(fc.nat({ max: 3 }), { maxLength: 4 }).chain((shape) => {
        const length = shape.reduce((product, size) => product * size, 1) * elementBytes[dtype];
        return fc
          .uint8Array({ minLength: length, maxLength: length })
          .map((bytes) => ({ dtype, shape, bytes: finite(dtype, bytes) }));
      });
    const tensor: fc.Arbitrary<WrittenTensor> = fc.oneof(
      stored('F32'),
      stored('F16'),
      stored('BF16'),
      stored('F64'),
      stored('I8'),
    );
    const name = fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => `x.${text}`);

    await fc.assert(
      fc.asyncProperty(fc.dictionary(name, tensor, { maxKeys: 6, noNullPrototype: true }), async (tensors) => {
        const found = await opened(tensors);

        for (const [key, { dtype, shape, bytes }] of Object.entries(tensors)) {
          expect(found.get(key)).toMatchObject({ shape, storedType: dtype });
          expect([...(found.get(key)?.read() ?? [])]).toEqual(exactly(dtype, bytes));
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe('a weight that is no number', () => {
  it.each<[string, Buffer, string]>([
    ['F32', float32(1, 2, 3, 4, Number.NaN, 6), 'NaN'],
    ['F32', float32(1, 2, 3, 4, Number.POSITIVE_INFINITY, 6), 'Infinity'],
    ['F32', float32(1, 2, 3, 4, Number.NEGATIVE_INFINITY, Number.NaN), '-Infinity'],
    ['F16', Buffer.from(Uint16Array.of(0, 0, 0, 0, 0x7e00, 0).buffer), 'NaN'],
    ['F16', Buffer.from(Uint16Array.of(0, 0, 0, 0, 0xfc00, 0).buffer), '-Infinity'],
    ['BF16', Buffer.from(Uint16Array.of(0, 0, 0, 0, 0x7fc0, 0).buffer), 'NaN'],
    ['BF16', Buffer.from(Uint16Array.of(0, 0, 0, 0, 0x7f80, 0).buffer), 'Infinity'],
    ['F64', Buffer.from(Float64Array.of(0, 0, 0, 0, 1e300, 0).buffer), 'Infinity'],
  ])('is refused with its tensor and place: %s', async (dtype, bytes, shown) => {
    const tensors = await opened({ 'bert.x': { dtype, shape: [3, 2], bytes } });

    const refusal = await refusalOf(() => tensors.get('x')?.read());

    expect(refusal).toEqual({
      code: 'WEIGHTS_NOT_FINITE',
      what: `Tensor 'bert.x' in model.safetensors holds ${shown} at [2, 0]`,
    });
  });
});

/** The same numbers by exact arithmetic, where float32 has them all. */
function exactly(dtype: string, bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = elementBytes[dtype as StoredType]; // written above with these types alone
  return Array.from({ length: bytes.byteLength / size }, (_, index) => {
    const at = index * size;
    if (dtype === 'F32') return view.getFloat32(at, true);
    if (dtype === 'F64') return Math.fround(view.getFloat64(at, true));
    if (dtype === 'I8') return view.getInt8(at);
    const bits = view.getUint16(at, true);
    const [exponentBits, bias] = dtype === 'F16' ? [5, 15] : [8, 127];
    const fractionBits = 15 - exponentBits;
    const exponent = (bits >> fractionBits) & (2 ** exponentBits - 1);
    const fraction = (bits & (2 ** fractionBits - 1)) / 2 ** fractionBits;
    const magnitude = exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias);
    return bits & 0x8000 ? -magnitude : magnitude;
  });
}

/** Any bytes, with the exponents of infinities and NaNs taken out. */
function finite(dtype: StoredType, bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const size = elementBytes[dtype];
  // In all floating-point types, the highest exponent bit stands in the last byte (little-endian).
  if (dtype !== 'I8') for (let at = size - 1; at < copy.length; at += size) copy[at] = (copy[at] ?? 0) & 0xbf;
  return copy;
}
