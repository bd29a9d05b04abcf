/** Fields of a tar header as a test wants them, true or not. */
export interface TarFields {
  readonly name?: string | Uint8Array;
  readonly prefix?: string;
  /** The bytes of the field itself, or the number to be written into it in octal. */
  readonly size?: number | string | Uint8Array;
  readonly type?: string;
  readonly magic?: string;
  /** Added to the right checksum. */
  readonly checksumError?: number;
}

const blockBytes = 512;

/** One header block, with a checksum over whatever stands in it. */
export function tarHeader({
  name = 'file',
  prefix = '',
  size = 0,
  type = '0',
  magic = 'ustar\x0000',
  checksumError = 0,
}: TarFields): Buffer {
  const block = Buffer.alloc(blockBytes);
  block.set(Buffer.from(name).subarray(0, 100), 0);
  block.write('0000644\0', 100, 'latin1');
  block.set(typeof size === 'number' ? Buffer.from(`${size.toString(8).padStart(11, '0')}\0`) : Buffer.from(size), 124);
  block.write('        ', 148, 'latin1');
  block.write(type, 156, 'latin1');
  block.write(magic, 257, 'latin1');
  block.write(prefix, 345, 155, 'utf8');
  const sum = block.reduce((total, byte) => total + byte, 0) + checksumError;
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/** A header and its body, padded to whole blocks. */
export function tarEntry(fields: TarFields, body: Uint8Array | string = ''): Buffer {
  const bytes = Buffer.from(body);
  return Buffer.concat([tarHeader({ size: bytes.length, ...fields }), padded(bytes)]);
}

export function tarFile(name: string, body: Uint8Array | string): Buffer {
  return tarEntry({ name }, body);
}

/** An extended header with one record for each key. */
export function paxHeader(records: Readonly<Record<string, string>>, type: 'x' | 'g' = 'x'): Buffer {
  const body = Object.entries(records).map(([key, value]) => paxRecord(key, value));
  return tarEntry({ name: 'PaxHeader/file', type }, Buffer.concat(body));
}

/** `length key=value\n`, where the length counts its own digits. */
export function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.from(` ${key}=${value}\n`);
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

/** GNU's header in front of an entry with a long name. */
export function gnuLongName(name: string): Buffer {
  return tarEntry({ name: '././@LongLink', type: 'L', magic: 'ustar  \0' }, `${name}\0`);
}

export const endMark: Buffer = Buffer.alloc(2 * blockBytes);

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((blockBytes - (bytes.length % blockBytes)) % blockBytes)]);
}
