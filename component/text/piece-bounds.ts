import type { AlignedText } from './aligned-text.ts';
import { utf8Length } from './unicode/utf8-length.ts';
import type { Pieces, WordModel } from './word-model.ts';

interface Bounds {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/** Where the pieces of a word stand in the source. */
export function pieceBounds(word: AlignedText, { starts, ends }: Pieces, measure: WordModel['measure']): Bounds {
  const units = measure === 'units' ? undefined : unitsByByte(word.text, measure);
  const unitAt = (place: number): number => (units === undefined ? place : (units[place] ?? 0));
  return {
    starts: starts.map((start) => word.startOf(unitAt(start))),
    ends: ends.map((end) => word.endOf(unitAt(end - 1))),
  };
}

/** For each byte of a word as the model reads it, the unit of the character that it belongs to. */
function unitsByByte(word: string, measure: 'bytes' | 'byte-characters'): number[] {
  const widthOf = measure === 'bytes' ? utf8Length : writtenLength;
  const units: number[] = [];
  for (let unit = 0; unit < word.length; ) {
    const codePoint = word.codePointAt(unit) ?? 0;
    for (let byte = widthOf(codePoint); byte > 0; byte--) units.push(unit);
    unit += codePoint > 0xffff ? 2 : 1;
  }
  return units;
}

/** UTF-8 bytes of the characters that a character's bytes are written as: printable ASCII as itself, the rest beyond it. */
function writtenLength(codePoint: number): number {
  return codePoint > 0x20 && codePoint < 0x7f ? 1 : 2 * utf8Length(codePoint);
}
