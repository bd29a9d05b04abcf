import { crc32 } from './crc32.ts';

/**
 * A record: `\x01 V R kind` | u32 length of the body | u32 CRC-32 of the body | u32 CRC-32 of these twelve bytes | body.
 * The header has a checksum of its own, so that a length is believed only where it is what was written. The first byte
 * is one that JSON never holds raw, so no payload can pass for a record when a reader looks for the next one.
 */
export const HEADER_BYTES = 16;
/** A message has 120 KB at most, and little is added to it. */
export const MAX_BODY_BYTES = 256 * 1024;
const MARK = Buffer.from('\u0001VR', 'latin1');

export const KINDS = { message: 0x6d, summary: 0x73 } as const;
export type RecordKind = (typeof KINDS)[keyof typeof KINDS];

export function encodeRecord(kind: RecordKind, body: Uint8Array): Buffer {
  const record = Buffer.allocUnsafe(HEADER_BYTES + body.byteLength);
  MARK.copy(record);
  record[MARK.length] = kind;
  record.writeUInt32LE(body.byteLength, 4);
  record.writeUInt32LE(crc32(body), 8);
  record.writeUInt32LE(crc32(record.subarray(0, 12)), 12);
  record.set(body, HEADER_BYTES);
  return record;
}

/** What stands at a place. */
export type Sighting =
  | { readonly is: 'record'; readonly kind: RecordKind; readonly body: Buffer; readonly end: number }
  /** The header is whole and the body isn't what was written; the next record begins at `end`. */
  | { readonly is: 'damaged body'; readonly kind: RecordKind; readonly end: number }
  /** The bytes end before the record does. */
  | { readonly is: 'torn' }
  | { readonly is: 'nothing' };

/** Reads what stands at `at`; nothing is allocated. */
export function readRecord(bytes: Buffer, at: number): Sighting {
  if (bytes.length - at < HEADER_BYTES) {
    const start = bytes.subarray(at, at + MARK.length);
    return start.equals(MARK.subarray(0, start.length)) ? { is: 'torn' } : { is: 'nothing' };
  }
  const kind = Object.values(KINDS).find((known) => known === bytes[at + MARK.length]);
  const length = bytes.readUInt32LE(at + 4);
  const isHeader =
    kind !== undefined &&
    length <= MAX_BODY_BYTES &&
    bytes.subarray(at, at + MARK.length).equals(MARK) &&
    bytes.readUInt32LE(at + 12) === crc32(bytes.subarray(at, at + 12));
  if (!isHeader) return { is: 'nothing' };
  const end = at + HEADER_BYTES + length;
  if (end > bytes.length) return { is: 'torn' };
  const body = bytes.subarray(at + HEADER_BYTES, end);
  if (crc32(body) !== bytes.readUInt32LE(at + 8)) return { is: 'damaged body', kind, end };
  return { is: 'record', kind, body, end };
}

export interface Scan {
  readonly records: readonly { readonly kind: RecordKind; readonly at: number; readonly body: Buffer }[];
  /** Stretches that are no messages, where there must have been at least one each. */
  readonly damagedStretches: number;
  /** Where a record begins that isn't there to its end. */
  readonly tornAt: number | undefined;
}

/** Reads all records there are, past whatever is damaged. */
export function scanRecords(bytes: Buffer): Scan {
  const records: { kind: RecordKind; at: number; body: Buffer }[] = [];
  let damagedStretches = 0;
  let at = 0;
  while (at < bytes.length) {
    const sighting = readRecord(bytes, at);
    if (sighting.is === 'torn') return { records, damagedStretches, tornAt: at };
    if (sighting.is === 'record') records.push({ kind: sighting.kind, at, body: sighting.body });
    else if (sighting.is === 'nothing' || sighting.kind === KINDS.message) damagedStretches++;
    at = sighting.is === 'nothing' ? nextMark(bytes, at + 1) : sighting.end;
  }
  return { records, damagedStretches, tornAt: undefined };
}

/** The next place where a record begins, or the end. */
function nextMark(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(MARK, from); at >= 0; at = bytes.indexOf(MARK, at + 1)) {
    if (readRecord(bytes, at).is !== 'nothing') return at;
  }
  return bytes.length;
}
