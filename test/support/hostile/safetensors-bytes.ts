/** A tensor to be written. */
export interface WrittenTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** A safetensors file as its writers make it: a header padded with spaces to 8 bytes, then the tensors in order. */
export function safetensorsBytes(tensors: Readonly<Record<string, WrittenTensor>>): Buffer {
  let end = 0;
  const fields = Object.entries(tensors).map(([name, { dtype, shape, bytes }]) => {
    const begin = end;
    end += bytes.byteLength;
    return [name, { dtype, shape, data_offsets: [begin, end] }];
  });
  const header = JSON.stringify(Object.fromEntries([['__metadata__', { format: 'pt' }], ...fields]));
  const length = Math.ceil(Buffer.byteLength(header) / 8) * 8;
  const padded = header + ' '.repeat(length - Buffer.byteLength(header));
  return rawSafetensors(padded, Buffer.concat(Object.values(tensors).map(({ bytes }) => bytes)));
}

/** A file with just this header and data, and a length that is true unless another is given. */
export function rawSafetensors(
  header: string | Uint8Array,
  data: Uint8Array = Buffer.alloc(0),
  declared: bigint = BigInt(Buffer.byteLength(header)),
): Buffer {
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(declared);
  return Buffer.concat([prefix, Buffer.from(header), data]);
}

/** Little-endian float32. */
export function float32(...values: readonly number[]): Buffer {
  return Buffer.from(Float32Array.from(values).buffer);
}
