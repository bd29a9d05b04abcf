import { expect } from 'vitest';
import type { Tokenizer } from '../../../component/text/tokenizer.ts';

/** What the reference makes of a text; its offsets count code points. */
export interface ExpectedEncoding {
  readonly text: string;
  readonly ids: readonly number[];
  /** Absent where nothing is cut. */
  readonly ids16?: readonly number[];
  readonly offsets: readonly (readonly [number, number])[];
}

/** Longer than any recorded encoding. */
const WHOLE = 100_000;
const CUT = 16;

/** Lists what differs from the reference, so that a failure shows every text at once. */
export function differences(tokenizer: Tokenizer, expected: readonly ExpectedEncoding[]): string[] {
  return expected.flatMap(({ text, ids, ids16 = ids, offsets }) => {
    const whole = tokenizer.encode(text, WHOLE);
    const cut = tokenizer.encode(text, CUT);
    const placed = tokenizer.encodeWithOffsets(text, WHOLE);
    const found: [string, unknown, unknown][] = [
      ['ids', [...whole.ids], ids],
      ['ids with offsets', [...placed.ids], ids],
      ['offsets', inCodePoints(text, placed.offsets), offsets],
      ['ids16', [...cut.ids], ids16],
      ['truncated', cut.truncated, ids.length > CUT],
      ['truncated, whole', whole.truncated, false],
      ['unknown', whole.unknownCount, framedCount(tokenizer, ids)],
    ];
    return found
      .filter(([, actual, wanted]) => JSON.stringify(actual) !== JSON.stringify(wanted))
      .map(
        ([what, actual, wanted]) =>
          `${JSON.stringify(text)} ${what}: ${JSON.stringify(actual)}, not ${JSON.stringify(wanted)}`,
      );
  });
}

export function expectReference(tokenizer: Tokenizer, expected: readonly ExpectedEncoding[]): void {
  expect(expected.length).toBeGreaterThan(20);
  expect(differences(tokenizer, expected).slice(0, 20)).toEqual([]);
}

function framedCount(tokenizer: Tokenizer, ids: readonly number[]): number {
  return ids.filter((id) => id === tokenizer.unknownTokenId).length;
}

function inCodePoints(text: string, offsets: Int32Array): [number, number][] {
  const before = new Map<number, number>();
  let unit = 0;
  let count = 0;
  for (const character of text) {
    before.set(unit, count++);
    unit += character.length;
  }
  before.set(unit, count);
  return Array.from({ length: offsets.length / 2 }, (_, index) => [
    before.get(offsets[2 * index] ?? -1) ?? -1,
    before.get(offsets[2 * index + 1] ?? -1) ?? -1,
  ]);
}
