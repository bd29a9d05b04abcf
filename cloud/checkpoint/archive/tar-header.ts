import { checkpointErrors } from '../errors.ts';
import { blockBytes } from './block-reader.ts';

/** One header block; numbers and name checked for form only. */
export interface TarHeader {
  readonly path: string;
  readonly sizeBytes: number;
  /** The type flag as a character; '\0' of old writers is given as '0'. */
  readonly type: string;
}

/** Offset and length of the fields we read. @see POSIX.1-2017, pax, "ustar Interchange Format" */
const fields = {
  name: [0, 100],
  size: [124, 12],
  checksum: [148, 8],
  type: [156, 1],
  magic: [257, 8],
  prefix: [345, 155],
} as const;

const ustarMagic = 'ustar\x0000';
const gnuMagic = 'ustar  \0';

export function isZeroBlock(block: Uint8Array): boolean {
  return block.every((byte) => byte === 0);
}

/** @throws TAR_HEADER_BAD with the offset of the block */
export function parseTarHeader(block: Uint8Array, at: number): TarHeader {
  if (checksum(block) !== octal(block, fields.checksum)) {
    throw checkpointErrors.make('TAR_HEADER_BAD', `The header at byte ${at} does not agree with its checksum`);
  }
  const magic = latin1(slice(block, fields.magic));
  if (magic !== ustarMagic && magic !== gnuMagic) {
    throw checkpointErrors.make('TAR_HEADER_BAD', `The header at byte ${at} is of a form before POSIX ustar`);
  }
  const sizeBytes = size(block);
  if (sizeBytes === undefined) {
    throw checkpointErrors.make('TAR_HEADER_BAD', `The header at byte ${at} gives no size that can be read`);
  }
  const name = text(slice(block, fields.name));
  // GNU keeps times where POSIX keeps the first part of a long name.
  const prefix = magic === ustarMagic ? text(slice(block, fields.prefix)) : '';
  const type = latin1(slice(block, fields.type));
  return { path: prefix === '' ? name : `${prefix}/${name}`, sizeBytes, type: type === '\0' ? '0' : type };
}

/** Sum of all bytes, with the checksum's own field taken as spaces. */
function checksum(block: Uint8Array): number {
  const [start, length] = fields.checksum;
  let sum = length * 0x20;
  for (let at = 0; at < blockBytes; at += 1) {
    if (at < start || at >= start + length) sum += block[at] ?? 0;
  }
  return sum;
}

/** Octal text, or (for large files) a big-endian number behind a first byte of 0x80. */
function size(block: Uint8Array): number | undefined {
  const bytes = slice(block, fields.size);
  if (bytes[0] !== 0x80) return octal(block, fields.size);
  const value = bytes.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0);
  return Number.isSafeInteger(value) ? value : undefined;
}

function octal(block: Uint8Array, field: readonly [number, number]): number | undefined {
  const digits = /^ *([0-7]+)[ \0]*$/.exec(latin1(slice(block, field)))?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 8);
}

function slice(block: Uint8Array, [start, length]: readonly [number, number]): Uint8Array {
  return block.subarray(start, start + length);
}

/** Up to the first NUL. */
function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decodePath(end === -1 ? bytes : bytes.subarray(0, end));
}

/** A path as UTF-8, else as Latin-1: names that differ in the archive must differ here, and ours are ASCII in both. */
export function decodePath(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return latin1(bytes);
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
