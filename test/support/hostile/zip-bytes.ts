import { crc32 } from 'node:zlib';

/** An entry of a zip; the fields that a header tells may lie. */
export interface ZipEntry {
  readonly name: string;
  readonly data: Uint8Array;
  readonly method?: number;
  readonly flags?: number;
  /** As the central directory tells. */
  readonly compressedBytes?: number;
  readonly uncompressedBytes?: number;
  /** Where the central directory says that the local header stands. */
  readonly offset?: number;
}

export interface ZipOptions {
  /** With the records for more than 4 GiB or 65,535 entries, though there are fewer. */
  readonly zip64?: boolean;
  /** As the end of the central directory tells. */
  readonly entryCount?: number;
  readonly directoryOffset?: number;
}

/** A zip file, entry after entry, then its central directory. */
export function zipBytes(entries: readonly ZipEntry[], options: ZipOptions = {}): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.name);
    const fixed = fields(entry, name.length, options.zip64 === true ? 28 : 0);
    const local = Buffer.concat([u32(0x04034b50), fields(entry, name.length, 0), name, entry.data]);
    const extra = options.zip64 === true ? zip64Extra(entry, entry.offset ?? at) : Buffer.alloc(0);
    const place = options.zip64 === true ? 0xffffffff : (entry.offset ?? at);
    const sizes =
      options.zip64 === true ? [u32(0xffffffff), u32(0xffffffff)] : [fixed.subarray(14, 18), fixed.subarray(18, 22)];
    directory.push(
      Buffer.concat([u32(0x02014b50), u16(45), fixed.subarray(0, 14), ...sizes, fixed.subarray(22)]),
      Buffer.concat([u16(0), u16(0), u16(0), u32(0), u32(place), name, extra]),
    );
    locals.push(local);
    at += local.length;
  }
  const central = Buffer.concat(directory);
  const count = options.entryCount ?? entries.length;
  const start = options.directoryOffset ?? at;
  const big = options.zip64 === true ? zip64End(count, central.length, start, at + central.length) : Buffer.alloc(0);
  const end =
    options.zip64 === true
      ? [u16(0xffff), u16(0xffff), u32(0xffffffff), u32(0xffffffff)]
      : [u16(count), u16(count), u32(central.length), u32(start)];
  return Buffer.concat([...locals, central, big, u32(0x06054b50), u16(0), u16(0), ...end, u16(0)]);
}

/** The part that local and central headers share: version, flags, method, time, checksum, sizes, lengths. */
function fields(
  { data, method = 0, flags = 0, compressedBytes, uncompressedBytes }: ZipEntry,
  nameBytes: number,
  extraBytes: number,
): Buffer {
  const sizes = [u32(compressedBytes ?? data.length), u32(uncompressedBytes ?? data.length)];
  return Buffer.concat([
    u16(45),
    u16(flags),
    u16(method),
    u32(0),
    u32(crc32(data)),
    ...sizes,
    u16(nameBytes),
    u16(extraBytes),
  ]);
}

function zip64Extra({ data, uncompressedBytes, compressedBytes }: ZipEntry, offset: number): Buffer {
  return Buffer.concat([
    u16(1),
    u16(24),
    u64(uncompressedBytes ?? data.length),
    u64(compressedBytes ?? data.length),
    u64(offset),
  ]);
}

function zip64End(count: number, directoryBytes: number, start: number, at: number): Buffer {
  const record = [u64(44), u16(45), u16(45), u32(0), u32(0), u64(count), u64(count), u64(directoryBytes), u64(start)];
  return Buffer.concat([u32(0x06064b50), ...record, u32(0x07064b50), u32(0), u64(at), u32(1)]);
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
