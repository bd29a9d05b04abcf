import { crc32 as reference } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../../../../../component/outbox/disk/crc32.ts';
import { encodeRecord, KINDS, MAX_BODY_BYTES, scanRecords } from '../../../../../component/outbox/disk/record.ts';

const bodies = fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 1, maxLength: 8 });

function written(all: readonly Uint8Array[]): Buffer {
  return Buffer.concat(all.map((body) => encodeRecord(KINDS.message, body)));
}

describe('a record', () => {
  it('has the checksum that zlib computes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(crc32(bytes)).toBe(reference(bytes));
      }),
    );
  });

  it('comes back as it was written, whatever the bytes', () => {
    fc.assert(
      fc.property(bodies, (all) => {
        const { records, damagedStretches, tornAt } = scanRecords(written(all));

        expect(records.map(({ body }) => Uint8Array.from(body))).toEqual(all);
        expect([damagedStretches, tornAt]).toEqual([0, undefined]);
      }),
    );
  });

  it('is cut off where the bytes end before it does, and those before it are whole', () => {
    fc.assert(
      fc.property(bodies, fc.nat(), (all, cut) => {
        const bytes = written(all);
        const end = cut % bytes.length;
        const starts = all.map((_, index) => written(all.slice(0, index)).length);

        const { records, damagedStretches, tornAt } = scanRecords(bytes.subarray(0, end));

        const whole = all.filter((body, index) => (starts[index] ?? 0) + 16 + body.length <= end);
        expect(records).toHaveLength(whole.length);
        expect(damagedStretches).toBe(0);
        expect(tornAt).toBe(starts.includes(end) ? undefined : starts[whole.length]);
      }),
    );
  });

  it('is lost alone, and counted, where a byte of it is another', () => {
    fc.assert(
      fc.property(bodies, fc.nat(), fc.integer({ min: 1, max: 255 }), (all, place, change) => {
        const bytes = written(all);
        const at = place % bytes.length;
        bytes[at] = (bytes[at] ?? 0) ^ change;

        const { records, damagedStretches } = scanRecords(bytes);

        expect(records.length).toBeGreaterThanOrEqual(all.length - 1);
        expect(damagedStretches).toBe(all.length - records.length);
      }),
    );
  });

  it('is found again behind bytes that are none, and a length beyond all bounds is not believed', () => {
    const header = encodeRecord(KINDS.message, new Uint8Array());
    header.writeUInt32LE(MAX_BODY_BYTES + 1, 4);
    header.writeUInt32LE(crc32(header.subarray(0, 12)), 12);
    const bytes = Buffer.concat([header, Buffer.alloc(1000, 0xff), encodeRecord(KINDS.message, Buffer.from('here'))]);

    const { records, damagedStretches } = scanRecords(bytes);

    expect(records.map(({ body }) => body.toString())).toEqual(['here']);
    expect(damagedStretches).toBe(1);
  });
});
