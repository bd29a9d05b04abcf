import fc from 'fast-check';

/** The bytes with one to three changes: a bit flipped, a byte replaced, a run cut out, doubled or put in. Never the same. */
export function mutated(bytes: Uint8Array): fc.Arbitrary<Buffer> {
  const original = Buffer.from(bytes);
  return fc
    .array(change, { minLength: 1, maxLength: 3 })
    .map((changes) => changes.reduce((current: Buffer, apply) => apply(current), original))
    .filter((result) => !result.equals(original));
}

type Change = (bytes: Buffer) => Buffer;

/** A place as a share of the length, so that it holds for whatever the change before has left. */
const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const run = fc.oneof(fc.integer({ min: 1, max: 16 }), fc.integer({ min: 1, max: 1024 }));

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(place, fc.nat({ max: 7 })).map(
    ([share, bit]): Change =>
      (bytes) =>
        replaced(bytes, share, (old) => old ^ (1 << bit)),
  ),
  fc.tuple(place, fc.nat({ max: 255 })).map(
    ([share, value]): Change =>
      (bytes) =>
        replaced(bytes, share, () => value),
  ),
  fc.tuple(place, run).map(
    ([share, length]): Change =>
      (bytes) => {
        const at = Math.floor(share * bytes.length);
        return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
      },
  ),
  fc.tuple(place, run).map(
    ([share, length]): Change =>
      (bytes) => {
        const at = Math.floor(share * bytes.length);
        return Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
      },
  ),
  fc.tuple(place, fc.uint8Array({ minLength: 1, maxLength: 64 })).map(
    ([share, inserted]): Change =>
      (bytes) => {
        const at = Math.floor(share * bytes.length);
        return Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at)]);
      },
  ),
);

function replaced(bytes: Buffer, share: number, by: (old: number) => number): Buffer {
  const copy = Buffer.from(bytes);
  const at = Math.floor(share * copy.length);
  if (at < copy.length) copy[at] = by(copy[at] ?? 0);
  return copy;
}
