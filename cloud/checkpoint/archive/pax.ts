import { checkpointErrors } from '../errors.ts';
import { decodePath } from './tar-header.ts';

/** What a pax header may change about the entry after it; times, owners and attributes are of no use here. */
export interface PaxFields {
  path?: string;
  sizeBytes?: number;
}

/**
 * Reads `length key=value\n` records.
 * @param at offset of the header, for messages.
 * @throws TAR_HEADER_BAD, ARCHIVE_ENTRY_SPARSE
 */
export function parsePax(bytes: Uint8Array, at: number): PaxFields {
  const fields: PaxFields = {};
  const records = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let start = 0; start < records.length; ) {
    const space = records.indexOf(0x20, start);
    const digits = space === -1 ? '' : records.toString('latin1', start, space);
    const end = /^[1-9]\d{0,7}$/.test(digits) ? start + Number(digits) : Number.NaN;
    const equals = records.indexOf(0x3d, space);
    if (!(end <= records.length && equals > space && equals < end && records[end - 1] === 0x0a)) {
      throw checkpointErrors.make(
        'TAR_HEADER_BAD',
        `The extended header at byte ${at} has a record that cannot be read`,
      );
    }
    const key = records.toString('utf8', space + 1, equals);
    const value = decodePath(records.subarray(equals + 1, end - 1));
    if (key.startsWith('GNU.sparse.')) {
      throw checkpointErrors.make('ARCHIVE_ENTRY_SPARSE', `The extended header at byte ${at} announces a sparse file`);
    }
    if (key === 'path') fields.path = value;
    if (key === 'size') {
      const size = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
      if (!Number.isSafeInteger(size)) {
        throw checkpointErrors.make(
          'TAR_HEADER_BAD',
          `The extended header at byte ${at} gives no size that can be read`,
        );
      }
      fields.sizeBytes = size;
    }
    start = end;
  }
  return fields;
}
