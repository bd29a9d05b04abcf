import type { AlignedText } from './aligned-text.ts';
import { toByteCharacters } from './bpe/byte-characters.ts';
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
  const units: number[] = [];
  let unit = 0;
  for (const character of word) {
    const read = measure === 'bytes' ? character : toByteCharacters(character);
    for (let byte = Buffer.byteLength(read); byte > 0; byte--) units.push(unit);
    unit += character.length;
  }
  return units;
}
