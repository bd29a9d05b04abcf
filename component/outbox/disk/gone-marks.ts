import { crc32 } from './crc32.ts';

/** Place of the message in its segment (u32), and a checksum of it and of the segment's number. */
const MARK_BYTES = 8;

/** Says of messages at these places of a segment that they are gone. */
export function encodeGone(segment: number, places: readonly number[]): Buffer {
  const bytes = Buffer.alloc(places.length * MARK_BYTES);
  for (const [index, place] of places.entries()) {
    bytes.writeUInt32LE(place, index * MARK_BYTES);
    bytes.writeUInt32LE(checksum(segment, place), index * MARK_BYTES + 4);
  }
  return bytes;
}

/** The places, of those marks that are whole: one that isn't costs a replay, and must not cost a message. */
export function decodeGone(segment: number, bytes: Buffer): Set<number> {
  const places = new Set<number>();
  for (let at = 0; at + MARK_BYTES <= bytes.length; at += MARK_BYTES) {
    const place = bytes.readUInt32LE(at);
    if (bytes.readUInt32LE(at + 4) === checksum(segment, place)) places.add(place);
  }
  return places;
}

function checksum(segment: number, place: number): number {
  const bytes = Buffer.alloc(12);
  bytes.writeDoubleLE(segment, 0);
  bytes.writeUInt32LE(place, 8);
  return crc32(bytes);
}
